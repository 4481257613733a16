/*
 * usual.c
 *		What is normal for a series: a model that is learned point by point.
 *
 * Two checks share the budget of false alarms.  One asks whether a value is far from what
 * was predicted one step ahead, the other whether the values have been for a while on one side
 * of what the slow predictor expects, which a quick one gets used to.  Each has the
 * distribution of its own scores (score.h) and alarms where these are rarer than the budget.
 *
 * Residuals of real series are neither independent nor alike for ever, so the budget is also kept
 * by its result, as adaptive conformal inference keeps its level: each alarm halves the rate that
 * is aimed at, and as much time as the budget has for one alarm doubles it, up to what is stated.
 * A series that is quiet by itself gets no alarms because its budget has some left.
 */
#include "postgres.h"

#include <math.h>

#include "series/predict.h"

/* Values before scores are kept, and scores before which nothing is judged. */
#define SETTLING 2
#define LEARNING 14

/* No budget makes more than this share of values anomalous. */
#define SHARE_MAX 0.1

/* One of the first values is absurd if it is so many times as far off as the next. */
#define ABSURD 10.0

/* Two checks, two sides each. */
#define SHARES 4

/* An error counts up to so many usual ones for the sustained check, so that one value is none. */
#define SUSTAINED_CLIP 4.0

/* A zero is nothing to alarm of where at least so many of the last values are. */
#define USUAL_ZEROS	 0.1
#define ZEROS_MEMORY 100.0

/* An alarm that lasts so long is a change: a day at least, which is each time of day once. */
#define CHANGED_VALUES 7

typedef struct Limits
{
	double gap; /* how much wider for values that were missed */
	double scale;
	double low; /* scores */
	double high;
	double slow_low;
	double slow_high;
} Limits;

void
dm_usual_init(DmUsual *usual, DmSeriesKind kind)
{
	memset(usual, 0, sizeof(*usual));
	usual->format = DM_USUAL_FORMAT;
	usual->kind = kind;
}

/* The share of values that the budget allows to be alarms. */
static double
stated_share(const DmUsual *usual, const DmBudget *budget)
{
	double values = usual->interval > 0 ? budget->seconds / usual->interval : 1;

	return fmin(budget->alarms / fmax(values, 1), SHARE_MAX);
}

/* Probability for one side of one check. */
static double
wanted_share(const DmUsual *usual, const DmBudget *budget)
{
	double share = stated_share(usual, budget);

	return ldexp(share, -(int) floor(usual->strain)) *
		   (1 - 0.5 * (usual->strain - floor(usual->strain))) / SHARES;
}

/* The values that make up "for a while": a twelfth of a day, but some at least. */
static double
a_while(const DmUsual *usual)
{
	return fmax(3, fmin(dm_values_a_day(usual) / 12, 24));
}

static double
square(double x)
{
	return x * x;
}

static void
find_limits(const DmUsual *usual, const DmBudget *budget, const DmExpected *expected,
			Limits *limits)
{
	double share = wanted_share(usual, budget);
	double run = a_while(usual);
	double quick = dm_predict_gain(expected);
	double blind = expected->steps - 1 + usual->missed;
	double centre = expected->at_speed[expected->season][expected->speed];
	double least = dm_least_error(usual->kind, centre);

	limits->gap = sqrt(1 + blind * square(quick));
	limits->scale = fmax(expected->quick_dev, least) * limits->gap;
	limits->high = dm_scores_limit(&usual->point, true, share, 1);
	limits->low = dm_scores_limit(&usual->point, false, share, 1);
	/* a while of values is one event, so there are fewer events to make an alarm of */
	limits->slow_high = dm_scores_limit(&usual->sustained, true, share * run, run);
	limits->slow_low = dm_scores_limit(&usual->sustained, false, share * run, run);
}

/* The values that the kind can have nearest to the band. */
void
dm_limit_to_kind(DmSeriesKind kind, double *low, double *high)
{
	if (kind != DM_KIND_REAL)
	{
		*low = fmax(*low, 0);
		*high = fmax(*high, 0);
	}
	if (kind == DM_KIND_SHARE)
	{
		*low = fmin(*low, 1);
		*high = fmin(*high, 1);
	}
}

/* The scale of the errors of a slow predictor. */
static double
slow_scale(const DmUsual *usual, const DmExpected *expected, int season)
{
	return fmax(usual->slow[season].loss,
				dm_least_error(usual->kind, expected->at_slow[season]));
}

/* The drift from a season's slow predictor that this value makes. */
static double
next_drift(const DmUsual *usual, const DmExpected *expected, int season, double value)
{
	double error = value - expected->at_slow[season];
	double most = SUSTAINED_CLIP * slow_scale(usual, expected, season);

	return usual->drift[season] +
		   (fmax(-most, fmin(most, error)) - usual->drift[season]) / a_while(usual);
}

/*
 * Too few values to judge the next one: so few scores that no rank says anything, since the series
 * began or showed another season, or not yet one from each time of day.
 */
