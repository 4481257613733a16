/*
 * release.c
 *		Rows that were set aside: counted, put back through the gate, or dropped.
 *
 * A release inserts as its caller, who must have the rights of the table's owner: constraints,
 * triggers and row policies judge the row as they judge any other.  Each row is tried in a
 * subtransaction of its own, so one that fails again stays where it is.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/args.h"
#include "base/attempt.h"
#include "base/sqlname.h"
#include "compat/pg_compat.h"
#include "quality/guard.h"
#include "quality/quarantine.h"

PG_FUNCTION_INFO_V1(dm_release_quarantine);
PG_FUNCTION_INFO_V1(dm_drop_quarantine);
PG_FUNCTION_INFO_V1(dm_quarantine_count);

/* One release. */
typedef struct Release
{
	Oid relid;
	Oid side;
	SPIPlanPtr insert; /* of the row with the key $1 */
	SPIPlanPtr remove;
	SPIPlanPtr keep; /* $2: rules, $3: reason */
	int64 id;		 /* of the row that is tried */
} Release;

static void
check_owner(Oid relid)
{
	if (!dm_class_ownercheck(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(relid)),
					   get_rel_name(relid));
}

static Oid
side_of(Oid relid)
{
	Oid side = dm_quarantine_side(relid);

	check_owner(relid);
	if (!OidIsValid(side) || get_rel_relkind(side) == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("relation \"%s\" has no quarantine", get_rel_name(relid)),
				 errhint("A rule in mode \"quarantine\" makes one; datamesh.quarantines lists those that are there.")));
	return side;
}

/* The columns that an INSERT can give values to. */
static char *
insertable_columns(Oid relid)
{
	Relation rel = table_open(relid, AccessShareLock);
	TupleDesc desc = RelationGetDescr(rel);
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!att->attisdropped && att->attgenerated == '\0')
			appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "",
							 quote_identifier(NameStr(att->attname)));
	}
	table_close(rel, NoLock);
	return buf.data;
}

static SPIPlanPtr
prepare(int nargs, char *sql)
{
	Oid types[] = { INT8OID, TEXTARRAYOID, TEXTOID };
	SPIPlanPtr plan = SPI_prepare(sql, nargs, types);

	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", sql);
	return plan;
}

static uint64
run(Release *release, SPIPlanPtr plan, List *rules, const char *reason)
{
	Datum values[3] = { Int64GetDatum(release->id) };

	/* only one of the plans has these */
	if (reason != NULL)
	{
		values[1] = dm_text_array(rules);
		values[2] = CStringGetTextDatum(reason);
	}
	if (SPI_execute_plan(plan, values, NULL, false, 0) < 0)
		elog(ERROR, "SPI_execute_plan failed");
	return SPI_processed;
}

/* A row that does not arrive was set aside anew; the error takes that back. */
static void
try_row(void *arg)
{
	Release *release = arg;

	dm_quarantine_forget_reason();
	if (run(release, release->insert, NIL, NULL) == 1)
		(void) run(release, release->remove, NIL, NULL);
	else
	{
		List *rules;
		char *reason;

		dm_quarantine_last_reason(&rules, &reason);
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg_internal("%s", reason ? reason : "a trigger of the table left it out")));
	}
}

static bool
release_row(Release *release)
{
	ErrorData *error = dm_attempt(try_row, release);
	List *rules;
	char *reason;

	if (error == NULL)
		return true;
	dm_quarantine_last_reason(&rules, &reason);
	/* another constraint's message names it, and no value; then no rule is broken */
	(void) run(release, release->keep, rules, error->message);
	return false;
}

