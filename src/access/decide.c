/*
 * decide.c
 *		The one decision function and its cache.
 *
 * A decision belongs to a reader (a role and a purpose) and a product.  It is computed from
 * the catalog once and kept in a hash table of the backend, so that planning a governed query
 * costs one lookup for each governed column.  The planner asks for the reader of the session;
 * who explains access asks for any reader, and gets the same answer.
 *
 * Lifetime.  Every write to the tables that decisions are made from sends a
 * relcache invalidation for that table; role changes come through the syscache.
 * Either one moves the epoch on, and an entry of an older epoch is
 * computed again before it is used.  An entry also ends by the clock, at the
 * next moment at which one of its agreements begins or ends.  The plan cache is told
 * where the server would not notice by itself: who changes agreements invalidates
 * the relcache of the ports; changes of roles, purpose and clock reset the plan cache
 * from here.
 *
 * Recheck.  A governed plan carries the decisions that it was folded from as facts (fact.h).
 */
#include "postgres.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "access/agreement.h"
#include "access/decide.h"
#include "access/fact.h"
#include "access/purpose.h"
#include "access/refusal.h"
#include "base/errors.h"
#include "base/strings.h"
#include "catalog/table.h"
#include "registry/product.h"

/* domain.product@12345 */
#define LABEL_SIZE (2 * NAMEDATALEN + 8)
/* more than a registered purpose has: one that is cut remains unknown */
#define PURPOSE_SIZE  (NAMEDATALEN + 8)
#define MAX_DECISIONS 20000

typedef struct DecisionKey
{
	Oid role;
	char purpose[PURPOSE_SIZE]; /* empty for none */
	char product[LABEL_SIZE];
} DecisionKey;

typedef struct Decision
{
	DecisionKey key;
	uint64 epoch;	   /* current as long as it equals decision_epoch */
	TimestampTz until; /* and the clock has not reached this */
	bool admitted;
	bool exempt;	 /* a producer: sees everything */
	bool copies;	 /* of what he reads he may make */
	bool deprecated; /* the product is */
	bool noticed;	 /* the session was told so */
	char *clearance; /* "tag\0tag:token\0\0"; NULL if empty */
	Size clearance_size;
} Decision;

char *dm_purpose = NULL;

/* for whom access is being explained, instead of the reader of the session */
static const DmReader *supposed = NULL;

static MemoryContext decision_cxt = NULL;
static HTAB *decisions = NULL;
static Decision *last_decision = NULL; /* the one looked up last: a port asks many times in a row */
static uint64 decision_epoch = 1;

/* the tables that decisions are made from */
static const DmTable watched_tables[] = {
	DM_DOMAIN, DM_PRODUCT, DM_PURPOSE, DM_AGREEMENT, DM_ROLE_ATTRIBUTE, DM_ROW_POLICY,
	DM_SUBJECT_KIND, DM_SUBJECT, DM_CONSENT_REQUIREMENT
};
static Oid watched_oids[lengthof(watched_tables)];

const char *
dm_decide_purpose(void)
{
	if (supposed != NULL)
		return supposed->purpose;
	return dm_purpose != NULL && dm_purpose[0] != '\0' ? dm_purpose : NULL;
}

DmReader
dm_decide_session(void)
{
	DmReader reader = { supposed ? supposed->role : GetUserId(), dm_decide_purpose() };

	return reader;
}

const DmReader *
dm_decide_suppose(const DmReader *reader)
{
	const DmReader *before = supposed;

	supposed = reader;
	return before;
}

void
dm_decide_purpose_changed(void)
{
	if (decisions != NULL || dm_fact_noted())
		ResetPlanCache();
}

/* Only compares OIDs: a callback must not touch the caches. */
static void
relcache_changed(Datum arg, Oid relid)
{
	for (int i = 0; i < lengthof(watched_oids); i++)
		if (relid == InvalidOid || relid == watched_oids[i])
		{
			decision_epoch++;
			return;
		}
}

static void
roles_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	decision_epoch++;
	if (decisions != NULL || dm_fact_noted())
		ResetPlanCache();
}

void
dm_decide_init(void)
{
	CacheRegisterRelcacheCallback(relcache_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, roles_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, roles_changed, (Datum) 0);
}

