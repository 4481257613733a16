/*
 * compile.c
 *		From the JSON of a schema to what documents can be checked with.
 *
 * Two passes over every document of the set.  The first walks the places where schemas stand and
 * notes which names ($id, $anchor) lead where, since a reference can name what comes later.  The
 * second makes a JsSchema of every node; a node keeps what was made of it, so recursion ends there.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/finding.h"
#include "base/strings.h"
#include "jsonschema/keyword.h"
#include "jsonschema/uri.h"

/* Where an absolute URI leads, with or without an anchor. */
typedef struct JsName
{
	const char *uri;
	uint32 hash;
	char status;
	bool dynamic; /* $dynamicAnchor */
	JsNode *node;
} JsName;

#define SH_PREFIX		js_names
#define SH_ELEMENT_TYPE JsName
#define SH_KEY_TYPE		const char *
#define SH_KEY			uri
#define SH_HASH_KEY(tb, key) \
	hash_bytes((const unsigned char *) (key), strlen(key))
#define SH_EQUAL(tb, a, b) (strcmp((a), (b)) == 0)
#define SH_SCOPE		   static inline
#define SH_STORE_HASH
#define SH_GET_HASH(tb, a) ((a)->hash)
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct JsCompile
{
	DmJsonSchema *set;
	JsNode *root; /* of the document that is compiled */
	DmSchemaResolver resolver;
	void *arg;
	List **findings;
	int errors;
};

bool
dm_js_complain(JsCompile *compile, JsNode *node, const char *fmt, ...)
{
	JsNode *root = node;
	char *message;
	va_list args;

	while (root->parent != NULL)
		root = root->parent;
	va_start(args, fmt);
	message = dm_vpsprintf(fmt, args);
	va_end(args);
	/* the pointer is into another document than the one that is compiled */
	if (compile->root != NULL && root != compile->root)
		message = psprintf("in schema \"%s\": %s", root->resource->uri, message);
	compile->errors++;
	dm_finding_add(compile->findings, "schema", DM_ERROR, dm_js_pointer(node), "%s", message);
	return false;
}

static JsDraft
known_draft(const char *uri, bool *known)
{
	static const struct
	{
		const char *uri;
		JsDraft draft;
	} drafts[] = {
		{ "https://json-schema.org/draft/2020-12/schema", JS_2020 },
		{ "https://json-schema.org/draft/2019-09/schema", JS_2019 },
		{ "http://json-schema.org/draft-07/schema", JS_DRAFT7 },
		{ "http://json-schema.org/draft-06/schema", JS_DRAFT7 },
		{ "http://json-schema.org/draft-04/schema", JS_DRAFT4 }
	};

	*known = true;
	for (int i = 0; i < lengthof(drafts); i++)
		if (strcmp(uri, drafts[i].uri) == 0)
			return drafts[i].draft;
	*known = false;
	return JS_2020;
}

/* A dialect of somebody's own: its meta-schema says what it is made of. */
static void
read_dialect(JsCompile *compile, JsResource *resource, const char *uri)
{
	Jsonb *document = compile->resolver == NULL ? NULL : compile->resolver(uri, compile->arg);
	JsNode *meta;
	JsNode *dialect;
	JsNode *vocabulary;
	char *fragment;
	bool known;

	if (document == NULL)
		return;
	meta = dm_js_tree(document);
	dialect = dm_js_get(meta, "$schema");
	if (dialect != NULL && dialect->type == JS_STRING)
		resource->draft = known_draft(dm_uri_resolve("", dm_js_text(dialect), &fragment), &known);
	vocabulary = dm_js_get(meta, "$vocabulary");
	if (vocabulary != NULL && vocabulary->type == JS_OBJECT)
		resource->validates =
			dm_js_get(vocabulary, "https://json-schema.org/draft/2020-12/vocab/validation") != NULL ||
			dm_js_get(vocabulary, "https://json-schema.org/draft/2019-09/vocab/validation") != NULL;
}

/* Notes where a URI leads.  The first one wins, also when a schema says something twice. */
static void
add_name(JsCompile *compile, char *uri, JsNode *node, bool dynamic)
{
	bool found;
	JsName *name = js_names_insert(compile->set->names, uri, &found);

	if (found && name->node == node)
		name->dynamic |= dynamic;
	else if (found)
		dm_js_complain(compile, node, "the identifier \"%s\" is used twice", uri);
	else
	{
		name->node = node;
		name->dynamic = dynamic;
	}
}

