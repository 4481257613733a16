/*
 * explain_plan.c
 *		What EXPLAIN says of a governed plan, and dm_explain_query.
 *
 * A plan has no ports any more, but it keeps whose privileges are to be checked, the ports'
 * views among them, with the columns that the query names.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/parser.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "access/agreement.h"
#include "access/purpose.h"
#include "base/args.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "catalog/column.h"
#include "compat/pg_compat.h"
#include "explain/explain.h"
#include "explain/explain_plan.h"
#include "registry/portrow.h"

PG_FUNCTION_INFO_V1(dm_explain_query);

/* "agreement 3, 7" or how he comes to need none */
static void
append_right(StringInfo buf, DmReading *reading, DmPortRead *port)
{
	DmReader reader = reading->reader;
	List *lineage = reader.purpose ? dm_purpose_lineage(reader.purpose) : NIL;
	TimestampTz now = GetCurrentTimestamp();
	const char *separator = ", agreement ";
	ListCell *lc;

	if (port->access.exempt)
	{
		appendStringInfo(buf, ", %s", dm_explain_inside(reader.role, port->product));
		return;
	}
	foreach(lc, dm_agreement_list(port->product->id, InvalidOid))
	{
		DmAgreement *agreement = lfirst(lc);

		if (now < agreement->valid_from || now >= agreement->valid_until ||
			!dm_string_member(lineage, agreement->purpose) ||
			!has_privs_of_role(reader.role, agreement->consumer))
			continue;
		appendStringInfo(buf, "%s" INT64_FORMAT, separator, agreement->id);
		separator = ", ";
	}
}

/* "masked email = dm_mask_email(email), hidden born", of the columns that the query names */
static void
append_columns(StringInfo buf, DmReading *reading, Bitmapset *selected)
{
	int natts = dm_column_count(reading->relid);
	bool whole = bms_is_member(InvalidAttrNumber - FirstLowInvalidHeapAttributeNumber, selected);

	for (AttrNumber attnum = 1; attnum <= natts; attnum++)
	{
		char *shown;
		DmVerdict verdict;

		if (!whole && !bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber, selected))
			continue;
		verdict = dm_reading_column(reading, attnum, &shown);
		if (verdict == DM_SEEN_CLEAR)
			continue;
		appendStringInfo(buf, ", %s %s", dm_verdict_name(verdict),
						 quote_identifier(get_attname(reading->relid, attnum, false)));
		if (shown != NULL && verdict != DM_SEEN_HIDDEN)
			appendStringInfo(buf, " = %s", shown);
	}
}

static char *
port_line(Oid view, Bitmapset *selected)
{
	DmReading *reading = dm_reading(dm_decide_session(), view, true);
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	appendStringInfo(&buf, "port %s", dm_relation_sql(view));
	/* the port itself is the first one in the reading of it */
	append_right(&buf, reading, linitial(reading->ports));
	if (reading->reader.purpose != NULL)
		appendStringInfo(&buf, ", purpose %s", reading->reader.purpose);
	append_columns(&buf, reading, selected);
	foreach(lc, reading->conditions)
	{
		DmCondition *condition = lfirst(lc);

		appendStringInfo(&buf, ", rows %s", condition->text ? condition->text : "none");
	}
	return buf.data;
}

List *
dm_explain_plan_lines(PlannedStmt *stmt)
{
	List *lines = NIL;
	ListCell *lc;

	if (!stmt->dependsOnRole)
		return NIL;
	foreach(lc, dm_plan_permissions(stmt))
	{
		DmPlanPermission *permission = lfirst(lc);

		/* NEW in the rule of a view stands there without any */
		if (permission->requiredPerms != 0 && OidIsValid(permission->relid) &&
			get_rel_relkind(permission->relid) == RELKIND_VIEW &&
			dm_port_product(permission->relid) != 0)
			lines = dm_string_append_unique(lines, port_line(permission->relid,
															 permission->selectedCols));
	}
	return lines;
}

/* Fails unless the text is one statement that reads or changes data. */
static void
check_statement(const char *sql)
{
	List *parsed = raw_parser(sql, RAW_PARSE_DEFAULT);
	Node *stmt = list_length(parsed) == 1 ? linitial_node(RawStmt, parsed)->stmt : NULL;

	if (stmt != NULL &&
		(IsA(stmt, InsertStmt) || IsA(stmt, UpdateStmt) || IsA(stmt, DeleteStmt) ||
		 IsA(stmt, MergeStmt) ||
		 (IsA(stmt, SelectStmt) && ((SelectStmt *) stmt)->intoClause == NULL)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("dm_explain_query explains one SELECT, INSERT, UPDATE, DELETE or MERGE"),
			 errdetail("It was given %s.",
					   list_length(parsed) == 0 ? "no statement" :
					   list_length(parsed) == 1 ? "a statement of another kind" :
												  "several statements")));
}

static void
put_line(ReturnSetInfo *rsinfo, const char *line)
{
	Datum value = CStringGetTextDatum(line);
	bool isnull = false;

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value, &isnull);
}

/* What the server's EXPLAIN does not say by itself. */
static void
put_governed_lines(ReturnSetInfo *rsinfo, const char *sql)
{
	SPIPlanPtr plan = SPI_prepare(sql, 0, NULL);
	CachedPlan *cached = plan ? SPI_plan_get_cached_plan(plan) : NULL;
	ListCell *lc;
	ListCell *lc2;

	if (cached == NULL)
		elog(ERROR, "could not plan the statement: %s", SPI_result_code_string(SPI_result));
	foreach(lc, cached->stmt_list)
		foreach(lc2, dm_explain_plan_lines(lfirst_node(PlannedStmt, lc)))
			put_line(rsinfo, psprintf("Datamesh: %s", (char *) lfirst(lc2)));
	/* it belongs to the plan, which is not saved */
	ReleaseCachedPlan(cached, NULL);
}

Datum
dm_explain_query(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char *sql = dm_arg_text(fcinfo, 0, "sql");

	check_statement(sql);
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	SPI_connect();
	if (SPI_execute(psprintf("EXPLAIN (FORMAT TEXT) %s", sql), false, 0) != SPI_OK_UTILITY)
		elog(ERROR, "could not explain the statement");
	for (uint64 i = 0; i < SPI_processed; i++)
		put_line(rsinfo, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1));
	if (!DM_HAVE_EXPLAIN_HOOK)
		put_governed_lines(rsinfo, sql);
	SPI_finish();
	PG_RETURN_NULL();
}
