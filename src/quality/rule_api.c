/*
 * rule_api.c
 *		SQL functions on quality rules.
 */
#include "postgres.h"

#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/json.h"
#include "base/words.h"
#include "compat/pg_compat.h"
#include "event/incident.h"
#include "job/schedule.h"
#include "quality/check_job.h"
#include "quality/guard.h"
#include "quality/rule_api.h"
#include "quality/rule_check.h"
#include "registry/schemalabel.h"

PG_FUNCTION_INFO_V1(dm_add_rule);
PG_FUNCTION_INFO_V1(dm_alter_rule);
PG_FUNCTION_INFO_V1(dm_drop_rule);

DmDomain *
dm_rule_domain(Oid relid)
{
	char *name = dm_schema_domain(get_rel_namespace(relid));

	return name == NULL ? NULL : dm_domain_get(name, true);
}

void
dm_rule_check_manage(Oid relid, bool as_owner)
{
	DmDomain *domain = dm_rule_domain(relid);

	if (domain != NULL)
		dm_domain_check_owner(domain);
	if ((domain == NULL || as_owner) && !dm_class_ownercheck(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(relid)),
					   get_rel_name(relid));
}

void
dm_rule_check_kind(Oid relid)
{
	switch (get_rel_relkind(relid))
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
		case RELKIND_FOREIGN_TABLE:
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("\"%s\" cannot have a quality rule", get_rel_name(relid)),
					 errdetail("A rule is for tables, foreign tables, views and materialized views.")));
	}
	if (get_rel_persistence(relid) == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("temporary relation \"%s\" cannot have a quality rule",
						get_rel_name(relid))));
	if (dm_schema_product(get_rel_namespace(relid)) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("port \"%s\" cannot have a quality rule", get_rel_name(relid)),
				 errhint("Add the rule to what the port shows.")));
}

/*
 * The relation stays, and its rules stay as they are, until the end of the transaction.  The lock
 * is one that only one session has, so that two that go on to change the table do not meet half
 * way.
 */
static void
lock_rules(Oid relid)
{
	LockRelationOid(relid, ShareUpdateExclusiveLock);
	if (get_rel_name(relid) == NULL)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("the relation was dropped")));
	dm_table_lock(DM_QUALITY_RULE, relid, ExclusiveLock);
}

static void
check_words(DmRule *rule)
{
	if (strcmp(rule->severity, DM_SEVERITY_ERROR) != 0 &&
		strcmp(rule->severity, DM_SEVERITY_WARNING) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid severity \"%s\"", rule->severity),
				 errhint("It is \"error\" or \"warning\".")));
	if (strcmp(rule->mode, DM_MODE_OBSERVE) != 0 && strcmp(rule->mode, DM_MODE_REJECT) != 0 &&
		strcmp(rule->mode, DM_MODE_QUARANTINE) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid mode \"%s\"", rule->mode),
				 errhint("It is \"observe\", \"reject\" or \"quarantine\".")));
	if (rule->dimension != NULL && !dm_is_dimension(rule->dimension))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no dimension \"%s\"", rule->dimension),
				 errhint("The dimensions are: %s.", dm_quoted_list(dm_dimensions()))));
}

static bool
unit_is_percent(const char *unit)
{
	if (strcmp(unit, "percent") == 0 || strcmp(unit, "%") == 0)
		return true;
	if (strcmp(unit, "rows") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid unit \"%s\"", unit),
				 errhint("It is \"rows\" or \"percent\".")));
	return false;
}

/* Without a condition the metric's own is meant; not all have one. */
static DmMust *
must_of(const DmMetric *metric, const char *must)
{
	if (must == NULL && metric->must == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("metric \"%s\" needs argument \"must\"", metric->name),
				 errhint("Say what is good, as in \"> 0\" or \"between 1 and 10\".")));
	return dm_must_parse(must != NULL ? must : metric->must);
}

static Jsonb *
arg_object(FunctionCallInfo fcinfo, int n, const char *argname)
{
	Jsonb *result = PG_ARGISNULL(n) ? NULL : PG_GETARG_JSONB_P(n);

	if (result != NULL && !JB_ROOT_IS_OBJECT(result))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be a JSON object", argname)));
	return result;
}

