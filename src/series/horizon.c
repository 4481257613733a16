/*
 * horizon.c
 *		How far forecasts of a series were from what came: the bands of the next ones.
 *
 * What is known of errors one step ahead says little of those a week ahead: a smoother that is best
 * for the next value may be bad for the tenth, and how errors grow depends on the series.  So each
 * horizon has its own forecaster, the one that was nearest at that horizon so far, and its own
 * scores: errors in units of the usual one at that horizon.  The band is the rank among them, as
 * for one step (score.h).
 *
 * Forecasts of neighbouring values overlap and err together.  They are made so far apart that some
 * of them wait at a time, and the scores count for so many fewer.
 *
 * Series change, and ranks of old errors do not hold for new ones.  So the share that a band leaves
 * out is led by what it did leave out: adaptive conformal inference (Gibbs and Candes 2021), on
 * each side.
 */
#include "postgres.h"

#include <math.h>

#include "series/horizon.h"

/* How much a miss or a hit moves the share that is aimed at. */
#define AIM_RATE  0.05
#define AIM_LEAST 0.001 /* of the share that is wanted */
#define AIM_MOST  0.5

/* Errors that the usual one at a horizon is the mean of, in units of what waits at a time. */
#define MEMORY 50.0

/* Independent errors before a horizon speaks for itself. */
#define TRUSTED 8

/* A level that moved makes errors for longer than a horizon: scores count for so many fewer. */
#define LASTING 2

/* Errors beyond so many usual ones say no more about who forecasts well. */
#define LOSS_CLIP 8.0

/* Values from one forecast at a horizon to the next. */
static int32
stride(const DmHorizon *horizon)
{
	return (horizon->steps + DM_PENDING - 1) / DM_PENDING;
}

/* Forecasts in a row that see the same future. */
static double
overlap(const DmHorizon *horizon)
{
	return (double) horizon->steps / stride(horizon);
}

int64
dm_horizon_independent(const DmHorizon *horizon)
{
	return (int64) (horizon->came / overlap(horizon));
}

void
dm_hindcast_init(DmHindcast *hindcast, DmSeriesKind kind, const DmBudget *budget, double share)
{
	int i;

	memset(hindcast, 0, sizeof(*hindcast));
	dm_usual_init(&hindcast->usual, kind);
	hindcast->budget = *budget;
	hindcast->share = share;
	for (i = 0; i < DM_HORIZONS; i++)
	{
		DmHorizon *horizon = &hindcast->horizon[i];

		horizon->steps = i < 2 ? i + 1 : i % 2 == 0 ? 3 << (i / 2 - 1) :
													  4 << (i / 2 - 1);
		horizon->aim_above = horizon->aim_below = (1 - share) / 2;
	}
}

static double
guess_of(const DmExpected *expected, int forecaster)
{
	int season = forecaster / (DM_SPEEDS + 1);
	int speed = forecaster % (DM_SPEEDS + 1);

	return speed < DM_SPEEDS ? expected->at_speed[season][speed] : expected->at_slow[season];
}

/* Who was nearest at the horizon, of those whose season the data shows. */
static int
best_forecaster(const DmHorizon *horizon, int seasons)
{
	int best = 0;
	int i;

	for (i = 1; i < seasons * (DM_SPEEDS + 1); i++)
		if (horizon->loss[i] < horizon->loss[best])
			best = i;
	return best;
}

/* The horizon that speaks for so many steps: the next one, or the last that can be trusted. */
static const DmHorizon *
horizon_for(const DmHindcast *hindcast, double steps)
{
	const DmHorizon *result = NULL;
	int i;

	for (i = 0; i < DM_HORIZONS; i++)
	{
		const DmHorizon *horizon = &hindcast->horizon[i];

		if (horizon->came < TRUSTED * overlap(horizon))
			break;
		result = horizon;
		if (horizon->steps >= steps)
			break;
	}
	return result;
}

/* Errors are greater at some times of the day than at others, one step ahead or many. */
static double
at_that_time(const DmUsual *usual, const DmExpected *expected)
{
	double all_day = usual->quick[expected->season][expected->speed].loss;

	return all_day > 0 ? expected->quick_dev / all_day : 1;
}

/* The band around a forecast, in units of its usual error. */
static void
band(const DmHindcast *hindcast, const DmUsual *usual, const DmHorizon *horizon, double scale,
	 DmForecast *forecast)
{
	double out = (1 - hindcast->share) / 2;
	const DmScores *scores = horizon != NULL ? &horizon->scores : &usual->point;
	double run = 1;

	if (horizon != NULL)
		run = overlap(horizon) * (horizon->steps > 1 ? LASTING : 1);
	forecast->low =
		forecast->expected -
		scale * dm_scores_limit(scores, false, horizon != NULL ? horizon->aim_below : out, run);
	forecast->high =
		forecast->expected +
		scale * dm_scores_limit(scores, true, horizon != NULL ? horizon->aim_above : out, run);
	dm_limit_to_kind(usual->kind, &forecast->low, &forecast->high);
	dm_limit_to_kind(usual->kind, &forecast->expected, &forecast->expected);
}

