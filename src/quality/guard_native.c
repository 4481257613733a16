/*
 * guard_native.c
 *		Putting what keeps a rule into the server's catalogs, and taking it off.
 *
 * All of it is done as the table's owner, with names and conditions that were printed from parsed
 * expressions.  A constraint is added NOT VALID, which holds up writers for a moment only and says
 * nothing of the rows that are there; dm_validate_rules looks at these.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "rewrite/rewriteHandler.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/run_as.h"
#include "base/sqlname.h"
#include "catalog/relation.h"
#include "compat/pg_compat.h"
#include "quality/guard.h"
#include "quality/measure.h"
#include "quality/quarantine.h"

static void execute(Oid relid, const char *fmt, ...) pg_attribute_printf(2, 3);

/* As the owner of the relation. */
static void
execute(Oid relid, const char *fmt, ...)
{
	va_list args;
	char buffer[1];
	int needed;
	char *sql;

	va_start(args, fmt);
	needed = vsnprintf(buffer, sizeof(buffer), fmt, args);
	va_end(args);
	sql = palloc(needed + 1);
	va_start(args, fmt);
	(void) vsnprintf(sql, needed + 1, fmt, args);
	va_end(args);
	dm_execute_as(dm_relation_owner(relid), sql);
}

/* Rules of a mode */

List *
dm_guard_rules(Oid relid, const char *mode)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, dm_rule_list(relid))
		if (strcmp(((DmRule *) lfirst(lc))->mode, mode) == 0)
			result = lappend(result, lfirst(lc));
	return result;
}

bool
dm_guard_has_object(Oid relid, const char *name, bool *is_index)
{
	Oid index = get_relname_relid(name, get_rel_namespace(relid));

	*is_index = false;
	if (OidIsValid(get_relation_constraint_oid(relid, name, true)))
		return true;
	if (OidIsValid(index))
	{
		char relkind = get_rel_relkind(index);

		*is_index = (relkind == RELKIND_INDEX || relkind == RELKIND_PARTITIONED_INDEX) &&
					IndexGetRelation(index, true) == relid;
	}
	return *is_index;
}

/* A rule that has constraints is kept by these. */
List *
dm_guard_statement_rules(Oid relid)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, dm_guard_rules(relid, DM_MODE_REJECT))
	{
		bool is_index;

		if (!dm_guard_has_object(relid, dm_guard_object_name(lfirst(lc), ""), &is_index))
			result = lappend(result, lfirst(lc));
	}
	return result;
}

/* Constraints */

static void
add_objects(DmGuard *guard)
{
	Oid relid = guard->rule->relid;
	ListCell *lc;

	foreach(lc, guard->objects)
	{
		DmGuardObject *object = lfirst(lc);
		const char *name = quote_identifier(object->name);

		if (object->is_index)
			execute(relid, "CREATE UNIQUE INDEX %s %s", name, object->definition);
		else
			execute(relid, "ALTER TABLE %s ADD CONSTRAINT %s %s%s", dm_relation_sql(relid), name,
					object->definition, object->not_valid ? " NOT VALID" : "");
	}
}

/* The statements that take off whatever the rule had, by names: its columns may be gone. */
static List *
drop_statements(const DmRule *rule)
{
	List *result = NIL;
	bool is_index;

	for (int i = 0;; i++)
	{
		char *name = dm_guard_object_name(rule, i == 0 ? "" : psprintf("_%d", i));
		char *sql;

		if (!dm_guard_has_object(rule->relid, name, &is_index))
			return result;
		if (is_index)
			sql = psprintf("DROP INDEX %s.%s", dm_schema_sql(get_rel_namespace(rule->relid)),
						   quote_identifier(name));
		else
			sql = psprintf("ALTER TABLE %s DROP CONSTRAINT %s", dm_relation_sql(rule->relid),
						   quote_identifier(name));
		result = lappend(result, sql);
	}
}

List *
dm_guard_take_off(DmRule *rule, bool dry_run)
{
	List *statements =
		strcmp(rule->mode, DM_MODE_REJECT) == 0 ? drop_statements(rule) : NIL;
	ListCell *lc;

	if (!dry_run)
		foreach(lc, statements)
			execute(rule->relid, "%s", (char *) lfirst(lc));
	return statements;
}

/* The team's own constraint of that name would be taken for the rule's. */
static void
check_name(const DmRule *rule)
{
	char *name = dm_guard_object_name(rule, "");
	bool is_index;

	if (dm_guard_has_object(rule->relid, name, &is_index))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("%s has a constraint or an index \"%s\" already",
						dm_relation_sql(rule->relid), name),
				 errhint("Rename it, or give the rule another name.")));
}

