/*
 * valuetest.c
 *		Tests of one value: is it what a rule says?
 *
 * A bound is read in the type of the column, as a comparison in SQL would do it.  NaN is no number
 * that lies within bounds; the infinities lie where PostgreSQL sorts them.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/int.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "base/ascii.h"
#include "base/finding.h"
#include "base/json.h"
#include "compat/pg_compat.h"
#include "jsonschema/schema_format.h"
#include "quality/valuetest.h"

/* --- bounds of integers and what is stored as such --- */

#define INT_TEST(name, get)                                                     \
	static bool name(DmValueTest *test, Datum value)                            \
	{                                                                           \
		int64 n = get(value);                                                   \
		return n >= test->is.bounds.ints.low && n <= test->is.bounds.ints.high; \
	}

INT_TEST(in_range_int16, DatumGetInt16)
INT_TEST(in_range_int32, DatumGetInt32)
INT_TEST(in_range_int64, DatumGetInt64)

/* The nearest integer at or above (sign -1) or at or below (sign 1) a number. */
static bool
integer_bound(const char *text, int sign, int64 *bound)
{
	Datum number = DirectFunctionCall3(numeric_in, CStringGetDatum(text),
									   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	Datum rounded = DirectFunctionCall1(sign < 0 ? numeric_ceil : numeric_floor, number);

	if (numeric_is_nan(DatumGetNumeric(number)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("NaN is no bound")));
	if (DatumGetBool(DirectFunctionCall2(numeric_gt, rounded,
										 NumericGetDatum(int64_to_numeric(PG_INT64_MAX)))))
		*bound = PG_INT64_MAX;
	else if (DatumGetBool(DirectFunctionCall2(numeric_lt, rounded,
											  NumericGetDatum(int64_to_numeric(PG_INT64_MIN)))))
		*bound = PG_INT64_MIN;
	else
		*bound = DatumGetInt64(DirectFunctionCall1(numeric_int8, rounded));
	return DatumGetBool(DirectFunctionCall2(numeric_eq, rounded, number));
}

static void
int_test(DmValueTest *test, const char *text, int sign, bool itself)
{
	static const DmValueTestRun runs[] = { in_range_int16, in_range_int32, in_range_int64 };
	int64 bound;
	bool exact = true;

	if (test->type->number)
		exact = integer_bound(text, sign, &bound);
	else
		bound = dm_scan_value_int(test->type, dm_scan_value_input(test->type, text));
	test->run = runs[test->type->kind];
	test->is.bounds.ints.low = PG_INT64_MIN;
	test->is.bounds.ints.high = PG_INT64_MAX;
	if (sign < 0)
		test->is.bounds.ints.low = bound;
	else
		test->is.bounds.ints.high = bound;
	if (itself || !exact)
		return;
	/* no value is beyond the last one */
	if (sign < 0 ? bound == PG_INT64_MAX : bound == PG_INT64_MIN)
	{
		test->is.bounds.ints.low = 1;
		test->is.bounds.ints.high = 0;
	}
	else if (sign < 0)
		test->is.bounds.ints.low++;
	else
		test->is.bounds.ints.high--;
}

/* --- floats --- */

static inline bool
in_floats(const DmBounds *bounds, double value)
{
	/* false for NaN */
	return value >= bounds->floats.low && value <= bounds->floats.high;
}

static bool
in_range_float4(DmValueTest *test, Datum value)
{
	return in_floats(&test->is.bounds, DatumGetFloat4(value));
}

static bool
in_range_float8(DmValueTest *test, Datum value)
{
	return in_floats(&test->is.bounds, DatumGetFloat8(value));
}

static void
float_test(DmValueTest *test, const char *text, int sign, bool itself)
{
	bool single = test->type->kind == DM_SCAN_FLOAT4;
	Datum bound = dm_scan_value_input(test->type, text);
	double number = single ? DatumGetFloat4(bound) : DatumGetFloat8(bound);
	double infinity = get_float8_infinity();
	DmBounds *bounds = &test->is.bounds;

	if (isnan(number))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("NaN is no bound")));
	test->run = single ? in_range_float4 : in_range_float8;
	bounds->floats.low = sign < 0 ? number : -infinity;
	bounds->floats.high = sign > 0 ? number : infinity;
	if (itself)
		return;
	/* no value is beyond the last one; otherwise the next one is, of float4 by far */
	if (number == -sign * infinity)
	{
		bounds->floats.low = infinity;
		bounds->floats.high = -infinity;
	}
	else if (sign < 0)
		bounds->floats.low = nextafter(number, infinity);
	else
		bounds->floats.high = nextafter(number, -infinity);
}

