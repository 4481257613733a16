/*
 * number.c
 *		Numbers of documents as numeric, exactly.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "format/number.h"

/* What numeric can hold: digits before and after the point */
#define MAX_INTEGER_DIGITS	131072
#define MAX_FRACTION_DIGITS 16383

/* Multiplying a long number digit by digit takes the square of its length */
#define MAX_BASE_DIGITS 4000

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Reads the exponent of a number; false if it is beyond every number that fits.
 */
static bool
read_exponent(const char *p, const char *end, int *exponent)
{
	bool negative = p < end && *p == '-';
	int value = 0;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	for (; p < end && is_digit(*p); p++)
	{
		value = value * 10 + (*p - '0');
		if (value > MAX_INTEGER_DIGITS + MAX_FRACTION_DIGITS)
			return false;
	}
	*exponent = negative ? -value : value;
	return true;
}

bool
dm_number_fits(const char *text, int len, int *digits)
{
	const char *end = text + len;
	int integer = 0; /* digits that count */
	int fraction = 0;
	int exponent = 0;

	if (text < end && (*text == '-' || *text == '+'))
		text++;
	while (text < end && *text == '0')
		text++;
	for (; text < end && is_digit(*text); text++)
		integer++;
	if (text < end && *text == '.')
		for (text++; text < end && is_digit(*text); text++)
			fraction++;
	if (text < end && (*text == 'e' || *text == 'E') &&
		!read_exponent(text + 1, end, &exponent))
		return false;

	if (fraction - exponent > MAX_FRACTION_DIGITS || integer + exponent > MAX_INTEGER_DIGITS)
		return false;
	*digits = Max(integer + exponent, 1) + Max(fraction - exponent, 0);
	return true;
}

Numeric
dm_number_read(const char *text, int len, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	char *copy = pnstrdup(text, len);
	Datum result = DirectFunctionCall3(numeric_in, CStringGetDatum(copy),
									   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));

	pfree(copy);
	MemoryContextSwitchTo(old);
	return DatumGetNumeric(result);
}

static int
digit_value(char c)
{
	if (is_digit(c))
		return c - '0';
	return (c | 0x20) - 'a' + 10;
}

/*
 * The number is kept as groups of nine decimal digits, the lowest first.
 */
char *
dm_number_from_base(const char *digits, int len, int base)
{
	uint32 *groups;
	int ngroups = 1;
	StringInfoData result;
	int i;
	int j;

	if (len > MAX_BASE_DIGITS)
		return NULL;
	groups = palloc0(sizeof(uint32) * (len / 7 + 2));
	for (i = 0; i < len; i++)
	{
		uint64 carry = digit_value(digits[i]);

		for (j = 0; j < ngroups; j++)
		{
			carry += (uint64) groups[j] * base;
			groups[j] = carry % 1000000000;
			carry /= 1000000000;
		}
		if (carry > 0)
			groups[ngroups++] = carry;
	}
	initStringInfo(&result);
	appendStringInfo(&result, "%u", groups[ngroups - 1]);
	for (j = ngroups - 2; j >= 0; j--)
		appendStringInfo(&result, "%09u", groups[j]);
	pfree(groups);
	return result.data;
}
