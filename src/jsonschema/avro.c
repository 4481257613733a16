/*
 * avro.c
 *		Whether a reader of one Avro schema can read what a writer of another one wrote.
 *
 * The rules of "Schema Resolution" in the specification of Avro 1.11.  Names match without their
 * namespace, or by an alias of the reader; decimals match by precision and scale.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/errors.h"
#include "jsonschema/compat.h"

/* A named type, by the name that others use for it. */
typedef struct AvroName
{
	char *name; /* with its namespace */
	JsNode *node;
} AvroName;

typedef struct AvroPair
{
	JsNode *writer;
	JsNode *reader;
} AvroPair;

typedef struct AvroCompare
{
	List *writer_names;
	List *reader_names;
	List *assumed; /* of AvroPair *: types refer to themselves */
	List *obstacles;
	int silent;
} AvroCompare;

/* A schema with its names resolved. */
typedef struct AvroType
{
	JsNode *node;	  /* where it is defined; a string for a primitive type */
	const char *kind; /* "record", "string", "union", ... */
} AvroType;

static const char *const primitives[] = {
	"null", "boolean", "int", "long", "float", "double", "bytes", "string"
};
static const char *const complex_kinds[] = { "record", "error", "enum", "fixed", "array", "map" };

static const char *
known_name(const char *name, const char *const *names, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return names[i];
	return NULL;
}

static void
malformed(JsNode *node, const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_DM_DOCUMENT),
			 errmsg("the Avro schema cannot be used"),
			 errdetail("%s: %s.", dm_js_pointer(node), what)));
}

/* A member that has to be a text, an array, ...; NULL if it is absent and need not be there. */
static JsNode *
member(JsNode *node, const char *key, JsType type, bool needed)
{
	JsNode *result = dm_js_get(node, key);

	if (result == NULL ? needed : result->type != type)
		malformed(result == NULL ? node : result,
				  psprintf("\"%s\" must be of type %s", key, dm_js_type_name(type)));
	return result;
}

static char *
text_member(JsNode *node, const char *key, bool needed)
{
	JsNode *result = member(node, key, JS_STRING, needed);

	return result == NULL ? NULL : dm_js_text(result);
}

static char *
full_name(const char *name, const char *space)
{
	if (strchr(name, '.') != NULL || space == NULL || space[0] == '\0')
		return pstrdup(name);
	return psprintf("%s.%s", space, name);
}

static char *
namespace_of(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot == NULL ? NULL : pnstrdup(name, dot - name);
}

static const char *
last_part(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot == NULL ? name : dot + 1;
}

static void collect_names(JsNode *node, const char *space, List **names);

static void
collect_named(JsNode *node, const char *space, List **names)
{
	AvroName *entry = palloc_object(AvroName);
	char *own = text_member(node, "namespace", false);

	entry->name = full_name(text_member(node, "name", true), own == NULL ? space : own);
	entry->node = node;
	*names = lappend(*names, entry);
	space = namespace_of(entry->name);
	if (dm_js_get(node, "fields") != NULL)
	{
		JsNode *fields = member(node, "fields", JS_ARRAY, true);

		for (int i = 0; i < fields->count; i++)
		{
			JsNode *type = dm_js_get(&fields->value.children[i], "type");

			if (type == NULL)
				malformed(&fields->value.children[i], "a field must have a type");
			collect_names(type, space, names);
		}
	}
}

/* The named types within a schema, with the namespace that is around them. */
static void
collect_names(JsNode *node, const char *space, List **names)
{
	JsNode *type;

	check_stack_depth();
	if (node->type == JS_ARRAY)
		for (int i = 0; i < node->count; i++)
			collect_names(&node->value.children[i], space, names);
	if (node->type != JS_OBJECT)
		return;
	type = dm_js_get(node, "type");
	if (type == NULL)
		malformed(node, "a schema must have a type");
	if (type->type != JS_STRING)
		collect_names(type, space, names);
	else if (dm_js_get(node, "fields") != NULL || dm_js_get(node, "symbols") != NULL ||
			 dm_js_get(node, "size") != NULL)
		collect_named(node, space, names);
	else if (dm_js_get(node, "items") != NULL)
		collect_names(dm_js_get(node, "items"), space, names);
	else if (dm_js_get(node, "values") != NULL)
		collect_names(dm_js_get(node, "values"), space, names);
}

/* The type that a name refers to: as it is, or in the namespace of a type around the node. */
static JsNode *
named_type(List *names, JsNode *node, const char *name)
{
	ListCell *lc;
	JsNode *similar = NULL;

	foreach(lc, names)
	{
		AvroName *entry = lfirst(lc);

		if (strcmp(entry->name, name) == 0)
			return entry->node;
		if (strchr(name, '.') == NULL && strcmp(last_part(entry->name), name) == 0)
			similar = entry->node;
	}
	if (similar == NULL)
		malformed(node, psprintf("there is no type \"%s\"", name));
	return similar;
}

