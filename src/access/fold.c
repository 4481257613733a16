/*
 * fold.c
 *		The functions that ports ask, and folding them while planning.
 *
 * datamesh.admits(product), datamesh.clear(product, tag) and datamesh.token(product, tag)
 * stand in the text of every port, datamesh.restricts(policy) in row policies.  Their planner
 * support function replaces the call by its answer for the current user, so that constant
 * folding removes the CASE around a column and the plan is that of the bare table.  The plan
 * is then good for this user alone, which dependsOnRole says.
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/syscache.h"

#include "access/decide.h"
#include "access/fact.h"
#include "access/fold.h"
#include "access/policy.h"
#include "catalog/table.h"

PG_FUNCTION_INFO_V1(dm_admits);
PG_FUNCTION_INFO_V1(dm_clear);
PG_FUNCTION_INFO_V1(dm_clear_or_token);
PG_FUNCTION_INFO_V1(dm_restricts);
PG_FUNCTION_INFO_V1(dm_decide_support);

Datum
dm_admits(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(dm_decide_admits(text_to_cstring(PG_GETARG_TEXT_PP(0))));
}

Datum
dm_clear(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(dm_decide_clear(text_to_cstring(PG_GETARG_TEXT_PP(0)),
								   text_to_cstring(PG_GETARG_TEXT_PP(1))));
}

Datum
dm_clear_or_token(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(dm_decide_token(text_to_cstring(PG_GETARG_TEXT_PP(0)),
								   text_to_cstring(PG_GETARG_TEXT_PP(1))));
}

Datum
dm_restricts(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(dm_policy_restricts(dm_decide_session(), PG_GETARG_INT64(0), NULL));
}

/*
 * Which function is which.  Looking a name up for every call would cost more than
 * the decision, so the OIDs are kept until any function changes.
 */
typedef enum Question
{
	ASK_ADMITS,
	ASK_CLEAR,
	ASK_TOKEN,
	ASK_RESTRICTS,
	ASK_NOTHING
} Question;

static Oid question_oids[ASK_NOTHING];
static const Oid token_types[] = { TEXTOID, BYTEAOID, UUIDOID, INT4OID, INT8OID };
static Oid token_oids[lengthof(token_types)];
static Oid consented_oid;
static const Oid key_types[] = { INT2OID, INT4OID, INT8OID, TEXTOID, UUIDOID };
static Oid has_consent_oids[lengthof(key_types)];
static bool question_oids_valid = false;

static void
function_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	question_oids_valid = false;
}

void
dm_fold_init(void)
{
	CacheRegisterSyscacheCallback(PROCOID, function_changed, (Datum) 0);
}

static Oid
text_function(Oid schema, const char *name, int nargs, Oid first_type)
{
	Oid argtypes[2] = { first_type, TEXTOID };
	oidvector *args = buildoidvector(argtypes, nargs);

	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
						   PointerGetDatum(args), ObjectIdGetDatum(schema));
}

static void
look_consent_functions_up(Oid schema)
{
	Oid consented_types[2] = { INT8OID, ANYELEMENTOID };
	Oid types[3] = { TEXTOID, TEXTARRAYOID, InvalidOid };

	consented_oid = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
									CStringGetDatum("consented"),
									PointerGetDatum(buildoidvector(consented_types, 2)),
									ObjectIdGetDatum(schema));
	for (int i = 0; i < lengthof(key_types); i++)
	{
		types[2] = key_types[i];
		has_consent_oids[i] = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
											  CStringGetDatum("has_consent"),
											  PointerGetDatum(buildoidvector(types, 3)),
											  ObjectIdGetDatum(schema));
	}
}

static void
look_functions_up(void)
{
	Oid schema = dm_catalog_schema();

	for (int i = 0; i < ASK_NOTHING; i++)
		question_oids[i] = InvalidOid;
	memset(token_oids, 0, sizeof(token_oids));
	if (OidIsValid(schema))
	{
		question_oids[ASK_ADMITS] = text_function(schema, "admits", 1, TEXTOID);
		question_oids[ASK_CLEAR] = text_function(schema, "clear", 2, TEXTOID);
		question_oids[ASK_TOKEN] = text_function(schema, "token", 2, TEXTOID);
		question_oids[ASK_RESTRICTS] = text_function(schema, "restricts", 1, INT8OID);
		for (int i = 0; i < lengthof(token_types); i++)
			token_oids[i] = text_function(dm_api_schema(), "dm_token", 2, token_types[i]);
	}
	look_consent_functions_up(schema);
	question_oids_valid = true;
}

