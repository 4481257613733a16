/*
 * denied.c
 *		Aggregates that count the pairs of rows which a denial constraint forbids.
 *
 * datamesh.first_rows keeps where the first rows of a group lie; datamesh.denied takes the kinds of
 * rows of one key, with the number and the first rows of each; datamesh.denied_total adds up what
 * that finds for all keys.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

#include "base/json.h"
#include "compat/pg_compat.h"
#include "quality/rowpairs.h"
#include "quality/rowsample.h"
#include "quality/scantype.h"

PG_FUNCTION_INFO_V1(dm_first_rows_step);
PG_FUNCTION_INFO_V1(dm_first_rows_result);
PG_FUNCTION_INFO_V1(dm_denied_step);
PG_FUNCTION_INFO_V1(dm_denied_result);
PG_FUNCTION_INFO_V1(dm_denied_total_step);
PG_FUNCTION_INFO_V1(dm_denied_total_result);

#define FIRST_VALUE 4 /* behind the state, the program, the number and the first rows */
#define MAX_ROWS	1000

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext cxt;

	if (!AggCheckCallContext(fcinfo, &cxt))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("a part of an aggregate is called outside of it")));
	return cxt;
}

static bytea *
sample_bytes(const DmRowSample *sample)
{
	StringInfoData buf;

	pq_begintypsend(&buf);
	dm_row_sample_write(&buf, sample);
	return pq_endtypsend(&buf);
}

/* Somebody may call the aggregates by himself, so what is read is not believed. */
static void
read_sample(StringInfo buf, DmRowSample *sample)
{
	int room = pq_getmsgint(buf, 4);
	int count = pq_getmsgint(buf, 4);

	if (room < 0 || room > MAX_ROWS || count < 0 || count > room)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid sample of rows")));
	dm_row_sample_init(sample, room);
	for (; sample->count < count; sample->count++)
		dm_position_read(buf, &sample->rows[sample->count]);
}

static void
begin_reading(StringInfo buf, bytea *bytes)
{
	memset(buf, 0, sizeof(StringInfoData));
	buf->data = VARDATA_ANY(bytes);
	buf->len = VARSIZE_ANY_EXHDR(bytes);
	buf->maxlen = buf->len;
}

/* --- where rows lie --- */

Datum
dm_first_rows_step(PG_FUNCTION_ARGS)
{
	MemoryContext cxt = aggregate_context(fcinfo);
	DmRowSample *sample;
	DmPosition row;

	if (PG_ARGISNULL(0))
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);
		int room = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT32(1);

		sample = palloc0(sizeof(DmRowSample));
		dm_row_sample_init(sample, Min(Max(room, 0), MAX_ROWS));
		MemoryContextSwitchTo(old);
	}
	else
		sample = (DmRowSample *) PG_GETARG_POINTER(0);
	if (!PG_ARGISNULL(2) && !PG_ARGISNULL(3))
	{
		row.tableoid = PG_GETARG_OID(2);
		row.tid = *(ItemPointer) PG_GETARG_POINTER(3);
		dm_row_sample_add(sample, &row);
	}
	PG_RETURN_POINTER(sample);
}

Datum
dm_first_rows_result(PG_FUNCTION_ARGS)
{
	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_BYTEA_P(sample_bytes((DmRowSample *) PG_GETARG_POINTER(0)));
}

/* --- the kinds of rows of a key --- */

typedef struct Key
{
	MemoryContext cxt;
	DmRowKinds kinds;
	int room;
	Datum **values; /* for each operator, of each kind */
	DmRowSample *rows;
	DmScanType *types;
} Key;