bool
dm_usual_is_learning(const DmUsual *usual)
{
	double a_day = dm_values_a_day(usual);

	return usual->point.total < LEARNING || (a_day >= 4 && usual->point.total < a_day);
}

/*
 * Nothing happens is what many series say most of the time, at no time in particular: after some
 * days with something it is no surprise.  For a while of it there is the other check.
 */
static bool
is_usual_zero(const DmUsual *usual, const DmExpected *expected, double value)
{
	return value == 0 && usual->zeros >= USUAL_ZEROS && expected->slow == 0;
}

/* Fills the verdict, and tells the scores of both checks. */
static void
judge(const DmUsual *usual, const DmBudget *budget, const DmExpected *expected, double value,
	  DmJudged *judged, double *point, double *sustained)
{
	Limits limits;
	double centre = expected->at_speed[expected->season][expected->speed];
	bool far;
	bool aside;

	find_limits(usual, budget, expected, &limits);
	judged->season = expected->season;
	judged->expected = centre;
	judged->usual = expected->at_slow[expected->slow];
	judged->low = centre - limits.low * limits.scale;
	judged->high = centre + limits.high * limits.scale;
	dm_limit_to_kind(usual->kind, &judged->low, &judged->high);
	*point = (value - centre) / limits.scale;
	*sustained = next_drift(usual, expected, expected->slow, value) /
				 slow_scale(usual, expected, expected->slow);
	far = (value < judged->low || value > judged->high) && !is_usual_zero(usual, expected, value);
	aside = *sustained > limits.slow_high || *sustained < -limits.slow_low;
	judged->cause = aside && !far ? DM_CAUSE_SUSTAINED : DM_CAUSE_POINT;
	if (dm_usual_is_learning(usual))
		judged->verdict = DM_VERDICT_LEARNING;
	else
		judged->verdict = far || aside ? DM_VERDICT_ANOMALOUS : DM_VERDICT_NORMAL;
}

static void
learn_interval(DmUsual *usual, TimestampTz at)
{
	double gap = (at - usual->last_at) / (double) USECS_PER_SEC;

	if (usual->seen == 0)
		usual->first_at = at;
	else if (usual->interval <= 0)
		usual->interval = gap;
	else
		usual->interval *= fmax(1 / 1.1, fmin(1.1, gap / usual->interval));
	usual->last_at = at;
}

/* A series that begins: its first value is its level. */
static void
begin(DmUsual *usual, TimestampTz at, double value, DmJudged *judged)
{
	dm_predict_restart(usual, value);
	learn_interval(usual, at);
	usual->seen = 1;
	judged->verdict = DM_VERDICT_LEARNING;
	judged->expected = judged->usual = value;
	judged->low = -INFINITY;
	judged->high = INFINITY;
	dm_limit_to_kind(usual->kind, &judged->low, &judged->high);
}

void
dm_usual_adopt(DmUsual *usual)
{
	if (usual->alarm_at == 0)
		return;
	dm_predict_restart(usual, usual->recent);
	memset(usual->drift, 0, sizeof(usual->drift));
	usual->alarm_at = 0;
	usual->missed = 0;
}

void
dm_usual_confirm(DmUsual *usual)
{
	usual->strain = fmax(usual->strain - 1, 0);
}

/* Follows an alarm from value to value. */
static void
follow_alarm(DmUsual *usual, TimestampTz at, double rest, DmJudged *judged)
{
	bool anomalous = judged->verdict == DM_VERDICT_ANOMALOUS;
	double seconds;

	if (anomalous && usual->alarm_at == 0)
	{
		usual->alarm_at = at;
		usual->alarm_seen = 0;
		usual->calm = 0;
		usual->recent = rest;
		usual->strain += 1;
		usual->alarms++;
		judged->alarm = true;
	}
	if (usual->alarm_at == 0)
		return;
	usual->alarm_seen++;
	usual->calm = anomalous ? 0 : usual->calm + 1;
	usual->recent += (rest - usual->recent) / Min(usual->alarm_seen, a_while(usual));
	seconds = (at - usual->alarm_at) / (double) USECS_PER_SEC;
	if (usual->calm >= a_while(usual))
	{
		judged->over = true;
		usual->alarm_at = 0;
	}
	else if (anomalous && usual->alarm_seen >= CHANGED_VALUES && seconds >= 86400)
	{
		judged->verdict = DM_VERDICT_CHANGED;
		judged->over = true;
		dm_usual_adopt(usual);
	}
}

static void
learn_drift(DmUsual *usual, const DmExpected *expected, double value)
{
	int season;

	for (season = 0; season < DM_SEASONS; season++)
		usual->drift[season] = next_drift(usual, expected, season, value);
}

