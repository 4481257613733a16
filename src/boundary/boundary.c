/*
 * boundary.c
 *		Where the boundary of a domain runs, and who is inside.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "access/agreement.h"
#include "access/producer.h"
#include "boundary/boundary.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "registry/portrow.h"
#include "registry/schemalabel.h"

static DmGround *
find_ground(List *known, Oid nspid)
{
	ListCell *lc;

	foreach(lc, known)
		if (((DmGround *) lfirst(lc))->nspid == nspid)
			return lfirst(lc);
	return NULL;
}

static DmGround *
read_ground(Oid nspid)
{
	DmGround *ground = palloc0(sizeof(DmGround));
	char *domain = dm_schema_domain(nspid);
	char *product = domain ? NULL : dm_schema_product(nspid);

	ground->nspid = nspid;
	if (domain != NULL)
		ground->domain = dm_domain_get(domain, true);
	else if (product != NULL && (ground->product = dm_product_get_by_literal(product)) != NULL)
		ground->domain = ground->product->domain;
	return ground;
}

DmGround *
dm_ground(List **known, Oid nspid)
{
	DmGround *ground = find_ground(*known, nspid);

	if (ground == NULL)
	{
		ground = read_ground(nspid);
		*known = lappend(*known, ground);
	}
	return ground;
}

DmGround *
dm_ground_locked(List **known, Oid nspid)
{
	DmGround *ground = find_ground(*known, nspid);

	if (ground != NULL)
		return ground;
	/* dm_register_domain and dm_alter_domain take it in a stronger mode */
	LockDatabaseObject(NamespaceRelationId, nspid, 0, RowShareLock);
	ground = dm_ground(known, nspid);
	if (ground->domain != NULL)
	{
		dm_table_lock(DM_DOMAIN, ground->domain->id, RowShareLock);
		*ground = *read_ground(nspid);
	}
	return ground;
}

Oid
dm_namespace_of(Oid classid, Oid objid)
{
	HeapTuple tuple;
	Oid result = InvalidOid;

	switch (classid)
	{
		case RelationRelationId:
			return get_rel_namespace(objid);
		case NamespaceRelationId:
			return objid;
		case ProcedureRelationId:
			tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(objid));
			if (HeapTupleIsValid(tuple))
			{
				result = ((Form_pg_proc) GETSTRUCT(tuple))->pronamespace;
				ReleaseSysCache(tuple);
			}
			return result;
		default:
			return InvalidOid;
	}
}

/* pg_database_owner, which owns schema public, stands for one role. */
static Oid
database_owner(void)
{
	HeapTuple tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
	Oid result = ((Form_pg_database) GETSTRUCT(tuple))->datdba;

	ReleaseSysCache(tuple);
	return result;
}

bool
dm_ground_inside(DmGround *ground, Oid roleid)
{
	if (ground->domain == NULL)
		return true;
	if (roleid == ROLE_PG_DATABASE_OWNER)
		roleid = database_owner();
	return OidIsValid(roleid) && dm_domain_is_producer(ground->domain, roleid);
}

bool
dm_ground_allows(DmGround *ground, Oid roleid, Oid classid, Oid objid, AclMode privs,
				 AclMode option)
{
	AclMode agreed = classid == NamespaceRelationId ? ACL_USAGE : ACL_SELECT;

	if (dm_ground_inside(ground, roleid))
		return true;
	if (ground->product == NULL || !OidIsValid(roleid) || (privs & ~agreed) != 0 || option != 0)
		return false;
	if (classid != NamespaceRelationId &&
		(classid != RelationRelationId || dm_port_product(objid) != ground->product->id))
		return false;
	return (list_member_oid(dm_producer_roles(ground->product), roleid) ||
			dm_agreement_list(ground->product->id, roleid) != NIL);
}

char *
dm_grantee_text(Oid roleid)
{
	return OidIsValid(roleid) ? psprintf("role \"%s\"", GetUserNameFromId(roleid, false)) :
								pstrdup("PUBLIC");
}

char *
dm_privileges_text(AclMode privs)
{
	static const struct
	{
		AclMode mode;
		const char *name;
	} names[] = {
		{ ACL_SELECT, "SELECT" },
		{ ACL_INSERT, "INSERT" },
		{ ACL_UPDATE, "UPDATE" },
		{ ACL_DELETE, "DELETE" },
		{ ACL_TRUNCATE, "TRUNCATE" },
		{ ACL_REFERENCES, "REFERENCES" },
		{ ACL_TRIGGER, "TRIGGER" },
		{ ACL_MAINTAIN, "MAINTAIN" },
		{ ACL_EXECUTE, "EXECUTE" },
		{ ACL_USAGE, "USAGE" },
		{ ACL_CREATE, "CREATE" },
	};
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < lengthof(names); i++)
		if ((privs & names[i].mode) != 0)
			appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", names[i].name);
	return buf.data;
}
