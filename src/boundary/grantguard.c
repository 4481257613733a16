/*
 * grantguard.c
 *		Keeps privileges on what belongs to a domain inside of it.
 *
 * After each DDL command: GRANT in all its forms, default privileges, owners and schemas across
 * the boundary are refused; what default privileges of older days give to roles
 * outside on a new object is revoked at once.  A command is judged by what it did itself, so that
 * a grant of old does not get into the way of an unrelated command; those are listed elsewhere.
 * Superusers are exempt.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "miscadmin.h"
#include "tcop/deparse_utility.h"
#include "utils/aclchk_internal.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/errors.h"
#include "boundary/acceptance.h"
#include "boundary/foreign.h"
#include "boundary/grantguard.h"

static const char *const use_ports =
	"Use dm_add_port and dm_grant_access to let it read a product of the domain, or dm_add_producer if it belongs to the domain.";

/* The catalog of the objects of a GRANT, InvalidOid for those that no domain has. */
static Oid
class_of(ObjectType objtype)
{
	switch (objtype)
	{
		case OBJECT_TABLE:
		case OBJECT_SEQUENCE:
			return RelationRelationId;
		case OBJECT_FUNCTION:
		case OBJECT_PROCEDURE:
		case OBJECT_ROUTINE:
			return ProcedureRelationId;
		case OBJECT_SCHEMA:
			return NamespaceRelationId;
		default:
			return InvalidOid;
	}
}

static char *
in_capitals(const char *word)
{
	return asc_toupper(word, strlen(word));
}

/* The privileges that a GRANT names, each with the star or nothing after its name. */
static List *
granted_words(InternalGrant *grant, const char *star)
{
	List *result = dm_privilege_words(grant->privileges, star);
	ListCell *lc;

	foreach(lc, grant->col_privs)
	{
		AccessPriv *priv = lfirst(lc);
		ListCell *lk;

		foreach(lk, priv->cols)
		{
			char *suffix = psprintf("%s (%s)", star, quote_identifier(strVal(lfirst(lk))));

			if (priv->priv_name == NULL)
				result = list_concat(result,
									 dm_privilege_words(ACL_ALL_RIGHTS_COLUMN, suffix));
			else
				result = lappend(result, psprintf("%s%s", in_capitals(priv->priv_name), suffix));
		}
	}
	return result;
}

static void
refuse_grant(DmGround *ground, const ObjectAddress *object, Oid grantee, InternalGrant *grant)
{
	List *words = granted_words(grant, "");
	const char *kind = getObjectTypeDescription(object, false);
	const char *name = getObjectIdentity(object, false);
	const char *what = list_length(words) == 1 ? linitial(words) : "privileges";

	if (ground->product != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DM_MANAGED_OBJECT),
				 errmsg("cannot grant %s on %s %s to %s", what, kind, name,
						dm_grantee_text(grantee)),
				 errdetail("The privileges on the ports of product \"%s\" come and go with access agreements.",
						   ground->product->label),
				 errhint("Use dm_grant_access.")));
	ereport(ERROR,
			(errcode(ERRCODE_DM_BOUNDARY),
			 errmsg("cannot grant %s on %s %s to %s", what, kind, name, dm_grantee_text(grantee)),
			 errdetail("%s is outside of domain \"%s\", whose data leaves it through ports only.",
					   OidIsValid(grantee) ? "The role" : "PUBLIC", ground->domain->name),
			 errhint("%s", use_ports)));
}

static bool
any_outside(DmGround *ground, List *grantees)
{
	ListCell *lc;

	foreach(lc, grantees)
		if (!dm_ground_inside(ground, lfirst_oid(lc)))
			return true;
	return false;
}

/* All privileges of a GRANT, those on columns included; of the latter only SELECT is told apart. */
static AclMode
granted_mode(InternalGrant *grant)
{
	AclMode result = grant->privileges;
	ListCell *lc;

	foreach(lc, grant->col_privs)
	{
		const char *name = ((AccessPriv *) lfirst(lc))->priv_name;

		result |= name != NULL && strcmp(name, "select") == 0 ? ACL_SELECT :
																ACL_ALL_RIGHTS_COLUMN;
	}
	return result;
}

