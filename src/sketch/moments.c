/*
 * moments.c
 *		Mean, deviation, least and greatest of a stream of finite numbers.
 *
 * Each batch has its own mean and sum of squares, which are merged as Chan, Golub and LeVeque
 * do (1979): as stable as Welford's update of single numbers, without a division for each.
 */
#include "postgres.h"

#include <math.h>

#include "sketch/moments.h"

/* Four sums at once: an addition need not wait for the one before. */
static void
batch_moments(const double *values, int n, DmMoments *batch)
{
	double sum[4] = { 0 };
	double squares[4] = { 0 };
	double least = values[0];
	double greatest = values[0];
	int whole = n & ~3;

	for (int i = 0; i < whole; i += 4)
		for (int k = 0; k < 4; k++)
			sum[k] += values[i + k];
	for (int i = whole; i < n; i++)
		sum[0] += values[i];
	batch->n = n;
	batch->mean = (sum[0] + sum[1] + sum[2] + sum[3]) / n;
	for (int i = 0; i < n; i++)
	{
		double distance = values[i] - batch->mean;

		squares[i & 3] += distance * distance;
		least = values[i] < least ? values[i] : least;
		greatest = values[i] > greatest ? values[i] : greatest;
	}
	batch->squares = squares[0] + squares[1] + squares[2] + squares[3];
	batch->least = least;
	batch->greatest = greatest;
}

void
dm_moments_add(DmMoments *moments, const double *values, int n)
{
	DmMoments batch;

	if (n == 0)
		return;
	batch_moments(values, n, &batch);
	dm_moments_merge(moments, &batch);
}

void
dm_moments_merge(DmMoments *into, const DmMoments *from)
{
	double distance = from->mean - into->mean;
	int64 n = dm_count_add(into->n, from->n);

	if (from->n == 0)
		return;
	if (into->n == 0)
	{
		*into = *from;
		return;
	}
	into->squares += from->squares + distance * distance * into->n / n * from->n;
	into->mean += distance * from->n / n;
	into->least = Min(into->least, from->least);
	into->greatest = Max(into->greatest, from->greatest);
	into->n = n;
}

double
dm_moments_deviation(const DmMoments *moments)
{
	return moments->n < 2 ? NAN : sqrt(moments->squares / (moments->n - 1));
}

void
dm_moments_pack(StringInfo out, const DmMoments *moments)
{
	dm_pack_int(out, moments->n);
	dm_pack_double(out, moments->mean);
	dm_pack_double(out, moments->squares);
	dm_pack_double(out, moments->least);
	dm_pack_double(out, moments->greatest);
}

/* Mean and squares of great numbers may overflow; readers look for that. */
void
dm_moments_unpack(DmUnpack *in, DmMoments *moments)
{
	moments->n = dm_unpack_int(in, 0, PG_INT64_MAX);
	moments->mean = dm_unpack_double(in);
	moments->squares = dm_unpack_double(in);
	moments->least = dm_unpack_finite(in);
	moments->greatest = dm_unpack_finite(in);
	if (moments->squares < 0 || moments->least > moments->greatest)
		dm_unpack_fail("Its moments contradict each other.");
}