/* --- numeric, and all that has an order --- */

/* Whether a bound leaves in what it has that order to. */
static inline bool
leaves_in(const DmValueTest *test, int order)
{
	return order == 0 ? test->is.ordered.itself : (order < 0) == (test->is.ordered.sign < 0);
}

static bool
in_order(DmValueTest *test, Datum value)
{
	return leaves_in(test, dm_scan_value_compare(test->type, test->is.ordered.bound, value));
}

static bool
in_range_numeric(DmValueTest *test, Datum value)
{
	DmShortNumeric number;

	if (test->is.ordered.isshort && dm_short_numeric(value, &number))
		return leaves_in(test, dm_short_numeric_compare(&test->is.ordered.number, &number));
	return !numeric_is_nan(DatumGetNumeric(value)) && in_order(test, value);
}

static void
ordered_test(DmValueTest *test, const char *text, int sign, bool itself)
{
	if (!test->type->compares)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("values of type %s have no order", format_type_be(test->type->typid)),
				 errdetail("A bound compares them.")));
	test->run = test->type->kind == DM_SCAN_NUMERIC ? in_range_numeric : in_order;
	test->is.ordered.bound = dm_scan_value_input(test->type, text);
	test->is.ordered.sign = sign;
	test->is.ordered.itself = itself;
	if (test->type->kind != DM_SCAN_NUMERIC)
		return;
	test->is.ordered.isshort = dm_short_numeric(test->is.ordered.bound,
												&test->is.ordered.number);
	if (numeric_is_nan(DatumGetNumeric(test->is.ordered.bound)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("NaN is no bound")));
}

static void
bound_test(DmValueTest *test, const char *text, int sign, bool itself)
{
	if (dm_scan_value_is_int(test->type))
		int_test(test, text, sign, itself);
	else if (test->type->kind == DM_SCAN_FLOAT4 || test->type->kind == DM_SCAN_FLOAT8)
		float_test(test, text, sign, itself);
	else
		ordered_test(test, text, sign, itself);
}

/* --- texts --- */

bool
dm_lengths_have_count(const DmLengths *lengths, const char *data, int64 bytes)
{
	int64 chars = dm_is_ascii(data, bytes) ? bytes : pg_mbstrlen_with_len(data, bytes);

	return chars >= lengths->low && chars <= lengths->high;
}

static bool
has_length(DmValueTest *test, Datum value)
{
	char *data;
	int bytes = dm_scan_value_text(test->type, value, &data);

	return dm_lengths_have(&test->is.bounds.lengths, data, bytes);
}

static bool
has_octets(DmValueTest *test, Datum value)
{
	int64 octets = VARSIZE_ANY_EXHDR(DatumGetPointer(value));

	return octets >= test->is.bounds.lengths.low && octets <= test->is.bounds.lengths.high;
}

static bool
found(DmValueTest *test, const char *data, int len)
{
	return dm_pattern_try(test->is.pattern, data, len, &test->error);
}

static bool
matches(DmValueTest *test, Datum value)
{
	char *data;
	int len = dm_scan_value_text(test->type, value, &data);

	return found(test, data, len);
}

static bool
matches_output(DmValueTest *test, Datum value)
{
	char *text = dm_scan_value_output(test->type, value);

	return found(test, text, strlen(text));
}

static bool
has_format(DmValueTest *test, Datum value)
{
	char *data;
	int len = dm_scan_value_text(test->type, value, &data);

	return dm_js_format_check(test->is.format, data, len);
}