static void
check_object(DmGround *ground, const ObjectAddress *object, InternalGrant *grant)
{
	AclMode privs = granted_mode(grant);
	ListCell *lc;

	foreach(lc, grant->grantees)
	{
		Oid grantee = lfirst_oid(lc);

		/* what everybody may do with a function by default, he may be told again */
		if (object->classId == ProcedureRelationId && !OidIsValid(grantee))
			continue;
		if (dm_ground_allows(ground, grantee, object->classId, object->objectId, privs,
							 grant->grant_option ? privs : ACL_NO_RIGHTS))
			continue;
		if (!dm_accepted(object, grantee, granted_words(grant, grant->grant_option ? "*" : "")))
			refuse_grant(ground, object, grantee, grant);
	}
}

static void
check_grant(InternalGrant *grant)
{
	Oid classid = class_of(grant->objtype);
	DmGround *ground = NULL;
	bool outside = false;
	List *known = NIL;
	ListCell *lc;

	if (!grant->is_grant || !OidIsValid(classid))
		return;
	foreach(lc, grant->objects)
	{
		ObjectAddress object;
		Oid nspid = dm_namespace_of(classid, lfirst_oid(lc));

		if (ground == NULL || ground->nspid != nspid)
		{
			ground = dm_ground_locked(&known, nspid);
			outside = any_outside(ground, grant->grantees);
		}
		if (!outside)
			continue;
		CHECK_FOR_INTERRUPTS();
		ObjectAddressSet(object, classid, lfirst_oid(lc));
		check_object(ground, &object, grant);
	}
}

static List *
role_oids(List *rolespecs)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, rolespecs)
	{
		RoleSpec *spec = lfirst(lc);

		result = lappend_oid(result, spec->roletype == ROLESPEC_PUBLIC ?
										 InvalidOid :
										 get_rolespec_oid(spec, false));
	}
	return result;
}

/*
 * True if a GRANT ON ALL ... IN SCHEMA names nobody outside, which spares looking at each of
 * the objects.
 */
static bool
stays_inside(GrantStmt *stmt)
{
	List *grantees = role_oids(stmt->grantees);
	List *known = NIL;
	ListCell *lc;

	if (stmt->targtype != ACL_TARGET_ALL_IN_SCHEMA)
		return false;
	foreach(lc, stmt->objects)
		if (any_outside(dm_ground_locked(&known, get_namespace_oid(strVal(lfirst(lc)), false)),
						grantees))
			return false;
	return true;
}

static void
check_grants(void)
{
	ListCell *lc;

	foreach(lc, dm_command_collected())
	{
		CollectedCommand *part = lfirst(lc);

		if (part->type == SCT_Grant)
			check_grant(part->d.grant.istmt);
	}
}

static bool
has_grant(List *elements)
{
	ListCell *lc;

	foreach(lc, elements)
		if (IsA(lfirst(lc), GrantStmt))
			return true;
	return false;
}

static void
check_defaults(DmCommand *command)
{
	GrantStmt *action = ((AlterDefaultPrivilegesStmt *) command->parsetree)->action;
	List *known = NIL;
	ListCell *lc;

	if (!action->is_grant || action->objtype == OBJECT_TYPE || action->objtype == OBJECT_SCHEMA)
		return;
	foreach(lc, dm_command_touched(command, DefaultAclRelationId))
	{
		Oid nspid = dm_default_acl_schema(lfirst_oid(lc));
		DmGround *ground;
		ListCell *lr;

		/* those for all schemas are looked at when an object is made */
		if (!OidIsValid(nspid))
			continue;
		ground = dm_ground_locked(&known, nspid);
		foreach(lr, role_oids(action->grantees))
		{
			if (dm_ground_inside(ground, lfirst_oid(lr)) ||
				(action->objtype == OBJECT_FUNCTION && !OidIsValid(lfirst_oid(lr))))
				continue;
			ereport(ERROR,
					(errcode(ERRCODE_DM_BOUNDARY),
					 errmsg("cannot grant default privileges in schema \"%s\" to %s",
							get_namespace_name(nspid), dm_grantee_text(lfirst_oid(lr))),
					 errdetail("%s is outside of domain \"%s\", whose data leaves it through ports only.",
							   OidIsValid(lfirst_oid(lr)) ? "The role" : "PUBLIC",
							   ground->domain->name),
					 errhint("%s", use_ports)));
		}
	}
}

