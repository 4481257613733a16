/*
 * schema_run.c
 *		Checking a document with a compiled schema.
 *
 * One walk over the document.  Whoever applies a schema in place gets back, together with the
 * verdict, which members and elements it has looked at, so nothing is walked again for the sake of
 * unevaluated...; and what a schema that references lead to says of a value is kept, since
 * references can multiply (anyOf of two references to a schema that is an anyOf of two ...).
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/errors.h"
#include "base/finding.h"
#include "jsonschema/keyword.h"

/* What a document of n values may cost: honest schemas need some tens for each. */
#define STEPS_PER_VALUE 10000
#define STEPS_AT_LEAST	1000000
/* Each pattern is searched for in each key, with no index: a hundred patterns are many. */
#define STEPS_PER_SEARCH 50

/* A finding takes more memory than the value that it is about. */
#define MOST_FINDINGS 10000

/* resources on the way to the schema at hand, innermost first */
typedef struct JsScope
{
	JsResource *resource;
	struct JsScope *outer;
} JsScope;

typedef struct JsMemoKey
{
	JsSchema *schema;
	JsNode *node;
} JsMemoKey;

typedef struct JsMemo
{
	JsMemoKey key;
	char status;
	bool active; /* being found out */
	bool valid;
	JsMarks *marks;
	List *failures;
} JsMemo;

static inline uint32
hash_memo_key(JsMemoKey key)
{
	return hash_combine(murmurhash32((uint32) ((uintptr_t) key.schema >> 3)),
						murmurhash32((uint32) ((uintptr_t) key.node >> 3)));
}

#define SH_PREFIX			 js_memos
#define SH_ELEMENT_TYPE		 JsMemo
#define SH_KEY_TYPE			 JsMemoKey
#define SH_KEY				 key
#define SH_HASH_KEY(tb, key) hash_memo_key(key)
#define SH_EQUAL(tb, a, b)	 ((a).schema == (b).schema && (a).node == (b).node)
#define SH_SCOPE			 static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct JsRun
{
	DmJsonSchema *set;
	bool formats;
	JsScope *scope;
	js_memos_hash *memos;
	int64 steps;
	int64 most_steps;
};

bool
dm_js_formats(JsRun *run)
{
	return run->formats;
}

JsMarks *
dm_js_marks_new(JsNode *node)
{
	int count = node->type == JS_ARRAY || node->type == JS_OBJECT ? node->count : 0;
	int nwords = (count + 63) / 64;
	JsMarks *marks = palloc0(offsetof(JsMarks, words) + nwords * sizeof(uint64));

	marks->nwords = nwords;
	return marks;
}

void
dm_js_mark(JsMarks *marks, int index)
{
	if (marks != NULL)
		marks->words[index / 64] |= UINT64CONST(1) << (index % 64);
}

bool
dm_js_marked(JsMarks *marks, int index)
{
	return (marks->words[index / 64] & (UINT64CONST(1) << (index % 64))) != 0;
}

void
dm_js_marks_merge(JsMarks *into, JsMarks *from)
{
	if (into != NULL && from != NULL)
		for (int i = 0; i < into->nwords; i++)
			into->words[i] |= from->words[i];
}

bool
dm_js_fail(JsKeyword *keyword, JsNode *node, JsNode *child, int64 number, List *causes,
		   List **failures)
{
	if (failures != NULL)
	{
		JsFailure *failure = palloc0_object(JsFailure);

		failure->keyword = keyword;
		failure->node = node;
		failure->child = child;
		failure->number = number;
		failure->causes = causes;
		*failures = lappend(*failures, failure);
	}
	return false;
}

/* A schema "false". */
static bool
fail_schema(JsSchema *schema, JsNode *node, List **failures)
{
	(void) dm_js_fail(NULL, node, NULL, 0, NIL, failures);
	if (failures != NULL)
		((JsFailure *) llast(*failures))->schema = schema;
	return false;
}

