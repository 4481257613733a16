/*
 * shape.c
 *		What a text looks like: "AAA-999".
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "port/pg_bitutils.h"

#include "sketch/shape.h"
#include "sketch/valuehash.h"

/* What each ASCII character becomes; of control characters nothing is left but one sign. */
static const char shapes[] =
	"????????????????????????????????"
	" !\"#$%&'()*+,-./9999999999:;<=>?"
	"@AAAAAAAAAAAAAAAAAAAAAAAAAA[\\]^_"
	"`aaaaaaaaaaaaaaaaaaaaaaaaaa{|}~?";

int
dm_shape(const char *bytes, int len, char *shape)
{
	const char *end = bytes + len;
	int n = 0;

	while (bytes < end && n < DM_SHAPE_SIZE)
	{
		if (!IS_HIGHBIT_SET(*bytes))
			shape[n++] = shapes[(unsigned char) *bytes++];
		else
		{
			shape[n++] = 'x';
			bytes += pg_mblen(bytes);
		}
	}
	if (bytes < end)
	{
		memcpy(shape, "...", 3);
		return 3;
	}
	return n;
}

/* In UTF-8 the bytes that continue a character begin with 10: eight of them are looked at once. */
static int64
count_utf8(const char *bytes, int len)
{
	int64 n = len;

	for (; len >= 8; len -= 8, bytes += 8)
	{
		uint64 word = dm_read_word(bytes) & UINT64CONST(0xc0c0c0c0c0c0c0c0);

		if (word & UINT64CONST(0x8080808080808080))
			n -= pg_popcount64((word >> 7) & ~(word >> 6) & UINT64CONST(0x0101010101010101));
	}
	for (; len > 0; len--, bytes++)
		n -= (*bytes & 0xc0) == 0x80;
	return n;
}

int64
dm_count_characters(const char *bytes, int len)
{
	if (pg_database_encoding_max_length() == 1)
		return len;
	if (GetDatabaseEncoding() == PG_UTF8)
		return count_utf8(bytes, len);
	return pg_mbstrlen_with_len(bytes, len);
}
