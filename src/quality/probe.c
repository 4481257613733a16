/*
 * probe.c
 *		The kernels of a scan.
 *
 * For each row, each part of the program is one call of a function that was chosen for the type
 * and the question, unless a look at the column has told already that no part finds anything in
 * the value.  Memory that they take belongs to the row, apart from tables of keys.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "utils/builtins.h"

#include "compat/pg_compat.h"
#include "quality/probe.h"

/* --- kernels --- */

/* Takes what the row is shown by, among the first that are met. */
static void
show_row(DmProbe *probe, const DmScanRow *row)
{
	DmShownRows *shown = &probe->tally->shown;
	char **texts = palloc(probe->nshows * sizeof(char *));
	MemoryContext old;

	for (int i = 0; i < probe->nshows; i++)
	{
		const NullableDatum *given = &row->args[probe->shows[i]];

		texts[i] = given->isnull ? NULL : OutputFunctionCall(&probe->outputs[i], given->value);
	}
	old = MemoryContextSwitchTo(GetMemoryChunkContext(shown->rows));
	shown->rows[shown->count++] = dm_shown_row(probe->nshows, texts);
	MemoryContextSwitchTo(old);
}

static inline void
failed(DmProbe *probe, const DmScanRow *row)
{
	DmTally *tally = probe->tally;

	tally->failing++;
	dm_row_sample_add(&tally->sample, &row->position);
	if (probe->nshows > 0 && tally->shown.count < tally->shown.room)
		show_row(probe, row);
}

/* The value of an argument, out of line no more; the executor sets it again for the next row. */
static inline Datum
detoasted(DmScanRow *row, int arg, const DmScanType *type)
{
	NullableDatum *given = &row->args[arg];

	if (type->varlena)
	{
		struct varlena *data = (struct varlena *) DatumGetPointer(given->value);

		if (VARATT_IS_EXTERNAL(data) || VARATT_IS_COMPRESSED(data))
			given->value = PointerGetDatum(pg_detoast_datum_packed(data));
	}
	return given->value;
}

static inline bool
is_missing(const DmProbe *probe, Datum value)
{
	return dm_value_set_find(probe->missing, value) >= 0;
}

void
dm_step_rows(DmProbe *probe, DmScanRow *row)
{
}

void
dm_step_null(DmProbe *probe, DmScanRow *row)
{
	if (row->args[probe->value].isnull)
		failed(probe, row);
}

void
dm_step_missing(DmProbe *probe, DmScanRow *row)
{
	if (row->args[probe->value].isnull ||
		is_missing(probe, detoasted(row, probe->value, probe->type)))
		failed(probe, row);
}

void
dm_step_true(DmProbe *probe, DmScanRow *row)
{
	const NullableDatum *given = &row->args[probe->value];

	if (given->isnull ? probe->nulls_fail : !DatumGetBool(given->value))
		failed(probe, row);
}

/* A test that gives up: the rule is in error, what others measure is not. */
static void
gave_up(DmProbe *probe, const DmValueTest *test)
{
	MemoryContext cxt = GetMemoryChunkContext(probe->tests);

	probe->tally->sqlstate = MemoryContextStrdup(cxt, unpack_sql_state(test->error->sqlerrcode));
	probe->tally->message = MemoryContextStrdup(cxt, test->error->message);
	probe->step = dm_step_rows;
}

void
dm_step_value(DmProbe *probe, DmScanRow *row)
{
	Datum value;

	if (row->args[probe->value].isnull)
		return;
	value = detoasted(row, probe->value, probe->type);
	if (probe->missing != NULL && is_missing(probe, value))
		return;
	for (int i = 0; i < probe->ntests; i++)
	{
		DmValueTest *test = &probe->tests[i];

		if (test->run(test, value))
			continue;
		if (test->error != NULL)
			gave_up(probe, test);
		else
			failed(probe, row);
		return;
	}
}

/* One test, and nothing that is missing. */
static void
step_test(DmProbe *probe, DmScanRow *row)
{
	DmValueTest *test = probe->tests;

	if (row->args[probe->value].isnull ||
		test->run(test, detoasted(row, probe->value, probe->type)))
		return;
	if (test->error != NULL)
		gave_up(probe, test);
	else
		failed(probe, row);
}

static inline bool
in_ints(const DmBounds *within, int64 value)
{
	return value >= within->ints.low && value <= within->ints.high;
}

/* of NaN neither is true */
static inline bool
in_floats(const DmBounds *within, double value)
{
	return value >= within->floats.low && value <= within->floats.high;
}

#define RANGE_STEP(name, in, get)                                     \
	static void name(DmProbe *probe, DmScanRow *row)                  \
	{                                                                 \
		const NullableDatum *given = &row->args[probe->value];        \
                                                                      \
		if (!given->isnull && !in(&probe->within, get(given->value))) \
			failed(probe, row);                                       \
	}

RANGE_STEP(step_int16, in_ints, DatumGetInt16)
RANGE_STEP(step_int32, in_ints, DatumGetInt32)
RANGE_STEP(step_int64, in_ints, DatumGetInt64)
RANGE_STEP(step_float4, in_floats, DatumGetFloat4)
RANGE_STEP(step_float8, in_floats, DatumGetFloat8)

DmStep
dm_step_for_test(DmProbe *probe)
{
	static const DmStep int_steps[] = { step_int16, step_int32, step_int64 };

	if (probe->missing != NULL || probe->ntests != 1)
		return NULL;
	probe->within = probe->tests->is.bounds;
	switch (dm_value_test_bounds(probe->tests))
	{
		case DM_BOUNDS_INTS:
			return int_steps[probe->type->kind];
		case DM_BOUNDS_FLOATS:
			return probe->type->kind == DM_SCAN_FLOAT4 ? step_float4 : step_float8;
		default:
			return step_test;
	}
}

