/*
 * compat.c
 *		Whether data of one JSON schema are data of another one.
 *
 * In general nobody can tell, so this looks for a proof: from all that holds for a value (the
 * facts) each keyword of the target has to follow.  References and allOf add to the facts,
 * alternatives among them are gone through one by one, and a value of an enum is tried.  Without a
 * proof, the keyword is an obstacle.  So "compatible" is certain, and an obstacle can be one that
 * somebody cleverer would not see.  Two patterns or formats follow from each other only if they are
 * the same, and contradictions among the facts are not looked for.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"

#include "jsonschema/implied.h"

#define MAX_STEPS 200000

/* A question; the facts are a set, of which 64 bits are enough to know it again. */
typedef struct JsQuestion
{
	JsSchema *target;
	uint64 facts;
} JsQuestion;

typedef struct JsAnswer
{
	JsQuestion question;
	char status;
	bool implied;
} JsAnswer;

static inline uint64
hash_pointer(const void *pointer)
{
	return hash_bytes_extended((const unsigned char *) &pointer, sizeof(pointer), 0);
}

#define SH_PREFIX			 js_answers
#define SH_ELEMENT_TYPE		 JsAnswer
#define SH_KEY_TYPE			 JsQuestion
#define SH_KEY				 question
#define SH_HASH_KEY(tb, key) ((uint32) (hash_pointer((key).target) ^ (key).facts))
#define SH_EQUAL(tb, a, b)	 ((a).target == (b).target && (a).facts == (b).facts)
#define SH_SCOPE			 static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

bool
dm_js_obstacle(JsCompare *compare, JsNode *node, const char *kind)
{
	JsObstacle *obstacle;

	if (compare->silent == 0)
	{
		obstacle = palloc_object(JsObstacle);
		obstacle->pointer = dm_js_pointer(node);
		obstacle->kind = kind;
		compare->obstacles = lappend(compare->obstacles, obstacle);
	}
	return false;
}

bool
dm_js_implied_silently(JsCompare *compare, List *facts, JsSchema *target)
{
	bool result;

	compare->silent++;
	result = dm_js_implied(compare, facts, target);
	compare->silent--;
	return result;
}

/* Whether what a reference names depends on the way to it. */
static bool
is_dynamic(JsKeyword *keyword)
{
	if (strcmp(keyword->def->name, "$recursiveRef") == 0)
		return keyword->schema->boolean || keyword->schema->resource->recursive_anchor;
	return keyword->anchor != NULL;
}

/* All that holds where the schemas do: they, what they refer to, the members of allOf. */
static List *
expand(List *facts)
{
	List *result = NIL;
	List *todo = list_copy(facts);

	while (todo != NIL)
	{
		JsSchema *schema = linitial(todo);

		CHECK_FOR_INTERRUPTS();
		todo = list_delete_first(todo);
		if (list_member_ptr(result, schema))
			continue;
		result = lappend(result, schema);
		for (int i = 0; i < schema->nkeywords; i++)
		{
			JsKeyword *keyword = &schema->keywords[i];

			if (keyword->def->name[0] == '$' && !is_dynamic(keyword))
				todo = lappend(todo, keyword->schema);
			else if (strcmp(keyword->def->name, "allOf") == 0)
				for (int j = 0; j < keyword->node->count; j++)
					todo = lappend(todo, keyword->schemas[j]);
		}
	}
	return result;
}

bool
dm_js_impossible(List *facts)
{
	ListCell *lc;

	foreach(lc, facts)
	{
		JsSchema *schema = lfirst(lc);

		if (schema->boolean && !schema->answer)
			return true;
	}
	return false;
}

static int
types_of_values(JsKeyword *keyword)
{
	bool many = keyword->sorted != NULL;
	int types = 0;

	for (int i = 0; i < (many ? keyword->node->count : 1); i++)
	{
		JsNode *value = many ? keyword->sorted[i] : keyword->node;

		types |= dm_js_is_integer(value) ? JS_INTEGER : value->type;
	}
	return types;
}

