/*
 * predict.h
 *		Levels, trends and seasons of a series.
 */
#ifndef DM_SERIES_PREDICT_H
#define DM_SERIES_PREDICT_H

#include "series/usual.h"

/* What the model expects at a time, before it has seen the value. */
typedef struct DmExpected
{
	double steps;			   /* intervals since the last value */
	double offset[DM_SEASONS]; /* of each season */
	double at_speed[DM_SEASONS][DM_SPEEDS];
	double at_slow[DM_SEASONS];
	int season; /* of the best quick predictor */
	int speed;
	int slow;		  /* season of the best slow one */
	double quick_dev; /* usual error of the quick one, at that time */
} DmExpected;

/* Values in a day, by the interval. */
extern double dm_values_a_day(const DmUsual *usual);

extern void dm_predict(const DmUsual *usual, TimestampTz at, DmExpected *expected);

/* Learns a value; the caller has limited it to what is not absurd. */
extern void dm_predict_learn(DmUsual *usual, TimestampTz at, double value,
							 const DmExpected *expected);

/*
 * A value that is anomalous, before it is the last one.  It is not learned, unless it is the third
 * time in a row at that time of the day or the week: then the season has changed.
 */
extern void dm_predict_odd(DmUsual *usual, TimestampTz at, double value,
						   const DmExpected *expected);

/* The series goes on from this level, without a season. */
extern void dm_predict_restart(DmUsual *usual, double level);

/* How fast the best quick predictor forgets: the weight of the last value. */
extern double dm_predict_gain(const DmExpected *expected);

/* The least error that counts. */
extern double dm_least_error(DmSeriesKind kind, double expected);

#endif /* DM_SERIES_PREDICT_H */
