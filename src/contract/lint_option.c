/*
 * lint_option.c
 *		Semantic checks of logicalTypeOptions.
 */
#include "postgres.h"

#include "pgtime.h"

#include "base/json.h"
#include "base/pattern.h"
#include "contract/isotime.h"
#include "contract/lint_part.h"

/* the options and the logical types that have them */
static const struct
{
	const char *option;
	const char *types;
} options_of_types[] = {
	{ "minLength", "string" },
	{ "maxLength", "string" },
	{ "pattern", "string" },
	{ "format", "string integer number date timestamp time" },
	{ "minimum", "integer number date timestamp time" },
	{ "maximum", "integer number date timestamp time" },
	{ "exclusiveMinimum", "integer number date timestamp time" },
	{ "exclusiveMaximum", "integer number date timestamp time" },
	{ "multipleOf", "integer number" },
	{ "timezone", "timestamp time" },
	{ "defaultTimezone", "timestamp time" },
	{ "minItems", "array" },
	{ "maxItems", "array" },
	{ "uniqueItems", "array" },
	{ "minProperties", "object map" },
	{ "maxProperties", "object map" },
	{ "required", "object" },
	{ "precision", "number integer" },
	{ "scale", "number integer" },
	{ "enum", "string integer number boolean date timestamp time" },
};

static const char *const string_formats[] = { "email", "uuid", "uri", "hostname", "ipv4",
											  "ipv6", "byte", "binary", "password", "date",
											  "time", "date-time" };

static bool
is_one_of(const char *word, const char *words)
{
	size_t len = strlen(word);

	for (const char *s = words; (s = strstr(s, word)) != NULL; s += len)
		if ((s == words || s[-1] == ' ') && (s[len] == ' ' || s[len] == '\0'))
			return true;
	return false;
}

static void
check_fit(DmLint *lint, DmProperty *property)
{
	DmJsonEach each;

	if (property->logical_type == NULL || property->options.node == NULL)
		return;
	dm_json_each(&each, property->options.node);
	while (dm_json_next(&each))
		for (int i = 0; i < lengthof(options_of_types); i++)
			if (strcmp(each.key, options_of_types[i].option) == 0 &&
				!is_one_of(property->logical_type, options_of_types[i].types))
				dm_lint_error(lint, dm_pointer(property->options.pointer, each.key),
							  "\"%s\" says nothing about the logical type \"%s\"", each.key,
							  property->logical_type);
}

static void
check_order(DmLint *lint, const DmOptions *options, int64 low, const char *low_key, int64 high,
			const char *high_key)
{
	if (low >= 0 && high >= 0 && low > high)
		dm_lint_error(lint, dm_pointer(options->pointer, low_key),
					  "\"%s\" %lld is above \"%s\" %lld: no value has both", low_key,
					  (long long) low, high_key, (long long) high);
}

/* how two bounds compare, by the property's type; false if that cannot be told */
static bool
compare_bounds(DmProperty *property, const char *a, const char *b, int *order)
{
	DmIsoTime atime;
	DmIsoTime btime;
	double anumber;
	double bnumber;

	if (dm_is_type(property, "integer") || dm_is_type(property, "number"))
	{
		if (!dm_lint_number(a, &anumber) || !dm_lint_number(b, &bnumber))
			return false;
		*order = (anumber > bnumber) - (anumber < bnumber);
		return true;
	}
	if (!dm_iso_time(a, &atime) || !dm_iso_time(b, &btime) || atime.has_date != btime.has_date)
		return false;
	*order = (atime.microseconds > btime.microseconds) - (atime.microseconds < btime.microseconds);
	return true;
}

/* a bound is of the type that it bounds */
static void
check_bound(DmLint *lint, DmProperty *property, const char *bound, const char *key)
{
	const DmOptions *options = &property->options;
	DmIsoTime time;
	double number;

	if (bound == NULL)
		return;
	if (dm_is_type(property, "integer") || dm_is_type(property, "number"))
	{
		if (!dm_lint_number(bound, &number))
			dm_lint_error(lint, dm_pointer(options->pointer, key), "\"%s\" is no number", bound);
		return;
	}
	/* a format of its own may be anything */
	if (options->format != NULL || property->logical_type == NULL)
		return;
	if ((dm_is_type(property, "date") || dm_is_type(property, "timestamp") ||
		 dm_is_type(property, "time")) &&
		(!dm_iso_time(bound, &time) || time.has_date == dm_is_type(property, "time")))
		dm_lint_error(lint, dm_pointer(options->pointer, key), "\"%s\" is no %s in ISO 8601", bound,
					  property->logical_type);
}

