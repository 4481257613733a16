/*
 * measure_relation.c
 *		Metrics that need another relation, or rows in an order: statements of their own.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/sqlname.h"
#include "catalog/column.h"
#include "quality/measure_part.h"

void
dm_statement(const char *sql)
{
	MemoryContext cxt = CurrentMemoryContext;

	if (SPI_execute(sql, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute failed: %s", sql);
	MemoryContextSwitchTo(cxt);
}

int64 *
dm_statement_counts(int n, const char *sql)
{
	int64 *result = palloc0(n * sizeof(int64));

	dm_statement(sql);
	for (int i = 0; i < n; i++)
	{
		bool isnull;
		Datum value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1, &isnull);

		result[i] = isnull ? 0 : DatumGetInt64(value);
	}
	return result;
}

List *
dm_statement_positions(const char *sql)
{
	List *result = NIL;

	dm_statement(sql);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		DmPosition *position = palloc0(sizeof(DmPosition));
		bool isnull;

		position->tableoid = DatumGetObjectId(
			SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
		position->tid = *(ItemPointer) DatumGetPointer(
			SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &isnull));
		result = lappend(result, position);
	}
	return result;
}

static const char *
filter_of(const DmMeasuring *m)
{
	return m->filter != NULL ? m->filter : "true";
}

/* --- references --- */

static Oid
other_relation(const DmMeasuring *m)
{
	Oid relid = dm_rule_other_relation(m->rule, "relation");

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s\" does not exist", dm_rule_text(m->rule, "relation"))));
	return relid;
}

/* The columns over there that correspond to ours. */
static List *
other_columns(const DmMeasuring *m, Oid other, List *columns, bool by_key)
{
	List *result = dm_rule_texts(m->rule, "columns");

	if (result == NIL)
		result = by_key ? dm_key_columns(other) : columns;
	if (list_length(result) != list_length(columns) || columns == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%d columns cannot be compared with %d of relation %s",
						list_length(columns), list_length(result), dm_relation_sql(other)),
				 errhint("Name them in argument \"columns\".")));
	return result;
}

/* What comes behind FROM: rows with a whole key that is not in the target. */
static char *
orphans_sql(DmMeasuring *m)
{
	Oid other = other_relation(m);
	List *columns = dm_rule_columns(m->rule);
	List *theirs = other_columns(m, other, columns, true);
	/* the condition may call our relation by its name, so it has no other */
	const char *ours = quote_identifier(get_rel_name(m->relid));
	const char *target = strcmp(get_rel_name(m->relid), "target") == 0 ? "other" : "target";
	StringInfoData sql;
	ListCell *lc1;
	ListCell *lc2;

	initStringInfo(&sql);
	appendStringInfo(&sql, "%s WHERE (%s\n)", dm_relation_sql(m->relid), filter_of(m));
	foreach(lc1, columns)
		appendStringInfo(&sql, " AND %s.%s IS NOT NULL", ours,
						 dm_measured_column_sql(m->relid, lfirst(lc1)));
	appendStringInfo(&sql, " AND NOT EXISTS (SELECT FROM %s AS %s WHERE true",
					 dm_relation_sql(other), target);
	forboth(lc1, columns, lc2, theirs)
		appendStringInfo(
			&sql, " AND %s",
			dm_equality_sql(get_atttype(other, dm_column_find(other, lfirst(lc2))),
							psprintf("%s.%s", target, dm_measured_column_sql(other, lfirst(lc2))),
							get_atttype(m->relid, dm_column_find(m->relid, lfirst(lc1))),
							psprintf("%s.%s", ours, quote_identifier(lfirst(lc1)))));
	appendStringInfoChar(&sql, ')');
	return sql.data;
}

static void
sample_orphans(DmMeasuring *m, const char *from)
{
	if (m->result->failing == 0 || m->options->sample_rows == 0)
		return;
	if (!dm_rows_have_positions(m->relid))
		dm_statement_shown(m, psprintf("SELECT %s FROM %s LIMIT %d", dm_sample_columns_sql(m),
									   from, m->options->sample_rows));
	else
	{
		const char *name = quote_identifier(get_rel_name(m->relid));

		m->positions = dm_statement_positions(
			psprintf("SELECT %s.tableoid, %s.ctid FROM %s ORDER BY 1, 2 LIMIT %d", name, name, from,
					 m->options->sample_rows));
	}
}

