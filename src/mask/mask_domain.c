/*
 * mask_domain.c
 *		Masked values of columns whose type is a domain.
 *
 * A port keeps the type of its source's columns.  Where that is a domain with
 * checks, a masked value may fail them, and a plain cast would turn every read
 * into an error.  Such a value becomes NULL: like an outer join, that may
 * put a null where the domain says NOT NULL, but never a value that fails a check.
 */
#include "postgres.h"

#include "executor/executor.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(dm_as_domain);

typedef struct DomainState
{
	DomainConstraintRef constraints;
	ExprContext *econtext;
} DomainState;

/* First call at this site: the types must fit, and the domain's checks are made ready. */
static DomainState *
init_state(FunctionCallInfo fcinfo)
{
	Oid value_type = get_fn_expr_argtype(fcinfo->flinfo, 0);
	Oid domain_type = get_fn_expr_argtype(fcinfo->flinfo, 1);
	MemoryContext old;
	DomainState *state;

	if (!OidIsValid(value_type) || !OidIsValid(domain_type) ||
		getBaseType(value_type) != getBaseType(domain_type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("the value is not of the domain's base type")));

	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	state = palloc0(sizeof(DomainState));
	InitDomainConstraintRef(domain_type, &state->constraints, fcinfo->flinfo->fn_mcxt, true);
	state->econtext = CreateStandaloneExprContext();
	MemoryContextSwitchTo(old);
	fcinfo->flinfo->fn_extra = state;
	return state;
}

Datum
dm_as_domain(PG_FUNCTION_ARGS)
{
	DomainState *state = fcinfo->flinfo->fn_extra;
	ListCell *lc;
	bool passes = true;

	if (state == NULL)
		state = init_state(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();

	UpdateDomainConstraintRef(&state->constraints);
	foreach(lc, state->constraints.constraints)
	{
		DomainConstraintState *constraint = lfirst(lc);

		if (constraint->constrainttype != DOM_CONSTRAINT_CHECK)
			continue;
		state->econtext->domainValue_datum = PG_GETARG_DATUM(0);
		state->econtext->domainValue_isNull = false;
		passes = passes && ExecCheck(constraint->check_exprstate, state->econtext);
	}
	ResetExprContext(state->econtext);
	if (!passes)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}
