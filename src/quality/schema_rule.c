/*
 * schema_rule.c
 *		The rules that the schema section of a contract means.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/json.h"
#include "base/sqlname.h"
#include "contract/value.h"
#include "quality/nested_rule.h"

typedef struct PropertyReader
{
	DmRuleReader *reader;
	DmProperty *property;
} PropertyReader;

/* An argument with one text, number or list; NULL for no arguments. */
static DmRule *
add_rule(PropertyReader *p, const char *metric, Jsonb *arguments)
{
	return dm_rule_add(p->reader, psprintf("%s.%s", p->property->name, metric),
					   p->property->physical_name, metric, arguments, NULL, DM_SOURCE_SCHEMA);
}

static Jsonb *
text_argument(const char *name, const char *text)
{
	DmJsonBuilder b = { NULL };

	dm_json_begin_object(&b, NULL);
	dm_json_add_text(&b, name, text);
	dm_json_end_object(&b);
	return dm_json_done(&b);
}

/* A bound is a number, or a date as text. */
static void
add_bound(PropertyReader *p, const char *metric, const char *bound)
{
	DmJsonBuilder b = { NULL };

	if (bound == NULL)
		return;
	dm_json_begin_object(&b, NULL);
	if (dm_number_text(bound))
		dm_json_add_number(&b, "value", bound);
	else
		dm_json_add_text(&b, "value", bound);
	dm_json_end_object(&b);
	add_rule(p, metric, dm_json_done(&b));
}

static void
add_length(PropertyReader *p, const char *metric, int64 length)
{
	if (length >= 0)
		add_bound(p, metric, psprintf(INT64_FORMAT, length));
}

static void
add_enumeration(PropertyReader *p)
{
	DmJsonBuilder b = { NULL };
	ListCell *lc;

	if (p->property->options.enumeration == NIL)
		return;
	dm_json_begin_object(&b, NULL);
	dm_json_begin_array(&b, "values");
	foreach(lc, p->property->options.enumeration)
		dm_json_add_value(&b, NULL, &((DmEnumValue *) lfirst(lc))->value.json);
	dm_json_end_array(&b);
	dm_json_end_object(&b);
	add_rule(p, "enum", dm_json_done(&b));
}

/* Something that the contract says and nobody here can measure. */
static void
add_text(PropertyReader *p, const char *what, const char *text)
{
	DmRule *rule = dm_rule_add(p->reader, psprintf("%s.%s", p->property->name, what),
							   p->property->physical_name, "text",
							   text_argument("description", text), NULL, DM_SOURCE_SCHEMA);

	rule->description = pstrdup(text);
}

static bool
is_text_column(PropertyReader *p)
{
	AttrNumber attnum;

	if (!OidIsValid(p->reader->relid))
		return false;
	attnum = get_attnum(p->reader->relid, p->property->physical_name);
	return attnum != InvalidAttrNumber &&
		   TypeCategory(getBaseType(get_atttype(p->reader->relid, attnum))) == TYPCATEGORY_STRING;
}

/* A date's form is one of texts: a column of a date's type has none. */
static void
add_format(PropertyReader *p)
{
	const char *format = p->property->options.format;
	const char *logical = p->property->logical_type;

	if (format == NULL)
		return;
	if (dm_argument_has_word(dm_metric_argument(dm_metric_get("format", false), "format"), format))
		add_rule(p, "format", text_argument("format", format));
	else if (logical != NULL && (strcmp(logical, "date") == 0 || strcmp(logical, "time") == 0 ||
								 strcmp(logical, "timestamp") == 0))
	{
		if (is_text_column(p))
			add_rule(p, "dateFormat", text_argument("format", format));
	}
	else
		add_text(p, "format", psprintf("format \"%s\"", format));
}

static Oid
column_type(PropertyReader *p)
{
	AttrNumber attnum = InvalidAttrNumber;

	if (OidIsValid(p->reader->relid))
		attnum = get_attnum(p->reader->relid, p->property->physical_name);
	return attnum == InvalidAttrNumber ? InvalidOid :
										 getBaseType(get_atttype(p->reader->relid, attnum));
}

static bool
is_array(PropertyReader *p)
{
	Oid type = column_type(p);

	return OidIsValid(type) && OidIsValid(get_element_type(type));
}

