/*
 * measure_set.c
 *		Metrics of the set of a column's values, and of their distribution.
 *
 * A reference distribution is {"values": [...], "weights": [...]} of categories, or
 * {"bins": [...], "weights": [...]} of numbers, with one bin more than weights: the bounds of the
 * intervals.  Weights are shares or counts.  Argument "tail" is the share that is expected of what
 * the reference does not have: other values, or both ends of the line.
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"

#include "base/json.h"
#include "base/strings.h"
#include "quality/divergence.h"
#include "quality/keydigest.h"
#include "quality/measure_part.h"
#include "quality/valueset.h"
#include "quality/valuetest.h"

static void
frequency_probe(DmMeasuring *m, const char *key, List *texts)
{
	int value = dm_scan_column(m, m->rule->column, NULL);
	StringInfo probe = dm_scan_probe(m, "frequency");

	appendStringInfo(probe, ", \"value\": %d", value);
	dm_probe_texts(probe, key, texts);
	dm_scan_probe_end(m);
}

/* --- sets --- */

/* The first probe counts distinct values outside of the set, the last one looks for those of it. */
static void
finish_set(DmMeasuring *m, DmFound *found)
{
	const char *set = dm_rule_word(m->rule, "set");
	int64 outside = strcmp(set, "superset") == 0 ? 0 : found->distinct;
	DmFound *inside = &found[m->nprobes - 1];
	int64 missing = 0;

	if (strcmp(set, "subset") != 0)
	{
		/* values that the column's type does not have are never there */
		missing = m->detail;
		for (int i = 0; i < inside->ncounts - 1; i++)
			missing += inside->counts[i] == 0;
		/* of no row there are no counts */
		if (inside->ncounts == 0)
			missing += m->aim;
	}
	dm_measured_integer(m, outside + missing);
}

/* Values of the set that the type does not have, each once. */
static int64
impossible_values(DmScanType *type, List *texts)
{
	List *seen = NIL;
	ListCell *lc;

	foreach(lc, texts)
	{
		Datum value;

		if (lfirst(lc) != NULL && type->kind != DM_SCAN_TEXT &&
			!dm_scan_value_input_safe(type, lfirst(lc), &value))
			seen = dm_string_append_unique(seen, lfirst(lc));
	}
	return list_length(seen);
}

static void
plan_set(DmMeasuring *m)
{
	const char *set = dm_rule_word(m->rule, "set");
	List *given = dm_rule_texts(m->rule, "values");
	DmScanType type;
	List *texts;

	dm_measured_column_type(m->relid, m->rule->column, &type);
	if (strcmp(set, "superset") != 0 && !dm_key_type_is_digested(type.typid, type.collation))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("distinct values of type %s cannot be told outside of a set",
						format_type_be(type.typid)),
				 errhint("Use metric \"enum\", which counts rows.")));
	texts = dm_value_texts(&type, given);
	m->detail = impossible_values(&type, given);
	m->aim = list_length(texts);
	m->finish = finish_set;
	if (strcmp(set, "superset") != 0)
	{
		dm_probe_texts(dm_scan_key(m, list_make1(m->rule->column), "skip"), "notValues", texts);
		dm_scan_probe_end(m);
	}
	if (strcmp(set, "subset") != 0)
		frequency_probe(m, "values", texts);
}

/* --- distributions --- */

static JsonbContainer *
reference_of(DmMeasuring *m)
{
	JsonbValue value;
	JsonbContainer *reference;

	if (!dm_rule_argument(m->rule, "reference", &value) ||
		(reference = dm_json_as_object(&value)) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"reference\" must be an object")));
	return reference;
}

static List *
reference_texts(JsonbContainer *reference, const char *key)
{
	JsonbValue value;

	return dm_json_find(reference, key, &value) ? dm_json_texts(&value) : NIL;
}

static void
check_reference(List *texts, List *weights, bool bins)
{
	if (weights == NIL || list_length(weights) + (bins ? 1 : 0) != list_length(texts))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"reference\" does not have a weight for each %s",
						bins ? "interval" : "value"),
				 errdetail("It has %d %s and %d weights.", list_length(texts),
						   bins ? "bins" : "values", list_length(weights)),
				 errhint("Of bins there is one more than weights.")));
}

