/*
 * effect.c
 *		How far two distributions are apart.
 *
 * Two samples of one distribution differ, too.  The sums over bins are then distributed as
 * chi-square with a degree of freedom less than there are bins, times what one row of each side
 * weighs: their mean and one deviation are taken away.  Of squared distances of ranks and of
 * squared h the mean is.
 */
#include "postgres.h"

#include <math.h>

#include "profile/effect.h"

/* A bin that is empty on one side counts as if it had this share: else one row decides. */
#define LEAST_SHARE 0.001

/* The variance of a Brownian bridge's greatest distance, plus the square of its mean. */
#define KS_NOISE 0.822

/* Where an effect begins to be small, moderate, large. */
static const struct
{
	const char *name;
	double small;
	double moderate;
	double large;
} thresholds[] = {
	{ "psi", 0.05, 0.1, 0.25 },
	{ "js", 0.01, 0.02, 0.05 },
	{ "ks", 0.06, 0.12, 0.25 },
	{ "nulls", 0.1, 0.3, 0.8 },
};

static double
noise(const DmBins *bins)
{
	double freedom = bins->n - 1;

	return (freedom + sqrt(2 * freedom)) * (1 / bins->reference_rows + 1 / bins->current_rows);
}

void
dm_diverge_bins(const DmBins *bins, DmDivergence *divergence)
{
	double rows = bins->reference_rows + bins->current_rows;
	double psi = 0;
	double js = 0;
	double phi = 0;
	double chance;

	divergence->psi = divergence->js = divergence->cramer = NAN;
	if (bins->n < 2)
		return;
	chance = noise(bins);
	for (int i = 0; i < bins->n; i++)
	{
		double p = bins->reference[i];
		double q = bins->current[i];
		double middle = (p + q) / 2;
		double joint = (p * bins->reference_rows + q * bins->current_rows) / rows;
		double p1 = Max(p, LEAST_SHARE);
		double q1 = Max(q, LEAST_SHARE);

		psi += (p1 - q1) * log(p1 / q1);
		js += (p > 0 ? p * log2(p / middle) : 0) / 2 + (q > 0 ? q * log2(q / middle) : 0) / 2;
		if (joint > 0)
			phi += (p - q) * (p - q) / joint;
	}
	/* near each other, psi is chi-square over the rows, and js an eighth of it in nats */
	divergence->psi = Max(0, psi - chance);
	divergence->js = Max(0, js - chance / (8 * M_LN2));
	phi = Max(0, phi - chance) * bins->reference_rows / rows * bins->current_rows / rows;
	divergence->cramer = Min(1, sqrt(phi));
}

double
dm_diverge_ranks(const DmKll *reference, const DmKll *current)
{
	DmKllView *a = dm_kll_view(reference);
	DmKllView *b = dm_kll_view(current);
	double distance = 0;

	if (a->n == 0 || b->n == 0)
		return NAN;
	for (int i = 0; i < a->n; i++)
		distance = Max(distance, fabs(dm_kll_upto(a, a->items[i]) - dm_kll_upto(b, a->items[i])));
	for (int i = 0; i < b->n; i++)
		distance = Max(distance, fabs(dm_kll_upto(a, b->items[i]) - dm_kll_upto(b, b->items[i])));
	return sqrt(Max(0, distance * distance - KS_NOISE * (1.0 / reference->n + 1.0 / current->n)));
}

double
dm_diverge_shares(double reference, double reference_rows, double current, double current_rows)
{
	double h = 2 * asin(sqrt(reference)) - 2 * asin(sqrt(current));

	return sqrt(Max(0, h * h - (1 / reference_rows + 1 / current_rows)));
}

DmDriftVerdict
dm_drift_verdict(const DmDivergence *divergence, const char **measure)
{
	double values[] = { divergence->psi, divergence->js, divergence->ks, divergence->nulls };
	DmDriftVerdict worst = DM_DRIFT_NONE;

	*measure = NULL;
	for (int i = 0; i < lengthof(values); i++)
	{
		/* none of these holds for NaN */
		DmDriftVerdict verdict = values[i] >= thresholds[i].large	 ? DM_DRIFT_LARGE :
								 values[i] >= thresholds[i].moderate ? DM_DRIFT_MODERATE :
								 values[i] >= thresholds[i].small	 ? DM_DRIFT_SMALL :
																	   DM_DRIFT_NONE;

		if (verdict > worst)
		{
			worst = verdict;
			*measure = thresholds[i].name;
		}
	}
	return worst;
}

const char *
dm_drift_name(DmDriftVerdict verdict)
{
	switch (verdict)
	{
		case DM_DRIFT_NONE:
			return "none";
		case DM_DRIFT_SMALL:
			return "small";
		case DM_DRIFT_MODERATE:
			return "moderate";
		case DM_DRIFT_LARGE:
			return "large";
	}
	return NULL;
}
