/*
 * json.c
 *		Reading and building jsonb without its ceremony.
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "base/json.h"

void
dm_json_root(Jsonb *document, JsonbValue *value)
{
	if (JB_ROOT_IS_SCALAR(document))
	{
		if (!JsonbExtractScalar(&document->root, value))
			elog(ERROR, "a scalar document has no value");
	}
	else
		JsonbToJsonbValue(document, value);
}

JsonbContainer *
dm_json_as_object(const JsonbValue *value)
{
	return value->type == jbvBinary && JsonContainerIsObject(value->val.binary.data) ?
			   value->val.binary.data :
			   NULL;
}

JsonbContainer *
dm_json_as_array(const JsonbValue *value)
{
	return value->type == jbvBinary && JsonContainerIsArray(value->val.binary.data) &&
				   !JsonContainerIsScalar(value->val.binary.data) ?
			   value->val.binary.data :
			   NULL;
}

char *
dm_json_scalar_text(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return pnstrdup(value->val.string.val, value->val.string.len);
		case jbvNumeric:
			return DatumGetCString(DirectFunctionCall1(numeric_out,
													   NumericGetDatum(value->val.numeric)));
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		default:
			return NULL;
	}
}

const char *
dm_json_type_name(const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvString:
			return "string";
		case jbvNumeric:
			return "number";
		case jbvBool:
			return "boolean";
		case jbvNull:
			return "null";
		case jbvObject:
			return "object";
		case jbvArray:
			return "array";
		case jbvBinary:
			return JsonContainerIsObject(value->val.binary.data) ? "object" : "array";
		default:
			elog(ERROR, "unknown type of jsonb value: %d", (int) value->type);
	}
	return NULL; /* keeps the compiler quiet */
}

bool
dm_json_find(JsonbContainer *object, const char *key, JsonbValue *value)
{
	return object != NULL && JsonContainerIsObject(object) &&
		   getKeyJsonValueFromContainer(object, key, strlen(key), value) != NULL;
}

char *
dm_json_text(JsonbContainer *object, const char *key)
{
	JsonbValue value;

	return dm_json_find(object, key, &value) ? dm_json_scalar_text(&value) : NULL;
}

bool
dm_json_bool(JsonbContainer *object, const char *key, bool *value)
{
	JsonbValue member;

	if (!dm_json_find(object, key, &member) || member.type != jbvBool)
		return false;
	*value = member.val.boolean;
	return true;
}

/*
 * Finds a whole number that fits an int; 3.0 is one, 3.5 and a text are not.
 */
bool
dm_json_int(JsonbContainer *object, const char *key, int *value)
{
	JsonbValue member;
	char *text;
	char *end;
	long number;

	if (!dm_json_find(object, key, &member) || member.type != jbvNumeric)
		return false;
	text = dm_json_scalar_text(&member);
	errno = 0;
	number = strtol(text, &end, 10);
	if (*end == '.')
		end += 1 + strspn(end + 1, "0");
	if (errno != 0 || *end != '\0' || number < PG_INT32_MIN || number > PG_INT32_MAX)
		return false;
	*value = (int) number;
	return true;
}

bool
dm_json_array(JsonbContainer *object, const char *key, JsonbContainer **array)
{
	JsonbValue value;

	*array = dm_json_find(object, key, &value) ? dm_json_as_array(&value) : NULL;
	return *array != NULL;
}

bool
dm_json_object(JsonbContainer *object, const char *key, JsonbContainer **member)
{
	JsonbValue value;

	*member = dm_json_find(object, key, &value) ? dm_json_as_object(&value) : NULL;
	return *member != NULL;
}

int
dm_json_count(JsonbContainer *container)
{
	return container == NULL ? 0 : JsonContainerSize(container);
}

bool
dm_json_element(JsonbContainer *array, int i, JsonbValue *value)
{
	JsonbValue *element;

	if (array == NULL || !JsonContainerIsArray(array) || i < 0 || i >= JsonContainerSize(array))
		return false;
	element = getIthJsonbValueFromContainer(array, i);
	if (element == NULL)
		return false;
	*value = *element;
	pfree(element);
	return true;
}