static JsResource *
new_resource(JsCompile *compile, JsResource *parent, JsNode *root, char *uri)
{
	JsResource *resource = palloc0_object(JsResource);
	JsNode *dialect = dm_js_get(root, "$schema");

	resource->set = compile->set;
	resource->uri = uri;
	resource->root = root;
	resource->draft = parent == NULL ? JS_2020 : parent->draft;
	resource->validates = parent == NULL ? true : parent->validates;
	if (dialect != NULL && dialect->type == JS_STRING)
	{
		char *fragment;
		char *absolute = dm_uri_resolve("", dm_js_text(dialect), &fragment);
		bool known;

		resource->draft = known_draft(absolute, &known);
		resource->validates = true;
		if (!known)
			read_dialect(compile, resource, absolute);
	}
	return resource;
}

/* "$id", or "id" before draft 6; NULL where it is absent or counts for nothing. */
static JsNode *
identifier(JsNode *node, JsDraft draft)
{
	JsNode *id = dm_js_get(node, draft == JS_DRAFT4 ? "id" : "$id");

	if (id == NULL || id->type != JS_STRING ||
		(draft < JS_2019 && dm_js_get(node, "$ref") != NULL))
		return NULL;
	return id;
}

static void
scan_anchors(JsCompile *compile, JsNode *node, JsResource *resource)
{
	static const char *const keywords[] = { "$anchor", "$dynamicAnchor" };
	JsNode *recursive = dm_js_get(node, "$recursiveAnchor");

	for (int i = 0; i < lengthof(keywords); i++)
	{
		JsNode *anchor = dm_js_get(node, keywords[i]);

		if (anchor == NULL || resource->draft < (i == 0 ? JS_2019 : JS_2020))
			continue;
		if (anchor->type != JS_STRING)
			dm_js_complain(compile, anchor, "%s must be a string", keywords[i]);
		else
			add_name(compile, psprintf("%s#%s", resource->uri, dm_js_text(anchor)), node, i == 1);
	}
	if (resource->draft == JS_2019 && node == resource->root && recursive != NULL &&
		recursive->type == JS_BOOLEAN)
		resource->recursive_anchor = recursive->value.boolean;
}

static void scan(JsCompile *compile, JsNode *node, JsResource *resource);

static void
scan_keyword(JsCompile *compile, const JsKeywordDef *def, JsNode *value, JsResource *resource)
{
	bool many = def->shape == JS_SCHEMA_LIST || def->shape == JS_SCHEMA_MAP ||
				def->shape == JS_SCHEMA_OR_STRINGS ||
				(def->shape == JS_SCHEMA_OR_LIST && value->type == JS_ARRAY);

	if (!many)
		scan(compile, value, resource);
	else if (value->type == JS_ARRAY || value->type == JS_OBJECT)
		for (int i = 0; i < value->count; i++)
			scan(compile, &value->value.children[i], resource);
}

/* Finds the names within a schema.  resource is the one around it, NULL only for documents. */
static void
scan(JsCompile *compile, JsNode *node, JsResource *resource)
{
	JsNode *id;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	if (node->type != JS_OBJECT)
		return;
	id = identifier(node, resource->draft);
	if (id != NULL)
	{
		char *fragment;
		char *uri = dm_uri_resolve(resource->uri, dm_js_text(id), &fragment);

		if (node != resource->root && dm_js_text(id)[0] != '#')
			resource = new_resource(compile, resource, node, uri);
		if (node == resource->root && dm_js_text(id)[0] != '#')
		{
			resource->uri = uri;
			add_name(compile, uri, node, false);
		}
		if (fragment != NULL && fragment[0] != '\0' && resource->draft < JS_2019)
			add_name(compile, psprintf("%s#%s", resource->uri, fragment), node, false);
	}
	node->resource = resource;
	scan_anchors(compile, node, resource);
	for (int i = 0; i < dm_js_nkeywords; i++)
	{
		const JsKeywordDef *def = &dm_js_keywords[i];
		JsNode *value = def->shape == JS_VALUE ? NULL : dm_js_get(node, def->name);

		if (value != NULL)
			scan_keyword(compile, def, value, resource);
	}
}

/* Takes a document into the set, under the URI that it was asked for. */
static JsNode *
add_document(JsCompile *compile, Jsonb *document, char *uri)
{
	JsNode *root = dm_js_tree(document);

	add_name(compile, uri, root, false);
	root->resource = new_resource(compile, NULL, root, uri);
	scan(compile, root, root->resource);
	return root;
}

