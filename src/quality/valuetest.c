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
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "base/json.h"
#include "compat/pg_compat.h"
#include "jsonschema/schema_format.h"
#include "quality/valuetest.h"

/* --- bounds of integers and what is stored as such --- */

#define INT_TEST(name, get)                                       \
	static bool name(DmValueTest *test, Datum value)              \
	{                                                             \
		int64 n = get(value);                                     \
		return n >= test->is.ints.low && n <= test->is.ints.high; \
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
	test->is.ints.low = PG_INT64_MIN;
	test->is.ints.high = PG_INT64_MAX;
	if (sign < 0)
		test->is.ints.low = bound;
	else
		test->is.ints.high = bound;
	if (itself || !exact)
		return;
	/* no value is beyond the last one */
	if (sign < 0 ? bound == PG_INT64_MAX : bound == PG_INT64_MIN)
	{
		test->is.ints.low = 1;
		test->is.ints.high = 0;
	}
	else if (sign < 0)
		test->is.ints.low++;
	else
		test->is.ints.high--;
}

/* --- floats --- */

static inline bool
in_floats(const DmValueTest *test, double value)
{
	/* false for NaN */
	return (test->is.floats.above ? value > test->is.floats.low : value >= test->is.floats.low) &&
		   (test->is.floats.below ? value < test->is.floats.high : value <= test->is.floats.high);
}

static bool
in_range_float4(DmValueTest *test, Datum value)
{
	return in_floats(test, DatumGetFloat4(value));
}

static bool
in_range_float8(DmValueTest *test, Datum value)
{
	return in_floats(test, DatumGetFloat8(value));
}

static void
float_test(DmValueTest *test, const char *text, int sign, bool itself)
{
	bool single = test->type->kind == DM_SCAN_FLOAT4;
	Datum bound = dm_scan_value_input(test->type, text);
	double number = single ? DatumGetFloat4(bound) : DatumGetFloat8(bound);

	if (isnan(number))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("NaN is no bound")));
	test->run = single ? in_range_float4 : in_range_float8;
	test->is.floats.low = sign < 0 ? number : -get_float8_infinity();
	test->is.floats.high = sign > 0 ? number : get_float8_infinity();
	test->is.floats.above = sign < 0 && !itself;
	test->is.floats.below = sign > 0 && !itself;
}

/* --- numeric, and all that has an order --- */

static bool
in_order(DmValueTest *test, Datum value)
{
	int order = dm_scan_value_compare(test->type, test->is.ordered.bound, value);

	return order == 0 ? test->is.ordered.itself : (order < 0) == (test->is.ordered.sign < 0);
}

/*
 * Most numbers are short and have a header of one byte, which numeric's functions turn into one of
 * four by a copy on the heap.
 */
static bool
in_range_numeric(DmValueTest *test, Datum value)
{
	struct varlena *packed = (struct varlena *) DatumGetPointer(value);
	union
	{
		struct varlena header; /* for alignment */
		char bytes[VARHDRSZ + VARATT_SHORT_MAX];
	} unpacked;

	if (VARATT_IS_SHORT(packed))
	{
		Size size = VARSIZE_SHORT(packed) - VARHDRSZ_SHORT;

		SET_VARSIZE(&unpacked, size + VARHDRSZ);
		memcpy(unpacked.bytes + VARHDRSZ, VARDATA_SHORT(packed), size);
		value = PointerGetDatum(&unpacked);
	}
	return !numeric_is_nan((Numeric) DatumGetPointer(value)) && in_order(test, value);
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
	if (test->type->kind == DM_SCAN_NUMERIC &&
		numeric_is_nan(DatumGetNumeric(test->is.ordered.bound)))
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

/* A text has at most as many characters as bytes, and at least a quarter of that. */
static bool
has_length(DmValueTest *test, Datum value)
{
	char *data;
	int64 bytes = dm_scan_value_text(test->type, value, &data);
	int64 chars;

	if (bytes < test->is.length.low)
		return false;
	if (bytes <= test->is.length.high &&
		bytes / pg_database_encoding_max_length() >= test->is.length.low)
		return true;
	chars = pg_mbstrlen_with_len(data, bytes);
	return chars >= test->is.length.low && chars <= test->is.length.high;
}

static bool
has_octets(DmValueTest *test, Datum value)
{
	int64 octets = VARSIZE_ANY_EXHDR(DatumGetPointer(value));

	return octets >= test->is.length.low && octets <= test->is.length.high;
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
	test->is.length.low = minimum ? length : 0;
	test->is.length.high = minimum ? PG_INT64_MAX : length;
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

/* --- for kernels that run a test themselves --- */

bool
dm_value_test_ints(const DmValueTest *test, int64 *low, int64 *high)
{
	*low = test->is.ints.low;
	*high = test->is.ints.high;
	return test->run == in_range_int16 || test->run == in_range_int32 ||
		   test->run == in_range_int64;
}

bool
dm_value_test_floats(const DmValueTest *test, double *low, double *high)
{
	*low = test->is.floats.low;
	*high = test->is.floats.high;
	return (test->run == in_range_float4 || test->run == in_range_float8) &&
		   !test->is.floats.above && !test->is.floats.below;
}

/* --- the tests by their names --- */

static const char *const known_tests[] = {
	"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength",
	"values", "notValues", "pattern", "format", "multipleOf"
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
	else
		multiple_test(test, argument_text(argument));
	return true;
}
