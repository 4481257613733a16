/*
 * score.c
 *		How rare a score is among those that a series had before.
 *
 * Inside of what was seen, the probability of a greater score is its rank among all scores, with
 * the new one counted in: the p-value of conformal prediction, which needs no distribution.
 * A budget of one alarm in ten thousand values asks for more than ranks can tell.  Beyond the
 * sqrt(n) greatest scores the tail is taken to fall like a power of the score (peaks over a
 * threshold), heavier than any normal one.  Its slope is not estimated but averaged over what is
 * plausible given those scores (the predictive distribution under a gamma prior): with few scores
 * the tail is wide.
 */
#include "postgres.h"

#include <math.h>

#include "series/score.h"

#define BINS_PER_OCTAVE 4
#define FIRST_OCTAVE	(-3)

/* The tail begins at a score of one at the least: below it errors are usual ones. */
#define TAIL_BIN (-FIRST_OCTAVE * BINS_PER_OCTAVE)

/*
 * Before anything is known of the tail: as if so many scores had been seen in it, at a mean
 * distance of half an octave, which is that of Student's distribution with three degrees of
 * freedom.
 */
#define PRIOR_COUNT 10.0
#define PRIOR_SUM	(PRIOR_COUNT * 0.5)

/* Older scores lose half of their weight whenever so many have come together. */
#define TOTAL_MAX 32768.0

/* Octaves above the first bin's lower end: piecewise linear between powers of two, so exact. */
static double
octaves(double score)
{
	int exponent;
	double mantissa;

	if (score <= ldexp(1.0, FIRST_OCTAVE))
		return 0;
	mantissa = frexp(score, &exponent); /* 0.5 <= mantissa < 1 */
	return exponent - 1 - FIRST_OCTAVE + (2 * mantissa - 1);
}

static double
from_octaves(double octave)
{
	double whole = floor(octave);

	if (whole > 1000)
		return INFINITY;
	return ldexp(1 + (octave - whole), (int) whole + FIRST_OCTAVE);
}

/* A score of zero is on both sides, for series that never change. */
void
dm_scores_add(DmScores *scores, double score)
{
	int bin = (int) fmin(octaves(fabs(score)) * BINS_PER_OCTAVE, DM_SCORE_BINS - 1);

	if (score >= 0)
		scores->above[bin]++;
	if (score <= 0)
		scores->below[bin]++;
	scores->total++;
	if (scores->total < TOTAL_MAX)
		return;
	for (bin = 0; bin < DM_SCORE_BINS; bin++)
	{
		scores->above[bin] /= 2;
		scores->below[bin] /= 2;
	}
	scores->total /= 2;
}

double
dm_scores_limit(const DmScores *scores, bool above, double probability, double run)
{
	const float *count = above ? scores->above : scores->below;
	double total = scores->total / run;
	double wanted = fmax(sqrt(total), 5) * run;
	double in_tail = 0;
	double sum = 0; /* of distances from the lower end of the tail, in octaves */
	double share;
	int bin = DM_SCORE_BINS;

	while (bin > TAIL_BIN && in_tail < wanted)
	{
		bin--;
		sum += in_tail / BINS_PER_OCTAVE + count[bin] * 0.5 / BINS_PER_OCTAVE;
		in_tail += count[bin];
	}
	share = (in_tail / run + 1) / (total + 1);
	if (probability < share)
	{
		double slope = in_tail / run + PRIOR_COUNT;
		double distance = (sum / run + PRIOR_SUM) * (pow(share / probability, 1 / slope) - 1);

		return from_octaves((double) bin / BINS_PER_OCTAVE + distance);
	}
	/* as rare as is wanted, by rank; bins count as a whole */
	while (bin > 0 && ((in_tail + count[bin - 1]) / run + 1) / (total + 1) <= probability)
	{
		bin--;
		in_tail += count[bin];
	}
	return from_octaves((double) bin / BINS_PER_OCTAVE);
}