static void
check_bounds(DmLint *lint, DmProperty *property)
{
	const DmOptions *o = &property->options;
	const char *lows[] = { o->minimum, o->exclusive_minimum };
	const char *highs[] = { o->maximum, o->exclusive_maximum };
	const char *low_keys[] = { "minimum", "exclusiveMinimum" };
	const char *high_keys[] = { "maximum", "exclusiveMaximum" };

	for (int i = 0; i < 2; i++)
	{
		check_bound(lint, property, lows[i], low_keys[i]);
		check_bound(lint, property, highs[i], high_keys[i]);
	}
	for (int i = 0; i < 2; i++)
		for (int j = 0; j < 2; j++)
		{
			int order;

			/* equal bounds leave one value, unless one of them is exclusive */
			if (lows[i] != NULL && highs[j] != NULL &&
				compare_bounds(property, lows[i], highs[j], &order) &&
				(order > 0 || (order == 0 && (i > 0 || j > 0))))
				dm_lint_error(lint, dm_pointer(o->pointer, low_keys[i]),
							  "no value is within \"%s\" %s and \"%s\" %s", low_keys[i], lows[i],
							  high_keys[j], highs[j]);
		}
	if (o->minimum != NULL && o->exclusive_minimum != NULL)
		dm_lint_info(lint, dm_pointer(o->pointer, "exclusiveMinimum"), "both lower bounds count");
	if (o->maximum != NULL && o->exclusive_maximum != NULL)
		dm_lint_info(lint, dm_pointer(o->pointer, "exclusiveMaximum"), "both upper bounds count");
}

static void
check_format(DmLint *lint, DmProperty *property)
{
	const char *format = property->options.format;
	char *pointer = dm_pointer(property->options.pointer, "format");

	if (format == NULL)
		return;
	if (dm_is_type(property, "string"))
	{
		for (int i = 0; i < lengthof(string_formats); i++)
			if (strcmp(format, string_formats[i]) == 0)
				return;
		dm_lint_info(lint, pointer, "\"%s\" is kept; nobody checks this format", format);
	}
	else if (dm_is_type(property, "date") || dm_is_type(property, "timestamp") ||
			 dm_is_type(property, "time"))
	{
		if (dm_date_format_regex(format) == NULL)
			dm_lint_warning(lint, pointer, "\"%s\" is no date pattern as JDK has them", format);
	}
}

static void
check_timezone(DmLint *lint, const DmOptions *options)
{
	const char *zone = options->default_timezone;

	if (zone != NULL && (strlen(zone) > TZ_STRLEN_MAX || pg_tzset(zone) == NULL))
		dm_lint_warning(lint, dm_pointer(options->pointer, "defaultTimezone"),
						"the server knows no time zone \"%s\"", zone);
}

static void
check_required(DmLint *lint, DmProperty *property)
{
	ListCell *lc;

	foreach(lc, property->options.required)
	{
		const char *name = lfirst(lc);
		ListCell *lc2;
		bool found = property->properties == NIL;

		foreach(lc2, property->properties)
			found = found || strcmp(((DmProperty *) lfirst(lc2))->name, name) == 0;
		if (!found)
			dm_lint_warning(lint, dm_pointer(property->options.pointer, "required"),
							"the object has no property \"%s\"", name);
	}
}

static void
check_scale(DmLint *lint, const DmOptions *options)
{
	if (options->precision >= 0 && options->scale > options->precision)
		dm_lint_error(lint, dm_pointer(options->pointer, "scale"),
					  "the scale is above the precision");
}

void
dm_lint_options(DmLint *lint, DmProperty *property)
{
	const DmOptions *options = &property->options;
	double number;
	char *error;

	if (options->node == NULL)
		return;
	check_fit(lint, property);
	check_order(lint, options, options->min_length, "minLength", options->max_length, "maxLength");
	check_order(lint, options, options->min_items, "minItems", options->max_items, "maxItems");
	check_order(lint, options, options->min_properties, "minProperties", options->max_properties,
				"maxProperties");
	check_bounds(lint, property);
	if (options->pattern != NULL && dm_pattern_compile(options->pattern, &error) == NULL)
		dm_lint_error(lint, dm_pointer(options->pointer, "pattern"),
					  "the pattern is no regular expression: %s", error);
	if (options->multiple_of != NULL &&
		(!dm_lint_number(options->multiple_of, &number) || number <= 0))
		dm_lint_error(lint, dm_pointer(options->pointer, "multipleOf"),
					  "\"%s\" is no number above 0", options->multiple_of);
	check_format(lint, property);
	check_timezone(lint, options);
	check_required(lint, property);
	check_scale(lint, options);
}
