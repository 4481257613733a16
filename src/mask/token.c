/*
 * token.c
 *		dm_token: keyed tokens that join across the products of one key.
 *
 * Text, bytea and uuid become the first 128 bits of HMAC-SHA-256.  Integers
 * stay integers: a Feistel network whose rounds are keyed by the same HMAC
 * permutes the type's whole range, so that two values never share a token.
 *
 * Who could compute tokens of values of his choice could look up every candidate.  So
 * dm_token runs only for the key's users, or where the call stands in the text of a port: the
 * planner hook marks it there (port/queryfold.c).  The mark is the node's funcformat, which says
 * how a call is printed.  It is ignored when expressions are compared, so the call still
 * matches an expression index; the parser sets COERCE_SQL_SYNTAX for functions of the SQL grammar
 * alone, so no user can write it; and it travels to parallel workers, which positions in the
 * text do not.  Losing it costs an error, never a token.
 *
 * The hook misses the one query whose planning loads the library.  For that one, the support
 * function marks calls on a stored column whose tags have this very key, read with the rights
 * of a view owner who may use the key.
 */
#include "postgres.h"

#include "common/sha2.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/uuid.h"

#include "access/fold.h"
#include "catalog/table.h"
#include "classify/label.h"
#include "classify/tag.h"
#include "classify/tokenkey.h"
#include "compat/pg_compat.h"
#include "mask/mask_crypto.h"
#include "mask/token.h"

PG_FUNCTION_INFO_V1(dm_token_text);
PG_FUNCTION_INFO_V1(dm_token_bytea);
PG_FUNCTION_INFO_V1(dm_token_uuid);
PG_FUNCTION_INFO_V1(dm_token_int4);
PG_FUNCTION_INFO_V1(dm_token_int8);
PG_FUNCTION_INFO_V1(dm_token_support);

#define TOKEN_BYTES 16
#define ROUNDS		10
#define CACHED_KEYS 8

/* Secrets of the keys used last; thrown away when the table of keys changes. */
static struct
{
	char id[NAMEDATALEN + 16];
	uint8 secret[DM_TOKEN_SECRET_SIZE];
} cached_keys[CACHED_KEYS];
static int ncached = 0;
static Oid key_table = InvalidOid;

/* Per call site: the key, ready to use, and for whom that was checked. */
typedef struct TokenState
{
	Oid user;
	char id[NAMEDATALEN + 16];
	uint8 secret[DM_TOKEN_SECRET_SIZE];
} TokenState;

static void
relcache_changed(Datum arg, Oid relid)
{
	if (relid == InvalidOid || relid == key_table)
		ncached = 0;
}

void
dm_token_init(void)
{
	CacheRegisterRelcacheCallback(relcache_changed, (Datum) 0);
}

static void
lookup_secret(const char *id, uint8 *secret)
{
	for (int i = 0; i < ncached; i++)
	{
		if (strcmp(cached_keys[i].id, id) == 0)
		{
			memcpy(secret, cached_keys[i].secret, DM_TOKEN_SECRET_SIZE);
			return;
		}
	}
	key_table = dm_table_oid(DM_TOKEN_KEY);
	dm_key_secret(id, secret);
	if (ncached == CACHED_KEYS)
		ncached = 0;
	strlcpy(cached_keys[ncached].id, id, sizeof(cached_keys[0].id));
	memcpy(cached_keys[ncached].secret, secret, DM_TOKEN_SECRET_SIZE);
	ncached++;
}

static bool
is_governed_call(FmgrInfo *flinfo)
{
	Node *expr = flinfo->fn_expr;

	return expr != NULL && IsA(expr, FuncExpr) &&
		   ((FuncExpr *) expr)->funcformat == DM_GOVERNED_CALL;
}

static void
check_may_use(FunctionCallInfo fcinfo, const char *id)
{
	uint8 probe[DM_TOKEN_SECRET_SIZE];

	if (is_governed_call(fcinfo->flinfo) || dm_key_may_use(id, GetUserId()))
		return;
	/* says so if there is no such key */
	lookup_secret(id, probe);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied for key \"%s\"", id),
			 errhint("Tokens are read through ports; dm_grant_key lets a role compute them itself.")));
}

/*
 * The state of this call site.  A site may outlive its query (in PL/pgSQL) and see
 * another key or user the next time, so both are compared.
 */