static void
learn(DmUsual *usual, const DmBudget *budget, TimestampTz at, double value, DmJudged *judged)
{
	DmExpected expected;
	double point;
	double sustained;

	memset(judged, 0, sizeof(*judged));
	if (usual->seen == 0)
	{
		begin(usual, at, value, judged);
		return;
	}
	dm_predict(usual, at, &expected);
	if (expected.slow != usual->shown)
	{
		/* what is measured from now on has no past */
		memset(&usual->point, 0, sizeof(usual->point));
		memset(&usual->sustained, 0, sizeof(usual->sustained));
		usual->shown = expected.slow;
	}
	judge(usual, budget, &expected, value, judged, &point, &sustained);
	follow_alarm(usual, at, value - expected.offset[expected.slow], judged);
	usual->strain = fmax(usual->strain - stated_share(usual, budget), 0);

	/* of an alarm only the first value counts among the scores: the others are the same event */
	if (usual->seen >= SETTLING && (judged->verdict != DM_VERDICT_ANOMALOUS || judged->alarm))
	{
		dm_scores_add(&usual->point, point);
		dm_scores_add(&usual->sustained, sustained);
	}
	learn_drift(usual, &expected, value);
	if (judged->verdict == DM_VERDICT_ANOMALOUS)
		dm_predict_odd(usual, at, value, &expected);
	learn_interval(usual, at);
	if (judged->verdict == DM_VERDICT_ANOMALOUS)
		usual->missed++;
	else if (judged->verdict != DM_VERDICT_CHANGED)
	{
		dm_predict_learn(usual, at, value, &expected);
		usual->zeros += ((value == 0) - usual->zeros) / fmin(usual->seen + 1.0, ZEROS_MEMORY);
		usual->missed = 0;
	}
	usual->seen++;
}

static int
cmp_float(const void *a, const void *b)
{
	float first = *(const float *) a;
	float second = *(const float *) b;

	return (first > second) - (first < second);
}

/* Which of the first values is absurd beside all others; -1 for none. */
static int
absurd_one(const DmUsual *usual)
{
	float sorted[DM_FIRST];
	double median;
	double far = 0;
	double next = 0;
	int result = -1;
	int i;

	memcpy(sorted, usual->first, sizeof(sorted));
	qsort(sorted, DM_FIRST, sizeof(float), cmp_float);
	median = sorted[DM_FIRST / 2];
	for (i = 0; i < DM_FIRST; i++)
	{
		double distance = fabs(usual->first[i] - median);

		next = fmax(next, fmin(distance, far));
		if (distance > far)
		{
			far = distance;
			result = i;
		}
	}
	next = fmax(next, dm_least_error(usual->kind, median));
	return far > ABSURD * next ? result : -1;
}

/*
 * A model that has just begun believes everything.  When there are some values, one that is absurd
 * beside them is taken out, by learning the others anew.
 */
static void
look_at_first(DmUsual *usual, const DmBudget *budget, TimestampTz at, double value)
{
	DmJudged judged;
	DmUsual old;
	int absurd;
	int i;

	usual->first[usual->seen - 1] = (float) value;
	usual->first_after[usual->seen - 1] =
		(float) ((at - usual->first_at) / (double) USECS_PER_SEC);
	absurd = usual->seen == DM_FIRST ? absurd_one(usual) : -1;
	if (absurd < 0)
		return;
	old = *usual;
	dm_usual_init(usual, old.kind);
	for (i = 0; i < DM_FIRST; i++)
		if (i != absurd)
			learn(usual, budget,
				  old.first_at + (int64) (old.first_after[i] * (double) USECS_PER_SEC),
				  old.first[i], &judged);
	usual->seen = old.seen;
	usual->last_at = old.last_at;
}

void
dm_usual_add(DmUsual *usual, const DmBudget *budget, TimestampTz at, double value,
			 DmJudged *judged)
{
	learn(usual, budget, at, value, judged);
	if (usual->seen <= DM_FIRST && usual->alarm_at == 0)
		look_at_first(usual, budget, at, value);
}

/*
 * The band is that of the scores; while the value is awaited it widens as the error of exponential
 * smoothing does, whose variance after h steps is 1 + (h - 1) alpha^2 times that of one.
 */
bool
dm_usual_next(const DmUsual *usual, TimestampTz at, double share, DmForecast *forecast)
{
	DmExpected guess;
	double scale;

	if (dm_usual_is_learning(usual) || at <= usual->last_at)
		return false;
	dm_predict(usual, at, &guess);
	forecast->expected = guess.at_speed[guess.season][guess.speed];
	scale = fmax(guess.quick_dev, dm_least_error(usual->kind, forecast->expected)) *
			sqrt(1 + (guess.steps - 1 + usual->missed) * square(dm_predict_gain(&guess)));
	forecast->low =
		forecast->expected - dm_scores_limit(&usual->point, false, (1 - share) / 2, 1) * scale;
	forecast->high =
		forecast->expected + dm_scores_limit(&usual->point, true, (1 - share) / 2, 1) * scale;
	dm_limit_to_kind(usual->kind, &forecast->low, &forecast->high);
	dm_limit_to_kind(usual->kind, &forecast->expected, &forecast->expected);
	return true;
}
