/*
 * check.h
 *		Checking rules: measuring them, and what comes of it.
 */
#ifndef DM_QUALITY_CHECK_H
#define DM_QUALITY_CHECK_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#include "quality/measure.h"
#include "quality/rule.h"
#include "registry/product.h"

typedef enum DmCheckVerdict
{
	DM_CHECK_PASSED,
	DM_CHECK_WARNING, /* failed, of a rule whose severity is warning */
	DM_CHECK_FAILED,
	DM_CHECK_ERROR,	 /* the rule could not be measured */
	DM_CHECK_SKIPPED /* there was nothing to measure, or nobody who can */
} DmCheckVerdict;

/* Values of datamesh.check_empty: a rule that would pass, had it not looked at no rows at all. */
typedef enum DmCheckEmpty
{
	DM_EMPTY_SKIPPED,
	DM_EMPTY_PASSED,
	DM_EMPTY_FAILED
} DmCheckEmpty;

extern int dm_check_empty;

/* One rule that was checked. */
typedef struct DmChecked
{
	DmRule *rule;
	DmMeasured measured;
	DmCheckVerdict verdict;
	char *message; /* NULL for none */
	bool private;  /* measured and message may tell values of classified columns */
	bool hidden;   /* and the reader may not see these */
} DmChecked;

/*
 * Checks rules, of any relations, for a reader who may see their results; a list of DmChecked in
 * their order.  One relation is measured after the other, and locked against DDL until the end of
 * the transaction.
 */
extern List *dm_check_rules(List *rules, Oid reader);

/*
 * The same, and writes what came of it: the history, incidents and events, series.  product is 0
 * for the relations of none.
 */
extern List *dm_check_and_record(int64 product_id, List *rules, Oid reader);

/* All rules that a product is checked by: of its contract, and stored ones of its relations. */
extern List *dm_product_rules(DmProduct *product);

extern const char *dm_check_verdict_name(DmCheckVerdict verdict);

/* --- verdict.c --- */

/* Judges what was measured; runs with the rights of the relation's owner. */
extern void dm_check_judge(DmChecked *checked);

/* A rule that would pass, but for want of anything that could break it. */
extern void dm_check_judge_empty(DmChecked *checked, const char *why);

/* Whether rows were looked at, and counted. */
extern bool dm_check_has_rows(const DmChecked *checked);

/* --- check_record.c --- */

extern void dm_check_record(int64 product_id, List *checks);

/* What rowCountChange compares with: the rows at the last check; -1 if there was none. */
extern int64 dm_check_last_rows(Oid relid, const char *rule_name);

#endif /* DM_QUALITY_CHECK_H */