int
dm_js_fact_types(List *facts)
{
	int types = JS_ALL_TYPES;
	ListCell *lc;

	foreach(lc, facts)
	{
		JsKeyword *type = dm_js_sibling(lfirst(lc), "type");
		JsKeyword *values = dm_js_sibling(lfirst(lc), "enum");

		if (values == NULL)
			values = dm_js_sibling(lfirst(lc), "const");
		if (type != NULL)
			types &= (type->types & JS_NUMBER) != 0 ? type->types | JS_INTEGER : type->types;
		/* a type that no value has is a contradiction, and those are not looked for */
		if (values != NULL && (types & types_of_values(values)) != 0)
			types &= types_of_values(values);
	}
	return types;
}

/* Whether one of finitely many values is left, each of which the target takes. */
static bool
values_are_taken(List *facts, JsSchema *target, bool *finite)
{
	ListCell *lc;

	*finite = false;
	foreach(lc, facts)
	{
		JsKeyword *values = dm_js_sibling(lfirst(lc), "enum");
		bool many = values != NULL;
		bool taken = true;

		if (values == NULL)
			values = dm_js_sibling(lfirst(lc), "const");
		if (values == NULL)
			continue;
		*finite = true;
		for (int i = 0; i < (many ? values->node->count : 1) && taken; i++)
			taken = dm_js_takes(target, many ? values->sorted[i] : values->node);
		if (taken)
			return true;
	}
	return false;
}

static bool
any_of_implied(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	for (int i = 0; i < keyword->node->count; i++)
		if (dm_js_implied_silently(compare, facts, keyword->schemas[i]))
			return true;
	return dm_js_obstacle(compare, keyword->node, keyword->def->name);
}

/* Whether both schemas say the same. */
static bool
equivalent(JsCompare *compare, JsSchema *a, JsSchema *b)
{
	return dm_js_implied_silently(compare, list_make1(a), b) &&
		   dm_js_implied_silently(compare, list_make1(b), a);
}

/* Whether each alternative of one oneOf says what another one of the other says. */
static bool
same_alternatives(JsCompare *compare, JsKeyword *one, JsKeyword *other)
{
	List *taken = NIL;

	if (one->node->count != other->node->count)
		return false;
	for (int i = 0; i < one->node->count; i++)
	{
		int found = -1;

		for (int j = 0; j < other->node->count && found < 0; j++)
			if (!list_member_int(taken, j) &&
				equivalent(compare, one->schemas[i], other->schemas[j]))
				found = j;
		if (found < 0)
			return false;
		taken = lappend_int(taken, found);
	}
	return true;
}

/* One alternative follows, and the types of the value exclude the others. */
static bool
only_one_follows(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	int follows = 0;

	for (int i = 0; i < keyword->node->count; i++)
	{
		List *both = expand(lappend(list_copy(facts), keyword->schemas[i]));

		if (dm_js_implied_silently(compare, facts, keyword->schemas[i]))
			follows++;
		else if (dm_js_fact_types(both) != 0)
			return false;
	}
	return follows == 1;
}

static bool
one_of_implied(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	ListCell *lc;

	foreach(lc, facts)
	{
		JsKeyword *fact = dm_js_sibling(lfirst(lc), "oneOf");

		if (fact != NULL && same_alternatives(compare, fact, keyword))
			return true;
	}
	return only_one_follows(compare, facts, keyword) ||
		   dm_js_obstacle(compare, keyword->node, keyword->def->name);
}

static bool
not_implied(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	List *excluded = expand(list_make1(keyword->schema));
	ListCell *lc;

	if ((dm_js_fact_types(facts) & dm_js_fact_types(excluded)) == 0)
		return true;
	foreach(lc, facts)
	{
		JsKeyword *fact = dm_js_sibling(lfirst(lc), "not");

		if (fact != NULL && dm_js_implied_silently(compare, excluded, fact->schema))
			return true;
	}
	return dm_js_obstacle(compare, keyword->node, keyword->def->name);
}

/* A branch of "if" follows from the facts and the same branch of a fact's. */
static bool
branch_implied(JsCompare *compare, List *facts, JsSchema *fact, JsSchema *branch)
{
	if (branch == NULL)
		return true;
	return dm_js_implied(compare, fact == NULL ? facts : lappend(list_copy(facts), fact), branch);
}

