/*
 * value.c
 *		Values against the logical type and the options of a property.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/uuid.h"

#include "base/json.h"
#include "contract/isotime.h"
#include "contract/value.h"

/* the whole numbers of the formats; the wide ones are beyond what a bigint holds */
static const struct
{
	const char *format;
	const char *low;
	const char *high;
} integer_formats[] = {
	{ "i8", "-128", "127" },
	{ "i16", "-32768", "32767" },
	{ "i32", "-2147483648", "2147483647" },
	{ "i64", "-9223372036854775808", "9223372036854775807" },
	{ "i128", "-170141183460469231731687303715884105728",
	  "170141183460469231731687303715884105727" },
	{ "u8", "0", "255" },
	{ "u16", "0", "65535" },
	{ "u32", "0", "4294967295" },
	{ "u64", "0", "18446744073709551615" },
	{ "u128", "0", "340282366920938463463374607431768211455" },
};

bool
dm_integer_format(const char *format, const char **low, const char **high)
{
	for (int i = 0; i < lengthof(integer_formats); i++)
		if (strcmp(format, integer_formats[i].format) == 0)
		{
			*low = integer_formats[i].low;
			*high = integer_formats[i].high;
			return true;
		}
	return false;
}

/* what some formats of text look like */
static const struct
{
	const char *format;
	const char *regex;
} text_formats[] = {
	{ "email", "^[^\\s@]+@[^\\s@.]+(?:\\.[^\\s@.]+)*$" },
	{ "uuid", "^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" },
	{ "uri", "^[A-Za-z][A-Za-z0-9+.\\-]*:\\S+$" },
	{ "hostname", "^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9\\-]{0,61}[A-Za-z0-9])?"
				  "(?:\\.[A-Za-z0-9](?:[A-Za-z0-9\\-]{0,61}[A-Za-z0-9])?)*$" },
	{ "ipv4", "^(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(?:\\.(?!$)|$)){4}$" },
	{ "ipv6", "^(?=.*:.*:)[0-9A-Fa-f:.]{2,45}$" },
	{ "byte", "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$" },
};

static const char *
format_regex(const DmProperty *property)
{
	const char *format = property->options.format;

	if (format == NULL || property->logical_type == NULL)
		return NULL;
	if (strcmp(property->logical_type, "string") == 0)
	{
		for (int i = 0; i < lengthof(text_formats); i++)
			if (strcmp(format, text_formats[i].format) == 0)
				return text_formats[i].regex;
		return NULL;
	}
	if (strcmp(property->logical_type, "date") == 0 ||
		strcmp(property->logical_type, "timestamp") == 0 ||
		strcmp(property->logical_type, "time") == 0)
		return dm_date_format_regex(format);
	return NULL;
}

void
dm_value_check_begin(DmValueCheck *check, const DmProperty *property)
{
	const char *format = format_regex(property);
	char *error;

	check->property = property;
	check->pattern = NULL;
	if (property->options.pattern != NULL)
		check->pattern = dm_pattern_compile(property->options.pattern, &error);
	check->format = format != NULL ? dm_pattern_compile(format, &error) : NULL;
}

/*
 * Patterns come from the document and may take too many steps.  Matching holds
 * nothing but memory, so that error can be caught plainly.
 */
static char *
pattern_problem(DmPattern *pattern, const char *text, const char *what, const char *written)
{
	MemoryContext cxt = CurrentMemoryContext;
	volatile bool found = false;
	volatile bool tired = false;

	if (pattern == NULL)
		return NULL;
	PG_TRY();
	{
		found = dm_pattern_search(pattern, text, strlen(text));
	}
	PG_CATCH();
	{
		ErrorData *edata;

		MemoryContextSwitchTo(cxt);
		edata = CopyErrorData();
		if (edata->sqlerrcode != ERRCODE_PROGRAM_LIMIT_EXCEEDED)
			PG_RE_THROW();
		FlushErrorState();
		FreeErrorData(edata);
		tired = true;
	}
	PG_END_TRY();
	if (tired)
		return psprintf("takes too many steps to be compared with the %s %s", what, written);
	return found ? NULL : psprintf("does not match the %s %s", what, written);
}