static AvroType
resolve(List *names, JsNode *node)
{
	AvroType result = { node };
	JsNode *type = node;
	char *name;

	/* {"type": {"type": ...}} */
	while (type != NULL && type->type == JS_OBJECT)
	{
		result.node = type;
		type = dm_js_get(type, "type");
	}
	if (type == NULL)
		malformed(result.node, "a schema must have a type");
	if (type->type == JS_ARRAY)
	{
		result.node = type;
		result.kind = "union";
		return result;
	}
	if (type->type != JS_STRING)
		malformed(type, "a type must be a name, an object or an array");
	name = dm_js_text(type);
	result.kind = known_name(name, primitives, lengthof(primitives));
	if (result.kind == NULL && result.node != type)
		result.kind = known_name(name, complex_kinds, lengthof(complex_kinds));
	if (result.kind == NULL)
	{
		result.node = named_type(names, type, name);
		name = text_member(result.node, "type", true);
		result.kind = known_name(name, complex_kinds, lengthof(complex_kinds));
		if (result.kind == NULL)
			malformed(result.node, psprintf("\"%s\" is no kind of a named type", name));
	}
	return result;
}

static bool
obstacle(AvroCompare *compare, JsNode *node, const char *kind)
{
	if (compare->silent == 0)
	{
		JsObstacle *result = palloc_object(JsObstacle);

		result->pointer = dm_js_pointer(node);
		result->kind = kind;
		compare->obstacles = lappend(compare->obstacles, result);
	}
	return false;
}

static bool
is_promoted(const char *writer, const char *reader)
{
	static const char *const promotions[][2] = {
		{ "int", "long" }, { "int", "float" }, { "int", "double" }, { "long", "float" }, { "long", "double" }, { "float", "double" }, { "string", "bytes" }, { "bytes", "string" }
	};

	for (int i = 0; i < lengthof(promotions); i++)
		if (strcmp(writer, promotions[i][0]) == 0 && strcmp(reader, promotions[i][1]) == 0)
			return true;
	return false;
}

/* Whether a name is among the aliases of a named type or field. */
static bool
is_alias(JsNode *node, const char *name)
{
	JsNode *aliases = member(node, "aliases", JS_ARRAY, false);

	for (int i = 0; aliases != NULL && i < aliases->count; i++)
	{
		char *alias;
		bool same;

		if (aliases->value.children[i].type != JS_STRING)
			continue;
		alias = dm_js_text(&aliases->value.children[i]);
		same = strcmp(last_part(alias), name) == 0;
		pfree(alias);
		if (same)
			return true;
	}
	return false;
}

static bool
names_match(JsNode *writer, JsNode *reader)
{
	const char *name = last_part(text_member(writer, "name", true));

	return strcmp(name, last_part(text_member(reader, "name", true))) == 0 ||
		   is_alias(reader, name);
}

static bool can_read(AvroCompare *compare, JsNode *writer_node, JsNode *reader_node);

/* The writer's field that the reader's one stands for, or NULL. */
static JsNode *
written_field(JsNode *writer, JsNode *field)
{
	JsNode *fields = member(writer, "fields", JS_ARRAY, true);
	char *name = text_member(field, "name", true);

	for (int i = 0; i < fields->count; i++)
	{
		JsNode *written = &fields->value.children[i];
		char *written_name = text_member(written, "name", true);
		bool same = strcmp(written_name, name) == 0 || is_alias(field, written_name);

		/* each field is compared with each other one */
		CHECK_FOR_INTERRUPTS();
		pfree(written_name);
		if (same)
			return written;
	}
	return NULL;
}

static bool
can_read_record(AvroCompare *compare, JsNode *writer, JsNode *reader)
{
	JsNode *fields = member(reader, "fields", JS_ARRAY, true);
	bool readable = true;

	for (int i = 0; i < fields->count; i++)
	{
		JsNode *field = &fields->value.children[i];
		JsNode *written = written_field(writer, field);
		JsNode *type = dm_js_get(field, "type");

		if (type == NULL)
			malformed(field, "a field must have a type");
		if (written != NULL)
			readable &= can_read(compare, dm_js_get(written, "type"), type);
		else if (dm_js_get(field, "default") == NULL)
			readable = obstacle(compare, field, "field without default");
	}
	return readable;
}

static bool
can_read_enum(AvroCompare *compare, JsNode *writer, JsNode *reader)
{
	JsNode *written = member(writer, "symbols", JS_ARRAY, true);
	JsNode *symbols = member(reader, "symbols", JS_ARRAY, true);

	if (dm_js_get(reader, "default") != NULL)
		return true;
	for (int i = 0; i < written->count; i++)
	{
		bool known = false;

		CHECK_FOR_INTERRUPTS();
		for (int j = 0; j < symbols->count && !known; j++)
			known = dm_js_equal(&written->value.children[i], &symbols->value.children[j]);
		if (!known)
			return obstacle(compare, symbols, "symbols");
	}
	return true;
}

