/*
 * must.c
 *		What a measured value must be: comparing with it.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "quality/must.h"

/* how a value compares with an operand: negative, 0 or positive */
typedef int (*Comparer)(const DmOperand *operand, int side, void *value);

static bool
in_list(const DmMustTerm *term, Comparer compare, void *value)
{
	ListCell *lc;

	foreach(lc, term->operands)
		if (compare(lfirst(lc), 0, value) == 0)
			return true;
	return false;
}

static bool
is_between(const DmMustTerm *term, Comparer compare, void *value)
{
	return compare(linitial(term->operands), -1, value) >= 0 &&
		   compare(lsecond(term->operands), 1, value) <= 0;
}

/*
 * The side tells which way a tolerance moves the operand: -1 down, 1 up; 0 for equality, where the
 * value may be off either way.
 */
static bool
term_holds(const DmMustTerm *term, Comparer compare, void *value)
{
	const DmOperand *operand = linitial(term->operands);

	switch (term->op)
	{
		case DM_MUST_EQUAL:
			return compare(operand, 0, value) == 0;
		case DM_MUST_DIFFER:
			return compare(operand, 0, value) != 0;
		case DM_MUST_BE_LESS:
			return compare(operand, 1, value) < 0;
		case DM_MUST_BE_AT_MOST:
			return compare(operand, 1, value) <= 0;
		case DM_MUST_BE_GREATER:
			return compare(operand, -1, value) > 0;
		case DM_MUST_BE_AT_LEAST:
			return compare(operand, -1, value) >= 0;
		case DM_MUST_LIE_BETWEEN:
			return is_between(term, compare, value);
		case DM_MUST_NOT_LIE_BETWEEN:
			return !is_between(term, compare, value);
		case DM_MUST_BE_IN:
			return in_list(term, compare, value);
		case DM_MUST_NOT_BE_IN:
			return !in_list(term, compare, value);
	}
	elog(ERROR, "unknown operator %d", (int) term->op);
}

static bool
all_hold(const DmMust *must, Comparer compare, void *value)
{
	ListCell *lc;

	foreach(lc, must->terms)
		if (!term_holds(lfirst(lc), compare, value))
			return false;
	return true;
}

typedef struct NumberValue
{
	Numeric value;
	Numeric tolerance; /* NULL for none */
} NumberValue;

static int
compare_numeric(Numeric a, Numeric b)
{
	return DatumGetInt32(
		DirectFunctionCall2(numeric_cmp, NumericGetDatum(a), NumericGetDatum(b)));
}

static Numeric
moved(Numeric number, Numeric by, int side)
{
	return DatumGetNumeric(DirectFunctionCall2(side < 0 ? numeric_sub : numeric_add,
											   NumericGetDatum(number), NumericGetDatum(by)));
}

static int
compare_number(const DmOperand *operand, int side, void *arg)
{
	NumberValue *value = arg;

	if (operand->kind != DM_OPERAND_NUMBER)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("a number cannot be compared with '%s'", operand->text)));
	if (value->tolerance == NULL)
		return compare_numeric(value->value, operand->number);
	if (side != 0)
		return compare_numeric(value->value, moved(operand->number, value->tolerance, side));
	if (compare_numeric(value->value, moved(operand->number, value->tolerance, -1)) < 0)
		return -1;
	return compare_numeric(value->value, moved(operand->number, value->tolerance, 1)) > 0 ? 1 : 0;
}

bool
dm_must_holds(const DmMust *must, Numeric value, double tolerance)
{
	NumberValue number = { value, NULL };

	if (numeric_is_nan(value))
		return false;
	/* an infinite value is off by more than any tolerance, and its difference is none */
	if (tolerance > 0 && !numeric_is_inf(value))
		number.tolerance = DatumGetNumeric(
			DirectFunctionCall1(float8_numeric, Float8GetDatum(tolerance)));
	return all_hold(must, compare_number, &number);
}

static int
compare_text(const DmOperand *operand, int side, void *value)
{
	return strcmp(value, operand->text);
}

bool
dm_must_holds_text(const DmMust *must, const char *value)
{
	return all_hold(must, compare_text, unconstify(char *, value));
}

static int
compare_truth(const DmOperand *operand, int side, void *arg)
{
	bool wanted;

	if (!parse_bool(operand->text, &wanted))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("a Boolean cannot be compared with '%s'", operand->text)));
	return (int) *(bool *) arg - (int) wanted;
}

bool
dm_must_holds_truth(const DmMust *must, bool value)
{
	return all_hold(must, compare_truth, &value);
}

typedef struct TypedValue
{
	Oid input;
	Oid ioparam;
	Oid collation;
	FmgrInfo *compare;
	Datum value;
} TypedValue;

static int
compare_typed(const DmOperand *operand, int side, void *arg)
{
	TypedValue *value = arg;
	Datum other = OidInputFunctionCall(value->input, operand->text, value->ioparam, -1);

	return DatumGetInt32(FunctionCall2Coll(value->compare, value->collation, value->value, other));
}

bool
dm_must_holds_value(const DmMust *must, Oid type, Oid collation, Datum value)
{
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_CMP_PROC_FINFO);
	TypedValue typed = { .collation = collation, .value = value };

	if (!OidIsValid(entry->cmp_proc))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("values of type %s have no order", format_type_be(type))));
	typed.compare = &entry->cmp_proc_finfo;
	getTypeInputInfo(type, &typed.input, &typed.ioparam);
	return all_hold(must, compare_typed, &typed);
}

bool
dm_must_is_numeric(const DmMust *must)
{
	ListCell *term;

	foreach(term, must->terms)
	{
		ListCell *operand;

		foreach(operand, ((DmMustTerm *) lfirst(term))->operands)
			if (((DmOperand *) lfirst(operand))->kind != DM_OPERAND_NUMBER)
				return false;
	}
	return true;
}