static Question
question_of(Oid funcid)
{
	if (!question_oids_valid)
		look_functions_up();
	for (int i = 0; i < ASK_NOTHING; i++)
		if (question_oids[i] == funcid && OidIsValid(funcid))
			return (Question) i;
	return ASK_NOTHING;
}

Oid
dm_consented_function(void)
{
	if (!question_oids_valid)
		look_functions_up();
	return consented_oid;
}

Oid
dm_has_consent_function(Oid typid)
{
	if (!question_oids_valid)
		look_functions_up();
	if (typid == VARCHAROID)
		typid = TEXTOID;
	for (int i = 0; i < lengthof(key_types); i++)
		if (key_types[i] == typid)
			return has_consent_oids[i];
	return InvalidOid;
}

static bool hooked = false;

void
dm_fold_set_hooked(void)
{
	hooked = true;
}

bool
dm_fold_is_hooked(void)
{
	return hooked;
}

bool
dm_is_token(Oid funcid)
{
	if (!question_oids_valid)
		look_functions_up();
	for (int i = 0; i < lengthof(token_oids); i++)
		if (token_oids[i] == funcid && OidIsValid(funcid))
			return true;
	return false;
}

/* A constant text argument as a C string in a buffer; false if it is no such thing. */
static bool
const_text(List *args, int n, char *buffer, size_t size)
{
	Const *con = list_nth(args, n);

	if (!IsA(con, Const) || con->constisnull)
		return false;
	text_to_cstring_buffer(DatumGetTextPP(con->constvalue), buffer, size);
	return true;
}

char *
dm_admits_product(Node *node)
{
	char product[2 * NAMEDATALEN + 16];

	if (node == NULL || !IsA(node, FuncExpr) ||
		question_of(((FuncExpr *) node)->funcid) != ASK_ADMITS ||
		!const_text(((FuncExpr *) node)->args, 0, product, sizeof(product)))
		return NULL;
	return pstrdup(product);
}

static bool
fold_restricts(List *args, const char *context, bool *answer, List **facts)
{
	Const *con = linitial(args);

	if (!IsA(con, Const) || con->constisnull)
		return false;
	*answer = dm_policy_fold(DatumGetInt64(con->constvalue), context, facts);
	return true;
}

bool
dm_fold_answer(FuncExpr *call, const char *context, bool *answer, List **stamps)
{
	Question question = question_of(call->funcid);
	/* longer texts are cut, and then name nothing */
	char product[2 * NAMEDATALEN + 16];
	char tag[NAMEDATALEN + 1];

	if (question == ASK_RESTRICTS)
		return fold_restricts(call->args, context, answer, stamps);
	if (question == ASK_NOTHING || !const_text(call->args, 0, product, sizeof(product)))
		return false;
	if (question == ASK_ADMITS)
		*answer = dm_decide_admits(product);
	else if (!const_text(call->args, 1, tag, sizeof(tag)))
		return false;
	else if (question == ASK_CLEAR)
		*answer = dm_decide_clear(product, tag);
	else
		*answer = dm_decide_token(product, tag);
	*stamps = dm_decide_stamp(*stamps, product);
	return true;
}

Datum
dm_decide_support(PG_FUNCTION_ARGS)
{
	Node *rawreq = (Node *) PG_GETARG_POINTER(0);
	SupportRequestSimplify *req;
	bool answer;
	List *facts = NIL;

	if (!IsA(rawreq, SupportRequestSimplify))
		PG_RETURN_POINTER(NULL);
	req = (SupportRequestSimplify *) rawreq;

	/* without a plan there is nothing that could be marked as made for one role */
	if (req->root == NULL)
		PG_RETURN_POINTER(NULL);
	if (!dm_fold_answer(req->fcall, NULL, &answer, &facts))
		PG_RETURN_POINTER(NULL);
	dm_fact_note(req->root->glob, facts);
	PG_RETURN_POINTER(makeBoolConst(answer, false));
}
