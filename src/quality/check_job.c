/*
 * check_job.c
 *		Checks that the worker does: rules with a schedule.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "base/sqlname.h"
#include "base/strings.h"
#include "catalog/listen.h"
#include "contract/version.h"
#include "event/incident.h"
#include "job/schedule.h"
#include "quality/check.h"
#include "quality/check_job.h"
#include "quality/contract_rule.h"
#include "series/series.h"

#define CHECK_PRIORITY 50

#define RULE_CAUSE "rule:"

/* The rules with that schedule. */
static List *
rules_due(List *rules, const char *schedule)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, rules)
	{
		DmRule *rule = lfirst(lc);

		if (rule->schedule != NULL && schedule != NULL && strcmp(rule->schedule, schedule) == 0)
			result = lappend(result, rule);
	}
	return result;
}

void
dm_check_job(DmJob *job)
{
	DmProduct *product;
	List *rules;

	if (OidIsValid(job->relid))
	{
		rules = rules_due(dm_rule_list(job->relid), job->schedule);
		if (rules != NIL)
			dm_check_and_record(dm_series_product(job->relid), rules, GetUserId());
		return;
	}
	product = dm_product_get_by_id(job->product);
	if (product == NULL)
		return;
	rules = rules_due(dm_contract_rules(product), job->schedule);
	if (rules != NIL)
		dm_check_and_record(product->id, rules, GetUserId());
}

/* The jobs of a relation or a product are one for each of the schedules, and no other. */
static void
set_jobs(const char *name, int64 product_id, Oid relid, List *schedules)
{
	List *objects = NIL;
	ListCell *lc;

	foreach(lc, schedules)
		objects = lappend(objects, psprintf("%s %s", name, (char *) lfirst(lc)));
	foreach(lc, dm_job_list())
	{
		DmJob *job = lfirst(lc);

		if (strcmp(job->kind, DM_CHECK_JOB) == 0 && job->product == product_id &&
			job->relid == relid && !dm_string_member(objects, job->object))
			dm_job_drop(job->kind, job->object);
	}
	foreach(lc, schedules)
		dm_job_set(DM_CHECK_JOB, list_nth(objects, foreach_current_index(lc)), product_id, relid,
				   lfirst(lc), CHECK_PRIORITY);
}

void
dm_check_jobs_of_relation(Oid relid)
{
	List *schedules = NIL;
	ListCell *lc;

	foreach(lc, dm_rule_list(relid))
	{
		char *schedule = ((DmRule *) lfirst(lc))->schedule;

		if (schedule != NULL)
			schedules = dm_string_append_unique(schedules, schedule);
	}
	set_jobs(dm_relation_sql(relid), 0, relid, schedules);
}

/* A contract may have a schedule that is none here; it is kept, and lint tells of it. */
static void
add_schedule(List **schedules, const DmRule *rule)
{
	DmSchedule parsed;
	char *problem;

	if (rule->schedule == NULL || dm_string_member(*schedules, rule->schedule))
		return;
	problem = dm_schedule_parse(rule->schedule, &parsed);
	if (problem == NULL)
		*schedules = lappend(*schedules, rule->schedule);
	else
		ereport(WARNING,
				(errmsg("quality rule \"%s\" is not checked on its schedule \"%s\"", rule->name,
						rule->schedule),
				 errdetail("%s", problem)));
}

/* A contract that does not have a rule any more ends what was wrong by it. */
static void
end_rules(DmProduct *product)
{
	List *failing = dm_incident_failing(product->id, RULE_CAUSE);
	List *rules = failing != NIL ? dm_product_rules(product) : NIL;
	ListCell *lf;

	foreach(lf, failing)
	{
		DmFailing *cause = lfirst(lf);
		bool there = false;
		ListCell *lr;

		foreach(lr, rules)
		{
			DmRule *rule = lfirst(lr);

			there = there || (rule->relid == cause->relid &&
							  strcmp(rule->name, cause->cause + strlen(RULE_CAUSE)) == 0);
		}
		if (!there)
			dm_incident_gone(product->id, cause->relid, cause->cause,
							 "the contract does not have the rule any more");
	}
}

/* DM_EVENT_CONTRACT_CHANGED.  What is a draft is checked when somebody asks. */
static void
contract_changed(DmEvent event, int64 product_id)
{
	DmProduct *product = dm_product_get_by_id(product_id);
	List *schedules = NIL;
	ListCell *lc;

	if (product == NULL)
		return;
	if (dm_contract_active(product_id) != NULL)
		foreach(lc, dm_contract_rules(product))
			add_schedule(&schedules, lfirst(lc));
	/* incidents are locked before jobs */
	end_rules(product);
	set_jobs(product->literal, product_id, InvalidOid, schedules);
}

void
dm_check_job_init(void)
{
	dm_listen(DM_EVENT_CONTRACT_CHANGED, contract_changed);
}
