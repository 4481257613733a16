/*
 * horizon.h
 *		How far forecasts of a series were from what came: the bands of the next ones.
 *
 * Forecasts are made again for the values that are kept, each by a model that has seen only the
 * values before, and compared with what came.  Like the model itself this is arithmetic on one
 * struct without pointers.
 */
#ifndef DM_SERIES_HORIZON_H
#define DM_SERIES_HORIZON_H

#include "series/predict.h"

/* 1, 2, 3, 4, 6, 8, 12 ... 4096 steps ahead */
#define DM_HORIZONS 24

/* Forecasts of one horizon that wait for their time. */
#define DM_PENDING 8

/* Who could predict: the quick smoothers, and behind them the slow one, of each season. */
#define DM_FORECASTERS (DM_SEASONS * (DM_SPEEDS + 1))

typedef struct DmPendingForecast
{
	TimestampTz at; /* 0 for none */
	double guess[DM_FORECASTERS];
	int chosen;
	double scale;
	double low;
	double high;
} DmPendingForecast;

typedef struct DmHorizon
{
	int32 steps;
	int64 issued; /* at which of the values the last one was made */
	int64 came;	  /* forecasts whose time has come */
	int64 inside; /* and whose band held */
	double width; /* mean width of the bands */
	double loss[DM_FORECASTERS];
	DmScores scores;
	double aim_above; /* share of values that the next band leaves out on that side */
	double aim_below;
	int next; /* of the waiting ones to be replaced */
	DmPendingForecast pending[DM_PENDING];
} DmHorizon;

typedef struct DmHindcast
{
	DmUsual usual;
	DmBudget budget;
	double share;
	DmHorizon horizon[DM_HORIZONS];
} DmHindcast;

extern void dm_hindcast_init(DmHindcast *hindcast, DmSeriesKind kind, const DmBudget *budget,
							 double share);

/* The next value: what was forecast for it is compared, and forecasts are made from it. */
extern void dm_hindcast_add(DmHindcast *hindcast, TimestampTz at, double value);

/*
 * What is to be expected at a time after the last value of a model, by how well such forecasts did.
 * False while the model learns.
 */
extern bool dm_hindcast_forecast(const DmHindcast *hindcast, const DmUsual *usual, TimestampTz at,
								 DmForecast *forecast);

/* Forecasts of a horizon whose futures did not overlap. */
extern int64 dm_horizon_independent(const DmHorizon *horizon);

#endif /* DM_SERIES_HORIZON_H */
