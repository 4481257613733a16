/*
 * samplerows.c
 *		What the rows that fail are shown as: by their primary key, or by the rule's columns.
 *
 * Whoever reads a result sees no more of a row than he could read in the table: not what he has no
 * privilege for, not what is classified unless he reads the table itself, nothing where row
 * security would hide rows from him.  Of a view nothing can be said of what its columns show, so
 * that its classified columns are never shown.  History is for more people, and there classified
 * columns are hidden in any case.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
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

#include "base/sqlname.h"
#include "base/strings.h"
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

List *
dm_key_columns(Oid relid)
{
	Relation rel = table_open(relid, AccessShareLock);
	List *result = NIL;

	(void) RelationGetIndexList(rel);
	if (OidIsValid(rel->rd_pkindex))
	{
		Relation index = index_open(rel->rd_pkindex, AccessShareLock);

		for (int i = 0; i < index->rd_index->indnkeyatts; i++)
			result = lappend(result,
							 get_attname(relid, index->rd_index->indkey.values[i], false));
		index_close(index, NoLock);
	}
	table_close(rel, NoLock);
	return result;
}

/*
 * The rows were read as the owner, so whatever row security let through may be seen by who has his
 * rights; others could meet rows that it hides from them.
 */
static bool
may_read(Oid relid, const char *column, Oid role)
{
	if (OidIsValid(role) && dm_class_ownercheck(relid, role))
		return true;
	return OidIsValid(role) && check_enable_rls(relid, role, true) != RLS_ENABLED &&
		   (pg_class_aclcheck(relid, role, ACL_SELECT) == ACLCHECK_OK ||
			pg_attribute_aclcheck(relid, get_attnum(relid, column), role, ACL_SELECT) ==
				ACLCHECK_OK);
}

/* The object of one row, as SQL; a column that must not be shown is there, but hidden. */
static char *
object_sql(Oid relid, List *columns, Oid reader, bool stored)
{
	bool view = get_rel_relkind(relid) == RELKIND_VIEW;
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "pg_catalog.json_build_object(");
	foreach(lc, columns)
	{
		const char *column = lfirst(lc);
		AttrNumber attnum = get_attnum(relid, column);
		Oid base = getBaseType(get_atttype(relid, attnum));
		bool classified = dm_column_tags(relid, attnum) != NIL;

		appendStringInfo(&sql, "%s%s, ", foreach_current_index(lc) > 0 ? ", " : "",
						 quote_literal_cstr(column));
		if ((classified && (stored || view)) || (!stored && !may_read(relid, column, reader)))
			appendStringInfoString(&sql, "'" HIDDEN "'");
		else if (base == INT2OID || base == INT4OID || base == INT8OID || base == BOOLOID)
			appendStringInfoString(&sql, quote_identifier(column));
		else
			appendStringInfo(&sql, "pg_catalog.left(%s::pg_catalog.text, %d)",
							 quote_identifier(column), MAX_CHARACTERS);
	}
	appendStringInfoString(&sql, ")::pg_catalog.text");
	return sql.data;
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
sample_of_rule(Oid relid, DmMeasuring *m, List *key)
{
	List *columns = key != NIL ? key : dm_rule_columns(m->rule);
	char *shown;
	char *stored;
	ListCell *lc;

	m->positions = first_positions(m->positions, m->options->sample_rows);
	if (m->positions == NIL || columns == NIL)
		return;
	shown = object_sql(relid, columns, m->options->reader, false);
	stored = object_sql(relid, columns, m->options->reader, true);
	foreach(lc, table_oids(m->positions))
	{
		char *sql = psprintf("SELECT %s, %s FROM %s WHERE %s ORDER BY ctid", shown, stored,
							 dm_relation_sql(relid),
							 positions_sql(m->positions, lfirst_oid(lc)));

		dm_statement(sql);
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			m->result->sample = lappend(m->result->sample,
										SPI_getvalue(SPI_tuptable->vals[i],
													 SPI_tuptable->tupdesc, 1));
			m->result->stored_sample = lappend(m->result->stored_sample,
											   SPI_getvalue(SPI_tuptable->vals[i],
															SPI_tuptable->tupdesc, 2));
		}
	}
}

void
dm_sample_rows(Oid relid, List *measurings)
{
	List *key = dm_key_columns(relid);
	ListCell *lc;

	foreach(lc, measurings)
	{
		DmMeasuring *m = lfirst(lc);

		if (!m->result->error && m->result->failing > 0 && m->options->sample_rows > 0)
			sample_of_rule(relid, m, key);
	}
}
