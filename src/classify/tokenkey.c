/*
 * tokenkey.c
 *		Keys of dm_token: storage and SQL functions.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/words.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/change.h"
#include "classify/label.h"
#include "classify/tag.h"
#include "classify/tokenkey.h"
#include "compat/pg_compat.h"

#define Anum_dm_token_key_id		 1
#define Anum_dm_token_key_name		 2
#define Anum_dm_token_key_version	 3
#define Anum_dm_token_key_secret	 4
#define Anum_dm_token_key_users		 5
#define Anum_dm_token_key_created_at 6
#define Anum_dm_token_key_created_by 7

PG_FUNCTION_INFO_V1(dm_create_key);
PG_FUNCTION_INFO_V1(dm_rotate_key);
PG_FUNCTION_INFO_V1(dm_grant_key);
PG_FUNCTION_INFO_V1(dm_revoke_key);

static char *
version_id(const char *name, int version)
{
	return version == 1 ? pstrdup(name) : psprintf("%s.%d", name, version);
}

static void
insert_version(const char *name, int version, List *users)
{
	DmRow row;
	bytea *secret = palloc(VARHDRSZ + DM_TOKEN_SECRET_SIZE);

	SET_VARSIZE(secret, VARHDRSZ + DM_TOKEN_SECRET_SIZE);
	if (!pg_strong_random(VARDATA(secret), DM_TOKEN_SECRET_SIZE))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random values")));
	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_token_key_id, version_id(name, version));
	dm_row_set_text(&row, Anum_dm_token_key_name, name);
	dm_row_set(&row, Anum_dm_token_key_version, Int32GetDatum(version));
	dm_row_set(&row, Anum_dm_token_key_secret, PointerGetDatum(secret));
	dm_row_set(&row, Anum_dm_token_key_users, dm_role_array(users));
	dm_row_set(&row, Anum_dm_token_key_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_token_key_created_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_TOKEN_KEY, &row);
}

/* Newest version of a key, 0 if there is no such key; its users. */
static int
newest_version(const char *name, List **users)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	int newest = 0;

	dm_key_text(&key, Anum_dm_token_key_name, name);
	dm_scan_begin(&scan, DM_TOKEN_KEY, "token_key_name_version_key", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		newest = Max(newest, dm_scan_int4(&scan, tuple, Anum_dm_token_key_version));
		*users = dm_role_array_list(dm_scan_get(&scan, tuple, Anum_dm_token_key_users, NULL));
	}
	dm_scan_end(&scan);
	return newest;
}

static void
no_such_key(const char *name)
{
	DmScan scan;
	HeapTuple tuple;
	List *names = NIL;
	char *nearest;

	dm_scan_begin(&scan, DM_TOKEN_KEY, "token_key_name_version_key", 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		if (dm_scan_int4(&scan, tuple, Anum_dm_token_key_version) == 1)
			names = lappend(names, dm_scan_text(&scan, tuple, Anum_dm_token_key_name));
	dm_scan_end(&scan);
	nearest = dm_nearest(name, names);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("key \"%s\" does not exist", name),
			 nearest ? errhint("Perhaps you meant %s.", nearest) :
					   errhint("Use dm_create_key to make it.")));
}

static int
existing_version(const char *name, List **users)
{
	int version = newest_version(name, users);

	if (version == 0)
		no_such_key(name);
	return version;
}

char *
dm_key_current(const char *name)
{
	List *users;

	return version_id(name, existing_version(name, &users));
}

void
dm_key_ensure(const char *name)
{
	List *users;

	if (newest_version(name, &users) == 0)
		insert_version(name, 1, NIL);
}

void
dm_key_secret(const char *id, uint8 secret[DM_TOKEN_SECRET_SIZE])
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	bytea *stored;

	dm_key_text(&key, Anum_dm_token_key_id, id);
	dm_scan_begin(&scan, DM_TOKEN_KEY, "token_key_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (!HeapTupleIsValid(tuple))
		no_such_key(id);
	stored = DatumGetByteaPP(dm_scan_get(&scan, tuple, Anum_dm_token_key_secret, NULL));
	if (VARSIZE_ANY_EXHDR(stored) != DM_TOKEN_SECRET_SIZE)
		elog(ERROR, "key \"%s\" has a secret of wrong length", id);
	memcpy(secret, VARDATA_ANY(stored), DM_TOKEN_SECRET_SIZE);
	dm_scan_end(&scan);
}

