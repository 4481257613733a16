/*
 * hll.h
 *		How many different values there are, estimated (HyperLogLog).
 */
#ifndef DM_SKETCH_HLL_H
#define DM_SKETCH_HLL_H

#include "sketch/packing.h"

#define DM_HLL_BITS		 14
#define DM_HLL_REGISTERS (1 << DM_HLL_BITS)

/* The standard error of an estimate, relative: 1.04 / sqrt(registers). */
#define DM_HLL_ERROR 0.0081

typedef struct DmHll
{
	uint8 registers[DM_HLL_REGISTERS];
} DmHll;

extern void dm_hll_add(DmHll *hll, const uint64 *hashes, int n);
extern void dm_hll_merge(DmHll *into, const DmHll *from);
extern double dm_hll_estimate(const DmHll *hll);

extern void dm_hll_pack(StringInfo out, const DmHll *hll);
extern void dm_hll_unpack(DmUnpack *in, DmHll *hll);

#endif /* DM_SKETCH_HLL_H */
