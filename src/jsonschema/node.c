/*
 * node.c
 *		A JSON value as a tree.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "jsonschema/node.h"

#define SHOWN_BYTES 60

static void fill(JsNode *node, JsonbValue *value);

static void
fill_children(JsNode *node, JsonbContainer *container)
{
	JsonbIterator *it = JsonbIteratorInit(container);
	JsonbIteratorToken token;
	JsonbValue value;
	int i = 0;

	node->type = JsonContainerIsObject(container) ? JS_OBJECT : JS_ARRAY;
	node->count = JsonContainerSize(container);
	node->value.children = palloc0_array(JsNode, Max(node->count, 1));
	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		JsNode *child = &node->value.children[i];

		if (token == WJB_KEY)
		{
			child->key = value.val.string.val;
			child->keylen = value.val.string.len;
		}
		else if (token == WJB_VALUE || token == WJB_ELEM)
		{
			child->parent = node;
			child->index = i++;
			fill(child, &value);
		}
	}
}

static void
fill(JsNode *node, JsonbValue *value)
{
	check_stack_depth();
	switch (value->type)
	{
		case jbvNull:
			node->type = JS_NULL;
			break;
		case jbvBool:
			node->type = JS_BOOLEAN;
			node->value.boolean = value->val.boolean;
			break;
		case jbvNumeric:
			node->type = JS_NUMBER;
			node->value.number = value->val.numeric;
			break;
		case jbvString:
			node->type = JS_STRING;
			node->value.string = value->val.string.val;
			node->count = value->val.string.len;
			break;
		case jbvBinary:
			CHECK_FOR_INTERRUPTS();
			fill_children(node, value->val.binary.data);
			break;
		default:
			elog(ERROR, "unexpected type %d of a value in jsonb", (int) value->type);
	}
}

JsNode *
dm_js_tree(Jsonb *jsonb)
{
	JsNode *root = palloc0_object(JsNode);
	JsonbValue value;

	if (!JsonbExtractScalar(&jsonb->root, &value))
	{
		value.type = jbvBinary;
		value.val.binary.data = &jsonb->root;
	}
	fill(root, &value);
	return root;
}

int64
dm_js_size(JsNode *node)
{
	int64 size = 1;

	check_stack_depth();
	if (node->type == JS_ARRAY || node->type == JS_OBJECT)
		for (int i = 0; i < node->count; i++)
			size += dm_js_size(&node->value.children[i]);
	return size;
}

/* The order of keys in jsonb. */
static int
compare_keys(const char *a, int alen, const char *b, int blen)
{
	if (alen != blen)
		return alen - blen;
	return memcmp(a, b, alen);
}

JsNode *
dm_js_member(JsNode *node, const char *key, int keylen)
{
	int low = 0;
	int high = node->type == JS_OBJECT ? node->count : 0;

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		JsNode *child = &node->value.children[middle];
		int order = compare_keys(key, keylen, child->key, child->keylen);

		if (order == 0)
			return child;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

JsNode *
dm_js_get(JsNode *node, const char *key)
{
	return dm_js_member(node, key, strlen(key));
}

bool
dm_js_is_integer(JsNode *node)
{
	Datum number;

	if (node->type != JS_NUMBER)
		return false;
	number = NumericGetDatum(node->value.number);
	return DatumGetBool(DirectFunctionCall2(numeric_eq, number,
											DirectFunctionCall2(numeric_trunc, number,
																Int32GetDatum(0))));
}

bool
dm_js_equal(JsNode *a, JsNode *b)
{
	check_stack_depth();
	if (a == b)
		return true;
	if (a->type != b->type || dm_js_hash(a) != dm_js_hash(b))
		return false;
	switch (a->type)
	{
		case JS_BOOLEAN:
			return a->value.boolean == b->value.boolean;
		case JS_NUMBER:
			return DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(a->value.number),
													NumericGetDatum(b->value.number)));
		case JS_STRING:
			return a->count == b->count && memcmp(a->value.string, b->value.string, a->count) == 0;
		case JS_ARRAY:
		case JS_OBJECT:
			if (a->count != b->count)
				return false;
			for (int i = 0; i < a->count; i++)
			{
				JsNode *one = &a->value.children[i];
				JsNode *other = &b->value.children[i];

				if (a->type == JS_OBJECT &&
					compare_keys(one->key, one->keylen, other->key, other->keylen) != 0)
					return false;
				if (!dm_js_equal(one, other))
					return false;
			}
			return true;
		default:
			return true;
	}
}

static uint32
hash_text(const char *text, int len)
{
	return hash_bytes((const unsigned char *) text, len);
}

/* Of the value: 1.0 and 1 are one. */
static uint32
hash_number(Numeric number)
{
	return DatumGetUInt32(DirectFunctionCall1(hash_numeric, NumericGetDatum(number)));
}