static TokenState *
token_state(FunctionCallInfo fcinfo)
{
	TokenState *state = fcinfo->flinfo->fn_extra;
	text *key = PG_GETARG_TEXT_PP(1);
	size_t len = VARSIZE_ANY_EXHDR(key);

	if (state != NULL && state->user == GetUserId() && strlen(state->id) == len &&
		memcmp(state->id, VARDATA_ANY(key), len) == 0)
		return state;

	if (state == NULL)
	{
		state = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(TokenState));
		fcinfo->flinfo->fn_extra = state;
	}
	state->user = InvalidOid; /* stays so if one of the checks fails */
	text_to_cstring_buffer(key, state->id, sizeof(state->id));
	if (strlen(state->id) != len)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid key name \"%s\"", text_to_cstring(key))));
	check_may_use(fcinfo, state->id);
	lookup_secret(state->id, state->secret);
	state->user = GetUserId();
	return state;
}

/* HMAC-SHA-256 of the domain (one byte that keeps the types apart) and the data. */
static void
token_hmac(TokenState *state, uint8 domain, const void *data, size_t len,
		   uint8 result[PG_SHA256_DIGEST_LENGTH])
{
	pg_hmac_ctx *hmac = dm_mask_hmac_sha256();

	if (pg_hmac_init(hmac, state->secret, DM_TOKEN_SECRET_SIZE) < 0 ||
		pg_hmac_update(hmac, &domain, 1) < 0 ||
		pg_hmac_update(hmac, data, len) < 0 ||
		pg_hmac_final(hmac, result, PG_SHA256_DIGEST_LENGTH) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not compute a token: %s", pg_hmac_error(hmac))));
}

Datum
dm_token_text(PG_FUNCTION_ARGS)
{
	static const char hex[] = "0123456789abcdef";
	TokenState *state = token_state(fcinfo);
	text *value = PG_GETARG_TEXT_PP(0);
	text *result = palloc(VARHDRSZ + 2 * TOKEN_BYTES);
	uint8 digest[PG_SHA256_DIGEST_LENGTH];

	token_hmac(state, 't', VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), digest);
	SET_VARSIZE(result, VARHDRSZ + 2 * TOKEN_BYTES);
	for (int i = 0; i < TOKEN_BYTES; i++)
	{
		VARDATA(result)
		[2 * i] = hex[digest[i] >> 4];
		VARDATA(result)
		[2 * i + 1] = hex[digest[i] & 0x0f];
	}
	PG_FREE_IF_COPY(value, 0);
	PG_RETURN_TEXT_P(result);
}

Datum
dm_token_bytea(PG_FUNCTION_ARGS)
{
	TokenState *state = token_state(fcinfo);
	bytea *value = PG_GETARG_BYTEA_PP(0);
	bytea *result = palloc(VARHDRSZ + TOKEN_BYTES);
	uint8 digest[PG_SHA256_DIGEST_LENGTH];

	token_hmac(state, 'b', VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), digest);
	SET_VARSIZE(result, VARHDRSZ + TOKEN_BYTES);
	memcpy(VARDATA(result), digest, TOKEN_BYTES);
	PG_FREE_IF_COPY(value, 0);
	PG_RETURN_BYTEA_P(result);
}

Datum
dm_token_uuid(PG_FUNCTION_ARGS)
{
	TokenState *state = token_state(fcinfo);
	pg_uuid_t *value = PG_GETARG_UUID_P(0);
	pg_uuid_t *result = palloc(sizeof(pg_uuid_t));
	uint8 digest[PG_SHA256_DIGEST_LENGTH];

	token_hmac(state, 'u', value->data, UUID_LEN, digest);
	memcpy(result->data, digest, UUID_LEN);
	/* version 8, variant 10: a custom UUID by RFC 9562 */
	result->data[6] = (result->data[6] & 0x0f) | 0x80;
	result->data[8] = (result->data[8] & 0x3f) | 0x80;
	PG_RETURN_UUID_P(result);
}

/* The keyed function of one Feistel round, on a half of 32 bits at most. */
static uint32
round_function(TokenState *state, uint8 domain, int round, uint32 half)
{
	uint8 input[5];
	uint8 digest[PG_SHA256_DIGEST_LENGTH];
	uint32 word;

	input[0] = (uint8) round;
	word = pg_hton32(half);
	memcpy(input + 1, &word, sizeof(word));
	token_hmac(state, domain, input, sizeof(input), digest);
	memcpy(&word, digest, sizeof(word));
	return word;
}

