/*
 * enforce.c
 *		dm_enforce: constraints for what a contract promises of the data.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "base/args.h"
#include "base/attempt.h"
#include "base/run_as.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "compat/pg_compat.h"
#include "conform/conform.h"
#include "conform/enforce.h"
#include "contract/version.h"
#include "registry/product.h"

PG_FUNCTION_INFO_V1(dm_enforce);

/* One call of dm_enforce. */
typedef struct Enforcing
{
	ReturnSetInfo *rsinfo;
	bool dry_run;
} Enforcing;

static void
tell(Enforcing *enforcing, DmPromise *promise, const char *state, const char *statement,
	 const char *detail)
{
	Datum values[5];
	bool nulls[5] = { false, false, false, false, false };

	values[0] = CStringGetTextDatum(promise->pointer);
	values[1] = CStringGetTextDatum(psprintf("%s %s", promise->path, promise->kind));
	values[2] = CStringGetTextDatum(state);
	nulls[3] = statement == NULL;
	values[3] = nulls[3] ? (Datum) 0 : CStringGetTextDatum(statement);
	nulls[4] = detail == NULL;
	values[4] = nulls[4] ? (Datum) 0 : CStringGetTextDatum(detail);
	tuplestore_putvalues(enforcing->rsinfo->setResult, enforcing->rsinfo->setDesc, values, nulls);
}

static void
execute_steps(void *arg)
{
	DmEnforcement *enforcement = arg;
	ListCell *lc;

	foreach(lc, enforcement->steps)
	{
		CHECK_FOR_INTERRUPTS();
		dm_execute_as(enforcement->owner, lfirst(lc));
	}
}

static bool
is_violation(int sqlerrcode)
{
	return ERRCODE_TO_CATEGORY(sqlerrcode) == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION;
}

/* All steps or none of them.  The error's detail has values of rows in it, and is not told. */
static void
make_constraint(Enforcing *enforcing, DmEnforcement *enforcement)
{
	ErrorData *error = dm_attempt(execute_steps, enforcement);
	ListCell *lc;

	if (error != NULL)
	{
		tell(enforcing, enforcement->promise,
			 is_violation(error->sqlerrcode) ? "violated" : "not possible",
			 linitial(enforcement->steps), error->message);
		return;
	}
	foreach(lc, enforcement->steps)
		tell(enforcing, enforcement->promise, "created", lfirst(lc), NULL);
}

static void
enforce_promise(Enforcing *enforcing, DmPromise *promise)
{
	DmEnforcement *enforcement;
	char *violations;
	ListCell *lc;

	if (promise->kept == DM_KEPT)
	{
		tell(enforcing, promise, "held", NULL, NULL);
		return;
	}
	enforcement = dm_enforcement_plan(promise);
	if (enforcement->problem == NULL && !dm_class_ownercheck(promise->relid, GetUserId()))
		enforcement->problem = psprintf("only members of role \"%s\", the owner of %s, may do this",
										GetUserNameFromId(enforcement->owner, true),
										dm_relation_sql(promise->relid));
	if (enforcement->problem != NULL)
	{
		tell(enforcing, promise, "not possible", NULL, enforcement->problem);
		return;
	}
	violations = dm_enforcement_violations(enforcement);
	if (violations != NULL)
		tell(enforcing, promise, "violated", psprintf("SELECT * FROM %s", enforcement->offending),
			 violations);
	else if (!enforcing->dry_run)
		make_constraint(enforcing, enforcement);
	else
		foreach(lc, enforcement->offer)
			tell(enforcing, promise, "possible", lfirst(lc), NULL);
}

/* Each pass begins with what the one before has left: a primary key holds other promises, too. */
typedef enum Pass
{
	PASS_PRIMARY_KEYS,
	PASS_COLUMNS,
	PASS_RELATIONSHIPS, /* which need the keys */
	PASS_END
} Pass;

static Pass
pass_of(DmPromise *promise)
{
	if (strcmp(promise->kind, "primaryKey") == 0)
		return PASS_PRIMARY_KEYS;
	if (strcmp(promise->kind, "relationship") == 0)
		return PASS_RELATIONSHIPS;
	return PASS_COLUMNS;
}

static void
enforce_all(Enforcing *enforcing, DmContract *contract, DmProduct *product)
{
	for (Pass pass = PASS_PRIMARY_KEYS; pass < PASS_END; pass++)
	{
		ListCell *lc;

		foreach(lc, dm_conform_promises(contract, product))
		{
			DmPromise *promise = lfirst(lc);

			CHECK_FOR_INTERRUPTS();
			if (promise->data && pass_of(promise) == pass)
				enforce_promise(enforcing, promise);
		}
	}
}

/* From now on the gate demands what is held. */
static void
note_held(DmContractVersion *version, DmContract *contract, DmProduct *product)
{
	List *held = list_copy(version->held);
	ListCell *lc;

	foreach(lc, dm_conform_held(dm_conform_promises(contract, product)))
		held = dm_string_append_unique(held, lfirst(lc));
	if (list_length(held) != list_length(version->held))
		dm_contract_set_held(version, held);
}

Datum
dm_enforce(PG_FUNCTION_ARGS)
{
	DmProduct *product = dm_product_get_for_update(dm_arg_text(fcinfo, 0, "product"));
	Enforcing enforcing = { .dry_run = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1) };
	DmContractVersion *version = dm_contract_active(product->id);
	DmContract *contract;

	if (version == NULL)
		version = dm_contract_draft(product->id);
	if (version == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("product \"%s\" has no contract", product->label),
				 errhint("Use SELECT dm_import_contract(dm_describe_contract(%s)) to give it one.",
						 quote_literal_cstr(product->label))));
	contract = dm_contract_read(dm_contract_document(version), true, NULL);
	if (contract == NULL)
		elog(ERROR, "the contract of product \"%s\" cannot be read", product->label);
	InitMaterializedSRF(fcinfo, 0);
	enforcing.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	enforce_all(&enforcing, contract, product);
	if (!enforcing.dry_run)
		note_held(version, contract, product);
	PG_RETURN_NULL();
}
