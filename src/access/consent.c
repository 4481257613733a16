/*
 * consent.c
 *		Who sees only rows of subjects who have consented, and folding that.
 *
 * The answer for a reader, a registration and a product is kept in a hash table of the
 * backend until the epoch of the decisions moves on (decide.c): every execution of a governed
 * plan asks again.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "access/consent.h"
#include "access/fact.h"
#include "access/fold.h"
#include "access/policy.h"
#include "access/purpose.h"
#include "access/subject.h"
#include "base/args.h"
#include "base/strings.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "registry/product.h"
#include "registry/schemalabel.h"

PG_FUNCTION_INFO_V1(dm_consented);
PG_FUNCTION_INFO_V1(dm_consented_support);

#define MAX_ANSWERS	 20000
#define NAME_SIZE	 (NAMEDATALEN + 8)
#define LITERAL_SIZE (2 * NAMEDATALEN + 8)

/* a stamp: this, or a hash of the purposes */
#define NOT_NEEDED 0

typedef struct AnswerKey
{
	int64 subject;
	Oid role;
	char purpose[NAME_SIZE];
	char product[LITERAL_SIZE]; /* empty for none */
} AnswerKey;

typedef struct Answer
{
	AnswerKey key;
	uint64 epoch;
	/* on which it depends as well: to whom the relation belongs, and to which domain */
	Oid relation;
	Oid owner;
	Oid schema;
	uint32 stamp;
} Answer;

static HTAB *answers = NULL;
static bool probed = false;

/* Does a product ask for consent for what the reader reads for? */
static bool
asks(DmProduct *product, List *lineage)
{
	List *required = dm_requirement_list(product->id);
	ListCell *lc;

	/* a purpose that is not known is any */
	if (lineage == NIL)
		return required != NIL;
	foreach(lc, required)
		if (dm_string_member(lineage, lfirst(lc)))
			return true;
	return false;
}

/* Does any product of the relation's domain? */
static bool
domain_asks(Oid relid, List *lineage)
{
	char *domain_name = dm_schema_domain(get_rel_namespace(relid));
	DmDomain *domain = domain_name ? dm_domain_get(domain_name, true) : NULL;
	ListCell *lc;

	foreach(lc, domain ? dm_product_list(domain->id) : NIL)
		if (asks(lfirst(lc), lineage))
			return true;
	return false;
}

bool
dm_consent_needed(DmReader reader, int64 subject_id, const char *product_literal, List **purposes)
{
	DmSubject *subject = dm_subject_get_by_id(subject_id);
	DmProduct *product = product_literal ? dm_product_get_by_literal(product_literal) : NULL;

	*purposes = NIL;
	/* what is not registered cannot be looked up: nobody has consented */
	if (subject == NULL)
		return true;
	if (dm_policy_exempts(reader.role, subject->relation, product_literal))
		return false;
	if (reader.purpose != NULL)
		*purposes = dm_purpose_lineage(reader.purpose);
	if (product != NULL && asks(product, *purposes))
		return true;
	if (product != NULL)
	{
		char *domain_name = dm_schema_domain(get_rel_namespace(subject->relation));

		if (domain_name != NULL && strcmp(domain_name, product->domain->name) == 0)
			return false;
	}
	return domain_asks(subject->relation, *purposes);
}

static uint32
stamp_of(bool needed, List *purposes)
{
	uint32 stamp = 1;
	ListCell *lc;

	if (!needed)
		return NOT_NEEDED;
	foreach(lc, purposes)
		stamp = hash_combine(stamp, hash_bytes(lfirst(lc), strlen(lfirst(lc))));
	return stamp == NOT_NEEDED ? 1 : stamp;
}

