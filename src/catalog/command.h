/*
 * command.h
 *		The utility command that is running, and the objects that it made or changed.
 *
 * The guards look at the state that a command leaves, not at its text: whichever way an
 * object was touched, it is in the command's list.
 */
#ifndef DM_CATALOG_COMMAND_H
#define DM_CATALOG_COMMAND_H

#include "catalog/objectaddress.h"
#include "nodes/nodes.h"
#include "nodes/pg_list.h"

/*
 * An object that a command made or altered.  old_schema is where a relation was before, and valid
 * only for one that was there: what ALTER ... SET SCHEMA moved differs from where it is now.
 */
typedef struct DmTouched
{
	ObjectAddress address;
	bool created;
	Oid old_schema;
} DmTouched;

/*
 * touched has a DmTouched for every object created or altered up to now, also by the
 * elements of a CREATE SCHEMA or what a command runs for itself, in the order of the events; an
 * object may be there several times, and may be gone again.  GRANT and REVOKE on objects of the
 * database do not touch them in this sense: dm_command_collected tells what they changed.
 */
typedef struct DmCommand
{
	Node *parsetree;
	List *touched;
	MemoryContext context;		   /* of the list */
	int nest_level;				   /* of transactions, where the command began */
	struct DmCopy *copy;		   /* what labels are to follow: boundary/copy.c; or NULL */
	bool unsecured;				   /* ALTER TABLE found row security off, see rowpolicy/native.c */
	struct DmEvolution *evolution; /* gate/transparent.c; NULL for none */
	List *unkept;				   /* what it took off a rule: quality/guard_follow.c */
	List *renamed;				   /* quality/rule_rename.c */
	bool by_trigger;			   /* begun by an event trigger that had to load the library */
	struct DmCommand *outer;
} DmCommand;

/* What hooks and event triggers call for a command: before it, or when it is done. */
typedef void (*DmCommandListener)(DmCommand *command);

/* The innermost command that is running; NULL if none is. */
extern DmCommand *dm_command_current(void);

/*
 * A command begins and ends.  The frame belongs to the caller, who sees to it that it ends with
 * an error, too.
 */
extern void dm_command_begin(DmCommand *command, Node *parsetree);
extern void dm_command_end(DmCommand *command);

/* The same for an event trigger: without a frame that was begun by the hook, it makes one. */
extern DmCommand *dm_command_trigger_begin(Node *parsetree);
extern void dm_command_trigger_end(void);

/* Notes an object for the running command. */
extern void dm_command_touch(Oid classid, Oid objid, int subid, bool created);

/* The OIDs of one catalog among the touched objects, each one once. */
extern List *dm_command_touched(DmCommand *command, Oid classid);

/* The same for those that it made. */
extern List *dm_command_created(DmCommand *command, Oid classid);

/*
 * The CollectedCommands of tcop/deparse_utility.h that make up the running command; only within a
 * ddl_command_end trigger.
 */
extern List *dm_command_collected(void);

extern void dm_command_init(void);

#endif /* DM_CATALOG_COMMAND_H */