void
dm_json_each(DmJsonEach *each, JsonbContainer *container)
{
	JsonbValue ignored;

	memset(each, 0, sizeof(*each));
	each->index = -1;
	if (container == NULL)
		return;
	each->iterator = JsonbIteratorInit(container);
	JsonbIteratorNext(&each->iterator, &ignored, true);
}

bool
dm_json_next(DmJsonEach *each)
{
	JsonbIteratorToken token;

	if (each->iterator == NULL)
		return false;
	token = JsonbIteratorNext(&each->iterator, &each->value, true);
	if (token == WJB_KEY)
	{
		each->key = pnstrdup(each->value.val.string.val, each->value.val.string.len);
		token = JsonbIteratorNext(&each->iterator, &each->value, true);
	}
	if (token != WJB_VALUE && token != WJB_ELEM)
	{
		each->iterator = NULL; /* it has freed itself */
		return false;
	}
	each->index++;
	return true;
}

bool
dm_json_equal(const JsonbValue *a, const JsonbValue *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type)
	{
		case jbvNull:
			return true;
		case jbvString:
			return a->val.string.len == b->val.string.len &&
				   memcmp(a->val.string.val, b->val.string.val, a->val.string.len) == 0;
		case jbvNumeric:
			return DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(a->val.numeric),
													NumericGetDatum(b->val.numeric)));
		case jbvBool:
			return a->val.boolean == b->val.boolean;
		case jbvBinary:
			return compareJsonbContainers(a->val.binary.data, b->val.binary.data) == 0;
		default:
			elog(ERROR, "unexpected type of jsonb value: %d", (int) a->type);
	}
	return false; /* keeps the compiler quiet */
}

Jsonb *
dm_json_document(const JsonbValue *value)
{
	return JsonbValueToJsonb(unconstify(JsonbValue *, value));
}

/*
 * JSON pointers
 */

/* Documents have thousands of pointers, so that none takes more memory than it needs. */
char *
dm_pointer(const char *parent, const char *key)
{
	size_t parent_len = strlen(parent);
	size_t len = parent_len + 1;
	char *pointer;
	char *to;

	for (const char *c = key; *c != '\0'; c++)
		len += *c == '~' || *c == '/' ? 2 : 1;
	pointer = palloc(len + 1);
	memcpy(pointer, parent, parent_len);
	to = pointer + parent_len;
	*to++ = '/';
	for (; *key != '\0'; key++)
	{
		if (*key == '~' || *key == '/')
		{
			*to++ = '~';
			*to++ = *key == '~' ? '0' : '1';
		}
		else
			*to++ = *key;
	}
	*to = '\0';
	return pointer;
}

char *
dm_pointer_i(const char *parent, int i)
{
	char number[12];

	pg_ltoa(i, number);
	return dm_pointer(parent, number);
}

char *
dm_pointer_next(const char **pointer)
{
	const char *p = *pointer;
	char *segment;
	char *to;

	if (*p != '/')
		return NULL;
	p++;
	to = segment = palloc(strcspn(p, "/") + 1);
	for (; *p != '\0' && *p != '/'; p++)
	{
		if (p[0] == '~' && (p[1] == '0' || p[1] == '1'))
			*to++ = *++p == '0' ? '~' : '/';
		else
			*to++ = *p;
	}
	*to = '\0';
	*pointer = p;
	return segment;
}

int
dm_pointer_index(const char *segment)
{
	int value = 0;

	if (*segment == '\0' || (segment[0] == '0' && segment[1] != '\0'))
		return -1;
	for (; *segment != '\0'; segment++)
	{
		if (*segment < '0' || *segment > '9' || pg_mul_s32_overflow(value, 10, &value) ||
			pg_add_s32_overflow(value, *segment - '0', &value))
			return -1;
	}
	return value;
}