static void
create_answers(void)
{
	HASHCTL ctl;

	if (answers != NULL)
		hash_destroy(answers);
	memset(&ctl, 0, sizeof(ctl));
	ctl.keysize = sizeof(AnswerKey);
	ctl.entrysize = sizeof(Answer);
	ctl.hcxt = CacheMemoryContext;
	answers = hash_create("datamesh consents", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static bool
is_current(Answer *answer)
{
	Oid owner;
	Oid schema;

	if (answer->epoch != dm_decide_epoch())
		return false;
	dm_policy_place(answer->relation, &owner, &schema);
	return owner == answer->owner && schema == answer->schema;
}

static void
compute(Answer *answer, DmReader reader, const char *product_literal)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "datamesh consent",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	DmSubject *subject;
	List *purposes;
	bool needed;

	/* what arrives while we read counts as newer than what we read */
	answer->epoch = dm_decide_watch();
	subject = dm_subject_get_by_id(answer->key.subject);
	answer->relation = subject ? subject->relation : InvalidOid;
	dm_policy_place(answer->relation, &answer->owner, &answer->schema);
	needed = dm_consent_needed(reader, answer->key.subject, product_literal, &purposes);
	answer->stamp = stamp_of(needed, purposes);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

static uint32
consent_answer(int64 subject_id, const char *product_literal)
{
	DmReader reader = dm_decide_session();
	Answer fresh;
	Answer *answer;

	if (answers == NULL || hash_get_num_entries(answers) >= MAX_ANSWERS)
		create_answers();
	memset(&fresh, 0, sizeof(fresh));
	fresh.key.subject = subject_id;
	fresh.key.role = reader.role;
	strlcpy(fresh.key.purpose, reader.purpose ? reader.purpose : "", NAME_SIZE);
	strlcpy(fresh.key.product, product_literal ? product_literal : "", LITERAL_SIZE);
	answer = hash_search(answers, &fresh.key, HASH_FIND, NULL);
	if (answer != NULL && is_current(answer))
		return answer->stamp;

	compute(&fresh, reader, product_literal);
	answer = hash_search(answers, &fresh.key, HASH_ENTER, NULL);
	*answer = fresh;
	return fresh.stamp;
}

/* A fact's subject is "id" or "id product". */
static uint32
consent_stamp(const char *subject)
{
	char *end;
	int64 id = strtoll(subject, &end, 10);

	return consent_answer(id, *end == ' ' ? end + 1 : NULL);
}

static const DmFactKind consent_fact = {
	.stamp = consent_stamp,
	.what = "the consent that is needed",
	.ntables = 3,
	.tables = { DM_CONSENT_REQUIREMENT, DM_SUBJECT, DM_DOMAIN },
};

static List *
add_fact(List *facts, int64 subject_id, const char *product_literal)
{
	char text[DM_FACT_SUBJECT_SIZE];

	if (product_literal != NULL)
		snprintf(text, sizeof(text), INT64_FORMAT " %s", subject_id, product_literal);
	else
		snprintf(text, sizeof(text), INT64_FORMAT, subject_id);
	return dm_fact_add(facts, &consent_fact, text);
}

bool
dm_is_consented(Node *node)
{
	return node != NULL && IsA(node, FuncExpr) &&
		   ((FuncExpr *) node)->funcid == dm_consented_function();
}

/* The probe of a column's value. */
static Node *
make_probe(DmKind *kind, List *purposes, Expr *key, bool governed)
{
	Oid typid = getBaseType(exprType((Node *) key));
	FuncExpr *probe;
	Const *kind_const;
	Const *purposes_const;

	if (typid == VARCHAROID)
		typid = TEXTOID;
	if (exprType((Node *) key) != typid)
		key = (Expr *) makeRelabelType(key, typid, -1, exprCollation((Node *) key),
									   COERCE_IMPLICIT_CAST);
	kind_const = makeConst(TEXTOID, -1, DEFAULT_COLLATION_OID, -1,
						   PointerGetDatum(cstring_to_text(kind->name)), false, false);
	purposes_const = makeConst(TEXTARRAYOID, -1, DEFAULT_COLLATION_OID, -1,
							   dm_text_array(purposes), false, false);
	probe = makeFuncExpr(dm_has_consent_function(typid), BOOLOID,
						 list_make3(kind_const, purposes_const, key), InvalidOid,
						 exprCollation((Node *) key),
						 governed ? DM_GOVERNED_CALL : COERCE_EXPLICIT_CALL);
	probed = true;
	return (Node *) probe;
}

bool
dm_consent_is_probed(void)
{
	return probed;
}

Node *
dm_consent_fold(FuncExpr *call, Oid relid, const char *product_literal, List **facts)
{
	Const *con = linitial(call->args);
	Expr *key = lsecond(call->args);
	int64 id;
	List *purposes;
	DmSubject *subject;
	DmKind *kind;

	if (!IsA(con, Const) || con->constisnull)
		return NULL;
	id = DatumGetInt64(con->constvalue);
	*facts = add_fact(*facts, id, product_literal);
	if (consent_answer(id, product_literal) == NOT_NEEDED)
		return makeBoolConst(true, false);
	(void) dm_consent_needed(dm_decide_session(), id, product_literal, &purposes);
	subject = dm_subject_get_by_id(id);
	kind = subject ? dm_kind_get_by_id(subject->kind_id, true) : NULL;
	if (kind == NULL || !OidIsValid(dm_has_consent_function(getBaseType(exprType((Node *) key)))))
		return makeBoolConst(false, false);
	return make_probe(kind, purposes, key,
					  OidIsValid(relid) && dm_subject_governs(subject, relid));
}

/* Folding makes something else of it; what cannot be folded must not let anything through. */
Datum
dm_consented(PG_FUNCTION_ARGS)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("datamesh.consented can only be used in conditions of governed relations")));
}

/* The relation of a plan whose column is the expression. */
static Oid
relation_of(PlannerInfo *root, Node *key)
{
	RangeTblEntry *rte;

	if (!IsA(key, Var) || ((Var *) key)->varlevelsup != 0)
		return InvalidOid;
	rte = rt_fetch(((Var *) key)->varno, root->parse->rtable);
	return rte->rtekind == RTE_RELATION ? rte->relid : InvalidOid;
}

/*
 * In a session with the planner hook, port/queryfold.c has replaced all calls that governed
 * relations make; what comes by here is somebody's own.  The hook misses the one query whose
 * planning loads the library.
 */
Datum
dm_consented_support(PG_FUNCTION_ARGS)
{
	SupportRequestSimplify *request = (SupportRequestSimplify *) PG_GETARG_POINTER(0);
	List *facts = NIL;
	Node *result;
	Oid relid;

	if (!IsA(request, SupportRequestSimplify) || request->root == NULL)
		PG_RETURN_POINTER(NULL);
	relid = dm_fold_is_hooked() ? InvalidOid :
								  relation_of(request->root, lsecond(request->fcall->args));
	result = dm_consent_fold(request->fcall, relid, NULL, &facts);
	if (result != NULL)
		dm_fact_note(request->root->glob, facts);
	PG_RETURN_POINTER(result);
}