static bool
is_data(char relkind)
{
	return relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE ||
		   relkind == RELKIND_VIEW || relkind == RELKIND_MATVIEW ||
		   relkind == RELKIND_FOREIGN_TABLE;
}

/* The owner of an object, InvalidOid where it does not matter. */
static Oid
owner_of(Oid classid, Oid objid)
{
	HeapTuple tuple;
	Oid result = InvalidOid;

	if (classid == RelationRelationId)
	{
		tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(objid));
		if (HeapTupleIsValid(tuple) && is_data(((Form_pg_class) GETSTRUCT(tuple))->relkind))
			result = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	}
	else if (classid == ProcedureRelationId)
	{
		tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(objid));
		if (HeapTupleIsValid(tuple))
			result = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	}
	else
	{
		tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(objid));
		if (HeapTupleIsValid(tuple))
			result = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	}
	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return result;
}

static void
check_owners_in(DmCommand *command, Oid classid)
{
	List *known = NIL;
	ListCell *lc;

	foreach(lc, dm_command_touched(command, classid))
	{
		Oid owner = owner_of(classid, lfirst_oid(lc));
		DmGround *ground;
		ObjectAddress object;

		if (!OidIsValid(owner))
			continue;
		ground = dm_ground_locked(&known, dm_namespace_of(classid, lfirst_oid(lc)));
		if (dm_ground_inside(ground, owner))
			continue;
		ObjectAddressSet(object, classid, lfirst_oid(lc));
		ereport(ERROR,
				(errcode(ERRCODE_DM_BOUNDARY),
				 errmsg("cannot make %s the owner of %s %s", dm_grantee_text(owner),
						getObjectTypeDescription(&object, false),
						getObjectIdentity(&object, false)),
				 errdetail("The role is outside of domain \"%s\".", ground->domain->name),
				 errhint("Use dm_transfer_domain to give the domain to another role, or dm_add_producer if the role belongs to it.")));
	}
}

static void
check_owners(DmCommand *command)
{
	check_owners_in(command, RelationRelationId);
	check_owners_in(command, ProcedureRelationId);
	check_owners_in(command, NamespaceRelationId);
}

static bool
alters_owner(AlterTableStmt *stmt)
{
	ListCell *lc;

	foreach(lc, stmt->cmds)
		if (((AlterTableCmd *) lfirst(lc))->subtype == AT_ChangeOwner)
			return true;
	return false;
}

static bool
same_domain(DmGround *a, DmGround *b)
{
	return (a->domain ? a->domain->id : 0) == (b->domain ? b->domain->id : 0);
}

/* A relation that came from elsewhere must not bring readers along. */
static void
check_arrival(DmGround *ground, Oid relid)
{
	List *foreign = dm_foreign_unaccepted(dm_foreign_of(ground, RelationRelationId, relid));

	if (foreign == NIL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DM_BOUNDARY),
			 errmsg("cannot move relation \"%s\" into domain \"%s\"", get_rel_name(relid),
					ground->domain->name),
			 errdetail("There is %s, which is outside of the domain.",
					   dm_foreign_text(linitial(foreign))),
			 errhint("Revoke it first, or use dm_add_producer if the role belongs to the domain.")));
}

