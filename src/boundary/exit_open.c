/*
 * exit_open.c
 *		Which side exits are open: who may use an object that hands out what a domain holds.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_user_mapping.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

#include "base/errors.h"
#include "boundary/exit.h"
#include "boundary/exit_accept.h"
#include "catalog/column.h"

Oid
dm_owner_of(Oid classid, Oid objid)
{
	bool relation = classid == RelationRelationId;
	HeapTuple tuple = SearchSysCache1(relation ? RELOID : PROCOID, ObjectIdGetDatum(objid));
	Oid result;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	result = relation ? ((Form_pg_class) GETSTRUCT(tuple))->relowner :
						((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	ReleaseSysCache(tuple);
	return result;
}

bool
dm_is_outside(DmDomain *domain, Oid roleid)
{
	if (roleid == ACL_ID_PUBLIC)
		return true;
	return !superuser_arg(roleid) && !dm_domain_is_producer(domain, roleid);
}

/* The ACL in a tuple's column, or the one that stands for null. */
static void
add_acl(List **items, int cacheid, HeapTuple tuple, AttrNumber attnum, Acl *otherwise)
{
	bool isnull;
	Datum datum = SysCacheGetAttr(cacheid, tuple, attnum, &isnull);
	Acl *acl = isnull ? otherwise : DatumGetAclPCopy(datum);

	for (int i = 0; acl != NULL && i < ACL_NUM(acl); i++)
		*items = lappend(*items, &ACL_DAT(acl)[i]);
}

/* All privileges on a relation, its columns' included; as AclItems. */
static List *
relation_privileges(Oid relid, Oid owner)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	List *items = NIL;
	int ncolumns = dm_column_count(relid);

	if (!HeapTupleIsValid(tuple))
		return NIL;
	add_acl(&items, RELOID, tuple, Anum_pg_class_relacl, acldefault(OBJECT_TABLE, owner));
	ReleaseSysCache(tuple);
	for (AttrNumber attnum = 1; attnum <= ncolumns; attnum++)
	{
		tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(attnum));
		if (!HeapTupleIsValid(tuple))
			continue;
		add_acl(&items, ATTNUM, tuple, Anum_pg_attribute_attacl, NULL);
		ReleaseSysCache(tuple);
	}
	return items;
}

static List *
function_privileges(Oid funcid, Oid owner)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	List *items = NIL;

	if (!HeapTupleIsValid(tuple))
		return NIL;
	add_acl(&items, PROCOID, tuple, Anum_pg_proc_proacl, acldefault(OBJECT_FUNCTION, owner));
	ReleaseSysCache(tuple);
	return items;
}

static void
add_open(List **result, const ObjectAddress *object, DmExit *exit, Oid role)
{
	DmOpenExit *open = palloc(sizeof(DmOpenExit));

	open->object = *object;
	open->exit = exit;
	open->role = role;
	*result = lappend(*result, open);
}

/* Who of those with a privilege is outside. */
static List *
open_to_grantees(const ObjectAddress *object, List *exits)
{
	Oid owner = dm_owner_of(object->classId, object->objectId);
	List *result = NIL;
	List *items;
	ListCell *le;

	if (exits == NIL || !OidIsValid(owner))
		return NIL;
	items = object->classId == RelationRelationId ?
				relation_privileges(object->objectId, owner) :
				function_privileges(object->objectId, owner);
	foreach(le, exits)
	{
		DmExit *exit = lfirst(le);
		List *roles = NIL;
		ListCell *li;

		foreach(li, items)
		{
			AclItem *item = lfirst(li);

			if ((ACLITEM_GET_PRIVS(*item) & exit->privileges) == 0 ||
				(item->ai_grantee == owner && !exit->owner_too) ||
				list_member_oid(roles, item->ai_grantee) ||
				!dm_is_outside(exit->domain, item->ai_grantee))
				continue;
			roles = lappend_oid(roles, item->ai_grantee);
			add_open(&result, object, exit, item->ai_grantee);
		}
	}
	return result;
}

List *
dm_object_exits(const ObjectAddress *object)
{
	List *result = NIL;
	ListCell *lc;

	switch (object->classId)
	{
		case RelationRelationId:
			return open_to_grantees(object, dm_relation_exits(object->objectId));
		case ProcedureRelationId:
			return open_to_grantees(object, dm_function_exits(object->objectId));
		case PublicationRelationId:
			/* who subscribes is not a matter of privileges */
			foreach(lc, dm_publication_exits(object->objectId))
				add_open(&result, object, lfirst(lc), ACL_ID_PUBLIC);
			return result;
		default:
			return NIL;
	}
}

/* What the author can do about it. */
static char *
hint_for(DmOpenExit *open)
{
	const char *port = "show the data through a port with dm_add_port, and let roles read it with dm_grant_access.";

	switch (open->object.classId)
	{
		case PublicationRelationId:
			return pstrdup("Publish the other columns only, or have governance use dm_accept_exit.");
		case UserMappingRelationId:
			return pstrdup("Map roles of the domain only.");
		case ProcedureRelationId:
			if (open->role == ACL_ID_PUBLIC)
				return psprintf("REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC first, or %s",
								format_procedure_qualified(open->object.objectId), port);
			break;
		default:
			break;
	}
	return psprintf("S%s", port + 1);
}

static char *
user_text(DmOpenExit *open)
{
	if (open->object.classId == PublicationRelationId)
		return pstrdup("its subscribers");
	if (open->role == ACL_ID_PUBLIC)
		return pstrdup("PUBLIC");
	return psprintf("role \"%s\"", GetUserNameFromId(open->role, true));
}

void
dm_refuse_exits(List *open)
{
	List *unaccepted = dm_exits_unaccepted(open);
	DmOpenExit *first;

	if (unaccepted == NIL)
		return;
	first = linitial(unaccepted);
	ereport(ERROR,
			(errcode(ERRCODE_DM_BOUNDARY),
			 errmsg("%s would hand out data of domain \"%s\" to %s",
					getObjectDescription(&first->object, false), first->exit->domain->name,
					user_text(first)),
			 errdetail("%s", first->exit->how),
			 errhint("%s", hint_for(first))));
}
