/*
 * giveway.c
 *		Commands on databases and on the extension, as far as they concern workers.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"

#include "compat/pg_compat.h"
#include "job/jobrow.h"
#include "worker/giveway.h"
#include "worker/launcher.h"
#include "worker/shared.h"

/* the database in which the transaction may have made, or taken off, the extension */
static Oid changed_database = InvalidOid;

/* whether the extension was there before the command that is about it */
static bool was_created = false;

static DefElem *
get_option(List *options, const char *name)
{
	ListCell *lc;

	foreach(lc, options)
		if (strcmp(((DefElem *) lfirst(lc))->defname, name) == 0)
			return lfirst(lc);
	return NULL;
}

/* The database that the command wants for itself; NULL for none. */
static const char *
wanted_database(Node *parsetree)
{
	DefElem *option;

	switch (nodeTag(parsetree))
	{
		case T_DropdbStmt:
			return ((DropdbStmt *) parsetree)->dbname;
		case T_RenameStmt:
			return ((RenameStmt *) parsetree)->renameType == OBJECT_DATABASE ?
					   ((RenameStmt *) parsetree)->subname :
					   NULL;
		case T_AlterDatabaseStmt:
			return get_option(((AlterDatabaseStmt *) parsetree)->options, "tablespace") ?
					   ((AlterDatabaseStmt *) parsetree)->dbname :
					   NULL;
		case T_CreatedbStmt:
			option = get_option(((CreatedbStmt *) parsetree)->options, "template");
			return option != NULL && option->arg != NULL ? defGetString(option) : NULL;
		default:
			return NULL;
	}
}

static bool
is_our_extension(Node *parsetree)
{
	ListCell *lc;

	switch (nodeTag(parsetree))
	{
		case T_CreateExtensionStmt:
			return strcmp(((CreateExtensionStmt *) parsetree)->extname, "datamesh") == 0;
		case T_AlterExtensionStmt:
			return strcmp(((AlterExtensionStmt *) parsetree)->extname, "datamesh") == 0;
		case T_DropStmt:
			if (((DropStmt *) parsetree)->removeType == OBJECT_EXTENSION)
				foreach(lc, ((DropStmt *) parsetree)->objects)
					if (strcmp(strVal(lfirst(lc)), "datamesh") == 0)
						return true;
			return false;
		default:
			return false;
	}
}

/*
 * Whether the command drops or updates the extension, by who may do that.  A job in the middle of
 * its work has the tables locked, maybe for an hour.
 */
static bool
changes_tables(Node *parsetree)
{
	Oid extension;

	if (IsA(parsetree, CreateExtensionStmt) || !is_our_extension(parsetree))
		return false;
	extension = get_extension_oid("datamesh", true);
	return OidIsValid(extension) && dm_extension_ownercheck(extension, GetUserId());
}

void
dm_giveway_before(Node *parsetree)
{
	const char *name;
	Oid database;

	if (!dm_shared_ready() || !IsTransactionState())
		return;
	if (is_our_extension(parsetree))
		was_created = OidIsValid(get_extension_oid("datamesh", true));
	if (changes_tables(parsetree))
	{
		dm_worker_hold(MyDatabaseId);
		return;
	}
	name = wanted_database(parsetree);
	if (name == NULL)
		return;
	database = get_database_oid(name, true);
	/* whoever may not do it need not stop anything for it */
	if (OidIsValid(database) && dm_database_ownercheck(database, GetUserId()))
		dm_worker_hold(database);
}

/* CREATE ... IF NOT EXISTS and DROP ... IF EXISTS may have done nothing, and anybody may say so. */
static bool
has_changed(Node *parsetree)
{
	return IsA(parsetree, AlterExtensionStmt) || !IsTransactionState() ||
		   OidIsValid(get_extension_oid("datamesh", true)) != was_created;
}

void
dm_giveway_after(Node *parsetree)
{
	if (!dm_shared_ready())
		return;
	if (is_our_extension(parsetree))
	{
		if (has_changed(parsetree))
			changed_database = MyDatabaseId;
	}
	/* it may be a copy of one that has the extension */
	else if (IsA(parsetree, CreatedbStmt) && IsTransactionState())
		changed_database = get_database_oid(((CreatedbStmt *) parsetree)->dbname, true);
}

static void
at_xact_end(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT && OidIsValid(changed_database))
		dm_launcher_look(changed_database);
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		changed_database = InvalidOid;
}

void
dm_worker_init(void)
{
	dm_shared_init();
	dm_launcher_init();
	dm_job_wake_hook = dm_worker_wake;
	RegisterXactCallback(at_xact_end, NULL);
}
