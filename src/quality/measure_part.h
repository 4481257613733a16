/*
 * measure_part.h
 *		What the files that measure have in common: rules on their way, and the statement that
 *		some of them share.
 */
#ifndef DM_QUALITY_MEASURE_PART_H
#define DM_QUALITY_MEASURE_PART_H

#include "lib/stringinfo.h"

#include "quality/measure.h"
#include "quality/rowsample.h"
#include "quality/rule.h"
#include "quality/scantype.h"

/* What a probe has found; see probe.h. */
typedef struct DmFound
{
	int64 rows;
	int64 failing;
	int64 distinct;
	int64 repeated;
	int64 repeated_rows;
	int ncounts;
	int64 *counts;
	List *positions; /* DmPosition *, in their order */
	List *shown;	 /* char *: as in rowsample.h */
	char *sqlstate;
	char *message;
} DmFound;

typedef struct DmScanPlan DmScanPlan;
typedef struct DmMeasuring DmMeasuring;

struct DmMeasuring
{
	const DmRule *rule;
	DmMeasured *result;
	Oid relid;
	const DmMeasureOptions *options;
	char *filter;	 /* the rule's condition, qualified; NULL for none */
	List *positions; /* of failing rows */
	List *shown;	 /* and those that have none: JSON arrays of what they are shown by */
	List *sample_columns;
	bool sample_places; /* beside these columns, which are no key, show where the row lies */

	/* while it has part in a shared scan */
	DmScanPlan *plan;
	int program;
	int first_probe;
	int nprobes;
	int aggregate; /* the column of the result that has its value, -1 for none */
	Datum value;   /* and that value */
	bool value_isnull;
	Oid value_type;
	void (*finish)(DmMeasuring *m, DmFound *found);
	int64 detail; /* of the planner, for finish; and another one */
	int64 aim;
};

/* How a metric is measured. */
typedef struct DmMeasurer
{
	const char *metric;
	void (*plan)(DmMeasuring *m);	   /* in the shared scan; or NULL */
	void (*statement)(DmMeasuring *m); /* by statements of its own; or NULL */
	bool (*alone)(DmMeasuring *m);	   /* which of both, if there are both */
	void (*written)(DmMeasuring *m);   /* compares rows of a statement with others; or NULL */
} DmMeasurer;

extern const DmMeasurer *dm_row_measurer(const char *metric);
extern const DmMeasurer *dm_group_measurer(const char *metric);
extern const DmMeasurer *dm_set_measurer(const char *metric);
extern const DmMeasurer *dm_value_measurer(const char *metric);
extern const DmMeasurer *dm_relation_measurer(const char *metric);
extern const DmMeasurer *dm_denial_measurer(const char *metric);

/* Whether the values of a column are JSON, composite, or arrays. */
extern bool dm_column_has_parts(Oid relid, const char *column);

/* --- scanplan.c: the statement that rules share --- */

/* Over the relation's rows, or those of a transition table of that name. */
extern DmScanPlan *dm_scan_plan(Oid relid, int sample_rows, const char *transition);

/* Plans a rule; an error leaves the plan as it was before. */
extern void dm_scan_plan_rule(DmScanPlan *plan, DmMeasuring *m, const DmMeasurer *measurer);

/* Executes it, and finishes its rules.  In an SPI connection of the caller's. */
extern void dm_scan_run(DmScanPlan *plan);

/*
 * Its statement fails with object_not_in_prerequisite_state where rows get to the aggregate in
 * another way than was expected.  From now on, nothing is expected; false if that is so already.
 */
extern bool dm_scan_without_slot(DmScanPlan *plan);

/* Whether it may need more memory in parallel than workers can send. */
extern bool dm_scan_has_keys(DmScanPlan *plan);

