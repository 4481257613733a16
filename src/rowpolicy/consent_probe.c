/*
 * consent_probe.c
 *		datamesh.has_consent(kind, purposes, key): reading the sets of consents.
 *
 * The function stands in the condition of a scan.  Its call site keeps the chunks of the set
 * that the scan has come by, each one read from the table by its index with the scan's own
 * snapshot; then a key is a bit in the chunk, or a digest in it.  So a lookup of one row costs
 * one index probe, a scan of everything costs reading the set once, and both see exactly the
 * consents that their snapshot sees.  Nothing outlives the query (statement.h), and every
 * parallel worker reads for itself.
 *
 * purposes is the lineage of the session's purpose, nearest first.  A chunk is combined from
 * the sets of all of them when it is read: from the farthest purpose on, what a nearer one has
 * granted is added and what it has refused is taken away.
 *
 * The function would tell anybody who has consented to what.  It therefore runs only for those who
 * record the kind's consents, or where folding has put it into the condition of a governed
 * relation, which is marked as with dm_token (mask/token.c).
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/parallel.h"
#include "access/tupmacs.h"
#include "catalog/pg_type.h"
#include "executor/execExpr.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/uuid.h"

#include "access/consent.h"
#include "access/fold.h"
#include "access/subject.h"
#include "base/args.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "rowpolicy/consent_probe.h"
#include "rowpolicy/consent_set.h"
#include "rowpolicy/statement.h"

PG_FUNCTION_INFO_V1(dm_has_consent_int2);
PG_FUNCTION_INFO_V1(dm_has_consent_int4);
PG_FUNCTION_INFO_V1(dm_has_consent_int8);
PG_FUNCTION_INFO_V1(dm_has_consent_text);
PG_FUNCTION_INFO_V1(dm_has_consent_uuid);
PG_FUNCTION_INFO_V1(dm_has_consent_support);

/* a chunk is never farther out than this, see dm_position_int8 */
#define NO_CHUNK PG_INT64_MIN

/* so many chunks are read at once, at most, as a scan asks for one after the other */
#define MAX_READ_AHEAD 64

#define INITIAL_SLOTS_LOG 6

/* A chunk that was read: who has consented.  A slot without content is free. */
typedef struct Chunk
{
	int64 number;
	union
	{
		const uint8 *bits;
		const DmDigest *digests;
		const void *any;
	} content;
	int n; /* digests */
} Chunk;

typedef struct Probe
{
	uint64 statement; /* all below is good while this is dm_statement_number */
	DmSight sight;	  /* or what is seen has not changed */
	int64 last_number;
	const uint8 *last_bits;
	bool governed; /* called by a governed relation, see above */
	bool fixed;	   /* every call has the same kind and purposes */
	DmKind *kind;  /* NULL for one that does not exist: nobody has consented */
	List *purposes;
	MemoryContext whole; /* of the probe itself */
	MemoryContext cxt;	 /* of all that is read */
	Chunk *slots;		 /* hash table, open addressing */
	int slots_log;
	int nchunks;
	int read_ahead;
} Probe;

static const uint8 no_bits[DM_CHUNK_BYTES] = { 0 };
static const DmDigest no_digests[1] = { { 0, 0 } };

static bool
is_governed_call(FmgrInfo *flinfo)
{
	Node *expr = flinfo->fn_expr;

	return expr != NULL && IsA(expr, FuncExpr) &&
		   ((FuncExpr *) expr)->funcformat == DM_GOVERNED_CALL;
}

/* The place of a chunk: where it is, or the free slot where it belongs. */
static Chunk *
find_slot(Probe *probe, int64 number)
{
	uint64 mask = (UINT64CONST(1) << probe->slots_log) - 1;
	uint64 i = ((uint64) number * UINT64CONST(0x9E3779B97F4A7C15)) >> (64 - probe->slots_log);

	while (probe->slots[i].content.any != NULL && probe->slots[i].number != number)
		i = (i + 1) & mask;
	return &probe->slots[i];
}