static uint32
compute_hash(JsNode *node)
{
	uint32 hash = murmurhash32(node->type);

	check_stack_depth();
	switch (node->type)
	{
		case JS_BOOLEAN:
			return hash_combine(hash, node->value.boolean);
		case JS_NUMBER:
			return hash_combine(hash, hash_number(node->value.number));
		case JS_STRING:
			return hash_combine(hash, hash_text(node->value.string, node->count));
		case JS_ARRAY:
		case JS_OBJECT:
			for (int i = 0; i < node->count; i++)
			{
				JsNode *child = &node->value.children[i];

				if (child->key != NULL)
					hash = hash_combine(hash, hash_text(child->key, child->keylen));
				hash = hash_combine(hash, dm_js_hash(child));
			}
			return hash;
		default:
			return hash;
	}
}

uint32
dm_js_hash(JsNode *node)
{
	if (node->hash == 0)
		node->hash = compute_hash(node) | 1;
	return node->hash;
}

char *
dm_js_text(JsNode *node)
{
	return pnstrdup(node->value.string, node->count);
}

int
dm_js_characters(JsNode *node)
{
	return pg_mbstrlen_with_len(node->value.string, node->count);
}

bool
dm_js_count(JsNode *node, int64 *value)
{
	Datum number;

	if (!dm_js_is_integer(node))
		return false;
	number = NumericGetDatum(node->value.number);
	if (DatumGetBool(DirectFunctionCall2(numeric_lt, number,
										 NumericGetDatum(int64_to_numeric(0)))))
		return false;
	/* nothing has more elements than that */
	if (DatumGetBool(DirectFunctionCall2(numeric_gt, number,
										 NumericGetDatum(int64_to_numeric(PG_INT32_MAX)))))
		*value = PG_INT32_MAX;
	else
		*value = DatumGetInt64(DirectFunctionCall1(numeric_int8, number));
	return true;
}

static void
append_pointer(StringInfo out, JsNode *node)
{
	check_stack_depth();
	if (node->parent == NULL)
		return;
	append_pointer(out, node->parent);
	appendStringInfoChar(out, '/');
	if (node->key == NULL)
		appendStringInfo(out, "%d", node->index);
	for (int i = 0; i < node->keylen; i++)
	{
		if (node->key[i] == '~')
			appendStringInfoString(out, "~0");
		else if (node->key[i] == '/')
			appendStringInfoString(out, "~1");
		else
			appendStringInfoChar(out, node->key[i]);
	}
}

char *
dm_js_pointer(JsNode *node)
{
	StringInfoData out;

	initStringInfo(&out);
	append_pointer(&out, node);
	return out.data;
}

/* One step of a pointer: to a member, or to an element by a number without leading zeros. */
static JsNode *
step(JsNode *node, const char *token, int len)
{
	int index = 0;

	if (node->type == JS_OBJECT)
		return dm_js_member(node, token, len);
	if (node->type != JS_ARRAY || len == 0 || len > 9 || (len > 1 && token[0] == '0'))
		return NULL;
	for (int i = 0; i < len; i++)
	{
		if (token[i] < '0' || token[i] > '9')
			return NULL;
		index = index * 10 + (token[i] - '0');
	}
	return index < node->count ? &node->value.children[index] : NULL;
}

JsNode *
dm_js_find(JsNode *root, const char *pointer)
{
	char *token = palloc(strlen(pointer) + 1);
	JsNode *node = root;

	while (node != NULL && *pointer == '/')
	{
		int len = 0;

		for (pointer++; *pointer != '\0' && *pointer != '/'; pointer++)
		{
			if (*pointer == '~' && (pointer[1] == '0' || pointer[1] == '1'))
				token[len++] = *++pointer == '0' ? '~' : '/';
			else
				token[len++] = *pointer;
		}
		node = step(node, token, len);
	}
	pfree(token);
	return *pointer == '\0' ? node : NULL;
}

const char *
dm_js_type_name(JsType type)
{
	switch (type)
	{
		case JS_NULL:
			return "null";
		case JS_BOOLEAN:
			return "boolean";
		case JS_NUMBER:
			return "number";
		case JS_STRING:
			return "string";
		case JS_ARRAY:
			return "array";
		case JS_OBJECT:
			return "object";
		case JS_INTEGER:
			return "integer";
	}
	return "unknown";
}

char *
dm_js_show(JsNode *node)
{
	int len;

	switch (node->type)
	{
		case JS_NULL:
			return pstrdup("null");
		case JS_BOOLEAN:
			return pstrdup(node->value.boolean ? "true" : "false");
		case JS_NUMBER:
		{
			char *text = DatumGetCString(DirectFunctionCall1(numeric_out,
															 NumericGetDatum(node->value.number)));

			if (strlen(text) > SHOWN_BYTES)
				strcpy(text + SHOWN_BYTES - 3, "...");
			return text;
		}
		case JS_STRING:
			len = pg_mbcliplen(node->value.string, node->count, SHOWN_BYTES);
			return psprintf("\"%s\"%s", pnstrdup(node->value.string, len),
							len < node->count ? "..." : "");
		default:
			return psprintf("an %s", dm_js_type_name(node->type));
	}
}
