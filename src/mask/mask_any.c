/*
 * mask_any.c
 *		Masks for a value of any type: dm_mask_null, dm_mask_constant.
 */
#include "postgres.h"

#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

#include "compat/pg_compat.h"

/* What dm_mask_constant keeps from call to call, in fn_extra */
typedef struct ConstantCache
{
	FmgrInfo input; /* the type's input function */
	Oid ioparam;
	int16 typlen;
	bool typbyval;
	text *source; /* the replacement that value was read from */
	Datum value;
} ConstantCache;

PG_FUNCTION_INFO_V1(dm_mask_null);
PG_FUNCTION_INFO_V1(dm_mask_null_support);
PG_FUNCTION_INFO_V1(dm_mask_constant);

Datum
dm_mask_null(PG_FUNCTION_ARGS)
{
	PG_RETURN_NULL();
}

/*
 * Planner support of dm_mask_null: the call is folded to a null constant, so
 * that the column behind it is not even fetched.
 */
Datum
dm_mask_null_support(PG_FUNCTION_ARGS)
{
	Node *request = (Node *) PG_GETARG_POINTER(0);
	Node *result = NULL;

	if (IsA(request, SupportRequestSimplify))
	{
		FuncExpr *call = ((SupportRequestSimplify *) request)->fcall;

		if (!contain_volatile_functions((Node *) call->args))
			result = (Node *) makeNullConst(call->funcresulttype, -1,
											call->funccollid);
	}
	PG_RETURN_POINTER(result);
}

/*
 * Returns the cache of the calling expression, made in its first call.
 */
static ConstantCache *
get_cache(FmgrInfo *flinfo)
{
	ConstantCache *cache = (ConstantCache *) flinfo->fn_extra;
	Oid type;
	Oid input;

	if (cache != NULL)
		return cache;

	type = get_fn_expr_argtype(flinfo, 0);
	if (!OidIsValid(type))
		ereport(ERROR,
				(errcode(ERRCODE_INDETERMINATE_DATATYPE),
				 errmsg("could not determine the data type of the value")));

	cache = (ConstantCache *) MemoryContextAllocZero(flinfo->fn_mcxt,
													 sizeof(ConstantCache));
	getTypeInputInfo(type, &input, &cache->ioparam);
	fmgr_info_cxt(input, &cache->input, flinfo->fn_mcxt);
	get_typlenbyval(type, &cache->typlen, &cache->typbyval);
	flinfo->fn_extra = cache;
	return cache;
}

/*
 * Tells whether the cached value was read from this replacement.  It nearly
 * always was; but an expression of PL/pgSQL outlives its parameters' values.
 */
static bool
is_cached(const ConstantCache *cache, const text *replacement)
{
	return cache->source != NULL &&
		   VARSIZE_ANY_EXHDR(cache->source) == VARSIZE_ANY_EXHDR(replacement) &&
		   memcmp(VARDATA_ANY(cache->source), VARDATA_ANY(replacement),
				  VARSIZE_ANY_EXHDR(replacement)) == 0;
}

/*
 * Reads the replacement as a value of the type, into the cache.
 */
static void
read_replacement(ConstantCache *cache, text *replacement, MemoryContext context)
{
	MemoryContext old;
	Datum value;

	value = InputFunctionCall(&cache->input, text_to_cstring(replacement),
							  cache->ioparam, -1);

	if (cache->source != NULL)
	{
		pfree(cache->source);
		cache->source = NULL;
		if (!cache->typbyval)
			pfree(DatumGetPointer(cache->value));
	}
	old = MemoryContextSwitchTo(context);
	cache->value = datumCopy(value, cache->typbyval, cache->typlen);
	cache->source = (text *)
		DatumGetPointer(datumCopy(PointerGetDatum(replacement), false, -1));
	MemoryContextSwitchTo(old);
}

Datum
dm_mask_constant(PG_FUNCTION_ARGS)
{
	text *replacement = PG_GETARG_TEXT_PP(1);
	ConstantCache *cache = get_cache(fcinfo->flinfo);

	if (!is_cached(cache, replacement))
		read_replacement(cache, replacement, fcinfo->flinfo->fn_mcxt);

	/* a copy, because the caller may hold the result longer than the cache */
	PG_RETURN_DATUM(datumCopy(cache->value, cache->typbyval, cache->typlen));
}