/* {"operators": [6, 1], "collations": [100, 0]} */
static int
program_number(JsonbContainer *program, const char *key, int i)
{
	JsonbContainer *list;
	JsonbValue value;
	char *text;

	if (!dm_json_array(program, key, &list) || !dm_json_element(list, i, &value) ||
		(text = dm_json_scalar_text(&value)) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid program of a denial constraint")));
	return (int) strtoul(text, NULL, 10);
}

static Key *
first_kind(FunctionCallInfo fcinfo, MemoryContext cxt)
{
	Key *key = palloc0(sizeof(Key));
	Jsonb *program;

	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the program of a denial constraint must not be null")));
	program = PG_GETARG_JSONB_P(1);
	key->cxt = cxt;
	key->kinds.nops = PG_NARGS() - FIRST_VALUE;
	key->kinds.ops = palloc0(key->kinds.nops * sizeof(DmPairOp));
	key->kinds.ranks = palloc0(key->kinds.nops * sizeof(int *));
	key->values = palloc0(key->kinds.nops * sizeof(Datum *));
	key->types = palloc0(key->kinds.nops * sizeof(DmScanType));
	for (int i = 0; i < key->kinds.nops; i++)
	{
		int op = program_number(&program->root, "operators", i);

		if (op < DM_PAIR_LESS || op > DM_PAIR_DIFFERS || op == BTEqualStrategyNumber)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid program of a denial constraint")));
		key->kinds.ops[i] = op;
		dm_scan_type(get_fn_expr_argtype(fcinfo->flinfo, FIRST_VALUE + i),
					 program_number(&program->root, "collations", i), &key->types[i]);
		if (!key->types[i].compares)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_FUNCTION),
					 errmsg("values of type %s have no order",
							format_type_be(key->types[i].typid))));
	}
	return key;
}

static void
make_room(Key *key)
{
	int room = Max(key->room * 2, 4);
	int n = key->room;

	if (key->kinds.count < key->room)
		return;
	key->kinds.rows = n == 0 ? palloc(room * sizeof(int64)) :
							   repalloc_huge(key->kinds.rows, room * sizeof(int64));
	key->rows = n == 0 ? palloc(room * sizeof(DmRowSample)) :
						 repalloc_huge(key->rows, room * sizeof(DmRowSample));
	for (int i = 0; i < key->kinds.nops; i++)
		key->values[i] = n == 0 ? palloc(room * sizeof(Datum)) :
								  repalloc_huge(key->values[i], room * sizeof(Datum));
	key->room = room;
}

Datum
dm_denied_step(PG_FUNCTION_ARGS)
{
	MemoryContext cxt = aggregate_context(fcinfo);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	Key *key = PG_ARGISNULL(0) ? first_kind(fcinfo, cxt) : (Key *) PG_GETARG_POINTER(0);
	int n = key->kinds.count;
	StringInfoData buf;

	/* with a NULL nothing compares */
	for (int i = FIRST_VALUE - 2; i < PG_NARGS(); i++)
		if (PG_ARGISNULL(i))
		{
			MemoryContextSwitchTo(old);
			PG_RETURN_POINTER(key);
		}
	make_room(key);
	key->kinds.rows[n] = PG_GETARG_INT64(2);
	begin_reading(&buf, PG_GETARG_BYTEA_PP(3));
	read_sample(&buf, &key->rows[n]);
	for (int i = 0; i < key->kinds.nops; i++)
	{
		Datum value = PG_GETARG_DATUM(FIRST_VALUE + i);
		int16 typlen;
		bool byval;

		get_typlenbyval(key->types[i].base, &typlen, &byval);
		key->values[i][n] = key->types[i].varlena ?
								PointerGetDatum(PG_DETOAST_DATUM_COPY(value)) :
								datumCopy(value, byval, typlen);
	}
	key->kinds.count++;
	MemoryContextSwitchTo(old);
	PG_RETURN_POINTER(key);
}

typedef struct Ranking
{
	DmScanType *type;
	Datum *values;
} Ranking;

static int
cmp_values(const void *a, const void *b, void *arg)
{
	Ranking *ranking = arg;

	return dm_scan_value_compare(ranking->type, ranking->values[*(const int *) a],
								 ranking->values[*(const int *) b]);
}

