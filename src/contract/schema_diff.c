/*
 * schema_diff.c
 *		SQL functions that compare two schemas of data.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/args.h"
#include "base/json.h"
#include "base/seen.h"
#include "contract/standard.h"
#include "jsonschema/compat.h"

PG_FUNCTION_INFO_V1(dm_diff_schema);
PG_FUNCTION_INFO_V1(dm_schema_compatibility);

typedef struct Schemas
{
	Jsonb *old;
	Jsonb *new;
	List *backward; /* obstacles of old data under the new schema */
	List *forward;	/* of new data under the old schema */
} Schemas;

static Jsonb *
arg_schema(FunctionCallInfo fcinfo, int n, const char *argname)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", argname)));
	return PG_GETARG_JSONB_P(n);
}

/* Reads the arguments and compares both ways; everything is in the current context. */
static Schemas
compare(FunctionCallInfo fcinfo)
{
	Schemas result;
	char *format;

	result.old = arg_schema(fcinfo, 0, "old");
	result.new = arg_schema(fcinfo, 1, "new");
	format = dm_arg_text(fcinfo, 2, "format");
	if (strcmp(format, "jsonschema") == 0)
	{
		DmJsonSchema *old = dm_contract_schema_compile(result.old, NULL);
		DmJsonSchema *new = dm_contract_schema_compile(result.new, NULL);

		result.backward = dm_js_obstacles(old, new);
		result.forward = dm_js_obstacles(new, old);
	}
	else if (strcmp(format, "avro") == 0)
	{
		result.backward = dm_avro_obstacles(result.old, result.new);
		result.forward = dm_avro_obstacles(result.new, result.old);
	}
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown format \"%s\" of schemas", format),
				 errhint("The formats are jsonschema and avro.")));
	return result;
}

/* The place and the kind of an obstacle as one name. */
static char *
obstacle_name(JsObstacle *obstacle)
{
	return psprintf("%s %s", obstacle->kind, obstacle->pointer);
}

static DmSeen *
names_of(List *obstacles)
{
	DmSeen *result = dm_seen_create();
	ListCell *lc;

	foreach(lc, obstacles)
		(void) dm_seen(result, obstacle_name(lfirst(lc)), lfirst(lc));
	return result;
}

/* What stands at the place in a schema, or null. */
static Datum
value_at(Jsonb *schema, const char *pointer, bool *isnull)
{
	JsonbValue value;

	*isnull = !dm_pointer_get(schema, pointer, &value);
	return *isnull ? (Datum) 0 : JsonbPGetDatum(dm_json_document(&value));
}

static void
put_rows(ReturnSetInfo *rsinfo, Schemas *schemas, bool backward)
{
	List *mine = backward ? schemas->backward : schemas->forward;
	DmSeen *others = names_of(backward ? schemas->forward : schemas->backward);
	DmSeen *told = dm_seen_create();
	ListCell *lc;

	foreach(lc, mine)
	{
		JsObstacle *obstacle = lfirst(lc);
		char *name = obstacle_name(obstacle);
		bool both = dm_seen_find(others, name) != NULL;
		Datum values[5];
		bool nulls[5] = { false };

		CHECK_FOR_INTERRUPTS();
		if ((both && !backward) || dm_seen(told, name, obstacle) != NULL)
			continue;
		values[0] = CStringGetTextDatum(obstacle->pointer);
		values[1] = CStringGetTextDatum(obstacle->kind);
		values[2] = value_at(schemas->old, obstacle->pointer, &nulls[2]);
		values[3] = value_at(schemas->new, obstacle->pointer, &nulls[3]);
		values[4] = CStringGetTextDatum(both ? "both" : backward ? "backward" :
																   "forward");
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

/* dm_diff_schema(old, new, format): where data of one schema need not be data of the other */
Datum
dm_diff_schema(PG_FUNCTION_ARGS)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "datamesh schema diff",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller;
	Schemas schemas;

	InitMaterializedSRF(fcinfo, 0);
	caller = MemoryContextSwitchTo(context);
	schemas = compare(fcinfo);
	put_rows((ReturnSetInfo *) fcinfo->resultinfo, &schemas, true);
	put_rows((ReturnSetInfo *) fcinfo->resultinfo, &schemas, false);
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return (Datum) 0;
}

/* dm_schema_compatibility(old, new, format): both, backward, forward or none */
Datum
dm_schema_compatibility(PG_FUNCTION_ARGS)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "datamesh schema diff",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Schemas schemas = compare(fcinfo);
	bool backward = schemas.backward == NIL;
	bool forward = schemas.forward == NIL;

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	PG_RETURN_TEXT_P(cstring_to_text(backward && forward ? "both" : backward ? "backward" :
																forward		 ? "forward" :
																			   "none"));
}