static bool
same_member(JsNode *a, JsNode *b, const char *key)
{
	JsNode *one = dm_js_get(a, key);
	JsNode *other = dm_js_get(b, key);

	return one == NULL || other == NULL ? one == other : dm_js_equal(one, other);
}

/* Logical types that change what the bytes mean. */
static bool
same_decimal(JsNode *writer, JsNode *reader)
{
	JsNode *logical = dm_js_get(writer, "logicalType");
	JsNode *other = dm_js_get(reader, "logicalType");
	bool decimal = logical != NULL && logical->type == JS_STRING &&
				   strcmp(dm_js_text(logical), "decimal") == 0;
	bool other_decimal = other != NULL && other->type == JS_STRING &&
						 strcmp(dm_js_text(other), "decimal") == 0;

	if (!decimal && !other_decimal)
		return true;
	return decimal == other_decimal && same_member(writer, reader, "precision") &&
		   same_member(writer, reader, "scale");
}

static bool
can_read_same_kind(AvroCompare *compare, AvroType writer, AvroType reader)
{
	const char *kind = reader.kind;

	if (!same_decimal(writer.node, reader.node))
		return obstacle(compare, reader.node, "decimal");
	if (strcmp(kind, "array") == 0 || strcmp(kind, "map") == 0)
	{
		const char *key = kind[0] == 'a' ? "items" : "values";
		JsNode *written = dm_js_get(writer.node, key);
		JsNode *read = dm_js_get(reader.node, key);

		if (written == NULL || read == NULL)
			malformed(written == NULL ? writer.node : reader.node,
					  psprintf("\"%s\" is missing", key));
		return can_read(compare, written, read);
	}
	if (known_name(kind, primitives, lengthof(primitives)) != NULL)
		return true;
	if (!names_match(writer.node, reader.node))
		return obstacle(compare, reader.node, "name");
	if (strcmp(kind, "enum") == 0)
		return can_read_enum(compare, writer.node, reader.node);
	if (strcmp(kind, "fixed") == 0)
		return same_member(writer.node, reader.node, "size") ||
			   obstacle(compare, reader.node, "size");
	return can_read_record(compare, writer.node, reader.node);
}

static bool
can_read_union(AvroCompare *compare, AvroType writer, JsNode *reader)
{
	AvroType read = resolve(compare->reader_names, reader);
	bool readable = true;

	if (strcmp(writer.kind, "union") == 0)
	{
		for (int i = 0; i < writer.node->count; i++)
			readable &= can_read(compare, &writer.node->value.children[i], reader);
		return readable;
	}
	for (int i = 0; i < read.node->count; i++)
	{
		compare->silent++;
		readable = can_read(compare, writer.node, &read.node->value.children[i]);
		compare->silent--;
		if (readable)
			return true;
	}
	return obstacle(compare, read.node, "union");
}

static bool
can_read(AvroCompare *compare, JsNode *writer_node, JsNode *reader_node)
{
	AvroType writer;
	AvroType reader;
	AvroPair pair;
	ListCell *lc;
	bool readable;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (writer_node == NULL)
		malformed(reader_node, "the writer's field has no type");
	writer = resolve(compare->writer_names, writer_node);
	reader = resolve(compare->reader_names, reader_node);
	foreach(lc, compare->assumed)
	{
		AvroPair *assumed = lfirst(lc);

		if (assumed->writer == writer.node && assumed->reader == reader.node)
			return true;
	}
	pair.writer = writer.node;
	pair.reader = reader.node;
	compare->assumed = lappend(compare->assumed, &pair);
	if (strcmp(writer.kind, "union") == 0 || strcmp(reader.kind, "union") == 0)
		readable = can_read_union(compare, writer, reader_node);
	else if (strcmp(writer.kind, reader.kind) == 0)
		readable = can_read_same_kind(compare, writer, reader);
	else
		readable = (is_promoted(writer.kind, reader.kind) &&
					same_decimal(writer.node, reader.node)) ||
				   obstacle(compare, reader.node, "type");
	compare->assumed = list_delete_last(compare->assumed);
	return readable;
}

List *
dm_avro_obstacles(Jsonb *writer, Jsonb *reader)
{
	AvroCompare compare = { 0 };
	JsNode *writer_node = dm_js_tree(writer);
	JsNode *reader_node = dm_js_tree(reader);

	collect_names(writer_node, NULL, &compare.writer_names);
	collect_names(reader_node, NULL, &compare.reader_names);
	(void) can_read(&compare, writer_node, reader_node);
	return compare.obstacles;
}
