/*
 * divergence.h
 *		How far observed frequencies are from expected ones.
 *
 * observed are counts; expected are weights of the same categories or intervals, which add up to 1.
 */
#ifndef DM_QUALITY_DIVERGENCE_H
#define DM_QUALITY_DIVERGENCE_H

/* Kullback and Leibler: sum of p ln(p/q), p observed; infinite where q has nothing for what is. */
extern double dm_kl_divergence(const int64 *observed, const double *expected, int n);

/* Pearson: sum of (observed - expected)^2 / expected; and the probability of as much or more. */
extern double dm_chi_square(const int64 *observed, const double *expected, int n);
extern double dm_chi_square_p(double statistic, int degrees);

/*
 * Kolmogorov and Smirnov: the largest difference of the cumulative shares, at the bounds of the
 * intervals; and the probability of as much or more between n values and the expectation.
 */
extern double dm_ks_statistic(const int64 *observed, const double *expected, int n);
extern double dm_ks_p(double statistic, int64 n);

#endif /* DM_QUALITY_DIVERGENCE_H */
