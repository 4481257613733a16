/*
 * enforce_plan.c
 *		The statements that have the server keep a promise, and the rows that stand in the way.
 *
 * A constraint is added NOT VALID, which looks at no row, and validated afterwards, which
 * holds up no writer.  In one transaction the second step still runs under the lock of the first;
 * so the same steps are offered to teams, to be run one by one.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "commands/defrem.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "base/run_as.h"
#include "base/sqlname.h"
#include "catalog/relation.h"
#include "classify/label.h"
#include "conform/conform_part.h"
#include "conform/enforce.h"
#include "port/liftgraph.h"

/* Rows that are told of those that stand in the way. */
#define SAMPLES 3

static void
add_step(DmEnforcement *enforcement, char *executed, char *offered)
{
	if (executed != NULL)
		enforcement->steps = lappend(enforcement->steps, executed);
	if (offered != NULL)
		enforcement->offer = lappend(enforcement->offer, offered);
}

static void
add_both(DmEnforcement *enforcement, char *sql)
{
	add_step(enforcement, sql, sql);
}

/* A name that no constraint and no index of the schema has. */
static const char *
new_name(Oid relid, const char *column, const char *label)
{
	return quote_identifier(ChooseRelationName(get_rel_name(relid), column, label,
											   get_rel_namespace(relid), true));
}

/* maxLength as a part of a name: max_length */
static char *
label_of(const char *kind)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (const char *p = kind; *p != '\0'; p++)
		if (isupper((unsigned char) *p))
			appendStringInfo(&buf, "_%c", pg_tolower((unsigned char) *p));
		else
			appendStringInfoChar(&buf, *p);
	return buf.data;
}

/* A constraint of that name on the table; *valid tells whether it was validated. */
static bool
has_constraint(Oid relid, const char *name, bool *valid)
{
	Oid constraint = get_relation_constraint_oid(relid, name, true);
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));

	if (!HeapTupleIsValid(tuple))
		return false;
	*valid = ((Form_pg_constraint) GETSTRUCT(tuple))->convalidated;
	ReleaseSysCache(tuple);
	return true;
}

static void
plan_check(DmEnforcement *enforcement, const char *condition)
{
	Oid relid = enforcement->promise->relid;
	char *table = dm_relation_sql(relid);
	const char *column = dm_property_column(enforcement->promise->property);
	char *label = label_of(enforcement->promise->kind);
	char *name = makeObjectName(get_rel_name(relid), column, label);
	bool valid = false;
	bool there = has_constraint(relid, name, &valid);

	if (there && valid)
	{
		enforcement->problem = psprintf("constraint \"%s\" is there, but says something else", name);
		return;
	}
	/* a team that runs the steps one by one may have stopped after the first one */
	if (!there)
	{
		name = unconstify(char *, new_name(relid, column, label));
		add_both(enforcement, psprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s) NOT VALID",
									   table, name, condition));
	}
	else
		name = unconstify(char *, quote_identifier(name));
	add_both(enforcement, psprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s", table, name));
	enforcement->offending = psprintf("%s t WHERE NOT (%s)", table, condition);
}

/* A valid CHECK spares SET NOT NULL the reading of the table under its exclusive lock. */
static void
plan_not_null(DmEnforcement *enforcement, const char *column)
{
	Oid relid = enforcement->promise->relid;
	char *table = dm_relation_sql(relid);
	const char *name = new_name(relid, column, "not_null");
	const char *quoted = quote_identifier(column);

	add_both(enforcement,
			 psprintf("ALTER TABLE %s ADD CONSTRAINT %s CHECK (%s IS NOT NULL) NOT VALID", table,
					  name, quoted));
	add_both(enforcement, psprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s", table, name));
	add_both(enforcement, psprintf("ALTER TABLE %s ALTER COLUMN %s SET NOT NULL", table, quoted));
	add_both(enforcement, psprintf("ALTER TABLE %s DROP CONSTRAINT %s", table, name));
}

/* "a, b", each with the prefix */
static char *
column_text(Oid relid, List *attnums, const char *prefix)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, attnums)
		appendStringInfo(&buf, "%s%s%s", buf.len > 0 ? ", " : "", prefix,
						 quote_identifier(get_attname(relid, lfirst_int(lc), false)));
	return buf.data;
}

/* Rows that have a fellow with the same values, none of which is NULL. */
static char *
duplicates(Oid relid, List *attnums)
{
	char *columns = column_text(relid, attnums, "");
	StringInfoData filled;
	ListCell *lc;

	initStringInfo(&filled);
	foreach(lc, attnums)
		appendStringInfo(&filled, "%s%s IS NOT NULL", filled.len > 0 ? " AND " : "",
						 quote_identifier(get_attname(relid, lfirst_int(lc), false)));
	return psprintf("%s t WHERE (%s) IN (SELECT %s FROM %s WHERE %s GROUP BY %s HAVING count(*) > 1)",
					dm_relation_sql(relid), column_text(relid, attnums, "t."), columns,
					dm_relation_sql(relid), filled.data, columns);
}

