/*
 * odps.c
 *		Open Data Product Standard (Bitol) 1.0.
 */
#include "postgres.h"

#include "base/json.h"
#include "exchange/product_document.h"

#define API_VERSION "v1.0.0"

/* What kind of management port a content is; the standard names three, and lets others be. */
static const struct
{
	const char *content;
	const char *kind;
} management_kinds[] = {
	{ "discoverability", "discovery" },
	{ "observability", "observability" },
	{ "control", "control" },
};

const char *const dm_odps_key_order[] = {
	"apiVersion", "kind", "channel", "username",
	"property", "id", "name", "role",
	"version", "status", "domain", "tenant",
	"value", "content", "type", "contractId",
	"url", "description", "purpose", "limitations",
	"usage", "tool", "scope", "invitationUrl",
	"dateIn", "dateOut", "replacedByUsername", "inputPorts",
	"outputPorts", "managementPorts", "sbom", "inputContracts",
	"support", "members", "team", "tags",
	"customProperties", "authoritativeDefinitions", "productCreatedTs", NULL
};

static List *
read_texts(JsonbContainer *object, const char *key)
{
	JsonbContainer *array;
	DmJsonEach each;
	List *result = NIL;

	if (!dm_json_array(object, key, &array))
		return NIL;
	dm_json_each(&each, array);
	while (dm_json_next(&each))
	{
		char *text = dm_json_scalar_text(&each.value);

		if (text != NULL)
			result = lappend(result, text);
	}
	return result;
}

static const char *
kind_of_content(const char *content)
{
	for (int i = 0; content != NULL && i < lengthof(management_kinds); i++)
		if (strcmp(content, management_kinds[i].content) == 0)
			return management_kinds[i].kind;
	return "management";
}

static void
read_ports(JsonbContainer *root, const char *key, const char *kind, DmDeclaredProduct *product,
		   List **findings)
{
	JsonbContainer *array;
	DmJsonEach each;

	if (!dm_json_array(root, key, &array))
		return;
	dm_json_each(&each, array);
	while (dm_json_next(&each))
	{
		JsonbContainer *node = dm_json_as_object(&each.value);
		DmDeclaredPort *port = palloc0(sizeof(DmDeclaredPort));

		port->pointer = dm_pointer_i(dm_pointer("", key), each.index);
		port->kind = kind != NULL ? kind : kind_of_content(dm_json_text(node, "content"));
		port->name = dm_json_text(node, "name");
		port->version = dm_json_text(node, "version");
		port->description = dm_json_text(node, "description");
		port->contract_id = dm_json_text(node, "contractId");
		if (port->name == NULL)
			dm_finding_add(findings, "import", DM_WARNING, port->pointer, "a port has no name");
		product->ports = lappend(product->ports, port);
	}
}

DmDeclaredProduct *
dm_odps_read(Jsonb *document, List **findings)
{
	JsonbContainer *root = &document->root;
	JsonbContainer *part;
	DmDeclaredProduct *product = palloc0(sizeof(DmDeclaredProduct));

	product->api_version = dm_json_text(root, "apiVersion");
	product->id = dm_json_text(root, "id");
	product->name = dm_json_text(root, "name");
	product->version = dm_json_text(root, "version");
	product->status = dm_json_text(root, "status");
	product->tenant = dm_json_text(root, "tenant");
	product->domain = dm_json_text(root, "domain");
	product->tags = read_texts(root, "tags");
	if (dm_json_object(root, "description", &part))
		product->description = dm_json_text(part, "purpose");
	if (dm_json_object(root, "team", &part))
		product->owner = dm_json_text(part, "name");
	read_ports(root, "inputPorts", "input", product, findings);
	read_ports(root, "outputPorts", "output", product, findings);
	read_ports(root, "managementPorts", NULL, product, findings);
	return product;
}

/* --- writing --- */

static const char *
content_of_kind(const char *kind)
{
	for (int i = 0; i < lengthof(management_kinds); i++)
		if (strcmp(kind, management_kinds[i].kind) == 0)
			return management_kinds[i].content;
	return "dictionary";
}

static void
write_port(DmJsonBuilder *b, DmDeclaredProduct *product, DmDeclaredPort *port, bool management)
{
	dm_json_begin_object(b, NULL);
	dm_json_add_text(b, "name", port->name);
	/* the standard describes all ports but inputs */
	if (strcmp(port->kind, "input") != 0)
		dm_json_add_text(b, "description", port->description);
	if (management)
		dm_json_add_text(b, "content", content_of_kind(port->kind));
	else
	{
		dm_json_add_text(b, "version", port->version ? port->version : product->version);
		/* an input port must name a contract */
		if (port->contract_id != NULL || strcmp(port->kind, "input") == 0)
			dm_json_add_text(b, "contractId", port->contract_id ? port->contract_id : port->name);
	}
	dm_json_end_object(b);
}

/* The ports of a kind, NULL for those that are neither input nor output. */
static void
write_ports(DmJsonBuilder *b, const char *key, const char *kind, DmDeclaredProduct *product)
{
	bool begun = false;
	ListCell *lc;

	foreach(lc, product->ports)
	{
		DmDeclaredPort *port = lfirst(lc);
		bool management = strcmp(port->kind, "input") != 0 && strcmp(port->kind, "output") != 0;

		if (port->name == NULL ||
			(kind == NULL ? !management : strcmp(port->kind, kind) != 0))
			continue;
		if (!begun)
			dm_json_begin_array(b, key);
		begun = true;
		write_port(b, product, port, management);
	}
	if (begun)
		dm_json_end_array(b);
}

Jsonb *
dm_odps_write(DmDeclaredProduct *product)
{
	DmJsonBuilder b = { NULL };
	ListCell *lc;

	dm_json_begin_object(&b, NULL);
	dm_json_add_text(&b, "apiVersion", API_VERSION);
	dm_json_add_text(&b, "kind", "DataProduct");
	dm_json_add_text(&b, "id", product->id);
	dm_json_add_text(&b, "name", product->name);
	dm_json_add_text(&b, "version", product->version);
	dm_json_add_text(&b, "status", product->status ? product->status : "draft");
	dm_json_add_text(&b, "domain", product->domain);
	dm_json_add_text(&b, "tenant", product->tenant);
	if (product->description != NULL)
	{
		dm_json_begin_object(&b, "description");
		dm_json_add_text(&b, "purpose", product->description);
		dm_json_end_object(&b);
	}
	if (product->tags != NIL)
	{
		dm_json_begin_array(&b, "tags");
		foreach(lc, product->tags)
			dm_json_add_text(&b, NULL, lfirst(lc));
		dm_json_end_array(&b);
	}
	write_ports(&b, "inputPorts", "input", product);
	write_ports(&b, "outputPorts", "output", product);
	write_ports(&b, "managementPorts", NULL, product);
	if (product->owner != NULL)
	{
		dm_json_begin_object(&b, "team");
		dm_json_add_text(&b, "name", product->owner);
		dm_json_end_object(&b);
	}
	dm_json_end_object(&b);
	return dm_json_done(&b);
}