static void
measure_references(DmMeasuring *m)
{
	char *orphans = orphans_sql(m);
	int64 *counts = dm_statement_counts(
		2, psprintf("SELECT (SELECT pg_catalog.count(*) FROM %s WHERE %s\n), "
					"(SELECT pg_catalog.count(*) FROM %s)",
					dm_relation_sql(m->relid), filter_of(m), orphans));

	dm_measured_rows(m, counts[1], counts[1], counts[0]);
	sample_orphans(m, orphans);
}

/* --- two relations that should be the same --- */

static char *
names_sql(Oid relid, List *columns, bool named)
{
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	foreach(lc, columns)
	{
		appendStringInfo(&sql, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 dm_measured_column_sql(relid, lfirst(lc)));
		if (named)
			appendStringInfo(&sql, " AS c%d", foreach_current_index(lc));
	}
	return sql.data;
}

/* Rows of either side that the other one does not have as often. */
static void
compare_rows(DmMeasuring *m, Oid other, List *columns, List *theirs)
{
	StringInfoData groups;
	int64 *counts;

	initStringInfo(&groups);
	for (int i = 0; i < list_length(columns); i++)
		appendStringInfo(&groups, "%sc%d", i > 0 ? ", " : "", i);
	counts = dm_statement_counts(
		3, psprintf("SELECT pg_catalog.sum(ours)::pg_catalog.int8, "
					"pg_catalog.sum(ours - theirs) FILTER (WHERE ours > theirs)::pg_catalog.int8, "
					"pg_catalog.sum(theirs - ours) FILTER (WHERE theirs > ours)::pg_catalog.int8 "
					"FROM (SELECT pg_catalog.count(*) FILTER (WHERE side) AS ours, "
					"pg_catalog.count(*) FILTER (WHERE NOT side) AS theirs FROM "
					"(SELECT true AS side, %s FROM %s WHERE %s\nUNION ALL "
					"SELECT false, %s FROM %s) AS both_sides GROUP BY %s) AS keys",
					names_sql(m->relid, columns, true), dm_relation_sql(m->relid), filter_of(m),
					names_sql(other, theirs, false), dm_relation_sql(other), groups.data));
	dm_measured_rows(m, counts[1] + counts[2], counts[1] + counts[2], counts[0]);
}

static void
compare_counts(DmMeasuring *m, Oid other)
{
	int64 *counts = dm_statement_counts(
		2, psprintf("SELECT (SELECT pg_catalog.count(*) FROM %s WHERE %s\n), "
					"(SELECT pg_catalog.count(*) FROM %s)",
					dm_relation_sql(m->relid), filter_of(m), dm_relation_sql(other)));
	int64 difference = Max(counts[0], counts[1]) - Min(counts[0], counts[1]);

	dm_measured_rows(m, difference, difference, counts[0]);
}

/* The differences of the sums of the columns, none of which makes up for another. */
static void
compare_sums(DmMeasuring *m, Oid other, List *columns, List *theirs)
{
	StringInfoData sql;
	ListCell *lc1;
	ListCell *lc2;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ours.n, 0");
	for (int i = 0; i < list_length(columns); i++)
		appendStringInfo(&sql, " + pg_catalog.abs(COALESCE(ours.c%d, 0) - COALESCE(theirs.c%d, 0))",
						 i, i);
	appendStringInfoString(&sql, " FROM (SELECT pg_catalog.count(*) AS n");
	foreach(lc1, columns)
		appendStringInfo(&sql, ", pg_catalog.sum(%s) AS c%d",
						 dm_measured_column_sql(m->relid, lfirst(lc1)),
						 foreach_current_index(lc1));
	appendStringInfo(&sql, " FROM %s WHERE %s\n) AS ours, (SELECT ", dm_relation_sql(m->relid),
					 filter_of(m));
	foreach(lc2, theirs)
		appendStringInfo(&sql, "%spg_catalog.sum(%s) AS c%d",
						 foreach_current_index(lc2) > 0 ? ", " : "",
						 dm_measured_column_sql(other, lfirst(lc2)), foreach_current_index(lc2));
	appendStringInfo(&sql, " FROM %s) AS theirs", dm_relation_sql(other));
	dm_statement(sql.data);
	m->result->rows_checked = strtoll(SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1),
									  NULL, 10);
	dm_measured_value(m, SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2),
					  SPI_gettypeid(SPI_tuptable->tupdesc, 2));
}

