/*
 * measure_group.c
 *		Metrics of keys: how many there are, and which occur more than once.
 *
 * Keys whose types have a digest (keydigest.h) are counted in the shared scan, others by the
 * server's own hash aggregation, in a statement of their own.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/pg_inherits.h"
#include "commands/defrem.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "base/sqlname.h"
#include "catalog/column.h"
#include "quality/keydigest.h"
#include "quality/sketchrule.h"

static const char *
nulls_of(const DmRule *rule)
{
	/* to the standard, NULL is a key like others; to SQL, it differs from all of them */
	if (strcmp(rule->metric->name, "duplicateValues") == 0)
		return "key";
	return strcmp(rule->metric->name, "primaryKey") == 0 ? "fail" : "skip";
}

/* --- a unique index that proves it --- */

/* Has the index's column the equality that rows of the rule's column are compared with? */
static bool
compares_alike(Relation rel, Relation index, int i)
{
	AttrNumber attnum = index->rd_index->indkey.values[i];
	Form_pg_attribute att;

	if (attnum <= 0)
		return false;
	att = TupleDescAttr(RelationGetDescr(rel), attnum - 1);
	return index->rd_indcollation[i] == att->attcollation &&
		   index->rd_opfamily[i] ==
			   get_opclass_family(GetDefaultOpClass(att->atttypid, index->rd_rel->relam));
}

/* All columns of the index are columns of the rule, so no two rows are the same in these. */
static bool
index_proves(Relation rel, Relation index, List *attnums, bool nulls_are_keys)
{
	Form_pg_index form = index->rd_index;

	if (!form->indisunique || !form->indisvalid || !form->indimmediate || !form->indisready ||
		RelationGetIndexPredicate(index) != NIL)
		return false;
	for (int i = 0; i < form->indnkeyatts; i++)
	{
		AttrNumber attnum = form->indkey.values[i];

		if (!list_member_int(attnums, attnum) || !compares_alike(rel, index, i))
			return false;
		/* in the index, each NULL is another */
		if (nulls_are_keys && !dm_attribute_not_null(RelationGetDescr(rel), attnum - 1))
			return false;
	}
	return true;
}

static bool
is_proven_unique(Oid relid, List *columns, bool nulls_are_keys)
{
	Relation rel = table_open(relid, AccessShareLock);
	List *attnums = NIL;
	bool result = false;
	ListCell *lc;

	foreach(lc, columns)
		attnums = lappend_int(attnums, dm_column_find(relid, lfirst(lc)));
	/* an index of a partitioned table is one of all partitions; that of a parent is not */
	if (rel->rd_rel->relkind == RELKIND_PARTITIONED_TABLE ||
		(RELKIND_HAS_STORAGE(rel->rd_rel->relkind) && !has_subclass(relid)))
		foreach(lc, RelationGetIndexList(rel))
		{
			Relation index = index_open(lfirst_oid(lc), AccessShareLock);

			result = result || index_proves(rel, index, attnums, nulls_are_keys);
			index_close(index, NoLock);
		}
	table_close(rel, NoLock);
	return result;
}

/* --- keys --- */

/* Rows with a NULL in a primary key fail by themselves. */
static void
finish_keys(DmMeasuring *m, DmFound *found)
{
	dm_measured_rows(m, found->repeated + found->failing, found->repeated_rows + found->failing,
					 found->rows);
}

static void
finish_proven(DmMeasuring *m, DmFound *found)
{
	dm_measured_rows(m, 0, 0, found->rows);
}

static void
plan_keys(DmMeasuring *m)
{
	List *columns = dm_rule_columns(m->rule);
	const char *nulls = nulls_of(m->rule);

	if (is_proven_unique(m->relid, columns, strcmp(nulls, "skip") != 0))
	{
		(void) dm_scan_probe(m, "rows");
		dm_scan_probe_end(m);
		m->finish = finish_proven;
		return;
	}
	(void) dm_scan_key(m, columns, nulls);
	dm_scan_probe_end(m);
	m->finish = finish_keys;
}

static void
finish_distinct(DmMeasuring *m, DmFound *found)
{
	dm_measured_integer(m, found->distinct);
}

/* Of those rows that have a value; the second probe counts the others. */
static void
finish_proportion(DmMeasuring *m, DmFound *found)
{
	int64 values = found[1].rows - found[1].failing;

	if (values == 0)
		m->result->isnull = true;
	else
		dm_measured_float(m, (double) found->distinct / values);
}

static void
plan_distinct(DmMeasuring *m)
{
	bool proportion = strcmp(m->rule->metric->name, "proportionUnique") == 0;

	if (dm_rule_sketches(m->rule))
	{
		dm_plan_sketch(m);
		return;
	}
	(void) dm_scan_key(m, list_make1(m->rule->column), "skip");
	dm_scan_probe_end(m);
	m->finish = proportion ? finish_proportion : finish_distinct;
	if (proportion)
	{
		int value = dm_scan_column(m, m->rule->column, NULL);

		appendStringInfo(dm_scan_probe(m, "null"), ", \"value\": %d", value);
		dm_scan_probe_end(m);
	}
}

/* --- keys of types without a digest --- */

static bool
keys_without_digest(DmMeasuring *m)
{
	ListCell *lc;

	/* sketches have hashes of their own */
	if (dm_rule_sketches(m->rule))
		return false;
	foreach(lc, dm_rule_columns(m->rule))
	{
		DmScanType type;

		dm_measured_column_type(m->relid, lfirst(lc), &type);
		if (!dm_key_type_is_digested(type.typid, type.collation))
			return true;
	}
	return false;
}