/* A permutation of the numbers of 2 * half_bits bits. */
static uint64
permute(TokenState *state, uint8 domain, int half_bits, uint64 value)
{
	uint32 mask = half_bits == 32 ? PG_UINT32_MAX : ((uint32) 1 << half_bits) - 1;
	uint32 left = (uint32) (value >> half_bits) & mask;
	uint32 right = (uint32) value & mask;

	for (int round = 0; round < ROUNDS; round++)
	{
		uint32 next = (left ^ round_function(state, domain, round, right)) & mask;

		left = right;
		right = next;
	}
	return ((uint64) left << half_bits) | right;
}

Datum
dm_token_int4(PG_FUNCTION_ARGS)
{
	TokenState *state = token_state(fcinfo);

	PG_RETURN_INT32((int32) (uint32) permute(state, '4', 16, (uint32) PG_GETARG_INT32(0)));
}

Datum
dm_token_int8(PG_FUNCTION_ARGS)
{
	TokenState *state = token_state(fcinfo);

	PG_RETURN_INT64((int64) permute(state, '8', 32, (uint64) PG_GETARG_INT64(0)));
}

/*
 * The stored column that an expression is, seen through subqueries that were not pulled
 * up.  False for anything else.
 */
static bool
stored_column(Query *query, Node *expr, Oid *relid, AttrNumber *attnum, Oid *check_as_user)
{
	RangeTblEntry *rte;
	Var *var;

	check_stack_depth();
	expr = strip_implicit_coercions(expr);
	if (expr == NULL || !IsA(expr, Var))
		return false;
	var = (Var *) expr;
	if (var->varlevelsup != 0 || var->varattno <= 0 || var->varno <= 0 ||
		var->varno > list_length(query->rtable))
		return false;
	rte = rt_fetch(var->varno, query->rtable);
	if (rte->rtekind == RTE_SUBQUERY)
	{
		TargetEntry *target = get_tle_by_resno(rte->subquery->targetList, var->varattno);

		return target != NULL && rte->subquery->setOperations == NULL &&
			   stored_column(rte->subquery, (Node *) target->expr, relid, attnum, check_as_user);
	}
	if (rte->rtekind != RTE_RELATION)
		return false;
	*relid = rte->relid;
	*attnum = var->varattno;
	*check_as_user = dm_rte_check_as_user(dm_query_perminfos(query), rte);
	return true;
}

/* Whether all tags of a column that have a key have this one. */
static bool
is_key_of_column(const char *id, Oid relid, AttrNumber attnum)
{
	ListCell *lc;
	bool found = false;

	foreach(lc, dm_column_tags(relid, attnum))
	{
		char *key = dm_tag_token_key(lfirst(lc));

		if (key == NULL)
			continue;
		if (strcmp(dm_key_current(key), id) != 0)
			return false;
		found = true;
	}
	return found;
}

Datum
dm_token_support(PG_FUNCTION_ARGS)
{
	Node *rawreq = (Node *) PG_GETARG_POINTER(0);
	SupportRequestSimplify *req;
	FuncExpr *call;
	Const *key;
	Oid relid;
	AttrNumber attnum;
	Oid check_as_user;

	if (!IsA(rawreq, SupportRequestSimplify))
		PG_RETURN_POINTER(NULL);
	req = (SupportRequestSimplify *) rawreq;
	call = req->fcall;
	if (dm_fold_is_hooked() || req->root == NULL || list_length(call->args) != 2)
		PG_RETURN_POINTER(NULL);
	key = lsecond(call->args);
	if (!IsA(key, Const) || key->constisnull ||
		!stored_column(req->root->parse, linitial(call->args), &relid, &attnum, &check_as_user) ||
		!OidIsValid(check_as_user) ||
		!dm_key_may_use(TextDatumGetCString(key->constvalue), check_as_user) ||
		!is_key_of_column(TextDatumGetCString(key->constvalue), relid, attnum))
		PG_RETURN_POINTER(NULL);

	call = copyObject(call);
	call->funcformat = DM_GOVERNED_CALL;
	PG_RETURN_POINTER(call);
}
