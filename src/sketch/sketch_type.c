/*
 * sketch_type.c
 *		The type datamesh.sketch, and what users ask a sketch.
 *
 * Its text is the hexadecimal form of its bytes, as that of bytea is: it is for dumps, not for
 * people, who have dm_describe_sketch().
 */
#include "postgres.h"

#include <math.h>

#include "funcapi.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/tuplestore.h"

#include "base/json.h"
#include "compat/pg_compat.h"
#include "sketch/sketch_json.h"

PG_FUNCTION_INFO_V1(dm_sketch_in);
PG_FUNCTION_INFO_V1(dm_sketch_out);
PG_FUNCTION_INFO_V1(dm_sketch_recv);
PG_FUNCTION_INFO_V1(dm_sketch_send);
PG_FUNCTION_INFO_V1(dm_sketch_concat);
PG_FUNCTION_INFO_V1(dm_count_rows);
PG_FUNCTION_INFO_V1(dm_count_nulls);
PG_FUNCTION_INFO_V1(dm_count_distinct);
PG_FUNCTION_INFO_V1(dm_find_quantile);
PG_FUNCTION_INFO_V1(dm_list_frequent_values);
PG_FUNCTION_INFO_V1(dm_describe_sketch);

Datum
dm_sketch_in(PG_FUNCTION_ARGS)
{
	bytea *bytes = DatumGetByteaPP(DirectFunctionCall1(byteain, PG_GETARG_DATUM(0)));

	(void) dm_sketch_unpack(bytes, CurrentMemoryContext);
	PG_RETURN_BYTEA_P(bytes);
}

Datum
dm_sketch_out(PG_FUNCTION_ARGS)
{
	bytea *bytes = PG_GETARG_BYTEA_PP(0);
	int len = VARSIZE_ANY_EXHDR(bytes);
	char *text = palloc(2 + 2 * (Size) len + 1);

	strcpy(text, "\\x");
	text[2 + hex_encode(VARDATA_ANY(bytes), len, text + 2)] = '\0';
	PG_RETURN_CSTRING(text);
}

Datum
dm_sketch_recv(PG_FUNCTION_ARGS)
{
	bytea *bytes = DatumGetByteaPP(DirectFunctionCall1(bytearecv, PG_GETARG_DATUM(0)));

	(void) dm_sketch_unpack(bytes, CurrentMemoryContext);
	PG_RETURN_BYTEA_P(bytes);
}

Datum
dm_sketch_send(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(PG_GETARG_BYTEA_P_COPY(0));
}

static DmSketch *
arg_sketch(FunctionCallInfo fcinfo, int n)
{
	return dm_sketch_unpack(PG_GETARG_BYTEA_PP(n), CurrentMemoryContext);
}

Datum
dm_sketch_concat(PG_FUNCTION_ARGS)
{
	DmSketch *into = arg_sketch(fcinfo, 0);

	dm_sketch_merge(into, arg_sketch(fcinfo, 1));
	PG_RETURN_BYTEA_P(dm_sketch_pack(into));
}

Datum
dm_count_rows(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(arg_sketch(fcinfo, 0)->rows);
}

Datum
dm_count_nulls(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(arg_sketch(fcinfo, 0)->nulls);
}

Datum
dm_count_distinct(PG_FUNCTION_ARGS)
{
	double distinct = dm_sketch_distinct(arg_sketch(fcinfo, 0));

	if (isnan(distinct))
		PG_RETURN_NULL();
	PG_RETURN_INT64((int64) Min(rint(distinct), 9e18));
}

Datum
dm_find_quantile(PG_FUNCTION_ARGS)
{
	DmSketch *sketch = arg_sketch(fcinfo, 0);
	double share = PG_GETARG_FLOAT8(1);
	char *text;

	if (isnan(share) || share < 0 || share > 1)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("the share of a quantile is from 0 to 1")));
	if (!dm_sketch_is_measured(sketch))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("a sketch of type %s has no quantiles", sketch->typname),
				 errdetail("Numbers, dates and times have them.")));
	text = dm_sketch_quantile(sketch, dm_kll_view(&sketch->kll), share);
	if (text == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(text));
}

Datum
dm_list_frequent_values(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	DmSketch *sketch = arg_sketch(fcinfo, 0);
	int limit = PG_GETARG_INT32(1);
	int64 values = sketch->rows - sketch->nulls;
	DmHeavyItem **items;
	int n;

	InitMaterializedSRF(fcinfo, 0);
	items = dm_heavy_top(&sketch->heavy, Max(limit, 0), &n);
	for (int i = 0; i < n; i++)
	{
		char *text = dm_sketch_value_text(sketch, items[i]);
		Datum row[3] = { 0 };
		bool nulls[3] = { false };

		nulls[0] = text == NULL;
		if (text != NULL)
			row[0] = CStringGetTextDatum(text);
		row[1] = Int64GetDatum(items[i]->count);
		row[2] = Int64GetDatum(dm_heavy_error(&sketch->heavy, items[i]->count, values));
		tuplestore_putvalues(result->setResult, result->setDesc, row, nulls);
	}
	return (Datum) 0;
}

static void
add_part(DmJsonBuilder *b, const char *key, Jsonb *part)
{
	if (part != NULL)
		dm_json_add_container(b, key, &part->root);
}

static void
add_number(DmJsonBuilder *b, const char *key, double value)
{
	if (isfinite(value))
		dm_json_add_number(b, key, float8out_internal(value));
}

Datum
dm_describe_sketch(PG_FUNCTION_ARGS)
{
	DmSketch *sketch = arg_sketch(fcinfo, 0);
	double distinct = dm_sketch_distinct(sketch);
	DmJsonBuilder b = { NULL };

	dm_json_begin_object(&b, NULL);
	dm_json_add_text(&b, "type", sketch->typname);
	dm_json_add_int(&b, "rows", sketch->rows);
	dm_json_add_int(&b, "nulls", sketch->nulls);
	add_number(&b, "distinct", rint(distinct));
	dm_json_add_int(&b, "nan", sketch->nans);
	dm_json_add_int(&b, "infinite", sketch->infinite);
	dm_json_add_text(&b, "min", dm_sketch_min(sketch));
	dm_json_add_text(&b, "max", dm_sketch_max(sketch));
	if (dm_sketch_has_mean(sketch) && sketch->moments.n > 0)
	{
		add_number(&b, "mean", sketch->moments.mean);
		add_number(&b, "deviation", dm_moments_deviation(&sketch->moments));
	}
	add_part(&b, "quantiles", dm_sketch_quantiles_json(sketch));
	add_part(&b, "top", dm_sketch_top_json(sketch, DM_SKETCH_TOP));
	add_part(&b, "lengths", dm_sketch_lengths_json(sketch));
	add_part(&b, "shapes", dm_sketch_shapes_json(sketch, DM_SKETCH_TOP));
	add_part(&b, "histogram", dm_sketch_histogram_json(sketch));
	add_part(&b, "errors", dm_sketch_errors_json(sketch));
	dm_json_end_object(&b);
	PG_RETURN_JSONB_P(dm_json_done(&b));
}
