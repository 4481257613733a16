/*
 * sparkline.h
 *		A series as one line of text.
 */
#ifndef DM_SERIES_SPARKLINE_H
#define DM_SERIES_SPARKLINE_H

#include "nodes/pg_list.h"

/* The values of DmPoints from the lowest to the highest, the last one in brackets. */
extern char *dm_sparkline(List *points);

#endif /* DM_SERIES_SPARKLINE_H */
