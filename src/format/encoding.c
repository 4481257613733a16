/*
 * encoding.c
 *		Documents are UTF-8, whatever the database's encoding is.
 *
 * The server's own functions raise an error for a character that has no equivalent; here it is
 * a finding, and its line is wanted.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "format/encoding.h"

static char *
convert(const char *text, int len, int from, int to, int *outlen, int *bad)
{
	Oid proc;
	char *result;
	int done;

	*bad = 0;
	proc = FindDefaultConversionProc(from, to);
	if (!OidIsValid(proc) || len >= MaxAllocHugeSize / MAX_CONVERSION_GROWTH)
		return NULL;
	result = MemoryContextAllocHuge(CurrentMemoryContext,
									(Size) len * MAX_CONVERSION_GROWTH + 1);
	done = pg_do_encoding_conversion_buf(proc, from, to, (unsigned char *) unconstify(char *, text),
										 len, (unsigned char *) result,
										 (int) Min((Size) len * MAX_CONVERSION_GROWTH + 1,
												   (Size) PG_INT32_MAX),
										 true);
	if (done < len)
	{
		pfree(result);
		*bad = done;
		return NULL;
	}
	*outlen = strlen(result);
	return result;
}

char *
dm_to_utf8(const char *text, int len, int *outlen, int *bad)
{
	int encoding = GetDatabaseEncoding();

	*outlen = len;
	if (encoding == PG_UTF8)
		return unconstify(char *, text); /* the server has seen to it that it is valid */
	if (encoding == PG_SQL_ASCII)
	{
		*bad = pg_encoding_verifymbstr(PG_UTF8, text, len);
		return *bad == len ? unconstify(char *, text) : NULL;
	}
	return convert(text, len, encoding, PG_UTF8, outlen, bad);
}

char *
dm_from_utf8(const char *text, int len, int *outlen, int *bad)
{
	int encoding = GetDatabaseEncoding();

	*outlen = len;
	if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII)
		return unconstify(char *, text);
	return convert(text, len, PG_UTF8, encoding, outlen, bad);
}

/* Longer texts tell no more in a message */
#define EXCERPT_LEN 200

char *
dm_excerpt(const char *text, int len)
{
	int shown = len <= EXCERPT_LEN ? len : pg_encoding_mbcliplen(PG_UTF8, text, len, EXCERPT_LEN);
	int outlen;
	int bad;
	char *result = dm_from_utf8(text, shown, &outlen, &bad);

	if (result != NULL)
		result = pnstrdup(result, outlen);
	else
	{
		char *c;

		result = pnstrdup(text, shown);
		for (c = result; *c != '\0'; c++)
			if (IS_HIGHBIT_SET(*c))
				*c = '?';
	}
	return shown < len ? psprintf("%s...", result) : result;
}
