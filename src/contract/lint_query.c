/*
 * lint_query.c
 *		Whether the query of a quality rule is a single one that only reads.
 *
 * Only the grammar is asked.  The query is not analysed and never executed here:
 * its tables need not exist yet.
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "nodes/nodeFuncs.h"
#include "parser/parser.h"

#include "base/strings.h"
#include "contract/lint_part.h"

/* {object}, {property} of the standard; ${table} and others of real contracts */
static const char *const placeholders[] = { "object", "property", "model", "table",
											"schema", "column", "field" };

static bool
is_placeholder(const char *word)
{
	for (int i = 0; i < lengthof(placeholders); i++)
		if (pg_strcasecmp(word, placeholders[i]) == 0)
			return true;
	return false;
}

/* the word of "{word}" at the place, NULL if there is none */
static char *
braced_word(const char *s)
{
	const char *end;

	if (*s != '{')
		return NULL;
	for (end = s + 1; isalnum((unsigned char) *end) || *end == '_'; end++)
		;
	return *end == '}' && end > s + 1 ? pnstrdup(s + 1, end - s - 1) : NULL;
}

/*
 * The query with an identifier for each placeholder.  "${word}" is nothing
 * else than a placeholder; "{word}" may be an array in a text and stays if its
 * word is unknown.
 */
static char *
without_placeholders(const char *query, List **unknown)
{
	StringInfoData result;

	initStringInfo(&result);
	while (*query != '\0')
	{
		bool dollar = query[0] == '$' && query[1] == '{';
		char *word = braced_word(query + dollar);

		if (word != NULL && (dollar || is_placeholder(word)))
		{
			if (!is_placeholder(word))
				*unknown = dm_string_append_unique(*unknown, word);
			appendStringInfoString(&result, "dm_placeholder");
			query += strlen(word) + 2 + dollar;
		}
		else
			appendStringInfoChar(&result, *query++);
	}
	return result.data;
}

/* anything in the tree that writes or locks */
static bool
does_more_than_read(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
		case T_MergeStmt:
		case T_IntoClause:
		case T_LockingClause:
			return true;
		default:
			return raw_expression_tree_walker(node, does_more_than_read, context);
	}
}

static char *
parsed_problem(List *statements)
{
	Node *statement;

	if (list_length(statements) != 1)
		return pstrdup(statements == NIL ? "it is empty" : "it is more than one statement");
	statement = linitial_node(RawStmt, statements)->stmt;
	if (!IsA(statement, SelectStmt))
		return pstrdup("it is no SELECT");
	if (does_more_than_read(statement, NULL))
		return pstrdup("it does more than read");
	return NULL;
}

char *
dm_lint_query(const char *query, List **unknown_placeholders)
{
	MemoryContext cxt = CurrentMemoryContext;
	char *text = without_placeholders(query, unknown_placeholders);
	char *volatile problem = NULL;

	/* the raw parser takes no locks and writes nothing, so its errors can be caught plainly */
	PG_TRY();
	{
		problem = parsed_problem(raw_parser(text, RAW_PARSE_DEFAULT));
	}
	PG_CATCH();
	{
		ErrorData *edata;
		int class;

		MemoryContextSwitchTo(cxt);
		edata = CopyErrorData();
		class = ERRCODE_TO_CATEGORY(edata->sqlerrcode);
		if (class != ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR) &&
			class != ERRCODE_DATA_EXCEPTION && class != ERRCODE_PROGRAM_LIMIT_EXCEEDED &&
			class != ERRCODE_FEATURE_NOT_SUPPORTED)
			PG_RE_THROW();
		FlushErrorState();
		problem = edata->message;
	}
	PG_END_TRY();
	return problem;
}
