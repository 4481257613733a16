/*
 * guard_plan.c
 *		How a rule is kept at the write.
 *
 * Constraints and WHEN conditions run with the rights of whoever writes.  So a condition gets there
 * only if nobody can have put anything into it: it calls functions of the server and of ours alone,
 * on types of the server.  What calls others is measured on the statement's rows, as the table's
 * owner.
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

#include "base/neutral.h"
#include "base/sqlname.h"
#include "catalog/column.h"
#include "compat/pg_compat.h"
#include "quality/columncondition.h"
#include "quality/guard.h"
#include "quality/measure_part.h"
#include "quality/rowexpr.h"

static void
refuse(const DmRule *rule, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("rule \"%s\" cannot be in mode \"%s\"", rule->name, rule->mode),
			 errdetail("%s", detail), errhint("%s", hint)));
}

char *
dm_guard_object_name(const DmRule *rule, const char *suffix)
{
	char *name = psprintf("datamesh_%s%s", rule->name, suffix);
	char *end;

	if (strlen(name) < NAMEDATALEN)
		return name;
	end = psprintf("_" INT64_FORMAT "%s", rule->id, suffix);
	name[pg_mbcliplen(name, strlen(name), NAMEDATALEN - 1 - strlen(end))] = '\0';
	return psprintf("%s%s", name, end);
}

/* Conditions */

static DmConditionColumn
column_of(const DmRule *rule)
{
	DmConditionColumn column;
	AttrNumber attnum = dm_column_find(rule->relid, rule->column);

	column.name = quote_identifier(rule->column);
	column.base = getBaseType(get_atttype(rule->relid, attnum));
	return column;
}

/*
 * Types whose values conditions list as the scan reads them.  To real a bound or a listed value
 * would be one of double precision, which is another number.
 */
static bool
is_listed_type(Oid base)
{
	static const Oid types[] = { INT2OID, INT4OID, INT8OID, NUMERICOID, FLOAT8OID,
								 TEXTOID, VARCHAROID, BPCHAROID, DATEOID, TIMESTAMPOID,
								 TIMESTAMPTZOID, TIMEOID, TIMETZOID, BOOLOID, UUIDOID };

	for (int i = 0; i < lengthof(types); i++)
		if (types[i] == base)
			return true;
	return get_typtype(base) == TYPTYPE_ENUM;
}

static bool
has_nan(Oid base)
{
	return base == FLOAT8OID || base == NUMERICOID;
}

/*
 * The values of a list, NULL for none.  What is no value of the column's type is equal to none;
 * what may be one, and cannot be said here, is a problem.
 */
static char *
values_sql(const DmRule *rule, DmConditionColumn *column, const char *argument,
		   const char **problem)
{
	const char *no_value = NULL;
	List *texts = NIL;
	ListCell *lc;

	foreach(lc, dm_rule_texts(rule, argument))
	{
		char *text = lfirst(lc);

		if (text == NULL)
			continue;
		if (!is_listed_type(column->base) ||
			(has_nan(column->base) && text[strspn(text, "0123456789+-.eE")] != '\0'))
			*problem = psprintf("\"%s\" cannot be listed for a column of type %s", text,
								format_type_be(column->base));
		else
			texts = lappend(texts, text);
	}
	return *problem != NULL ? NULL : dm_condition_in(column, texts, &no_value);
}

/* Missing: NULL, or one of the listed values. */
static char *
missing_sql(const DmRule *rule, DmConditionColumn *column, const char **problem)
{
	char *listed = values_sql(rule, column, "missingValues", problem);

	return listed == NULL ? psprintf("%s IS NULL", column->name) :
							psprintf("(%s IS NULL OR %s)", column->name, listed);
}

static char *
listed_sql(const DmRule *rule, DmConditionColumn *column, const char *argument,
		   const char **problem)
{
	char *listed = values_sql(rule, column, argument, problem);

	return listed != NULL ? listed : psprintf("%s IS NULL", column->name);
}