static void
create_tables(void)
{
	HASHCTL ctl;

	if (decision_cxt == NULL)
		decision_cxt = AllocSetContextCreate(CacheMemoryContext, "datamesh decisions",
											 ALLOCSET_DEFAULT_SIZES);
	MemoryContextReset(decision_cxt);
	last_decision = NULL;

	memset(&ctl, 0, sizeof(ctl));
	ctl.keysize = sizeof(DecisionKey);
	ctl.entrysize = sizeof(Decision);
	ctl.hcxt = decision_cxt;
	decisions = hash_create("datamesh decisions", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

uint64
dm_decide_watch(void)
{
	for (int i = 0; i < lengthof(watched_tables); i++)
		watched_oids[i] = dm_table_oid(watched_tables[i]);
	return decision_epoch;
}

uint64
dm_decide_epoch(void)
{
	return decision_epoch;
}

/* Does the tag list cover the tag?  A raw clearance covers tokens as well. */
static bool
clearance_covers(const char *clearance, const char *tag, bool token)
{
	const char *item;

	for (item = clearance; item != NULL && *item != '\0'; item += strlen(item) + 1)
	{
		const char *colon = strchr(item, ':');
		size_t len = colon ? colon - item : strlen(item);

		if (colon != NULL && !token)
			continue;
		if (strncmp(item, tag, len) == 0 && (tag[len] == '\0' || tag[len] == '.'))
			return true;
	}
	return false;
}

static void
keep_clearance(Decision *decision, List *clearance)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, clearance)
		appendBinaryStringInfo(&buf, lfirst(lc), strlen(lfirst(lc)) + 1);

	if (decision->clearance != NULL)
		pfree(decision->clearance);
	decision->clearance = NULL;
	decision->clearance_size = buf.len;
	if (buf.len > 0)
	{
		decision->clearance = MemoryContextAllocZero(decision_cxt, buf.len + 1);
		memcpy(decision->clearance, buf.data, buf.len);
	}
}

/* Collects what the agreements in force give the reader. */
static void
apply_agreements(Decision *decision, DmProduct *product, List **clearance)
{
	List *lineage = dm_purpose_lineage(decision->key.purpose);
	TimestampTz now = GetCurrentTimestamp();
	ListCell *lc;

	foreach(lc, dm_agreement_list(product->id, InvalidOid))
	{
		DmAgreement *agreement = lfirst(lc);

		if (!dm_string_member(lineage, agreement->purpose) || now >= agreement->valid_until ||
			!has_privs_of_role(decision->key.role, agreement->consumer))
			continue;
		if (now < agreement->valid_from)
		{
			decision->until = Min(decision->until, agreement->valid_from);
			continue;
		}
		decision->admitted = true;
		decision->copies |= agreement->copies;
		decision->until = Min(decision->until, agreement->valid_until);
		*clearance = list_concat(*clearance, agreement->clearance);
	}
}