static bool
if_implied(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	ListCell *lc;
	bool implied;

	foreach(lc, facts)
	{
		JsKeyword *fact = dm_js_sibling(lfirst(lc), "if");

		if (fact == NULL || !equivalent(compare, fact->schema, keyword->schema))
			continue;
		implied = branch_implied(compare, facts, fact->then, keyword->then);
		return branch_implied(compare, facts, fact->otherwise, keyword->otherwise) && implied;
	}
	compare->silent++;
	implied = branch_implied(compare, facts, NULL, keyword->then) &&
			  branch_implied(compare, facts, NULL, keyword->otherwise);
	compare->silent--;
	return implied || dm_js_obstacle(compare, keyword->node, keyword->def->name);
}

static bool
all_of_implied(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	bool implied = true;

	for (int i = 0; i < keyword->node->count; i++)
		implied &= dm_js_implied(compare, facts, keyword->schemas[i]);
	return implied;
}

/* Equal schemas say the same only if what they refer to does. */
static bool
has_reference(JsNode *node)
{
	check_stack_depth();
	if (node->type != JS_OBJECT && node->type != JS_ARRAY)
		return false;
	for (int i = 0; i < node->count; i++)
	{
		JsNode *child = &node->value.children[i];

		if ((child->keylen > 0 && child->key[0] == '$') || has_reference(child))
			return true;
	}
	return false;
}

static bool
unevaluated_implied(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	ListCell *lc;

	/* what is evaluated depends on everything else in the schema, so that has to be the same */
	foreach(lc, facts)
	{
		JsSchema *fact = lfirst(lc);

		if (dm_js_equal(fact->node, keyword->owner->node) && !has_reference(fact->node))
			return true;
	}
	return (keyword->schema->boolean && keyword->schema->answer) ||
		   dm_js_obstacle(compare, keyword->node, keyword->def->name);
}

static bool
keyword_implied(JsCompare *compare, List *facts, JsKeyword *keyword)
{
	const char *name = keyword->def->name;
	int types = keyword->def->types;
	bool known = true;
	bool implied;

	if ((types & JS_NUMBER) != 0)
		types |= JS_INTEGER;
	if ((types & dm_js_fact_types(facts)) == 0)
		return true;
	if (name[0] == '$' && is_dynamic(keyword))
		return dm_js_obstacle(compare, keyword->node, name);
	if (name[0] == '$')
		return dm_js_implied(compare, facts, keyword->schema);
	if (strcmp(name, "allOf") == 0)
		return all_of_implied(compare, facts, keyword);
	if (strcmp(name, "anyOf") == 0)
		return any_of_implied(compare, facts, keyword);
	if (strcmp(name, "oneOf") == 0)
		return one_of_implied(compare, facts, keyword);
	if (strcmp(name, "not") == 0)
		return not_implied(compare, facts, keyword);
	if (strcmp(name, "if") == 0)
		return if_implied(compare, facts, keyword);
	if (strncmp(name, "unevaluated", 11) == 0)
		return unevaluated_implied(compare, facts, keyword);
	implied = dm_js_implied_value(compare, facts, keyword, &known);
	if (!known)
		implied = dm_js_implied_object(compare, facts, keyword, &known);
	/* items and their like are taken together */
	return !known || implied;
}

static bool
keywords_implied(JsCompare *compare, List *facts, JsSchema *target)
{
	bool implied = true;

	for (int i = 0; i < target->nkeywords; i++)
		implied &= keyword_implied(compare, facts, &target->keywords[i]);
	implied &= dm_js_implied_annotation(compare, facts, target);
	if ((dm_js_fact_types(facts) & JS_ARRAY) != 0)
		implied &= dm_js_implied_array(compare, facts, target);
	return implied;
}

