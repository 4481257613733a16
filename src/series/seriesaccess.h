/*
 * seriesaccess.h
 *		Who may see and change series, and the arguments that name one.
 */
#ifndef DM_SERIES_SERIESACCESS_H
#define DM_SERIES_SERIESACCESS_H

#include "fmgr.h"

#include "series/seriesrow.h"

typedef struct DmSeriesArgs
{
	Oid relation;
	char *metric;
	char *column; /* NULL for none */
} DmSeriesArgs;

/* The first two arguments and the one that is a column, after the check that the caller may. */
extern void dm_series_args(FunctionCallInfo fcinfo, int column_arg, DmSeriesArgs *args);

/* The series that the arguments name; it must be there. */
extern DmSeries *dm_series_of(FunctionCallInfo fcinfo, int column_arg);

/* The error for a series that does not exist. */
extern void dm_series_missing(const DmSeriesArgs *args);

#endif /* DM_SERIES_SERIESACCESS_H */
