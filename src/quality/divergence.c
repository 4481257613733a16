/*
 * divergence.c
 *		How far observed frequencies are from expected ones.
 *
 * The incomplete gamma function is computed as in Press et al., Numerical Recipes, 6.2: by its
 * series below a+1 and by its continued fraction (Lentz) above.
 */
#include "postgres.h"

#include <math.h>

#include "utils/float.h"

#include "quality/divergence.h"

#define PRECISION	   1e-15
#define MAX_ITERATIONS 100000
#define TINY		   1e-300

static int64
total(const int64 *observed, int n)
{
	int64 result = 0;

	for (int i = 0; i < n; i++)
		result += observed[i];
	return result;
}

double
dm_kl_divergence(const int64 *observed, const double *expected, int n)
{
	double all = total(observed, n);
	double result = 0;

	for (int i = 0; i < n; i++)
	{
		double share = observed[i] / all;

		if (observed[i] == 0)
			continue;
		if (expected[i] <= 0)
			return get_float8_infinity();
		result += share * log(share / expected[i]);
	}
	/* no less than 0 but for rounding */
	return Max(result, 0);
}

double
dm_chi_square(const int64 *observed, const double *expected, int n)
{
	double all = total(observed, n);
	double result = 0;

	for (int i = 0; i < n; i++)
	{
		double due = expected[i] * all;

		if (due > 0)
			result += (observed[i] - due) * (observed[i] - due) / due;
		else if (observed[i] > 0)
			return get_float8_infinity();
	}
	return result;
}

/* Q(a, x) by the series of P(a, x) */
static double
gamma_series(double a, double x)
{
	double term = 1 / a;
	double sum = term;

	for (int n = 1; n < MAX_ITERATIONS && fabs(term) > fabs(sum) * PRECISION; n++)
	{
		term *= x / (a + n);
		sum += term;
	}
	return 1 - sum * exp(a * log(x) - x - lgamma(a));
}

static double
gamma_fraction(double a, double x)
{
	double b = x + 1 - a;
	double c = 1 / TINY;
	double d = 1 / b;
	double h = d;

	for (int i = 1; i < MAX_ITERATIONS; i++)
	{
		double an = -i * (i - a);
		double change;

		b += 2;
		d = an * d + b;
		d = 1 / (fabs(d) < TINY ? TINY : d);
		c = b + an / c;
		c = fabs(c) < TINY ? TINY : c;
		change = c * d;
		h *= change;
		if (fabs(change - 1) < PRECISION)
			break;
	}
	return h * exp(a * log(x) - x - lgamma(a));
}

double
dm_chi_square_p(double statistic, int degrees)
{
	double a = degrees / 2.0;
	double x = statistic / 2;
	double result;

	if (degrees <= 0 || statistic <= 0)
		return 1;
	if (isinf(statistic))
		return 0;
	result = x < a + 1 ? gamma_series(a, x) : gamma_fraction(a, x);
	return Min(Max(result, 0), 1);
}

double
dm_ks_statistic(const int64 *observed, const double *expected, int n)
{
	double all = total(observed, n);
	double due = 0;
	double result = 0;
	int64 seen = 0;

	for (int i = 0; i < n; i++)
	{
		seen += observed[i];
		due += expected[i];
		result = Max(result, fabs(seen / all - due));
	}
	return result;
}

/* Stephens' form of Kolmogorov's asymptotic distribution, good from n = 4 on. */
double
dm_ks_p(double statistic, int64 n)
{
	double root = sqrt((double) n);
	double lambda = (root + 0.12 + 0.11 / root) * statistic;
	double sum = 0;
	double sign = 2;

	/* the series does not converge below, where the probability is 1 but for 10^-12 */
	if (lambda < 0.2)
		return 1;
	for (int k = 1; k <= 100; k++)
	{
		double term = sign * exp(-2 * lambda * lambda * k * k);

		sum += term;
		if (fabs(term) < PRECISION)
			break;
		sign = -sign;
	}
	return Min(Max(sum, 0), 1);
}
