/*
 * keyword.h
 *		A compiled schema, and the keywords that it is made of.
 */
#ifndef DM_JSONSCHEMA_KEYWORD_H
#define DM_JSONSCHEMA_KEYWORD_H

#include "nodes/pg_list.h"

#include "base/pattern.h"
#include "jsonschema/node.h"
#include "jsonschema/schema.h"

typedef struct JsSchema JsSchema;
typedef struct JsKeyword JsKeyword;
typedef struct JsCompile JsCompile;
typedef struct JsRun JsRun;
typedef struct JsFailure JsFailure;

/* Oldest first.  Drafts before 2019-09 are read for the sake of old schemas that are compared. */
typedef enum JsDraft
{
	JS_DRAFT4,
	JS_DRAFT7, /* and 6 */
	JS_2019,
	JS_2020
} JsDraft;

/* A schema that has a URI of its own, with all that is in it but for other such schemas. */
typedef struct JsResource
{
	char *uri; /* without fragment; "" for a schema without $id */
	JsNode *root;
	JsDraft draft;
	bool validates;		   /* its dialect has the keywords of validation */
	bool recursive_anchor; /* of 2019-09 */
	DmJsonSchema *set;	   /* that it was compiled for */
} JsResource;

/* What a keyword's value consists of. */
typedef enum JsShape
{
	JS_VALUE,			 /* no schemas */
	JS_SCHEMA,			 /* one */
	JS_SCHEMA_LIST,		 /* an array */
	JS_SCHEMA_OR_LIST,	 /* items, before 2020-12 */
	JS_SCHEMA_MAP,		 /* an object */
	JS_SCHEMA_OR_STRINGS /* dependencies: an object of schemas and of arrays of names */
} JsShape;

/* The children that in-place keywords have looked at: what unevaluated... leaves alone. */
typedef struct JsMarks
{
	bool all;
	int nwords;
	uint64 words[FLEXIBLE_ARRAY_MEMBER];
} JsMarks;

typedef struct JsKeywordDef
{
	const char *name;
	JsDraft from; /* first and last draft that has it */
	JsDraft to;
	bool validation; /* of the vocabulary "validation" */
	int types;		 /* of instances that it says something about */
	JsShape shape;
	bool (*compile)(JsCompile *compile, JsSchema *schema, JsKeyword *keyword);
	bool (*check)(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures);
	char *(*say)(JsKeyword *keyword, JsFailure *failure);
} JsKeywordDef;

struct JsKeyword
{
	const JsKeywordDef *def;
	JsSchema *owner;
	JsNode *node;		  /* its value */
	JsSchema *schema;	  /* the subschema, where there is one; what a reference names */
	JsSchema **schemas;	  /* several, in the order of the value's children */
	DmPattern **patterns; /* in the order of the value's children, or one */
	JsNode **sorted;	  /* values by hash */
	JsNode *beside;		  /* value of a sibling keyword: properties, then, ... */
	JsKeyword *matching;  /* patternProperties beside additionalProperties */
	JsSchema *then;
	JsSchema *otherwise;
	char *anchor; /* what $dynamicRef looks for in other resources, if anything */
	int64 count;
	int64 most;
	int types;
	bool exclusive;
};

struct JsSchema
{
	JsNode *node;
	JsResource *resource;
	bool boolean;	  /* the whole schema is true or false: */
	bool answer;	  /* that one */
	bool shared;	  /* a reference leads here */
	bool unevaluated; /* asks for marks */
	int nkeywords;
	JsKeyword *keywords;
};

/* A failed keyword.  Its message is made when somebody wants to read it. */
struct JsFailure
{
	JsKeyword *keyword; /* NULL: a schema "false", or only a group of causes */
	JsSchema *schema;	/* that is false */
	JsNode *node;
	JsNode *child; /* of the instance or of the keyword's value, as the keyword has it */
	int64 number;
	List *causes; /* of subschemas */
	bool told;
};

/* keywords.c: the table of them, in the order in which they are checked */
extern const JsKeywordDef dm_js_keywords[];
extern const int dm_js_nkeywords;

/* compile.c */
struct DmJsonSchema
{
	MemoryContext context;
	JsSchema *root;
	bool dynamic;	  /* a reference depends on the way to it */
	bool unevaluated; /* some schema asks for marks */
	struct js_names_hash *names;
};

/* The schema that the node is, compiled now or earlier; NULL with a finding if it is none. */
extern JsSchema *dm_js_compile_schema(JsCompile *compile, JsNode *node);
/* The schema that a reference within the owner names. */
extern JsSchema *dm_js_compile_reference(JsCompile *compile, JsSchema *owner, JsNode *reference,
										 char **dynamic_anchor);
extern void dm_js_compile_dynamic(JsCompile *compile);
/* Says what is wrong with a schema and returns false. */
extern bool dm_js_complain(JsCompile *compile, JsNode *node, const char *fmt, ...)
	pg_attribute_printf(3, 4);
/* The keyword of a schema that is compiled already, or NULL */
extern JsKeyword *dm_js_sibling(JsSchema *schema, const char *name);
/* The schema in the resource that has the $dynamicAnchor, or NULL; made at compile time. */
extern JsSchema *dm_js_dynamic_target(DmJsonSchema *set, JsResource *resource, const char *anchor);

/* run.c */
extern bool dm_js_evaluate(JsRun *run, JsSchema *schema, JsNode *node, JsMarks *marks,
						   List **failures);
/* Whether the key of a member has the pattern in it; counts as steps of the run. */
extern bool dm_js_search(JsRun *run, DmPattern *pattern, JsNode *member);
/* Whether the schema takes a value, formats included; false also where that cannot be told. */
extern bool dm_js_takes(JsSchema *schema, JsNode *node);
extern bool dm_js_fail(JsKeyword *keyword, JsNode *node, JsNode *child, int64 number,
					   List *causes, List **failures);
/* What $dynamicRef and $recursiveRef name in the outermost resource on the way that has it. */
extern JsSchema *dm_js_dynamic_scope(JsRun *run, JsKeyword *keyword);
extern JsSchema *dm_js_recursive_scope(JsRun *run, JsKeyword *keyword);
/* whether "format" is an assertion */
extern bool dm_js_formats(JsRun *run);
extern JsMarks *dm_js_marks_new(JsNode *node);
extern void dm_js_mark(JsMarks *marks, int index);
extern bool dm_js_marked(JsMarks *marks, int index);
extern void dm_js_marks_merge(JsMarks *into, JsMarks *from);

#endif /* DM_JSONSCHEMA_KEYWORD_H */