static Numeric
as_numeric(const char *text)
{
	return DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
											   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

/* texts of moderate size only: a number of a thousand digits bounds nothing that is measured */
bool
dm_number_text(const char *text)
{
	const char *s = text + (*text == '-' || *text == '+');
	size_t digits = strspn(s, "0123456789");
	size_t fraction = 0;

	s += digits;
	if (*s == '.')
	{
		fraction = strspn(s + 1, "0123456789");
		s += 1 + fraction;
	}
	if (digits + fraction == 0 || digits + fraction > 1000)
		return false;
	if (*s == 'e' || *s == 'E')
	{
		s++;
		s += *s == '-' || *s == '+';
		digits = strspn(s, "0123456789");
		if (digits == 0 || digits > 3)
			return false;
		s += digits;
	}
	return *s == '\0';
}

static int
compare_numbers(Numeric a, const char *b)
{
	return DatumGetInt32(
		DirectFunctionCall2(numeric_cmp, NumericGetDatum(a), NumericGetDatum(as_numeric(b))));
}

static bool
usable(const char *bound)
{
	return bound != NULL && dm_number_text(bound);
}

static char *
number_bounds_problem(const DmOptions *options, Numeric number)
{
	if (usable(options->minimum) && compare_numbers(number, options->minimum) < 0)
		return psprintf("is below the minimum %s", options->minimum);
	if (usable(options->exclusive_minimum) &&
		compare_numbers(number, options->exclusive_minimum) <= 0)
		return psprintf("is not above %s", options->exclusive_minimum);
	if (usable(options->maximum) && compare_numbers(number, options->maximum) > 0)
		return psprintf("is above the maximum %s", options->maximum);
	if (usable(options->exclusive_maximum) &&
		compare_numbers(number, options->exclusive_maximum) >= 0)
		return psprintf("is not below %s", options->exclusive_maximum);
	if (usable(options->multiple_of) && compare_numbers(as_numeric("0"), options->multiple_of) < 0)
	{
		Datum rest = DirectFunctionCall2(numeric_mod, NumericGetDatum(number),
										 NumericGetDatum(as_numeric(options->multiple_of)));

		if (compare_numbers(DatumGetNumeric(rest), "0") != 0)
			return psprintf("is no multiple of %s", options->multiple_of);
	}
	return NULL;
}

static char *
number_problem(DmValueCheck *check, const DmValue *value, bool whole, DmSeverity *severity)
{
	const char *low;
	const char *high;
	const DmOptions *options = &check->property->options;
	Numeric number;
	char *problem;

	if (value->json.type == jbvNumeric)
		number = value->json.val.numeric;
	else if (value->json.type == jbvString && dm_number_text(value->text))
		number = as_numeric(value->text);
	else
		return psprintf("is no %s", check->property->logical_type);
	if (whole &&
		compare_numbers(DatumGetNumeric(DirectFunctionCall2(numeric_trunc, NumericGetDatum(number),
															Int32GetDatum(0))),
						value->text) != 0)
		return pstrdup("is no whole number");
	if (whole && options->format != NULL && dm_integer_format(options->format, &low, &high) &&
		(compare_numbers(number, low) < 0 || compare_numbers(number, high) > 0))
		return psprintf("is beyond the format %s", options->format);
	problem = number_bounds_problem(options, number);
	if (problem == NULL && value->json.type == jbvString)
	{
		*severity = DM_WARNING;
		problem = pstrdup("is a number written as text");
	}
	return problem;
}

static char *
length_problem(const DmOptions *options, const char *text)
{
	int length = pg_mbstrlen(text);

	if (options->min_length >= 0 && length < options->min_length)
		return psprintf("is shorter than %lld characters", (long long) options->min_length);
	if (options->max_length >= 0 && length > options->max_length)
		return psprintf("is longer than %lld characters", (long long) options->max_length);
	return NULL;
}

static char *
string_problem(DmValueCheck *check, const DmValue *value, DmSeverity *severity)
{
	char *problem;

	if (value->text == NULL)
		return pstrdup("is no text");
	problem = length_problem(&check->property->options, value->text);
	if (problem == NULL)
		problem = pattern_problem(check->pattern, value->text, "pattern",
								  check->property->options.pattern);
	if (problem == NULL)
		problem = pattern_problem(check->format, value->text, "format",
								  check->property->options.format);
	if (problem == NULL && value->json.type != jbvString)
	{
		*severity = DM_WARNING;
		problem = psprintf("is a %s, where text is due: put it in quotes",
						   dm_json_type_name(&value->json));
	}
	return problem;
}

static char *
time_bounds_problem(const DmOptions *options, const DmIsoTime *time)
{
	const struct
	{
		const char *bound;
		int sign;
		bool exclusive;
		const char *message;
	} bounds[] = {
		{ options->minimum, -1, false, "is before %s" },
		{ options->exclusive_minimum, -1, true, "is not after %s" },
		{ options->maximum, 1, false, "is after %s" },
		{ options->exclusive_maximum, 1, true, "is not before %s" },
	};

	for (int i = 0; i < lengthof(bounds); i++)
	{
		DmIsoTime bound;
		int order;

		if (bounds[i].bound == NULL || !dm_iso_time(bounds[i].bound, &bound) ||
			bound.has_date != time->has_date)
			continue;
		order = (time->microseconds > bound.microseconds) -
				(time->microseconds < bound.microseconds);
		if (order == bounds[i].sign || (order == 0 && bounds[i].exclusive))
			return psprintf(bounds[i].message, bounds[i].bound);
	}
	return NULL;
}

static char *
time_problem(DmValueCheck *check, const DmValue *value, DmSeverity *severity)
{
	const char *type = check->property->logical_type;
	DmIsoTime time;

	if (value->text == NULL || value->json.type == jbvBool)
		return psprintf("is no %s", type);
	if (check->property->options.format != NULL)
		return pattern_problem(check->format, value->text, "format",
							   check->property->options.format);
	if (!dm_iso_time(value->text, &time) || time.has_date == (strcmp(type, "time") == 0))
		return psprintf("is no %s in ISO 8601", type);
	if (strcmp(type, "date") == 0 && time.has_time)
	{
		*severity = DM_WARNING;
		return pstrdup("has a time of day, which a date has not");
	}
	return time_bounds_problem(&check->property->options, &time);
}

static char *
collection_problem(DmValueCheck *check, const DmValue *value, bool array, DmSeverity *severity)
{
	const DmOptions *options = &check->property->options;
	JsonbContainer *container = array ? dm_json_as_array(&value->json) :
										dm_json_as_object(&value->json);
	int64 least = array ? options->min_items : options->min_properties;
	int64 most = array ? options->max_items : options->max_properties;
	int count;

	if (container == NULL)
	{
		/* people write collections as the text that a database shows */
		*severity = value->json.type == jbvString ? DM_INFO : DM_ERROR;
		return psprintf("is no %s", check->property->logical_type);
	}
	count = dm_json_count(container);
	if (least >= 0 && count < least)
		return psprintf("has fewer than %lld elements", (long long) least);
	if (most >= 0 && count > most)
		return psprintf("has more than %lld elements", (long long) most);
	return NULL;
}

static char *
type_problem(DmValueCheck *check, const DmValue *value, DmSeverity *severity)
{
	const char *type = check->property->logical_type;

	if (type == NULL)
		return NULL;
	if (strcmp(type, "string") == 0)
		return string_problem(check, value, severity);
	if (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0)
		return number_problem(check, value, *type == 'i', severity);
	if (strcmp(type, "boolean") == 0)
		return value->json.type == jbvBool ? NULL : pstrdup("is neither true nor false");
	if (strcmp(type, "date") == 0 || strcmp(type, "timestamp") == 0 || strcmp(type, "time") == 0)
		return time_problem(check, value, severity);
	if (strcmp(type, "array") == 0 || strcmp(type, "object") == 0 || strcmp(type, "map") == 0)
		return collection_problem(check, value, *type == 'a', severity);
	return NULL; /* the schema knows that there is no such type */
}

char *
dm_value_problem(DmValueCheck *check, const DmValue *value, DmSeverity *severity)
{
	*severity = DM_ERROR;
	if (value->json.type == jbvNull)
	{
		if (!check->property->required)
			return NULL;
		return pstrdup("is not allowed: the property is required");
	}
	return type_problem(check, value, severity);
}
