/*
 * mask_number.c
 *		dm_mask_number: truncates a number to a multiple of a step.
 *
 * Truncation is towards zero, so the magnitude never grows and the result
 * fits wherever the value did.  The step is numeric for each type of value:
 * so a call resolves by the type of the value alone, whatever number the step
 * is written as, and the type of the value is the type of the result.
 *
 * In practice the step is a constant.  Its checked and converted form is kept
 * in fn_extra with a copy of what it was made from.
 */
#include "postgres.h"

#include <math.h>

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "compat/pg_compat.h"

typedef struct StepCache
{
	Size size;	  /* of source */
	char *source; /* bytes of the argument; NULL if not valid */
	bool is_whole;
	int64 whole; /* the step; 0 if it exceeds each int64 */
	double real;
	bool is_exact; /* whole, and so is it as a double */
} StepCache;

/* Below this, each whole number is a double */
#define EXACT_LIMIT 9007199254740992.0 /* 2^53 */

PG_FUNCTION_INFO_V1(dm_mask_number_int2);
PG_FUNCTION_INFO_V1(dm_mask_number_int4);
PG_FUNCTION_INFO_V1(dm_mask_number_int8);
PG_FUNCTION_INFO_V1(dm_mask_number_numeric);
PG_FUNCTION_INFO_V1(dm_mask_number_float4);
PG_FUNCTION_INFO_V1(dm_mask_number_float8);

/*
 * Checks the step and fills in its converted forms.
 */
static void
convert_step(StepCache *cache, Numeric step)
{
	Datum datum = NumericGetDatum(step);
	Datum max = NumericGetDatum(int64_to_numeric(PG_INT64_MAX));

	if (numeric_is_nan(step) || numeric_is_inf(step) ||
		!DatumGetBool(DirectFunctionCall2(numeric_gt, datum,
										  NumericGetDatum(int64_to_numeric(0)))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("step must be greater than zero and finite")));

	cache->is_whole =
		DatumGetBool(DirectFunctionCall2(numeric_eq, datum,
										 DirectFunctionCall1(numeric_floor, datum)));
	cache->whole = 0;
	if (cache->is_whole &&
		DatumGetBool(DirectFunctionCall2(numeric_le, datum, max)))
		cache->whole = DatumGetInt64(DirectFunctionCall1(numeric_int8, datum));
	cache->real =
		DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, datum));
	cache->is_exact = cache->is_whole && cache->real < EXACT_LIMIT;
}

/*
 * Returns the step, the function's second argument, in its converted forms.
 */
static const StepCache *
get_step(FunctionCallInfo fcinfo)
{
	struct varlena *arg = PG_GETARG_VARLENA_PP(1);
	Size size = VARSIZE_ANY_EXHDR(arg);
	FmgrInfo *flinfo = fcinfo->flinfo;
	StepCache *cache = (StepCache *) flinfo->fn_extra;

	if (cache == NULL)
	{
		cache = (StepCache *) MemoryContextAllocZero(flinfo->fn_mcxt,
													 sizeof(StepCache));
		flinfo->fn_extra = cache;
	}
	if (cache->source != NULL && cache->size == size &&
		memcmp(cache->source, VARDATA_ANY(arg), size) == 0)
		return cache;

	if (cache->source != NULL)
		pfree(cache->source);
	cache->source = NULL;
	convert_step(cache, PG_GETARG_NUMERIC(1));
	cache->source = (char *) MemoryContextAlloc(flinfo->fn_mcxt, size);
	memcpy(cache->source, VARDATA_ANY(arg), size);
	cache->size = size;
	return cache;
}

/*
 * Serves the integer types; the result fits into the type of the value.
 */
static int64
truncate_integer(FunctionCallInfo fcinfo, int64 value)
{
	const StepCache *step = get_step(fcinfo);

	if (!step->is_whole)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("step for an integer must be a whole number")));
	if (step->whole == 0)
		return 0;
	return value - value % step->whole;
}

Datum
dm_mask_number_int2(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT16((int16) truncate_integer(fcinfo, PG_GETARG_INT16(0)));
}

Datum
dm_mask_number_int4(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) truncate_integer(fcinfo, PG_GETARG_INT32(0)));
}

Datum
dm_mask_number_int8(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(truncate_integer(fcinfo, PG_GETARG_INT64(0)));
}

/*
 * Truncates a numeric to a whole step by integer arithmetic, if the value is
 * of modest size.  The conversion rounds it; if it was rounded to a multiple
 * of the step, that may be beyond the value, and false is returned.
 */
static bool
truncate_small_numeric(Numeric value, int64 step, int64 *result)
{
	bool failed = false;
	int64 rounded = numeric_int4_opt_error(value, &failed);

	*result = rounded - rounded % step;
	return !failed && *result != rounded;
}

/*
 * A step that is not whole goes by the rest of the division: a quotient might
 * be more than numeric can hold.
 */
Datum
dm_mask_number_numeric(PG_FUNCTION_ARGS)
{
	Numeric value = PG_GETARG_NUMERIC(0);
	const StepCache *step = get_step(fcinfo);
	Datum divisor = PG_GETARG_DATUM(1);
	Datum part;
	int64 small;

	if (step->whole > 0 && truncate_small_numeric(value, step->whole, &small))
		PG_RETURN_NUMERIC(int64_to_numeric(small));
	if (numeric_is_nan(value) || numeric_is_inf(value))
		PG_RETURN_NUMERIC(value);

	if (step->is_whole)
	{
		if (step->whole > 0) /* without digits after the point */
			divisor = NumericGetDatum(int64_to_numeric(step->whole));
		part = DirectFunctionCall2(numeric_div_trunc, NumericGetDatum(value),
								   divisor);
		return DirectFunctionCall2(numeric_mul, part, divisor);
	}
	part = DirectFunctionCall2(numeric_mod, NumericGetDatum(value), divisor);
	return DirectFunctionCall2(numeric_sub, NumericGetDatum(value), part);
}

/*
 * Serves the floating-point types.
 */
static double
truncate_real(FunctionCallInfo fcinfo, double value)
{
	const StepCache *step = get_step(fcinfo);

	if (step->is_exact && fabs(value) < EXACT_LIMIT)
	{
		double result = (double) (int64) (value / step->real) * step->real;

		/* the quotient may have been rounded up to a whole number */
		if (fabs(result) > fabs(value))
			result -= copysign(step->real, value);
		return result;
	}
	if (isnan(value) || isinf(value))
		return value;
	if (step->real == 0)
		return value; /* finer than the type can tell */

	/*
	 * fmod() is exact and has the sign of the value; so the difference, even
	 * when rounded, is not beyond the value.
	 */
	return value - fmod(value, step->real);
}

Datum
dm_mask_number_float4(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT4((float4) truncate_real(fcinfo, PG_GETARG_FLOAT4(0)));
}

Datum
dm_mask_number_float8(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8(truncate_real(fcinfo, PG_GETARG_FLOAT8(0)));
}
