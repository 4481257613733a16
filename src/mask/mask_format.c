/*
 * mask_format.c
 *		Masks of text values in a known written form: e-mail addresses,
 *		telephone numbers, card numbers.
 *
 * A column seldom holds only what its name says.  So these masks keep only
 * what they recognise; a value that does not look like the form it should
 * have is hidden wholly.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "compat/pg_compat.h"
#include "mask/mask_array.h"
#include "mask/mask_char.h"

/* What stands for a hidden part whose length must not show */
#define HIDDEN	   "***"
#define HIDDEN_LEN 3

#define IS_DIGIT(c)	 ((c) >= '0' && (c) <= '9')
#define IS_LETTER(c) (((c) >= 'a' && (c) <= 'z') || ((c) >= 'A' && (c) <= 'Z'))

/* How a number made of digits and separators is masked */
typedef struct DigitRule
{
	int min_digits;				  /* with fewer, everything is hidden */
	int keep_digits;			  /* the last ones */
	bool (*is_separator)(char c); /* of an ASCII byte */
} DigitRule;

PG_FUNCTION_INFO_V1(dm_mask_email);
PG_FUNCTION_INFO_V1(dm_mask_email_array);
PG_FUNCTION_INFO_V1(dm_mask_phone);
PG_FUNCTION_INFO_V1(dm_mask_phone_array);
PG_FUNCTION_INFO_V1(dm_mask_card);
PG_FUNCTION_INFO_V1(dm_mask_card_array);

/*
 * Returns the '@' between the local part and the domain of an address, or
 * NULL if the value does not look like one.  The domain must have a dot and a
 * last label that starts with a letter: in "call me @ 0612345678" and in
 * "@jane" what follows the '@' tells more than a domain does.
 */
static const char *
find_at(const char *src, const char *end)
{
	const char *label = NULL; /* start of the last label */
	const char *at;
	const char *ptr;

	for (at = end; at > src; at--)
	{
		char c = at[-1];

		if (c == '.')
		{
			if (label == NULL)
				label = at;
		}
		else if (!IS_LETTER(c) && !IS_DIGIT(c) && c != '-' && c != '_' &&
				 !IS_HIGHBIT_SET(c))
			break;
	}
	if (at == src || at[-1] != '@')
		return NULL;
	at--;
	if (at == src || label == NULL || label == end ||
		!(IS_LETTER(*label) || IS_HIGHBIT_SET(*label)))
		return NULL;

	for (ptr = src; ptr < at; ptr++)
	{
		if ((unsigned char) *ptr <= ' ')
			return NULL;
	}
	return at;
}

/*
 * Masks one address; a DmMaskText.
 */
static text *
hide_email(const char *src, int len, const void *options)
{
	const char *end = src + len;
	const char *at = find_at(src, end);
	int first = 0;
	int domain = 0; /* with its '@' */
	text *result;
	char *dst;

	(void) options;
	if (at != NULL)
	{
		domain = (int) (end - at);
		first = dm_mask_char_len(src, at);
		if (first == at - src)
			first = 0; /* it is the whole local part */
	}

	result = (text *) palloc(VARHDRSZ + first + HIDDEN_LEN + domain);
	SET_VARSIZE(result, VARHDRSZ + first + HIDDEN_LEN + domain);
	dst = VARDATA(result);
	memcpy(dst, src, first);
	memcpy(dst + first, HIDDEN, HIDDEN_LEN);
	memcpy(dst + first + HIDDEN_LEN, end - domain, domain);
	return result;
}

/*
 * Masks one number by its DigitRule; a DmMaskText.
 */
static text *
hide_digits(const char *src, int len, const void *options)
{
	const DigitRule *rule = (const DigitRule *) options;
	const char *end = src + len;
	const char *ptr;
	int digits = 0; /* how many are still to come */
	bool hide_all;
	text *result;
	char *dst;

	for (ptr = src; ptr < end; ptr++)
		digits += IS_DIGIT(*ptr) ? 1 : 0;
	hide_all = (digits < rule->min_digits);

	/* never longer than the value: a hidden character is one byte */
	result = (text *) palloc(VARHDRSZ + len);
	dst = VARDATA(result);
	for (ptr = src; ptr < end;)
	{
		char c = *ptr;

		if (IS_HIGHBIT_SET(c))
		{
			ptr += dm_mask_char_len(ptr, end);
			*dst++ = '*';
			continue;
		}
		ptr++;
		if (IS_DIGIT(c))
		{
			if (hide_all || digits > rule->keep_digits)
				c = '*';
			digits--;
		}
		else if (hide_all || !rule->is_separator(c))
			c = '*';
		*dst++ = c;
	}
	SET_VARSIZE(result, dst - (char *) result);
	return result;
}

/*
 * In telephone numbers punctuation has no settled form, so all of it stays.
 */
static bool
is_phone_separator(char c)
{
	return c >= ' ' && c <= '~' && !IS_LETTER(c);
}

static bool
is_card_separator(char c)
{
	return c == ' ' || c == '-';
}

static const DigitRule phone_rule = { 7, 2, is_phone_separator };
static const DigitRule card_rule = { 8, 4, is_card_separator };

/*
 * Applies a mask to the function's text argument.
 */
static inline Datum
mask_scalar(FunctionCallInfo fcinfo, DmMaskText mask, const void *options)
{
	text *value = PG_GETARG_TEXT_PP(0);

	PG_RETURN_TEXT_P(mask(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value),
						  options));
}

/*
 * Applies a mask to the function's text[] argument.
 */
static inline Datum
mask_elements(FunctionCallInfo fcinfo, DmMaskText mask, const void *options)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);

	PG_RETURN_ARRAYTYPE_P(dm_mask_array_apply(array, mask, options));
}

Datum
dm_mask_email(PG_FUNCTION_ARGS)
{
	return mask_scalar(fcinfo, hide_email, NULL);
}

Datum
dm_mask_email_array(PG_FUNCTION_ARGS)
{
	return mask_elements(fcinfo, hide_email, NULL);
}

Datum
dm_mask_phone(PG_FUNCTION_ARGS)
{
	return mask_scalar(fcinfo, hide_digits, &phone_rule);
}

Datum
dm_mask_phone_array(PG_FUNCTION_ARGS)
{
	return mask_elements(fcinfo, hide_digits, &phone_rule);
}

Datum
dm_mask_card(PG_FUNCTION_ARGS)
{
	return mask_scalar(fcinfo, hide_digits, &card_rule);
}

Datum
dm_mask_card_array(PG_FUNCTION_ARGS)
{
	return mask_elements(fcinfo, hide_digits, &card_rule);
}
