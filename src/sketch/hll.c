/*
 * hll.c
 *		How many different values there are, estimated (HyperLogLog).
 *
 * The server's lib/hyperloglog.c does not serve: its hashes of 32 bits collide from some hundred
 * million values on, its estimate is off by several per cent around 2.5 values per register, and
 * it cannot be merged.  The registers are those of Flajolet, Fusy, Gandouet and Meunier (2007)
 * over 64 bits; the estimate is Ertl's (New cardinality estimation algorithms for HyperLogLog
 * sketches, 2017, algorithm 6), which needs no tables of corrections and no ranges.
 */
#include "postgres.h"

#include <math.h>

#include "port/pg_bitutils.h"

#include "sketch/hll.h"

/* The bits behind the register's number, and so one less than its greatest value. */
#define REST_BITS (64 - DM_HLL_BITS)

void
dm_hll_add(DmHll *hll, const uint64 *hashes, int n)
{
	for (int i = 0; i < n; i++)
	{
		uint64 hash = hashes[i];
		uint8 *reg = &hll->registers[hash >> REST_BITS];
		/* the bit that is set ends the count where all others are zero */
		uint64 rest = (hash << DM_HLL_BITS) | (UINT64CONST(1) << (DM_HLL_BITS - 1));
		uint8 rank = (uint8) (64 - pg_leftmost_one_pos64(rest));

		if (rank > *reg)
			*reg = rank;
	}
}

void
dm_hll_merge(DmHll *into, const DmHll *from)
{
	for (int i = 0; i < DM_HLL_REGISTERS; i++)
		into->registers[i] = Max(into->registers[i], from->registers[i]);
}

static double
sigma(double x)
{
	double y = 1;
	double z = x;
	double last;

	if (x == 1)
		return INFINITY;
	do
	{
		x *= x;
		last = z;
		z += x * y;
		y += y;
	} while (z != last);
	return z;
}

static double
tau(double x)
{
	double y = 1;
	double z = 1 - x;
	double last;

	if (x == 0 || x == 1)
		return 0;
	do
	{
		x = sqrt(x);
		last = z;
		y *= 0.5;
		z -= (1 - x) * (1 - x) * y;
	} while (z != last);
	return z / 3;
}

double
dm_hll_estimate(const DmHll *hll)
{
	const double m = DM_HLL_REGISTERS;
	int count[REST_BITS + 2] = { 0 };
	double z;

	for (int i = 0; i < DM_HLL_REGISTERS; i++)
		count[hll->registers[i]]++;
	z = m * tau(1 - count[REST_BITS + 1] / m);
	for (int k = REST_BITS; k >= 1; k--)
		z = 0.5 * (z + count[k]);
	z += m * sigma(count[0] / m);
	return m * m / (2 * M_LN2) / z;
}

/* A register has six bits. */
void
dm_hll_pack(StringInfo out, const DmHll *hll)
{
	for (int i = 0; i < DM_HLL_REGISTERS; i += 4)
	{
		const uint8 *r = &hll->registers[i];

		dm_pack_byte(out, r[0] << 2 | r[1] >> 4);
		dm_pack_byte(out, (r[1] & 15) << 4 | r[2] >> 2);
		dm_pack_byte(out, (r[2] & 3) << 6 | r[3]);
	}
}

void
dm_hll_unpack(DmUnpack *in, DmHll *hll)
{
	const uint8 *bytes = (const uint8 *) dm_unpack_bytes(in, DM_HLL_REGISTERS / 4 * 3);

	for (int i = 0; i < DM_HLL_REGISTERS; i += 4, bytes += 3)
	{
		uint8 *r = &hll->registers[i];

		r[0] = bytes[0] >> 2;
		r[1] = (bytes[0] & 3) << 4 | bytes[1] >> 4;
		r[2] = (bytes[1] & 15) << 2 | bytes[2] >> 6;
		r[3] = bytes[2] & 63;
		for (int k = 0; k < 4; k++)
			if (r[k] > REST_BITS + 1)
				dm_unpack_fail("A register of its distinct values is too great.");
	}
}
