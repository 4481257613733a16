/*
 * samplerows.c
 *		What the rows that fail are shown as, and what of them is hidden.
 *
 * Whoever reads a result sees no more of a row than he could read in the table: not what he has no
 * privilege for, not what is classified unless he reads the table itself, nothing where row
 * security would hide rows from him.  Of a view nothing can be said of what its columns show, so
 * that its classified columns are never shown.  The history has no samples.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"

#include "base/json.h"
#include "base/sqlname.h"
#include "catalog/column.h"
#include "classify/label.h"
#include "compat/pg_compat.h"
#include "quality/measure_part.h"

#define HIDDEN		   "***"
#define MAX_CHARACTERS 100

bool
dm_rows_have_positions(Oid relid)
{
	ListCell *lc;

	foreach(lc, find_all_inheritors(relid, AccessShareLock, NULL))
	{
		char relkind = get_rel_relkind(lfirst_oid(lc));

		if (!RELKIND_HAS_TABLE_AM(relkind) && relkind != RELKIND_PARTITIONED_TABLE)
			return false;
	}
	return true;
}

/*
 * The rows were read as the owner, so whatever row security let through may be seen by who has his
 * rights; others could meet rows that it hides from them.  What rows a view or another server shows
 * to somebody else is known to none but them: a view may ask who reads it, or run with his rights.
 */
static bool
may_read(Oid relid, const char *column, Oid role)
{
	if (OidIsValid(role) && dm_class_ownercheck(relid, role))
		return true;
	return OidIsValid(role) && dm_rows_have_positions(relid) &&
		   check_enable_rls(relid, role, true) != RLS_ENABLED &&
		   (pg_class_aclcheck(relid, role, ACL_SELECT) == ACLCHECK_OK ||
			pg_attribute_aclcheck(relid, get_attnum(relid, column), role, ACL_SELECT) ==
				ACLCHECK_OK);
}

static bool
is_hidden(Oid relid, const char *column, Oid reader)
{
	bool classified = dm_column_tags(relid, get_attnum(relid, column)) != NIL;

	return (classified && get_rel_relkind(relid) == RELKIND_VIEW) ||
		   !may_read(relid, column, reader);
}

/* Whether the value's text is one of JSON, as of numbers without a fraction and Booleans. */
static bool
is_plain(Oid relid, const char *column)
{
	Oid base = getBaseType(get_atttype(relid, get_attnum(relid, column)));

	return base == INT2OID || base == INT4OID || base == INT8OID || base == BOOLOID;
}

/* The object of one row, as SQL; a column that must not be shown is there, but hidden. */
static char *
object_sql(DmMeasuring *m)
{
	const char *separator = "";
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "pg_catalog.json_build_object(");
	if (m->sample_places)
	{
		appendStringInfoString(&sql, "'ctid', ctid");
		if (has_subclass(m->relid))
			appendStringInfoString(&sql, ", 'tableoid', tableoid::pg_catalog.regclass");
		separator = ", ";
	}
	foreach(lc, m->sample_columns)
	{
		const char *column = lfirst(lc);

		appendStringInfo(&sql, "%s%s, ", separator, quote_literal_cstr(column));
		if (is_hidden(m->relid, column, m->options->reader))
			appendStringInfoString(&sql, "'" HIDDEN "'");
		else if (is_plain(m->relid, column))
			appendStringInfoString(&sql, quote_identifier(column));
		else
			appendStringInfo(&sql, "pg_catalog.left(%s::pg_catalog.text, %d)",
							 quote_identifier(column), MAX_CHARACTERS);
		separator = ", ";
	}
	appendStringInfoString(&sql, ")::pg_catalog.text");
	return sql.data;
}

