/*
 * mask_char.h
 *		Characters of a text value, for the masks that work on them.
 *
 * In every server encoding a byte without the high bit is a character of its
 * own, so ASCII needs no lookup.  A value may hold bytes that the database
 * encoding does not allow (they come in through binary-coercible casts and C
 * functions).  The length of a character is therefore never trusted beyond
 * the end of the value.
 */
#ifndef DM_MASK_CHAR_H
#define DM_MASK_CHAR_H

#include "mb/pg_wchar.h"

#include "base/ascii.h"

/*
 * Returns the length in bytes of the character at ptr, which lies before end.
 */
static inline int
dm_mask_char_len(const char *ptr, const char *end)
{
	int len;

	if (!IS_HIGHBIT_SET(*ptr))
		return 1;
	len = pg_encoding_mblen(GetDatabaseEncoding(), ptr);
	if (len > end - ptr)
		len = (int) (end - ptr);
	return Max(len, 1);
}

/*
 * Counts the bytes that do not continue a UTF-8 character.
 */
static inline int
dm_mask_utf8_count(const char *str, int len)
{
	int count = len;
	uint64 chunk;

	for (; len >= (int) sizeof(chunk); len -= sizeof(chunk))
	{
		memcpy(&chunk, str, sizeof(chunk));
		chunk = (chunk >> 7) & (~chunk >> 6) & UINT64CONST(0x0101010101010101);
		/* the product's highest byte is the sum of the bytes */
		count -= (int) ((chunk * UINT64CONST(0x0101010101010101)) >> 56);
		str += sizeof(chunk);
	}
	for (; len > 0; len--)
		count -= ((unsigned char) *str++ & 0xC0) == 0x80 ? 1 : 0;
	return count;
}

/*
 * Counts the characters of the string.
 */
static inline int
dm_mask_char_count(const char *str, int len)
{
	const char *end = str + len;
	int count = 0;

	if (GetDatabaseEncoding() == PG_UTF8)
		return dm_mask_utf8_count(str, len);
	if (dm_is_ascii(str, len))
		return len;
	for (; str < end; str += dm_mask_char_len(str, end))
		count++;
	return count;
}

/*
 * Returns the position count characters after str, or end.
 */
static inline const char *
dm_mask_char_skip(const char *str, const char *end, int count)
{
	if (GetDatabaseEncoding() == PG_UTF8)
	{
		for (; count > 0 && str < end; count--)
		{
			str++;
			while (str < end && ((unsigned char) *str & 0xC0) == 0x80)
				str++;
		}
		return str;
	}
	for (; count > 0 && str < end; count--)
		str += dm_mask_char_len(str, end);
	return str;
}

#endif /* DM_MASK_CHAR_H */
