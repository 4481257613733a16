/*
 * attribute.c
 *		Attributes of readers, and what else a predicate may ask of the reader.
 *
 * dm_attribute(key), dm_purpose() and dm_reader() are constants in the plan: their planner
 * support functions put the answer for the session's reader in their place, and note it as
 * a fact.  So "country = ANY (dm_attribute('country'))" is an index condition.
 *
 * A role has its own values and those of the roles whose privileges it has.  They are found
 * by the reader's memberships, so it does not matter how many other roles have attributes.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_auth_members.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/datum.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "access/attribute.h"
#include "access/decide.h"
#include "access/fact.h"
#include "access/terms.h"
#include "base/args.h"
#include "base/errors.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "base/words.h"
#include "catalog/table.h"
#include "classify/change.h"

PG_FUNCTION_INFO_V1(dm_set_attribute);
PG_FUNCTION_INFO_V1(dm_drop_attribute);
PG_FUNCTION_INFO_V1(dm_attribute);
PG_FUNCTION_INFO_V1(dm_purpose_of_reader);
PG_FUNCTION_INFO_V1(dm_reader);
PG_FUNCTION_INFO_V1(dm_attribute_support);
PG_FUNCTION_INFO_V1(dm_purpose_support);
PG_FUNCTION_INFO_V1(dm_reader_support);

#define MAX_CACHED 10000

typedef struct CacheKey
{
	Oid role;
	char key[NAMEDATALEN];
} CacheKey;

typedef struct CacheEntry
{
	CacheKey key;
	uint64 epoch; /* see dm_decide_epoch */
	Datum array;
} CacheEntry;

static MemoryContext cache_cxt = NULL;
static HTAB *cache = NULL;

/* The role and all roles that it is a member of, directly or not. */
static List *
memberships(Oid role)
{
	List *result = list_make1_oid(role);

	/* the list grows while it is walked */
	for (int i = 0; i < list_length(result); i++)
	{
		CatCList *list = SearchSysCacheList1(AUTHMEMMEMROLE,
											 ObjectIdGetDatum(list_nth_oid(result, i)));

		for (int j = 0; j < list->n_members; j++)
		{
			HeapTuple tuple = &list->members[j]->tuple;

			result = list_append_unique_oid(result,
											((Form_pg_auth_members) GETSTRUCT(tuple))->roleid);
		}
		ReleaseSysCacheList(list);
	}
	return result;
}

/* The values that are set for the role itself. */
static List *
own_values(Oid role, const char *key)
{
	ScanKeyData keys[2];
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_key_oid(&keys[0], Anum_dm_role_attribute_role, role);
	dm_key_text(&keys[1], Anum_dm_role_attribute_key, key);
	dm_scan_begin(&scan, DM_ROLE_ATTRIBUTE, "role_attribute_pkey", 2, keys);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		result = dm_text_array_list(dm_scan_get(&scan, tuple, Anum_dm_role_attribute_vals, NULL));
	dm_scan_end(&scan);
	return result;
}

static int
cmp_strings(const ListCell *a, const ListCell *b)
{
	return strcmp(lfirst(a), lfirst(b));
}

List *
dm_attribute_sources(Oid role, const char *key)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, memberships(role))
		if (has_privs_of_role(role, lfirst_oid(lc)) && own_values(lfirst_oid(lc), key) != NIL)
			result = lappend_oid(result, lfirst_oid(lc));
	return result;
}

List *
dm_attribute_values(Oid role, const char *key)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, dm_attribute_sources(role, key))
	{
		ListCell *lv;

		foreach(lv, own_values(lfirst_oid(lc), key))
			result = dm_string_append_unique(result, lfirst(lv));
	}
	list_sort(result, cmp_strings);
	return result;
}

