/*
 * moments.h
 *		Mean, deviation, least and greatest of a stream of finite numbers.
 */
#ifndef DM_SKETCH_MOMENTS_H
#define DM_SKETCH_MOMENTS_H

#include "sketch/packing.h"

typedef struct DmMoments
{
	int64 n;
	double mean;
	double squares; /* of the distances from the mean, summed up */
	double least;
	double greatest;
} DmMoments;

extern void dm_moments_add(DmMoments *moments, const double *values, int n);
extern void dm_moments_merge(DmMoments *into, const DmMoments *from);

/* Of the sample, as stddev_samp(); NaN for less than two numbers. */
extern double dm_moments_deviation(const DmMoments *moments);

extern void dm_moments_pack(StringInfo out, const DmMoments *moments);
extern void dm_moments_unpack(DmUnpack *in, DmMoments *moments);

#endif /* DM_SKETCH_MOMENTS_H */
