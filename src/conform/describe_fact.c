/*
 * describe_fact.c
 *		Conditions of CHECK constraints and domains, read as options of properties.
 *
 * Only what means exactly the same becomes an option; everything else stays a
 * condition, and becomes a quality rule (describe_check.c).  Nothing that
 * somebody has written is executed: constants are computed where only functions
 * of the server itself take part.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/primnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "base/strings.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "conform/described.h"

static bool
is_numeric_column(DmDescribedColumn *column)
{
	return strcmp(column->logical, "integer") == 0 || strcmp(column->logical, "number") == 0;
}

/* Types whose bounds a contract writes as text, and which only compare with themselves. */
static bool
is_moment(Oid typid)
{
	return typid == DATEOID || typid == TIMESTAMPOID || typid == TIMESTAMPTZOID ||
		   typid == TIMEOID || typid == TIMETZOID;
}

/* --- the parts of a condition --- */

static Node *
strip(Node *node)
{
	while (node != NULL && IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return node;
}

/* The shown column that an expression is, NULL for any other expression. */
static DmDescribedColumn *
as_column(DmDescribed *object, DmDescribedColumn *of, Node *node)
{
	node = strip(node);
	if (IsA(node, Var) && of == NULL && ((Var *) node)->varlevelsup == 0)
		return dm_described_column(object, ((Var *) node)->varattno);
	return IsA(node, CoerceToDomainValue) ? of : NULL;
}

static DmFact *
make_fact(DmDescribedColumn *column, DmFactKind kind)
{
	DmFact *fact = palloc0(sizeof(DmFact));

	fact->column = column;
	fact->kind = kind;
	return fact;
}

/* An operator of the server, and not what somebody calls "=" or compares letters of any case by. */
static bool
is_plain_operator(Oid opno, Oid collation)
{
	return opno < FirstNormalObjectId &&
		   (!OidIsValid(collation) || get_collation_isdeterministic(collation));
}

/* What a comparison means by its place in a btree; 0 for what is none. */
static int
strategy_of(Oid opno)
{
	int result = 0;
	ListCell *lc;

	foreach(lc, dm_operator_meanings(opno))
	{
		DmOperatorMeaning *meaning = lfirst(lc);

		if (result != 0 && result != dm_meaning_strategy(meaning))
			return 0;
		result = dm_meaning_strategy(meaning);
	}
	/* beyond the five, "is not equal" is listed, too */
	return result <= BTMaxStrategyNumber ? result : 0;
}

static List *
length_facts(DmDescribedColumn *column, int strategy, Const *constant)
{
	DmFact *fact;
	int64 length;

	if (constant->consttype != INT4OID || strcmp(column->logical, "string") != 0)
		return NIL;
	length = DatumGetInt32(constant->constvalue);
	if (strategy == BTLessStrategyNumber)
		length--;
	if (strategy == BTGreaterStrategyNumber)
		length++;
	if (length < 0 || length > PG_INT32_MAX)
		return NIL;
	fact = make_fact(column, strategy <= BTLessEqualStrategyNumber ? DM_FACT_MAX_LENGTH :
																	 DM_FACT_MIN_LENGTH);
	fact->length = (int) length;
	if (strategy == BTEqualStrategyNumber)
	{
		DmFact *upper = make_fact(column, DM_FACT_MAX_LENGTH);

		upper->length = fact->length;
		return list_make2(fact, upper);
	}
	return list_make1(fact);
}

static List *
bound_facts(DmDescribedColumn *column, int strategy, Const *constant)
{
	static const DmFactKind kinds[] = {
		[BTLessStrategyNumber] = DM_FACT_EXCLUSIVE_MAXIMUM,
		[BTLessEqualStrategyNumber] = DM_FACT_MAXIMUM,
		[BTGreaterEqualStrategyNumber] = DM_FACT_MINIMUM,
		[BTGreaterStrategyNumber] = DM_FACT_EXCLUSIVE_MINIMUM,
	};
	char *text = dm_described_value(constant->consttype, constant->constvalue);
	DmFact *fact;

	if (text == NULL)
		return NIL;
	if (is_numeric_column(column) ? !dm_is_number_type(constant->consttype) :
									!is_moment(constant->consttype) ||
										constant->consttype != getBaseType(column->typid))
		return NIL;
	if (strategy == BTEqualStrategyNumber)
	{
		fact = make_fact(column, DM_FACT_VALUES);
		fact->values = list_make1(text);
		return list_make1(fact);
	}
	fact = make_fact(column, kinds[strategy]);
	fact->text = text;
	return list_make1(fact);
}

/* column = one value of the types that are no numbers and no moments */
static List *
equality_fact(DmDescribedColumn *column, Const *constant)
{
	char *text = dm_described_value(constant->consttype, constant->constvalue);
	DmFact *fact;

	if (text == NULL || strcmp(column->logical, "string") != 0)
		return NIL;
	fact = make_fact(column, DM_FACT_VALUES);
	fact->values = list_make1(text);
	return list_make1(fact);
}

static bool
is_length_function(Node *node)
{
	Oid funcid;

	if (!IsA(node, FuncExpr))
		return false;
	funcid = ((FuncExpr *) node)->funcid;
	return funcid == F_LENGTH_TEXT || funcid == F_CHAR_LENGTH_TEXT ||
		   funcid == F_CHARACTER_LENGTH_TEXT || funcid == F_LENGTH_BPCHAR ||
		   funcid == F_CHAR_LENGTH_BPCHAR || funcid == F_CHARACTER_LENGTH_BPCHAR;
}

/* column % n = 0 */
static List *
multiple_fact(DmDescribed *object, DmDescribedColumn *of, OpExpr *mod, Const *rest)
{
	Oid funcid = get_opcode(mod->opno);
	DmDescribedColumn *column;
	Const *divisor;
	DmFact *fact;
	char *text;

	if (funcid != F_INT2MOD && funcid != F_INT4MOD && funcid != F_INT8MOD &&
		funcid != F_NUMERIC_MOD)
		return NIL;
	column = as_column(object, of, linitial(mod->args));
	divisor = dm_described_constant(lsecond(mod->args));
	text = dm_described_value(rest->consttype, rest->constvalue);
	if (column == NULL || divisor == NULL || text == NULL || strcmp(text, "0") != 0 ||
		!is_numeric_column(column))
		return NIL;
	text = dm_described_value(divisor->consttype, divisor->constvalue);
	if (text == NULL || !dm_is_number_type(divisor->consttype) || strtod(text, NULL) <= 0)
		return NIL;
	fact = make_fact(column, DM_FACT_MULTIPLE_OF);
	fact->text = text;
	return list_make1(fact);
}

static List *
pattern_fact(DmDescribedColumn *column, Const *constant)
{
	char *pattern;
	DmFact *fact;

	if (constant->consttype != TEXTOID || strcmp(column->logical, "string") != 0)
		return NIL;
	pattern = TextDatumGetCString(constant->constvalue);
	if (!dm_pattern_is_common(pattern))
		return NIL;
	fact = make_fact(column, DM_FACT_PATTERN);
	fact->text = pattern;
	return list_make1(fact);
}

/* --- conditions --- */

/* column <> '', where trailing blanks count */
static List *
not_empty_fact(DmDescribedColumn *column, OpExpr *op, Const *constant)
{
	DmFact *fact;

	if (get_opcode(op->opno) != F_TEXTNE || constant->consttype != TEXTOID ||
		VARSIZE_ANY_EXHDR(DatumGetPointer(constant->constvalue)) != 0 ||
		strcmp(column->logical, "string") != 0)
		return NIL;
	fact = make_fact(column, DM_FACT_MIN_LENGTH);
	fact->length = 1;
	return list_make1(fact);
}

static List *
operator_facts(DmDescribed *object, DmDescribedColumn *of, OpExpr *op)
{
	Node *left;
	Const *right;
	Oid opno = op->opno;
	DmDescribedColumn *column;
	int strategy;

	if (list_length(op->args) != 2 || !is_plain_operator(opno, op->inputcollid))
		return NIL;
	left = strip(linitial(op->args));
	right = dm_described_constant(lsecond(op->args));
	if (right == NULL)
	{
		/* 0 < column */
		right = dm_described_constant(linitial(op->args));
		left = strip(lsecond(op->args));
		opno = get_commutator(opno);
		if (right == NULL || !OidIsValid(opno))
			return NIL;
	}
	strategy = strategy_of(opno);
	if (is_length_function(left) && strategy != 0)
	{
		column = as_column(object, of, linitial(((FuncExpr *) left)->args));
		return column == NULL ? NIL : length_facts(column, strategy, right);
	}
	if (IsA(left, OpExpr) && strategy == BTEqualStrategyNumber &&
		list_length(((OpExpr *) left)->args) == 2)
		return multiple_fact(object, of, (OpExpr *) left, right);
	column = as_column(object, of, left);
	if (column == NULL)
		return NIL;
	if (get_opcode(opno) == F_TEXTREGEXEQ && opno == op->opno)
		return pattern_fact(column, right);
	if (strategy == 0)
		return not_empty_fact(column, op, right);
	if (is_numeric_column(column) || is_moment(getBaseType(column->typid)))
		return bound_facts(column, strategy, right);
	return strategy == BTEqualStrategyNumber ? equality_fact(column, right) : NIL;
}

/* column IN (...) */
static List *
array_fact(DmDescribed *object, DmDescribedColumn *of, ScalarArrayOpExpr *op)
{
	DmDescribedColumn *column = as_column(object, of, linitial(op->args));
	Const *constant = dm_described_constant(lsecond(op->args));
	DmFact *fact;
	ArrayType *array;
	Datum *elems;
	bool *nulls;
	int nelems;
	int16 typlen;
	bool typbyval;
	char typalign;

	if (!op->useOr || !is_plain_operator(op->opno, op->inputcollid) ||
		strategy_of(op->opno) != BTEqualStrategyNumber || column == NULL ||
		constant == NULL || !OidIsValid(get_element_type(constant->consttype)))
		return NIL;
	array = DatumGetArrayTypeP(constant->constvalue);
	get_typlenbyvalalign(ARR_ELEMTYPE(array), &typlen, &typbyval, &typalign);
	deconstruct_array(array, ARR_ELEMTYPE(array), typlen, typbyval, typalign, &elems, &nulls,
					  &nelems);
	fact = make_fact(column, DM_FACT_VALUES);
	for (int i = 0; i < nelems; i++)
	{
		char *text = nulls[i] ? NULL : dm_described_value(ARR_ELEMTYPE(array), elems[i]);

		if (text == NULL || (is_numeric_column(column) && !dm_is_number_type(ARR_ELEMTYPE(array))))
			return NIL;
		fact->values = dm_string_append_unique(fact->values, text);
	}
	return fact->values == NIL ? NIL : list_make1(fact);
}

/* column = 'a' OR column = 'b' */
static List *
alternative_fact(DmDescribed *object, DmDescribedColumn *of, BoolExpr *expr)
{
	DmFact *result = NULL;
	ListCell *lc;

	foreach(lc, expr->args)
	{
		List *facts = dm_facts_read(object, of, lfirst(lc));
		DmFact *fact = list_length(facts) == 1 ? linitial(facts) : NULL;
		ListCell *value;

		if (fact == NULL || fact->kind != DM_FACT_VALUES ||
			(result != NULL && result->column != fact->column))
			return NIL;
		if (result == NULL)
		{
			result = fact;
			continue;
		}
		foreach(value, fact->values)
			result->values = dm_string_append_unique(result->values, lfirst(value));
	}
	return result == NULL ? NIL : list_make1(result);
}

static List *
conjunction_facts(DmDescribed *object, DmDescribedColumn *of, BoolExpr *expr)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, expr->args)
	{
		List *facts = dm_facts_read(object, of, lfirst(lc));

		if (facts == NIL)
			return NIL;
		result = list_concat(result, facts);
	}
	return result;
}

