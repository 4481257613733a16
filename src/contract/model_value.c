/*
 * model_value.c
 *		Typed reads out of a contract's document.
 *
 * Nothing here trusts the document: each value may be of any type.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/numeric.h"

#include "base/json.h"
#include "base/strings.h"
#include "contract/model_value.h"

static void add_finding(DmModelReader *reader, DmSeverity severity, const char *pointer,
						const char *fmt, va_list args) pg_attribute_printf(4, 0);

static void
add_finding(DmModelReader *reader, DmSeverity severity, const char *pointer, const char *fmt,
			va_list args)
{
	char *message;

	if (reader->findings == NULL)
		return;
	message = dm_vpsprintf(fmt, args);
	dm_finding_add(reader->findings, "import", severity, pointer, "%s", message);
	pfree(message);
}

void
dm_model_bend(DmModelReader *reader, const char *pointer, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_finding(reader, reader->lenient ? DM_WARNING : DM_ERROR, pointer, fmt, args);
	va_end(args);
}

void
dm_model_warning(DmModelReader *reader, const char *pointer, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_finding(reader, DM_WARNING, pointer, fmt, args);
	va_end(args);
}

void
dm_model_error(DmModelReader *reader, const char *pointer, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add_finding(reader, DM_ERROR, pointer, fmt, args);
	va_end(args);
}

const char *
dm_json_kind(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			return "null";
		case jbvString:
			return "text";
		case jbvNumeric:
			return "a number";
		case jbvBool:
			return "true or false";
		case jbvBinary:
			return JsonContainerIsArray(value->val.binary.data) ? "a list" : "an object";
		default:
			return "no JSON value";
	}
}

bool
dm_node_has(DmNode node, const char *key)
{
	JsonbValue value;

	return dm_json_find(node.object, key, &value);
}

/* a value that is there and is not null; the standard knows no null but in lists */
static bool
find_value(DmModelReader *reader, DmNode node, const char *key, JsonbValue *value)
{
	if (!dm_json_find(node.object, key, value))
		return false;
	if (value->type == jbvNull)
	{
		dm_model_bend(reader, dm_pointer(node.pointer, key), "null is read as if it were absent");
		return false;
	}
	return true;
}

/* the text of a value that ought to be text; collections have none */
static char *
value_text(DmModelReader *reader, const JsonbValue *value, const char *pointer)
{
	char *text = dm_json_scalar_text(value);

	if (text == NULL)
		dm_model_bend(reader, pointer, "%s is left out, where text is due", dm_json_kind(value));
	else if (value->type != jbvString)
		dm_model_bend(reader, pointer, "%s is read as the text \"%s\"", dm_json_kind(value), text);
	return text;
}

char *
dm_read_text(DmModelReader *reader, DmNode node, const char *key)
{
	JsonbValue value;

	if (!find_value(reader, node, key, &value))
		return NULL;
	if (value.type == jbvString)
		return dm_json_scalar_text(&value);
	return value_text(reader, &value, dm_pointer(node.pointer, key));
}

bool
dm_read_bool(DmModelReader *reader, DmNode node, const char *key, bool absent)
{
	JsonbValue value;
	bool result;

	if (!find_value(reader, node, key, &value))
		return absent;
	if (value.type == jbvBool)
		return value.val.boolean;
	if (value.type == jbvString &&
		parse_bool_with_len(value.val.string.val, value.val.string.len, &result))
	{
		dm_model_bend(reader, dm_pointer(node.pointer, key), "the text \"%s\" is read as %s",
					  dm_json_scalar_text(&value), result ? "true" : "false");
		return result;
	}
	dm_model_bend(reader, dm_pointer(node.pointer, key),
				  "%s is left out, where true or false is due", dm_json_kind(&value));
	return absent;
}

/* a whole number that fits; text of digits counts if it is bent */
static bool
value_int(const JsonbValue *value, int64 *result)
{
	char *text = dm_json_scalar_text(value);
	char *end;

	if (text == NULL || value->type == jbvBool || *text == '\0')
		return false;
	/* 3.0 is a whole number, too: JSON does not know the difference */
	if (value->type == jbvNumeric)
		text = DatumGetCString(DirectFunctionCall1(
			numeric_out, DirectFunctionCall1(numeric_trim_scale,
											 NumericGetDatum(value->val.numeric))));
	errno = 0;
	*result = strtoi64(text, &end, 10);
	return errno == 0 && end != text && *end == '\0';
}