static char *
invalid_sql(const DmRule *rule, DmConditionColumn *column, const char **problem)
{
	JsonbValue value;
	char *pattern = dm_rule_text(rule, "pattern");
	char *missing = missing_sql(rule, column, problem);
	char *valid = NULL;
	char *matches = NULL;

	if (dm_rule_argument(rule, "validValues", &value))
		valid = listed_sql(rule, column, "validValues", problem);
	if (pattern != NULL)
		matches = dm_condition_pattern(column, pattern, problem);
	if (*problem != NULL)
		return NULL;
	if (valid != NULL && matches != NULL)
		valid = psprintf("%s AND %s", valid, matches);
	else if (valid == NULL)
		valid = matches;
	return valid == NULL ? NULL : psprintf("%s OR (%s)", missing, valid);
}

static char *
pair_sql(const DmRule *rule, DmConditionColumn *column)
{
	const char *other = quote_identifier(dm_rule_text(rule, "other"));
	const char *ignore = dm_rule_word(rule, "ignore");
	char *compared = psprintf("%s %s %s", column->name, dm_rule_word(rule, "operator"), other);

	if (strcmp(ignore, "either") == 0)
		return compared;
	if (strcmp(ignore, "never") == 0)
		return psprintf("(%s) IS TRUE", compared);
	return psprintf("(%s IS NULL AND %s IS NULL) OR (%s) IS TRUE", column->name, other, compared);
}

/* NaN lies within no bounds, and the server has it above all numbers. */
static char *
range_sql(const DmRule *rule, DmConditionColumn *column, const char *operator,
		  const char ** problem)
{
	char *text;

	if (!is_listed_type(column->base))
		return NULL;
	text = dm_condition_bound(column, operator, dm_rule_text(rule, "value"), problem);
	if (text == NULL || operator[0] != '>' || !has_nan(column->base))
		return text;
	return psprintf("%s AND %s <> 'NaN'", text, column->name);
}

/* Bounds of a column, by the name of the metric. */
static char *
bound_sql(const DmRule *rule, DmConditionColumn *column, const char **problem)
{
	static const struct
	{
		const char *metric;
		const char *operator;
		bool length;
	} bounds[] = {
		{ "minimum", ">=", false },
		{ "maximum", "<=", false },
		{ "exclusiveMinimum", ">", false },
		{ "exclusiveMaximum", "<", false },
		{ "minLength", ">=", true },
		{ "maxLength", "<=", true },
	};

	for (int i = 0; i < lengthof(bounds); i++)
		if (strcmp(rule->metric->name, bounds[i].metric) == 0)
			return bounds[i].length ?
					   dm_condition_length(column, bounds[i].operator,(int64) dm_rule_number(rule, "value", 0), problem) :
					   range_sql(rule, column, bounds[i].operator, problem);
	return NULL;
}

/* What a good row is, for the metrics that go by one row; NULL where SQL does not say it. */
static char *
condition_text(const DmRule *rule)
{
	const char *metric = rule->metric->name;
	const char *problem = NULL;
	DmConditionColumn column;
	char *text;

	if (strcmp(metric, "expression") == 0)
	{
		text = psprintf("(%s)", dm_rule_text(rule, "expression"));
		return strcmp(dm_rule_word(rule, "nulls"), "fail") == 0 ? psprintf("%s IS TRUE", text) :
																  text;
	}
	column = column_of(rule);
	if (strcmp(metric, "nullValues") == 0 || strcmp(metric, "required") == 0)
		return psprintf("%s IS NOT NULL", column.name);
	if (strcmp(metric, "missingValues") == 0)
	{
		text = missing_sql(rule, &column, &problem);
		return problem != NULL ? NULL : psprintf("NOT %s", text);
	}
	if (strcmp(metric, "invalidValues") == 0)
		return invalid_sql(rule, &column, &problem);
	if (strcmp(metric, "pattern") == 0)
		return dm_condition_pattern(&column, dm_rule_text(rule, "pattern"), &problem);
	if (strcmp(metric, "enum") == 0)
	{
		text = listed_sql(rule, &column, "values", &problem);
		return problem != NULL ? NULL : text;
	}
	if (strcmp(metric, "notEnum") == 0)
	{
		text = values_sql(rule, &column, "values", &problem);
		if (problem != NULL)
			return NULL;
		return text == NULL ? "true" : psprintf("NOT (%s)", text);
	}
	if (strcmp(metric, "multipleOf") == 0)
		return dm_condition_multiple(&column, dm_rule_text(rule, "value"), &problem);
	if (strcmp(metric, "pair") == 0)
		return pair_sql(rule, &column);
	return bound_sql(rule, &column, &problem);
}

