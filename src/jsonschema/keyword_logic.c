/*
 * keyword_logic.c
 *		References and combinations: several schemas for one value.
 *
 * Members and elements that a subschema has looked at count as evaluated only if the subschema
 * holds, so an alternative gets marks of its own.
 */
#include "postgres.h"

#include "jsonschema/keywords.h"

bool
dm_js_compile_ref(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	keyword->schema = dm_js_compile_reference(compile, schema, keyword->node, NULL);
	return keyword->schema != NULL;
}

bool
dm_js_check_ref(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	return dm_js_evaluate(run, keyword->schema, node, marks, failures);
}

bool
dm_js_compile_dynamic_ref(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	keyword->schema = dm_js_compile_reference(compile, schema, keyword->node, &keyword->anchor);
	dm_js_compile_dynamic(compile);
	return keyword->schema != NULL;
}

bool
dm_js_check_dynamic_ref(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
						List **failures)
{
	return dm_js_evaluate(run, dm_js_dynamic_scope(run, keyword), node, marks, failures);
}

bool
dm_js_compile_recursive_ref(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	keyword->schema = dm_js_compile_reference(compile, schema, keyword->node, NULL);
	dm_js_compile_dynamic(compile);
	return keyword->schema != NULL;
}

bool
dm_js_check_recursive_ref(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks,
						  List **failures)
{
	return dm_js_evaluate(run, dm_js_recursive_scope(run, keyword), node, marks, failures);
}

bool
dm_js_check_all_of(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	bool valid = true;

	for (int i = 0; i < keyword->node->count && (valid || failures != NULL); i++)
		valid &= dm_js_evaluate(run, keyword->schemas[i], node, marks, failures);
	return valid;
}

/* Marks for a subschema that may turn out not to hold, where anybody wants marks. */
static JsMarks *
marks_for_attempt(JsMarks *marks, JsNode *node)
{
	return marks == NULL ? NULL : dm_js_marks_new(node);
}

/* Whether a failed alternative was not even meant: the value itself is something else. */
static bool
fails_at_once(List *causes, JsNode *node)
{
	ListCell *lc;

	foreach(lc, causes)
	{
		JsFailure *cause = lfirst(lc);

		if (cause->keyword == NULL)
		{
			if (cause->schema != NULL || fails_at_once(cause->causes, node))
				return true;
		}
		else if (cause->node == node && (strcmp(cause->keyword->def->name, "type") == 0 ||
										 strcmp(cause->keyword->def->name, "const") == 0 ||
										 strcmp(cause->keyword->def->name, "enum") == 0))
			return true;
	}
	return false;
}

/*
 * The alternatives one by one; how many hold.  Where none does, *causes is what is wrong with the
 * one that was most likely meant: the only one that is not about another type of value, or one
 * with fewest errors.
 */
static int
try_alternatives(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **causes,
				 bool enough)
{
	int held = 0;
	bool best_at_once = true;
	JsMarks *best_marks = NULL;

	for (int i = 0; i < keyword->node->count && !(enough && held > 0 && marks == NULL); i++)
	{
		List *failures = NIL;
		JsMarks *attempt = marks_for_attempt(marks, node);

		if (dm_js_evaluate(run, keyword->schemas[i], node, attempt,
						   causes == NULL ? NULL : &failures))
		{
			held++;
			dm_js_marks_merge(marks, attempt);
		}
		else if (causes != NULL)
		{
			bool at_once = fails_at_once(failures, node);

			if (*causes == NIL || (best_at_once && !at_once) ||
				(best_at_once == at_once && list_length(failures) < list_length(*causes)))
			{
				*causes = failures;
				best_at_once = at_once;
				best_marks = attempt;
			}
		}
	}
	/* else unevaluatedProperties would complain of what the alternative allows */
	if (held == 0)
		dm_js_marks_merge(marks, best_marks);
	return held;
}

bool
dm_js_check_any_of(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	List *causes = NIL;
	List **wanted = failures == NULL ? NULL : &causes;

	return try_alternatives(run, keyword, node, marks, wanted, true) > 0 ||
		   dm_js_fail(keyword, node, NULL, 0, causes, failures);
}

char *
dm_js_say_any_of(JsKeyword *keyword, JsFailure *failure)
{
	if (keyword->node->count == 1)
		return pstrdup("is not what the schema asks for");
	return psprintf("is none of %d alternatives", keyword->node->count);
}

bool
dm_js_check_one_of(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	List *causes = NIL;
	List **wanted = failures == NULL ? NULL : &causes;
	int held = try_alternatives(run, keyword, node, marks, wanted, false);

	return held == 1 || dm_js_fail(keyword, node, NULL, held, held == 0 ? causes : NIL, failures);
}

char *
dm_js_say_one_of(JsKeyword *keyword, JsFailure *failure)
{
	if (failure->number == 0)
		return dm_js_say_any_of(keyword, failure);
	return psprintf("is " INT64_FORMAT " of %d alternatives at once, and must be one",
					failure->number, keyword->node->count);
}

bool
dm_js_check_not(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	return !dm_js_evaluate(run, keyword->schema, node, NULL, NULL) ||
		   dm_js_fail(keyword, node, NULL, 0, NIL, failures);
}

char *
dm_js_say_not(JsKeyword *keyword, JsFailure *failure)
{
	return pstrdup("is what the schema excludes");
}

/* "then" and "else" without "if" say nothing, so "if" has them. */
bool
dm_js_compile_if(JsCompile *compile, JsSchema *schema, JsKeyword *keyword)
{
	JsNode *then = dm_js_get(schema->node, "then");
	JsNode *otherwise = dm_js_get(schema->node, "else");

	if (then != NULL)
		keyword->then = dm_js_compile_schema(compile, then);
	if (otherwise != NULL)
		keyword->otherwise = dm_js_compile_schema(compile, otherwise);
	return true;
}

bool
dm_js_check_if(JsRun *run, JsKeyword *keyword, JsNode *node, JsMarks *marks, List **failures)
{
	JsMarks *attempt = marks_for_attempt(marks, node);
	bool condition = dm_js_evaluate(run, keyword->schema, node, attempt, NULL);
	JsSchema *branch = condition ? keyword->then : keyword->otherwise;

	if (condition)
		dm_js_marks_merge(marks, attempt);
	return branch == NULL || dm_js_evaluate(run, branch, node, marks, failures);
}
