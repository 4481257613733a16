/*
 * evolve.c
 *		dm_evolve: a team's DDL with the ports lifted, and put back under their contract.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "base/args.h"
#include "base/attempt.h"
#include "base/errors.h"
#include "base/run_as.h"
#include "catalog/command.h"
#include "compat/pg_compat.h"
#include "gate/collect.h"
#include "gate/evolve.h"
#include "gate/promise.h"
#include "port/lift.h"
#include "port/port.h"
#include "registry/product.h"
#include "rowpolicy/policylift.h"

PG_FUNCTION_INFO_V1(dm_evolve);

static bool evolving = false;

bool
dm_evolving(void)
{
	DmCommand *command;

	for (command = dm_command_current(); command != NULL; command = command->outer)
		if (command->evolution != NULL)
			return true;
	return evolving;
}

DmEvolution *
dm_evolution_begin(List *relids)
{
	DmEvolution *evolution = palloc0(sizeof(DmEvolution));

	evolution->views = dm_lift(relids);
	evolution->policies = dm_policies_lift(relids);
	return evolution;
}

List *
dm_evolution_end(DmEvolution *evolution)
{
	/* a port's text may have the conditions of policies in it */
	List *reports = dm_policies_put_back(evolution->policies);
	ListCell *lc;

	reports = list_concat(reports, dm_lift_put_back(evolution->views, dm_promise_admits_type));
	/* the gate has not seen what happened to them, which was no command */
	foreach(lc, reports)
		if (((DmLiftReport *) lfirst(lc))->product != 0)
			dm_gate_mark(((DmLiftReport *) lfirst(lc))->product);
	return reports;
}

void
dm_evolution_check(List *reports, const char *subject)
{
	StringInfoData detail;
	bool port = false;
	ListCell *lc;

	initStringInfo(&detail);
	foreach(lc, reports)
	{
		DmLiftReport *report = lfirst(lc);

		if (report->verdict != DM_LIFT_BROKEN)
			continue;
		port |= report->product != 0;
		appendStringInfo(&detail, "%s%s, %s%s%s: %s.", detail.len > 0 ? "\n" : "", report->object,
						 report->kind, OidIsValid(report->owner) ? " owned by " : "",
						 OidIsValid(report->owner) ? GetUserNameFromId(report->owner, true) : "",
						 report->detail ? report->detail : "it cannot be put back");
	}
	if (detail.len == 0)
		return;
	ereport(ERROR,
			(errcode(port ? ERRCODE_DM_CONTRACT : ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("%s would break what depends on it", subject),
			 errdetail_internal("%s", detail.data),
			 port ? errhint("Keep under the old name what the port shows, in the table or in a view in its place; or register a new major version of the product and retire this one.") :
					errhint("Ask the owners to drop or to change them first; or keep the old types in a view in the place of the table.")));
}

/* Transactions belong to the caller, not to the text. */
static void
check_statements(List *statements)
{
	ListCell *lc;

	foreach(lc, statements)
	{
		Node *statement = lfirst_node(RawStmt, lc)->stmt;

		if (IsA(statement, TransactionStmt))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("%s is not allowed in the DDL of dm_evolve",
							GetCommandTagName(CreateCommandTag(statement))),
					 errdetail("All of it happens in one transaction, with the ports.")));
	}
}

/* Relations that the text names, which are the caller's and below ports. */
static List *
relations_named(List *statements)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, statements)
	{
		AlterTableStmt *statement = (AlterTableStmt *) lfirst_node(RawStmt, lc)->stmt;
		Oid relid;

		if (!IsA(statement, AlterTableStmt))
			continue;
		relid = RangeVarGetRelid(statement->relation, NoLock, true);
		if (OidIsValid(relid) && dm_class_ownercheck(relid, GetUserId()) &&
			dm_lift_concerns(relid))
			result = list_concat_unique_oid(result, dm_lift_of_table(relid));
	}
	return result;
}

/*
 * The caller's text with the caller's rights.  What it sets (a role, a search path) ends with it.
 */