/* All elements of an array count, however many dimensions it has. */
static void
add_items(PropertyReader *p, const char *what, const char *operator, int64 items)
{
	if (items < 0)
		return;
	if (!is_array(p))
		add_text(p, what, psprintf("%s " INT64_FORMAT, what, items));
	else
		dm_rule_add(p->reader, psprintf("%s.%s", p->property->name, what), NULL, "expression",
					text_argument("expression",
								  psprintf("cardinality(%s) %s " INT64_FORMAT,
										   quote_identifier(p->property->physical_name), operator,
										   items)),
					NULL, DM_SOURCE_SCHEMA)
			->dimension = pstrdup("conformity");
}

static void
add_options(PropertyReader *p)
{
	DmOptions *options = &p->property->options;
	DmPart *column = dm_part_of_column(p->property);
	ListCell *lc;

	add_length(p, "minLength", options->min_length);
	add_length(p, "maxLength", options->max_length);
	if (options->pattern != NULL)
		add_rule(p, "pattern", text_argument("pattern", options->pattern));
	add_format(p);
	add_bound(p, "minimum", options->minimum);
	add_bound(p, "maximum", options->maximum);
	add_bound(p, "exclusiveMinimum", options->exclusive_minimum);
	add_bound(p, "exclusiveMaximum", options->exclusive_maximum);
	add_bound(p, "multipleOf", options->multiple_of);
	add_enumeration(p);
	if (is_array(p) || !dm_part_is_measured(p->reader, column))
	{
		add_items(p, "minItems", ">=", options->min_items);
		add_items(p, "maxItems", "<=", options->max_items);
	}
	if (dm_part_is_measured(p->reader, column))
	{
		dm_part_count_rules(p->reader, column, !is_array(p));
		foreach(lc, dm_parts_inside(column))
			dm_part_rules(p->reader, lfirst(lc));
		return;
	}
	if (dm_parts_inside(column) != NIL)
		add_text(p, "parts", "properties or items of a column that has none");
	if (options->unique_items)
		add_text(p, "uniqueItems", "uniqueItems");
	if (options->min_properties >= 0)
		add_text(p, "minProperties", psprintf("minProperties " INT64_FORMAT, options->min_properties));
	if (options->max_properties >= 0)
		add_text(p, "maxProperties", psprintf("maxProperties " INT64_FORMAT, options->max_properties));
	if (options->required != NIL)
		add_text(p, "requiredProperties", "required properties of the object");
}

static void
add_type(PropertyReader *p, const char *metric, const char *type)
{
	const DmArgument *argument = dm_metric_argument(dm_metric_get(metric, false), "type");

	if (type == NULL)
		return;
	if (argument->words != NULL && !dm_argument_has_word(argument, type))
		add_text(p, metric, psprintf("%s \"%s\"", metric, type));
	else
		add_rule(p, metric, text_argument("type", type));
}

static void
property_rules(PropertyReader *p)
{
	add_rule(p, "present", NULL);
	add_type(p, "logicalType", p->property->logical_type);
	add_type(p, "physicalType", p->property->physical_type);
	/* a key is both already */
	if (p->property->required && !p->property->primary_key)
		add_rule(p, "required", NULL);
	if (p->property->unique && !(p->property->primary_key && p->reader->object->nkeys == 1))
		add_rule(p, "unique", NULL);
	add_options(p);
}

static int
by_key_position(const ListCell *a, const ListCell *b)
{
	return ((DmProperty *) lfirst(a))->primary_key_position -
		   ((DmProperty *) lfirst(b))->primary_key_position;
}

static void
add_primary_key(DmRuleReader *reader)
{
	List *keys = NIL;
	DmJsonBuilder b = { NULL };
	ListCell *lc;

	foreach(lc, reader->object->properties)
		if (((DmProperty *) lfirst(lc))->primary_key)
			keys = lappend(keys, lfirst(lc));
	if (keys == NIL)
		return;
	list_sort(keys, by_key_position);
	if (list_length(keys) == 1)
	{
		dm_rule_add(reader, "primaryKey", ((DmProperty *) linitial(keys))->physical_name,
					"primaryKey", NULL, NULL, DM_SOURCE_SCHEMA);
		return;
	}
	dm_json_begin_object(&b, NULL);
	dm_json_begin_array(&b, "properties");
	foreach(lc, keys)
		dm_json_add_text(&b, NULL, ((DmProperty *) lfirst(lc))->physical_name);
	dm_json_end_array(&b);
	dm_json_end_object(&b);
	dm_rule_add(reader, "primaryKey", NULL, "primaryKey", dm_json_done(&b), NULL,
				DM_SOURCE_SCHEMA);
}

