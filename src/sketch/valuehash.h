/*
 * valuehash.h
 *		One good 64-bit hash for each value.
 *
 * Counters of distinct and of frequent values share it.  It must not change: stored sketches
 * were made with it.  Words are read as little-endian, so that it is the same everywhere.
 */
#ifndef DM_SKETCH_VALUEHASH_H
#define DM_SKETCH_VALUEHASH_H

#include "port/pg_bswap.h"

/* The finisher of MurmurHash3 (Appleby): a bijection, so different words never collide. */
static inline uint64
dm_hash_word(uint64 word)
{
	word ^= word >> 33;
	word *= UINT64CONST(0xff51afd7ed558ccd);
	word ^= word >> 33;
	word *= UINT64CONST(0xc4ceb9fe1a85ec53);
	word ^= word >> 33;
	return word;
}

static inline uint64
dm_read_word(const char *bytes)
{
	uint64 word;

	memcpy(&word, bytes, sizeof(word));
#ifdef WORDS_BIGENDIAN
	word = pg_bswap64(word);
#endif
	return word;
}

/* Up to seven bytes as a word. */
static inline uint64
dm_read_tail(const char *bytes, int len)
{
	uint64 word = 0;

	switch (len)
	{
		case 7:
			word |= (uint64) (unsigned char) bytes[6] << 48;
			/* FALLTHROUGH */
		case 6:
			word |= (uint64) (unsigned char) bytes[5] << 40;
			/* FALLTHROUGH */
		case 5:
			word |= (uint64) (unsigned char) bytes[4] << 32;
			/* FALLTHROUGH */
		case 4:
			word |= (uint64) (unsigned char) bytes[3] << 24;
			/* FALLTHROUGH */
		case 3:
			word |= (uint64) (unsigned char) bytes[2] << 16;
			/* FALLTHROUGH */
		case 2:
			word |= (uint64) (unsigned char) bytes[1] << 8;
			/* FALLTHROUGH */
		case 1:
			word |= (uint64) (unsigned char) bytes[0];
	}
	return word;
}

/* The first eight bytes, so that greater ones are a greater number. */
static inline uint64
dm_bytes_prefix(const char *bytes, int len)
{
	return pg_bswap64(len >= 8 ? dm_read_word(bytes) : dm_read_tail(bytes, len));
}

/* MurmurHash64A (Appleby), with the finisher from above. */
static inline uint64
dm_hash_bytes(const char *bytes, int len)
{
	const uint64 m = UINT64CONST(0xc6a4a7935bd1e995);
	uint64 hash = UINT64CONST(0x9ae16a3b2f90404f) ^ ((uint64) len * m);

	for (; len >= 8; len -= 8, bytes += 8)
	{
		uint64 word = dm_read_word(bytes) * m;

		word ^= word >> 47;
		hash ^= word * m;
		hash *= m;
	}
	if (len > 0)
	{
		hash ^= dm_read_tail(bytes, len);
		hash *= m;
	}
	return dm_hash_word(hash);
}

/* A step of splitmix64: the generator of sketches, whose seed is fixed so that results repeat. */
static inline uint64
dm_random_next(uint64 *state)
{
	uint64 z = (*state += UINT64CONST(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64CONST(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64CONST(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

#endif /* DM_SKETCH_VALUEHASH_H */