static void
run_ddl(const char *ddl)
{
	Oid userid = GetUserId();
	int save_nestlevel = NewGUCNestLevel();
	int result;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	result = SPI_execute(ddl, false, 0);
	if (result < 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the DDL of dm_evolve cannot be executed: %s",
						SPI_result_code_string(result))));
	SPI_finish();
	AtEOXact_GUC(false, save_nestlevel);
	if (GetUserId() != userid)
		elog(ERROR, "the DDL of dm_evolve has changed the role");
	CommandCounterIncrement();
}

/* One call of dm_evolve. */
typedef struct Evolve
{
	const char *text; /* names the product */
	const char *ddl;
	List *relids;
	List *reports;
	MemoryContext cxt; /* of the reports */
	void (*look)(void *);
	void *look_arg;
} Evolve;

static void
evolve(void *arg)
{
	Evolve *work = arg;
	DmEvolution *evolution = dm_evolution_begin(work->relids);
	MemoryContext old;

	/* the locks of dm_evolution_begin come before this one */
	(void) dm_product_get_for_update(work->text);
	run_ddl(work->ddl);
	old = MemoryContextSwitchTo(work->cxt);
	work->reports = dm_evolution_end(evolution);
	MemoryContextSwitchTo(old);
	if (work->look != NULL)
		work->look(work->look_arg);
}

/* The views and policies of one evolution are out of the way of a second one already. */
static void
evolve_alone(Evolve *work, bool dry_run)
{
	/* what is not guarded would be the caller's text then */
	if (dm_in_internal())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("dm_evolve cannot be called by what a command of datamesh executes")));
	if (dm_evolving())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("dm_evolve cannot be called in the DDL of dm_evolve")));
	evolving = true;
	PG_TRY();
	{
		if (dry_run)
			dm_rehearse(evolve, work);
		else
			evolve(work);
	}
	PG_FINALLY();
	{
		evolving = false;
	}
	PG_END_TRY();
}

static void
return_reports(ReturnSetInfo *rsinfo, List *reports)
{
	ListCell *lc;

	foreach(lc, reports)
	{
		DmLiftReport *report = lfirst(lc);
		Datum values[5];
		bool nulls[5] = { false, false, false, false, false };

		values[0] = CStringGetTextDatum(report->object);
		values[1] = CStringGetTextDatum(report->kind);
		values[2] = ObjectIdGetDatum(report->owner);
		nulls[2] = !OidIsValid(report->owner);
		values[3] = CStringGetTextDatum(dm_lift_verdict_name(report->verdict));
		nulls[4] = report->detail == NULL;
		values[4] = nulls[4] ? (Datum) 0 : CStringGetTextDatum(report->detail);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

/* Reads the arguments; the product that they name. */
static DmProduct *
prepare_evolve(Evolve *work, const char *text, const char *ddl)
{
	DmProduct *product = dm_product_get(text, false);
	List *statements;

	dm_product_check_manage(product);
	work->text = text;
	work->ddl = ddl;
	work->cxt = CurrentMemoryContext;
	statements = pg_parse_query(ddl);
	check_statements(statements);
	work->relids = list_concat_unique_oid(dm_lift_relations(product),
										  relations_named(statements));
	return product;
}

List *
dm_evolve_rehearse(const char *product, const char *ddl, void (*look)(void *), void *arg)
{
	Evolve work = { .look = look, .look_arg = arg };

	(void) prepare_evolve(&work, product, ddl);
	evolve_alone(&work, true);
	return work.reports;
}

Datum
dm_evolve(PG_FUNCTION_ARGS)
{
	Evolve work = { 0 };
	bool dry_run = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	char *text = dm_arg_text(fcinfo, 0, "product");
	char *ddl = dm_arg_text(fcinfo, 1, "ddl");
	DmProduct *product = prepare_evolve(&work, text, ddl);

	InitMaterializedSRF(fcinfo, 0);
	evolve_alone(&work, dry_run);
	if (!dry_run)
		dm_evolution_check(work.reports, psprintf("the change of product \"%s\"", product->label));
	return_reports((ReturnSetInfo *) fcinfo->resultinfo, work.reports);
	PG_RETURN_NULL();
}