/* Triggers */

static bool
has_trigger(Oid relid, const char *name)
{
	return OidIsValid(get_trigger_oid(relid, name, true));
}

static void
drop_trigger(Oid relid, const char *name)
{
	if (has_trigger(relid, name))
		execute(relid, "DROP TRIGGER %s ON %s", quote_identifier(name), dm_relation_sql(relid));
}

/* Fires in all replication roles: a subscriber sets rows aside like anybody who writes. */
static void
enable_always(Oid relid, const char *name)
{
	execute(relid, "ALTER TABLE %s ENABLE ALWAYS TRIGGER %s", dm_relation_sql(relid),
			quote_identifier(name));
}

/* A generated column is computed after the trigger, so its expression takes its place. */
static Node *
expand_generated(Node *node, Relation rel)
{
	Var *var = (Var *) node;

	if (node == NULL)
		return NULL;
	if (IsA(var, Var) && var->varattno > 0 &&
		TupleDescAttr(RelationGetDescr(rel), var->varattno - 1)->attgenerated != '\0')
		return build_column_default(rel, var->varattno);
	return expression_tree_mutator(node, expand_generated, rel);
}

/* WHEN: one arm for each rule, in the order of the trigger's arguments. */
static char *
when_bad(Oid relid, List *guards)
{
	Relation rel = table_open(relid, AccessShareLock);
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, guards)
	{
		Node *condition = expand_generated(((DmGuard *) lfirst(lc))->condition, rel);

		appendStringInfo(&buf, "%s(%s) IS FALSE", buf.len > 0 ? " OR " : "",
						 dm_guard_condition_sql(relid, condition, "new"));
	}
	table_close(rel, NoLock);
	return buf.data;
}

static char *
name_arguments(List *guards)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, guards)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "",
						 quote_literal_cstr(((DmGuard *) lfirst(lc))->rule->name));
	return buf.data;
}

static void
refresh_set_aside(Oid relid)
{
	List *guards = NIL;
	ListCell *lc;

	foreach(lc, dm_guard_rules(relid, DM_MODE_QUARANTINE))
		guards = lappend(guards, dm_guard_plan(lfirst(lc)));
	drop_trigger(relid, DM_SET_ASIDE_TRIGGER);
	if (guards == NIL)
	{
		dm_quarantine_unused(relid);
		return;
	}
	dm_quarantine_make(relid);
	execute(relid,
			"CREATE TRIGGER \"" DM_SET_ASIDE_TRIGGER "\" BEFORE INSERT OR UPDATE ON %s "
			"FOR EACH ROW WHEN (%s) EXECUTE FUNCTION datamesh." DM_SET_ASIDE_FUNCTION "(%s)",
			dm_relation_sql(relid), when_bad(relid, guards), name_arguments(guards));
	enable_always(relid, DM_SET_ASIDE_TRIGGER);
}

static void
make_statement_trigger(Oid relid, const char *name, const char *event)
{
	execute(relid,
			"CREATE TRIGGER %s AFTER %s ON %s REFERENCING NEW TABLE AS " DM_TRANSITION_TABLE
			" FOR EACH STATEMENT EXECUTE FUNCTION datamesh." DM_STATEMENT_FUNCTION "()",
			name, event, dm_relation_sql(relid));
	enable_always(relid, name);
}

/* A statement fires the triggers of the relation that it names, so partitions have them, too. */
static void
refresh_statement(Oid relid, bool wanted)
{
	if (wanted == has_trigger(relid, DM_STATEMENT_INSERT) &&
		wanted == has_trigger(relid, DM_STATEMENT_UPDATE))
		return;
	drop_trigger(relid, DM_STATEMENT_INSERT);
	drop_trigger(relid, DM_STATEMENT_UPDATE);
	if (wanted)
	{
		make_statement_trigger(relid, DM_STATEMENT_INSERT, "INSERT");
		make_statement_trigger(relid, DM_STATEMENT_UPDATE, "UPDATE");
	}
}

/* Is it so for the relation, or for one that it is a partition of? */
static bool
holds_upwards(Oid relid, List *(*rules)(Oid relid))
{
	ListCell *lc;

	if (rules(relid) != NIL)
		return true;
	if (get_rel_relispartition(relid))
		foreach(lc, get_partition_ancestors(relid))
			if (rules(lfirst_oid(lc)) != NIL)
				return true;
	return false;
}