/* What a relationship connects, as far as this contract tells it. */
typedef struct Connection
{
	List *from; /* char *: columns here */
	DmObject *to_object;
	List *to; /* char *: columns there */
} Connection;

static bool
add_end(DmRuleReader *reader, DmProperty *property, DmReference *from, DmReference *to,
		Connection *connection)
{
	DmObject *object = reader->object;
	DmProperty *referring = property;
	DmProperty *referred = NULL;

	if (from != NULL && (from->contract != NULL ||
						 !dm_reference_resolve(reader->contract, from, &object, &referring)))
		return false;
	if (referring == NULL || object != reader->object || to->contract != NULL ||
		!dm_reference_resolve(reader->contract, to, &object, &referred) || referred == NULL ||
		(connection->to_object != NULL && connection->to_object != object))
		return false;
	connection->to_object = object;
	connection->from = lappend(connection->from, referring->physical_name);
	connection->to = lappend(connection->to, referred->physical_name);
	return true;
}

static bool
connect(DmRuleReader *reader, DmProperty *property, DmRelationship *relationship,
		Connection *connection)
{
	ListCell *lc;

	foreach(lc, relationship->to)
	{
		int i = foreach_current_index(lc);
		DmReference *from = i < list_length(relationship->from) ? list_nth(relationship->from, i) :
																  NULL;

		if (!add_end(reader, property, from, lfirst(lc), connection))
			return false;
	}
	return connection->to_object != NULL;
}

static Jsonb *
reference_arguments(Connection *connection, const char *relation)
{
	DmJsonBuilder b = { NULL };
	ListCell *lc;

	dm_json_begin_object(&b, NULL);
	dm_json_add_text(&b, "relation", relation);
	dm_json_begin_array(&b, "columns");
	foreach(lc, connection->to)
		dm_json_add_text(&b, NULL, lfirst(lc));
	dm_json_end_array(&b);
	if (list_length(connection->from) > 1)
	{
		dm_json_begin_array(&b, "properties");
		foreach(lc, connection->from)
			dm_json_add_text(&b, NULL, lfirst(lc));
		dm_json_end_array(&b);
	}
	dm_json_end_object(&b);
	return dm_json_done(&b);
}

static void
add_relationship(DmRuleReader *reader, DmProperty *property, DmRelationship *relationship)
{
	Connection connection = { NIL };
	char *problem = NULL;
	char *name;
	Oid target;
	DmRule *rule;

	if (strcmp(relationship->type, "foreignKey") != 0)
		return;
	name = property == NULL ? pstrdup("references") : psprintf("%s.references", property->name);
	if (!connect(reader, property, relationship, &connection))
	{
		rule = dm_rule_add(reader, name, property == NULL ? NULL : property->physical_name, "text",
						   NULL, NULL, DM_SOURCE_SCHEMA);
		rule->description = pstrdup("a relationship that leads out of the contract");
		return;
	}
	target = dm_contract_relation(reader->contract, reader->product, connection.to_object,
								  &problem);
	rule = dm_rule_add(reader, name,
					   list_length(connection.from) == 1 ? linitial(connection.from) : NULL,
					   "references",
					   reference_arguments(&connection, OidIsValid(target) ?
															dm_relation_sql(target) :
															connection.to_object->physical_name),
					   NULL, DM_SOURCE_SCHEMA);
	if (rule->problem == NULL)
		rule->problem = problem;
}

void
dm_schema_rules(DmRuleReader *reader)
{
	ListCell *lc;

	foreach(lc, reader->object->properties)
	{
		PropertyReader p = { reader, lfirst(lc) };

		property_rules(&p);
	}
	add_primary_key(reader);
	foreach(lc, reader->object->relationships)
		add_relationship(reader, NULL, lfirst(lc));
	foreach(lc, reader->object->properties)
	{
		DmProperty *property = lfirst(lc);
		ListCell *lr;

		foreach(lr, property->relationships)
			add_relationship(reader, property, lfirst(lr));
	}
}