/* dm_matches(column, pattern), which reads patterns as contracts mean them */
static List *
matches_fact(DmDescribed *object, DmDescribedColumn *of, FuncExpr *call)
{
	char *name = get_func_name(call->funcid);
	DmDescribedColumn *column;
	Const *pattern;
	DmFact *fact;

	if (name == NULL || strcmp(name, "dm_matches") != 0 || list_length(call->args) != 2 ||
		get_func_namespace(call->funcid) != dm_api_schema())
		return NIL;
	column = as_column(object, of, linitial(call->args));
	pattern = dm_described_constant(lsecond(call->args));
	if (column == NULL || pattern == NULL || pattern->consttype != TEXTOID ||
		strcmp(column->logical, "string") != 0)
		return NIL;
	fact = make_fact(column, DM_FACT_PATTERN);
	fact->text = TextDatumGetCString(pattern->constvalue);
	return list_make1(fact);
}

List *
dm_facts_read(DmDescribed *object, DmDescribedColumn *of, Node *condition)
{
	DmDescribedColumn *column;

	check_stack_depth();
	switch (nodeTag(condition))
	{
		case T_BoolExpr:
			if (((BoolExpr *) condition)->boolop == AND_EXPR)
				return conjunction_facts(object, of, (BoolExpr *) condition);
			if (((BoolExpr *) condition)->boolop == OR_EXPR)
				return alternative_fact(object, of, (BoolExpr *) condition);
			return NIL;
		case T_OpExpr:
			return operator_facts(object, of, (OpExpr *) condition);
		case T_FuncExpr:
			return matches_fact(object, of, (FuncExpr *) condition);
		case T_ScalarArrayOpExpr:
			return array_fact(object, of, (ScalarArrayOpExpr *) condition);
		case T_NullTest:
			column = as_column(object, of, (Node *) ((NullTest *) condition)->arg);
			if (((NullTest *) condition)->nulltesttype != IS_NOT_NULL ||
				((NullTest *) condition)->argisrow || column == NULL)
				return NIL;
			return list_make1(make_fact(column, DM_FACT_REQUIRED));
		default:
			return NIL;
	}
}