bool
dm_pointer_get(Jsonb *document, const char *pointer, JsonbValue *value)
{
	char *segment;

	dm_json_root(document, value);
	while ((segment = dm_pointer_next(&pointer)) != NULL)
	{
		JsonbContainer *object = dm_json_as_object(value);
		JsonbContainer *array = dm_json_as_array(value);

		if (object != NULL ? !dm_json_find(object, segment, value) :
							 !dm_json_element(array, dm_pointer_index(segment), value))
			return false;
	}
	return *pointer == '\0';
}

/*
 * Building
 */

static JsonbValue
string_value(const char *text)
{
	JsonbValue value;

	value.type = jbvString;
	value.val.string.val = unconstify(char *, text);
	value.val.string.len = strlen(text);
	return value;
}

static void
push_key(DmJsonBuilder *builder, const char *key)
{
	if (key != NULL)
	{
		JsonbValue name = string_value(key);

		pushJsonbValue(&builder->state, WJB_KEY, &name);
	}
}

static void
push_scalar(DmJsonBuilder *builder, const char *key, JsonbValue *value)
{
	push_key(builder, key);
	pushJsonbValue(&builder->state, key != NULL ? WJB_VALUE : WJB_ELEM, value);
}

void
dm_json_begin_object(DmJsonBuilder *builder, const char *key)
{
	push_key(builder, key);
	pushJsonbValue(&builder->state, WJB_BEGIN_OBJECT, NULL);
}

void
dm_json_end_object(DmJsonBuilder *builder)
{
	builder->result = pushJsonbValue(&builder->state, WJB_END_OBJECT, NULL);
}

void
dm_json_begin_array(DmJsonBuilder *builder, const char *key)
{
	push_key(builder, key);
	pushJsonbValue(&builder->state, WJB_BEGIN_ARRAY, NULL);
}

void
dm_json_end_array(DmJsonBuilder *builder)
{
	builder->result = pushJsonbValue(&builder->state, WJB_END_ARRAY, NULL);
}

void
dm_json_add_text(DmJsonBuilder *builder, const char *key, const char *value)
{
	if (value != NULL)
	{
		JsonbValue string = string_value(value);

		push_scalar(builder, key, &string);
	}
}

void
dm_json_add_bool(DmJsonBuilder *builder, const char *key, bool value)
{
	JsonbValue boolean;

	boolean.type = jbvBool;
	boolean.val.boolean = value;
	push_scalar(builder, key, &boolean);
}

void
dm_json_add_int(DmJsonBuilder *builder, const char *key, int64 value)
{
	JsonbValue number;

	number.type = jbvNumeric;
	number.val.numeric = int64_to_numeric(value);
	push_scalar(builder, key, &number);
}

void
dm_json_add_number(DmJsonBuilder *builder, const char *key, const char *number)
{
	JsonbValue value;

	value.type = jbvNumeric;
	value.val.numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(number),
															ObjectIdGetDatum(InvalidOid),
															Int32GetDatum(-1)));
	push_scalar(builder, key, &value);
}

void
dm_json_add_null(DmJsonBuilder *builder, const char *key)
{
	JsonbValue null;

	null.type = jbvNull;
	push_scalar(builder, key, &null);
}

void
dm_json_add_value(DmJsonBuilder *builder, const char *key, const JsonbValue *value)
{
	push_scalar(builder, key, unconstify(JsonbValue *, value));
}

void
dm_json_add_container(DmJsonBuilder *builder, const char *key, JsonbContainer *container)
{
	JsonbValue value;

	value.type = jbvBinary;
	value.val.binary.data = container;
	value.val.binary.len = 0; /* the server walks the container, which knows its size */
	push_scalar(builder, key, &value);
}

Jsonb *
dm_json_done(DmJsonBuilder *builder)
{
	if (builder->result == NULL || builder->state != NULL)
		elog(ERROR, "a document is built that is not complete");
	return JsonbValueToJsonb(builder->result);
}