/* The node that an absolute URI without fragment names; asks whoever gives us documents. */
static JsNode *
find_document(JsCompile *compile, char *uri)
{
	JsName *name = js_names_lookup(compile->set->names, uri);
	Jsonb *document;
	JsNode *root;

	if (name != NULL)
		return name->node;
	document = compile->resolver == NULL ? NULL : compile->resolver(uri, compile->arg);
	if (document == NULL)
		return NULL;
	root = add_document(compile, document, uri);
	/* all of it: what is not named here can be found by $dynamicRef */
	(void) dm_js_compile_schema(compile, root);
	return root;
}

/* A place that no keyword leads to, found by a pointer: of the resource that is around it. */
static void
scan_stray(JsCompile *compile, JsNode *node)
{
	JsNode *around = node;

	while (around->resource == NULL)
		around = around->parent;
	if (around == node)
		return;
	if (node->type == JS_OBJECT)
		scan(compile, node, around->resource);
	else
		node->resource = around->resource;
}

static JsNode *
find_fragment(JsCompile *compile, JsNode *root, const char *fragment)
{
	JsName *name;

	if (fragment == NULL || fragment[0] == '\0')
		return root;
	if (fragment[0] == '/')
		return dm_js_find(root, fragment);
	name = js_names_lookup(compile->set->names,
						   psprintf("%s#%s", root->resource->uri, fragment));
	return name == NULL ? NULL : name->node;
}

JsSchema *
dm_js_compile_reference(JsCompile *compile, JsSchema *owner, JsNode *reference,
						char **dynamic_anchor)
{
	char *fragment;
	char *uri;
	JsNode *root;
	JsNode *target;
	JsSchema *schema;

	if (reference->type != JS_STRING)
	{
		dm_js_complain(compile, reference, "a reference must be a string");
		return NULL;
	}
	uri = dm_uri_resolve(owner->resource->uri, dm_js_text(reference), &fragment);
	root = find_document(compile, uri);
	target = root == NULL ? NULL : find_fragment(compile, root, fragment);
	if (target == NULL)
	{
		dm_js_complain(compile, reference,
					   root == NULL ?
						   "unknown schema \"%s\": references lead to registered schemas only" :
						   "nothing is where the reference \"%s\" leads to",
					   dm_js_text(reference));
		return NULL;
	}
	scan_stray(compile, target);
	schema = dm_js_compile_schema(compile, target);
	if (schema != NULL)
		schema->shared = true;
	if (dynamic_anchor != NULL && fragment != NULL && fragment[0] != '\0' && fragment[0] != '/')
	{
		JsName *name = js_names_lookup(compile->set->names,
									   psprintf("%s#%s", root->resource->uri, fragment));

		/* only a dynamic anchor is looked for elsewhere */
		*dynamic_anchor = name != NULL && name->dynamic ? fragment : NULL;
	}
	return schema;
}

void
dm_js_compile_dynamic(JsCompile *compile)
{
	compile->set->dynamic = true;
}

JsSchema *
dm_js_dynamic_target(DmJsonSchema *set, JsResource *resource, const char *anchor)
{
	char *uri = psprintf("%s#%s", resource->uri, anchor);
	JsName *name = js_names_lookup(set->names, uri);

	pfree(uri);
	return name != NULL && name->dynamic ? name->node->schema : NULL;
}

JsKeyword *
dm_js_sibling(JsSchema *schema, const char *name)
{
	for (int i = 0; i < schema->nkeywords; i++)
		if (strcmp(schema->keywords[i].def->name, name) == 0)
			return &schema->keywords[i];
	return NULL;
}

/* Whether the draft of the resource has the keyword. */
static bool
applies(const JsKeywordDef *def, JsResource *resource)
{
	return resource->draft >= def->from && resource->draft <= def->to &&
		   (resource->validates || !def->validation);
}

static bool
compile_many(JsCompile *compile, JsKeyword *keyword)
{
	JsNode *value = keyword->node;

	keyword->schemas = palloc0_array(JsSchema *, Max(value->count, 1));
	for (int i = 0; i < value->count; i++)
	{
		JsNode *child = &value->value.children[i];

		if (keyword->def->shape == JS_SCHEMA_OR_STRINGS && child->type == JS_ARRAY)
			continue;
		keyword->schemas[i] = dm_js_compile_schema(compile, child);
	}
	return true;
}

