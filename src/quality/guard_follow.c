/*
 * guard_follow.c
 *		What DDL by others means for rules that are kept at the write.
 *
 * The state is judged that a command leaves: the triggers that the rules ask for are there and
 * fire, no constraint of a rule was dropped, made, or altered.  Superusers may do all of that, as
 * they may with other objects of ours.  Side tables, and partitions that are new, follow.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/errors.h"
#include "base/run_as.h"
#include "base/sqlname.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/label.h"
#include "compat/pg_compat.h"
#include "quality/guard.h"
#include "quality/quarantine.h"
#include "quality/rule_check.h"

#define PREFIX "datamesh_"

/* A constraint, index or trigger that a command dropped, by the name that rules give theirs. */
typedef struct Unkept
{
	Oid relid;
	char *name;
} Unkept;

static bool
is_named_like_ours(const char *name)
{
	return name != NULL && (strncmp(name, PREFIX, strlen(PREFIX)) == 0 ||
							strcmp(name, DM_SET_ASIDE_TRIGGER) == 0);
}

static void
note_dropped(Oid relid, const char *name)
{
	DmCommand *command = dm_command_current();
	MemoryContext old;
	Unkept *unkept;

	if (command == NULL || !OidIsValid(relid) || !is_named_like_ours(name))
		return;
	old = MemoryContextSwitchTo(command->context);
	unkept = palloc(sizeof(Unkept));
	unkept->relid = relid;
	unkept->name = pstrdup(name);
	command->unkept = lappend(command->unkept, unkept);
	MemoryContextSwitchTo(old);
}

static void
note_constraint(Oid constraint)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));

	if (!HeapTupleIsValid(tuple))
		return;
	note_dropped(((Form_pg_constraint) GETSTRUCT(tuple))->conrelid,
				 NameStr(((Form_pg_constraint) GETSTRUCT(tuple))->conname));
	ReleaseSysCache(tuple);
}

static void
note_trigger(Oid trigger)
{
	char *name;
	Oid relid = dm_guard_trigger_relation(trigger, &name);

	note_dropped(relid, name);
}

void
dm_guard_object_access(ObjectAccessType access, Oid classid, Oid objid, int subid)
{
	if (access != OAT_DROP || subid != 0 || dm_in_internal())
		return;
	if (classid == ConstraintRelationId)
		note_constraint(objid);
	else if (classid == TriggerRelationId)
		note_trigger(objid);
	else if (classid == RelationRelationId && get_rel_relkind(objid) == RELKIND_INDEX)
		note_dropped(IndexGetRelation(objid, true), get_rel_name(objid));
}

/* Refusals */

static void
refuse(Oid relid, const char *what, const char *name)
{
	ereport(ERROR,
			(errcode(ERRCODE_DM_MANAGED_OBJECT),
			 errmsg("cannot change %s \"%s\" of relation \"%s\"", what, name, get_rel_name(relid)),
			 errdetail("It keeps a quality rule, and is managed by datamesh."),
			 errhint("Use dm_alter_rule or dm_drop_rule.")));
}

/* Is it the name of a constraint, or index, of one of the relation's rules? */
static bool
is_of_rule(Oid relid, const char *name)
{
	ListCell *lc;

	if (!is_named_like_ours(name))
		return false;
	foreach(lc, dm_guard_rules(relid, DM_MODE_REJECT))
	{
		char *own = dm_guard_object_name(lfirst(lc), "");

		if (strcmp(own, name) == 0 ||
			(strncmp(own, name, strlen(own)) == 0 && name[strlen(own)] == '_'))
			return true;
	}
	return false;
}

