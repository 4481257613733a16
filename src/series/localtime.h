/*
 * localtime.h
 *		The clock that people go by: days and weeks of series.
 */
#ifndef DM_SERIES_LOCALTIME_H
#define DM_SERIES_LOCALTIME_H

#include "datatype/timestamp.h"

/* A time as the wall clock of datamesh.schedule_time_zone shows it. */
extern TimestampTz dm_local_time(TimestampTz at);

#endif /* DM_SERIES_LOCALTIME_H */