/* A text in which '' stands for nothing: the rule is to be without it. */
static char *
arg_text_or_nothing(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/* The columns that a rule can be altered in. */
static void
set_row(DmRow *row, const DmRule *rule)
{
	dm_row_set(row, Anum_dm_quality_rule_arguments, JsonbPGetDatum(rule->arguments));
	dm_row_set_text(row, Anum_dm_quality_rule_must, dm_must_text(rule->must));
	dm_row_set_text(row, Anum_dm_quality_rule_unit, rule->percent ? "percent" : "rows");
	dm_row_set_text(row, Anum_dm_quality_rule_severity, rule->severity);
	dm_row_set_text(row, Anum_dm_quality_rule_mode, rule->mode);
	dm_row_set_text(row, Anum_dm_quality_rule_dimension, rule->dimension);
	dm_row_set_text(row, Anum_dm_quality_rule_filter, rule->filter);
	dm_row_set(row, Anum_dm_quality_rule_tolerance, Float8GetDatum(rule->tolerance));
	dm_row_set_text(row, Anum_dm_quality_rule_description, rule->description);
	dm_row_set_text(row, Anum_dm_quality_rule_schedule, rule->schedule);
}

static void
insert_rule(DmRule *rule)
{
	DmRow row;

	rule->id = dm_table_next_id(DM_QUALITY_RULE);
	dm_row_init(&row);
	set_row(&row, rule);
	dm_row_set(&row, Anum_dm_quality_rule_id, Int64GetDatum(rule->id));
	dm_row_set(&row, Anum_dm_quality_rule_relation, ObjectIdGetDatum(rule->relid));
	dm_row_set_text(&row, Anum_dm_quality_rule_name, rule->name);
	dm_row_set_text(&row, Anum_dm_quality_rule_metric, rule->metric->name);
	dm_row_set_text(&row, Anum_dm_quality_rule_column_name, rule->column);
	dm_row_set(&row, Anum_dm_quality_rule_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_quality_rule_created_by, ObjectIdGetDatum(GetUserId()));
	dm_rule_insert(&row);
}

static bool
needs_owner(const DmRule *rule)
{
	return dm_rule_has_code(rule) || strcmp(rule->mode, DM_MODE_OBSERVE) != 0;
}

static void
check_rule(DmRule *rule)
{
	DmSchedule schedule;

	check_words(rule);
	if (rule->schedule != NULL)
		dm_schedule_read(rule->schedule, &schedule);
	dm_rule_check_manage(rule->relid, needs_owner(rule));
	dm_rule_check(rule);
}

/* What the caller gives of a new rule; nothing is looked up but metric and condition. */
static DmRule *
new_rule(FunctionCallInfo fcinfo)
{
	DmRule *rule = palloc0(sizeof(DmRule));

	rule->relid = dm_arg_relation(fcinfo, 0, "relation");
	rule->name = dm_arg_text(fcinfo, 1, "name");
	rule->metric = dm_metric_get(dm_arg_text(fcinfo, 2, "metric"), false);
	rule->column = PG_ARGISNULL(3) ? NULL : dm_arg_name(fcinfo, 3, "column");
	rule->arguments = arg_object(fcinfo, 4, "arguments");
	if (rule->arguments == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"arguments\" must not be null")));
	rule->must = must_of(rule->metric, dm_arg_text_or_null(fcinfo, 5, "must"));
	rule->percent = unit_is_percent(dm_arg_text(fcinfo, 6, "unit"));
	rule->severity = dm_arg_text(fcinfo, 7, "severity");
	rule->mode = dm_arg_text(fcinfo, 8, "mode");
	rule->dimension = dm_arg_text_or_null(fcinfo, 9, "dimension");
	if (rule->dimension == NULL && rule->metric->dimension != NULL)
		rule->dimension = pstrdup(rule->metric->dimension);
	rule->filter = dm_arg_text_or_null(fcinfo, 10, "where");
	rule->tolerance = PG_ARGISNULL(11) ? 0 : PG_GETARG_FLOAT8(11);
	rule->description = dm_arg_text_or_null(fcinfo, 12, "description");
	rule->schedule = dm_arg_text_or_null(fcinfo, 13, "schedule");
	rule->source = DM_SOURCE_ADDED;
	rule->author = GetUserId();
	return rule;
}

