/*
 * guard_validate.c
 *		dm_validate_rules: what constraints of rules say of the rows that were there before.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

#include "base/args.h"
#include "base/attempt.h"
#include "base/run_as.h"
#include "base/sqlname.h"
#include "catalog/relation.h"
#include "compat/pg_compat.h"
#include "quality/guard.h"

PG_FUNCTION_INFO_V1(dm_validate_rules);

/* One constraint of a rule. */
typedef struct Validation
{
	Oid relid;
	const char *name;
} Validation;

static bool
is_validated(Oid constraint)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	bool result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for constraint %u", constraint);
	result = ((Form_pg_constraint) GETSTRUCT(tuple))->convalidated;
	ReleaseSysCache(tuple);
	return result;
}

static void
validate(void *arg)
{
	Validation *validation = arg;

	dm_execute_as(dm_relation_owner(validation->relid),
				  psprintf("ALTER TABLE %s VALIDATE CONSTRAINT %s",
						   dm_relation_sql(validation->relid),
						   quote_identifier(validation->name)));
}

static void
tell(ReturnSetInfo *rsinfo, DmRule *rule, const char *constraint, const char *state,
	 const char *detail)
{
	Datum values[4];
	bool nulls[4] = { false, false, false, false };

	values[0] = CStringGetTextDatum(rule->name);
	values[1] = CStringGetTextDatum(constraint);
	values[2] = CStringGetTextDatum(state);
	nulls[3] = detail == NULL;
	values[3] = nulls[3] ? (Datum) 0 : CStringGetTextDatum(detail);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* The message of a violation names the constraint; its detail would show values. */
static void
validate_rule(ReturnSetInfo *rsinfo, DmRule *rule)
{
	for (int i = 0;; i++)
	{
		Validation validation = { rule->relid };
		Oid constraint;
		ErrorData *error;

		validation.name = dm_guard_object_name(rule, i == 0 ? "" : psprintf("_%d", i));
		constraint = get_relation_constraint_oid(rule->relid, validation.name, true);
		if (!OidIsValid(constraint))
			return;
		if (is_validated(constraint))
		{
			tell(rsinfo, rule, validation.name, "valid", NULL);
			continue;
		}
		error = dm_attempt(validate, &validation);
		if (error == NULL)
			tell(rsinfo, rule, validation.name, "validated", NULL);
		else if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION)
			tell(rsinfo, rule, validation.name, "violated", error->message);
		else
			ReThrowError(error);
	}
}

Datum
dm_validate_rules(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	ListCell *lc;

	if (!dm_class_ownercheck(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(relid)),
					   get_rel_name(relid));
	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, dm_guard_rules(relid, DM_MODE_REJECT))
	{
		CHECK_FOR_INTERRUPTS();
		validate_rule((ReturnSetInfo *) fcinfo->resultinfo, lfirst(lc));
	}
	PG_RETURN_NULL();
}