static int
cmp_strings(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

/* Computes a decision from the catalog, in a context of its own. */
static void
compute(Decision *decision)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "datamesh decision",
											  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	uint64 epoch;
	DmProduct *product;
	List *clearance = NIL;

	/* what arrives while we read counts as newer than what we read */
	epoch = dm_decide_watch();

	product = dm_product_get_by_literal(decision->key.product);
	decision->admitted = false;
	decision->exempt = false;
	decision->copies = false;
	decision->deprecated = product != NULL && product->status == DM_DEPRECATED;
	decision->until = DT_NOEND;
	if (product != NULL)
	{
		decision->exempt = dm_product_may_manage(product, decision->key.role) ||
						   dm_domain_is_producer(product->domain, decision->key.role);
		if (decision->exempt)
			decision->admitted = decision->copies = true;
		else if (dm_product_is_served(product))
			apply_agreements(decision, product, &clearance);
	}
	list_sort(clearance, cmp_strings);
	keep_clearance(decision, clearance);
	decision->epoch = epoch;

	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

static bool
is_current(Decision *decision)
{
	return decision->epoch == decision_epoch &&
		   (decision->until == DT_NOEND || GetCurrentTimestamp() < decision->until);
}

static bool
is_key(DecisionKey *key, DmReader reader, const char *product_label)
{
	return key->role == reader.role && strcmp(key->product, product_label) == 0 &&
		   strcmp(key->purpose, reader.purpose ? reader.purpose : "") == 0;
}

/* The decision for a reader, up to date. */
static Decision *
lookup(DmReader reader, const char *product_label)
{
	DecisionKey key;
	Decision *decision = last_decision;
	bool found;
	Decision before;
	char *before_clearance = NULL;

	if (decision != NULL && is_key(&decision->key, reader, product_label) && is_current(decision))
		return decision;

	if (decisions == NULL || hash_get_num_entries(decisions) >= MAX_DECISIONS)
		create_tables();

	memset(&key, 0, sizeof(key));
	key.role = reader.role;
	strlcpy(key.purpose, reader.purpose ? reader.purpose : "", PURPOSE_SIZE);
	strlcpy(key.product, product_label, LABEL_SIZE);
	decision = hash_search(decisions, &key, HASH_ENTER, &found);
	last_decision = decision;
	if (found && is_current(decision))
		return decision;
	if (!found)
	{
		decision->epoch = 0;
		decision->clearance = NULL;
		decision->clearance_size = 0;
		decision->noticed = false;
		decision->admitted = false;
	}
	else if (decision->clearance != NULL)
	{
		before_clearance = palloc(decision->clearance_size + 1);
		memcpy(before_clearance, decision->clearance, decision->clearance_size);
	}
	before = *decision;
	decision->epoch = 0; /* stays so if computing fails */
	compute(decision);

	/* nothing but this tells other cached plans of what the clock changed */
	if (before.epoch != 0 &&
		(before.admitted != decision->admitted || before.exempt != decision->exempt ||
		 before.clearance_size != decision->clearance_size ||
		 (before.clearance_size > 0 &&
		  memcmp(before_clearance, decision->clearance, before.clearance_size) != 0)))
		ResetPlanCache();
	return decision;
}

/* The error for a reader who is not admitted. */
static void
refuse(DmReader reader, const char *product_label)
{
	DmRefusal *refusal = dm_refusal(reader, product_label);

	ereport(ERROR,
			(errcode(refusal->sqlerrcode),
			 errmsg_internal("%s", refusal->message),
			 refusal->detail ? errdetail_internal("%s", refusal->detail) : 0,
			 refusal->hint ? errhint("%s", refusal->hint) : 0));
}

/* Has the role been told of the product's end, for this purpose or another? */
static bool
was_told(Decision *decision)
{
	HASH_SEQ_STATUS seq;
	Decision *other;
	bool told = false;

	decision->noticed = false;
	hash_seq_init(&seq, decisions);
	while ((other = hash_seq_search(&seq)) != NULL)
		told |= other->noticed && other->key.role == decision->key.role &&
				strcmp(other->key.product, decision->key.product) == 0;
	decision->noticed = true;
	return told;
}

/* Readers of a deprecated product are told once a session. */
static void
notice_deprecation(Decision *decision)
{
	DmProduct *product = dm_product_get_by_literal(decision->key.product);
	Datum until = DateADTGetDatum(product->deprecated_until);

	if (was_told(decision))
		return;
	ereport(NOTICE,
			(product->has_until ?
				 errmsg("product \"%s\" is deprecated and served until %s", product->label,
						DatumGetCString(DirectFunctionCall1(date_out, until))) :
				 errmsg("product \"%s\" is deprecated", product->label),
			 product->successor ? errhint("Its successor is \"%s\".", product->successor) : 0));
}

bool
dm_decide_admits(const char *product_label)
{
	DmReader reader = dm_decide_session();
	Decision *decision = lookup(reader, product_label);

	if (!decision->admitted)
		refuse(reader, product_label);
	if (decision->deprecated && !decision->exempt && !decision->noticed && supposed == NULL)
		notice_deprecation(decision);
	return true;
}

DmAccess
dm_decide_access(DmReader reader, const char *product_label)
{
	Decision *decision = lookup(reader, product_label);
	DmAccess access = { decision->admitted, decision->exempt, decision->until,
						decision->clearance, decision->copies };

	return access;
}

bool
dm_access_covers(const DmAccess *access, const char *tag, bool token)
{
	return access->exempt || clearance_covers(access->clearance, tag, token);
}

/* Asked when a plan is executed, for what becomes of its rows is no matter of the plan. */
static void
product_check_copy(const char *product_literal)
{
	DmReader reader = dm_decide_session();

	if (lookup(reader, product_literal)->copies)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DM_BOUNDARY),
			 errmsg("role \"%s\" may not copy data of product \"%s\"",
					GetUserNameFromId(reader.role, false), product_literal),
			 errdetail("None of its access agreements for purpose \"%s\" allows copies.",
					   reader.purpose ? reader.purpose : ""),
			 errhint("Read the port where the data are needed, or use "
					 "dm_request_access(%s, ..., copies => true).",
					 quote_literal_cstr(product_literal))));
}

bool
dm_decide_clear(const char *product_label, const char *tag)
{
	DmAccess access = dm_decide_access(dm_decide_session(), product_label);

	return dm_access_covers(&access, tag, false);
}

bool
dm_decide_token(const char *product_label, const char *tag)
{
	DmAccess access = dm_decide_access(dm_decide_session(), product_label);

	return dm_access_covers(&access, tag, true);
}

/* What a plan has been folded from, in 32 bits. */
static uint32
stamp_of(Decision *decision)
{
	/* an exempt reader sees everything, whatever he holds besides */
	if (decision->exempt)
		return 1;
	if (decision->clearance_size == 0)
		return decision->admitted ? 2 : 3;
	return hash_bytes((unsigned char *) decision->clearance, decision->clearance_size);
}

static uint32
product_stamp(const char *product_literal)
{
	return stamp_of(lookup(dm_decide_session(), product_literal));
}

static void
product_changed(const char *product_literal)
{
	DmReader reader = dm_decide_session();

	if (!lookup(reader, product_literal)->admitted)
		refuse(reader, product_literal);
	ereport(ERROR,
			(errcode(ERRCODE_DM_ACCESS_CHANGED),
			 errmsg("access to product \"%s\" changed after this statement was planned",
					product_literal),
			 errdetail("It was planned for another reader, purpose or clearance."),
			 errhint("Run it again, in a new transaction if it stands in a function.")));
}

/* who changes an agreement invalidates the ports, so no table needs to be named here */
static const DmFactKind product_fact = {
	.stamp = product_stamp,
	.refuse = product_changed,
	.check_copy = product_check_copy,
	.what = "access to a product",
};

List *
dm_decide_stamp(List *items, const char *product_literal)
{
	return dm_fact_add(items, &product_fact, product_literal);
}
