/*
 * exit_server.c
 *		Foreign servers that lead back into this database.
 *
 * Whoever reads a foreign table does so as the remote user of his user mapping.  Where the
 * server is this very one, a mapping for somebody outside that names a role of a domain is a way
 * in with the rights of that role.  Which server it is can only be guessed from its options; one
 * that hides behind a proxy or another name of the host is not recognised.
 */
#include "postgres.h"

#include <unistd.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "postmaster/postmaster.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "access/reloptions.h"
#include "boundary/exit.h"

static const char *
option(List *options, const char *name)
{
	ListCell *lc;

	foreach(lc, options)
	{
		DefElem *def = lfirst(lc);

		if (strcmp(def->defname, name) == 0)
			return defGetString(def);
	}
	return NULL;
}

/* True if a host's name or address is one that surely means this machine. */
static bool
is_this_host(const char *host)
{
	char name[256];

	if (host == NULL || host[0] == '\0' || host[0] == '/' || host[0] == '@' ||
		strncmp(host, "127.", 4) == 0 || strcmp(host, "::1") == 0 ||
		pg_strcasecmp(host, "localhost") == 0)
		return true;
	if (gethostname(name, sizeof(name)) == 0 && pg_strcasecmp(host, name) == 0)
		return true;
	return strstr(ListenAddresses, host) != NULL;
}

/* True if a server's options lead to this database, as far as they tell. */
static bool
leads_back(List *options)
{
	const char *address = option(options, "hostaddr");
	const char *port = option(options, "port");
	const char *dbname = option(options, "dbname");

	if (option(options, "service") == NULL && port != NULL && atoi(port) != PostPortNumber)
		return false;
	return is_this_host(address ? address : option(options, "host")) &&
		   (dbname == NULL || strcmp(dbname, get_database_name(MyDatabaseId)) == 0);
}

/* The domains whose people a mapping makes its user one of. */
static List *
mapping_exits(Oid mapping, Oid mapped, const char *user)
{
	Oid remote = user ? get_role_oid(user, true) : InvalidOid;
	List *result = NIL;
	ListCell *lc;

	if (!OidIsValid(remote) || superuser_arg(remote) ||
		(OidIsValid(mapped) && has_privs_of_role(mapped, remote)))
		return NIL;
	foreach(lc, dm_domain_list())
	{
		DmOpenExit *open;

		if (dm_is_outside(lfirst(lc), remote) || !dm_is_outside(lfirst(lc), mapped))
			continue;
		open = palloc0(sizeof(DmOpenExit));
		ObjectAddressSet(open->object, UserMappingRelationId, mapping);
		open->exit = palloc0(sizeof(DmExit));
		open->exit->domain = lfirst(lc);
		open->exit->how = psprintf("The server is this one, and role \"%s\" belongs to the domain.",
								   user);
		open->role = mapped;
		result = lappend(result, open);
	}
	return result;
}

List *
dm_server_exits(void)
{
	Relation rel = table_open(UserMappingRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;
	List *result = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_user_mapping form = (Form_pg_user_mapping) GETSTRUCT(tuple);
		ForeignServer *server = GetForeignServer(form->umserver);
		bool isnull;
		Datum datum = heap_getattr(tuple, Anum_pg_user_mapping_umoptions, RelationGetDescr(rel),
								   &isnull);
		List *options = isnull ? NIL : untransformRelOptions(datum);

		if (!superuser_arg(server->owner) && leads_back(server->options))
			result = list_concat(result, mapping_exits(form->oid, form->umuser,
													   option(options, "user")));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}