/* Rows that the rule is not about are good.  Without a text only the filter is read. */
static Node *
parse_condition(const DmRule *rule, const char *text, Node **filter)
{
	int save_nestlevel = dm_neutral_settings();
	Node *result = NULL;

	if (text != NULL)
		result = dm_row_expression(rule->relid, text, "the condition");
	*filter = NULL;
	if (rule->filter != NULL)
		*filter = dm_row_expression(rule->relid, rule->filter, "argument \"where\"");
	if (result != NULL && *filter != NULL)
	{
		BooleanTest *test = makeNode(BooleanTest);

		test->arg = copyObject((Expr *) *filter);
		test->booltesttype = IS_NOT_TRUE;
		test->location = -1;
		result = (Node *) makeBoolExpr(OR_EXPR, list_make2(test, result), -1);
	}
	AtEOXact_GUC(false, save_nestlevel);
	return result;
}

char *
dm_guard_condition_sql(Oid relid, Node *condition, const char *alias)
{
	int save_nestlevel = dm_neutral_settings();
	List *context = deparse_context_for(alias != NULL ? alias : get_rel_name(relid), relid);
	char *result = deparse_expression(condition, context, alias != NULL, false);

	AtEOXact_GUC(false, save_nestlevel);
	return result;
}

/* Who may have written what a condition calls */

static bool
type_is_servers(Oid typid)
{
	Oid element;

	if (typid == RECORDOID || typid == RECORDARRAYOID)
		return false;
	if (typid < FirstNormalObjectId || get_typtype(typid) == TYPTYPE_ENUM)
		return true;
	if (get_typtype(typid) == TYPTYPE_DOMAIN)
		return type_is_servers(getBaseType(typid));
	element = get_element_type(typid);
	return OidIsValid(element) && type_is_servers(element);
}

/* Functions of the server that are not volatile, and execute whatever a view has in it. */
static bool
runs_queries(Oid funcid)
{
	static const Oid functions[] = {
		F_TABLE_TO_XML, F_TABLE_TO_XML_AND_XMLSCHEMA, F_SCHEMA_TO_XML,
		F_SCHEMA_TO_XML_AND_XMLSCHEMA, F_DATABASE_TO_XML, F_DATABASE_TO_XML_AND_XMLSCHEMA
	};

	for (int i = 0; i < lengthof(functions); i++)
		if (funcid == functions[i])
			return true;
	return false;
}

static bool
is_others_function(Oid funcid, void *context)
{
	if (func_volatile(funcid) == PROVOLATILE_VOLATILE || runs_queries(funcid))
		return true;
	return funcid >= FirstNormalObjectId &&
		   getExtensionOfObject(ProcedureRelationId, funcid) != get_extension_oid("datamesh", true);
}

static bool
calls_others(Node *node, void *context)
{
	if (node == NULL)
		return false;
	/* the conditions of a domain are its owner's */
	if (IsA(node, CoerceToDomain))
		return true;
	if (!IsA(node, List) && !type_is_servers(exprType(node)))
		return true;
	return check_functions_in_node(node, is_others_function, context) ||
		   expression_tree_walker(node, calls_others, context);
}

/* Constraints */

static List *
add_object(List *objects, char *name, char *definition, bool not_valid)
{
	DmGuardObject *object = palloc0(sizeof(DmGuardObject));

	object->name = name;
	object->definition = definition;
	object->not_valid = not_valid;
	return lappend(objects, object);
}

