/*
 * guard.h
 *		Rules that are kept at the write: modes reject and quarantine.
 *
 * What a rule in one of these modes says is put into the server's own catalogs, and stays there by
 * itself: a CHECK, UNIQUE or FOREIGN KEY constraint; the WHEN condition of the trigger that sets
 * rows aside; or, for what is to be known of all rows of a statement, a trigger on its transition
 * table.  So it follows renames, is dumped, and costs what the server's own checks cost.
 */
#ifndef DM_QUALITY_GUARD_H
#define DM_QUALITY_GUARD_H

#include "catalog/objectaccess.h"
#include "nodes/parsenodes.h"

#include "catalog/command.h"
#include "quality/rule.h"

typedef enum DmGuardKind
{
	DM_GUARD_CONSTRAINT, /* one or more constraints, or a unique index */
	DM_GUARD_SET_ASIDE,	 /* a part of the trigger that sets rows aside */
	DM_GUARD_STATEMENT	 /* measured on the transition table */
} DmGuardKind;

/* A constraint, or an index where the rule is about some of the rows only. */
typedef struct DmGuardObject
{
	char *name;
	char *definition; /* after ADD CONSTRAINT name, or CREATE UNIQUE INDEX name */
	bool is_index;
	bool not_valid; /* can be added without a look at the rows that are there */
	bool is_check;	/* and is inherited */
} DmGuardObject;

/* How a rule is kept at the write. */
typedef struct DmGuard
{
	DmRule *rule;
	DmGuardKind kind;
	Node *condition; /* true or NULL for a good row, of varno 1; NULL where it is not by row */
	List *objects;	 /* DmGuardObject * */
} DmGuard;

/*
 * How the rule is to be kept in its mode, which is not "observe".  An error tells why it cannot be.
 */
extern DmGuard *dm_guard_plan(DmRule *rule);

/* The condition for a good row as SQL over the relation's columns, all names qualified. */
extern char *dm_guard_condition_sql(Oid relid, Node *condition, const char *alias);

/* Whether the rule is one that no row may break, so that each row is judged by itself. */
extern bool dm_guard_admits_none(const DmRule *rule);

/* The name of the rule's constraint, and of what else it may need. */
extern char *dm_guard_object_name(const DmRule *rule, const char *suffix);

/*
 * A rule was added (old is NULL), changed, or dropped (rule is NULL): the table gets, or loses,
 * what keeps it.  Called when the rule's row is written.  The caller needs the rights of the
 * table's owner, unless the rule was and is only observed.
 */
extern void dm_rule_mode_changed(DmRule *rule, DmRule *old);

/* The constraint, or index, of the relation that has the rule's name; false for none. */
extern bool dm_guard_has_object(Oid relid, const char *name, bool *is_index);

/* The stored rules of a relation in that mode. */
extern List *dm_guard_rules(Oid relid, const char *mode);

/* The same for those that are measured on the rows of a statement. */
extern List *dm_guard_statement_rules(Oid relid);

/* Which triggers the rules of a relation, and of those that it is a partition of, ask for. */
extern bool dm_guard_wants_set_aside(Oid relid);
extern bool dm_guard_wants_statement(Oid relid);

/* Gives a relation and its partitions the statement triggers that they need, and no others. */
extern void dm_guard_refresh(Oid relid);

/* The relation of a trigger, and its name unless NULL is given; InvalidOid if it is gone. */
extern Oid dm_guard_trigger_relation(Oid trigger, char **name);

/*
 * Takes off what keeps a rule, or the triggers of a relation, though the rules stay: the
 * statements, which with dry_run are not executed.
 */
extern List *dm_guard_take_off(DmRule *rule, bool dry_run);
extern List *dm_guard_take_off_triggers(Oid relid, bool dry_run);

/* DDL by others: what keeps a rule stays as it is, and follows. */
extern void dm_guard_object_access(ObjectAccessType access, Oid classid, Oid objid, int subid);
extern void dm_guard_after(DmCommand *command);
extern void dm_guard_dropped(DmCommand *command);

/* Fails if the query, or one in its WITH, is a MERGE that could move rows past the rules. */
extern void dm_guard_check_merge(Query *query);

extern void dm_guard_init(void);

/* the triggers, and the functions that they call */
#define DM_SET_ASIDE_TRIGGER  "~datamesh_quarantine"
#define DM_STATEMENT_INSERT	  "datamesh_statement_insert"
#define DM_STATEMENT_UPDATE	  "datamesh_statement_update"
#define DM_SET_ASIDE_FUNCTION "guard_set_aside"
#define DM_STATEMENT_FUNCTION "guard_statement"

#endif /* DM_QUALITY_GUARD_H */
