/*
 * described.h
 *		What describe*.c have found out about a relation, before it is written as a contract.
 */
#ifndef DM_CONFORM_DESCRIBED_H
#define DM_CONFORM_DESCRIBED_H

#include "access/attnum.h"
#include "nodes/pg_list.h"
#include "nodes/primnodes.h"
#include "utils/rel.h"

#include "base/json.h"
#include "contract/model.h"

/* A rule of the database that becomes a quality rule. */
typedef struct DmDescribedRule
{
	char *name;
	char *query;  /* counts the rows that break it; NULL for one of the standard's metrics */
	List *values; /* char *: the only values that are valid */
	bool numbers; /* the values are written as numbers */
	List *unique; /* char *: properties that are unique together */
	char *dimension;
	bool for_old_rows; /* false: rows from before the rule may break it */
} DmDescribedRule;

typedef struct DmDescribedColumn
{
	AttrNumber attnum; /* in the relation itself */
	char *name;		   /* of the property: the port's column, where there is a port */
	char *id;		   /* unique within the contract */
	char *column;	   /* in the relation */
	char *comment;
	Oid typid;
	int32 typmod;
	const char *logical; /* ODCS logicalType */
	char *identity;		 /* "always" or "by default", NULL for none */
	char *default_sql;	 /* NULL for none */
	char *generated_sql;
	bool required;
	bool unique;
	int key_position; /* 0: not in the primary key */
	int partition_position;
	/* options, NULL or -1 where nothing is promised */
	char *minimum;
	char *maximum;
	char *exclusive_minimum;
	char *exclusive_maximum;
	char *multiple_of;
	char *pattern;
	int min_length;
	int max_length;
	List *rules;	  /* DmDescribedRule * */
	List *references; /* char *: what the column alone references */
} DmDescribedColumn;

/* A foreign key over several columns. */
typedef struct DmDescribedKey
{
	List *from; /* char *: references, as contracts write them */
	List *to;
} DmDescribedKey;

/* What is named in the customProperties of an object. */
typedef struct DmDescribedFact
{
	char *property;
	List *values; /* char * */
} DmDescribedFact;

typedef struct DmDescribed
{
	Oid relid;
	Oid port; /* InvalidOid where the relation itself is described */
	Oid schema;
	char *name; /* of the object */
	char *id;	/* unique within the contract */
	char *physical_name;
	char *comment;
	List *columns;	   /* DmDescribedColumn * */
	List *rules;	   /* DmDescribedRule *, over several columns */
	List *keys;		   /* DmDescribedKey * */
	List *constraints; /* char *: what has no place in a contract, as the server writes it */
	char *partition_key;
} DmDescribed;

/*
 * Reads a relation as its port shows it, or by itself; what it references is read afterwards.
 * promised is the object of the product's contract that the port is, NULL for none: names and ids
 * that consumers know stay what they are.
 */
extern DmDescribed *dm_described_read(Oid relid, Oid port, DmObject *promised, List **taken);

/* The column of that number, NULL if it is not shown. */
extern DmDescribedColumn *dm_described_column(DmDescribed *object, AttrNumber attnum);

/* A stable identifier for a name: unique among those taken, to which it is added. */
extern char *dm_described_id(const char *name, List **taken);

/* The type as SQL, without its schema if that is home. */
extern char *dm_described_type(Oid typid, int32 typmod, Oid home);

/* --- describe_check.c: reads CHECK constraints and domains --- */
extern void dm_describe_checks(DmDescribed *object, Relation rel);

/* Adds a rule that the rows which the condition does not hold for are none. */
extern void dm_describe_condition(DmDescribed *object, const char *name, Node *condition,
								  bool for_old_rows);

/* --- describe_fact.c: reads one condition as an option of a property --- */

typedef enum DmFactKind
{
	DM_FACT_MINIMUM,
	DM_FACT_EXCLUSIVE_MINIMUM,
	DM_FACT_MAXIMUM,
	DM_FACT_EXCLUSIVE_MAXIMUM,
	DM_FACT_MULTIPLE_OF,
	DM_FACT_MIN_LENGTH,
	DM_FACT_MAX_LENGTH,
	DM_FACT_PATTERN,
	DM_FACT_VALUES,
	DM_FACT_REQUIRED
} DmFactKind;

typedef struct DmFact
{
	DmDescribedColumn *column;
	DmFactKind kind;
	char *text;
	int length;
	List *values;
} DmFact;

/*
 * The facts that a condition comes to, which must all hold; NIL if it says more than options of
 * properties can.  of is the column that a domain's VALUE stands for.
 */
extern List *dm_facts_read(DmDescribed *object, DmDescribedColumn *of, Node *condition);

/* Writes facts into their columns; false, and nothing is written, if one has no place there. */
extern bool dm_facts_apply(List *facts, const char *name);

/* --- describe_value.c --- */

/*
 * A value as a contract writes it, NULL for what it cannot and for types whose output somebody has
 * written.  The settings of dm_describe_... are in force.
 */
extern char *dm_described_value(Oid typid, Datum value);

/* The constant that an expression comes to, NULL if it is none that may be computed. */
extern Const *dm_described_constant(Node *node);

/* Types whose values are numbers in JSON. */
extern bool dm_is_number_type(Oid typid);

/* --- describe_pattern.c --- */

/* Does a regular expression mean the same to the server and in ECMA-262? */
extern bool dm_pattern_is_common(const char *pattern);

/* --- describe_key.c: reads keys, unique indexes, foreign keys, partitioning --- */
extern void dm_describe_keys(DmDescribed *object, Relation rel);
extern void dm_describe_foreign_keys(DmDescribed *object, List *objects);

/* --- describe_write.c: writes an object with its properties --- */
extern void dm_described_write(DmJsonBuilder *b, DmDescribed *object, bool examples);

/* --- describe_property.c: writes a property --- */
extern void dm_describe_property(DmJsonBuilder *b, DmDescribed *object, DmDescribedColumn *column,
								 bool examples);
extern void dm_describe_rules(DmJsonBuilder *b, List *rules);

/* --- describe_example.c: values from the planner's statistics, as their types write them --- */
extern List *dm_describe_examples(DmDescribed *object, DmDescribedColumn *column);

#endif /* DM_CONFORM_DESCRIBED_H */
