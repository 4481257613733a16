/*
 * rowsample.h
 *		The few rows that a rule shows of those that fail: the ones that lie first.
 */
#ifndef DM_QUALITY_ROWSAMPLE_H
#define DM_QUALITY_ROWSAMPLE_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "storage/itemptr.h"

#include "base/json.h"

/* Where a row lies.  Which of two is first does not depend on who finds them, in which order. */
typedef struct DmPosition
{
	Oid tableoid; /* InvalidOid: unknown, as of the rows of a view */
	ItemPointerData tid;
} DmPosition;

typedef struct DmRowSample
{
	int room;
	int count;
	DmPosition *rows; /* in their order */
} DmRowSample;

/*
 * Rows of views and of other servers lie nowhere where they could be found again: what they are
 * shown by is taken when they are met.  Each is a JSON array of texts and nulls.
 */
typedef struct DmShownRows
{
	int room;
	int count;
	char **rows;
} DmShownRows;

extern void dm_shown_rows_init(DmShownRows *shown, int room);
extern void dm_shown_rows_merge(DmShownRows *into, const DmShownRows *from);
extern void dm_shown_rows_write(StringInfo buf, const DmShownRows *shown);
extern void dm_shown_rows_read(StringInfo buf, DmShownRows *shown);

/* Texts of values as such an array, each with no more characters than are shown. */
extern char *dm_shown_row(int n, char **texts);

/* Adds "shown": ["[\"1\", null]", ...] to an object, and reads it (char *). */
extern void dm_shown_rows_show(DmJsonBuilder *b, const DmShownRows *shown);
extern List *dm_shown_rows_list(JsonbContainer *object);

extern int dm_position_compare(const DmPosition *a, const DmPosition *b);

extern void dm_row_sample_init(DmRowSample *sample, int room);
extern void dm_row_sample_insert(DmRowSample *sample, const DmPosition *row);

/* Takes a row, if it lies before those that it has.  In a scan from the first row on, few do. */
static inline void
dm_row_sample_add(DmRowSample *sample, const DmPosition *row)
{
	if (sample->room > 0 && OidIsValid(row->tableoid) &&
		(sample->count < sample->room ||
		 dm_position_compare(row, &sample->rows[sample->count - 1]) < 0))
		dm_row_sample_insert(sample, row);
}

extern void dm_row_sample_merge(DmRowSample *into, const DmRowSample *from);

extern void dm_position_write(StringInfo buf, const DmPosition *position);
extern void dm_position_read(StringInfo buf, DmPosition *position);
extern void dm_row_sample_write(StringInfo buf, const DmRowSample *sample);
extern void dm_row_sample_read(StringInfo buf, DmRowSample *sample);

/* Adds "sample": [[16384, "(0,1)"], ...] to an object, and reads such a list (DmPosition *). */
extern void dm_row_sample_show(DmJsonBuilder *b, const DmRowSample *sample);
extern List *dm_row_sample_list(JsonbContainer *object);

#endif /* DM_QUALITY_ROWSAMPLE_H */