static char
trigger_state(Oid relid, const char *name)
{
	Relation rel = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;
	char result = TRIGGER_DISABLED;

	ScanKeyInit(&keys[0], Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	ScanKeyInit(&keys[1], Anum_pg_trigger_tgname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum(name));
	scan = systable_beginscan(rel, TriggerRelidNameIndexId, true, NULL, 2, keys);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		result = ((Form_pg_trigger) GETSTRUCT(tuple))->tgenabled;
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

static void
check_trigger(Oid relid, const char *name, bool wanted)
{
	if (wanted && trigger_state(relid, name) != TRIGGER_FIRES_ALWAYS)
		refuse(relid, "trigger", name);
}

static void
check_triggers(Oid relid)
{
	bool statement = dm_guard_wants_statement(relid);

	check_trigger(relid, DM_SET_ASIDE_TRIGGER, dm_guard_wants_set_aside(relid));
	check_trigger(relid, DM_STATEMENT_INSERT, statement);
	check_trigger(relid, DM_STATEMENT_UPDATE, statement);
}

static void
check_dropped(DmCommand *command)
{
	ListCell *lc;

	foreach(lc, command->unkept)
	{
		Unkept *unkept = lfirst(lc);
		bool is_index;

		if (get_rel_relkind(unkept->relid) == '\0')
			continue;
		check_triggers(unkept->relid);
		/* a change of a column's type makes them anew */
		if (is_of_rule(unkept->relid, unkept->name) &&
			!dm_guard_has_object(unkept->relid, unkept->name, &is_index))
			refuse(unkept->relid, "constraint", unkept->name);
	}
}

/* Whether all that ALTER TABLE does is to validate constraints. */
static bool
only_validates(Node *parsetree)
{
	ListCell *lc;

	if (!IsA(parsetree, AlterTableStmt))
		return false;
	foreach(lc, ((AlterTableStmt *) parsetree)->cmds)
		if (((AlterTableCmd *) lfirst(lc))->subtype != AT_ValidateConstraint)
			return false;
	return true;
}

static void
check_constraint(Oid constraint)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	Form_pg_constraint form;

	if (!HeapTupleIsValid(tuple))
		return;
	form = (Form_pg_constraint) GETSTRUCT(tuple);
	/* what a child inherits is the parent's rule */
	if (OidIsValid(form->conrelid) && form->coninhcount == 0 &&
		is_of_rule(form->conrelid, NameStr(form->conname)))
		refuse(form->conrelid, "constraint", NameStr(form->conname));
	ReleaseSysCache(tuple);
}

/* What was renamed is not found by its name any more. */
static void
check_rename(RenameStmt *stmt, List *touched)
{
	ListCell *lc;

	if (stmt->renameType == OBJECT_TABCONSTRAINT)
	{
		Oid relid = RangeVarGetRelid(stmt->relation, NoLock, true);

		if (OidIsValid(relid) && is_of_rule(relid, stmt->subname))
			refuse(relid, "constraint", stmt->subname);
	}
	if (stmt->renameType != OBJECT_INDEX)
		return;
	foreach(lc, touched)
		if (get_rel_relkind(lfirst_oid(lc)) == RELKIND_INDEX)
		{
			Oid table = IndexGetRelation(lfirst_oid(lc), true);

			if (OidIsValid(table) && is_of_rule(table, stmt->relation->relname))
				refuse(table, "index", stmt->relation->relname);
		}
}

/* Indexes, grants, and its name are free. */
static void
check_side(Oid side)
{
	Oid relid = dm_quarantine_relation(side);

	if (OidIsValid(relid) && get_rel_relkind(relid) != '\0' && !dm_quarantine_is_whole(side))
		ereport(ERROR,
				(errcode(ERRCODE_DM_MANAGED_OBJECT),
				 errmsg("cannot change the quarantine of relation \"%s\"", get_rel_name(relid)),
				 errdetail("Columns, owner and row security of %s are those that the relation gives it, and it has no triggers, rules and policies.",
						   dm_relation_sql(side)),
				 errhint("Change the relation; its quarantine follows.")));
}

/* Triggers are not inherited. */
static void
check_parent(Oid parent)
{
	if (OidIsValid(parent) && get_rel_relkind(parent) == RELKIND_RELATION &&
		(dm_guard_wants_set_aside(parent) || dm_guard_wants_statement(parent)))
		ereport(ERROR,
				(errcode(ERRCODE_DM_MANAGED_OBJECT),
				 errmsg("no table can inherit from relation \"%s\"", get_rel_name(parent)),
				 errdetail("It has quality rules in mode \"reject\" or \"quarantine\" that its children would not keep."),
				 errhint("Use dm_alter_rule to set their mode to \"observe\".")));
}

static void
check_parents(Node *parsetree)
{
	ListCell *lc;

	if (IsA(parsetree, CreateStmt))
		foreach(lc, ((CreateStmt *) parsetree)->inhRelations)
			check_parent(RangeVarGetRelid(lfirst(lc), NoLock, true));
	if (IsA(parsetree, AlterTableStmt))
		foreach(lc, ((AlterTableStmt *) parsetree)->cmds)
		{
			AlterTableCmd *cmd = lfirst(lc);

			if (cmd->subtype == AT_AddInherit)
				check_parent(RangeVarGetRelid((RangeVar *) cmd->def, NoLock, true));
		}
}

/* The command */

/* Tables that a command altered, and partitions that it made. */
static List *
tables_of(DmCommand *command)
{
	RangeVar *named = NULL;
	List *result = NIL;
	ListCell *lc;

	foreach(lc, command->touched)
	{
		DmTouched *touched = lfirst(lc);
		Oid relid = touched->address.objectId;

		if (touched->address.classId == TriggerRelationId)
			relid = dm_guard_trigger_relation(relid, NULL);
		else if (touched->address.classId != RelationRelationId)
			continue;
		if (get_rel_relkind(relid) != '\0' &&
			(!touched->created || touched->address.classId == TriggerRelationId ||
			 get_rel_relispartition(relid)))
			result = list_append_unique_oid(result, relid);
	}
	/* ATTACH PARTITION touches neither of the two, nor do rules and policies */
	if (IsA(command->parsetree, AlterTableStmt))
		named = ((AlterTableStmt *) command->parsetree)->relation;
	else if (IsA(command->parsetree, RuleStmt))
		named = ((RuleStmt *) command->parsetree)->relation;
	else if (IsA(command->parsetree, CreatePolicyStmt))
		named = ((CreatePolicyStmt *) command->parsetree)->table;
	if (named != NULL)
	{
		Oid relid = RangeVarGetRelid(named, NoLock, true);

		if (OidIsValid(relid))
			result = list_append_unique_oid(result, relid);
	}
	return result;
}

/* Has the table, or one that it is a partition of, rules?  Or is it a side table? */
static bool
is_concerned(Oid relid)
{
	char relkind = get_rel_relkind(relid);
	ListCell *lc;

	if (relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE)
		return false;
	if (dm_rule_list(relid) != NIL || OidIsValid(dm_quarantine_relation(relid)) ||
		OidIsValid(dm_quarantine_side(relid)))
		return true;
	if (get_rel_relispartition(relid))
		foreach(lc, get_partition_ancestors(relid))
			if (dm_rule_list(lfirst_oid(lc)) != NIL)
				return true;
	return false;
}

/* What is a partition no more has no triggers for the rules of the table that it was one of. */
static void
follow_detached(Node *parsetree)
{
	ListCell *lc;

	if (!IsA(parsetree, AlterTableStmt))
		return;
	foreach(lc, ((AlterTableStmt *) parsetree)->cmds)
	{
		AlterTableCmd *cmd = lfirst(lc);
		Oid relid;

		if (cmd->subtype != AT_DetachPartition && cmd->subtype != AT_DetachPartitionFinalize)
			continue;
		relid = RangeVarGetRelid(((PartitionCmd *) cmd->def)->name, NoLock, true);
		if (OidIsValid(relid))
			dm_guard_refresh(relid);
	}
}

/* Does ALTER TABLE do one of these? */
static bool
alters(Node *parsetree, AlterTableType first, AlterTableType second)
{
	ListCell *lc;

	if (IsA(parsetree, AlterTableStmt))
		foreach(lc, ((AlterTableStmt *) parsetree)->cmds)
		{
			AlterTableType subtype = ((AlterTableCmd *) lfirst(lc))->subtype;

			if (subtype == first || subtype == second)
				return true;
		}
	return false;
}

static void
tell_rule(void *arg)
{
	const DmRule *rule = arg;

	errcontext("quality rule \"%s\" of relation %s", rule->name, dm_relation_sql(rule->relid));
}

/* A rule that cannot be read any more would refuse all that is written. */
static void
check_statement_rules(Oid relid)
{
	ListCell *lc;

	foreach(lc, dm_guard_statement_rules(relid))
	{
		ErrorContextCallback callback = { error_context_stack, tell_rule, lfirst(lc) };

		error_context_stack = &callback;
		dm_rule_check(lfirst(lc));
		error_context_stack = callback.previous;
	}
}

/*
 * Triggers are made for partitions that come, and not whenever one is missing: a dump that is
 * restored makes its own, after the rows of our tables.
 */
static void
follow(DmCommand *command, Oid relid)
{
	RenameStmt *stmt = (RenameStmt *) command->parsetree;

	if (OidIsValid(dm_quarantine_side(relid)))
	{
		if (IsA(stmt, RenameStmt) && stmt->renameType == OBJECT_COLUMN)
			dm_quarantine_follow_rename(relid, stmt->subname, stmt->newname);
		else
			dm_quarantine_follow(relid);
	}
	if (IsA(stmt, CreateStmt) || IsA(stmt, CreateSchemaStmt) ||
		alters((Node *) stmt, AT_AttachPartition, AT_AttachPartition))
		dm_guard_refresh(relid);
	if (alters((Node *) stmt, AT_AlterColumnType, AT_DropColumn))
		check_statement_rules(relid);
}

static void
refuse_changes(DmCommand *command, List *tables)
{
	ListCell *lc;

	if (!only_validates(command->parsetree))
		foreach(lc, dm_command_touched(command, ConstraintRelationId))
			check_constraint(lfirst_oid(lc));
	if (IsA(command->parsetree, RenameStmt))
		check_rename((RenameStmt *) command->parsetree,
					 dm_command_touched(command, RelationRelationId));
	foreach(lc, tables)
	{
		check_triggers(lfirst_oid(lc));
		check_side(lfirst_oid(lc));
	}
}

void
dm_guard_after(DmCommand *command)
{
	List *tables = NIL;
	ListCell *lc;

	foreach(lc, tables_of(command))
		if (is_concerned(lfirst_oid(lc)))
			tables = lappend_oid(tables, lfirst_oid(lc));
	check_parents(command->parsetree);
	if (!superuser())
		check_dropped(command);
	foreach(lc, tables)
		follow(command, lfirst_oid(lc));
	follow_detached(command->parsetree);
	if (!superuser())
		refuse_changes(command, tables);
}

void
dm_guard_dropped(DmCommand *command)
{
	ListCell *lc;

	foreach(lc, dm_quarantine_relations())
	{
		Oid relid = lfirst_oid(lc);
		Oid side = dm_quarantine_side(relid);

		if (get_rel_relkind(relid) == '\0')
			dm_quarantine_drop(relid);
		else if (get_rel_relkind(side) == '\0' && !superuser())
			ereport(ERROR,
					(errcode(ERRCODE_DM_MANAGED_OBJECT),
					 errmsg("cannot drop the quarantine of relation \"%s\"", get_rel_name(relid)),
					 errhint("Use dm_drop_rule for the rules that set rows aside, then dm_drop_quarantine.")));
	}
}

/* Other listeners */

/*
 * After a change of labels: those of side tables follow.  pg_upgrade brings their own, before our
 * tables are there.
 */
static void
classified(List *relids)
{
	ListCell *lc;

	if (IsBinaryUpgrade)
		return;
	foreach(lc, dm_quarantine_relations())
		if (get_rel_relkind(lfirst_oid(lc)) != '\0' &&
			list_length(list_difference_oid(relids, dm_lineage(lfirst_oid(lc)))) <
				list_length(relids))
			dm_quarantine_follow(lfirst_oid(lc));
}

/* DM_EVENT_PORT_ADDED: what was set aside is not offered. */
static void
port_added(DmEvent event, int64 id)
{
	ListCell *lc;

	foreach(lc, dm_quarantine_relations())
		if (list_member_oid(dm_lineage((Oid) id), dm_quarantine_side(lfirst_oid(lc))))
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("a port cannot show %s",
							dm_relation_sql(dm_quarantine_side(lfirst_oid(lc)))),
					 errdetail("It holds the rows of %s that were set aside.",
							   dm_relation_sql(lfirst_oid(lc))),
					 errhint("Use dm_release_quarantine, and show the relation.")));
}

/* The mesh is taken off: rules are not kept any more, and side tables with rows stay. */
static List *
removing(bool dry_run)
{
	List *statements = NIL;
	List *done = NIL;
	ListCell *lc;

	foreach(lc, dm_rule_list_all())
	{
		DmRule *rule = lfirst(lc);

		if (strcmp(rule->mode, DM_MODE_OBSERVE) == 0 || get_rel_relkind(rule->relid) == '\0')
			continue;
		statements = list_concat(statements, dm_guard_take_off(rule, dry_run));
		done = list_append_unique_oid(done, rule->relid);
	}
	foreach(lc, done)
		statements = list_concat(statements, dm_guard_take_off_triggers(lfirst_oid(lc), dry_run));
	return statements;
}

void
dm_guard_init(void)
{
	dm_listen_classified(NULL, classified);
	dm_listen(DM_EVENT_PORT_ADDED, port_added);
	dm_listen_removal(removing);
}
