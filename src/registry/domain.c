/*
 * domain.c
 *		Domains: reading them, and who belongs to them.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

#include "base/args.h"
#include "base/words.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "registry/domain.h"
#include "registry/schemalabel.h"

static DmDomain *
read_domain(DmScan *scan, HeapTuple tuple)
{
	DmDomain *domain = palloc0(sizeof(DmDomain));

	domain->id = dm_scan_int8(scan, tuple, Anum_dm_domain_id);
	domain->name = dm_scan_text(scan, tuple, Anum_dm_domain_name);
	domain->owner = dm_scan_oid(scan, tuple, Anum_dm_domain_owner);
	domain->description = dm_scan_text(scan, tuple, Anum_dm_domain_description);
	domain->producers =
		dm_role_array_list(dm_scan_get(scan, tuple, Anum_dm_domain_producers, NULL));
	return domain;
}

static DmDomain *
find_domain(ScanKey key, const char *index_name)
{
	DmScan scan;
	HeapTuple tuple;
	DmDomain *domain = NULL;

	dm_scan_begin(&scan, DM_DOMAIN, index_name, 1, key);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		domain = read_domain(&scan, tuple);
	dm_scan_end(&scan);
	return domain;
}

List *
dm_domain_list(void)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_DOMAIN, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		result = lappend(result, read_domain(&scan, tuple));
	dm_scan_end(&scan);
	return result;
}

static List *
all_names(void)
{
	List *names = NIL;
	ListCell *lc;

	foreach(lc, dm_domain_list())
		names = lappend(names, ((DmDomain *) lfirst(lc))->name);
	return names;
}

DmDomain *
dm_domain_get(const char *name, bool missing_ok)
{
	ScanKeyData key;
	DmDomain *domain;

	dm_key_text(&key, Anum_dm_domain_name, name);
	domain = find_domain(&key, "domain_name_key");
	if (domain == NULL && !missing_ok)
	{
		char *nearest = dm_nearest(name, all_names());

		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("domain \"%s\" does not exist", name),
				 nearest ? errhint("Perhaps you meant %s.", nearest) :
						   errhint("datamesh.domains lists the domains.")));
	}
	return domain;
}

DmDomain *
dm_domain_get_by_id(int64 id)
{
	ScanKeyData key;
	DmDomain *domain;

	dm_key_int8(&key, Anum_dm_domain_id, id);
	domain = find_domain(&key, "domain_pkey");
	if (domain == NULL)
		elog(ERROR, "no domain with id " INT64_FORMAT, id);
	return domain;
}

void
dm_domain_check_owner(DmDomain *domain)
{
	if (!has_privs_of_role(GetUserId(), domain->owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for domain \"%s\"", domain->name),
				 errdetail("Only members of role \"%s\", its owner, may do this.",
						   GetUserNameFromId(domain->owner, false))));
}

DmDomain *
dm_domain_get_for_update(const char *name)
{
	DmDomain *domain = dm_domain_get(name, false);

	dm_domain_check_owner(domain);
	dm_table_lock(DM_DOMAIN, domain->id, ExclusiveLock);

	/* it may have changed, or gone, while we waited */
	domain = dm_domain_get(name, false);
	dm_domain_check_owner(domain);
	return domain;
}

bool
dm_domain_is_producer(DmDomain *domain, Oid roleid)
{
	ListCell *lc;

	if (has_privs_of_role(roleid, domain->owner))
		return true;
	foreach(lc, domain->producers)
		if (has_privs_of_role(roleid, lfirst_oid(lc)))
			return true;
	return false;
}

bool
dm_is_insider(Oid relid, Oid roleid)
{
	char *name;
	DmDomain *domain;

	if (dm_class_ownercheck(relid, roleid))
		return true;
	name = dm_schema_domain(get_rel_namespace(relid));
	domain = name != NULL ? dm_domain_get(name, true) : NULL;
	return domain != NULL && dm_domain_is_producer(domain, roleid);
}

static bool
refers_to(DmTable table, AttrNumber owner_attno, AttrNumber name_attno, Oid roleid, char **name)
{
	DmScan scan;
	HeapTuple tuple;
	bool result = false;

	dm_scan_begin(&scan, table, NULL, 0, NULL);
	while (!result && HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		result = dm_scan_oid(&scan, tuple, owner_attno) == roleid;
		if (result)
			*name = dm_scan_text(&scan, tuple, name_attno);
	}
	dm_scan_end(&scan);
	return result;
}

void
dm_domain_check_drop_role(Oid roleid)
{
	char *name;

	if (!OidIsValid(dm_catalog_schema()))
		return;
	if (refers_to(DM_DOMAIN, Anum_dm_domain_owner, Anum_dm_domain_name, roleid, &name))
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("role \"%s\" cannot be dropped because some objects depend on it",
						GetUserNameFromId(roleid, false)),
				 errdetail("It owns domain \"%s\".", name),
				 errhint("Use dm_transfer_domain or dm_drop_domain first.")));
}
