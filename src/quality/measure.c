/*
 * measure.c
 *		Measuring all rules of a relation.
 *
 * What somebody has written runs here: conditions, types, the functions of views.  So it runs with
 * the rights of the relation's owner, who trusts it as he does for VACUUM and his views, in
 * a security-restricted operation, and with nothing that can be written.
 */
#include "postgres.h"

#include "executor/spi.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "storage/lmgr.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/attempt.h"
#include "base/run_as.h"
#include "catalog/relation.h"
#include "quality/measure.h"
#include "quality/measure_part.h"
#include "quality/rowexpr.h"

typedef struct Work
{
	Oid relid;
	const DmMeasureOptions *options;
	List *measurings;
	MemoryContext cxt; /* of the results */
} Work;

static const DmMeasurer *
find_measurer(const char *metric)
{
	static const DmMeasurer *(*const families[])(const char *) = {
		dm_row_measurer, dm_group_measurer, dm_value_measurer, dm_set_measurer,
		dm_relation_measurer, dm_denial_measurer
	};

	for (int i = 0; i < lengthof(families); i++)
	{
		const DmMeasurer *result = families[i](metric);

		if (result != NULL)
			return result;
	}
	return NULL;
}

static const DmMeasurer *
measurer_of(const DmRule *rule)
{
	const DmMeasurer *result = find_measurer(rule->metric->name);

	if (result == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("metric \"%s\" is not measured in the rows", rule->metric->name)));
	return result;
}

bool
dm_measure_shares(const DmMetric *metric)
{
	const DmMeasurer *measurer = find_measurer(metric->name);

	return measurer != NULL && measurer->plan != NULL;
}

bool
dm_measure_compares(const DmMetric *metric)
{
	const DmMeasurer *measurer = find_measurer(metric->name);

	return measurer != NULL && measurer->written != NULL;
}

static void
prepare(DmMeasuring *m)
{
	if (m->rule->filter != NULL && m->filter == NULL)
		m->filter = dm_row_expression_sql(m->relid,
										  dm_row_expression(m->relid, m->rule->filter,
															"the rule's condition"));
}

/* --- rules of the shared scan --- */

typedef struct Planning
{
	DmScanPlan *plan;
	DmMeasuring *m;
} Planning;

static void
plan_one(void *arg)
{
	Planning *planning = arg;

	prepare(planning->m);
	dm_scan_plan_rule(planning->plan, planning->m, measurer_of(planning->m->rule));
}

static double
milliseconds_since(const instr_time *start)
{
	instr_time now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, *start);
	return INSTR_TIME_GET_MILLISEC(now);
}

static void
set_time(List *measurings, double ms)
{
	ListCell *lc;

	foreach(lc, measurings)
		((DmMeasuring *) lfirst(lc))->result->ms = ms;
}

static void
run_scan(void *arg)
{
	dm_scan_run(arg);
}