/* For planners: arguments by their numbers, and the probes that ask about them. */
extern int dm_scan_column(DmMeasuring *m, const char *column, DmScanType *type);
extern int dm_scan_expression(DmMeasuring *m, const char *sql);
extern StringInfo dm_scan_probe(DmMeasuring *m, const char *kind);
extern void dm_probe_texts(StringInfo probe, const char *key, List *texts);
extern void dm_probe_text(StringInfo probe, const char *key, const char *text);
extern void dm_scan_probe_end(DmMeasuring *m);
extern StringInfo dm_scan_key(DmMeasuring *m, List *columns, const char *nulls);
extern void dm_scan_aggregate(DmMeasuring *m, const char *call);

/* --- measured.c: results --- */

extern void dm_measured_rows(DmMeasuring *m, int64 measured, int64 failing, int64 rows);
extern void dm_measured_integer(DmMeasuring *m, int64 value);
extern void dm_measured_float(DmMeasuring *m, double value);
extern void dm_measured_value(DmMeasuring *m, char *text, Oid typid);
extern void dm_measured_error(DmMeasuring *m, const ErrorData *error);

/* The column's name in SQL, and its type; an error if it is not there. */
extern char *dm_measured_column_sql(Oid relid, const char *column);
extern void dm_measured_column_type(Oid relid, const char *column, DmScanType *type);

/* --- statements of their own --- */

/*
 * Executes a query; its rows are in SPI_tuptable.  Unlike SPI_execute(), it leaves the current
 * memory context as it is: results outlive the connection.
 */
extern void dm_statement(const char *sql);

/* The numbers in the one row that a query has. */
extern int64 *dm_statement_counts(int n, const char *sql);

/* The rows of a query of tableoid and ctid. */
extern List *dm_statement_positions(const char *sql);

/* What says that rows have a place in an order: " AND a IS NOT NULL ...". */
extern char *dm_placed_sql(Oid relid, List *by);

/* The operator, as btree strategy, between the values of a row and of the next that is an error. */
extern int dm_wrong_order(const DmRule *rule);

/* --- comparison.c: operators of types, with the schema that they are in --- */

/* That two values are equal, by the type's own equality; by the server's for two types. */
extern char *dm_equality_sql(Oid left_type, const char *left, Oid right_type, const char *right);

/* Two values of a type, compared by the operator of its order with this btree strategy. */
extern char *dm_comparison_sql(Oid type, const char *left, int strategy, const char *right);

/* That the row of the values on the left is below (above) that of those on the right. */
extern char *dm_row_comparison_sql(List *types, List *left, List *right, bool less);

/* --- measure_written.c: rows of a statement, compared with others of the table --- */

extern void dm_measure_written_pairs(DmMeasuring *m);
extern void dm_measure_written_order(DmMeasuring *m);

/* --- samplekey.c: what rows are told by --- */

/* Names of the columns of the primary key; NIL if there is none. */
extern List *dm_key_columns(Oid relid);

/*
 * The columns that failing rows of a rule are shown by: those that it names, the primary key, those
 * of a unique index, or those that it speaks of.  In a query that has them, "a::text AS s0, ...".
 */
extern List *dm_sample_columns(DmMeasuring *m);
extern char *dm_sample_columns_sql(DmMeasuring *m);

/* The rows of a query whose columns are those, as texts: "SELECT s0, s1 FROM (...) ...". */
extern char *dm_sample_names_sql(DmMeasuring *m);
extern void dm_statement_shown(DmMeasuring *m, const char *sql);

/* Those whose keys are repeated, of a relation whose rows have no place. */
extern void dm_show_repeated(DmMeasuring *m);

/* --- samplerows.c: what rows are shown as --- */

/* Whether rows of the relation have a place where they can be found again. */
extern bool dm_rows_have_positions(Oid relid);

/* Fills the samples of rules from the positions of their rows, in one statement. */
extern void dm_sample_rows(Oid relid, List *measurings);

#endif /* DM_QUALITY_MEASURE_PART_H */