static void
allocate_slots(Probe *probe, int slots_log)
{
	probe->slots_log = slots_log;
	probe->slots = MemoryContextAllocHuge(probe->cxt, sizeof(Chunk) << slots_log);
	memset(probe->slots, 0, sizeof(Chunk) << slots_log);
}

static void
grow_slots(Probe *probe)
{
	Chunk *old = probe->slots;
	Size n = (Size) 1 << probe->slots_log;

	allocate_slots(probe, probe->slots_log + 1);
	for (Size i = 0; i < n; i++)
		if (old[i].content.any != NULL)
			*find_slot(probe, old[i].number) = old[i];
	pfree(old);
}

/* The slot of a chunk; one that has not been read is as yet empty. */
static Chunk *
get_chunk(Probe *probe, int64 number)
{
	Chunk *chunk = find_slot(probe, number);

	if (chunk->content.any != NULL)
		return chunk;
	if (2 * (probe->nchunks + 1) > (1 << probe->slots_log))
	{
		grow_slots(probe);
		chunk = find_slot(probe, number);
	}
	probe->nchunks++;
	chunk->number = number;
	if (probe->kind == NULL || !probe->kind->hashed)
		chunk->content.bits = no_bits;
	else
		chunk->content.digests = no_digests;
	chunk->n = 0;
	return chunk;
}

/* Lets what a nearer purpose has recorded count over what is in the chunk. */
static void
apply_bits(Probe *probe, Chunk *chunk, Datum granted, Datum denied)
{
	uint8 yes[DM_CHUNK_BYTES];
	uint8 no[DM_CHUNK_BYTES];
	uint8 *bits;

	dm_bits_read(granted, yes);
	dm_bits_read(denied, no);
	if (chunk->content.bits == no_bits)
		chunk->content.bits = MemoryContextAllocZero(probe->cxt, DM_CHUNK_BYTES);
	bits = unconstify(uint8 *, chunk->content.bits);
	for (int i = 0; i < DM_CHUNK_BYTES; i++)
		bits[i] = (bits[i] & ~no[i]) | yes[i];
}

static void
apply_digests(Probe *probe, Chunk *chunk, Datum granted, Datum denied)
{
	MemoryContext old = MemoryContextSwitchTo(probe->cxt);
	DmDigests yes = dm_digests_read(granted);

	if (chunk->n > 0)
	{
		DmDigests before = { chunk->n, unconstify(DmDigest *, chunk->content.digests) };
		DmDigests no = dm_digests_read(denied);
		DmDigests rest = dm_digests_remove(before, no);
		DmDigests all = dm_digests_add(rest, yes);

		pfree(before.items);
		pfree(no.items);
		pfree(rest.items);
		pfree(yes.items);
		yes = all;
	}
	MemoryContextSwitchTo(old);
	chunk->n = yes.n;
	chunk->content.digests = yes.items;
}

/* Reads the chunks first <= number < last of one purpose. */
static void
read_purpose(Probe *probe, const char *purpose, int64 first, int64 last)
{
	ScanKeyData keys[4];
	DmScan scan;
	HeapTuple tuple;

	dm_key_int8(&keys[0], Anum_dm_consent_set_kind, probe->kind->id);
	dm_key_text(&keys[1], Anum_dm_consent_set_purpose, purpose);
	dm_key_int8_range(&keys[2], Anum_dm_consent_set_chunk, first, last);
	dm_scan_begin_at(&scan, DM_CONSENT_SET, "consent_set_pkey", GetActiveSnapshot(), 4, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		Chunk *chunk = get_chunk(probe, dm_scan_int8(&scan, tuple, Anum_dm_consent_set_chunk));
		Datum granted = dm_scan_get(&scan, tuple, Anum_dm_consent_set_granted, NULL);
		Datum denied = dm_scan_get(&scan, tuple, Anum_dm_consent_set_denied, NULL);

		CHECK_FOR_INTERRUPTS();
		if (probe->kind->hashed)
			apply_digests(probe, chunk, granted, denied);
		else
			apply_bits(probe, chunk, granted, denied);
	}
	dm_scan_end(&scan);
}

