/*
 * measure_value.c
 *		Metrics that are one value of all rows: sums, moments, order statistics.
 *
 * The server has aggregates for them, which are exact, know NaN and the infinities, sort within
 * work_mem, and some of them run in parallel.  They are called in the shared statement.
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"

#include "quality/sketchrule.h"

static void
finish_value(DmMeasuring *m, DmFound *found)
{
	Oid output;
	bool varlena;

	getTypeOutputInfo(m->value_type, &output, &varlena);
	dm_measured_value(m, m->value_isnull ? NULL : OidOutputFunctionCall(output, m->value),
					  m->value_type);
}

/* The probe is for the rows that are checked. */
static void
plan_call(DmMeasuring *m, const char *call)
{
	dm_scan_aggregate(m, call);
	(void) dm_scan_probe(m, "rows");
	dm_scan_probe_end(m);
	m->finish = finish_value;
}

static char *
column_of(DmMeasuring *m)
{
	return dm_measured_column_sql(m->relid, m->rule->column);
}

static void
plan_sum(DmMeasuring *m)
{
	plan_call(m, psprintf("pg_catalog.sum(%s)", column_of(m)));
}

static void
plan_mean(DmMeasuring *m)
{
	plan_call(m, psprintf("pg_catalog.avg(%s)", column_of(m)));
}

static void
plan_stddev(DmMeasuring *m)
{
	plan_call(m, psprintf("pg_catalog.stddev_%s(%s)",
						  strcmp(dm_rule_word(m->rule, "of"), "population") == 0 ? "pop" : "samp",
						  column_of(m)));
}

/* An order that a type's author has defined may have its aggregates in the type's schema. */
static void
plan_extreme(DmMeasuring *m)
{
	plan_call(m, psprintf("pg_catalog.percentile_disc(%d) WITHIN GROUP (ORDER BY %s)",
						  strcmp(m->rule->metric->name, "max") == 0, column_of(m)));
}

static void
plan_min_max(DmMeasuring *m)
{
	DmScanType type;

	dm_measured_column_type(m->relid, m->rule->column, &type);
	if (type.kind != DM_SCAN_OTHER)
		plan_call(m, psprintf("pg_catalog.%s(%s)", m->rule->metric->name, column_of(m)));
	else
		plan_extreme(m);
}

static void
plan_quantile(DmMeasuring *m)
{
	const char *method = dm_rule_word(m->rule, "method");
	double p = dm_rule_number(m->rule, "p", 0.5);
	DmScanType type;

	if (!(p >= 0 && p <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"p\" must lie between 0 and 1")));
	if (dm_rule_sketches(m->rule))
	{
		dm_plan_sketch(m);
		return;
	}
	dm_measured_column_type(m->relid, m->rule->column, &type);
	/* only numbers have values between them */
	plan_call(m, psprintf("pg_catalog.percentile_%s(%s) WITHIN GROUP (ORDER BY %s)",
						  strcmp(method, "discrete") == 0 || !type.number ? "disc" : "cont",
						  float8out_internal(p), column_of(m)));
}

/* Of values that are as common, the least one. */
static void
plan_mode(DmMeasuring *m)
{
	if (dm_rule_sketches(m->rule))
		dm_plan_sketch(m);
	else
		plan_call(m, psprintf("pg_catalog.mode() WITHIN GROUP (ORDER BY %s)", column_of(m)));
}

static const DmMeasurer value_measurers[] = {
	{ "sum", plan_sum },
	{ "mean", plan_mean },
	{ "stddev", plan_stddev },
	{ "min", plan_min_max },
	{ "max", plan_min_max },
	{ "median", plan_quantile },
	{ "quantile", plan_quantile },
	{ "mostCommonValue", plan_mode },
};

const DmMeasurer *
dm_value_measurer(const char *metric)
{
	for (int i = 0; i < lengthof(value_measurers); i++)
		if (strcmp(value_measurers[i].metric, metric) == 0)
			return &value_measurers[i];
	return NULL;
}