static bool
evaluate_keywords(JsRun *run, JsSchema *schema, JsNode *node, JsMarks *marks, List **failures)
{
	JsMarks *own = marks;
	bool valid = true;

	/* what other schemas of the same value have looked at does not count for this one */
	if (schema->unevaluated && (node->type == JS_ARRAY || node->type == JS_OBJECT))
		own = dm_js_marks_new(node);
	for (int i = 0; i < schema->nkeywords && (valid || failures != NULL); i++)
	{
		JsKeyword *keyword = &schema->keywords[i];

		if ((keyword->def->types & node->type) != 0 &&
			!keyword->def->check(run, keyword, node, own, failures))
			valid = false;
	}
	if (own != marks)
		dm_js_marks_merge(marks, own);
	return valid;
}

static void
endless(JsSchema *schema)
{
	ereport(ERROR,
			(errcode(ERRCODE_DM_DOCUMENT),
			 errmsg("the schema refers to itself without end"),
			 errdetail("The schema at \"%s\" applies itself to the same value.",
					   dm_js_pointer(schema->node))));
}

/* A schema that references lead to: asked once for each value. */
static bool
evaluate_shared(JsRun *run, JsSchema *schema, JsNode *node, JsMarks *marks, List **failures)
{
	JsMemoKey key = { schema, node };
	bool found;
	JsMemo *memo = js_memos_insert(run->memos, key, &found);
	List *causes = NIL;
	JsMarks *own;
	bool valid;

	if (found && memo->active)
		endless(schema);
	/* with $dynamicRef, the answer can depend on the way here */
	if (!found || run->set->dynamic)
	{
		memo->active = true;
		own = run->set->unevaluated ? dm_js_marks_new(node) : NULL;
		valid = evaluate_keywords(run, schema, node, own, &causes);
		/* the table may have grown meanwhile */
		memo = js_memos_lookup(run->memos, key);
		memo->active = false;
		memo->valid = valid;
		memo->marks = own;
		memo->failures = causes;
	}
	dm_js_marks_merge(marks, memo->marks);
	if (!memo->valid)
		(void) dm_js_fail(NULL, node, NULL, 0, memo->failures, failures);
	return memo->valid;
}

static void
too_expensive(JsRun *run)
{
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("the JSON schema is too expensive"),
			 errdetail("Checking the document takes more than " INT64_FORMAT " steps.",
					   run->most_steps)));
}

/* A document that takes too many is refused, however many values it has. */
static inline void
count_steps(JsRun *run, int steps)
{
	run->steps += steps;
	if (run->steps > run->most_steps)
		too_expensive(run);
}

bool
dm_js_search(JsRun *run, DmPattern *pattern, JsNode *member)
{
	CHECK_FOR_INTERRUPTS();
	count_steps(run, STEPS_PER_SEARCH);
	return dm_pattern_search(pattern, member->key, member->keylen);
}

bool
dm_js_evaluate(JsRun *run, JsSchema *schema, JsNode *node, JsMarks *marks, List **failures)
{
	JsScope scope = { schema->resource, run->scope };
	bool entered = schema->resource != NULL && schema->resource != run->scope->resource;
	bool valid;

	if (schema->boolean)
		return schema->answer || fail_schema(schema, node, failures);

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	count_steps(run, 1);
	if (entered)
		run->scope = &scope;
	if (schema->shared)
		valid = evaluate_shared(run, schema, node, marks, failures);
	else
		valid = evaluate_keywords(run, schema, node, marks, failures);
	if (entered)
		run->scope = scope.outer;
	return valid;
}

bool
dm_js_takes(JsSchema *schema, JsNode *node)
{
	JsScope outermost = { 0 };
	JsRun run = { 0 };
	bool result;

	if (schema->boolean)
		return schema->answer;
	/* what a dynamic reference names is not known out of its place */
	if (schema->resource->set->dynamic)
		return false;
	run.set = schema->resource->set;
	run.formats = true;
	run.scope = &outermost;
	run.memos = js_memos_create(CurrentMemoryContext, 16, NULL);
	run.most_steps = STEPS_AT_LEAST;
	result = dm_js_evaluate(&run, schema, node, NULL, NULL);
	js_memos_destroy(run.memos);
	return result;
}