/* Reads a chunk and, if others were read before, some after it. */
static void
read_chunks(Probe *probe, int64 number)
{
	MemoryContext scratch = AllocSetContextCreate(probe->cxt, "reading", ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	int64 last = number;

	while (last - number < probe->read_ahead && find_slot(probe, last)->content.any == NULL)
		last++;
	for (int i = list_length(probe->purposes) - 1; probe->kind != NULL && i >= 0; i--)
		read_purpose(probe, list_nth(probe->purposes, i), number, last);
	/* those without a row are known, too */
	for (int64 i = number; i < last; i++)
		(void) get_chunk(probe, i);
	probe->read_ahead = Min(2 * probe->read_ahead, MAX_READ_AHEAD);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
}

static Chunk *
lookup_chunk(Probe *probe, int64 number)
{
	Chunk *chunk = find_slot(probe, number);

	if (chunk->content.any == NULL)
	{
		read_chunks(probe, number);
		chunk = find_slot(probe, number);
	}
	return chunk;
}

/* Forgets all that was read. */
static void
start_over(Probe *probe)
{
	MemoryContextReset(probe->cxt);
	allocate_slots(probe, INITIAL_SLOTS_LOG);
	probe->nchunks = 0;
	probe->read_ahead = 1;
	probe->last_number = NO_CHUNK;
	probe->last_bits = NULL;
}

static void
check_caller(Probe *probe, const char *kind_name)
{
	if (probe->governed || (probe->kind != NULL && dm_kind_is_inside(probe->kind, GetUserId())))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied for consents of kind \"%s\"", kind_name),
			 errdetail("Only the domain that records them asks for consents directly; others read ports.")));
}

static Probe *
make_probe(FunctionCallInfo fcinfo)
{
	MemoryContext whole = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "datamesh probe",
												ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(whole);
	char *kind_name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Probe *probe = palloc0(sizeof(Probe));

	probe->governed = is_governed_call(fcinfo->flinfo);
	probe->fixed = probe->governed || (get_fn_expr_arg_stable(fcinfo->flinfo, 0) &&
									   get_fn_expr_arg_stable(fcinfo->flinfo, 1));
	probe->kind = dm_kind_get(kind_name, true);
	probe->purposes = dm_text_array_list(PG_GETARG_DATUM(1));
	probe->whole = whole;
	probe->cxt = AllocSetContextCreate(whole, "datamesh consents", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(old);
	check_caller(probe, kind_name);
	probe->sight = dm_statement_sight();
	probe->statement = dm_statement_number;
	start_over(probe);
	return probe;
}

/* The call site's probe, good for the current query. */
static Probe *
current_probe(FunctionCallInfo fcinfo)
{
	Probe *probe = fcinfo->flinfo->fn_extra;

	if (probe != NULL && !probe->fixed)
	{
		fcinfo->flinfo->fn_extra = NULL;
		MemoryContextDelete(probe->whole);
		probe = NULL;
	}
	if (probe == NULL)
		fcinfo->flinfo->fn_extra = probe = make_probe(fcinfo);
	else if (probe->statement != dm_statement_number || !probe->governed)
	{
		/* what PL/pgSQL evaluates by itself starts no executor */
		DmSight sight = dm_statement_sight();

		if (!dm_same_sight(&probe->sight, &sight))
		{
			start_over(probe);
			probe->sight = sight;
		}
		probe->statement = dm_statement_number;
	}
	return probe;
}

/*
 * Digests are evenly spread, so the place of one among the n of its chunk is known but for a few
 * steps.
 */
static bool
find_digest(const Chunk *chunk, const DmPosition *position)
{
	uint64 within = (position->hi << DM_DIGEST_BITS) >> 32;
	int i = (int) ((within * chunk->n) >> 32);

	if (chunk->n == 0)
		return false;
	while (i > 0 && chunk->content.digests[i].hi >= position->hi)
		i--;
	for (; i < chunk->n && chunk->content.digests[i].hi <= position->hi; i++)
		if (chunk->content.digests[i].hi == position->hi &&
			chunk->content.digests[i].lo == position->lo)
			return true;
	return false;
}

static bool
probe_digest(Probe *probe, DmPosition position)
{
	return find_digest(lookup_chunk(probe, position.chunk), &position);
}

static bool
probe_bytes(FunctionCallInfo fcinfo, DmKeyType key_type, const void *key, Size len)
{
	Probe *probe = current_probe(fcinfo);

	if (probe->kind == NULL || probe->kind->key_type != key_type)
		return false;
	return probe_digest(probe, dm_position_bytes(probe->kind, key, len));
}

static pg_noinline bool
probe_integer_slow(FunctionCallInfo fcinfo, int64 key)
{
	Probe *probe = current_probe(fcinfo);
	DmPosition position;
	Chunk *chunk;

	if (probe->kind == NULL || probe->kind->key_type != DM_KEY_INTEGER)
		return false;
	position = dm_position_int8(probe->kind, key);
	if (probe->kind->hashed)
		return probe_digest(probe, position);
	chunk = lookup_chunk(probe, position.chunk);
	/* for others, each call looks at what it sees */
	if (probe->governed)
	{
		probe->last_number = chunk->number;
		probe->last_bits = chunk->content.bits;
	}
	return (chunk->content.bits[position.lo >> 3] >> (position.lo & 7)) & 1;
}

static inline bool
probe_integer(FunctionCallInfo fcinfo, int64 key)
{
	Probe *probe = fcinfo->flinfo->fn_extra;

	/* rows that lie together mostly have keys that do */
	if (likely(probe != NULL && probe->last_number == key >> DM_CHUNK_BITS &&
			   probe->statement == dm_statement_number))
		return (probe->last_bits[(key & (DM_CHUNK_KEYS - 1)) >> 3] >> (key & 7)) & 1;
	return probe_integer_slow(fcinfo, key);
}

Datum
dm_has_consent_int2(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(probe_integer(fcinfo, PG_GETARG_INT16(2)));
}

Datum
dm_has_consent_int4(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(probe_integer(fcinfo, PG_GETARG_INT32(2)));
}

Datum
dm_has_consent_int8(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(probe_integer(fcinfo, PG_GETARG_INT64(2)));
}

Datum
dm_has_consent_text(PG_FUNCTION_ARGS)
{
	text *key = PG_GETARG_TEXT_PP(2);

	PG_RETURN_BOOL(probe_bytes(fcinfo, DM_KEY_TEXT, VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key)));
}