static void
prepare_release(Release *release)
{
	char *side = dm_relation_sql(release->side);
	char *columns = insertable_columns(release->relid);

	release->insert = prepare(1, psprintf("INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s "
										  "FROM %s WHERE " DM_QUARANTINE_ID
										  " OPERATOR(pg_catalog.=) $1",
										  dm_relation_sql(release->relid), columns, columns, side));
	release->remove = prepare(1, psprintf("DELETE FROM %s WHERE " DM_QUARANTINE_ID
										  " OPERATOR(pg_catalog.=) $1",
										  side));
	release->keep = prepare(3, psprintf("UPDATE %s SET " DM_QUARANTINE_RULES
										" = $2, " DM_QUARANTINE_REASON " = $3 WHERE " DM_QUARANTINE_ID
										" OPERATOR(pg_catalog.=) $1",
										side));
}

/* The keys of the rows, locked: another release of the same rows waits, and finds them gone. */
static int64 *
lock_rows(Release *release, Datum ids, bool all, uint64 *n)
{
	Oid types[] = { INT8ARRAYOID };
	Datum values[] = { ids };
	char *sql = psprintf("SELECT " DM_QUARANTINE_ID " FROM %s%s ORDER BY 1 FOR UPDATE",
						 dm_relation_sql(release->side),
						 all ? "" : " WHERE " DM_QUARANTINE_ID " OPERATOR(pg_catalog.=) ANY ($1)");
	int64 *result;

	if (SPI_execute_with_args(sql, all ? 0 : 1, types, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read: %s", sql);
	*n = SPI_processed;
	result = palloc_extended(sizeof(int64) * Max(*n, 1), MCXT_ALLOC_HUGE);
	for (uint64 i = 0; i < *n; i++)
	{
		bool isnull;

		result[i] = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1,
												&isnull));
	}
	SPI_freetuptable(SPI_tuptable);
	return result;
}

Datum
dm_release_quarantine(PG_FUNCTION_ARGS)
{
	Release release = { .relid = dm_arg_relation(fcinfo, 0, "relation") };
	int64 released = 0;
	uint64 n;
	int64 *ids;
	TupleDesc desc;
	Datum values[2];
	bool nulls[2] = { false, false };

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (!PG_ARGISNULL(1) && array_contains_nulls(PG_GETARG_ARRAYTYPE_P(1)))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not contain nulls", "ids")));
	release.side = side_of(release.relid);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	prepare_release(&release);
	ids = lock_rows(&release, PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1), PG_ARGISNULL(1),
					&n);
	for (uint64 i = 0; i < n; i++)
	{
		CHECK_FOR_INTERRUPTS();
		release.id = ids[i];
		released += release_row(&release) ? 1 : 0;
	}
	SPI_finish();
	values[0] = Int64GetDatum(released);
	values[1] = Int64GetDatum((int64) n - released);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

Datum
dm_drop_quarantine(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	bool discard = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	Oid side = side_of(relid);
	List *rules = dm_guard_rules(relid, DM_MODE_QUARANTINE);
	int64 rows;

	if (rules != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("the quarantine of relation \"%s\" is in use", get_rel_name(relid)),
				 errdetail("Rule \"%s\" sets rows aside.", ((DmRule *) linitial(rules))->name),
				 errhint("Use dm_alter_rule to give it another mode, or dm_drop_rule.")));
	LockRelationOid(side, AccessExclusiveLock);
	rows = dm_quarantine_rows(side);
	if (rows > 0 && !discard)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the quarantine of relation \"%s\" is not empty", get_rel_name(relid)),
				 errdetail("Rows that were set aside: " INT64_FORMAT ".", rows),
				 errhint("Use dm_release_quarantine, or dm_drop_quarantine with discard => true.")));
	dm_quarantine_drop(relid);
	PG_RETURN_INT64(rows);
}

/* datamesh.quarantine_count(side): rows of a side table, for those who have its owner's rights. */
Datum
dm_quarantine_count(PG_FUNCTION_ARGS)
{
	Oid side = PG_GETARG_OID(0);
	Oid relid = dm_quarantine_relation(side);

	if (!OidIsValid(relid) || get_rel_relkind(side) == '\0' ||
		!dm_class_ownercheck(side, GetUserId()))
		PG_RETURN_NULL();
	PG_RETURN_INT64(dm_quarantine_rows(side));
}