/* The shares of all that is counted: of the reference's parts, with the tail around. */
static double *
expected_shares(DmMeasuring *m, List *weights, bool bins)
{
	int first = bins ? 1 : 0;
	int n = list_length(weights);
	double *result = palloc0((n + 2) * sizeof(double));
	double tail = dm_rule_number(m->rule, "tail", 0);
	double sum = 0;
	ListCell *lc;

	foreach(lc, weights)
	{
		double weight = DatumGetFloat8(DirectFunctionCall1(float8in, CStringGetDatum(lfirst(lc))));

		if (!(weight >= 0) || isinf(weight))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a weight of argument \"reference\" is no number from 0 on")));
		result[first + foreach_current_index(lc)] = weight;
		sum += weight;
	}
	if (!(sum > 0) || isinf(sum) || !(tail >= 0 && tail < 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the weights of argument \"reference\" do not add up to anything")));
	for (int i = 0; i < n; i++)
		result[first + i] *= (1 - tail) / sum;
	if (bins)
		result[0] = tail / 2;
	result[first + n] = bins ? tail / 2 : tail;
	return result;
}

static void
finish_distribution(DmMeasuring *m, DmFound *found)
{
	JsonbContainer *reference = reference_of(m);
	bool bins = dm_json_find(reference, "bins", &(JsonbValue){ 0 });
	double *expected = expected_shares(m, reference_texts(reference, "weights"), bins);
	const char *metric = m->rule->metric->name;
	const char *result;
	double statistic;
	int64 all = 0;
	int degrees = -1;

	for (int i = 0; i < found->ncounts; i++)
	{
		all += found->counts[i];
		degrees += expected[i] > 0;
	}
	if (all == 0)
	{
		m->result->isnull = true;
		return;
	}
	if (strcmp(metric, "klDivergence") == 0)
	{
		dm_measured_float(m, dm_kl_divergence(found->counts, expected, found->ncounts));
		return;
	}
	result = dm_rule_word(m->rule, "result");
	if (strcmp(metric, "chiSquareTest") == 0)
	{
		statistic = dm_chi_square(found->counts, expected, found->ncounts);
		if (strcmp(result, "p") == 0)
			statistic = dm_chi_square_p(statistic, degrees);
	}
	else
	{
		statistic = dm_ks_statistic(found->counts, expected, found->ncounts);
		if (strcmp(result, "p") == 0)
			statistic = dm_ks_p(statistic, all);
	}
	dm_measured_float(m, statistic);
}

static void
plan_distribution(DmMeasuring *m)
{
	JsonbContainer *reference = reference_of(m);
	List *weights = reference_texts(reference, "weights");
	List *bins = reference_texts(reference, "bins");
	List *values = reference_texts(reference, "values");
	DmScanType type;

	if (bins == NIL && strcmp(m->rule->metric->name, "ksTest") == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"reference\" of metric \"ksTest\" must have bins")));
	check_reference(bins != NIL ? bins : values, weights, bins != NIL);
	(void) expected_shares(m, weights, bins != NIL);
	m->finish = finish_distribution;
	if (bins != NIL)
	{
		frequency_probe(m, "bins", bins);
		return;
	}
	dm_measured_column_type(m->relid, m->rule->column, &type);
	if (list_length(dm_value_texts(&type, values)) != list_length(values))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"reference\" has a value twice, or one that is none of type %s",
						format_type_be(type.typid))));
	frequency_probe(m, "values", values);
}

static const DmMeasurer set_measurers[] = {
	{ "distinctSet", plan_set },
	{ "klDivergence", plan_distribution },
	{ "ksTest", plan_distribution },
	{ "chiSquareTest", plan_distribution },
};

const DmMeasurer *
dm_set_measurer(const char *metric)
{
	for (int i = 0; i < lengthof(set_measurers); i++)
		if (strcmp(set_measurers[i].metric, metric) == 0)
			return &set_measurers[i];
	return NULL;
}