/* --- writing them into columns --- */

static char **
text_slot(DmFact *fact)
{
	switch (fact->kind)
	{
		case DM_FACT_MINIMUM:
			return &fact->column->minimum;
		case DM_FACT_EXCLUSIVE_MINIMUM:
			return &fact->column->exclusive_minimum;
		case DM_FACT_MAXIMUM:
			return &fact->column->maximum;
		case DM_FACT_EXCLUSIVE_MAXIMUM:
			return &fact->column->exclusive_maximum;
		case DM_FACT_MULTIPLE_OF:
			return &fact->column->multiple_of;
		case DM_FACT_PATTERN:
			return &fact->column->pattern;
		default:
			return NULL;
	}
}

/* Bounds of numbers can be compared, and of two the tighter one counts. */
static bool
is_number_bound(DmFact *fact)
{
	return fact->kind <= DM_FACT_EXCLUSIVE_MAXIMUM && is_numeric_column(fact->column);
}

/* Any other option has room for one value. */
static bool
has_place(DmFact *fact, List *before)
{
	char **slot = text_slot(fact);
	ListCell *lc;

	if (slot == NULL || is_number_bound(fact))
		return true;
	foreach(lc, before)
	{
		DmFact *other = lfirst(lc);

		if (other == fact)
			break;
		if (other->kind == fact->kind && other->column == fact->column)
			return false;
	}
	return *slot == NULL;
}

