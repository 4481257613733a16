/*
 * ascii.h
 *		Texts that are ASCII, which most are: one byte for each character.
 */
#ifndef DM_BASE_ASCII_H
#define DM_BASE_ASCII_H

static inline bool
dm_is_ascii(const char *text, size_t size)
{
	uint64 bits = 0;
	uint64 word = 0;

	for (; size >= sizeof(word); size -= sizeof(word), text += sizeof(word))
	{
		memcpy(&word, text, sizeof(word));
		bits |= word;
	}
	for (; size > 0; size--)
		bits |= (unsigned char) *text++;
	return (bits & UINT64CONST(0x8080808080808080)) == 0;
}

#endif /* DM_BASE_ASCII_H */