static void
plan_unique(DmEnforcement *enforcement, List *attnums, bool primary)
{
	Oid relid = enforcement->promise->relid;
	char *table = dm_relation_sql(relid);
	char *columns = column_text(relid, attnums, "");
	const char *what = primary ? "PRIMARY KEY" : "UNIQUE";
	const char *name = new_name(relid,
								primary ? NULL : get_attname(relid, linitial_int(attnums), false),
								primary ? "pkey" : "key");
	char *plain = psprintf("ALTER TABLE %s ADD CONSTRAINT %s %s (%s)", table, name, what, columns);

	/* neither can an index of a partitioned table be built in the background */
	if (get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE)
		add_both(enforcement, plain);
	else
	{
		add_step(enforcement, plain,
				 psprintf("CREATE UNIQUE INDEX CONCURRENTLY %s ON %s (%s)", name, table, columns));
		add_step(enforcement, NULL,
				 psprintf("ALTER TABLE %s ADD CONSTRAINT %s %s USING INDEX %s", table, name, what,
						  name));
	}
	enforcement->offending = duplicates(relid, attnums);
	enforcement->shown = attnums;
}

static int
cmp_key_positions(const ListCell *a, const ListCell *b)
{
	return ((DmProperty *) lfirst(a))->primary_key_position -
		   ((DmProperty *) lfirst(b))->primary_key_position;
}

static bool
has_primary_key(Oid relid)
{
	Relation rel = relation_open(relid, AccessShareLock);
	bool result;

	(void) RelationGetIndexList(rel);
	result = OidIsValid(rel->rd_pkindex);
	relation_close(rel, NoLock);
	return result;
}

static void
plan_primary_key(DmEnforcement *enforcement)
{
	Oid relid = enforcement->promise->relid;
	List *properties = NIL;
	List *attnums = NIL;
	ListCell *lc;

	foreach(lc, enforcement->promise->object->properties)
		if (((DmProperty *) lfirst(lc))->primary_key)
			properties = lappend(properties, lfirst(lc));
	list_sort(properties, cmp_key_positions);
	foreach(lc, properties)
	{
		const char *column = dm_property_column(lfirst(lc));
		AttrNumber attnum = get_attnum(relid, column);

		if (attnum <= 0)
		{
			enforcement->problem = psprintf("there is no column \"%s\"", column);
			return;
		}
		attnums = lappend_int(attnums, attnum);
		plan_not_null(enforcement, column);
	}
	plan_unique(enforcement, attnums, !has_primary_key(relid));
	foreach(lc, attnums)
	{
		const char *column = quote_identifier(get_attname(relid, lfirst_int(lc), false));

		enforcement->offending = psprintf("%s OR t.%s IS NULL", enforcement->offending, column);
	}
}

