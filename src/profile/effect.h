/*
 * effect.h
 *		How far two distributions are apart.
 *
 * All measures are sizes of an effect: what samples of that size show by chance is taken away,
 * so that they do not grow, and do not shrink, with the number of rows.
 */
#ifndef DM_PROFILE_EFFECT_H
#define DM_PROFILE_EFFECT_H

#include "sketch/kll.h"

#define DM_BINS_MAX 64

/* Shares of two sides in the same bins. */
typedef struct DmBins
{
	int n;
	double reference[DM_BINS_MAX];
	double current[DM_BINS_MAX];
	double reference_rows;
	double current_rows;
} DmBins;

typedef struct DmDivergence
{
	double psi;	   /* population stability index */
	double js;	   /* Jensen and Shannon, in bits: from 0 to 1 */
	double ks;	   /* Kolmogorov and Smirnov: the greatest distance of ranks; NaN without order */
	double cramer; /* chi-square as Cramer's V: from 0 to 1 */
	double nulls;  /* Cohen's h of the shares of nulls: from 0 to pi */
} DmDivergence;

typedef enum DmDriftVerdict
{
	DM_DRIFT_NONE,
	DM_DRIFT_SMALL,
	DM_DRIFT_MODERATE,
	DM_DRIFT_LARGE
} DmDriftVerdict;

/* All but ks and nulls; does nothing for less than two bins. */
extern void dm_diverge_bins(const DmBins *bins, DmDivergence *divergence);

/* ks, of two streams of numbers. */
extern double dm_diverge_ranks(const DmKll *reference, const DmKll *current);

/* nulls; the shares of so many rows. */
extern double dm_diverge_shares(double reference, double reference_rows, double current,
								double current_rows);

/* The worst that one of the measures says; *measure is its name. */
extern DmDriftVerdict dm_drift_verdict(const DmDivergence *divergence, const char **measure);

extern const char *dm_drift_name(DmDriftVerdict verdict);

#endif /* DM_PROFILE_EFFECT_H */
