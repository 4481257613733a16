/*
 * model_rule.h
 *		What a contract says of a property or an object: options, rules, relationships.
 */
#ifndef DM_CONTRACT_MODEL_RULE_H
#define DM_CONTRACT_MODEL_RULE_H

#include "nodes/pg_list.h"
#include "utils/jsonb.h"

/* a value of any type, with the place where it stands */
typedef struct DmValue
{
	char *pointer;
	JsonbValue json; /* jbvBinary for a list or an object */
	char *text;		 /* a scalar's text as written; NULL for null, lists and objects */
} DmValue;

/*
 * A reference to an object or a property: object.property[.nested ...] by
 * names, or schema/<id>/properties/<id> ... by ids.  With a file or URL before
 * it, it means another contract.
 */
typedef struct DmReference
{
	char *pointer;
	char *text;		/* as written */
	bool valid;		/* false: it has neither form, and path is NIL */
	char *contract; /* the part before '#', or NULL */
	char *local;	/* the part behind it */
	bool by_id;
	List *path; /* char *: the object, the property, the nested ones */
} DmReference;

typedef struct DmRelationship
{
	char *pointer;
	char *type;		   /* "foreignKey" where it is absent */
	List *from;		   /* DmReference *; NIL at a property */
	List *to;		   /* DmReference * */
	char *description; /* its own (trap T4) or a custom property's */
	JsonbContainer *node;
} DmRelationship;

/* one of the values that a property may have */
typedef struct DmEnumValue
{
	DmValue value;
	char *id;
	char *label;
	char *description;
} DmEnumValue;

/* lengths and counts are -1 where nothing is said */
typedef struct DmOptions
{
	char *pointer;		  /* of logicalTypeOptions; never NULL */
	JsonbContainer *node; /* NULL if there are none */
	int64 min_length;
	int64 max_length;
	char *pattern;
	char *format;
	/* numbers as written, or dates; only one of each pair is usual, but both count */
	char *minimum;
	char *maximum;
	char *exclusive_minimum;
	char *exclusive_maximum;
	char *multiple_of;
	int64 precision; /* not of the standard (trap T12) */
	int64 scale;
	bool timezone;
	bool timezone_given;
	char *default_timezone;
	int64 min_items;
	int64 max_items;
	bool unique_items;
	int64 min_properties;
	int64 max_properties;
	List *required;	   /* char *: names of nested properties */
	List *enumeration; /* DmEnumValue *: of enum (3.2), or of the options (T12) */
} DmOptions;

typedef enum DmOperator
{
	DM_MUST_BE,
	DM_MUST_NOT_BE,
	DM_MUST_BE_GREATER_THAN,
	DM_MUST_BE_GREATER_OR_EQUAL,
	DM_MUST_BE_LESS_THAN,
	DM_MUST_BE_LESS_OR_EQUAL,
	DM_MUST_BE_BETWEEN, /* the bounds count as between (trap T2) */
	DM_MUST_NOT_BE_BETWEEN,
} DmOperator;

#define DM_OPERATORS (DM_MUST_NOT_BE_BETWEEN + 1)

/* all of a rule's expectations hold, or the rule fails */
typedef struct DmExpectation
{
	DmOperator op;
	DmValue operand;
	DmValue upper; /* of the two operators with bounds */
} DmExpectation;

typedef struct DmQuality
{
	char *pointer;
	char *id;
	char *name;
	char *description;
	char *type;	  /* library (the default), text, sql, custom, or what was written */
	char *metric; /* of metric or its old spelling rule */
	List *expectations;
	char *unit;
	bool percent;	 /* the unit, in any of its spellings */
	char *dimension; /* in full (trap T7) */
	char *severity;
	char *method;
	char *business_impact;
	char *scheduler;
	char *schedule;
	/* arguments */
	bool has_missing_values;
	List *missing_values; /* DmValue * */
	bool has_valid_values;
	List *valid_values; /* DmValue * */
	char *pattern;
	List *properties; /* DmValue *: names, for duplicates over several */
	/* sql, custom */
	char *query;
	char *engine;
	DmValue implementation; /* pointer NULL if absent */
	List *tags;
	JsonbContainer *node;
} DmQuality;

extern const char *dm_operator_name(DmOperator op);

#endif /* DM_CONTRACT_MODEL_RULE_H */
