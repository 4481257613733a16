/*
 * siphash.c
 *		SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, 2012).
 */
#include "postgres.h"

#include "port/pg_bitutils.h"
#include "port/pg_bswap.h"

#include "rowpolicy/siphash.h"

static inline uint64
rotate_left(uint64 word, int n)
{
	return (word << n) | (word >> (64 - n));
}

static inline void
rounds(uint64 v[4], int n)
{
	while (n-- > 0)
	{
		v[0] += v[1];
		v[1] = rotate_left(v[1], 13) ^ v[0];
		v[0] = rotate_left(v[0], 32);
		v[2] += v[3];
		v[3] = rotate_left(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate_left(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate_left(v[1], 17) ^ v[2];
		v[2] = rotate_left(v[2], 32);
	}
}

static inline void
absorb(uint64 v[4], uint64 word)
{
	v[3] ^= word;
	rounds(v, 2);
	v[0] ^= word;
}

static inline uint64
little_endian(uint64 word)
{
#ifdef WORDS_BIGENDIAN
	return pg_bswap64(word);
#else
	return word;
#endif
}

void
dm_siphash(const uint64 key[2], const void *data, Size len, uint64 *hi, uint64 *lo)
{
	const char *bytes = data;
	uint64 k0 = little_endian(key[0]);
	uint64 k1 = little_endian(key[1]);
	uint64 v[4];
	uint64 word;
	Size done;

	v[0] = k0 ^ UINT64CONST(0x736f6d6570736575);
	v[1] = k1 ^ UINT64CONST(0x646f72616e646f6d) ^ 0xee;
	v[2] = k0 ^ UINT64CONST(0x6c7967656e657261);
	v[3] = k1 ^ UINT64CONST(0x7465646279746573);
	for (done = 0; done + sizeof(word) <= len; done += sizeof(word))
	{
		memcpy(&word, bytes + done, sizeof(word));
		absorb(v, little_endian(word));
	}
	word = 0;
	memcpy(&word, bytes + done, len - done);
	absorb(v, little_endian(word) | ((uint64) len << 56));

	v[2] ^= 0xee;
	rounds(v, 4);
	*hi = v[0] ^ v[1] ^ v[2] ^ v[3];
	v[1] ^= 0xdd;
	rounds(v, 4);
	*lo = v[0] ^ v[1] ^ v[2] ^ v[3];
}