void
dm_step_keys(DmProbe *probe, DmScanRow *row)
{
	DmDigest digest;

	for (int i = 0; i < probe->ncolumns; i++)
	{
		int column = probe->columns[i];

		probe->key[i].isnull = row->args[column].isnull;
		if (!probe->key[i].isnull)
			probe->key[i].value = detoasted(row, column, probe->key_types[i]);
		else if (probe->nulls != DM_NULLS_ARE_KEYS)
		{
			if (probe->nulls == DM_NULLS_FAIL)
				failed(probe, row);
			return;
		}
	}
	for (int i = 0; i < probe->ntests; i++)
		if (!probe->tests[i].run(&probe->tests[i], probe->key[0].value))
			return;
	dm_key_digest(probe->digester, probe->key, &digest);
	dm_key_table_add(probe->tally->keys, &digest, &row->position);
}

/* The number of a category; those that nobody has listed come last. */
void
dm_step_category(DmProbe *probe, DmScanRow *row)
{
	Datum value;
	int number;

	if (row->args[probe->value].isnull)
		return;
	value = detoasted(row, probe->value, probe->type);
	number = dm_value_set_find(probe->categories, value);
	probe->tally->counts[number >= 0 ? number : probe->tally->ncounts - 1]++;
}

static double
as_float(const DmScanType *type, Datum value)
{
	if (type->kind == DM_SCAN_FLOAT4)
		return DatumGetFloat4(value);
	if (type->kind == DM_SCAN_FLOAT8)
		return DatumGetFloat8(value);
	if (type->kind == DM_SCAN_NUMERIC)
		return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
	return dm_scan_value_int(type, value);
}

/*
 * Counts are of values below the first bound, from each bound to the next one, and above the last
 * one, which belongs to those before it.  NaN is above.
 */
void
dm_step_bin(DmProbe *probe, DmScanRow *row)
{
	double value;
	int low = 0;
	int high = probe->nbounds;

	if (row->args[probe->value].isnull)
		return;
	value = as_float(probe->type, detoasted(row, probe->value, probe->type));
	if (value == probe->bounds[probe->nbounds - 1])
		low = high = probe->nbounds - 1;
	/* the number of bounds that are not above the value */
	while (low < high)
	{
		int middle = (low + high) / 2;

		if (value < probe->bounds[middle])
			high = middle;
		else
			low = middle + 1;
	}
	probe->tally->counts[low]++;
}

/* --- programs --- */

static inline bool
text_passes(const DmColumnPass *pass, Datum value)
{
	struct varlena *text = (struct varlena *) DatumGetPointer(value);
	const DmLengths *lengths = &pass->within.lengths;
	int64 bytes;
	char *data;

	if (VARATT_IS_EXTERNAL(text) || VARATT_IS_COMPRESSED(text))
	{
		/* of bpchar blanks at the end do not count */
		bytes = toast_raw_datum_size(value) - VARHDRSZ;
		return !pass->type->blank_padded && bytes >= lengths->enough && bytes <= lengths->high;
	}
	bytes = dm_scan_value_text(pass->type, value, &data);
	return dm_lengths_have(lengths, data, bytes);
}

/* What passes here passes all probes of the column; what does not may do so as well. */
static inline bool
passes(const DmColumnPass *pass, const NullableDatum *given)
{
	if (given->isnull)
		return pass->nnull == 0;
	switch (pass->kind)
	{
		case DM_PASS_ALL:
			return true;
		case DM_PASS_INT16:
			return in_ints(&pass->within, DatumGetInt16(given->value));
		case DM_PASS_INT32:
			return in_ints(&pass->within, DatumGetInt32(given->value));
		case DM_PASS_INT64:
			return in_ints(&pass->within, DatumGetInt64(given->value));
		case DM_PASS_FLOAT4:
			return in_floats(&pass->within, DatumGetFloat4(given->value));
		case DM_PASS_FLOAT8:
			return in_floats(&pass->within, DatumGetFloat8(given->value));
		case DM_PASS_TEXT:
			return text_passes(pass, given->value);
	}
	return false;
}

static pg_noinline void
ask_each(const DmColumnPass *pass, DmScanRow *row)
{
	bool isnull = row->args[pass->value].isnull;
	DmProbe **probes = isnull ? pass->of_null : pass->of_value;
	int count = isnull ? pass->nnull : pass->nvalue;

	for (int i = 0; i < count; i++)
		probes[i]->step(probes[i], row);
}

void
dm_program_run(DmProgram *program, DmScanRow *row)
{
	const DmColumnPass *end = program->passes + program->npasses;

	program->rows++;
	for (const DmColumnPass *pass = program->passes; pass < end; pass++)
		if (unlikely(!passes(pass, &row->args[pass->value])))
			ask_each(pass, row);
	for (int i = 0; i < program->nsingle; i++)
	{
		DmProbe *probe = program->single[i];

		if (probe->where >= 0)
		{
			const NullableDatum *where = &row->args[probe->where];

			if (where->isnull || !DatumGetBool(where->value))
				continue;
			probe->tally->rows++;
		}
		probe->step(probe, row);
	}
}

void
dm_program_end(DmProgram *program)
{
	for (int i = 0; i < program->nprobes; i++)
		if (program->probes[i].where < 0)
			program->tallies[i].rows = program->rows;
}