static void
create_cache(void)
{
	HASHCTL ctl;

	if (cache_cxt == NULL)
		cache_cxt = AllocSetContextCreate(CacheMemoryContext, "datamesh attributes",
										  ALLOCSET_DEFAULT_SIZES);
	MemoryContextReset(cache_cxt);
	memset(&ctl, 0, sizeof(ctl));
	ctl.keysize = sizeof(CacheKey);
	ctl.entrysize = sizeof(CacheEntry);
	ctl.hcxt = cache_cxt;
	cache = hash_create("datamesh attributes", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* The values for the session's reader as text[], which belongs to the cache. */
static Datum
session_values(const char *key)
{
	CacheKey cache_key;
	CacheEntry *entry;
	MemoryContext cxt;
	MemoryContext old;
	uint64 epoch;
	Datum array;
	bool found;

	if (cache == NULL || hash_get_num_entries(cache) >= MAX_CACHED)
		create_cache();
	memset(&cache_key, 0, sizeof(cache_key));
	cache_key.role = dm_decide_session().role;
	strlcpy(cache_key.key, key, sizeof(cache_key.key));
	entry = hash_search(cache, &cache_key, HASH_FIND, NULL);
	if (entry != NULL && entry->epoch == dm_decide_epoch())
		return entry->array;

	cxt = AllocSetContextCreate(CurrentMemoryContext, "datamesh attribute",
								ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(cxt);
	/* what arrives while we read counts as newer than what we read */
	epoch = dm_decide_watch();
	array = dm_text_array(dm_attribute_values(cache_key.role, key));
	MemoryContextSwitchTo(cache_cxt);
	array = datumCopy(array, false, -1);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);

	entry = hash_search(cache, &cache_key, HASH_ENTER, &found);
	if (found)
		pfree(DatumGetPointer(entry->array));
	entry->epoch = epoch;
	entry->array = array;
	return array;
}

/* A key that cannot have been set has no values, and is not worth a place in the cache. */
static bool
is_key(const char *key)
{
	return key[0] != '\0' && strlen(key) < NAMEDATALEN;
}

Datum
dm_attribute(PG_FUNCTION_ARGS)
{
	char *key = text_to_cstring(PG_GETARG_TEXT_PP(0));

	if (!is_key(key))
		PG_RETURN_DATUM(dm_text_array(NIL));
	PG_RETURN_DATUM(datumCopy(session_values(key), false, -1));
}

Datum
dm_purpose_of_reader(PG_FUNCTION_ARGS)
{
	DmReader reader = dm_decide_session();

	if (reader.purpose == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(reader.purpose));
}

Datum
dm_reader(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(GetUserNameFromId(dm_decide_session().role, false)));
}

static uint32
attribute_stamp(const char *key)
{
	Datum array = session_values(key);

	return hash_bytes((unsigned char *) DatumGetPointer(array),
					  VARSIZE_ANY(DatumGetPointer(array)));
}

static uint32
purpose_stamp(const char *subject)
{
	DmReader reader = dm_decide_session();

	return reader.purpose ? hash_bytes((const unsigned char *) reader.purpose,
									   strlen(reader.purpose)) :
							0;
}

static uint32
reader_stamp(const char *subject)
{
	return dm_decide_session().role;
}

static const DmFactKind attribute_fact = {
	.stamp = attribute_stamp,
	.what = "an attribute of the reader",
	.ntables = 1,
	.tables = { DM_ROLE_ATTRIBUTE },
};

/* who sets another purpose, and a role that gets another name, reset the plan cache (decide.c) */
static const DmFactKind purpose_fact = {
	.stamp = purpose_stamp,
	.what = "the purpose of the reader",
};
static const DmFactKind reader_fact = {
	.stamp = reader_stamp,
	.what = "the reader",
};

/* The call is to be replaced in a plan; NULL for what else the planner wants to know. */
static SupportRequestSimplify *
simplify_request(FunctionCallInfo fcinfo)
{
	SupportRequestSimplify *req = (SupportRequestSimplify *) PG_GETARG_POINTER(0);

	return IsA(req, SupportRequestSimplify) && req->root != NULL ? req : NULL;
}

Datum
dm_attribute_support(PG_FUNCTION_ARGS)
{
	SupportRequestSimplify *req = simplify_request(fcinfo);
	Const *arg;
	char *key;

	if (req == NULL)
		PG_RETURN_POINTER(NULL);
	arg = linitial(req->fcall->args);
	if (!IsA(arg, Const) || arg->constisnull)
		PG_RETURN_POINTER(NULL);
	key = TextDatumGetCString(arg->constvalue);
	if (!is_key(key))
		PG_RETURN_POINTER(NULL);
	dm_fact_note(req->root->glob, dm_fact_add(NIL, &attribute_fact, key));
	PG_RETURN_POINTER(makeConst(TEXTARRAYOID, -1, req->fcall->funccollid, -1,
								datumCopy(session_values(key), false, -1), false, false));
}

static Const *
text_const(const char *value, Oid collation)
{
	return makeConst(TEXTOID, -1, collation, -1, value ? CStringGetTextDatum(value) : (Datum) 0,
					 value == NULL, false);
}

Datum
dm_purpose_support(PG_FUNCTION_ARGS)
{
	SupportRequestSimplify *req = simplify_request(fcinfo);

	if (req == NULL)
		PG_RETURN_POINTER(NULL);
	dm_fact_note(req->root->glob, dm_fact_add(NIL, &purpose_fact, ""));
	PG_RETURN_POINTER(text_const(dm_decide_session().purpose, req->fcall->funccollid));
}

Datum
dm_reader_support(PG_FUNCTION_ARGS)
{
	SupportRequestSimplify *req = simplify_request(fcinfo);

	if (req == NULL)
		PG_RETURN_POINTER(NULL);
	dm_fact_note(req->root->glob, dm_fact_add(NIL, &reader_fact, ""));
	PG_RETURN_POINTER(text_const(GetUserNameFromId(dm_decide_session().role, false),
								 req->fcall->funccollid));
}

/* Whoever could give himself an attribute would see what he likes. */
static void
check_not_own(Oid role)
{
	if (!superuser() && dm_terms_is_own(role))
		ereport(ERROR,
				(errcode(ERRCODE_DM_SEPARATION),
				 errmsg("attributes cannot be set for oneself"),
				 errdetail("The current user or the user of this session is a member of role \"%s\".",
						   GetUserNameFromId(role, false)),
				 errhint("Somebody else with this right can do it.")));
}

static char *
joined(List *values)
{
	return values ? dm_quoted_list(values) : NULL;
}

/* Writes the values of a role's attribute, NIL to take it away. */
static void
write_values(Oid role, const char *key, List *vals)
{
	ScanKeyData keys[2];
	DmScan scan;
	HeapTuple tuple;
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_role_attribute_role, ObjectIdGetDatum(role));
	dm_row_set_text(&row, Anum_dm_role_attribute_key, key);
	dm_row_set(&row, Anum_dm_role_attribute_vals, dm_text_array(vals));
	dm_row_set(&row, Anum_dm_role_attribute_set_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_role_attribute_set_by, ObjectIdGetDatum(GetUserId()));

	dm_key_oid(&keys[0], Anum_dm_role_attribute_role, role);
	dm_key_text(&keys[1], Anum_dm_role_attribute_key, key);
	dm_scan_begin(&scan, DM_ROLE_ATTRIBUTE, "role_attribute_pkey", 2, keys);
	tuple = dm_scan_next(&scan);
	if (!HeapTupleIsValid(tuple))
		dm_table_insert(DM_ROLE_ATTRIBUTE, &row);
	else if (vals == NIL)
		dm_table_delete(&scan, tuple);
	else
		dm_table_update(&scan, tuple, &row);
	dm_scan_end(&scan);
}

