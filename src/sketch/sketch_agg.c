/*
 * sketch_agg.c
 *		Aggregates that make sketches.
 *
 * datamesh.profile(place, VARIADIC columns) makes one for each column; the place is a row's
 * ctid, or null where there is none.  datamesh.sketch_agg(value) is the same for one value, and
 * datamesh.sketch_merge(sketch) merges stored ones.  All have the same state, so that they
 * share what lets them run in parallel.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/lsyscache.h"

#include "compat/pg_compat.h"
#include "sketch/places.h"
#include "sketch/sketch.h"

PG_FUNCTION_INFO_V1(dm_profile_step);
PG_FUNCTION_INFO_V1(dm_sketch_step);
PG_FUNCTION_INFO_V1(dm_sketch_merge_step);
PG_FUNCTION_INFO_V1(dm_profile_combine);
PG_FUNCTION_INFO_V1(dm_profile_serialize);
PG_FUNCTION_INFO_V1(dm_profile_deserialize);
PG_FUNCTION_INFO_V1(dm_profile_final);
PG_FUNCTION_INFO_V1(dm_sketch_final);

typedef struct State
{
	MemoryContext context;
	int ncolumns;
	DmPlaces *places; /* NULL if nobody asks for them */
	DmSketch *columns[FLEXIBLE_ARRAY_MEMBER];
} State;

static State *
create_state(MemoryContext context, int ncolumns)
{
	State *state = MemoryContextAllocZero(context, offsetof(State, columns) +
													   ncolumns * sizeof(DmSketch *));

	state->context = context;
	state->ncolumns = ncolumns;
	return state;
}

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "function %u called other than as an aggregate", fcinfo->flinfo->fn_oid);
	return context;
}

/* The state for values that are the arguments from first on. */
static State *
begin(FunctionCallInfo fcinfo, int first)
{
	MemoryContext context = aggregate_context(fcinfo);
	State *state = create_state(context, PG_NARGS() - first);

	for (int i = 0; i < state->ncolumns; i++)
	{
		Oid typid = get_fn_expr_argtype(fcinfo->flinfo, first + i);

		if (!OidIsValid(typid))
			elog(ERROR, "could not determine the type of argument %d", first + i);
		state->columns[i] = dm_sketch_create(context, typid);
	}
	return state;
}

static void
take_place(State *state, FunctionCallInfo fcinfo)
{
	uint64 *positions;
	bool *known;

	dm_places_take(state->places, (ItemPointer) PG_GETARG_POINTER(1), &positions, &known);
	for (int i = 0; i < state->ncolumns; i++)
	{
		NullableDatum *arg = &fcinfo->args[2 + i];

		positions[i] = 0;
		known[i] = !arg->isnull && dm_sketch_position(state->columns[i], arg->value, &positions[i]);
	}
}

Datum
dm_profile_step(PG_FUNCTION_ARGS)
{
	State *state;

	if (PG_ARGISNULL(0))
	{
		state = begin(fcinfo, 2);
		if (!PG_ARGISNULL(1))
			state->places = dm_places_create(state->context, state->ncolumns);
	}
	else
		state = (State *) PG_GETARG_POINTER(0);
	for (int i = 0; i < state->ncolumns; i++)
	{
		NullableDatum *arg = &fcinfo->args[2 + i];

		if (arg->isnull)
			dm_sketch_add_null(state->columns[i]);
		else
			dm_sketch_add(state->columns[i], arg->value);
	}
	if (state->places != NULL && !PG_ARGISNULL(1) && dm_places_wants(state->places))
		take_place(state, fcinfo);
	PG_RETURN_POINTER(state);
}

Datum
dm_sketch_step(PG_FUNCTION_ARGS)
{
	State *state = PG_ARGISNULL(0) ? begin(fcinfo, 1) : (State *) PG_GETARG_POINTER(0);

	if (PG_ARGISNULL(1))
		dm_sketch_add_null(state->columns[0]);
	else
		dm_sketch_add(state->columns[0], PG_GETARG_DATUM(1));
	PG_RETURN_POINTER(state);
}

static void
merge_states(State *into, State *from)
{
	if (into->ncolumns != from->ncolumns)
		elog(ERROR, "profiles of %d and of %d columns cannot be combined", into->ncolumns,
			 from->ncolumns);
	for (int i = 0; i < into->ncolumns; i++)
		dm_sketch_merge(into->columns[i], from->columns[i]);
	if (into->places != NULL && from->places != NULL)
		dm_places_merge(into->places, from->places);
	else
		into->places = NULL;
}