static void
without_workers(void *arg)
{
	int nestlevel = NewGUCNestLevel();

	(void) set_config_option("max_parallel_workers_per_gather", "0", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	dm_scan_run(arg);
	AtEOXact_GUC(false, nestlevel);
}

/*
 * A scan.  Rows may come by a plan that does not tell where they lie (an index has all columns, or
 * workers only send rows), and workers may turn out to have found too many keys to send them.
 */
static ErrorData *
attempt_scan(DmScanPlan *plan)
{
	ErrorData *error = dm_attempt(run_scan, plan);

	if (error != NULL && error->sqlerrcode == ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE &&
		dm_scan_without_slot(plan))
		error = dm_attempt(run_scan, plan);
	if (error != NULL && error->sqlerrcode == ERRCODE_PROGRAM_LIMIT_EXCEEDED &&
		dm_scan_has_keys(plan))
		error = dm_attempt(without_workers, plan);
	return error;
}

/*
 * One statement for all of them.  If it fails, one of them is to blame, and two halves are tried,
 * until there is one that fails alone.
 */
static void
measure_together(Work *work, List *measurings)
{
	DmScanPlan *plan = dm_scan_plan(work->relid, work->options->sample_rows,
									work->options->written != NULL ? DM_TRANSITION_TABLE : NULL);
	List *planned = NIL;
	ErrorData *error;
	instr_time start;
	ListCell *lc;

	check_stack_depth();
	INSTR_TIME_SET_CURRENT(start);
	foreach(lc, measurings)
	{
		Planning planning = { plan, lfirst(lc) };

		error = dm_attempt(plan_one, &planning);
		if (error != NULL)
			dm_measured_error(lfirst(lc), error);
		else
			planned = lappend(planned, lfirst(lc));
	}
	if (planned == NIL)
		return;
	error = attempt_scan(plan);
	if (error == NULL)
		set_time(planned, milliseconds_since(&start));
	else if (list_length(planned) == 1)
		dm_measured_error(linitial(planned), error);
	else
	{
		int half = list_length(planned) / 2;

		measure_together(work, list_truncate(list_copy(planned), half));
		measure_together(work, list_copy_tail(planned, half));
	}
}

/* --- rules with statements of their own --- */

static void
measure_alone(void *arg)
{
	DmMeasuring *m = arg;
	const DmMeasurer *measurer = measurer_of(m->rule);

	prepare(m);
	if (m->options->written != NULL && measurer->written == NULL)
		elog(ERROR, "metric \"%s\" is not measured on the rows of a statement",
			 m->rule->metric->name);
	if (m->options->written != NULL)
		measurer->written(m);
	else
		measurer->statement(m);
}

static void
choose(void *arg)
{
	DmMeasuring *m = arg;
	const DmMeasurer *measurer = measurer_of(m->rule);

	/* no plan: it is left to itself */
	m->program = measurer->plan == NULL ? -1 : 0;
	/* what is better alone for a whole relation is not for the rows of a statement */
	if (m->program == 0 && m->options->written == NULL && measurer->alone != NULL &&
		measurer->alone(m))
		m->program = -1;
}

static void
take_samples(void *arg)
{
	Work *work = arg;

	dm_sample_rows(work->relid, work->measurings);
}

static void
no_sample(List *measurings)
{
	ListCell *lc;

	foreach(lc, measurings)
		((DmMeasuring *) lfirst(lc))->result->sample = NIL;
}

static void
measure_all(Work *work)
{
	List *together = NIL;
	ListCell *lc;

	foreach(lc, work->measurings)
	{
		DmMeasuring *m = lfirst(lc);
		ErrorData *error = dm_attempt(choose, m);
		instr_time start;

		if (error == NULL && m->program >= 0)
		{
			together = lappend(together, m);
			continue;
		}
		INSTR_TIME_SET_CURRENT(start);
		if (error == NULL)
			error = dm_attempt(measure_alone, m);
		if (error != NULL)
			dm_measured_error(m, error);
		m->result->ms = milliseconds_since(&start);
	}
	if (together != NIL)
		measure_together(work, together);
	/* a sample is not worth a result: an output function of somebody may fail */
	if (dm_attempt(take_samples, work) != NULL)
		no_sample(work->measurings);
}

/* The connection's memory ends with it, and results are in that of the caller. */
static void
connected(Work *work)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (work->options->written != NULL &&
		SPI_register_trigger_data(work->options->written) != SPI_OK_TD_REGISTER)
		elog(ERROR, "SPI_register_trigger_data failed");
	MemoryContextSwitchTo(work->cxt);
	measure_all(work);
	SPI_finish();
}

static void
measure_restricted(Work *work)
{
	Oid save_userid;
	int save_sec_context;
	int nestlevel;

	/* guards would take what is done here for our own doing */
	if (dm_in_internal())
		elog(ERROR, "rules cannot be measured within a command of datamesh");
	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	SetUserIdAndSecContext(work->options->written != NULL ? work->options->role :
															dm_relation_owner(work->relid),
						   save_sec_context | SECURITY_LOCAL_USERID_CHANGE |
							   SECURITY_RESTRICTED_OPERATION);
	nestlevel = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	/* since 17 it cannot be set for a function, but can be taken back like one that failed */
	(void) set_config_option("transaction_read_only", "on", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	/* an error restores all of it, with the (sub)transaction */
	connected(work);
	AtEOXact_GUC(false, nestlevel);
	SetUserIdAndSecContext(save_userid, save_sec_context);
}

static void
lock_relation(Oid relid)
{
	LockRelationOid(relid, AccessShareLock);
	if (get_rel_name(relid) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid),
				 errdetail("It was dropped while its rules were about to be measured.")));
}

DmMeasured *
dm_measure(Oid relid, List *rules, const DmMeasureOptions *options)
{
	DmMeasured *results = palloc0((list_length(rules) + 1) * sizeof(DmMeasured));
	Work work = { relid, options, NIL, CurrentMemoryContext };
	ListCell *lc;

	lock_relation(relid);
	foreach(lc, rules)
	{
		DmMeasuring *m = palloc0(sizeof(DmMeasuring));

		m->rule = lfirst(lc);
		m->relid = relid;
		m->options = options;
		m->result = &results[foreach_current_index(lc)];
		work.measurings = lappend(work.measurings, m);
	}
	if (work.measurings != NIL)
		measure_restricted(&work);
	return results;
}