static List *
add_check(List *objects, const DmRule *rule, Node *condition, const char *suffix)
{
	char *sql = dm_guard_condition_sql(rule->relid, condition, NULL);
	DmGuardObject *object;

	objects = add_object(objects, dm_guard_object_name(rule, suffix), psprintf("CHECK (%s)", sql),
						 true);
	object = llast(objects);
	object->is_check = true;
	return objects;
}

static char *
column_list(Oid relid, List *columns)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, columns)
	{
		(void) dm_column_find(relid, lfirst(lc));
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", quote_identifier(lfirst(lc)));
	}
	return buf.data;
}

/*
 * To duplicateValues NULL is a value like others, to unique it is none.  A primary key has no NULL
 * in any of its columns.
 */
static List *
key_objects(const DmRule *rule)
{
	const char *metric = rule->metric->name;
	char *columns = column_list(rule->relid, dm_rule_columns(rule));
	const char *nulls = strcmp(metric, "unique") == 0 ? "" : "NULLS NOT DISTINCT ";
	List *objects = NIL;
	DmGuardObject *object;
	Node *filter;
	ListCell *lc;

	(void) parse_condition(rule, NULL, &filter);
	if (filter == NULL)
		objects = add_object(objects, dm_guard_object_name(rule, ""),
							 psprintf("UNIQUE %s(%s)", nulls, columns), false);
	else
	{
		objects = add_object(objects, dm_guard_object_name(rule, ""),
							 psprintf("ON %s (%s) %sWHERE %s", dm_relation_sql(rule->relid),
									  columns, nulls,
									  dm_guard_condition_sql(rule->relid, filter, NULL)),
							 false);
		object = linitial(objects);
		object->is_index = true;
	}
	if (strcmp(metric, "primaryKey") == 0)
		foreach(lc, dm_rule_columns(rule))
			objects = add_check(objects, rule,
								parse_condition(rule,
												psprintf("%s IS NOT NULL",
														 quote_identifier(lfirst(lc))),
												&filter),
								psprintf("_%d", foreach_current_index(lc) + 1));
	return objects;
}

static List *
reference_objects(const DmRule *rule)
{
	Oid target = dm_rule_other_relation(rule, "relation");
	List *columns = dm_rule_texts(rule, "columns");
	char *definition;

	if (!OidIsValid(target))
		refuse(rule, "The relation that it refers to does not exist.", "Use dm_alter_rule.");
	definition = psprintf("FOREIGN KEY (%s) REFERENCES %s",
						  column_list(rule->relid, dm_rule_columns(rule)), dm_relation_sql(target));
	if (columns != NIL)
		definition = psprintf("%s (%s)", definition, column_list(target, columns));
	/* before 18 a foreign key of a partitioned table looks at the rows that are there */
	return add_object(NIL, dm_guard_object_name(rule, ""), definition,
					  get_rel_relkind(rule->relid) != RELKIND_PARTITIONED_TABLE);
}

/* Which rule goes where */

bool
dm_guard_admits_none(const DmRule *rule)
{
	DmMustTerm *term = linitial(rule->must->terms);
	double little = rule->percent ? 1e-9 : 1;

	/* these hold for all numbers up to some one, or are a range */
	if (list_length(rule->must->terms) != 1 || !dm_must_is_numeric(rule->must) ||
		(term->op != DM_MUST_EQUAL && term->op != DM_MUST_BE_LESS &&
		 term->op != DM_MUST_BE_AT_MOST && term->op != DM_MUST_LIE_BETWEEN))
		return false;
	return dm_must_holds(rule->must, int64_to_numeric(0), rule->tolerance) &&
		   !dm_must_holds(rule->must,
						  DatumGetNumeric(DirectFunctionCall1(float8_numeric,
															  Float8GetDatum(little))),
						  rule->tolerance);
}