static void
length_test(DmValueTest *test, const JsonbValue *argument, bool minimum)
{
	int64 length;

	if (argument->type != jbvNumeric)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a length is a number")));
	length = DatumGetInt64(DirectFunctionCall1(numeric_int8,
											   NumericGetDatum(argument->val.numeric)));
	if (!test->type->text && test->type->base != BYTEAOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("values of type %s have no length", format_type_be(test->type->typid))));
	test->run = test->type->text ? has_length : has_octets;
	test->is.bounds.lengths.low = minimum ? length : 0;
	test->is.bounds.lengths.high = minimum ? PG_INT64_MAX : length;
	if (pg_mul_s64_overflow(test->is.bounds.lengths.low, pg_database_encoding_max_length(),
							&test->is.bounds.lengths.enough))
		test->is.bounds.lengths.enough = PG_INT64_MAX;
}

static char *
argument_text(const JsonbValue *argument)
{
	char *text = dm_json_scalar_text(argument);

	if (text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("an argument is no scalar")));
	return text;
}

static void
pattern_test(DmValueTest *test, const char *regex)
{
	char *error;

	test->run = test->type->text ? matches : matches_output;
	test->is.pattern = dm_pattern_compile(regex, &error);
	if (test->is.pattern == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
				 errmsg("invalid regular expression: %s", error)));
}

static void
format_test(DmValueTest *test, const char *format)
{
	test->is.format = dm_js_format_number(format);
	if (test->is.format < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there is no format \"%s\"", format)));
	if (!test->type->text)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("values of type %s are no texts with a format",
						format_type_be(test->type->typid))));
	test->run = has_format;
}

/* --- sets --- */

static bool
in_set(DmValueTest *test, Datum value)
{
	return (dm_value_set_find(test->is.set.set, value) >= 0) == test->is.set.in;
}

List *
dm_json_texts(const JsonbValue *array)
{
	List *result = NIL;
	JsonbContainer *container = dm_json_as_array(array);
	DmJsonEach each;

	if (container == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("an argument is no list")));
	dm_json_each(&each, container);
	while (dm_json_next(&each))
		result = lappend(result, argument_text(&each.value));
	return result;
}

static void
set_test(DmValueTest *test, const JsonbValue *argument, bool in)
{
	test->run = in_set;
	test->is.set.set = dm_value_set(test->type, dm_json_texts(argument));
	test->is.set.in = in;
}

/* --- multiples --- */

static bool
is_int_multiple(DmValueTest *test, Datum value)
{
	return dm_scan_value_int(test->type, value) % test->is.divisor == 0;
}

/* Of NaN and infinity nothing is a multiple, nor are they of anything: both give NaN. */
static bool
is_multiple(DmValueTest *test, Datum value)
{
	Numeric rest;

	if (test->type->kind == DM_SCAN_FLOAT4)
		value = DirectFunctionCall1(float4_numeric, value);
	else if (test->type->kind == DM_SCAN_FLOAT8)
		value = DirectFunctionCall1(float8_numeric, value);
	else if (dm_scan_value_is_int(test->type))
		value = NumericGetDatum(int64_to_numeric(dm_scan_value_int(test->type, value)));
	rest = DatumGetNumeric(DirectFunctionCall2(numeric_mod, value, test->is.number));
	return !numeric_is_nan(rest) &&
		   DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(rest),
											NumericGetDatum(int64_to_numeric(0))));
}