/* The same of a row that was taken as it was met: an array of texts. */
static char *
object_of(DmMeasuring *m, const char *row)
{
	Jsonb *array = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(row)));
	StringInfoData object;
	DmJsonEach each;

	initStringInfo(&object);
	appendStringInfoChar(&object, '{');
	dm_json_each(&each, &array->root);
	while (dm_json_next(&each))
	{
		const char *column = list_nth(m->sample_columns, each.index);
		char *text = each.value.type == jbvNull ? NULL : dm_json_scalar_text(&each.value);

		if (each.index > 0)
			appendStringInfoString(&object, ", ");
		escape_json(&object, column);
		appendStringInfoString(&object, " : ");
		if (is_hidden(m->relid, column, m->options->reader))
			appendStringInfoString(&object, "\"" HIDDEN "\"");
		else if (text == NULL)
			appendStringInfoString(&object, "null");
		else if (!is_plain(m->relid, column))
			escape_json(&object, text);
		else if (text[0] == 't' || text[0] == 'f')
			appendStringInfoString(&object, text[0] == 't' ? "true" : "false");
		else
			appendStringInfoString(&object, text);
	}
	appendStringInfoChar(&object, '}');
	return object.data;
}

/* Rows of one table: it is what a position is unique in. */
static char *
positions_sql(List *positions, Oid tableoid)
{
	StringInfoData sql;
	ListCell *lc;
	const char *separator = "";

	initStringInfo(&sql);
	appendStringInfo(&sql, "tableoid OPERATOR(pg_catalog.=) %u AND "
						   "ctid OPERATOR(pg_catalog.=) ANY ('{",
					 tableoid);
	foreach(lc, positions)
	{
		DmPosition *position = lfirst(lc);

		if (position->tableoid != tableoid)
			continue;
		appendStringInfo(&sql, "%s\"(%u,%u)\"", separator,
						 ItemPointerGetBlockNumberNoCheck(&position->tid),
						 ItemPointerGetOffsetNumberNoCheck(&position->tid));
		separator = ",";
	}
	appendStringInfoString(&sql, "}'::pg_catalog.tid[])");
	return sql.data;
}

static int
cmp_positions(const ListCell *a, const ListCell *b)
{
	return dm_position_compare(lfirst(a), lfirst(b));
}

/* The first rows, each once: a rule may have more than one reason for a row. */
static List *
first_positions(List *positions, int limit)
{
	List *result = NIL;
	ListCell *lc;

	list_sort(positions, cmp_positions);
	foreach(lc, positions)
		if (result == NIL || dm_position_compare(llast(result), lfirst(lc)) != 0)
			result = lappend(result, lfirst(lc));
	return list_truncate(result, limit);
}

static List *
table_oids(List *positions)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, positions)
		result = list_append_unique_oid(result, ((DmPosition *) lfirst(lc))->tableoid);
	return result;
}

static void
sample_without_places(DmMeasuring *m)
{
	ListCell *lc;

	foreach(lc, list_truncate(m->shown, m->options->sample_rows))
		m->result->sample = lappend(m->result->sample, object_of(m, lfirst(lc)));
}

static void
sample_of_rule(Oid relid, DmMeasuring *m)
{
	char *object;
	ListCell *lc;

	if (dm_sample_columns(m) == NIL && !m->sample_places)
		return;
	if (m->rule->metric->how == DM_BY_GROUP && !dm_rows_have_positions(relid))
		dm_show_repeated(m);
	sample_without_places(m);
	m->positions = first_positions(m->positions, m->options->sample_rows);
	if (m->positions == NIL)
		return;
	object = object_sql(m);
	foreach(lc, table_oids(m->positions))
	{
		char *sql = psprintf("SELECT %s FROM %s WHERE %s ORDER BY ctid", object,
							 dm_relation_sql(relid),
							 positions_sql(m->positions, lfirst_oid(lc)));

		dm_statement(sql);
		for (uint64 i = 0; i < SPI_processed; i++)
			m->result->sample = lappend(m->result->sample,
										SPI_getvalue(SPI_tuptable->vals[i],
													 SPI_tuptable->tupdesc, 1));
	}
}

void
dm_sample_rows(Oid relid, List *measurings)
{
	ListCell *lc;

	foreach(lc, measurings)
	{
		DmMeasuring *m = lfirst(lc);

		if (!m->result->error && m->result->failing > 0 && m->options->sample_rows > 0)
			sample_of_rule(relid, m);
	}
}