Datum
dm_add_rule(PG_FUNCTION_ARGS)
{
	DmRule *rule = new_rule(fcinfo);

	dm_check_word("quality rule", rule->name);
	dm_rule_check_kind(rule->relid);
	dm_rule_check_manage(rule->relid, false);
	lock_rules(rule->relid);
	if (dm_rule_get(rule->relid, rule->name, true) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("relation \"%s\" has a quality rule \"%s\" already",
						get_rel_name(rule->relid), rule->name),
				 errhint("Use dm_alter_rule to change it.")));
	check_rule(rule);
	insert_rule(rule);
	dm_check_jobs_of_relation(rule->relid);
	dm_rule_mode_changed(rule, NULL);
	PG_RETURN_INT64(rule->id);
}

/* The arguments of dm_alter_rule; NULL leaves the rule as it is. */
typedef struct Change
{
	Jsonb *arguments;
	DmMust *must;
	char *unit;
	char *severity;
	char *mode;
	char *dimension; /* '' takes it away, like the next one and the last two */
	char *filter;
	bool has_tolerance;
	double tolerance;
	char *description;
	char *schedule;
} Change;

static void
read_change(FunctionCallInfo fcinfo, Change *change)
{
	char *must = dm_arg_text_or_null(fcinfo, 3, "must");

	change->arguments = arg_object(fcinfo, 2, "arguments");
	change->must = must == NULL ? NULL : dm_must_parse(must);
	change->unit = dm_arg_text_or_null(fcinfo, 4, "unit");
	change->severity = dm_arg_text_or_null(fcinfo, 5, "severity");
	change->mode = dm_arg_text_or_null(fcinfo, 6, "mode");
	change->dimension = arg_text_or_nothing(fcinfo, 7);
	change->filter = arg_text_or_nothing(fcinfo, 8);
	change->has_tolerance = !PG_ARGISNULL(9);
	change->tolerance = PG_ARGISNULL(9) ? 0 : PG_GETARG_FLOAT8(9);
	change->description = arg_text_or_nothing(fcinfo, 10);
	change->schedule = arg_text_or_nothing(fcinfo, 11);
}

static char *
changed_text(char *given, char *old)
{
	if (given == NULL)
		return old;
	return given[0] == '\0' ? NULL : given;
}

static void
apply_change(DmRule *rule, const Change *change)
{
	if (change->arguments != NULL)
		rule->arguments = change->arguments;
	if (change->must != NULL)
		rule->must = change->must;
	if (change->unit != NULL)
		rule->percent = unit_is_percent(change->unit);
	rule->severity = changed_text(change->severity, rule->severity);
	rule->mode = changed_text(change->mode, rule->mode);
	rule->dimension = changed_text(change->dimension, rule->dimension);
	rule->filter = changed_text(change->filter, rule->filter);
	if (change->has_tolerance)
		rule->tolerance = change->tolerance;
	rule->description = changed_text(change->description, rule->description);
	rule->schedule = changed_text(change->schedule, rule->schedule);
	rule->author = GetUserId();
}

Datum
dm_alter_rule(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	char *name = dm_arg_text(fcinfo, 1, "name");
	Change change;
	DmRule *old;
	DmRule *rule;
	DmRow row;

	read_change(fcinfo, &change);
	dm_rule_check_manage(relid, false);
	lock_rules(relid);
	old = dm_rule_get(relid, name, false);
	dm_rule_check_manage(relid, needs_owner(old));
	rule = palloc(sizeof(DmRule));
	*rule = *old;
	apply_change(rule, &change);
	check_rule(rule);
	dm_row_init(&row);
	set_row(&row, rule);
	dm_row_set(&row, Anum_dm_quality_rule_changed_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_quality_rule_changed_by, ObjectIdGetDatum(GetUserId()));
	dm_rule_update(rule->id, &row);
	dm_check_jobs_of_relation(rule->relid);
	dm_rule_mode_changed(rule, old);
	PG_RETURN_VOID();
}

Datum
dm_drop_rule(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	char *name = dm_arg_text(fcinfo, 1, "name");
	DmRule *rule;

	dm_rule_check_manage(relid, false);
	lock_rules(relid);
	rule = dm_rule_get(relid, name, false);
	dm_rule_check_manage(relid, strcmp(rule->mode, DM_MODE_OBSERVE) != 0);
	dm_rule_delete(rule->id);
	/* incidents are locked before jobs */
	dm_incident_gone(DM_ANY_PRODUCT, relid, psprintf("rule:%s", rule->name),
					 "the rule was dropped");
	dm_check_jobs_of_relation(relid);
	dm_rule_mode_changed(NULL, rule);
	PG_RETURN_VOID();
}

void
dm_rules_dropped(DmCommand *command)
{
	dm_rules_forget_dropped();
}