static void
plan_quarantine(DmGuard *guard)
{
	DmRule *rule = guard->rule;

	if (guard->condition == NULL && rule->metric->how == DM_BY_ROW)
		refuse(rule, "SQL does not say its condition for a column of that type.",
			   "Use mode \"reject\".");
	if (guard->condition == NULL || !dm_guard_admits_none(rule))
		refuse(rule, "Only a rule that no single row may break can set rows aside.",
			   "Use a metric by row with must => '= 0', or mode \"reject\".");
	if (calls_others(guard->condition, NULL))
		refuse(rule,
			   "Its condition calls functions, or has types, that are not the server's own, and would run with the rights of whoever writes.",
			   "Use mode \"reject\", in which it runs as the table's owner.");
	guard->kind = DM_GUARD_SET_ASIDE;
}

/* The constraints that say the same; NIL for none. */
static List *
constraints_of(DmGuard *guard)
{
	DmRule *rule = guard->rule;

	if (!dm_guard_admits_none(rule))
		return NIL;
	if (rule->metric->how == DM_BY_GROUP)
		return key_objects(rule);
	if (strcmp(rule->metric->name, "references") == 0 && rule->filter == NULL)
		return reference_objects(rule);
	if (guard->condition != NULL && !calls_others(guard->condition, NULL) &&
		!contain_mutable_functions(guard->condition))
		return add_check(NIL, rule, guard->condition, "");
	return NIL;
}

/* Rules whose rows are compared with others, which the statement need not have written. */
static void
check_compared(const DmRule *rule)
{
	bool denial = strcmp(rule->metric->name, "denial") == 0;

	if (!dm_guard_admits_none(rule))
		refuse(rule,
			   "Rows that a statement writes are compared with others one by one, and \"must\" lets some of them break the rule.",
			   "Use must => '= 0', or mode \"observe\".");
	if (denial && dm_key_columns(rule->relid) == NIL)
		refuse(rule, "Without a primary key rows of the table cannot be told from each other.",
			   "Add a primary key, or use mode \"observe\".");
	if (!denial && dm_rule_texts(rule, "by") == NIL)
		refuse(rule, "The order in which rows lie in the table is no order of their own.",
			   "Name the columns that order them in argument \"by\".");
}

static void
plan_reject(DmGuard *guard)
{
	DmRule *rule = guard->rule;

	guard->objects = constraints_of(guard);
	guard->kind = guard->objects != NIL ? DM_GUARD_CONSTRAINT : DM_GUARD_STATEMENT;
	if (guard->kind == DM_GUARD_CONSTRAINT)
		return;
	if (dm_measure_compares(rule->metric))
		check_compared(rule);
	else if (!dm_measure_shares(rule->metric))
		refuse(rule,
			   psprintf("Metric \"%s\" cannot be measured on the rows of a statement.",
						rule->metric->name),
			   "Use mode \"observe\".");
	if (!dm_must_is_numeric(rule->must))
		refuse(rule, "What is measured at the write is compared with numbers only.",
			   "Use mode \"observe\".");
}

static void
check_relation(const DmRule *rule)
{
	char relkind = get_rel_relkind(rule->relid);

	if (relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE)
		refuse(rule, psprintf("%s is no table of this server.", dm_relation_sql(rule->relid)),
			   "Use mode \"observe\".");
}

static void
tell_rule(void *arg)
{
	const DmRule *rule = arg;

	errcontext("quality rule \"%s\" of relation %s", rule->name, dm_relation_sql(rule->relid));
}

DmGuard *
dm_guard_plan(DmRule *rule)
{
	DmGuard *guard = palloc0(sizeof(DmGuard));
	ErrorContextCallback callback = { error_context_stack, tell_rule, rule };
	Node *filter;

	error_context_stack = &callback;
	guard->rule = rule;
	check_relation(rule);
	guard->condition =
		parse_condition(rule, rule->metric->how == DM_BY_ROW ? condition_text(rule) : NULL,
						&filter);
	if (strcmp(rule->mode, DM_MODE_QUARANTINE) == 0)
		plan_quarantine(guard);
	else
		plan_reject(guard);
	error_context_stack = callback.previous;
	return guard;
}