static void
plan_foreign_key(DmEnforcement *enforcement)
{
	DmPromise *promise = enforcement->promise;
	char *table = dm_relation_sql(promise->relid);
	const char *name;
	StringInfoData same;
	StringInfoData filled;
	char *sql;
	ListCell *lf;
	ListCell *lt;

	if (!OidIsValid(promise->target) || list_member_int(promise->to, InvalidAttrNumber) ||
		list_member_int(promise->from, InvalidAttrNumber))
	{
		enforcement->problem = "what it refers to is not there";
		return;
	}
	initStringInfo(&same);
	initStringInfo(&filled);
	forboth(lf, promise->from, lt, promise->to)
	{
		const char *from = quote_identifier(get_attname(promise->relid, lfirst_int(lf), false));
		const char *to = quote_identifier(get_attname(promise->target, lfirst_int(lt), false));

		appendStringInfo(&same, "%sr.%s = t.%s", same.len > 0 ? " AND " : "", to, from);
		appendStringInfo(&filled, "t.%s IS NOT NULL AND ", from);
	}
	name = new_name(promise->relid,
					get_attname(promise->relid, linitial_int(promise->from), false), "fkey");
	sql = psprintf("ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (%s)", table,
				   name, column_text(promise->relid, promise->from, ""),
				   dm_relation_sql(promise->target),
				   column_text(promise->target, promise->to, ""));
	/* a foreign key of a partitioned table cannot be NOT VALID before PostgreSQL 18 */
	if (get_rel_relkind(promise->relid) == RELKIND_PARTITIONED_TABLE)
		add_both(enforcement, sql);
	else
	{
		add_both(enforcement, psprintf("%s NOT VALID", sql));
		add_both(enforcement, psprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s", table, name));
	}
	enforcement->offending = psprintf("%s t WHERE %sNOT EXISTS (SELECT FROM %s r WHERE %s)", table,
									  filled.data, dm_relation_sql(promise->target), same.data);
}

static void
plan_statements(DmEnforcement *enforcement)
{
	DmPromise *promise = enforcement->promise;
	const char *problem = NULL;
	char *condition;

	if (strcmp(promise->kind, "primaryKey") == 0)
		plan_primary_key(enforcement);
	else if (strcmp(promise->kind, "relationship") == 0)
		plan_foreign_key(enforcement);
	else if (strcmp(promise->kind, "required") == 0)
	{
		const char *column = dm_property_column(promise->property);

		plan_not_null(enforcement, column);
		enforcement->offending = psprintf("%s t WHERE %s IS NULL", dm_relation_sql(promise->relid),
										  quote_identifier(column));
	}
	else if (strcmp(promise->kind, "unique") == 0)
		plan_unique(enforcement,
					list_make1_int(get_attnum(promise->relid,
											  dm_property_column(promise->property))),
					false);
	else
	{
		condition = dm_enforcement_check(promise, &problem);
		if (condition != NULL)
			plan_check(enforcement, condition);
		else
			enforcement->problem = pstrdup(problem);
	}
}

/* The columns of the primary key tell a row. */
static List *
key_columns(Oid relid)
{
	Relation rel = relation_open(relid, AccessShareLock);
	Bitmapset *key = RelationGetIndexAttrBitmap(rel, INDEX_ATTR_BITMAP_PRIMARY_KEY);
	List *result = NIL;
	int i = -1;

	while ((i = bms_next_member(key, i)) >= 0)
		result = lappend_int(result, i + FirstLowInvalidHeapAttributeNumber);
	relation_close(rel, NoLock);
	return result;
}

DmEnforcement *
dm_enforcement_plan(DmPromise *promise)
{
	DmEnforcement *enforcement = palloc0(sizeof(DmEnforcement));
	char relkind;

	enforcement->promise = promise;
	if (promise->kept == DM_KEPT_UNKNOWN || !OidIsValid(promise->relid))
	{
		enforcement->problem = promise->message ? promise->message : "there is no relation";
		return enforcement;
	}
	relkind = get_rel_relkind(promise->relid);
	enforcement->owner = dm_relation_owner(promise->relid);
	if (relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE)
	{
		enforcement->problem = psprintf("%s is no table: it can only be measured",
										dm_relation_sql(promise->relid));
		return enforcement;
	}
	plan_statements(enforcement);
	if (enforcement->shown == NIL && enforcement->problem == NULL)
		enforcement->shown = key_columns(promise->relid);
	return enforcement;
}

/* What tells a row: its key, of which classified columns are hidden; or its place. */
static char *
row_text(DmEnforcement *enforcement)
{
	Oid relid = enforcement->promise->relid;
	StringInfoData buf;
	ListCell *lc;

	if (enforcement->shown == NIL)
		return "'row ' || t.ctid::text";
	initStringInfo(&buf);
	foreach(lc, enforcement->shown)
	{
		const char *column = quote_identifier(get_attname(relid, lfirst_int(lc), false));

		appendStringInfo(&buf, "%s%s || ", buf.len > 0 ? "', ' || " : "",
						 quote_literal_cstr(psprintf("%s=", column)));
		if (dm_column_tags(relid, lfirst_int(lc)) != NIL)
			appendStringInfoString(&buf, "'***'");
		else
			appendStringInfo(&buf, "coalesce(t.%s::text, 'NULL')", column);
		if (lnext(enforcement->shown, lc) != NULL)
			appendStringInfoString(&buf, " || ");
	}
	return buf.data;
}

typedef struct Reading
{
	char *sql;
	char *result;
	MemoryContext cxt;
} Reading;

static void
read_one(void *arg)
{
	Reading *reading = arg;
	char *value;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(reading->sql, false, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not read: %s", reading->sql);
	value = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	if (value != NULL)
		reading->result = MemoryContextStrdup(reading->cxt, value);
	SPI_finish();
}

static char *
read_as(Oid owner, char *sql)
{
	Reading reading = { sql, NULL, CurrentMemoryContext };

	dm_call_as(owner, read_one, &reading);
	return reading.result;
}

char *
dm_enforcement_violations(DmEnforcement *enforcement)
{
	char *count = read_as(enforcement->owner,
						  psprintf("SELECT nullif(count(*), 0) FROM %s", enforcement->offending));
	char *samples;

	if (count == NULL)
		return NULL;
	samples = read_as(enforcement->owner,
					  psprintf("SELECT string_agg(s, '; ' ORDER BY s) FROM "
							   "(SELECT DISTINCT %s AS s FROM %s ORDER BY 1 LIMIT %d) x",
							   row_text(enforcement), enforcement->offending, SAMPLES));
	return psprintf("%s %s: %s", count, strcmp(count, "1") == 0 ? "row" : "rows",
					samples ? samples : "");
}