static void
measure_reconciliation(DmMeasuring *m)
{
	const char *compare = dm_rule_word(m->rule, "compare");
	Oid other = other_relation(m);
	List *columns = dm_rule_texts(m->rule, "properties");
	List *theirs;

	if (strcmp(compare, "count") == 0)
	{
		compare_counts(m, other);
		return;
	}
	if (columns == NIL)
		columns = dm_column_names(m->relid);
	theirs = other_columns(m, other, columns, false);
	if (strcmp(compare, "sum") == 0)
		compare_sums(m, other, columns, theirs);
	else
		compare_rows(m, other, columns, theirs);
}

/* --- rows in an order --- */

/*
 * Strategy of the operator, in the order of values, that holds of a row's value and that of a row
 * behind it if they are wrong.
 */
int
dm_wrong_order(const DmRule *rule)
{
	bool strict = dm_rule_truth(rule, "strict");

	if (strcmp(rule->metric->name, "increasing") == 0)
		return strict ? BTGreaterEqualStrategyNumber : BTGreaterStrategyNumber;
	return strict ? BTLessEqualStrategyNumber : BTLessStrategyNumber;
}

/* A row without a whole place in the order has none. */
char *
dm_placed_sql(Oid relid, List *by)
{
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	foreach(lc, by)
		appendStringInfo(&sql, " AND %s IS NOT NULL", dm_measured_column_sql(relid, lfirst(lc)));
	return sql.data;
}

/* As names_sql() has named them. */
static char *
numbered_sql(List *columns)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < list_length(columns); i++)
		appendStringInfo(&sql, "%sc%d", i > 0 ? ", " : "", i);
	return sql.data;
}

/*
 * Rows whose value is not above (below) that of the row before, in the order of some columns, or in
 * that in which they lie in the table.  Rows with a NULL in these or as value are left out.
 */
static void
measure_order(DmMeasuring *m)
{
	List *by = dm_rule_texts(m->rule, "by");
	char *column = dm_measured_column_sql(m->relid, m->rule->column);
	bool positions = dm_rows_have_positions(m->relid);
	bool sampled = m->options->sample_rows > 0;
	char *shown = sampled && !positions ? dm_sample_columns_sql(m) : "";
	char *names = sampled && !positions ? dm_sample_names_sql(m) : "";
	char *from;
	int64 *counts;

	if (by == NIL && !positions)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("rows of %s do not lie in an order", dm_relation_sql(m->relid)),
				 errhint("Name the columns that order them in argument \"by\".")));
	if (*names == '\0')
		names = positions ? "t, c" : "NULL";
	if (*shown == '\0')
		shown = positions ? "tableoid AS t, ctid AS c" : "NULL";
	from = psprintf("(SELECT %s, v, pg_catalog.lag(v) OVER (ORDER BY %s) AS before FROM "
					"(SELECT %s, %s AS v%s%s FROM %s WHERE (%s\n) AND %s IS NOT NULL%s) AS given) "
					"AS rows",
					names, by != NIL ? numbered_sql(by) : "t, c", shown, column,
					by != NIL ? ", " : "", by != NIL ? names_sql(m->relid, by, true) : "",
					dm_relation_sql(m->relid), filter_of(m), column, dm_placed_sql(m->relid, by));
	from = psprintf("%s, LATERAL (SELECT %s AS failed) AS compared", from,
					dm_comparison_sql(get_atttype(m->relid,
												  dm_column_find(m->relid, m->rule->column)),
									  "before", dm_wrong_order(m->rule), "v"));
	counts = dm_statement_counts(2, psprintf("SELECT pg_catalog.count(*), "
											 "pg_catalog.count(*) FILTER (WHERE failed) FROM %s",
											 from));
	dm_measured_rows(m, counts[1], counts[1], counts[0]);
	if (counts[1] > 0 && sampled && !positions)
		dm_statement_shown(m, psprintf("SELECT %s FROM %s WHERE failed LIMIT %d", names, from,
									   m->options->sample_rows));
	else if (counts[1] > 0 && sampled)
		m->positions = dm_statement_positions(
			psprintf("SELECT t, c FROM %s WHERE failed ORDER BY 1, 2 LIMIT %d", from,
					 m->options->sample_rows));
}

