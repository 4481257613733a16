/*
 * samplekey.c
 *		What the rows that fail are told by.
 *
 * A rule may name the columns.  Else it is the primary key; or a unique index, as materialized
 * views can have one; or what the rule speaks of, with the place of the row where it has one.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "executor/spi.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/strings.h"
#include "catalog/column.h"
#include "quality/measure_part.h"
#include "quality/rowexpr.h"

static List *
index_columns(Oid relid, Oid indexid)
{
	Relation index = index_open(indexid, AccessShareLock);
	Form_pg_index form = index->rd_index;
	List *result = NIL;

	for (int i = 0; i < form->indnkeyatts; i++)
		result = lappend(result, get_attname(relid, form->indkey.values[i], false));
	index_close(index, NoLock);
	return result;
}

List *
dm_key_columns(Oid relid)
{
	Relation rel = table_open(relid, AccessShareLock);
	List *result = NIL;

	(void) RelationGetIndexList(rel);
	if (OidIsValid(rel->rd_pkindex))
		result = index_columns(relid, rel->rd_pkindex);
	table_close(rel, NoLock);
	return result;
}

/* Whether each key of the index is one row's, and made of columns alone. */
static bool
tells_rows(Relation index)
{
	Form_pg_index form = index->rd_index;

	if (!form->indisunique || !form->indisvalid || !form->indisready ||
		RelationGetIndexPredicate(index) != NIL)
		return false;
	for (int i = 0; i < form->indnkeyatts; i++)
		if (form->indkey.values[i] <= 0)
			return false;
	return true;
}

/* The columns of the unique index that has the fewest; of several, of the oldest one. */
static List *
unique_columns(Oid relid)
{
	Relation rel = table_open(relid, AccessShareLock);
	List *result = NIL;
	ListCell *lc;

	foreach(lc, RelationGetIndexList(rel))
	{
		Relation index = index_open(lfirst_oid(lc), AccessShareLock);

		if (tells_rows(index) &&
			(result == NIL || index->rd_index->indnkeyatts < list_length(result)))
			result = index_columns(relid, lfirst_oid(lc));
		index_close(index, NoLock);
	}
	table_close(rel, NoLock);
	return result;
}

/* --- what the rule speaks of --- */

static List *
columns_of_expression(Oid relid, const char *text, List *columns)
{
	Bitmapset *used = NULL;
	int attno = -1;

	pull_varattnos(dm_row_expression(relid, text, "the expression"), 1, &used);
	while ((attno = bms_next_member(used, attno)) >= 0)
	{
		AttrNumber attnum = attno + FirstLowInvalidHeapAttributeNumber;

		if (attnum > 0)
			columns = dm_string_append_unique(columns, get_attname(relid, attnum, false));
	}
	return columns;
}

static List *
append_columns(Oid relid, List *columns, List *names)
{
	ListCell *lc;

	foreach(lc, names)
		if (get_attnum(relid, lfirst(lc)) > 0)
			columns = dm_string_append_unique(columns, lfirst(lc));
	return columns;
}

static List *
spoken_columns(const DmMeasuring *m)
{
	const DmRule *rule = m->rule;
	List *result = append_columns(m->relid, NIL, dm_rule_columns(rule));
	const DmArgument *argument;

	for (int i = 0; (argument = dm_metric_argument_at(rule->metric, i)) != NULL; i++)
	{
		if (argument->type == DM_ARG_COLUMN || argument->type == DM_ARG_COLUMNS)
			result = append_columns(m->relid, result, dm_rule_texts(rule, argument->name));
		else if (argument->type == DM_ARG_EXPRESSION && argument->required)
			result = columns_of_expression(m->relid, dm_rule_text(rule, argument->name), result);
	}
	return result;
}

List *
dm_sample_columns(DmMeasuring *m)
{
	if (m->sample_columns != NIL)
		return m->sample_columns;
	m->sample_columns = dm_rule_texts(m->rule, DM_SAMPLE_KEY);
	if (m->sample_columns == NIL)
		m->sample_columns = dm_key_columns(m->relid);
	if (m->sample_columns == NIL)
		m->sample_columns = unique_columns(m->relid);
	if (m->sample_columns == NIL)
	{
		m->sample_columns = spoken_columns(m);
		m->sample_places = dm_rows_have_positions(m->relid);
	}
	return m->sample_columns;
}

/* --- rows that a statement finds, and that have no place --- */

char *
dm_sample_columns_sql(DmMeasuring *m)
{
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	foreach(lc, dm_sample_columns(m))
		appendStringInfo(&sql, "%s%s::pg_catalog.text AS s%d",
						 foreach_current_index(lc) > 0 ? ", " : "",
						 dm_measured_column_sql(m->relid, lfirst(lc)), foreach_current_index(lc));
	return sql.data;
}

char *
dm_sample_names_sql(DmMeasuring *m)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < list_length(dm_sample_columns(m)); i++)
		appendStringInfo(&sql, "%ss%d", i > 0 ? ", " : "", i);
	return sql.data;
}

void
dm_statement_shown(DmMeasuring *m, const char *sql)
{
	int n = list_length(dm_sample_columns(m));
	char **texts = palloc((n + 1) * sizeof(char *));

	if (n == 0)
		return;
	dm_statement(sql);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		for (int i = 0; i < n; i++)
			texts[i] = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, i + 1);
		m->shown = lappend(m->shown, dm_shown_row(n, texts));
	}
}
