/*
 * sqlrule.c
 *		Rules that are a query: one SELECT that gives one value.
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "portability/instr_time.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "base/attempt.h"
#include "base/sqlname.h"
#include "base/words.h"
#include "classify/label.h"
#include "compat/pg_compat.h"
#include "contract/lint.h"
#include "contract/lint_part.h"
#include "quality/rowexpr.h"
#include "quality/sqlrule.h"

int dm_rule_timeout = 60000;

/* What a placeholder stands for; NULL for an unknown one. */
static char *
meaning(const DmRule *rule, const char *word, bool qualified)
{
	static const char *const relation[] = { "object", "model", "table" };
	static const char *const column[] = { "property", "column", "field" };

	for (int i = 0; i < lengthof(relation); i++)
		if (pg_strcasecmp(word, relation[i]) == 0)
			return qualified ? pstrdup(quote_identifier(get_rel_name(rule->relid))) :
							   dm_relation_sql(rule->relid);
	if (pg_strcasecmp(word, "schema") == 0)
		return dm_schema_sql(get_rel_namespace(rule->relid));
	for (int i = 0; i < lengthof(column); i++)
		if (pg_strcasecmp(word, column[i]) == 0)
		{
			if (rule->column == NULL)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("placeholder \"%s\" is in the query of a rule that is about no column",
								word)));
			return pstrdup(quote_identifier(rule->column));
		}
	return NULL;
}

/* The length of "{word}" or "${word}" at the place, and its word; 0 if there is none. */
static int
placeholder_at(const char *at, char **word)
{
	const char *begin = at + (at[0] == '$' ? 2 : 1);
	const char *end = begin;

	if (at[0] != '{' && (at[0] != '$' || at[1] != '{'))
		return 0;
	while (isalnum((unsigned char) *end) || *end == '_')
		end++;
	if (*end != '}' || end == begin)
		return 0;
	*word = pnstrdup(begin, end - begin);
	return end + 1 - at;
}

/*
 * The query with what its placeholders stand for.  "{word}" may be an array in a text, and stays
 * where its word is unknown.  Behind a dot (${schema}.${table}) the relation has no schema.
 */
static char *
fill_in(const DmRule *rule, const char *query)
{
	StringInfoData buf;

	initStringInfo(&buf);
	while (*query != '\0')
	{
		char *word = NULL;
		int len = placeholder_at(query, &word);
		char *text = NULL;

		if (len > 0)
			text = meaning(rule, word, buf.len > 0 && buf.data[buf.len - 1] == '.');
		if (text == NULL && len > 0 && *query == '$')
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("there is no placeholder \"${%s}\"", word),
					 errhint("The placeholders are {object} and {property}, and the like: ${table}, ${schema}, ${column}.")));
		if (text != NULL)
			appendStringInfoString(&buf, text);
		else
			appendStringInfoChar(&buf, *query);
		query += text != NULL ? len : 1;
	}
	return buf.data;
}

/* Finds what writes or locks in a query that was analysed, in all parts of it. */
static bool
does_more_than_read(Node *node, void *context)
{
	Query *query = (Query *) node;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, does_more_than_read, context);
	if (query->commandType != CMD_SELECT || query->rowMarks != NIL || query->hasModifyingCTE)
		return true;
	return query_tree_walker(query, does_more_than_read, context, 0);
}

static int
visible_columns(Query *query)
{
	int result = 0;
	ListCell *lc;

	foreach(lc, query->targetList)
		if (!((TargetEntry *) lfirst(lc))->resjunk)
			result++;
	return result;
}

static void
refuse(const char *query, const char *problem, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the query of the rule cannot be used: %s", problem),
			 errdetail("It is \"%s\".", query), hint != NULL ? errhint("%s", hint) : 0));
}