/* Equal values have the same rank. */
static int *
rank_values(DmScanType *type, Datum *values, int count)
{
	Ranking ranking = { type, values };
	int *order = palloc(count * sizeof(int));
	int *ranks = palloc(count * sizeof(int));
	int rank = -1;

	for (int i = 0; i < count; i++)
		order[i] = i;
	qsort_arg(order, count, sizeof(int), cmp_values, &ranking);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (i == 0 || cmp_values(&order[i - 1], &order[i], &ranking) != 0)
			rank++;
		ranks[order[i]] = rank;
	}
	pfree(order);
	return ranks;
}

/* rows checked, pairs, rows in pairs, and the first of these */
static bytea *
finding(const Key *key, const int64 *partners)
{
	StringInfoData buf;
	DmRowSample sample;
	int64 checked = 0;
	int64 pairs = 0;
	int64 rows = 0;

	dm_row_sample_init(&sample, key->kinds.count > 0 ? key->rows[0].room : 0);
	for (int i = 0; i < key->kinds.count; i++)
	{
		checked += key->kinds.rows[i];
		if (partners[i] == 0)
			continue;
		rows += key->kinds.rows[i];
		pairs += key->kinds.rows[i] * partners[i];
		dm_row_sample_merge(&sample, &key->rows[i]);
	}
	pq_begintypsend(&buf);
	pq_sendint64(&buf, checked);
	pq_sendint64(&buf, pairs / 2);
	pq_sendint64(&buf, rows);
	dm_row_sample_write(&buf, &sample);
	return pq_endtypsend(&buf);
}

Datum
dm_denied_result(PG_FUNCTION_ARGS)
{
	Key *key;
	DmRowKinds kinds;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	key = (Key *) PG_GETARG_POINTER(0);
	/* counting simplifies the operators, and the state may be asked again */
	kinds = key->kinds;
	kinds.ops = palloc((kinds.nops + 1) * sizeof(DmPairOp));
	memcpy(kinds.ops, key->kinds.ops, kinds.nops * sizeof(DmPairOp));
	kinds.ranks = palloc((kinds.nops + 1) * sizeof(int *));
	for (int i = 0; i < kinds.nops; i++)
		kinds.ranks[i] = rank_values(&key->types[i], key->values[i], kinds.count);
	PG_RETURN_BYTEA_P(finding(key, dm_pair_partners(&kinds)));
}

/* --- all keys --- */

typedef struct Total
{
	int64 checked;
	int64 pairs;
	int64 rows;
	DmRowSample sample;
} Total;

Datum
dm_denied_total_step(PG_FUNCTION_ARGS)
{
	MemoryContext cxt = aggregate_context(fcinfo);
	Total *total = PG_ARGISNULL(0) ? MemoryContextAllocZero(cxt, sizeof(Total)) :
									 (Total *) PG_GETARG_POINTER(0);
	DmRowSample sample;
	StringInfoData buf;

	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(total);
	begin_reading(&buf, PG_GETARG_BYTEA_PP(1));
	total->checked += pq_getmsgint64(&buf);
	total->pairs += pq_getmsgint64(&buf);
	total->rows += pq_getmsgint64(&buf);
	read_sample(&buf, &sample);
	if (total->sample.rows == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);

		dm_row_sample_init(&total->sample, sample.room);
		MemoryContextSwitchTo(old);
	}
	dm_row_sample_merge(&total->sample, &sample);
	PG_RETURN_POINTER(total);
}

Datum
dm_denied_total_result(PG_FUNCTION_ARGS)
{
	DmJsonBuilder b = { NULL };
	Total *total;

	(void) aggregate_context(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	total = (Total *) PG_GETARG_POINTER(0);
	dm_json_begin_object(&b, NULL);
	dm_json_add_int(&b, "checked", total->checked);
	dm_json_add_int(&b, "pairs", total->pairs);
	dm_json_add_int(&b, "rows", total->rows);
	dm_row_sample_show(&b, &total->sample);
	dm_json_end_object(&b);
	PG_RETURN_JSONB_P(dm_json_done(&b));
}