Datum
dm_has_consent_uuid(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(probe_bytes(fcinfo, DM_KEY_UUID, PG_GETARG_UUID_P(2)->data, UUID_LEN));
}

/*
 * A scan whose only condition is a probe of an integer column does without the server's
 * interpreter of expressions, which would take most of the time: five steps for a test of one bit.
 * The interpreter's place is taken as a compiled expression takes it.
 */
typedef struct ScanProbe
{
	AttrNumber attnum;
	Oid typid;
	int16 typlen;
	bool checked;
	FmgrInfo flinfo;
	FunctionCallInfo fcinfo;
} ScanProbe;

/*
 * Where the column is in a tuple on its page, if that is known without taking the tuple apart;
 * else NULL.  Once the server has taken one apart, it is known for columns before which there
 * are none of variable length.
 */
static inline const char *
column_in_tuple(TupleTableSlot *slot, AttrNumber attnum)
{
	int offset = dm_attribute_offset(slot->tts_tupleDescriptor, attnum - 1);
	HeapTuple tuple;

	if (offset < 0 || slot->tts_nvalid >= attnum || !TTS_IS_BUFFERTUPLE(slot))
		return NULL;
	tuple = ((HeapTupleTableSlot *) slot)->tuple;
	if (tuple == NULL || HeapTupleHasNulls(tuple) ||
		HeapTupleHeaderGetNatts(tuple->t_data) < attnum)
		return NULL;
	return (const char *) tuple->t_data + tuple->t_data->t_hoff + offset;
}

