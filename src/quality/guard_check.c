/*
 * guard_check.c
 *		The trigger that measures rules on the rows of a statement.
 *
 * For rules in mode "reject" that no constraint can say.  The rows that a statement has written are
 * in its transition table; one query over it measures all such rules as dm_check does, with the
 * rights of the owner of the table that has the rules.
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/tuplestore.h"

#include "catalog/relation.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "quality/guard.h"
#include "quality/measure.h"

PG_FUNCTION_INFO_V1(dm_guard_statement);

/* A rule of a table above, about the columns of this one. */
static DmRule *
rule_for(DmRule *rule, Oid relid)
{
	DmRule *own = palloc(sizeof(DmRule));

	*own = *rule;
	own->relid = relid;
	return own;
}

/* Whoever updates a row need not be allowed to read it: values are not told. */
static char *
told(const DmRule *rule, const DmMeasured *measured)
{
	if (rule->metric->shows_value || measured->measured == NULL)
		return psprintf("must be %s", dm_must_text(rule->must));
	return psprintf("is %s%s, and must be %s", numeric_normalize(measured->measured),
					rule->percent ? " %" : "", dm_must_text(rule->must));
}

/* Messages have values: of rows that are updated unread, or that the new ones are compared with. */
static bool
may_read_all(Oid relid, Oid role)
{
	if (has_privs_of_role(role, dm_relation_owner(relid)))
		return true;
	return pg_class_aclcheck(relid, role, ACL_SELECT) == ACLCHECK_OK &&
		   check_enable_rls(relid, role, true) != RLS_ENABLED;
}

static void
refuse_unmeasured(Relation rel, Oid whole, const DmRule *rule, const DmMeasured *measured)
{
	bool told = may_read_all(whole, GetUserId());

	ereport(ERROR,
			(errcode(MAKE_SQLSTATE(measured->sqlstate[0], measured->sqlstate[1],
								   measured->sqlstate[2], measured->sqlstate[3],
								   measured->sqlstate[4])),
			 errmsg("quality rule \"%s\" of relation \"%s\" cannot be measured%s%s", rule->name,
					RelationGetRelationName(rel), told ? ": " : "", told ? measured->message : ""),
			 told ? 0 : errdetail("Why is told to who may read all rows of the table."),
			 errhint("Use dm_alter_rule to set its mode to \"observe\"."), errtable(rel)));
}

/* "rel" is what the statement wrote to, and "whole" has the rule. */
static void
judge(Relation rel, Oid whole, const DmRule *rule, const DmMeasured *measured)
{
	if (measured->error)
		refuse_unmeasured(rel, whole, rule, measured);
	/* the mean of no values */
	if (measured->isnull)
		return;
	if (measured->measured == NULL ||
		!dm_must_holds(rule->must, measured->measured, rule->tolerance))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("new rows for relation \"%s\" violate quality rule \"%s\"",
						RelationGetRelationName(rel), rule->name),
				 errdetail("Metric %s of the statement's rows %s.", rule->metric->name,
						   told(rule, measured)),
				 errtable(rel)));
}

/*
 * Where rows are compared with others of the table, whoever writes next to it waits until this
 * transaction ends: neither of two would see what the other is about to commit.
 */
static void
judge_by(TriggerData *trigdata, Oid relid)
{
	DmMeasureOptions options = { .written = trigdata };
	Oid table = RelationGetRelid(trigdata->tg_relation);
	List *rules = NIL;
	bool compares = false;
	DmMeasured *measured;
	ListCell *lc;

	foreach(lc, dm_guard_statement_rules(relid))
	{
		rules = lappend(rules, rule_for(lfirst(lc), table));
		compares = compares || dm_measure_compares(((DmRule *) lfirst(lc))->metric);
	}
	if (rules == NIL)
		return;
	if (compares)
		dm_table_lock(DM_CHECK_RESULT, relid, ExclusiveLock);
	options.role = dm_relation_owner(relid);
	options.whole = relid;
	measured = dm_measure(table, rules, &options);
	foreach(lc, rules)
		judge(trigdata->tg_relation, relid, lfirst(lc), &measured[foreach_current_index(lc)]);
}

Datum
dm_guard_statement(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	Oid relid;
	ListCell *lc;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event) || trigdata->tg_newtable == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function was not called by a trigger after a statement, with its new rows")));
	/* an INSERT with ON CONFLICT is an UPDATE of no rows, too */
	if (tuplestore_tuple_count(trigdata->tg_newtable) == 0)
		PG_RETURN_POINTER(NULL);
	relid = RelationGetRelid(trigdata->tg_relation);
	judge_by(trigdata, relid);
	if (get_rel_relispartition(relid))
		foreach(lc, get_partition_ancestors(relid))
			judge_by(trigdata, lfirst_oid(lc));
	PG_RETURN_POINTER(NULL);
}
