/*
 * aggregate.c
 *		The aggregate datamesh.measure: what a program of probes finds in all rows.
 *
 * It is an aggregate so that the server's executor brings all that a scan can have: partitions,
 * foreign tables, views, row security, and parallel workers, whose tallies add up.
 */
#include "postgres.h"

#include "executor/tuptable.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/json.h"
#include "compat/pg_compat.h"
#include "quality/probe.h"

PG_FUNCTION_INFO_V1(dm_measure_step);
PG_FUNCTION_INFO_V1(dm_measure_combine);
PG_FUNCTION_INFO_V1(dm_measure_serialize);
PG_FUNCTION_INFO_V1(dm_measure_deserialize);
PG_FUNCTION_INFO_V1(dm_measure_result);

typedef struct State
{
	DmProgram *program; /* NULL in a process that only adds up */
	int count;
	DmTally *tallies;
	Size memory;
} State;

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext cxt;

	if (!AggCheckCallContext(fcinfo, &cxt))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("a part of datamesh.measure is called outside of an aggregate")));
	return cxt;
}

static State *
first_row(FunctionCallInfo fcinfo)
{
	MemoryContext old = MemoryContextSwitchTo(aggregate_context(fcinfo));
	State *state = palloc0(sizeof(State));

	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the program of measures must not be null")));
	state->program = dm_program_compile(PG_GETARG_JSONB_P_COPY(1), fcinfo);
	state->count = state->program->nprobes;
	state->tallies = state->program->tallies;
	state->memory = state->program->memory;
	MemoryContextSwitchTo(old);
	return state;
}

/*
 * The position of the tuple that the arguments are taken from, if it is still the one that the scan
 * has stored in its slot: ctid as an argument would make the scan copy each row into another slot.
 * The tuple tells, as the executor keeps a copy of the first one without the slot's own tid.
 */
static bool
slot_position(FunctionCallInfo fcinfo, const DmProgram *program, DmPosition *position)
{
	TupleTableSlot *slot;
	HeapTuple tuple;

	if (fcinfo->context == NULL || !IsA(fcinfo->context, AggState))
		return false;
	slot = ((AggState *) fcinfo->context)->tmpcontext->ecxt_outertuple;
	if (slot == NULL || TTS_EMPTY(slot) || !(TTS_IS_BUFFERTUPLE(slot) || TTS_IS_HEAPTUPLE(slot)))
		return false;
	tuple = ((HeapTupleTableSlot *) slot)->tuple;
	if (tuple == NULL || tuple->t_tableOid != program->tableoid ||
		!ItemPointerIsValid(&tuple->t_self))
		return false;
	position->tableoid = program->tableoid;
	position->tid = tuple->t_self;
	return true;
}

static void
find_position(FunctionCallInfo fcinfo, const DmProgram *program, DmScanRow *row)
{
	if (program->positions == DM_POSITIONS_IN_SLOT)
	{
		if (!slot_position(fcinfo, program, &row->position))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("rows do not come from where their position is known")));
	}
	else if (!row->args[0].isnull)
	{
		row->position.tid = *(ItemPointer) DatumGetPointer(row->args[0].value);
		if (OidIsValid(program->tableoid))
			row->position.tableoid = program->tableoid;
		else if (!row->args[1].isnull)
			row->position.tableoid = DatumGetObjectId(row->args[1].value);
	}
}

Datum
dm_measure_step(PG_FUNCTION_ARGS)
{
	State *state = PG_ARGISNULL(0) ? first_row(fcinfo) : (State *) PG_GETARG_POINTER(0);
	DmProgram *program = state->program;
	DmScanRow row;

	row.args = &fcinfo->args[2];
	row.position.tableoid = InvalidOid;
	if (program->positions != DM_POSITIONS_NONE)
		find_position(fcinfo, program, &row);
	dm_program_run(program, &row);
	PG_RETURN_POINTER(state);
}

/* --- between processes --- */

