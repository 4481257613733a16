/*
 * predict.c
 *		Levels, trends and seasons of a series.
 *
 * Exponential smoothing at several speeds, side by side, each with no season, with one of the day
 * and with one of the day and the week.  All of them predict every value before it is seen; who was
 * nearest of late predicts for us.  A season counts only after it was seen twice, and
 * only if it makes the errors smaller: a series without one has none.
 */
#include "postgres.h"

#include <math.h>

#include "series/localtime.h"
#include "series/predict.h"

#define SECONDS_A_DAY  86400.0
#define SECONDS_A_WEEK (7 * SECONDS_A_DAY)

/* Weights of the last value.  The first ones follow a trend as well, that fades in a forecast. */
static const double speed_gain[DM_SPEEDS] = { 0.05, 0.25, 0.02, 0.1, 0.3, 0.6, 1.0 };
#define WITH_TREND 2
#define TREND_FADE 0.98

/*
 * A season must make the error this much smaller before it is taken for one, and is one until it
 * makes the error greater by as much.
 */
#define SEASON_GAIN 0.9

/* How much of its next visit a bin of a season learns, once it has seen a few. */
#define SEASON_RATE 0.2

/* Anomalous visits of a bin in a row that are faults; the next one is what is usual there. */
#define ODD_VISITS 2

/* where a bin stops counting */
#define SEEN_MAX 1000

/* Errors beyond so many usual ones say no more about who predicts well. */
#define LOSS_CLIP 8.0

/* What of an error the slow predictors and seasons learn (Huber's psi), in usual errors. */
#define LEARN_CLIP 3.0

static double
gain(int64 seen, double memory)
{
	return 1.0 / Min((double) seen + 1, memory);
}

static double
clip(double value, double limit)
{
	return fmax(-limit, fmin(limit, value));
}

double
dm_values_a_day(const DmUsual *usual)
{
	return usual->interval > 0 ? SECONDS_A_DAY / usual->interval : 1;
}

/* Seconds into the day or the week; our epoch was a Saturday. */
static double
seconds_into(TimestampTz at, double period)
{
	int64 length = (int64) period * USECS_PER_SEC;
	int64 into = at % length;

	return (into < 0 ? into + length : into) / (double) USECS_PER_SEC;
}

static int
day_bin(TimestampTz at)
{
	return (int) (seconds_into(dm_local_time(at), SECONDS_A_DAY) / (SECONDS_A_DAY / DM_DAY_BINS));
}

/* Series of few values a day have one bin for each day of the week: jobs do not run on time. */
static int
week_bin(const DmUsual *usual, TimestampTz at)
{
	double seconds = seconds_into(dm_local_time(at), SECONDS_A_WEEK);
	int hour = (int) (seconds / (SECONDS_A_WEEK / DM_WEEK_BINS));

	return dm_values_a_day(usual) < 3 ? hour / 24 * 24 : hour;
}

/* Has the data been seen for two periods, at times that can tell a season? */
static bool
season_possible(const DmUsual *usual, int season)
{
	double seconds = (usual->last_at - usual->first_at) / (double) USECS_PER_SEC;

	if (season == 0)
		return true;
	if (season == 1)
		return seconds >= 2 * SECONDS_A_DAY && dm_values_a_day(usual) >= 4;
	return seconds >= 2 * SECONDS_A_WEEK && dm_values_a_day(usual) * 7 >= 4;
}

int
dm_usual_season(const DmUsual *usual)
{
	int best = 0;
	int season;

	for (season = 1; season < DM_SEASONS; season++)
		if (season_possible(usual, season) &&
			usual->slow[season].loss <
				usual->slow[best].loss * (season <= usual->shown ? 1 / SEASON_GAIN : SEASON_GAIN))
			best = season;
	return best;
}

double
dm_least_error(DmSeriesKind kind, double expected)
{
	double least = kind == DM_KIND_COUNT	? 1 :
				   kind == DM_KIND_SHARE	? 0.001 :
				   kind == DM_KIND_DURATION ? 0.001 :
											  1e-9;

	return fmax(least, 0.001 * fabs(expected));
}

/* The usual error at a time of day: what was seen then, or all day where that is little. */
static double
error_at(const DmUsual *usual, TimestampTz at, int season, double loss)
{
	int bin = day_bin(at);
	double weight = Min(usual->day_seen[bin], 20);

	if (season == 0 || usual->dev <= 0)
		return loss;
	return loss * (weight * usual->day_dev[bin] / usual->dev + 5) / (weight + 5);
}

