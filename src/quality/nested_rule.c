/*
 * nested_rule.c
 *		What a contract says of the parts of a column, as JSON Schema.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/lsyscache.h"

#include "base/json.h"
#include "contract/value.h"
#include "quality/measure_part.h"
#include "quality/nested_rule.h"

#define NOT_NULL "{\"not\": {\"type\": \"null\"}}"

typedef struct Step
{
	const char *keyword; /* of JSON Schema, for what is inside */
	const char *key;	 /* of "properties"; else NULL */
} Step;

/* --- parts --- */

DmPart *
dm_part_of_column(DmProperty *property)
{
	DmPart *part = palloc0(sizeof(DmPart));

	part->property = property;
	part->column = property->physical_name;
	part->name = property->name;
	return part;
}

static List *
add_part(List *parts, const DmPart *outer, DmProperty *property, const char *keyword, char *name)
{
	DmPart *part;
	Step *step;

	if (property == NULL)
		return parts;
	part = palloc0(sizeof(DmPart));
	step = palloc0(sizeof(Step));
	step->keyword = keyword;
	if (strcmp(keyword, "properties") == 0)
		step->key = property->physical_name;
	part->property = property;
	part->column = outer->column;
	part->name = name;
	part->steps = lappend(list_copy(outer->steps), step);
	return list_concat(lappend(parts, part), dm_parts_inside(part));
}

List *
dm_parts_inside(const DmPart *part)
{
	DmProperty *property = part->property;
	List *parts = NIL;
	ListCell *lc;

	check_stack_depth();
	foreach(lc, property->properties)
	{
		DmProperty *inner = lfirst(lc);

		parts = add_part(parts, part, inner, "properties",
						 psprintf("%s.%s", part->name, inner->name));
	}
	parts = add_part(parts, part, property->items, "items", psprintf("%s[]", part->name));
	parts = add_part(parts, part, property->map_key, "propertyNames",
					 psprintf("%s{key}", part->name));
	return add_part(parts, part, property->map_value, "additionalProperties",
					psprintf("%s{}", part->name));
}

bool
dm_part_is_measured(const DmRuleReader *reader, const DmPart *part)
{
	return OidIsValid(reader->relid) &&
		   get_attnum(reader->relid, part->column) != InvalidAttrNumber &&
		   dm_column_has_parts(reader->relid, part->column);
}

/* --- schemas --- */

static char *
quoted(const char *text)
{
	StringInfoData buf;

	initStringInfo(&buf);
	escape_json(&buf, text);
	return buf.data;
}

/* The schema of a column in which the last n steps lead to what a schema is about. */
static char *
wrapped(List *steps, const char *schema)
{
	char *result = pstrdup(schema);

	for (int i = list_length(steps) - 1; i >= 0; i--)
	{
		Step *step = list_nth(steps, i);

		result = step->key == NULL ? psprintf("{\"%s\": %s}", step->keyword, result) :
									 psprintf("{\"%s\": {%s: %s}}", step->keyword,
											  quoted(step->key), result);
	}
	return result;
}

/* The same where the part must be there, if what it is a part of is. */
static char *
demanded(const DmPart *part, const char *schema)
{
	Step *last = llast(part->steps);
	char *key;

	if (last->key == NULL)
		return wrapped(part->steps, schema);
	key = quoted(last->key);
	return wrapped(list_truncate(list_copy(part->steps), list_length(part->steps) - 1),
				   psprintf("{\"required\": [%s], \"properties\": {%s: %s}}", key, key, schema));
}

static Jsonb *
arguments_with(const char *schema)
{
	return DatumGetJsonbP(
		DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{\"schema\": %s}", schema))));
}

static DmRule *
add_schema(DmRuleReader *reader, const DmPart *part, const char *what, const char *schema)
{
	return dm_rule_add(reader, psprintf("%s.%s", part->name, what), part->column, "jsonSchema",
					   arguments_with(schema), NULL, DM_SOURCE_SCHEMA);
}