int64
dm_read_int(DmModelReader *reader, DmNode node, const char *key, int64 absent)
{
	JsonbValue value;
	int64 result;

	if (!find_value(reader, node, key, &value))
		return absent;
	if (!value_int(&value, &result))
	{
		dm_model_bend(reader, dm_pointer(node.pointer, key),
					  "%s is left out, where a whole number is due", dm_json_kind(&value));
		return absent;
	}
	if (value.type != jbvNumeric)
		dm_model_bend(reader, dm_pointer(node.pointer, key),
					  "the text \"%s\" is read as a number", dm_json_scalar_text(&value));
	return result;
}

char *
dm_read_bound(DmModelReader *reader, DmNode node, const char *key)
{
	JsonbValue value;

	if (!find_value(reader, node, key, &value))
		return NULL;
	if (value.type == jbvString || value.type == jbvNumeric)
		return dm_json_scalar_text(&value);
	dm_model_bend(reader, dm_pointer(node.pointer, key), "%s is left out, where a bound is due",
				  dm_json_kind(&value));
	return NULL;
}

static void
fill_value(DmValue *result, const JsonbValue *value, char *pointer)
{
	result->pointer = pointer;
	result->json = *value;
	result->text = dm_json_scalar_text(value);
}

bool
dm_read_value(DmModelReader *reader, DmNode node, const char *key, DmValue *value)
{
	JsonbValue found;

	if (!dm_json_find(node.object, key, &found))
	{
		memset(value, 0, sizeof(DmValue));
		return false;
	}
	fill_value(value, &found, dm_pointer(node.pointer, key));
	return true;
}

DmNode
dm_read_object(DmModelReader *reader, DmNode node, const char *key)
{
	DmNode result = { NULL, NULL };
	JsonbValue value;

	if (!find_value(reader, node, key, &value))
		return result;
	result.pointer = dm_pointer(node.pointer, key);
	result.object = dm_json_as_object(&value);
	if (result.object == NULL)
		dm_model_bend(reader, result.pointer, "%s is left out, where an object is due",
					  dm_json_kind(&value));
	return result;
}

/*
 * The elements of a list, as DmValue.  Whoever writes one thing where a list
 * is due means a list of one.
 */
static List *
list_elements(DmModelReader *reader, DmNode node, const char *key, bool one_is_list)
{
	char *pointer;
	JsonbValue value;
	JsonbContainer *array;
	List *result = NIL;
	int count;

	if (!find_value(reader, node, key, &value))
		return NIL;
	pointer = dm_pointer(node.pointer, key);
	array = dm_json_as_array(&value);
	if (array == NULL)
	{
		DmValue *one = palloc(sizeof(DmValue));

		if (!one_is_list || value.type == jbvBinary)
		{
			dm_model_bend(reader, pointer, "%s is left out, where a list is due",
						  dm_json_kind(&value));
			return NIL;
		}
		dm_model_bend(reader, pointer, "%s is read as a list of one", dm_json_kind(&value));
		fill_value(one, &value, pointer);
		return list_make1(one);
	}
	count = dm_json_count(array);
	for (int i = 0; i < count; i++)
	{
		DmValue *item = palloc(sizeof(DmValue));

		dm_json_element(array, i, &value);
		fill_value(item, &value, dm_pointer_i(pointer, i));
		result = lappend(result, item);
	}
	return result;
}

List *
dm_read_values(DmModelReader *reader, DmNode node, const char *key)
{
	return list_elements(reader, node, key, true);
}

List *
dm_read_texts(DmModelReader *reader, DmNode node, const char *key)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, list_elements(reader, node, key, true))
	{
		DmValue *item = lfirst(lc);
		char *text = value_text(reader, &item->json, item->pointer);

		if (text != NULL)
			result = lappend(result, text);
	}
	return result;
}

List *
dm_read_list(DmModelReader *reader, DmNode node, const char *key, DmNodeReader read)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, list_elements(reader, node, key, false))
	{
		DmValue *item = lfirst(lc);
		DmNode element = { dm_json_as_object(&item->json), item->pointer };
		void *part;

		if (element.object == NULL)
		{
			dm_model_bend(reader, item->pointer, "%s is left out, where an object is due",
						  dm_json_kind(&item->json));
			continue;
		}
		part = read(reader, element);
		if (part != NULL)
			result = lappend(result, part);
	}
	return result;
}

bool
dm_custom_property(JsonbContainer *node, const char *property, JsonbValue *value)
{
	JsonbContainer *list;
	int count;

	if (!dm_json_array(node, "customProperties", &list))
		return false;
	count = dm_json_count(list);
	for (int i = 0; i < count; i++)
	{
		JsonbContainer *object;
		JsonbValue element;
		char *name;

		dm_json_element(list, i, &element);
		object = dm_json_as_object(&element);
		name = dm_json_text(object, "property");
		if (name != NULL && strcmp(name, property) == 0)
			return dm_json_find(object, "value", value);
	}
	return false;
}