static void
choose(const DmUsual *usual, DmExpected *expected)
{
	int season;
	int speed;
	double best = INFINITY;

	expected->slow = dm_usual_season(usual);
	for (season = 0; season <= expected->slow; season++)
	{
		if (!season_possible(usual, season))
			continue;
		for (speed = 0; speed < DM_SPEEDS; speed++)
			if (usual->quick[season][speed].loss < best)
			{
				best = usual->quick[season][speed].loss;
				expected->season = season;
				expected->speed = speed;
			}
	}
}

double
dm_predict_gain(const DmExpected *expected)
{
	return speed_gain[expected->speed];
}

/* Where a smoother will be. */
static double
smoothed(const DmPredictor *p, double faded)
{
	return p->level + p->trend * faded;
}

void
dm_predict(const DmUsual *usual, TimestampTz at, DmExpected *expected)
{
	double seconds = (at - usual->last_at) / (double) USECS_PER_SEC;
	double steps = usual->interval > 0 ? fmax(seconds / usual->interval, 1) : 1;
	double faded = (1 - pow(TREND_FADE, Min(steps, 10000))) / (1 - TREND_FADE) * TREND_FADE;
	int season;
	int speed;

	memset(expected, 0, sizeof(*expected));
	expected->steps = steps;
	expected->offset[1] = usual->day[day_bin(at)];
	expected->offset[2] = expected->offset[1] + usual->week[week_bin(usual, at)];
	for (season = 0; season < DM_SEASONS; season++)
	{
		double offset = expected->offset[season];

		for (speed = 0; speed < DM_SPEEDS; speed++)
			expected->at_speed[season][speed] =
				smoothed(&usual->quick[season][speed], faded) + offset;
		expected->at_slow[season] = smoothed(&usual->slow[season], faded) + offset;
	}
	choose(usual, expected);
	expected->quick_dev = error_at(usual, at, expected->season,
								   usual->quick[expected->season][expected->speed].loss);
}

/* One smoother takes a step to the value. */
static void
step(DmPredictor *p, double faded_level, double error, double alpha, double beta, double fade)
{
	p->level = faded_level + alpha * error;
	p->trend = fade * p->trend + beta * error;
}

static void
learn_quick(DmUsual *usual, double value, const DmExpected *expected, double memory)
{
	double limit = usual->dev > 0 ? LOSS_CLIP * usual->dev : INFINITY;
	int season;
	int speed;

	for (season = 0; season < DM_SEASONS; season++)
		for (speed = 0; speed < DM_SPEEDS; speed++)
		{
			DmPredictor *p = &usual->quick[season][speed];
			double error = value - expected->at_speed[season][speed];
			double alpha = fmax(speed_gain[speed], gain(usual->seen, 1e9));

			p->loss += gain(usual->compared[season], memory) *
					   (fmin(fabs(error), limit) - p->loss);
			step(p, expected->at_speed[season][speed] - expected->offset[season], error, alpha,
				 speed < WITH_TREND && usual->seen > 10 ? alpha * alpha / 4 : 0, TREND_FADE);
		}
}

static void
learn_slow(DmUsual *usual, double value, const DmExpected *expected, double memory)
{
	double slow_memory = fmax(30, fmin(3 * dm_values_a_day(usual), 3000));
	double alpha = gain(usual->seen, slow_memory);
	int season;

	for (season = 0; season < DM_SEASONS; season++)
	{
		DmPredictor *p = &usual->slow[season];
		double error = value - expected->at_slow[season];
		double limit = usual->seen > 10 && p->loss > 0 ? LEARN_CLIP * p->loss : INFINITY;
		double loss_limit = p->loss > 0 ? LOSS_CLIP * p->loss : INFINITY;

		p->loss += gain(usual->compared[season], memory) *
				   (fmin(fabs(error), loss_limit) - p->loss);
		step(p, expected->at_slow[season] - expected->offset[season], clip(error, limit), alpha,
			 usual->seen > slow_memory ? alpha * alpha / 4 : 0, 1);
	}
}

/* Moves a bin to what was seen at its time; visits counts the values of one visit. */
static void
learn_bin(float *mean, uint16 *seen, double error, double visit)
{
	double rate = fmax(1.0 / (*seen + 1.0), fmin(SEASON_RATE / visit, 1));

	*mean += rate * error;
	if (*seen < SEEN_MAX)
		(*seen)++;
}

