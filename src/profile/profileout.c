/*
 * profileout.c
 *		The rows of dm_profile.
 */
#include "postgres.h"

#include <math.h>

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "profile/profileout.h"

void
dm_out_init(DmProfileOut *out, const DmProfiledColumn *column)
{
	memset(out->nulls, true, sizeof(out->nulls));
	out->values[DM_OUT_COLUMN] = DirectFunctionCall1(namein, CStringGetDatum(column->name));
	out->nulls[DM_OUT_COLUMN] = false;
	dm_out_text(out, DM_OUT_TYPE, format_type_be(column->typid));
}

void
dm_out_int(DmProfileOut *out, DmProfileField field, int64 value)
{
	out->values[field] = Int64GetDatum(value);
	out->nulls[field] = false;
}

void
dm_out_double(DmProfileOut *out, DmProfileField field, double value)
{
	out->values[field] = Float8GetDatum(value);
	out->nulls[field] = !isfinite(value);
}

void
dm_out_text(DmProfileOut *out, DmProfileField field, const char *value)
{
	out->nulls[field] = value == NULL;
	if (value != NULL)
		out->values[field] = CStringGetTextDatum(value);
}

void
dm_out_json(DmProfileOut *out, DmProfileField field, Jsonb *value)
{
	out->nulls[field] = value == NULL;
	if (value != NULL)
		out->values[field] = JsonbPGetDatum(value);
}

void
dm_out_put(FunctionCallInfo fcinfo, DmProfileOut *out)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	tuplestore_putvalues(result->setResult, result->setDesc, out->values, out->nulls);
}