static List *
set_aside_rules(Oid relid)
{
	return dm_guard_rules(relid, DM_MODE_QUARANTINE);
}

bool
dm_guard_wants_set_aside(Oid relid)
{
	return holds_upwards(relid, set_aside_rules);
}

bool
dm_guard_wants_statement(Oid relid)
{
	return holds_upwards(relid, dm_guard_statement_rules);
}

void
dm_guard_refresh(Oid relid)
{
	List *relids = list_make1_oid(relid);
	ListCell *lc;

	if (get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE)
		relids = find_all_inheritors(relid, AccessShareLock, NULL);
	foreach(lc, relids)
		if (get_rel_relkind(lfirst_oid(lc)) != RELKIND_FOREIGN_TABLE)
			refresh_statement(lfirst_oid(lc), dm_guard_wants_statement(lfirst_oid(lc)));
}

Oid
dm_guard_trigger_relation(Oid trigger, char **name)
{
	Relation rel = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	Oid result = InvalidOid;

	ScanKeyInit(&key, Anum_pg_trigger_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(trigger));
	scan = systable_beginscan(rel, TriggerOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (name != NULL)
		*name = NULL;
	if (HeapTupleIsValid(tuple))
	{
		result = ((Form_pg_trigger) GETSTRUCT(tuple))->tgrelid;
		if (name != NULL)
			*name = pstrdup(NameStr(((Form_pg_trigger) GETSTRUCT(tuple))->tgname));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

List *
dm_guard_take_off_triggers(Oid relid, bool dry_run)
{
	static const char *const names[] = { DM_SET_ASIDE_TRIGGER, DM_STATEMENT_INSERT,
										 DM_STATEMENT_UPDATE };
	List *relids = list_make1_oid(relid);
	List *statements = NIL;
	ListCell *lc;

	if (get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE)
		relids = find_all_inheritors(relid, AccessShareLock, NULL);
	foreach(lc, relids)
		for (int i = 0; i < lengthof(names); i++)
		{
			char *table = dm_relation_sql(lfirst_oid(lc));

			/* a clone of the row trigger goes with the first one */
			if (!has_trigger(lfirst_oid(lc), names[i]) || (i == 0 && lfirst_oid(lc) != relid))
				continue;
			statements = lappend(statements, psprintf("DROP TRIGGER %s ON %s",
													  quote_identifier(names[i]), table));
			if (!dry_run)
				drop_trigger(lfirst_oid(lc), names[i]);
		}
	return statements;
}

/* A change of a rule */

/* Triggers are not inherited: the rows of children would pass. */
static void
check_children(DmGuard *guard)
{
	Oid relid = guard->rule->relid;

	if (guard->kind == DM_GUARD_CONSTRAINT &&
		((DmGuardObject *) linitial(guard->objects))->is_check)
		return;
	if (get_rel_relkind(relid) == RELKIND_RELATION &&
		find_inheritance_children(relid, NoLock) != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("rule \"%s\" cannot be in mode \"%s\"", guard->rule->name,
						guard->rule->mode),
				 errdetail("Tables inherit from %s, and would not keep it.",
						   dm_relation_sql(relid)),
				 errhint("Add the rule to each of the tables.")));
}

static void
check_owner(Oid relid)
{
	if (!dm_class_ownercheck(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(relid)),
					   get_rel_name(relid));
}

static bool
is_kept(const DmRule *rule)
{
	return rule != NULL && strcmp(rule->mode, DM_MODE_OBSERVE) != 0;
}

void
dm_rule_mode_changed(DmRule *rule, DmRule *old)
{
	Oid relid = rule != NULL ? rule->relid : old->relid;
	DmGuard *guard = NULL;

	if ((!is_kept(rule) && !is_kept(old)) || get_rel_relkind(relid) == '\0')
		return;
	check_owner(relid);
	if (is_kept(rule))
	{
		guard = dm_guard_plan(rule);
		check_children(guard);
	}
	if (is_kept(old))
		(void) dm_guard_take_off(old, false);
	if (guard != NULL)
		check_name(rule);
	if (guard != NULL && guard->kind == DM_GUARD_CONSTRAINT)
		add_objects(guard);
	if ((is_kept(rule) && strcmp(rule->mode, DM_MODE_QUARANTINE) == 0) ||
		(is_kept(old) && strcmp(old->mode, DM_MODE_QUARANTINE) == 0))
		refresh_set_aside(relid);
	dm_guard_refresh(relid);
}