/* The query, analysed in the path that the caller has set, or an error. */
static Query *
analyse(const char *text)
{
	char *problem = dm_lint_query(text, &(List *){ NIL });
	ErrorContextCallback callback = { error_context_stack, dm_point_into_rule,
									  unconstify(char *, text) };
	List *raw;
	Query *query;

	if (problem != NULL)
		refuse(text, problem, "It must be one SELECT.");
	raw = raw_parser(text, RAW_PARSE_DEFAULT);
	error_context_stack = &callback;
	query = parse_analyze_fixedparams(linitial_node(RawStmt, raw), text, NULL, 0, NULL);
	error_context_stack = callback.previous;
	if (does_more_than_read((Node *) query, NULL))
		refuse(text, "it does more than read", NULL);
	if (contain_volatile_functions((Node *) query))
		refuse(text, "it calls a volatile function", "Use stable or immutable functions.");
	if (visible_columns(query) != 1)
		refuse(text, "it does not have one column", "A rule compares one value.");
	return query;
}

static void
set_path(Oid relid)
{
	(void) set_config_option("search_path", dm_rule_search_path(relid), PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

void
dm_sql_rule_check(const DmRule *rule, const char *query)
{
	int save_nestlevel = NewGUCNestLevel();

	set_path(rule->relid);
	(void) analyse(fill_in(rule, query));
	AtEOXact_GUC(false, save_nestlevel);
}

typedef struct Running
{
	const DmRule *rule;
	Oid role;
	DmMeasured *measured;
	bool classified;
} Running;

static bool
is_number(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID || type == NUMERICOID ||
		   type == FLOAT4OID || type == FLOAT8OID;
}

/* Takes the one value over to the caller's memory. */
static void
take_value(DmMeasured *measured)
{
	Oid type = getBaseType(SPI_gettypeid(SPI_tuptable->tupdesc, 1));
	char *text;
	MemoryContext spi;

	if (SPI_processed > 1)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("the query of the rule returned more than one row")));
	text = NULL;
	if (SPI_processed == 1)
		text = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	measured->isnull = text == NULL;
	measured->measured_type = is_number(type) ? NUMERICOID : type;
	if (text == NULL)
		return;
	measured->measured_text = SPI_palloc(strlen(text) + 1);
	strcpy(measured->measured_text, text);
	if (!is_number(type))
		return;
	spi = MemoryContextSwitchTo(GetMemoryChunkContext(measured->measured_text));
	measured->measured = DatumGetNumeric(
		DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
							Int32GetDatum(-1)));
	MemoryContextSwitchTo(spi);
}

static bool
any_tags(Query *query)
{
	ListCell *lc;

	foreach(lc, dm_query_tags(query))
		if (lfirst(lc) != NULL)
			return true;
	return false;
}

/* Rights, settings and the read-only state end with the subtransaction. */
static void
run_query(void *arg)
{
	Running *running = arg;
	Oid userid;
	int sec_context;
	char *text;
	Query *query;

	GetUserIdAndSecContext(&userid, &sec_context);
	SetUserIdAndSecContext(running->role, sec_context | SECURITY_LOCAL_USERID_CHANGE |
											  SECURITY_RESTRICTED_OPERATION);
	(void) NewGUCNestLevel();
	set_path(running->rule->relid);
	/* since 17 it cannot be set for a function; it ends with the subtransaction as well */
	(void) set_config_option("transaction_read_only", "on", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	text = fill_in(running->rule, dm_rule_text(running->rule, "query"));
	query = analyse(text);
	dm_refuse_planted((Node *) query, running->rule->relid, running->role);
	running->classified = any_tags(query);
	if (SPI_execute(text, true, 2) != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute failed: %s", text);
	take_value(running->measured);
	SPI_finish();
}

void
dm_sql_rule_measure(const DmRule *rule, Oid role, DmMeasured *measured, bool *classified)
{
	/* of a query that failed nobody knows what its error tells */
	Running running = { .rule = rule, .role = role, .measured = measured, .classified = true };
	instr_time begin;
	instr_time end;
	ErrorData *error;

	memset(measured, 0, sizeof(DmMeasured));
	INSTR_TIME_SET_CURRENT(begin);
	error = dm_try_out_within(dm_rule_timeout, run_query, &running);
	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_SUBTRACT(end, begin);
	if (error != NULL)
	{
		memset(measured, 0, sizeof(DmMeasured));
		measured->error = true;
		measured->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
		measured->message = error->message;
	}
	measured->ms = INSTR_TIME_GET_MILLISEC(end);
	*classified = running.classified;
}