static void
check_moves(DmCommand *command)
{
	List *known = NIL;
	ListCell *lc;

	foreach(lc, command->touched)
	{
		DmTouched *touched = lfirst(lc);
		Oid relid = touched->address.objectId;
		Oid nspid;
		DmGround *from;
		DmGround *to;

		if (touched->address.classId != RelationRelationId || !OidIsValid(touched->old_schema) ||
			!is_data(get_rel_relkind(relid)))
			continue;
		nspid = get_rel_namespace(relid);
		if (nspid == touched->old_schema)
			continue;
		from = dm_ground_locked(&known, touched->old_schema);
		to = dm_ground_locked(&known, nspid);
		if (from->domain != NULL && !same_domain(from, to))
			ereport(ERROR,
					(errcode(ERRCODE_DM_BOUNDARY),
					 errmsg("cannot move relation \"%s\" out of domain \"%s\"",
							get_rel_name(relid), from->domain->name),
					 errdetail("Its data leaves the domain through ports only."),
					 errhint("Use dm_alter_domain to add schema \"%s\" to the domain, if it belongs there.",
							 get_namespace_name(nspid))));
		if (to->domain != NULL)
			check_arrival(to, relid);
	}
}

/* True if a new object has other privileges than the server's default: rare, and cheap to tell. */
static bool
has_acl(Oid classid, Oid objid)
{
	int cacheid = classid == RelationRelationId ? RELOID : PROCOID;
	AttrNumber attno = classid == RelationRelationId ? Anum_pg_class_relacl : Anum_pg_proc_proacl;
	HeapTuple tuple = SearchSysCache1(cacheid, ObjectIdGetDatum(objid));
	bool isnull = true;

	if (HeapTupleIsValid(tuple))
	{
		(void) SysCacheGetAttr(cacheid, tuple, attno, &isnull);
		ReleaseSysCache(tuple);
	}
	return !isnull;
}

void
dm_grantguard_strip(Oid classid, Oid objid)
{
	List *known = NIL;
	DmGround *ground = dm_ground_locked(&known, dm_namespace_of(classid, objid));
	ListCell *lc;

	if (ground->domain == NULL)
		return;
	foreach(lc, dm_foreign_unaccepted(dm_foreign_of(ground, classid, objid)))
	{
		DmForeign *foreign = lfirst(lc);

		if (foreign->owner)
			continue;
		dm_foreign_revoke(foreign);
		ereport(WARNING,
				(errmsg("revoked %s", dm_foreign_text(foreign)),
				 errdetail("Default privileges gave it to a role outside of domain \"%s\".",
						   ground->domain->name),
				 errhint("Change them with ALTER DEFAULT PRIVILEGES ... REVOKE.")));
	}
}

static void
strip_created(DmCommand *command)
{
	ListCell *lc;

	foreach(lc, command->touched)
	{
		DmTouched *touched = lfirst(lc);
		Oid classid = touched->address.classId;

		if (touched->created && touched->address.objectSubId == 0 &&
			(classid == RelationRelationId || classid == ProcedureRelationId) &&
			has_acl(classid, touched->address.objectId))
			dm_grantguard_strip(classid, touched->address.objectId);
	}
}

void
dm_grantguard_after(DmCommand *command)
{
	Node *parsetree = command->parsetree;

	if (superuser())
		return;
	switch (nodeTag(parsetree))
	{
		case T_GrantStmt:
			if (((GrantStmt *) parsetree)->is_grant && !stays_inside((GrantStmt *) parsetree))
				check_grants();
			break;
		case T_CreateSchemaStmt:
			if (has_grant(((CreateSchemaStmt *) parsetree)->schemaElts))
				check_grants();
			break;
		case T_AlterDefaultPrivilegesStmt:
			check_defaults(command);
			break;
		case T_AlterTableStmt:
			if (alters_owner((AlterTableStmt *) parsetree))
				check_owners(command);
			break;
		case T_AlterOwnerStmt:
			check_owners(command);
			break;
		case T_AlterObjectSchemaStmt:
			check_moves(command);
			break;
		default:
			break;
	}
	strip_created(command);
}

void
dm_grantguard_reassigned(DmCommand *command)
{
	if (IsA(command->parsetree, ReassignOwnedStmt) && !superuser())
		check_owners(command);
}