static Datum
scan_qual(ExprState *state, ExprContext *econtext, bool *isnull)
{
	ScanProbe *scan = state->evalfunc_private;
	TupleTableSlot *slot = econtext->ecxt_scantuple;
	const char *place = column_in_tuple(slot, scan->attnum);
	Datum value;
	int64 key;

	if (unlikely(!scan->checked))
	{
		CheckExprStillValid(state, econtext);
		scan->checked = true;
	}
	*isnull = false;
	value = place ? fetch_att(place, true, scan->typlen) :
					slot_getattr(slot, scan->attnum, isnull);
	/* of a row without a subject nobody can have consented */
	if (unlikely(*isnull))
	{
		*isnull = false;
		return BoolGetDatum(false);
	}
	key = scan->typid == INT8OID ? DatumGetInt64(value) :
		  scan->typid == INT4OID ? DatumGetInt32(value) :
								   DatumGetInt16(value);
	return BoolGetDatum(probe_integer(scan->fcinfo, key));
}

/* The column that the condition of a scan asks about, if it is one that scan_qual can stand for. */
static Var *
probed_column(ExprState *qual, FuncExpr **call)
{
	Node *expr = qual ? (Node *) qual->expr : NULL;
	Var *var;

	if (expr == NULL || !IsA(expr, List) || list_length((List *) expr) != 1 ||
		!IsA(linitial((List *) expr), FuncExpr))
		return NULL;
	*call = linitial((List *) expr);
	if ((*call)->funcformat != DM_GOVERNED_CALL || list_length((*call)->args) != 3 ||
		!IsA(linitial((*call)->args), Const) || !IsA(lsecond((*call)->args), Const) ||
		!IsA(lthird((*call)->args), Var))
		return NULL;
	var = lthird((*call)->args);
	if (var->varno == OUTER_VAR || var->varno == INNER_VAR || var->varattno <= 0 ||
		(var->vartype != INT2OID && var->vartype != INT4OID && var->vartype != INT8OID) ||
		(*call)->funcid != dm_has_consent_function(var->vartype))
		return NULL;
	return var;
}

static void
take_over(ExprState *qual, FuncExpr *call, Var *var)
{
	ScanProbe *scan = palloc0(sizeof(ScanProbe));

	scan->attnum = var->varattno;
	scan->typid = var->vartype;
	scan->typlen = get_typlen(var->vartype);
	fmgr_info(call->funcid, &scan->flinfo);
	fmgr_info_set_expr((Node *) call, &scan->flinfo);
	scan->fcinfo = palloc0(SizeForFunctionCallInfo(3));
	InitFunctionCallInfoData(*scan->fcinfo, &scan->flinfo, 3, InvalidOid, NULL, NULL);
	scan->fcinfo->args[0].value = linitial_node(Const, call->args)->constvalue;
	scan->fcinfo->args[1].value = lsecond_node(Const, call->args)->constvalue;
	qual->evalfunc = scan_qual;
	qual->evalfunc_private = scan;
}

static bool
scan_walker(PlanState *node, void *context)
{
	FuncExpr *call;
	Var *var;

	switch (nodeTag(node))
	{
		case T_SeqScanState:
		case T_SampleScanState:
		case T_IndexScanState:
		case T_IndexOnlyScanState:
		case T_BitmapHeapScanState:
		case T_TidScanState:
		case T_TidRangeScanState:
			var = probed_column(node->qual, &call);
			if (var != NULL)
				take_over(node->qual, call, var);
			break;
		default:
			break;
	}
	return planstate_tree_walker(node, scan_walker, context);
}

void
dm_consent_executor_started(QueryDesc *queryDesc)
{
	MemoryContext old;

	/* a worker gets plans that others have made */
	if (queryDesc->planstate == NULL || (!dm_consent_is_probed() && !IsParallelWorker()))
		return;
	old = MemoryContextSwitchTo(queryDesc->estate->es_query_cxt);

	(void) scan_walker(queryDesc->planstate, NULL);
	MemoryContextSwitchTo(old);
}

/*
 * What the planner is told of the share of rows that the function lets through.  It is the same
 * for everybody: an estimate made of the consents would tell of them.
 */
Datum
dm_has_consent_support(PG_FUNCTION_ARGS)
{
	Node *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestSelectivity))
	{
		((SupportRequestSelectivity *) request)->selectivity = 0.9;
		PG_RETURN_POINTER(request);
	}
	PG_RETURN_POINTER(NULL);
}
