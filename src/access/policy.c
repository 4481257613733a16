/*
 * policy.c
 *		Row policies: whom they restrict.
 *
 * The answer for a reader, a policy and a product is kept in a hash table of the backend, until
 * the epoch of the decisions moves on (decide.c) or the clock reaches an agreement's end.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "rewrite/rowsecurity.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "access/fact.h"
#include "access/policy.h"
#include "access/purpose.h"
#include "base/args.h"
#include "base/errors.h"
#include "base/strings.h"
#include "base/words.h"
#include "catalog/table.h"
#include "registry/domain.h"
#include "registry/product.h"
#include "registry/schemalabel.h"

#define MAX_VERDICTS 20000
#define NAME_SIZE	 (NAMEDATALEN + 8)
#define LITERAL_SIZE (2 * NAMEDATALEN + 8)

typedef struct VerdictKey
{
	int64 policy;
	Oid role;
	char purpose[NAME_SIZE];
	char product[LITERAL_SIZE]; /* empty for none */
} VerdictKey;

typedef struct Verdict
{
	VerdictKey key;
	uint64 epoch;
	TimestampTz until;
	/* on which it depends as well: to whom the relation belongs, and to which domain */
	Oid relation;
	Oid owner;
	Oid schema;
	bool restricts;
} Verdict;

static HTAB *verdicts = NULL;

static DmPolicy *
read_policy(DmScan *scan, HeapTuple tuple)
{
	DmPolicy *policy = palloc0(sizeof(DmPolicy));
	Datum datum;

	policy->id = dm_scan_int8(scan, tuple, Anum_dm_row_policy_id);
	policy->relation = dm_scan_oid(scan, tuple, Anum_dm_row_policy_relation);
	policy->name = dm_scan_text(scan, tuple, Anum_dm_row_policy_name);
	policy->predicate = dm_scan_text(scan, tuple, Anum_dm_row_policy_predicate);
	datum = dm_scan_get(scan, tuple, Anum_dm_row_policy_purposes, NULL);
	policy->purposes = dm_text_array_list(datum);
	datum = dm_scan_get(scan, tuple, Anum_dm_row_policy_tags, NULL);
	policy->tags = dm_text_array_list(datum);
	datum = dm_scan_get(scan, tuple, Anum_dm_row_policy_roles, NULL);
	policy->roles = dm_role_array_list(datum);
	policy->description = dm_scan_text(scan, tuple, Anum_dm_row_policy_description);
	return policy;
}

static List *
read_policies(const char *index_name, int nkeys, ScanKey keys)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_ROW_POLICY, index_name, nkeys, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		result = lappend(result, read_policy(&scan, tuple));
	dm_scan_end(&scan);
	return result;
}

DmPolicy *
dm_policy_get_by_id(int64 id)
{
	ScanKeyData key;
	List *found;

	dm_key_int8(&key, Anum_dm_row_policy_id, id);
	found = read_policies("row_policy_pkey", 1, &key);
	return found == NIL ? NULL : linitial(found);
}

static int
cmp_policies(const ListCell *a, const ListCell *b)
{
	int64 first = ((DmPolicy *) lfirst(a))->id;
	int64 second = ((DmPolicy *) lfirst(b))->id;

	return (first > second) - (first < second);
}

List *
dm_policy_list(Oid relid)
{
	ScanKeyData key;
	List *result;

	dm_key_oid(&key, Anum_dm_row_policy_relation, relid);
	result = read_policies("row_policy_relation_name_key", 1, &key);
	list_sort(result, cmp_policies);
	return result;
}

List *
dm_policy_list_all(void)
{
	List *result = read_policies(NULL, 0, NULL);

	list_sort(result, cmp_policies);
	return result;
}

DmPolicy *
dm_policy_get(Oid relid, const char *name, bool missing_ok)
{
	List *names = NIL;
	ListCell *lc;
	char *nearest;

	foreach(lc, dm_policy_list(relid))
	{
		DmPolicy *policy = lfirst(lc);

		if (strcmp(policy->name, name) == 0)
			return policy;
		names = lappend(names, policy->name);
	}
	if (missing_ok)
		return NULL;
	nearest = dm_nearest(name, names);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("relation \"%s\" has no row policy \"%s\"", get_rel_name(relid), name),
			 nearest ? errhint("Perhaps you meant %s.", nearest) :
					   errhint("datamesh.row_policies lists the row policies.")));
}

void
dm_policy_place(Oid relid, Oid *owner, Oid *schema)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));

	*owner = InvalidOid;
	*schema = InvalidOid;
	if (!HeapTupleIsValid(tuple))
		return;
	*owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	*schema = ((Form_pg_class) GETSTRUCT(tuple))->relnamespace;
	ReleaseSysCache(tuple);
}