static void
write_tally(StringInfo buf, DmTally *tally)
{
	pq_sendint64(buf, tally->rows);
	pq_sendint64(buf, tally->failing);
	dm_row_sample_write(buf, &tally->sample);
	dm_shown_rows_write(buf, &tally->shown);
	pq_sendbyte(buf, tally->sqlstate != NULL);
	if (tally->sqlstate != NULL)
	{
		pq_sendstring(buf, tally->sqlstate);
		pq_sendstring(buf, tally->message);
	}
	pq_sendint32(buf, tally->ncounts);
	for (int i = 0; i < tally->ncounts; i++)
		pq_sendint64(buf, tally->counts[i]);
	pq_sendbyte(buf, tally->has_keys);
	if (tally->has_keys)
	{
		int start = buf->len;
		uint32 size;

		pq_sendint32(buf, 0);
		dm_key_table_write(buf, tally->keys);
		size = pg_hton32(buf->len - start - sizeof(size));
		memcpy(buf->data + start, &size, sizeof(size));
	}
}

static void
read_tally(StringInfo buf, DmTally *tally)
{
	tally->rows = pq_getmsgint64(buf);
	tally->failing = pq_getmsgint64(buf);
	dm_row_sample_read(buf, &tally->sample);
	dm_shown_rows_read(buf, &tally->shown);
	if (pq_getmsgbyte(buf) != 0)
	{
		tally->sqlstate = pstrdup(pq_getmsgrawstring(buf));
		tally->message = pstrdup(pq_getmsgrawstring(buf));
	}
	tally->ncounts = pq_getmsgint(buf, 4);
	tally->counts = palloc0((tally->ncounts + 1) * sizeof(int64));
	for (int i = 0; i < tally->ncounts; i++)
		tally->counts[i] = pq_getmsgint64(buf);
	tally->has_keys = pq_getmsgbyte(buf) != 0;
	if (tally->has_keys)
	{
		int size = pq_getmsgint(buf, 4);

		/* read when it is added up, which is at once */
		memset(&tally->sent, 0, sizeof(tally->sent));
		tally->sent.data = unconstify(char *, pq_getmsgbytes(buf, size));
		tally->sent.len = size;
		tally->sent.maxlen = size;
	}
}