/* A season goes up and down around the level: what its bins have in common is none of it. */
static void
centre(float *mean, const uint16 *seen, int bins)
{
	double sum = 0;
	int known = 0;
	int bin;

	for (bin = 0; bin < bins; bin++)
		if (seen[bin] > 0)
		{
			sum += mean[bin];
			known++;
		}
	for (bin = 0; bin < bins; bin++)
		if (seen[bin] > 0)
			mean[bin] -= sum / known;
}

static void
learn_seasons(DmUsual *usual, TimestampTz at, double value, const DmExpected *expected)
{
	int day = day_bin(at);
	int week = week_bin(usual, at);
	double a_day = dm_values_a_day(usual);
	bool settled = usual->seen > 10 && usual->slow[0].loss > 0;
	double limit = settled ? LEARN_CLIP * usual->slow[0].loss : INFINITY;

	learn_bin(&usual->week[week], &usual->week_seen[week],
			  clip(value - expected->at_slow[2], limit), fmax(a_day / 24, 1));
	learn_bin(&usual->day[day], &usual->day_seen[day],
			  clip(value - expected->at_slow[1], limit), fmax(a_day / DM_DAY_BINS, 1));
	centre(usual->week, usual->week_seen, DM_WEEK_BINS);
	centre(usual->day, usual->day_seen, DM_DAY_BINS);
}

/* The usual error of who predicts for us; a single great one makes it only a little greater. */
static void
learn_dev(DmUsual *usual, TimestampTz at, double value, const DmExpected *expected, double memory)
{
	int bin = day_bin(at);
	double error = fabs(value - expected->at_speed[expected->season][expected->speed]);
	double limit = usual->dev > 0 && usual->seen > 10 ? 4 * usual->dev : INFINITY;

	usual->dev += gain(usual->seen, memory) * (fmin(error, limit) - usual->dev);
	usual->day_dev[bin] += fmax(1.0 / (usual->day_seen[bin] + 1), 0.05) *
						   (fmin(error, 2 * limit) - usual->day_dev[bin]);
}

void
dm_predict_learn(DmUsual *usual, TimestampTz at, double value, const DmExpected *expected)
{
	double memory = fmax(28, fmin(dm_values_a_day(usual), 1000));
	bool seen_day = usual->day_seen[day_bin(at)] > 0;
	bool seen_week = usual->week_seen[week_bin(usual, at)] > 0;

	usual->day_odd[day_bin(at)] = 0;
	usual->week_odd[week_bin(usual, at)] = 0;
	learn_dev(usual, at, value, expected, 100);
	learn_quick(usual, value, expected, memory);
	learn_slow(usual, value, expected, fmax(28, fmin(7 * dm_values_a_day(usual), 7000)));
	learn_seasons(usual, at, value, expected);
	usual->compared[0]++;
	usual->compared[1] += seen_day;
	usual->compared[2] += seen_day && seen_week;
}

/* Counts an anomalous value of a bin, once for each visit; true when it is what is usual there. */
static bool
odd_again(uint8 *odd, uint16 *seen, bool visit)
{
	if (visit && *odd <= ODD_VISITS)
	{
		(*odd)++;
		/* what the bin had learned holds no more */
		if (*odd > ODD_VISITS)
			*seen = 0;
	}
	return *odd > ODD_VISITS;
}

void
dm_predict_odd(DmUsual *usual, TimestampTz at, double value, const DmExpected *expected)
{
	int day = day_bin(at);
	int week = week_bin(usual, at);
	bool later = at - usual->last_at > USECS_PER_DAY / 2;
	bool again = false;

	if (dm_values_a_day(usual) >= 4)
		again = odd_again(&usual->day_odd[day], &usual->day_seen[day],
						  later || day_bin(usual->last_at) != day);
	if (odd_again(&usual->week_odd[week], &usual->week_seen[week],
				  later || week_bin(usual, usual->last_at) != week))
		again = true;
	if (again)
		learn_seasons(usual, at, value, expected);
}

void
dm_predict_restart(DmUsual *usual, double level)
{
	int season;
	int speed;

	for (season = 0; season < DM_SEASONS; season++)
	{
		for (speed = 0; speed < DM_SPEEDS; speed++)
		{
			usual->quick[season][speed].level = level;
			usual->quick[season][speed].trend = 0;
		}
		usual->slow[season].level = level;
		usual->slow[season].trend = 0;
	}
}