/* --- rows that should be alike --- */

/* Rows that have a value and a whole key, with the key as k0, k1, ... and the value as v. */
static char *
keyed_rows_sql(DmMeasuring *m, List *by, const char *more)
{
	char *column = dm_measured_column_sql(m->relid, m->rule->column);
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	appendStringInfo(&sql, "SELECT %s AS v", column);
	foreach(lc, by)
		appendStringInfo(&sql, ", %s AS k%d", dm_measured_column_sql(m->relid, lfirst(lc)),
						 foreach_current_index(lc));
	appendStringInfo(&sql, "%s FROM %s WHERE (%s\n) AND %s IS NOT NULL", more,
					 dm_relation_sql(m->relid), filter_of(m), column);
	foreach(lc, by)
		appendStringInfo(&sql, " AND %s IS NOT NULL",
						 dm_measured_column_sql(m->relid, lfirst(lc)));
	return sql.data;
}

/* Of values that are equally common the first one is right. */
static void
sample_odd_rows(DmMeasuring *m, List *by, const char *keys)
{
	bool positions = dm_rows_have_positions(m->relid);
	const char *names = positions ? "t, c" : dm_sample_names_sql(m);
	const char *more = positions ? ", tableoid AS t, ctid AS c" :
								   psprintf(", %s", dm_sample_columns_sql(m));
	char *odd = psprintf("SELECT %s FROM (SELECT *, v IS DISTINCT FROM pg_catalog.first_value(v) "
						 "OVER (PARTITION BY %s ORDER BY same DESC, v) AS odd FROM "
						 "(SELECT *, pg_catalog.count(*) OVER (PARTITION BY %s, v) AS same "
						 "FROM (%s) AS given) AS counted) AS judged WHERE odd",
						 names, keys, keys, keyed_rows_sql(m, by, more));

	if (positions)
		m->positions = dm_statement_positions(psprintf("%s ORDER BY 1, 2 LIMIT %d", odd,
													   m->options->sample_rows));
	else
		dm_statement_shown(m, psprintf("%s LIMIT %d", odd, m->options->sample_rows));
}

static void
measure_dependency(DmMeasuring *m)
{
	List *by = dm_rule_texts(m->rule, "by");
	StringInfoData keys;
	int64 *counts;

	initStringInfo(&keys);
	for (int i = 0; i < list_length(by); i++)
		appendStringInfo(&keys, "%sk%d", i > 0 ? ", " : "", i);
	counts = dm_statement_counts(
		2, psprintf("SELECT pg_catalog.sum(n)::pg_catalog.int8, "
					"pg_catalog.sum(n - most)::pg_catalog.int8 FROM "
					"(SELECT pg_catalog.sum(n) AS n, pg_catalog.max(n) AS most FROM "
					"(SELECT %s, pg_catalog.count(*) AS n FROM (%s) AS given GROUP BY %s, v) AS same "
					"GROUP BY %s) AS classes",
					keys.data, keyed_rows_sql(m, by, ""), keys.data, keys.data));
	dm_measured_rows(m, counts[1], counts[1], counts[0]);
	if (counts[1] > 0 && m->options->sample_rows > 0)
		sample_odd_rows(m, by, keys.data);
}

static const DmMeasurer relation_measurers[] = {
	{ "dependency", NULL, measure_dependency },
	{ "references", NULL, measure_references },
	{ "reconciliation", NULL, measure_reconciliation },
	{ "increasing", NULL, measure_order, NULL, dm_measure_written_order },
	{ "decreasing", NULL, measure_order, NULL, dm_measure_written_order },
};

const DmMeasurer *
dm_relation_measurer(const char *metric)
{
	for (int i = 0; i < lengthof(relation_measurers); i++)
		if (strcmp(relation_measurers[i].metric, metric) == 0)
			return &relation_measurers[i];
	return NULL;
}