/*
 * A forecast for a time: who makes it, the unit of its error, and the band.  Farther than any
 * forecast has come true, errors grow as those of a random walk do.
 */
static void
forecast_at(const DmHindcast *hindcast, const DmUsual *usual, const DmExpected *expected,
			int *chosen, double *scale, DmForecast *forecast)
{
	const DmHorizon *horizon = horizon_for(hindcast, expected->steps);

	if (horizon == NULL)
	{
		*chosen = expected->season * (DM_SPEEDS + 1) + expected->speed;
		*scale = expected->quick_dev * sqrt(expected->steps);
	}
	else
	{
		*chosen = best_forecaster(horizon, dm_usual_season(usual) + 1);
		*scale = horizon->loss[*chosen] * at_that_time(usual, expected) *
				 sqrt(fmax(1, expected->steps / horizon->steps));
	}
	forecast->expected = guess_of(expected, *chosen);
	*scale = fmax(*scale, dm_least_error(usual->kind, forecast->expected));
	band(hindcast, usual, horizon, *scale, forecast);
}

/* Leads the share that a side leaves out to the wanted one. */
static double
led(double aim, double wanted, bool out, double run)
{
	double step = AIM_RATE / run * (1 - (out ? 1 / wanted : 0));

	return fmax(AIM_LEAST * wanted, fmin(aim * exp(step), AIM_MOST));
}

/* What was forecast for this value, and how far off it was. */
static void
compare(DmHindcast *hindcast, DmHorizon *horizon, const DmPendingForecast *pending, double value)
{
	double out = (1 - hindcast->share) / 2;
	double run = overlap(horizon);
	int i;

	horizon->came++;
	horizon->inside += value >= pending->low && value <= pending->high;
	horizon->width += (pending->high - pending->low - horizon->width) / horizon->came;
	dm_scores_add(&horizon->scores, (value - pending->guess[pending->chosen]) / pending->scale);
	horizon->aim_above = led(horizon->aim_above, out, value > pending->high, run);
	horizon->aim_below = led(horizon->aim_below, out, value < pending->low, run);
	for (i = 0; i < DM_FORECASTERS; i++)
	{
		double error = fabs(value - pending->guess[i]);
		double limit = horizon->loss[i] > 0 ? LOSS_CLIP * horizon->loss[i] : INFINITY;

		horizon->loss[i] += (fmin(error, limit) - horizon->loss[i]) /
							fmin((double) horizon->came, MEMORY * run);
	}
}

/* Forecasts whose time has come; one whose time passed without a value is forgotten. */
static void
compare_due(DmHindcast *hindcast, TimestampTz at, double value)
{
	int64 slack = (int64) (hindcast->usual.interval / 2 * USECS_PER_SEC);
	int i;
	int j;

	for (i = 0; i < DM_HORIZONS; i++)
		for (j = 0; j < DM_PENDING; j++)
		{
			DmPendingForecast *pending = &hindcast->horizon[i].pending[j];

			if (pending->at == 0 || at < pending->at - slack)
				continue;
			if (at <= pending->at + slack)
				compare(hindcast, &hindcast->horizon[i], pending, value);
			pending->at = 0;
		}
}

static void
issue(DmHindcast *hindcast, DmHorizon *horizon)
{
	const DmUsual *usual = &hindcast->usual;
	DmPendingForecast *pending = &horizon->pending[horizon->next];
	DmExpected expected;
	DmForecast forecast;
	int i;

	pending->at =
		usual->last_at + (int64) (horizon->steps * usual->interval * (double) USECS_PER_SEC);
	dm_predict(usual, pending->at, &expected);
	for (i = 0; i < DM_FORECASTERS; i++)
		pending->guess[i] = guess_of(&expected, i);
	forecast_at(hindcast, usual, &expected, &pending->chosen, &pending->scale, &forecast);
	pending->low = forecast.low;
	pending->high = forecast.high;
	horizon->issued = usual->seen;
	horizon->next = (horizon->next + 1) % DM_PENDING;
}

void
dm_hindcast_add(DmHindcast *hindcast, TimestampTz at, double value)
{
	DmUsual *usual = &hindcast->usual;
	DmJudged judged;
	int i;

	if (usual->seen > 0 && at <= usual->last_at)
		return;
	compare_due(hindcast, at, value);
	dm_usual_add(usual, &hindcast->budget, at, value, &judged);
	if (dm_usual_is_learning(usual))
		return;
	for (i = 0; i < DM_HORIZONS; i++)
	{
		DmHorizon *horizon = &hindcast->horizon[i];

		if (usual->seen - horizon->issued >= stride(horizon))
			issue(hindcast, horizon);
	}
}

bool
dm_hindcast_forecast(const DmHindcast *hindcast, const DmUsual *usual, TimestampTz at,
					 DmForecast *forecast)
{
	DmExpected expected;
	int chosen;
	double scale;

	if (dm_usual_is_learning(usual) || at <= usual->last_at)
		return false;
	dm_predict(usual, at, &expected);
	forecast_at(hindcast, usual, &expected, &chosen, &scale, forecast);
	return true;
}