/* Something of which the value, if it is of another type, is not asked for. */
static void
add_keyword(DmRuleReader *reader, const DmPart *part, const char *keyword, const char *value)
{
	(void) add_schema(reader, part, keyword,
					  wrapped(part->steps, psprintf("{\"%s\": %s}", keyword, value)));
}

static void
add_count(DmRuleReader *reader, const DmPart *part, const char *type, const char *keyword,
		  int64 count)
{
	if (count >= 0)
		(void) add_schema(reader, part, keyword,
						  wrapped(part->steps,
								  psprintf("{\"type\": [\"%s\", \"null\"], \"%s\": " INT64_FORMAT
										   "}",
										   type, keyword, count)));
}

void
dm_part_count_rules(DmRuleReader *reader, const DmPart *part, bool items)
{
	DmOptions *options = &part->property->options;
	StringInfoData names;
	ListCell *lc;

	if (items)
	{
		add_count(reader, part, "array", "minItems", options->min_items);
		add_count(reader, part, "array", "maxItems", options->max_items);
	}
	if (options->unique_items)
		(void) add_schema(reader, part, "uniqueItems",
						  wrapped(part->steps, "{\"type\": [\"array\", \"null\"], "
											   "\"uniqueItems\": true}"));
	add_count(reader, part, "object", "minProperties", options->min_properties);
	add_count(reader, part, "object", "maxProperties", options->max_properties);
	if (options->required == NIL)
		return;
	initStringInfo(&names);
	foreach(lc, options->required)
		appendStringInfo(&names, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 quoted(lfirst(lc)));
	add_schema(reader, part, "requiredProperties",
			   wrapped(part->steps,
					   psprintf("{\"type\": [\"object\", \"null\"], \"required\": [%s]}",
								names.data)))
		->dimension = pstrdup("completeness");
}

/* Something that nobody measures of a part. */
static void
add_text(DmRuleReader *reader, const DmPart *part, const char *what)
{
	DmRule *rule = dm_rule_add(reader, psprintf("%s.%s", part->name, what), part->column, "text",
							   NULL, NULL, DM_SOURCE_SCHEMA);

	rule->description = psprintf("%s of a part of a column", what);
}

/* Dates and times are texts in JSON; a map is an object. */
static void
add_type(DmRuleReader *reader, const DmPart *part)
{
	const char *type = part->property->logical_type;
	const char *schema;

	if (type == NULL)
		return;
	if (strcmp(type, "date") == 0)
		schema = "{\"type\": [\"string\", \"null\"], \"format\": \"date\"}";
	else if (strcmp(type, "timestamp") == 0 || strcmp(type, "time") == 0)
		schema = "{\"type\": [\"string\", \"null\"]}";
	else if (strcmp(type, "map") == 0)
		schema = "{\"type\": [\"object\", \"null\"]}";
	else if (dm_argument_has_word(dm_metric_argument(dm_metric_get("logicalType", false), "type"),
								  type))
		schema = psprintf("{\"type\": [\"%s\", \"null\"]}", type);
	else
	{
		add_text(reader, part, "logicalType");
		return;
	}
	/* a date may be written in another form */
	if (strcmp(type, "date") == 0 && part->property->options.format != NULL)
		schema = "{\"type\": [\"string\", \"null\"]}";
	(void) add_schema(reader, part, "logicalType", wrapped(part->steps, schema));
}

/* A text may be a number in other forms than JSON's, such as +5 and .5. */
static char *
json_number(const char *text)
{
	Datum number = DirectFunctionCall3(numeric_in, CStringGetDatum(text),
									   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));

	return DatumGetCString(DirectFunctionCall1(numeric_out, number));
}

static void
add_bound(DmRuleReader *reader, const DmPart *part, const char *keyword, const char *bound)
{
	if (bound == NULL)
		return;
	if (dm_number_text(bound))
		add_keyword(reader, part, keyword, json_number(bound));
	else
		add_text(reader, part, keyword);
}

