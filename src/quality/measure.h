/*
 * measure.h
 *		Measuring all rules of a relation, in one scan where that is possible.
 *
 * Rules that look at one row after the other (missing and invalid values, row expressions, keys,
 * frequencies, sums and order statistics) share one statement.  What needs another relation, or
 * rows in an order, has a statement of its own.  All of them read the snapshot of the caller.
 *
 * The statements run with the rights of the relation's owner, in a security-restricted operation,
 * with a locked search_path, and can write nothing.
 */
#ifndef DM_QUALITY_MEASURE_H
#define DM_QUALITY_MEASURE_H

#include "nodes/pg_list.h"
#include "utils/numeric.h"

#include "quality/metric.h"

/* the name of the transition table of triggers that datamesh makes */
#define DM_TRANSITION_TABLE "datamesh_new"

typedef struct DmMeasured
{
	bool error; /* the rule could not be measured; nothing else is set then */
	char *sqlstate;
	char *message;

	bool isnull;		 /* the metric has no value: the mean of no rows */
	Numeric measured;	 /* in the rule's unit; NULL where the value is no number */
	char *measured_text; /* of the value, whatever its type; NULL if isnull */
	Oid measured_type;	 /* what that text is one of: numeric, or the column's type */

	int64 rows_checked; /* those that the rule's condition lets through */
	int64 failing;		/* rows that break the rule; 0 where the metric is not about rows */
	char *detail;		/* what else is known, for people; or NULL */
	double ms;			/* what the statement took that measured it, with others or not */

	/*
	 * Some of the failing rows, those that lie first: char *, each a JSON object of what tells the
	 * row from others (samplekey.c).  They hide what the reader must not see that the options name.
	 */
	List *sample;
} DmMeasured;

typedef struct DmMeasureOptions
{
	int sample_rows; /* 0 for no samples */
	Oid reader;		 /* whose privileges decide what the samples show */

	/*
	 * Of a trigger after a statement: measures the rows that it has written, and not the
	 * relation's, with the rights of that role, and compares them with those of the whole table
	 * that the rules are of.  For metrics that dm_measure_shares() or dm_measure_compares(), and
	 * without samples.
	 */
	struct TriggerData *written;
	Oid role;
	Oid whole;
} DmMeasureOptions;

/* Whether a metric is measured in the statement that rules share: each row by itself is enough. */
extern bool dm_measure_shares(const DmMetric *metric);

/* Whether rows that a statement has written can be compared with the others of the table. */
extern bool dm_measure_compares(const DmMetric *metric);

/*
 * Measures rules (DmRule *) of one relation; an array with one result for each, in their order.
 * What is wrong with one rule is an error in its result and none of the others.  A cancel, or
 * a relation that is gone, is an error of the call.
 */
extern DmMeasured *dm_measure(Oid relid, List *rules, const DmMeasureOptions *options);

#endif /* DM_QUALITY_MEASURE_H */