bool
dm_policy_exempts(Oid role, Oid relid, const char *product_literal)
{
	Oid owner;
	Oid schema;
	char *domain_name;
	DmDomain *domain;
	DmProduct *product;

	dm_policy_place(relid, &owner, &schema);
	if (!OidIsValid(owner))
		return false;
	if (has_privs_of_role(role, owner))
		return true;
	domain_name = dm_schema_domain(schema);
	domain = domain_name ? dm_domain_get(domain_name, true) : NULL;
	if (domain != NULL && dm_domain_is_producer(domain, role))
		return true;
	product = product_literal ? dm_product_get_by_literal(product_literal) : NULL;
	return product != NULL && dm_product_may_manage(product, role);
}

/* Does the policy speak of the reader's purpose?  Of one that is not known, it does. */
static bool
speaks_of_purpose(DmPolicy *policy, const char *purpose)
{
	List *lineage = purpose ? dm_purpose_lineage(purpose) : NIL;
	ListCell *lc;

	if (policy->purposes == NIL || lineage == NIL)
		return true;
	foreach(lc, policy->purposes)
		if (dm_string_member(lineage, lfirst(lc)))
			return true;
	return false;
}

/* Of a role?  A membership counts whether its privileges are inherited or not. */
static bool
speaks_of_role(DmPolicy *policy, Oid role)
{
	ListCell *lc;

	if (policy->roles == NIL)
		return true;
	foreach(lc, policy->roles)
		if (OidIsValid(lfirst_oid(lc)) && is_member_of_role_nosuper(role, lfirst_oid(lc)))
			return true;
	return false;
}

/* Is the reader cleared for all tags, as a reader of this product? */
static bool
clears(DmPolicy *policy, DmReader reader, const char *product_literal, TimestampTz *until)
{
	DmAccess access = dm_decide_access(reader, product_literal);
	ListCell *lc;

	*until = Min(*until, access.until);
	foreach(lc, policy->tags)
		if (!dm_access_covers(&access, lfirst(lc), false))
			return false;
	return access.admitted;
}

/* The same where the product is not known: by every product of the domain that admits him. */
static bool
clears_everywhere(DmPolicy *policy, DmReader reader, TimestampTz *until)
{
	char *domain_name = dm_schema_domain(get_rel_namespace(policy->relation));
	DmDomain *domain = domain_name ? dm_domain_get(domain_name, true) : NULL;
	bool result = false;
	ListCell *lc;

	foreach(lc, domain ? dm_product_list(domain->id) : NIL)
	{
		DmProduct *product = lfirst(lc);
		DmAccess access = dm_decide_access(reader, product->literal);

		*until = Min(*until, access.until);
		if (!access.admitted)
			continue;
		if (!clears(policy, reader, product->literal, until))
			return false;
		result = true;
	}
	return result;
}

static void
compute(Verdict *verdict, DmReader reader, const char *product_literal)
{
	DmPolicy *policy = dm_policy_get_by_id(verdict->key.policy);

	verdict->relation = policy ? policy->relation : InvalidOid;
	dm_policy_place(verdict->relation, &verdict->owner, &verdict->schema);
	verdict->restricts = true;
	if (policy == NULL)
		return;
	if (dm_policy_exempts(reader.role, policy->relation, product_literal) ||
		!speaks_of_purpose(policy, reader.purpose) || !speaks_of_role(policy, reader.role))
		verdict->restricts = false;
	else if (policy->tags != NIL)
		verdict->restricts = product_literal ?
								 !clears(policy, reader, product_literal, &verdict->until) :
								 !clears_everywhere(policy, reader, &verdict->until);
}

static bool
is_current(Verdict *verdict)
{
	Oid owner;
	Oid schema;

	if (verdict->epoch != dm_decide_epoch() ||
		(verdict->until != DT_NOEND && GetCurrentTimestamp() >= verdict->until))
		return false;
	dm_policy_place(verdict->relation, &owner, &schema);
	return owner == verdict->owner && schema == verdict->schema;
}

