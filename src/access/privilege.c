/*
 * privilege.c
 *		The privileges that agreements give.
 *
 * They are ordinary grants by the owner of the domain, so that \dp,
 * information_schema and every tool show who may read a port.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "access/privilege.h"
#include "access/producer.h"
#include "base/run_as.h"
#include "base/sqlname.h"
#include "registry/portrow.h"

static char *
role_names(List *roles)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, roles)
	{
		char *name = GetUserNameFromId(lfirst_oid(lc), true);

		if (name != NULL)
			appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", quote_identifier(name));
	}
	return buf.data;
}

static char *
view_names(List *views)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, views)
	{
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", dm_relation_sql(lfirst_oid(lc)));
	}
	return buf.data;
}

static char *
schema_names(List *views)
{
	StringInfoData buf;
	List *schemas = NIL;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, views)
		schemas = list_append_unique_oid(schemas, get_rel_namespace(lfirst_oid(lc)));
	foreach(lc, schemas)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "",
						 dm_schema_sql(lfirst_oid(lc)));
	return buf.data;
}

/* Gives (command "GRANT ... TO") or takes ("REVOKE ... FROM") both privileges. */
static void
change_privileges(DmProduct *product, const char *command, const char *preposition,
				  List *views, List *roles)
{
	char *names = role_names(roles);

	if (views == NIL || names[0] == '\0')
		return;
	dm_execute_as(product->domain->owner,
				  psprintf("%s USAGE ON SCHEMA %s %s %s", command, schema_names(views),
						   preposition, names));
	dm_execute_as(product->domain->owner,
				  psprintf("%s SELECT ON TABLE %s %s %s", command, view_names(views),
						   preposition, names));
}

void
dm_privilege_grant(DmProduct *product, List *views, List *roles)
{
	change_privileges(product, "GRANT", "TO", views, roles);
}

void
dm_privilege_revoke(DmProduct *product, List *roles)
{
	/* who belongs to the domain may have been a consumer as well, and keeps what is his */
	roles = list_difference_oid(roles, dm_producer_roles(product));
	change_privileges(product, "REVOKE", "FROM", dm_port_views(product->id),
					  list_delete_oid(roles, product->domain->owner));
}