JsSchema *
dm_js_dynamic_scope(JsRun *run, JsKeyword *keyword)
{
	JsSchema *result = keyword->schema;

	if (keyword->anchor != NULL)
		for (JsScope *scope = run->scope; scope->resource != NULL; scope = scope->outer)
		{
			JsSchema *target = dm_js_dynamic_target(run->set, scope->resource, keyword->anchor);

			if (target != NULL)
				result = target;
		}
	return result;
}

JsSchema *
dm_js_recursive_scope(JsRun *run, JsKeyword *keyword)
{
	JsSchema *result = keyword->schema;

	if (result->resource->recursive_anchor)
		for (JsScope *scope = run->scope; scope->resource != NULL; scope = scope->outer)
			if (scope->resource->recursive_anchor)
				result = scope->resource->root->schema;
	return result;
}

/* The failures as errors, those within others behind them, each one once; at most so many. */
static List *
tell(List *errors, List *failures, int most)
{
	ListCell *lc;

	check_stack_depth();
	foreach(lc, failures)
	{
		JsFailure *failure = lfirst(lc);
		DmSchemaError *error;

		if (list_length(errors) >= most)
			break;
		if (failure->told)
			continue;
		failure->told = true;
		if (failure->keyword != NULL || failure->schema != NULL)
		{
			JsKeyword *keyword = failure->keyword;
			JsNode *at = failure->node;

			error = palloc_object(DmSchemaError);
			/* an element that there should not be has a place of its own */
			if (keyword != NULL && failure->child != NULL && failure->child->parent == at)
				at = failure->child;
			error->pointer = dm_js_pointer(at);
			error->keyword = keyword == NULL ? "false" : keyword->def->name;
			error->schema_pointer = dm_js_pointer(keyword == NULL ? failure->schema->node :
																	keyword->node);
			error->message = keyword == NULL || keyword->def->say == NULL ?
								 pstrdup("must not be there") :
								 keyword->def->say(keyword, failure);
			errors = lappend(errors, error);
		}
		errors = tell(errors, failure->causes, most);
	}
	return errors;
}

List *
dm_json_schema_errors(DmJsonSchema *schema, Jsonb *document, bool formats, int most)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "datamesh JSON schema check",
												  ALLOCSET_DEFAULT_SIZES);
	JsScope outermost = { 0 };
	JsRun run = { schema, formats, &outermost };
	List *failures = NIL;
	List *errors = NIL;
	JsNode *root;

	MemoryContextSwitchTo(context);
	root = dm_js_tree(document);
	run.memos = js_memos_create(context, 256, NULL);
	run.most_steps = STEPS_AT_LEAST + STEPS_PER_VALUE * dm_js_size(root);
	if (!dm_js_evaluate(&run, schema->root, root, NULL, &failures))
	{
		MemoryContextSwitchTo(caller);
		errors = tell(NIL, failures, most);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return errors;
}

void
dm_json_schema_check(DmJsonSchema *schema, Jsonb *document, List **findings)
{
	List *errors = dm_json_schema_errors(schema, document, true, MOST_FINDINGS + 1);
	ListCell *lc;

	foreach(lc, errors)
	{
		DmSchemaError *error = lfirst(lc);

		if (foreach_current_index(lc) == MOST_FINDINGS)
		{
			dm_finding_add(findings, "schema", DM_ERROR, "",
						   "there are more mistakes than the %d listed", MOST_FINDINGS);
			break;
		}

		dm_finding_add(findings, "schema", DM_ERROR, error->pointer, "%s: %s", error->keyword,
					   error->message);
	}
}