static void
create_verdicts(void)
{
	HASHCTL ctl;

	if (verdicts != NULL)
		hash_destroy(verdicts);
	memset(&ctl, 0, sizeof(ctl));
	ctl.keysize = sizeof(VerdictKey);
	ctl.entrysize = sizeof(Verdict);
	ctl.hcxt = CacheMemoryContext;
	verdicts = hash_create("datamesh row policies", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

bool
dm_policy_restricts(DmReader reader, int64 id, const char *product_literal)
{
	Verdict fresh;
	Verdict *verdict;
	MemoryContext cxt;
	MemoryContext old;

	if (verdicts == NULL || hash_get_num_entries(verdicts) >= MAX_VERDICTS)
		create_verdicts();
	memset(&fresh, 0, sizeof(fresh));
	fresh.key.policy = id;
	fresh.key.role = reader.role;
	strlcpy(fresh.key.purpose, reader.purpose ? reader.purpose : "", NAME_SIZE);
	strlcpy(fresh.key.product, product_literal ? product_literal : "", LITERAL_SIZE);
	verdict = hash_search(verdicts, &fresh.key, HASH_FIND, NULL);
	if (verdict != NULL && is_current(verdict))
		return verdict->restricts;

	cxt = AllocSetContextCreate(CurrentMemoryContext, "datamesh row policy",
								ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(cxt);
	/* what arrives while we read counts as newer than what we read */
	fresh.epoch = dm_decide_watch();
	fresh.until = DT_NOEND;
	compute(&fresh, reader, product_literal);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);

	verdict = hash_search(verdicts, &fresh.key, HASH_ENTER, NULL);
	*verdict = fresh;
	return fresh.restricts;
}

/* Is there a policy of ours among the server's of a table that is open? */
static bool
has_native_policy(Oid relid)
{
	Relation rel = table_open(relid, NoLock);
	List *policies = rel->rd_rsdesc ? rel->rd_rsdesc->policies : NIL;
	bool result = false;
	ListCell *lc;

	foreach(lc, policies)
		result |= strncmp(((RowSecurityPolicy *) lfirst(lc))->policy_name,
						  DM_NATIVE_PREFIX, strlen(DM_NATIVE_PREFIX)) == 0;
	table_close(rel, NoLock);
	return result;
}

void
dm_policy_check_bound(Oid relid, Oid read_as, const char *product_literal)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool enabled = HeapTupleIsValid(tuple) &&
				   ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	if (!enabled || check_enable_rls(relid, read_as, true) == RLS_ENABLED ||
		!has_native_policy(relid) ||
		dm_policy_exempts(dm_decide_session().role, relid, product_literal))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DM_BOUNDARY),
			 errmsg("row policies of table \"%s\" are not in force below this port",
					get_rel_name(relid)),
			 errdetail("The table is read as role \"%s\", whom the server's row security does not bind: it is a superuser or has BYPASSRLS.",
					   GetUserNameFromId(OidIsValid(read_as) ? read_as : GetUserId(), false)),
			 errhint("The owner of the domain has to be an ordinary role, and so has the owner of each view below the port.")));
}

/* A fact's subject is "id" or "id product". */
static uint32
policy_stamp(const char *subject)
{
	char *end;
	int64 id = strtoll(subject, &end, 10);

	return dm_policy_restricts(dm_decide_session(), id, *end == ' ' ? end + 1 : NULL);
}

static const DmFactKind policy_fact = {
	.stamp = policy_stamp,
	.what = "a row policy",
	.ntables = 2,
	.tables = { DM_ROW_POLICY, DM_DOMAIN },
};

bool
dm_policy_fold(int64 id, const char *product_literal, List **facts)
{
	char subject[DM_FACT_SUBJECT_SIZE];

	if (product_literal != NULL)
		snprintf(subject, sizeof(subject), INT64_FORMAT " %s", id, product_literal);
	else
		snprintf(subject, sizeof(subject), INT64_FORMAT, id);
	*facts = dm_fact_add(*facts, &policy_fact, subject);
	return dm_policy_restricts(dm_decide_session(), id, product_literal);
}

void
dm_policy_role_dropped(Oid roleid)
{
	DmScan scan;
	HeapTuple tuple;

	if (!OidIsValid(dm_catalog_schema()))
		return;
	dm_scan_begin(&scan, DM_ROW_POLICY, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		List *roles = dm_role_array_list(dm_scan_get(&scan, tuple, Anum_dm_row_policy_roles, NULL));
		ListCell *lc;
		DmRow row;

		if (!list_member_oid(roles, roleid))
			continue;
		/* an empty list would speak of everybody */
		foreach(lc, roles)
			if (lfirst_oid(lc) == roleid)
				lfirst_oid(lc) = InvalidOid;
		dm_row_init(&row);
		dm_row_set(&row, Anum_dm_row_policy_roles, dm_role_array(roles));
		dm_table_update(&scan, tuple, &row);
	}
	dm_scan_end(&scan);
}

int
dm_policy_count_of_purpose(const char *purpose)
{
	int result = 0;
	ListCell *lc;

	foreach(lc, dm_policy_list_all())
		if (dm_string_member(((DmPolicy *) lfirst(lc))->purposes, purpose))
			result++;
	return result;
}

int
dm_policy_count_of_tag(const char *tag)
{
	int result = 0;
	ListCell *lc;

	foreach(lc, dm_policy_list_all())
		if (dm_string_member(((DmPolicy *) lfirst(lc))->tags, tag))
			result++;
	return result;
}