/* The first alternatives among the facts that have not been gone into. */
static JsKeyword *
open_alternatives(List *facts)
{
	ListCell *lc;

	foreach(lc, facts)
	{
		JsKeyword *keyword = dm_js_sibling(lfirst(lc), "anyOf");
		bool open = true;

		if (keyword == NULL)
			keyword = dm_js_sibling(lfirst(lc), "oneOf");
		for (int i = 0; keyword != NULL && i < keyword->node->count; i++)
			if (list_member_ptr(facts, keyword->schemas[i]))
				open = false;
		if (keyword != NULL && open)
			return keyword;
	}
	return NULL;
}

/* Whether the target follows whichever alternative holds. */
static bool
alternatives_imply(JsCompare *compare, List *facts, JsSchema *target)
{
	JsKeyword *keyword = open_alternatives(facts);

	if (keyword == NULL)
		return false;
	for (int i = 0; i < keyword->node->count; i++)
	{
		List *with = lappend(list_copy(facts), keyword->schemas[i]);

		if (!dm_js_implied_silently(compare, with, target))
			return false;
	}
	return true;
}

/* Whether that is just being found out: then it may be relied on. */
static bool
is_assumed(JsCompare *compare, JsQuestion question)
{
	ListCell *lc;

	foreach(lc, compare->assumed)
	{
		JsQuestion *assumed = lfirst(lc);

		if (assumed->target == question.target && assumed->facts == question.facts)
		{
			compare->lowest = Min(compare->lowest, foreach_current_index(lc));
			return true;
		}
	}
	return false;
}

static bool
find_out(JsCompare *compare, List *facts, JsSchema *target)
{
	int noted = list_length(compare->obstacles);
	bool finite;

	if (values_are_taken(facts, target, &finite))
		return true;
	if (keywords_implied(compare, facts, target))
		return true;
	if (!alternatives_imply(compare, facts, target))
	{
		/* the values of an enum tell more than keywords, but not where */
		if (finite && list_length(compare->obstacles) == noted)
			return dm_js_obstacle(compare, target->node, "enum");
		return false;
	}
	compare->obstacles = list_truncate(compare->obstacles, noted);
	return true;
}

/*
 * Finds out and remembers.  An answer "yes" that relies on an assumption further out holds only as
 * long as that one does; a "no" holds in any case, since assumptions are all in favour.
 */
static bool
answer(JsCompare *compare, List *facts, JsQuestion question)
{
	int depth = list_length(compare->assumed);
	int lowest = compare->lowest;
	bool implied;
	bool found;

	compare->lowest = PG_INT32_MAX;
	compare->assumed = lappend(compare->assumed, &question);
	implied = find_out(compare, facts, question.target);
	compare->assumed = list_delete_last(compare->assumed);
	if (!implied || compare->lowest >= depth)
		js_answers_insert(compare->answers, question, &found)->implied = implied;
	compare->lowest = Min(lowest, compare->lowest >= depth ? PG_INT32_MAX : compare->lowest);
	return implied;
}

bool
dm_js_implied(JsCompare *compare, List *facts, JsSchema *target)
{
	JsQuestion question = { target, 0 };
	JsAnswer *known;
	ListCell *lc;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (++compare->steps > MAX_STEPS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the JSON schemas are too expensive to compare"),
				 errdetail("It takes more than %d steps.", MAX_STEPS)));
	facts = expand(facts);
	if (dm_js_impossible(facts) || (target->boolean && target->answer) ||
		list_member_ptr(facts, target))
		return true;
	if (target->boolean)
		return dm_js_obstacle(compare, target->node, "false");

	foreach(lc, facts)
		question.facts += hash_pointer(lfirst(lc));
	known = js_answers_lookup(compare->answers, question);
	/* who wants to know why not has to go there again */
	if (known != NULL && (known->implied || compare->silent > 0))
		return known->implied;
	return is_assumed(compare, question) || answer(compare, facts, question);
}

List *
dm_js_obstacles(DmJsonSchema *from, DmJsonSchema *to)
{
	JsCompare compare = { 0 };

	/* references of equal documents lead to the same places */
	if (dm_js_equal(from->root->node, to->root->node))
		return NIL;
	compare.lowest = PG_INT32_MAX;
	compare.answers = js_answers_create(CurrentMemoryContext, 256, NULL);
	(void) dm_js_implied(&compare, list_make1(from->root), to->root);
	return compare.obstacles;
}
