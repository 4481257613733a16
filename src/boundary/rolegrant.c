/*
 * rolegrant.c
 *		Roles that come into a domain, or leave it, by membership.
 *
 * Whoever is made a member of a domain's owner, or of one of its producers, is inside from then
 * on.  That is the business of whoever may grant the role, so it is warned of and recorded, or
 * refused where datamesh.role_grants says so.  The roles are those of the whole server, the
 * domains those of the database that the command runs in.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"

#include "base/errors.h"
#include "boundary/foreign.h"
#include "boundary/rolegrant.h"
#include "catalog/table.h"
#include "classify/change.h"
#include "registry/domain.h"

int dm_role_grants = DM_ROLE_GRANTS_WARN;

/* Roles of the server whose members read or write every table. */
static const Oid reads_all[] = {
	ROLE_PG_READ_ALL_DATA,
	ROLE_PG_WRITE_ALL_DATA,
	ROLE_PG_READ_SERVER_FILES,
	ROLE_PG_WRITE_SERVER_FILES,
	ROLE_PG_EXECUTE_SERVER_PROGRAM
};

/* True if the role can become one that is inside of the domain. */
static bool
leads_inside(DmDomain *domain, Oid roleid)
{
	ListCell *lc;

	if (is_member_of_role_nosuper(roleid, domain->owner))
		return true;
	foreach(lc, domain->producers)
		if (is_member_of_role_nosuper(roleid, lfirst_oid(lc)))
			return true;
	return false;
}

static bool
leads_everywhere(Oid roleid)
{
	for (int i = 0; i < lengthof(reads_all); i++)
		if (is_member_of_role_nosuper(roleid, reads_all[i]))
			return true;
	return false;
}

static void
tell(DmDomain *domain, Oid roleid, const char *member)
{
	const char *role = GetUserNameFromId(roleid, false);
	bool refused = dm_role_grants == DM_ROLE_GRANTS_REFUSE && !superuser();

	ereport(refused ? ERROR : WARNING,
			(errcode(refused ? ERRCODE_DM_BOUNDARY : ERRCODE_WARNING),
			 refused ? errmsg("cannot make role \"%s\" a member of \"%s\"", member, role) :
					   errmsg("role \"%s\" comes into domain \"%s\" as a member of \"%s\"", member,
							  domain->name, role),
			 errdetail("Whoever can be \"%s\" has the data of domain \"%s\" without an agreement.",
					   role, domain->name),
			 errhint("Use dm_grant_access to let a role read a product of the domain.")));
	dm_change_record_domain(domain->id, "membership", psprintf("role \"%s\"", role), NULL,
							psprintf("role \"%s\"", member), NULL);
}

/* A role is about to get a member, which is InvalidOid while it is being made. */
static void
check_membership(Oid roleid, Oid member, const char *member_name)
{
	bool everywhere = leads_everywhere(roleid);
	ListCell *lc;

	if (everywhere && OidIsValid(member) &&
		(superuser_arg(member) || leads_everywhere(member)))
		everywhere = false;
	foreach(lc, dm_domain_list())
	{
		DmDomain *domain = lfirst(lc);

		if (everywhere || (leads_inside(domain, roleid) &&
						   !(OidIsValid(member) &&
							 (superuser_arg(member) || leads_inside(domain, member)))))
			tell(domain, roleid, member_name);
	}
}

static void
check_members(Oid roleid, List *members)
{
	ListCell *lc;

	foreach(lc, members)
	{
		Oid member = get_rolespec_oid(lfirst(lc), true);

		if (OidIsValid(roleid) && OidIsValid(member))
			check_membership(roleid, member, GetUserNameFromId(member, false));
	}
}

static List *
option_roles(List *options, const char *name)
{
	ListCell *lc;

	foreach(lc, options)
		if (strcmp(((DefElem *) lfirst(lc))->defname, name) == 0)
			return (List *) ((DefElem *) lfirst(lc))->arg;
	return NIL;
}

/* The new role's own members come in with it, and are named by it. */
static void
check_new_role(CreateRoleStmt *stmt)
{
	ListCell *lc;

	foreach(lc, option_roles(stmt->options, "addroleto"))
	{
		Oid roleid = get_rolespec_oid(lfirst(lc), true);

		if (OidIsValid(roleid))
			check_membership(roleid, InvalidOid, stmt->role);
	}
}

void
dm_rolegrant_before(DmCommand *command)
{
	Node *parsetree = command->parsetree;
	ListCell *lc;

	if (IsA(parsetree, GrantRoleStmt) && ((GrantRoleStmt *) parsetree)->is_grant)
		foreach(lc, ((GrantRoleStmt *) parsetree)->granted_roles)
			check_members(get_role_oid(((AccessPriv *) lfirst(lc))->priv_name, true),
						  ((GrantRoleStmt *) parsetree)->grantee_roles);
	else if (IsA(parsetree, CreateRoleStmt))
		check_new_role((CreateRoleStmt *) parsetree);
	/* ALTER GROUP ... ADD USER */
	else if (IsA(parsetree, AlterRoleStmt) && ((AlterRoleStmt *) parsetree)->action == +1)
		check_members(get_rolespec_oid(((AlterRoleStmt *) parsetree)->role, true),
					  option_roles(((AlterRoleStmt *) parsetree)->options, "rolemembers"));
}

void
dm_rolegrant_evict(DmDomain *domain, Oid roleid)
{
	int revoked = 0;
	ListCell *lc;

	/* a superuser is everywhere, and one that is gone holds nothing */
	if (GetUserNameFromId(roleid, true) == NULL)
		return;
	foreach(lc, dm_foreign_unaccepted(dm_foreign_of_domain(domain)))
	{
		DmForeign *foreign = lfirst(lc);

		if (foreign->owner || !OidIsValid(foreign->grantee) ||
			!is_member_of_role_nosuper(foreign->grantee, roleid))
			continue;
		dm_foreign_revoke(foreign);
		revoked++;
	}
	if (revoked > 0)
		ereport(NOTICE,
				(errmsg_plural("revoked %d grant in domain \"%s\" with role \"%s\"",
							   "revoked %d grants in domain \"%s\" with role \"%s\"", revoked,
							   revoked, domain->name, GetUserNameFromId(roleid, false)),
				 errdetail("The role is outside of the domain now.")));
}

static void
evict_members(Oid roleid, List *members)
{
	ListCell *ld;

	if (!OidIsValid(roleid))
		return;
	foreach(ld, dm_domain_list())
	{
		ListCell *lc;

		if (leads_inside(lfirst(ld), roleid))
			foreach(lc, members)
				dm_rolegrant_evict(lfirst(ld), get_rolespec_oid(lfirst(lc), false));
	}
}

void
dm_rolegrant_after(DmCommand *command)
{
	Node *parsetree = command->parsetree;
	ListCell *lc;

	if (IsA(parsetree, GrantRoleStmt) && !((GrantRoleStmt *) parsetree)->is_grant)
		foreach(lc, ((GrantRoleStmt *) parsetree)->granted_roles)
			evict_members(get_role_oid(((AccessPriv *) lfirst(lc))->priv_name, true),
						  ((GrantRoleStmt *) parsetree)->grantee_roles);
	else if (IsA(parsetree, AlterRoleStmt) && ((AlterRoleStmt *) parsetree)->action == -1)
		evict_members(get_rolespec_oid(((AlterRoleStmt *) parsetree)->role, true),
					  option_roles(((AlterRoleStmt *) parsetree)->options, "rolemembers"));
}
