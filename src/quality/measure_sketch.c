/*
 * measure_sketch.c
 *		Metrics by sketches: distinct values, quantiles, the most common value.
 *
 * The shared statement calls datamesh.sketch_agg(column), which the executor computes once for all
 * rules that ask the same of a column.  What a sketch tells may be exact, as of few different
 * values; where it is not, the result says by how much it may be wrong.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "catalog/column.h"
#include "quality/sketchrule.h"
#include "sketch/sketch.h"

#define SKETCH_WORD "sketch"

bool
dm_rule_sketches(const DmRule *rule)
{
	return dm_metric_argument(rule->metric, "method") != NULL &&
		   strcmp(dm_rule_word(rule, "method"), SKETCH_WORD) == 0;
}

static bool
is_quantile(const DmRule *rule)
{
	return strcmp(rule->metric->name, "median") == 0 ||
		   strcmp(rule->metric->name, "quantile") == 0;
}

void
dm_sketch_rule_check(const DmRule *rule)
{
	Oid typid;
	int32 typmod;
	Oid collation;
	DmSketch *sketch;

	get_atttypetypmodcoll(rule->relid, dm_column_find(rule->relid, rule->column), &typid, &typmod,
						  &collation);
	sketch = dm_sketch_create(CurrentMemoryContext, typid);
	if (is_quantile(rule) && !dm_sketch_is_measured(sketch))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("a sketch of type %s has no quantiles", format_type_be(typid)),
				 errdetail("Numbers, dates and times have them."),
				 errhint("Without argument \"method\" the rule is measured exactly.")));
	if (is_quantile(rule))
		return;
	if (!sketch->has_distinct)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("a sketch cannot tell values of type %s apart", format_type_be(typid)),
				 errdetail("The type has no hash function."),
				 errhint("Without argument \"method\" the rule is measured exactly.")));
	if (OidIsValid(collation) && !get_collation_isdeterministic(collation))
		ereport(ERROR,
				(errcode(ERRCODE_INDETERMINATE_COLLATION),
				 errmsg("a sketch cannot tell values of column \"%s\" apart", rule->column),
				 errdetail("Its collation takes texts for equal that have different bytes."),
				 errhint("Without argument \"method\" the rule is measured exactly.")));
}

/* --- results --- */

static void
refuse_value(DmMeasuring *m, const char *why)
{
	m->result->error = true;
	m->result->sqlstate = pstrdup(unpack_sql_state(ERRCODE_FEATURE_NOT_SUPPORTED));
	m->result->message = pstrdup(why);
}

static void
finish_distinct(DmMeasuring *m, const DmSketch *sketch)
{
	double distinct = sketch == NULL ? 0 : rint(dm_sketch_distinct(sketch));
	int64 values = sketch == NULL ? 0 : sketch->rows - sketch->nulls;

	/* an estimate does not know that no more values can be different than there are */
	distinct = Min(distinct, (double) values);
	if (strcmp(m->rule->metric->name, "distinctCount") == 0)
		dm_measured_integer(m, (int64) distinct);
	else if (values == 0)
		m->result->isnull = true;
	else
		dm_measured_float(m, distinct / values);
	if (sketch != NULL && !dm_sketch_distinct_is_exact(sketch))
		m->result->detail = psprintf("an estimate: its standard error is %g percent",
									 100 * DM_HLL_ERROR);
}

static void
finish_quantile(DmMeasuring *m, const DmSketch *sketch)
{
	double p = dm_rule_number(m->rule, "p", 0.5);
	char *text;

	if (sketch != NULL && sketch->nans + sketch->infinite > 0)
	{
		refuse_value(m, "a sketch does not rank NaN and infinity, which the column has; "
						"method \"discrete\" does");
		return;
	}
	text = sketch == NULL ? NULL : dm_sketch_quantile(sketch, dm_kll_view(&sketch->kll), p);
	/* of integers a quantile is one of them, of other numbers a double precision */
	dm_measured_value(m, text,
					  sketch == NULL || !DM_VALUE_IS_WORD(sketch->kind) ||
							  sketch->kind == DM_VALUE_FLOAT ?
						  FLOAT8OID :
						  m->value_type);
	if (sketch != NULL && sketch->kll.n > DM_KLL_SIZE && p > 0 && p < 1)
		m->result->detail = psprintf("an estimate: its rank is within %g percent of the values, "
									 "in 99 of 100 sketches",
									 100 * DM_KLL_ERROR);
}

/* As the column's type writes it: a sketch keeps the words of integers, floats and times. */
static char *
as_column_writes(const char *text, Oid typid)
{
	Oid input;
	Oid ioparam;
	Oid output;
	bool varlena;

	getTypeInputInfo(typid, &input, &ioparam);
	getTypeOutputInfo(typid, &output, &varlena);
	return OidOutputFunctionCall(output, OidInputFunctionCall(input, unconstify(char *, text),
															  ioparam, -1));
}

static void
tell_count(DmMeasuring *m, const DmSketch *sketch, DmHeavyItem **items, int n)
{
	const DmHeavy *heavy = &sketch->heavy;
	int64 values = sketch->rows - sketch->nulls;
	int64 error = dm_heavy_error(heavy, items[0]->count, values);
	int64 least = Max(items[0]->count - error, 0);
	/* what is not among them may be as common as what was missed */
	int64 other = n < 2 ? dm_heavy_error(heavy, 0, values) :
						  items[1]->count + dm_heavy_error(heavy, items[1]->count, values);

	m->result->detail = psprintf("an estimate: found %lld times, right within %lld%s",
								 (long long) items[0]->count, (long long) error,
								 other >= least ? "; others may be as common" : "");
}

static void
finish_most_common(DmMeasuring *m, const DmSketch *sketch)
{
	DmHeavyItem **items = NULL;
	char *text;
	int n = 0;

	if (sketch != NULL)
		items = dm_heavy_top(&sketch->heavy, 2, &n);
	if (n == 0)
	{
		if (sketch == NULL || sketch->rows == sketch->nulls)
			m->result->isnull = true;
		else
			refuse_value(m, "no value is so common that the sketch has kept it");
		return;
	}
	text = DM_VALUE_IS_WORD(sketch->kind) ||
				   (items[0]->value.text != NULL && !items[0]->value.text->cut) ?
			   dm_sketch_value_text(sketch, items[0]) :
			   NULL;
	if (text == NULL)
	{
		refuse_value(m, "the most common value is too long for a sketch");
		return;
	}
	dm_measured_value(m, as_column_writes(text, m->value_type), m->value_type);
	if (sketch->heavy.full || sketch->heavy.variance > 0)
		tell_count(m, sketch, items, n);
}

static void
finish_sketch(DmMeasuring *m, DmFound *found)
{
	DmSketch *sketch = m->value_isnull ? NULL :
										 dm_sketch_unpack(DatumGetByteaPP(m->value),
														  CurrentMemoryContext);

	/* of the column, and not of the sketch */
	m->value_type = getBaseType(get_atttype(m->relid,
											dm_column_find(m->relid, m->rule->column)));
	if (is_quantile(m->rule))
		finish_quantile(m, sketch);
	else if (strcmp(m->rule->metric->name, "mostCommonValue") == 0)
		finish_most_common(m, sketch);
	else
		finish_distinct(m, sketch);
}

void
dm_plan_sketch(DmMeasuring *m)
{
	dm_scan_aggregate(m, psprintf("datamesh.sketch_agg(%s)",
								  dm_measured_column_sql(m->relid, m->rule->column)));
	(void) dm_scan_probe(m, "rows");
	dm_scan_probe_end(m);
	m->finish = finish_sketch;
}