static void
change_values(Oid role, const char *key, List *vals)
{
	List *before = own_values(role, key);

	write_values(role, key, vals);
	dm_change_record("attribute", psprintf("%s of %s", key, dm_role_sql(role)), joined(before),
					 joined(vals), NULL);
}

Datum
dm_set_attribute(PG_FUNCTION_ARGS)
{
	Oid role = dm_arg_role(fcinfo, 0, "role");
	char *key = dm_arg_text(fcinfo, 1, "key");
	List *given = dm_arg_list(fcinfo, 2, "vals");
	List *vals = NIL;
	ListCell *lc;

	if (PG_ARGISNULL(2))
		(void) dm_arg_text(fcinfo, 2, "vals"); /* the usual error */
	dm_check_dotted("attribute", key);
	foreach(lc, given)
		vals = dm_string_append_unique(vals, lfirst(lc));
	if (vals == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("attribute \"%s\" has no values", key),
				 errhint("Use dm_drop_attribute to take it away.")));
	check_not_own(role);
	dm_table_lock(DM_ROLE_ATTRIBUTE, role, ExclusiveLock);
	dm_check_role(role, "role");
	change_values(role, key, vals);
	PG_RETURN_VOID();
}

Datum
dm_drop_attribute(PG_FUNCTION_ARGS)
{
	Oid role = dm_arg_role(fcinfo, 0, "role");
	char *key = dm_arg_text(fcinfo, 1, "key");

	check_not_own(role);
	dm_table_lock(DM_ROLE_ATTRIBUTE, role, ExclusiveLock);
	if (own_values(role, key) == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role \"%s\" has no attribute \"%s\" of its own",
						GetUserNameFromId(role, false), key),
				 errhint("datamesh.role_attributes lists the attributes.")));
	change_values(role, key, NIL);
	PG_RETURN_VOID();
}

void
dm_attribute_role_dropped(Oid roleid)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	if (!OidIsValid(dm_catalog_schema()))
		return;
	dm_key_oid(&key, Anum_dm_role_attribute_role, roleid);
	dm_scan_begin(&scan, DM_ROLE_ATTRIBUTE, "role_attribute_pkey", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
}
