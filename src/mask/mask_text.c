/*
 * mask_text.c
 *		dm_mask_text: hides the characters of a text value.
 *
 * The value is read once to count its characters, and once more, by character,
 * to find where the kept parts end; the second is not needed for ASCII.  The
 * result is allocated once, in its exact size.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "compat/pg_compat.h"
#include "mask/mask_array.h"
#include "mask/mask_char.h"

/* What the arguments after the value say */
typedef struct TextOptions
{
	int32 keep_first;
	int32 keep_last;
	const char *fill; /* one character */
	int fill_len;	  /* its bytes */
} TextOptions;

/* A value in three parts; the middle is counted in characters */
typedef struct TextParts
{
	int head;
	int tail;
	int hidden;
} TextParts;

PG_FUNCTION_INFO_V1(dm_mask_text);
PG_FUNCTION_INFO_V1(dm_mask_text_array);

/*
 * Reads and checks the arguments after the value.
 */
static void
get_options(FunctionCallInfo fcinfo, TextOptions *options)
{
	text *fill = PG_GETARG_TEXT_PP(3);

	options->keep_first = PG_GETARG_INT32(1);
	options->keep_last = PG_GETARG_INT32(2);
	options->fill = VARDATA_ANY(fill);
	options->fill_len = VARSIZE_ANY_EXHDR(fill);

	if (options->keep_first < 0 || options->keep_last < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of kept characters must not be negative")));
	if (options->fill_len == 0 ||
		dm_mask_char_len(options->fill, options->fill + options->fill_len) !=
			options->fill_len)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("fill must be exactly one character")));
}

/*
 * Decides which bytes stay.  A value too short to hide anything of it is
 * hidden wholly.
 */
static void
split_value(const char *src, int len, const TextOptions *options,
			TextParts *parts)
{
	const char *end = src + len;
	const char *head_end;
	int chars = dm_mask_char_count(src, len);

	if ((int64) options->keep_first + options->keep_last >= chars)
	{
		parts->head = 0;
		parts->tail = 0;
		parts->hidden = chars;
		return;
	}

	parts->hidden = chars - options->keep_first - options->keep_last;
	if (chars == len)
	{
		parts->head = options->keep_first;
		parts->tail = options->keep_last;
		return;
	}

	head_end = dm_mask_char_skip(src, end, options->keep_first);
	parts->head = (int) (head_end - src);
	parts->tail = 0;
	if (options->keep_last > 0)
		parts->tail = (int) (end - dm_mask_char_skip(head_end, end, parts->hidden));
}

/*
 * Hides one value; a DmMaskText.
 */
static text *
hide_text(const char *src, int len, const void *arg)
{
	const TextOptions *options = (const TextOptions *) arg;
	TextParts parts;
	uint64 size;
	text *result;
	char *dst;
	int i;

	split_value(src, len, options, &parts);
	size = (uint64) parts.hidden * options->fill_len +
		   parts.head + parts.tail + VARHDRSZ;
	if (size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("masked value is too long")));

	result = (text *) palloc(size);
	SET_VARSIZE(result, size);
	dst = VARDATA(result);

	memcpy(dst, src, parts.head);
	dst += parts.head;
	if (options->fill_len == 1)
	{
		memset(dst, *options->fill, parts.hidden);
		dst += parts.hidden;
	}
	else
	{
		for (i = 0; i < parts.hidden; i++)
		{
			memcpy(dst, options->fill, options->fill_len);
			dst += options->fill_len;
		}
	}
	memcpy(dst, src + len - parts.tail, parts.tail);
	return result;
}

Datum
dm_mask_text(PG_FUNCTION_ARGS)
{
	text *value = PG_GETARG_TEXT_PP(0);
	TextOptions options;

	get_options(fcinfo, &options);
	PG_RETURN_TEXT_P(hide_text(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value),
							   &options));
}

Datum
dm_mask_text_array(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	TextOptions options;

	get_options(fcinfo, &options);
	PG_RETURN_ARRAYTYPE_P(dm_mask_array_apply(array, hide_text, &options));
}