/* Compiles the schemas within a keyword's value, whose type must fit the keyword. */
static bool
compile_shape(JsCompile *compile, JsKeyword *keyword)
{
	JsNode *value = keyword->node;

	switch (keyword->def->shape)
	{
		case JS_VALUE:
			return true;
		case JS_SCHEMA_OR_LIST:
			if (value->type == JS_ARRAY)
				return compile_many(compile, keyword);
			/* fall through */
		case JS_SCHEMA:
			keyword->schema = dm_js_compile_schema(compile, value);
			return keyword->schema != NULL;
		case JS_SCHEMA_LIST:
			if (value->type != JS_ARRAY || value->count == 0)
				return dm_js_complain(compile, value, "%s must be an array of schemas",
									  keyword->def->name);
			return compile_many(compile, keyword);
		case JS_SCHEMA_MAP:
		case JS_SCHEMA_OR_STRINGS:
			if (value->type != JS_OBJECT)
				return dm_js_complain(compile, value, "%s must be an object", keyword->def->name);
			return compile_many(compile, keyword);
	}
	return true;
}

static void
compile_keywords(JsCompile *compile, JsSchema *schema)
{
	JsNode *node = schema->node;
	bool only_ref = schema->resource->draft < JS_2019 && dm_js_get(node, "$ref") != NULL;

	/* no schema has more keywords than members */
	schema->keywords = palloc0_array(JsKeyword, Max(node->count, 1));
	for (int i = 0; i < dm_js_nkeywords; i++)
	{
		const JsKeywordDef *def = &dm_js_keywords[i];
		JsNode *value = dm_js_get(node, def->name);
		JsKeyword *keyword = &schema->keywords[schema->nkeywords];

		if (value == NULL || !applies(def, schema->resource) ||
			(only_ref && strcmp(def->name, "$ref") != 0 && def->check != NULL))
			continue;
		memset(keyword, 0, sizeof(JsKeyword));
		keyword->def = def;
		keyword->owner = schema;
		keyword->node = value;
		/* counted first: siblings are looked at; taken back where there is nothing to check */
		schema->nkeywords++;
		if (!compile_shape(compile, keyword) ||
			(def->compile != NULL && !def->compile(compile, schema, keyword)) ||
			def->check == NULL)
			schema->nkeywords--;
	}
}

JsSchema *
dm_js_compile_schema(JsCompile *compile, JsNode *node)
{
	JsSchema *schema = node->schema;

	check_stack_depth();
	if (schema != NULL)
		return schema;
	if (node->type != JS_OBJECT && node->type != JS_BOOLEAN)
	{
		dm_js_complain(compile, node, "a schema must be an object or a boolean, not %s",
					   dm_js_show(node));
		return NULL;
	}
	schema = palloc0_object(JsSchema);
	schema->node = node;
	node->schema = schema;
	if (node->type == JS_BOOLEAN)
	{
		schema->boolean = true;
		schema->answer = node->value.boolean;
		schema->resource = node->resource;
		return schema;
	}
	schema->resource = node->resource;
	compile_keywords(compile, schema);
	for (int i = 0; i < schema->nkeywords; i++)
		if (strncmp(schema->keywords[i].def->name, "unevaluated", 11) == 0)
			schema->unevaluated = compile->set->unevaluated = true;
	return schema;
}

DmJsonSchema *
dm_json_schema_compile(Jsonb *schema, const char *uri, List **findings, DmSchemaResolver resolver,
					   void *arg)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "datamesh JSON schema",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	JsCompile *compile = palloc0_object(JsCompile);
	List *found = NIL;
	ListCell *lc;
	JsNode *root;

	compile->set = palloc0_object(DmJsonSchema);
	compile->set->context = context;
	compile->set->names = js_names_create(context, 64, NULL);
	compile->resolver = resolver;
	compile->arg = arg;
	compile->findings = &found;
	root = add_document(compile, schema, pstrdup(uri == NULL ? "" : uri));
	compile->root = root;
	compile->set->root = dm_js_compile_schema(compile, root);
	MemoryContextSwitchTo(caller);
	if (compile->errors == 0)
		return compile->set;

	foreach(lc, found)
	{
		DmFinding *finding = lfirst(lc);

		dm_finding_add(findings, finding->source, finding->severity, finding->pointer, "%s",
					   finding->message);
	}
	MemoryContextDelete(context);
	return NULL;
}

void
dm_json_schema_free(DmJsonSchema *schema)
{
	MemoryContextDelete(schema->context);
}
