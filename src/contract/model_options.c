/*
 * model_options.c
 *		logicalTypeOptions and the values that a property may have.
 */
#include "postgres.h"

#include "base/json.h"
#include "contract/model_value.h"

/*
 * Before 3.1 an exclusive bound could be "true", said about the bound beside
 * it (trap T14).  Later documents that still say so mean the same.
 */
static char *
read_exclusive(DmModelReader *reader, DmNode node, const char *key, char **bound)
{
	JsonbValue value;
	char *result;

	if (!dm_json_find(node.object, key, &value) || value.type != jbvBool)
		return dm_read_bound(reader, node, key);
	if (reader->contract->api >= DM_API_V31)
		dm_model_bend(reader, dm_pointer(node.pointer, key),
					  "%s is read as said about the bound beside it, as before 3.1",
					  value.val.boolean ? "true" : "false");
	if (!value.val.boolean || *bound == NULL)
		return NULL;
	result = *bound;
	*bound = NULL;
	return result;
}

static List *
plain_values(List *values)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, values)
	{
		DmEnumValue *item = palloc0(sizeof(DmEnumValue));

		item->value = *(DmValue *) lfirst(lc);
		result = lappend(result, item);
	}
	return result;
}

static void *
read_enum_value(DmModelReader *reader, DmNode node)
{
	DmEnumValue *item = palloc0(sizeof(DmEnumValue));

	if (!dm_read_value(reader, node, "value", &item->value))
	{
		dm_model_error(reader, node.pointer, "a value of the enum has no \"value\"");
		return NULL;
	}
	item->id = dm_read_text(reader, node, "id");
	item->label = dm_read_text(reader, node, "label");
	item->description = dm_read_text(reader, node, "description");
	return item;
}

/* of 3.2 a list of objects; a list of plain values means the same */
static List *
read_enum(DmModelReader *reader, DmNode property)
{
	List *values;
	ListCell *lc;

	if (!dm_node_has(property, "enum"))
		return NIL;
	values = dm_read_values(reader, property, "enum");
	foreach(lc, values)
		if (((DmValue *) lfirst(lc))->json.type == jbvBinary)
			return dm_read_list(reader, property, "enum", read_enum_value);
	if (values != NIL)
		dm_model_bend(reader, dm_pointer(property.pointer, "enum"),
					  "plain values are read as the values of the enum");
	return plain_values(values);
}

static void
clear_options(DmOptions *options)
{
	memset(options, 0, sizeof(DmOptions));
	options->min_length = options->max_length = -1;
	options->precision = options->scale = -1;
	options->min_items = options->max_items = -1;
	options->min_properties = options->max_properties = -1;
	options->timezone = true;
}

/* what tools put there though the standard does not have it (trap T12) */
static void
read_foreign_options(DmModelReader *reader, DmNode node, DmOptions *options)
{
	static const char *const foreign[] = { "enum", "precision", "scale" };

	for (int i = 0; i < lengthof(foreign); i++)
		if (dm_node_has(node, foreign[i]))
			dm_model_bend(reader, dm_pointer(node.pointer, foreign[i]),
						  "\"%s\" is no option of the standard; it is kept and counts", foreign[i]);
	options->precision = dm_read_int(reader, node, "precision", -1);
	options->scale = dm_read_int(reader, node, "scale", -1);
	if (options->enumeration == NIL && dm_node_has(node, "enum"))
		options->enumeration = plain_values(dm_read_values(reader, node, "enum"));
}

void
dm_model_options(DmModelReader *reader, DmNode property, DmOptions *options)
{
	DmNode node;

	clear_options(options);
	options->enumeration = read_enum(reader, property);
	node = dm_read_object(reader, property, "logicalTypeOptions");
	options->node = node.object;
	options->pointer = node.pointer != NULL ? node.pointer :
											  dm_pointer(property.pointer, "logicalTypeOptions");
	if (node.object == NULL)
		return;
	options->min_length = dm_read_int(reader, node, "minLength", -1);
	options->max_length = dm_read_int(reader, node, "maxLength", -1);
	options->pattern = dm_read_text(reader, node, "pattern");
	options->format = dm_read_text(reader, node, "format");
	options->minimum = dm_read_bound(reader, node, "minimum");
	options->maximum = dm_read_bound(reader, node, "maximum");
	options->exclusive_minimum = read_exclusive(reader, node, "exclusiveMinimum",
												&options->minimum);
	options->exclusive_maximum = read_exclusive(reader, node, "exclusiveMaximum",
												&options->maximum);
	options->multiple_of = dm_read_bound(reader, node, "multipleOf");
	options->timezone_given = dm_node_has(node, "timezone");
	options->timezone = dm_read_bool(reader, node, "timezone", true);
	options->default_timezone = dm_read_text(reader, node, "defaultTimezone");
	options->min_items = dm_read_int(reader, node, "minItems", -1);
	options->max_items = dm_read_int(reader, node, "maxItems", -1);
	options->unique_items = dm_read_bool(reader, node, "uniqueItems", false);
	options->min_properties = dm_read_int(reader, node, "minProperties", -1);
	options->max_properties = dm_read_int(reader, node, "maxProperties", -1);
	options->required = dm_read_texts(reader, node, "required");
	read_foreign_options(reader, node, options);
}
