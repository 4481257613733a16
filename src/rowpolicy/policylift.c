/*
 * policylift.c
 *		Row policies out of the way of DDL on the columns that they mention, and back.
 *
 * The server refuses to change the type of a column that a policy mentions.
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "nodes/nodes.h"
#include "utils/lsyscache.h"

#include "access/policy.h"
#include "base/attempt.h"
#include "base/sqlname.h"
#include "catalog/relation.h"
#include "port/lift.h"
#include "port/liftgraph.h"
#include "port/literals.h"
#include "rowpolicy/native.h"
#include "rowpolicy/policylift.h"

typedef struct LiftedPolicy
{
	Oid relid;
	Oid owner;
	char *object;
	char *name;
	Node *qual;
	char *text;
	bool from_text;
} LiftedPolicy;

/* "NOT datamesh.restricts(id) OR (predicate)", as policy_api.c writes it: the part without columns. */
static char *
blank_text(LiftedPolicy *policy)
{
	if (is_orclause(policy->qual))
	{
		Node *arm = linitial(((BoolExpr *) policy->qual)->args);

		if (is_notclause(arm))
			return dm_native_deparse(policy->relid, arm);
	}
	return "datamesh.lifted()";
}

/* As dm_add_row_policy knows it: the server's policy has its number before the name. */
static char *
plain_name(char *name)
{
	size_t digits = strspn(name, "0123456789");

	return digits > 0 && name[digits] == '_' ? name + digits + 1 : name;
}

List *
dm_policies_lift(List *relids)
{
	List *result = NIL;
	ListCell *lr;
	ListCell *lc;

	foreach(lr, relids)
	{
		foreach(lc, dm_native_names(lfirst_oid(lr)))
		{
			LiftedPolicy *policy = palloc0(sizeof(LiftedPolicy));

			policy->relid = lfirst_oid(lr);
			policy->owner = dm_relation_owner(policy->relid);
			policy->name = lfirst(lc);
			policy->object = psprintf("%s on %s", plain_name(policy->name),
									  dm_relation_sql(policy->relid));
			policy->qual = copyObject(dm_native_policy_qual(policy->relid, policy->name));
			policy->text = dm_native_deparse(policy->relid, policy->qual);
			dm_native_policy_alter(policy->relid, policy->name, blank_text(policy));
			result = lappend(result, policy);
		}
	}
	return result;
}

/* Columns may be called otherwise by now; or be others, of the names that they had. */
static void
put_back(void *arg)
{
	LiftedPolicy *policy = arg;
	const char *text = policy->from_text ? policy->text :
										   dm_native_deparse(policy->relid, policy->qual);

	dm_check_literals(psprintf("ALTER POLICY p ON t USING (%s)", text), policy->owner);
	dm_native_policy_alter(policy->relid, policy->name, text);
}

static DmLiftReport *
put_back_or_tell(LiftedPolicy *policy)
{
	DmLiftReport *report = palloc0(sizeof(DmLiftReport));
	ErrorData *error;

	report->object = policy->object;
	report->kind = "row policy";
	report->owner = policy->owner;
	/* gone with its table, or dropped with dm_drop_row_policy */
	if (get_rel_name(policy->relid) == NULL ||
		dm_native_policy_qual(policy->relid, policy->name) == NULL)
	{
		report->verdict = DM_LIFT_DROPPED;
		return report;
	}
	error = dm_attempt(put_back, policy);
	if (error != NULL)
	{
		policy->from_text = true;
		error = dm_attempt(put_back, policy);
	}
	report->verdict = error ? DM_LIFT_BROKEN : DM_LIFT_KEPT;
	report->detail = error ? error->message : NULL;
	return report;
}

List *
dm_policies_put_back(List *lifted)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, lifted)
		result = lappend(result, put_back_or_tell(lfirst(lc)));
	return result;
}
