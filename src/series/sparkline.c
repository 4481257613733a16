/*
 * sparkline.c
 *		A series as one line of text.
 */
#include "postgres.h"

#include <math.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "series/seriesrow.h"
#include "series/sparkline.h"

#define HEIGHTS 8

static const char *const blocks[HEIGHTS] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };

/* for databases whose encoding has no blocks */
static const char *const ascii[HEIGHTS] = { "_", ".", "-", "~", "=", "+", "*", "#" };

static const char *
mark(double value, double lowest, double highest)
{
	const char *const *marks = GetDatabaseEncoding() == PG_UTF8 ? blocks : ascii;
	double height;

	if (!isfinite(value))
		return "?";
	if (highest <= lowest)
		return marks[HEIGHTS / 2 - 1];
	/* halves, as the difference of two values may be too great for one */
	height = (value / 2 - lowest / 2) / (highest / 2 - lowest / 2) * HEIGHTS;
	return marks[Min((int) height, HEIGHTS - 1)];
}

char *
dm_sparkline(List *points)
{
	StringInfoData line;
	double lowest = INFINITY;
	double highest = -INFINITY;
	ListCell *lc;

	foreach(lc, points)
	{
		double value = ((DmPoint *) lfirst(lc))->value;

		if (!isfinite(value))
			continue;
		lowest = fmin(lowest, value);
		highest = fmax(highest, value);
	}
	initStringInfo(&line);
	foreach(lc, points)
		appendStringInfo(&line, lnext(points, lc) == NULL ? "[%s]" : "%s",
						 mark(((DmPoint *) lfirst(lc))->value, lowest, highest));
	return line.data;
}