bool
dm_key_may_use(const char *id, Oid roleid)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	ListCell *lc;
	bool result = superuser_arg(roleid);

	dm_key_text(&key, Anum_dm_token_key_id, id);
	dm_scan_begin(&scan, DM_TOKEN_KEY, "token_key_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		foreach(lc, dm_role_array_list(dm_scan_get(&scan, tuple, Anum_dm_token_key_users, NULL)))
			result |= has_privs_of_role(roleid, lfirst_oid(lc));
	dm_scan_end(&scan);
	return result;
}

/* Has the ports of every column that is tokenised with the key follow. */
static void
announce_key(const char *name)
{
	List *relids = NIL;
	ListCell *lc;

	foreach(lc, dm_tag_names())
	{
		char *token_key = dm_tag_token_key(lfirst(lc));
		ListCell *ll;

		if (token_key == NULL || strcmp(token_key, name) != 0)
			continue;
		foreach(ll, dm_label_find(lfirst(lc)))
			relids = list_append_unique_oid(relids, ((DmLabelled *) lfirst(ll))->relid);
	}
	dm_announce_classified(relids);
}

Datum
dm_create_key(PG_FUNCTION_ARGS)
{
	char *name = dm_arg_text(fcinfo, 0, "key");
	List *users;

	dm_check_word("key", name);
	dm_table_lock(DM_TAG, 0, ExclusiveLock);
	if (newest_version(name, &users) > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("key \"%s\" already exists", name)));
	insert_version(name, 1, list_make1_oid(GetUserId()));
	PG_RETURN_TEXT_P(cstring_to_text(name));
}

Datum
dm_rotate_key(PG_FUNCTION_ARGS)
{
	char *name = dm_arg_text(fcinfo, 0, "key");
	List *users;
	int version;

	dm_table_lock(DM_TAG, 0, ExclusiveLock);
	version = existing_version(name, &users) + 1;
	insert_version(name, version, users);
	announce_key(name);
	ereport(NOTICE,
			(errmsg("ports now use key \"%s\"", version_id(name, version)),
			 errhint("Indexes on dm_token(..., '%s') serve them no longer; create them anew with the new key.",
					 version_id(name, version - 1))));
	PG_RETURN_TEXT_P(cstring_to_text(version_id(name, version)));
}

/* Writes the users of all versions of a key. */
static void
set_users(const char *name, List *users)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_text(&key, Anum_dm_token_key_name, name);
	dm_scan_begin(&scan, DM_TOKEN_KEY, "token_key_name_version_key", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		DmRow row;

		dm_row_init(&row);
		dm_row_set(&row, Anum_dm_token_key_users, dm_role_array(users));
		dm_table_update(&scan, tuple, &row);
	}
	dm_scan_end(&scan);
}

Datum
dm_grant_key(PG_FUNCTION_ARGS)
{
	char *name = dm_arg_text(fcinfo, 0, "key");
	Oid role = dm_arg_role(fcinfo, 1, "role");
	List *users;

	dm_table_lock(DM_TAG, 0, ExclusiveLock);
	(void) existing_version(name, &users);
	if (!list_member_oid(users, role))
		dm_change_record("key", psprintf("key %s", name), NULL,
						 GetUserNameFromId(role, false), NULL);
	set_users(name, list_append_unique_oid(users, role));
	announce_key(name);
	PG_RETURN_VOID();
}

Datum
dm_revoke_key(PG_FUNCTION_ARGS)
{
	char *name = dm_arg_text(fcinfo, 0, "key");
	Oid role = dm_arg_role(fcinfo, 1, "role");
	List *users;

	dm_table_lock(DM_TAG, 0, ExclusiveLock);
	(void) existing_version(name, &users);
	if (!list_member_oid(users, role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role \"%s\" may not use key \"%s\"", GetUserNameFromId(role, false), name)));
	set_users(name, list_delete_oid(users, role));
	announce_key(name);
	PG_RETURN_VOID();
}