static char *
column_list(Oid relid, List *columns, const char *separator, const char *suffix)
{
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	foreach(lc, columns)
		appendStringInfo(&sql, "%s%s%s", foreach_current_index(lc) > 0 ? separator : "",
						 dm_measured_column_sql(relid, lfirst(lc)), suffix);
	return sql.data;
}

/*
 * Of each key the number of rows; the rows of which one is skipped or fails by itself are counted
 * beside.
 */
static void
measure_keys(DmMeasuring *m)
{
	List *columns = dm_rule_columns(m->rule);
	const char *nulls = nulls_of(m->rule);
	char *names = column_list(m->relid, columns, ", ", "");
	char *incomplete = column_list(m->relid, columns, " OR ", " IS NULL");
	bool skip = strcmp(nulls, "key") != 0;
	bool fail = strcmp(nulls, "fail") == 0;
	int64 *counts;

	counts = dm_statement_counts(
		4,
		psprintf("SELECT COALESCE(pg_catalog.sum(n), 0)::pg_catalog.int8, "
				 "pg_catalog.count(*) FILTER (WHERE n > 1 AND NOT skipped), "
				 "COALESCE(pg_catalog.sum(n) FILTER (WHERE n > 1 AND NOT skipped), 0)"
				 "::pg_catalog.int8, "
				 "COALESCE(pg_catalog.sum(n) FILTER (WHERE skipped), 0)"
				 "::pg_catalog.int8 "
				 "FROM (SELECT pg_catalog.count(*) AS n, (%s) AS skipped FROM %s WHERE %s\n"
				 "GROUP BY %s) AS keys",
				 skip ? incomplete : "false", dm_relation_sql(m->relid),
				 m->filter != NULL ? m->filter : "true", names));
	dm_measured_rows(m, counts[1] + (fail ? counts[3] : 0), counts[2] + (fail ? counts[3] : 0),
					 counts[0]);
	if (counts[1] > 0 && m->options->sample_rows > 0 && dm_rows_have_positions(m->relid))
		m->positions = dm_statement_positions(
			psprintf("SELECT t, c FROM (SELECT tableoid AS t, ctid AS c, "
					 "pg_catalog.count(*) OVER (PARTITION BY %s) AS n FROM %s "
					 "WHERE NOT (%s) AND (%s\n)) AS rows WHERE n > 1 ORDER BY t, c LIMIT %d",
					 names, dm_relation_sql(m->relid), skip ? incomplete : "false",
					 m->filter != NULL ? m->filter : "true", m->options->sample_rows));
}

/*
 * A digest does not tell its key: rows without a place are looked for once it is known that there
 * are some.
 */
void
dm_show_repeated(DmMeasuring *m)
{
	List *columns = dm_rule_columns(m->rule);
	bool skip = strcmp(nulls_of(m->rule), "key") != 0;

	dm_statement_shown(
		m, psprintf("SELECT %s FROM (SELECT %s, pg_catalog.count(*) OVER (PARTITION BY %s) AS n "
					"FROM %s WHERE NOT (%s) AND (%s\n)) AS rows WHERE n > 1 LIMIT %d",
					dm_sample_names_sql(m), dm_sample_columns_sql(m),
					column_list(m->relid, columns, ", ", ""), dm_relation_sql(m->relid),
					skip ? column_list(m->relid, columns, " OR ", " IS NULL") : "false",
					m->filter != NULL ? m->filter : "true", m->options->sample_rows));
}

static void
measure_distinct(DmMeasuring *m)
{
	char *column = dm_measured_column_sql(m->relid, m->rule->column);
	int64 *counts = dm_statement_counts(
		3, psprintf("SELECT COALESCE(pg_catalog.sum(n), 0)::pg_catalog.int8, "
					"pg_catalog.count(*) FILTER (WHERE has), "
					"COALESCE(pg_catalog.sum(n) FILTER (WHERE has), 0)"
					"::pg_catalog.int8 "
					"FROM (SELECT pg_catalog.count(*) AS n, %s IS NOT NULL AS has FROM %s "
					"WHERE %s\nGROUP BY %s) AS keys",
					column, dm_relation_sql(m->relid), m->filter != NULL ? m->filter : "true",
					column));

	m->result->rows_checked = counts[0];
	if (strcmp(m->rule->metric->name, "distinctCount") == 0)
		dm_measured_integer(m, counts[1]);
	else if (counts[2] == 0)
		m->result->isnull = true;
	else
		dm_measured_float(m, (double) counts[1] / counts[2]);
}

static const DmMeasurer group_measurers[] = {
	{ "duplicateValues", plan_keys, measure_keys, keys_without_digest },
	{ "unique", plan_keys, measure_keys, keys_without_digest },
	{ "primaryKey", plan_keys, measure_keys, keys_without_digest },
	{ "distinctCount", plan_distinct, measure_distinct, keys_without_digest },
	{ "proportionUnique", plan_distinct, measure_distinct, keys_without_digest },
};

const DmMeasurer *
dm_group_measurer(const char *metric)
{
	for (int i = 0; i < lengthof(group_measurers); i++)
		if (strcmp(group_measurers[i].metric, metric) == 0)
			return &group_measurers[i];
	return NULL;
}
