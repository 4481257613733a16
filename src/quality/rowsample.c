/*
 * rowsample.c
 *		The few rows that a rule shows of those that fail: the ones that lie first.
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/memutils.h"

#include "quality/rowsample.h"
#include "quality/valuetest.h"

#define MAX_CHARACTERS 100

int
dm_position_compare(const DmPosition *a, const DmPosition *b)
{
	if (a->tableoid != b->tableoid)
		return a->tableoid < b->tableoid ? -1 : 1;
	return ItemPointerCompare(unconstify(ItemPointerData *, &a->tid),
							  unconstify(ItemPointerData *, &b->tid));
}

void
dm_row_sample_init(DmRowSample *sample, int room)
{
	sample->room = room;
	sample->count = 0;
	sample->rows = palloc0(Max(room, 1) * sizeof(DmPosition));
}

void
dm_row_sample_insert(DmRowSample *sample, const DmPosition *row)
{
	int at = sample->count;

	while (at > 0 && dm_position_compare(row, &sample->rows[at - 1]) < 0)
		at--;
	/* a row that fails in two ways is one row */
	if (at > 0 && dm_position_compare(row, &sample->rows[at - 1]) == 0)
		return;
	if (sample->count < sample->room)
		sample->count++;
	memmove(&sample->rows[at + 1], &sample->rows[at],
			(sample->count - 1 - at) * sizeof(DmPosition));
	sample->rows[at] = *row;
}

void
dm_row_sample_merge(DmRowSample *into, const DmRowSample *from)
{
	for (int i = 0; i < from->count; i++)
		dm_row_sample_add(into, &from->rows[i]);
}

void
dm_position_write(StringInfo buf, const DmPosition *position)
{
	pq_sendint32(buf, position->tableoid);
	pq_sendint32(buf, ItemPointerGetBlockNumberNoCheck(&position->tid));
	pq_sendint16(buf, ItemPointerGetOffsetNumberNoCheck(&position->tid));
}

void
dm_position_read(StringInfo buf, DmPosition *position)
{
	BlockNumber block;

	position->tableoid = pq_getmsgint(buf, 4);
	block = pq_getmsgint(buf, 4);
	ItemPointerSet(&position->tid, block, pq_getmsgint(buf, 2));
}

void
dm_row_sample_write(StringInfo buf, const DmRowSample *sample)
{
	pq_sendint32(buf, sample->room);
	pq_sendint32(buf, sample->count);
	for (int i = 0; i < sample->count; i++)
		dm_position_write(buf, &sample->rows[i]);
}

void
dm_row_sample_read(StringInfo buf, DmRowSample *sample)
{
	int count;

	dm_row_sample_init(sample, pq_getmsgint(buf, 4));
	count = pq_getmsgint(buf, 4);
	for (int i = 0; i < count; i++)
		dm_position_read(buf, &sample->rows[i]);
	sample->count = count;
}

void
dm_row_sample_show(DmJsonBuilder *b, const DmRowSample *sample)
{
	dm_json_begin_array(b, "sample");
	for (int i = 0; i < sample->count; i++)
	{
		const DmPosition *row = &sample->rows[i];

		dm_json_begin_array(b, NULL);
		dm_json_add_int(b, NULL, row->tableoid);
		dm_json_add_text(b, NULL,
						 psprintf("(%u,%u)", ItemPointerGetBlockNumberNoCheck(&row->tid),
								  ItemPointerGetOffsetNumberNoCheck(&row->tid)));
		dm_json_end_array(b);
	}
	dm_json_end_array(b);
}

static DmPosition *
read_position(JsonbContainer *pair)
{
	DmPosition *position = palloc0(sizeof(DmPosition));
	JsonbValue value;

	(void) dm_json_element(pair, 0, &value);
	position->tableoid = strtoul(dm_json_scalar_text(&value), NULL, 10);
	(void) dm_json_element(pair, 1, &value);
	position->tid = *(ItemPointer) DatumGetPointer(
		DirectFunctionCall1(tidin, CStringGetDatum(dm_json_scalar_text(&value))));
	return position;
}

List *
dm_row_sample_list(JsonbContainer *object)
{
	List *result = NIL;
	JsonbContainer *list;
	DmJsonEach each;

	if (!dm_json_array(object, "sample", &list))
		return NIL;
	dm_json_each(&each, list);
	while (dm_json_next(&each))
		result = lappend(result, read_position(dm_json_as_array(&each.value)));
	return result;
}

/* --- rows without a place --- */

void
dm_shown_rows_init(DmShownRows *shown, int room)
{
	shown->room = room;
	shown->count = 0;
	shown->rows = palloc0(Max(room, 1) * sizeof(char *));
}

void
dm_shown_rows_merge(DmShownRows *into, const DmShownRows *from)
{
	MemoryContext cxt = GetMemoryChunkContext(into->rows);

	for (int i = 0; i < from->count && into->count < into->room; i++)
		into->rows[into->count++] = MemoryContextStrdup(cxt, from->rows[i]);
}

void
dm_shown_rows_write(StringInfo buf, const DmShownRows *shown)
{
	pq_sendint32(buf, shown->room);
	pq_sendint32(buf, shown->count);
	for (int i = 0; i < shown->count; i++)
		/* as it is: for the leader, and not for a client with another encoding */
		appendBinaryStringInfo(buf, shown->rows[i], strlen(shown->rows[i]) + 1);
}

void
dm_shown_rows_read(StringInfo buf, DmShownRows *shown)
{
	int count;

	dm_shown_rows_init(shown, pq_getmsgint(buf, 4));
	count = pq_getmsgint(buf, 4);
	for (int i = 0; i < count; i++)
		shown->rows[i] = pstrdup(pq_getmsgrawstring(buf));
	shown->count = count;
}

char *
dm_shown_row(int n, char **texts)
{
	StringInfoData row;

	initStringInfo(&row);
	appendStringInfoChar(&row, '[');
	for (int i = 0; i < n; i++)
	{
		char *text = texts[i];

		if (i > 0)
			appendStringInfoString(&row, ", ");
		if (text == NULL)
			appendStringInfoString(&row, "null");
		else
			escape_json(&row, pnstrdup(text, pg_mbcharcliplen(text, strlen(text),
															  MAX_CHARACTERS)));
	}
	appendStringInfoChar(&row, ']');
	return row.data;
}

void
dm_shown_rows_show(DmJsonBuilder *b, const DmShownRows *shown)
{
	if (shown->count == 0)
		return;
	dm_json_begin_array(b, "shown");
	for (int i = 0; i < shown->count; i++)
		dm_json_add_text(b, NULL, shown->rows[i]);
	dm_json_end_array(b);
}

List *
dm_shown_rows_list(JsonbContainer *object)
{
	JsonbValue value;

	return dm_json_find(object, "shown", &value) ? dm_json_texts(&value) : NIL;
}