Datum
dm_measure_serialize(PG_FUNCTION_ARGS)
{
	State *state = (State *) PG_GETARG_POINTER(0);
	StringInfoData buf;

	(void) aggregate_context(fcinfo);
	if (state->program != NULL)
		dm_program_end(state->program);
	pq_begintypsend(&buf);
	pq_sendint32(&buf, state->count);
	pq_sendint64(&buf, state->memory);
	for (int i = 0; i < state->count; i++)
		write_tally(&buf, &state->tallies[i]);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

Datum
dm_measure_deserialize(PG_FUNCTION_ARGS)
{
	bytea *sent = PG_GETARG_BYTEA_PP(0);
	State *state = palloc0(sizeof(State));
	StringInfoData buf;

	(void) aggregate_context(fcinfo);
	memset(&buf, 0, sizeof(buf));
	buf.data = VARDATA_ANY(sent);
	buf.len = VARSIZE_ANY_EXHDR(sent);
	buf.maxlen = buf.len;
	state->count = pq_getmsgint(&buf, 4);
	state->memory = pq_getmsgint64(&buf);
	state->tallies = palloc0((state->count + 1) * sizeof(DmTally));
	for (int i = 0; i < state->count; i++)
		read_tally(&buf, &state->tallies[i]);
	PG_RETURN_POINTER(state);
}

static State *
empty_like(const State *other)
{
	State *state = palloc0(sizeof(State));

	state->count = other->count;
	state->memory = other->memory;
	state->tallies = palloc0((state->count + 1) * sizeof(DmTally));
	for (int i = 0; i < state->count; i++)
	{
		DmTally *tally = &state->tallies[i];

		dm_row_sample_init(&tally->sample, other->tallies[i].sample.room);
		dm_shown_rows_init(&tally->shown, other->tallies[i].shown.room);
		tally->ncounts = other->tallies[i].ncounts;
		tally->counts = palloc0((tally->ncounts + 1) * sizeof(int64));
		tally->has_keys = other->tallies[i].has_keys;
		if (tally->has_keys)
			tally->keys = dm_key_table(state->memory, &tally->sample);
	}
	return state;
}

static void
add_tally(DmTally *into, DmTally *from)
{
	into->rows += from->rows;
	into->failing += from->failing;
	dm_row_sample_merge(&into->sample, &from->sample);
	dm_shown_rows_merge(&into->shown, &from->shown);
	for (int i = 0; i < into->ncounts; i++)
		into->counts[i] += from->counts[i];
	if (into->sqlstate == NULL && from->sqlstate != NULL)
	{
		into->sqlstate = pstrdup(from->sqlstate);
		into->message = pstrdup(from->message);
	}
	if (from->sent.data != NULL)
		dm_key_table_read(&from->sent, into->keys);
	else if (from->keys != NULL)
	{
		/* combined without having been sent, as nothing does today */
		StringInfoData buf;

		initStringInfo(&buf);
		dm_key_table_write(&buf, from->keys);
		dm_key_table_read(&buf, into->keys);
		pfree(buf.data);
	}
}

Datum
dm_measure_combine(PG_FUNCTION_ARGS)
{
	MemoryContext cxt = aggregate_context(fcinfo);
	State *into = PG_ARGISNULL(0) ? NULL : (State *) PG_GETARG_POINTER(0);
	State *from = PG_ARGISNULL(1) ? NULL : (State *) PG_GETARG_POINTER(1);
	MemoryContext old;

	if (from == NULL)
	{
		if (into == NULL)
			PG_RETURN_NULL();
		PG_RETURN_POINTER(into);
	}
	old = MemoryContextSwitchTo(cxt);
	if (into == NULL)
		into = empty_like(from);
	if (into->count != from->count)
		elog(ERROR, "states of different programs are combined");
	for (int i = 0; i < into->count; i++)
		add_tally(&into->tallies[i], &from->tallies[i]);
	MemoryContextSwitchTo(old);
	PG_RETURN_POINTER(into);
}

/* --- the result --- */

static void
show_keys(DmJsonBuilder *b, DmTally *tally)
{
	DmKeyCounts counts;

	memset(&counts, 0, sizeof(counts));
	dm_key_table_count(tally->keys, &counts);
	tally->keys = NULL;
	dm_json_begin_object(b, "keys");
	dm_json_add_int(b, "rows", counts.rows);
	dm_json_add_int(b, "distinct", counts.distinct);
	dm_json_add_int(b, "repeated", counts.repeated);
	dm_json_add_int(b, "repeated_rows", counts.repeated_rows);
	dm_json_add_int(b, "most", counts.most);
	dm_json_end_object(b);
}

static void
show_tally(DmJsonBuilder *b, DmTally *tally)
{
	dm_json_begin_object(b, NULL);
	dm_json_add_int(b, "rows", tally->rows);
	dm_json_add_int(b, "failing", tally->failing);
	dm_json_add_text(b, "sqlstate", tally->sqlstate);
	dm_json_add_text(b, "message", tally->message);
	if (tally->has_keys)
		show_keys(b, tally);
	/* with the rows of keys that only files told to be repeated */
	dm_row_sample_show(b, &tally->sample);
	dm_shown_rows_show(b, &tally->shown);
	if (tally->ncounts > 0)
	{
		dm_json_begin_array(b, "counts");
		for (int i = 0; i < tally->ncounts; i++)
			dm_json_add_int(b, NULL, tally->counts[i]);
		dm_json_end_array(b);
	}
	dm_json_end_object(b);
}

/* One object for each part of the program, in their order; NULL where there was no row. */
Datum
dm_measure_result(PG_FUNCTION_ARGS)
{
	State *state;
	DmJsonBuilder b = { NULL };

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (State *) PG_GETARG_POINTER(0);
	if (state->program != NULL)
		dm_program_end(state->program);
	dm_json_begin_array(&b, NULL);
	for (int i = 0; i < state->count; i++)
		show_tally(&b, &state->tallies[i]);
	dm_json_end_array(&b);
	PG_RETURN_JSONB_P(dm_json_done(&b));
}