/* Whether the bound is tighter than the one that is there. */
static bool
is_tighter(DmFact *fact, const char *present)
{
	Datum one;
	Datum other;
	int cmp;

	if (present == NULL || !is_number_bound(fact))
		return true;
	one = DirectFunctionCall3(numeric_in, CStringGetDatum(fact->text), ObjectIdGetDatum(InvalidOid),
							  Int32GetDatum(-1));
	other = DirectFunctionCall3(numeric_in, CStringGetDatum(present), ObjectIdGetDatum(InvalidOid),
								Int32GetDatum(-1));
	cmp = DatumGetInt32(DirectFunctionCall2(numeric_cmp, one, other));
	return fact->kind == DM_FACT_MINIMUM || fact->kind == DM_FACT_EXCLUSIVE_MINIMUM ? cmp > 0 :
																					  cmp < 0;
}

bool
dm_facts_apply(List *facts, const char *name)
{
	ListCell *lc;

	foreach(lc, facts)
		if (!has_place(lfirst(lc), facts))
			return false;
	foreach(lc, facts)
	{
		DmFact *fact = lfirst(lc);
		DmDescribedColumn *column = fact->column;
		DmDescribedRule *rule;

		switch (fact->kind)
		{
			case DM_FACT_REQUIRED:
				column->required = true;
				break;
			case DM_FACT_MIN_LENGTH:
				column->min_length = Max(column->min_length, fact->length);
				break;
			case DM_FACT_MAX_LENGTH:
				column->max_length = column->max_length < 0 ?
										 fact->length :
										 Min(column->max_length, fact->length);
				break;
			case DM_FACT_VALUES:
				rule = palloc0(sizeof(DmDescribedRule));
				rule->name = pstrdup(name);
				rule->values = fact->values;
				rule->numbers = is_numeric_column(column);
				rule->dimension = "conformity";
				rule->for_old_rows = true;
				column->rules = lappend(column->rules, rule);
				break;
			default:
				if (is_tighter(fact, *text_slot(fact)))
					*text_slot(fact) = fact->text;
				break;
		}
	}
	return facts != NIL;
}