static void
add_format(DmRuleReader *reader, const DmPart *part)
{
	static const char *const asserted[] = { "email", "uuid", "uri", "hostname", "ipv4",
											"ipv6", "date", "time", "date-time" };
	const char *format = part->property->options.format;
	const char *low;
	const char *high;

	if (format == NULL || strcmp(format, "binary") == 0 || strcmp(format, "password") == 0)
		return;
	for (int i = 0; i < lengthof(asserted); i++)
		if (strcmp(format, asserted[i]) == 0)
		{
			add_keyword(reader, part, "format", quoted(format));
			return;
		}
	if (dm_integer_format(format, &low, &high))
		(void) add_schema(reader, part, "format",
						  wrapped(part->steps, psprintf("{\"multipleOf\": 1, \"minimum\": %s, "
														"\"maximum\": %s}",
														low, high)));
	else
		add_text(reader, part, "format");
}

/* Scalars, and null, as an array. */
static char *
values_text(List *values, bool enumeration, bool with_null)
{
	StringInfoData buf;
	const char *separator = with_null ? ", " : "";
	ListCell *lc;

	initStringInfo(&buf);
	appendStringInfo(&buf, "[%s", with_null ? "null" : "");
	foreach(lc, values)
	{
		DmValue *value = enumeration ? &((DmEnumValue *) lfirst(lc))->value : lfirst(lc);
		Jsonb *json = JsonbValueToJsonb(&value->json);

		appendStringInfo(&buf, "%s%s", separator, JsonbToCString(NULL, &json->root, VARSIZE(json)));
		separator = ", ";
	}
	appendStringInfoChar(&buf, ']');
	return buf.data;
}

static void
add_length(DmRuleReader *reader, const DmPart *part, const char *keyword, int64 length)
{
	if (length >= 0)
		add_keyword(reader, part, keyword, psprintf(INT64_FORMAT, length));
}

void
dm_part_rules(DmRuleReader *reader, const DmPart *part)
{
	DmProperty *property = part->property;
	DmOptions *options = &property->options;

	add_type(reader, part);
	if (property->required)
		add_schema(reader, part, "required", demanded(part, NOT_NULL))->dimension =
			pstrdup("completeness");
	if (property->unique || property->primary_key)
		add_text(reader, part, "unique");
	if (property->relationships != NIL)
		add_text(reader, part, "references");
	add_length(reader, part, "minLength", options->min_length);
	add_length(reader, part, "maxLength", options->max_length);
	if (options->pattern != NULL)
		add_keyword(reader, part, "pattern", quoted(options->pattern));
	add_format(reader, part);
	add_bound(reader, part, "minimum", options->minimum);
	add_bound(reader, part, "maximum", options->maximum);
	add_bound(reader, part, "exclusiveMinimum", options->exclusive_minimum);
	add_bound(reader, part, "exclusiveMaximum", options->exclusive_maximum);
	add_bound(reader, part, "multipleOf", options->multiple_of);
	if (options->enumeration != NIL)
		add_keyword(reader, part, "enum", values_text(options->enumeration, true, true));
	dm_part_count_rules(reader, part, true);
}

/* --- quality sections --- */

Jsonb *
dm_part_quality_arguments(const DmPart *part, const DmQuality *quality)
{
	const char *metric = quality->metric == NULL ? "" : quality->metric;
	char *missing = values_text(quality->missing_values, false, true);
	char *valid = "true";

	if (strcmp(quality->type, "library") != 0)
		return NULL;
	if (strcmp(metric, "nullValues") == 0)
		return arguments_with(demanded(part, NOT_NULL));
	if (strcmp(metric, "missingValues") == 0)
		return arguments_with(demanded(part, psprintf("{\"not\": {\"enum\": %s}}", missing)));
	if (strcmp(metric, "invalidValues") != 0 ||
		(!quality->has_valid_values && quality->pattern == NULL))
		return NULL;
	if (quality->has_valid_values)
		valid = psprintf("{\"enum\": %s}", values_text(quality->valid_values, false, false));
	if (quality->pattern != NULL)
		valid = psprintf("{\"allOf\": [%s, {\"pattern\": %s}]}", valid, quoted(quality->pattern));
	return arguments_with(
		wrapped(part->steps, psprintf("{\"anyOf\": [{\"enum\": %s}, %s]}", missing, valid)));
}