Datum
dm_sketch_merge_step(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	State *state = PG_ARGISNULL(0) ? NULL : (State *) PG_GETARG_POINTER(0);
	DmSketch *sketch;

	if (PG_ARGISNULL(1))
	{
		if (state == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(state);
	}
	/* the first one stays, the others only for this call */
	sketch = dm_sketch_unpack(PG_GETARG_BYTEA_PP(1),
							  state == NULL ? context : CurrentMemoryContext);
	if (state == NULL)
	{
		state = create_state(context, 1);
		state->columns[0] = sketch;
	}
	else
		dm_sketch_merge(state->columns[0], sketch);
	PG_RETURN_POINTER(state);
}

static StringInfo
pack_state(State *state)
{
	StringInfo out = makeStringInfo();

	dm_pack_int(out, state->ncolumns);
	dm_pack_byte(out, state->places != NULL);
	for (int i = 0; i < state->ncolumns; i++)
	{
		bytea *packed = dm_sketch_pack(state->columns[i]);

		dm_pack_int(out, VARSIZE(packed));
		appendBinaryStringInfo(out, (char *) packed, VARSIZE(packed));
		pfree(packed);
	}
	if (state->places != NULL)
		dm_places_pack(out, state->places);
	return out;
}

static State *
unpack_state(const char *bytes, int len, MemoryContext context)
{
	DmUnpack in = { bytes, bytes + len };
	int ncolumns = (int) dm_unpack_int(&in, 1, FUNC_MAX_ARGS);
	bool has_places = dm_unpack_byte(&in, 1);
	State *state = create_state(context, ncolumns);

	for (int i = 0; i < ncolumns; i++)
	{
		int size = (int) dm_unpack_int(&in, VARHDRSZ, MaxAllocSize);
		const char *column = dm_unpack_bytes(&in, size);
		bytea *packed = palloc(size);

		memcpy(packed, column, size);
		SET_VARSIZE(packed, size);
		state->columns[i] = dm_sketch_unpack(packed, context);
		pfree(packed);
	}
	if (has_places)
		state->places = dm_places_unpack(&in, context, ncolumns);
	return state;
}

/*
 * States of partitions come as they are, and not in the context of the result: the first one is
 * taken over by way of its stored form.
 */
Datum
dm_profile_combine(PG_FUNCTION_ARGS)
{
	MemoryContext context = aggregate_context(fcinfo);
	State *into = PG_ARGISNULL(0) ? NULL : (State *) PG_GETARG_POINTER(0);
	State *from = PG_ARGISNULL(1) ? NULL : (State *) PG_GETARG_POINTER(1);

	if (from == NULL)
	{
		if (into == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(into);
	}
	if (into == NULL)
	{
		StringInfo packed = pack_state(from);

		into = unpack_state(packed->data, packed->len, context);
		pfree(packed->data);
	}
	else
		merge_states(into, from);
	PG_RETURN_POINTER(into);
}

Datum
dm_profile_serialize(PG_FUNCTION_ARGS)
{
	StringInfo packed = pack_state((State *) PG_GETARG_POINTER(0));
	bytea *result = palloc(VARHDRSZ + packed->len);

	SET_VARSIZE(result, VARHDRSZ + packed->len);
	memcpy(VARDATA(result), packed->data, packed->len);
	PG_RETURN_BYTEA_P(result);
}

/* What it makes lives until it is combined: in the caller's context. */
Datum
dm_profile_deserialize(PG_FUNCTION_ARGS)
{
	bytea *packed = PG_GETARG_BYTEA_PP(0);

	PG_RETURN_POINTER(unpack_state(VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed),
								   CurrentMemoryContext));
}

Datum
dm_profile_final(PG_FUNCTION_ARGS)
{
	Oid type = get_element_type(get_fn_expr_rettype(fcinfo->flinfo));
	State *state;
	Datum *packed;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (State *) PG_GETARG_POINTER(0);
	packed = palloc(state->ncolumns * sizeof(Datum));
	for (int i = 0; i < state->ncolumns; i++)
	{
		if (state->places != NULL)
			state->columns[i]->correlation = dm_places_correlation(state->places, i);
		packed[i] = PointerGetDatum(dm_sketch_pack(state->columns[i]));
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(packed, state->ncolumns, type, -1, false, TYPALIGN_INT));
}

Datum
dm_sketch_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_BYTEA_P(dm_sketch_pack(((State *) PG_GETARG_POINTER(0))->columns[0]));
}
