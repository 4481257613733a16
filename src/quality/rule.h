/*
 * rule.h
 *		Quality rules: what a relation's data must be.
 *
 * A rule is stored (dm_add_rule), or it is said by a contract, and then made from the contract's
 * document whenever it is asked for (contract_rule.h).  To those who measure, both are the same.
 */
#ifndef DM_QUALITY_RULE_H
#define DM_QUALITY_RULE_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

#include "catalog/table.h"
#include "quality/metric.h"
#include "quality/must.h"

#define Anum_dm_quality_rule_id			 1
#define Anum_dm_quality_rule_relation	 2
#define Anum_dm_quality_rule_name		 3
#define Anum_dm_quality_rule_metric		 4
#define Anum_dm_quality_rule_column_name 5
#define Anum_dm_quality_rule_arguments	 6
#define Anum_dm_quality_rule_must		 7
#define Anum_dm_quality_rule_unit		 8
#define Anum_dm_quality_rule_severity	 9
#define Anum_dm_quality_rule_mode		 10
#define Anum_dm_quality_rule_dimension	 11
#define Anum_dm_quality_rule_filter		 12
#define Anum_dm_quality_rule_tolerance	 13
#define Anum_dm_quality_rule_schedule	 14
#define Anum_dm_quality_rule_description 15
#define Anum_dm_quality_rule_created_at	 16
#define Anum_dm_quality_rule_created_by	 17
#define Anum_dm_quality_rule_changed_at	 18
#define Anum_dm_quality_rule_changed_by	 19

/* what a rule does about rows that fail */
#define DM_MODE_OBSERVE	   "observe"
#define DM_MODE_REJECT	   "reject"
#define DM_MODE_QUARANTINE "quarantine"

/* what a failure of a rule is: only of "error" the product is worse off */
#define DM_SEVERITY_ERROR	"error"
#define DM_SEVERITY_WARNING "warning"

/* where a rule is from */
#define DM_SOURCE_ADDED	   "added"
#define DM_SOURCE_CONTRACT "contract"
#define DM_SOURCE_SCHEMA   "schema"

typedef struct DmRule
{
	int64 id;		/* 0 for rules of a contract */
	char *name;		/* unique among those of its relation */
	Oid relid;		/* InvalidOid: the contract speaks of a relation that is not there */
	char *relation; /* what the contract calls it; NULL for a stored rule */
	char *column;	/* NULL for none; need not exist any more */
	const DmMetric *metric;
	Jsonb *arguments; /* an object */
	DmMust *must;
	bool percent;
	char *severity;
	char *mode;
	char *dimension; /* may be NULL */
	char *filter;	 /* the rows that the rule is about: a Boolean expression; NULL for all */
	double tolerance;
	char *schedule; /* NULL: with the others, or when somebody asks */
	char *description;
	const char *source;
	Oid author;			 /* who added it, or changed it last; InvalidOid for a contract's */
	int64 product;		 /* of a contract's rule, 0 for a stored one */
	Oid port;			 /* of a contract's rule, the view whose readers were promised it */
	const char *problem; /* why the rule cannot be measured; NULL if it may be tried */
} DmRule;

/* The stored rules of a relation, by number. */
extern List *dm_rule_list(Oid relid);

/* All stored rules. */
extern List *dm_rule_list_all(void);

/* The stored rule of that name; NULL, or an error naming the nearest ones. */
extern DmRule *dm_rule_get(Oid relid, const char *name, bool missing_ok);

extern DmRule *dm_rule_get_by_id(int64 id);

/*
 * Arguments.  What is absent is NULL, false, NIL, or the default given; of a DM_ARG_WORD, its first
 * word.  A scalar's text is as jsonb writes it.
 */
extern bool dm_rule_argument(const DmRule *rule, const char *name, JsonbValue *value);
extern char *dm_rule_text(const DmRule *rule, const char *name);
extern bool dm_rule_truth(const DmRule *rule, const char *name);
extern double dm_rule_number(const DmRule *rule, const char *name, double absent);
extern const char *dm_rule_word(const DmRule *rule, const char *name);

/* A list of scalars, or one scalar, as C strings; a JSON null in it is NULL. */
extern List *dm_rule_texts(const DmRule *rule, const char *name);

/* The columns that a rule of level DM_OF_EITHER is about: argument "properties", or the column. */
extern List *dm_rule_columns(const DmRule *rule);

/*
 * The relation that an argument names, qualified or in the rule's own schema; InvalidOid if there
 * is none.
 */
extern Oid dm_rule_other_relation(const DmRule *rule, const char *name);

/* Writes: the row of a new rule, changed columns of one, and its end. */
extern void dm_rule_insert(DmRow *row);
extern void dm_rule_update(int64 id, DmRow *row);
extern void dm_rule_delete(int64 id);

/* Deletes the rules of relations that are not there any more. */
extern void dm_rules_forget_dropped(void);

#endif /* DM_QUALITY_RULE_H */