static void
multiple_test(DmValueTest *test, const char *text)
{
	Datum number = DirectFunctionCall3(numeric_in, CStringGetDatum(text),
									   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	Datum whole = DirectFunctionCall1(numeric_floor, number);

	if (!test->type->number)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("values of type %s are no numbers", format_type_be(test->type->typid))));
	if (!DatumGetBool(DirectFunctionCall2(numeric_gt, number,
										  NumericGetDatum(int64_to_numeric(0)))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a number is a multiple of a positive number only")));
	test->run = is_multiple;
	test->is.number = number;
	/* 10^18: beyond, the division is numeric's */
	if (dm_scan_value_is_int(test->type) &&
		DatumGetBool(DirectFunctionCall2(numeric_eq, whole, number)) &&
		DatumGetBool(DirectFunctionCall2(numeric_lt, number,
										 NumericGetDatum(int64_to_numeric(
											 INT64CONST(1000000000000000000))))))
	{
		test->run = is_int_multiple;
		test->is.divisor = DatumGetInt64(DirectFunctionCall1(numeric_int8, number));
	}
}

/* --- values with parts --- */

static bool
fits_schema(DmValueTest *test, Datum value)
{
	return dm_json_schema_errors(test->is.schema, DatumGetJsonbP(value), true, 1) == NIL;
}

static void
schema_test(DmValueTest *test, const JsonbValue *argument)
{
	List *findings = NIL;

	if (test->type->base != JSONBOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("values of type %s have no parts", format_type_be(test->type->typid))));
	test->is.schema = dm_json_schema_compile(JsonbValueToJsonb(unconstify(JsonbValue *, argument)),
											 NULL, &findings, NULL, NULL);
	if (test->is.schema == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid program of measures: a schema is none"),
				 findings == NIL ? 0 : errdetail("%s", ((DmFinding *) linitial(findings))->message)));
	test->run = fits_schema;
}

/* --- for kernels that run a test themselves --- */

DmBoundsKind
dm_value_test_bounds(const DmValueTest *test)
{
	if (test->run == in_range_int16 || test->run == in_range_int32 || test->run == in_range_int64)
		return DM_BOUNDS_INTS;
	if (test->run == in_range_float4 || test->run == in_range_float8)
		return DM_BOUNDS_FLOATS;
	return test->run == has_length ? DM_BOUNDS_LENGTHS : DM_BOUNDS_NONE;
}

void
dm_bounds_narrow(DmBoundsKind kind, DmBounds *bounds, const DmBounds *other)
{
	switch (kind)
	{
		case DM_BOUNDS_NONE:
			break;
		case DM_BOUNDS_INTS:
			bounds->ints.low = Max(bounds->ints.low, other->ints.low);
			bounds->ints.high = Min(bounds->ints.high, other->ints.high);
			break;
		case DM_BOUNDS_FLOATS:
			bounds->floats.low = Max(bounds->floats.low, other->floats.low);
			bounds->floats.high = Min(bounds->floats.high, other->floats.high);
			break;
		case DM_BOUNDS_LENGTHS:
			bounds->lengths.low = Max(bounds->lengths.low, other->lengths.low);
			bounds->lengths.high = Min(bounds->lengths.high, other->lengths.high);
			bounds->lengths.enough = Max(bounds->lengths.enough, other->lengths.enough);
			break;
	}
}

/* --- the tests by their names --- */

static const char *const known_tests[] = {
	"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength",
	"values", "notValues", "pattern", "format", "multipleOf", "schema"
};

bool
dm_value_test_is_known(const char *key)
{
	for (int i = 0; i < lengthof(known_tests); i++)
		if (strcmp(known_tests[i], key) == 0)
			return true;
	return false;
}

bool
dm_value_test(DmValueTest *test, DmScanType *type, const char *key, const JsonbValue *argument)
{
	if (!dm_value_test_is_known(key))
		return false;
	test->type = type;
	if (strcmp(key, "minimum") == 0)
		bound_test(test, argument_text(argument), -1, true);
	else if (strcmp(key, "maximum") == 0)
		bound_test(test, argument_text(argument), 1, true);
	else if (strcmp(key, "exclusiveMinimum") == 0)
		bound_test(test, argument_text(argument), -1, false);
	else if (strcmp(key, "exclusiveMaximum") == 0)
		bound_test(test, argument_text(argument), 1, false);
	else if (strcmp(key, "minLength") == 0)
		length_test(test, argument, true);
	else if (strcmp(key, "maxLength") == 0)
		length_test(test, argument, false);
	else if (strcmp(key, "values") == 0)
		set_test(test, argument, true);
	else if (strcmp(key, "notValues") == 0)
		set_test(test, argument, false);
	else if (strcmp(key, "pattern") == 0)
		pattern_test(test, argument_text(argument));
	else if (strcmp(key, "format") == 0)
		format_test(test, argument_text(argument));
	else if (strcmp(key, "schema") == 0)
		schema_test(test, argument);
	else
		multiple_test(test, argument_text(argument));
	return true;
}
