/*
 * usual.h
 *		What is normal for a series: a model that is learned point by point.
 *
 * The model is one struct of fixed size without pointers, and what it does is plain arithmetic:
 * no memory is allocated, no catalog is read.  It judges a value by what it learned from the
 * values before it, and learns from the value afterwards.  doc/internals.md says how.
 */
#ifndef DM_SERIES_USUAL_H
#define DM_SERIES_USUAL_H

#include "datatype/timestamp.h"

#include "series/score.h"

/* what a series measures: it limits what values can be, and how small a change counts */
typedef enum DmSeriesKind
{
	DM_KIND_REAL,
	DM_KIND_COUNT,	 /* never negative; one is the least change */
	DM_KIND_SHARE,	 /* 0 to 1 */
	DM_KIND_DURATION /* seconds, never negative */
} DmSeriesKind;

typedef enum DmVerdict
{
	DM_VERDICT_LEARNING, /* too few values to judge this one */
	DM_VERDICT_NORMAL,
	DM_VERDICT_ANOMALOUS,
	DM_VERDICT_CHANGED, /* anomalous for so long that it is taken for the new normal */
	DM_VERDICT_INVALID, /* NaN, infinite, or impossible for the kind: not learned from */
	DM_VERDICT_LATE,	/* older than values that were judged: kept, neither judged nor learned */
	DM_VERDICT_GUARDED	/* of a column whose values are not to be stored */
} DmVerdict;

/* none, by time of day, by time of day and of week */
#define DM_SEASONS 3

/* smoothing at several speeds, the first ones with a trend */
#define DM_SPEEDS 7

#define DM_DAY_BINS	 48
#define DM_WEEK_BINS 168

/* So many values are looked at together when there are so many. */
#define DM_FIRST 16

typedef struct DmPredictor
{
	double level;
	double trend; /* per interval */
	double loss;  /* recent mean of absolute errors one step ahead */
} DmPredictor;

typedef struct DmUsual
{
	uint32 format; /* DM_USUAL_FORMAT: version, size and byte order */
	int32 kind;
	int64 seen; /* values learned from */
	TimestampTz first_at;
	TimestampTz last_at;
	double interval; /* typical seconds from one value to the next */
	DmPredictor quick[DM_SEASONS][DM_SPEEDS];
	DmPredictor slow[DM_SEASONS];
	int64 compared[DM_SEASONS]; /* values that the losses of a season were taken from */
	/* seasons: the usual distance from the level by time of day, what is left by time of week */
	float day[DM_DAY_BINS];
	float day_dev[DM_DAY_BINS]; /* mean absolute error of predictions at that time */
	float week[DM_WEEK_BINS];
	uint16 day_seen[DM_DAY_BINS]; /* values, up to SEEN_MAX */
	uint16 week_seen[DM_WEEK_BINS];
	uint8 day_odd[DM_DAY_BINS]; /* visits in a row whose values were anomalous */
	uint8 week_odd[DM_WEEK_BINS];
	double dev;				  /* mean absolute error of the best quick predictor */
	double drift[DM_SEASONS]; /* recent means of the errors of the slow predictors */
	int32 shown;			  /* season of the slow predictor that is judged */
	DmScores point;
	DmScores sustained;
	double strain;		   /* how often the wanted rate of alarms is halved */
	TimestampTz alarm_at;  /* when the alarm that is on began; 0 for none */
	int64 alarm_seen;	   /* values since then */
	int64 calm;			   /* normal values in a row during an alarm */
	int64 missed;		   /* values in a row that were not learned */
	double recent;		   /* mean of the last values during an alarm, without the season */
	int64 alarms;		   /* how many alarms there were */
	double zeros;		   /* recent share of values that are zero */
	float first[DM_FIRST]; /* the first values, and when they were */
	float first_after[DM_FIRST];
	bool invalid; /* the last value could not be one: kept here for the caller */
} DmUsual;

#define DM_USUAL_FORMAT ((uint32) (0xD5000000 | (1 << 16) | sizeof(DmUsual)))

/* What the owner wants to be bothered with: at most so many false alarms in so many seconds. */
typedef struct DmBudget
{
	double alarms;
	double seconds;
} DmBudget;

/* Why a value is anomalous, or which of the two checks came nearest to it. */
typedef enum DmCause
{
	DM_CAUSE_POINT,	   /* far from what was predicted one step ahead */
	DM_CAUSE_SUSTAINED /* for a while on one side of what is usual */
} DmCause;

typedef struct DmJudged
{
	DmVerdict verdict;
	bool alarm; /* an alarm begins */
	bool over;	/* the alarm that was on has ended */
	DmCause cause;
	int season; /* that the prediction had: 0 to 2 */
	double expected;
	double low; /* the band: infinite where too little is known */
	double high;
	double usual; /* what the slow predictor expects */
} DmJudged;

typedef struct DmForecast
{
	double expected;
	double low;
	double high;
} DmForecast;

extern void dm_usual_init(DmUsual *usual, DmSeriesKind kind);

/* Judges a value by the model, then learns from it. */
extern void dm_usual_add(DmUsual *usual, const DmBudget *budget, TimestampTz at, double value,
						 DmJudged *judged);

/* The values of the alarm that is on are the new normal. */
extern void dm_usual_adopt(DmUsual *usual);

/* The last alarm was right: it is not held against the budget. */
extern void dm_usual_confirm(DmUsual *usual);

/* Too few values to judge the next one. */
extern bool dm_usual_is_learning(const DmUsual *usual);

/* The values that the kind can have nearest to the band. */
extern void dm_limit_to_kind(DmSeriesKind kind, double *low, double *high);

/* The next value, if it comes at that time, with a band for a share of values. */
extern bool dm_usual_next(const DmUsual *usual, TimestampTz at, double share, DmForecast *forecast);

/* Which season the data shows: 0 none, 1 of the day, 2 of the week. */
extern int dm_usual_season(const DmUsual *usual);

/* Greater values are none: the models of seasons hold single-precision numbers. */
#define DM_VALUE_MAX 1e30

/* Whether a value can be one of that kind. */
extern bool dm_series_kind_holds(DmSeriesKind kind, double value);

extern const char *dm_series_kind_name(DmSeriesKind kind);
extern bool dm_series_kind_by_name(const char *name, DmSeriesKind *kind);

/* The kind of a metric by its name: row counts, shares, durations by their words. */
extern DmSeriesKind dm_kind_of_metric(const char *metric);

extern const char *dm_usual_verdict(DmVerdict verdict);

#endif /* DM_SERIES_USUAL_H */
