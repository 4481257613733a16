/*
 * metric.h
 *		The metrics: what can be measured of a relation or a column, and with which arguments.
 *
 * One table tells all that is common to their use: what a rule may say, and what it means if it
 * says nothing.  How each one is measured is in measure.h.
 */
#ifndef DM_QUALITY_METRIC_H
#define DM_QUALITY_METRIC_H

#include "nodes/pg_list.h"

typedef enum DmLevel
{
	DM_OF_RELATION, /* has no column */
	DM_OF_COLUMN,	/* needs one */
	DM_OF_EITHER	/* a column, or argument "properties" with one or more of them */
} DmLevel;

typedef enum DmMetricHow
{
	DM_BY_CATALOG,	 /* the server's catalog tells, no row is read */
	DM_BY_ROW,		 /* counts rows, each of which fails or not by itself */
	DM_BY_GROUP,	 /* counts over groups of rows with the same key */
	DM_BY_VALUE,	 /* one value of all rows */
	DM_BY_ORDER,	 /* counts rows that do not follow the one before */
	DM_BY_STATEMENT, /* needs a statement of its own */
	DM_BY_HISTORY,	 /* compares with the last check */
	DM_BY_QUERY,	 /* the rule has a query */
	DM_BY_NOBODY	 /* text: for people */
} DmMetricHow;

typedef enum DmArgumentType
{
	DM_ARG_NUMBER,	 /* a JSON number */
	DM_ARG_COUNT,	 /* an integer that is not negative */
	DM_ARG_FRACTION, /* a number from 0 to 1 */
	DM_ARG_BOUND,	 /* a number, or a text in the form of the column's type */
	DM_ARG_TRUTH,	 /* true or false */
	DM_ARG_TEXT,
	DM_ARG_WORD,	   /* one of the words listed */
	DM_ARG_VALUES,	   /* a list of scalars, in the form of the column's type */
	DM_ARG_NUMBERS,	   /* a list of numbers */
	DM_ARG_COLUMN,	   /* name of a column of the relation */
	DM_ARG_COLUMNS,	   /* a list of them */
	DM_ARG_NAMES,	   /* a list of texts: names that need not be there */
	DM_ARG_RELATION,   /* name of another relation */
	DM_ARG_PATTERN,	   /* a regular expression of ECMA-262 */
	DM_ARG_EXPRESSION, /* a Boolean expression over the relation's columns */
	DM_ARG_PAIR,	   /* a Boolean expression over two rows of the relation, t1 and t2 */
	DM_ARG_TYPE,	   /* a type's name */
	DM_ARG_QUERY,	   /* one SELECT */
	DM_ARG_SCHEMA,	   /* an object: a JSON Schema */
	DM_ARG_REFERENCE   /* an object: a distribution to compare with, see quality.md */
} DmArgumentType;

typedef struct DmArgument
{
	const char *name;
	DmArgumentType type;
	bool required;
	const char *words; /* of DM_ARG_WORD: separated by blanks, the first is the default */
} DmArgument;

#define DM_METRIC_ARGUMENTS 5

typedef struct DmMetric
{
	const char *name;
	DmLevel level;
	DmMetricHow how;
	bool percent;	  /* unit percent makes sense: of the rows checked */
	bool shows_value; /* what is measured is, or tells, a value of the column */
	const char *must; /* what is meant if a rule does not say; NULL: it has to */
	const char *dimension;
	DmArgument arguments[DM_METRIC_ARGUMENTS];
} DmMetric;

/* The metric of that name; NULL, or an error that tells the nearest ones. */
extern const DmMetric *dm_metric_get(const char *name, bool missing_ok);

/*
 * The argument of that name, NULL if the metric has none; and the one at a place, NULL behind the
 * last.  All that count rows have one for the columns that these are shown by.
 */
extern const DmArgument *dm_metric_argument(const DmMetric *metric, const char *name);
extern const DmArgument *dm_metric_argument_at(const DmMetric *metric, int place);

#define DM_SAMPLE_KEY "sampleKey"

/* Whether an unusual word is one of the words of a DM_ARG_WORD. */
extern bool dm_argument_has_word(const DmArgument *argument, const char *word);

/* The seven dimensions of the standard, and whether a text is one of them. */
extern List *dm_dimensions(void);
extern bool dm_is_dimension(const char *text);

#endif /* DM_QUALITY_METRIC_H */
