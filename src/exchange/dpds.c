/*
 * dpds.c
 *		Data Product Descriptor Specification (Open Data Mesh) 1.0.
 *
 * A part of a descriptor may stand in another document, which "$ref" names.  One within the
 * document is followed; any other stays what it is, a name that is stored and not opened.
 */
#include "postgres.h"

#include "commands/dbcommands.h"
#include "miscadmin.h"

#include "base/json.h"
#include "base/words.h"
#include "contract/semver.h"
#include "exchange/product_document.h"

#define DESCRIPTOR_VERSION "1.0.0"

/* a reference may lead to another one, which may lead back */
#define MAX_REFERENCES 10

static const struct
{
	const char *key;
	const char *kind;
} port_lists[] = {
	{ "inputPorts", "input" },
	{ "outputPorts", "output" },
	{ "discoveryPorts", "discovery" },
	{ "observabilityPorts", "observability" },
	{ "controlPorts", "control" },
};

const char *const dm_dpds_key_order[] = {
	"dataProductDescriptor", "info", "id", "fullyQualifiedName", "entityType", "name", "version",
	"displayName", "domain", "description", "owner", "contactPoints", "specification",
	"specificationVersion", "interfaceComponents", "inputPorts", "outputPorts", "discoveryPorts",
	"observabilityPorts", "controlPorts", "platform", "servicesType", "api", "deprecationPolicy",
	"slo", "audience", "usage", "termsAndConditions", "billingPolicy", "sla", "definition",
	"apiVersion", "kind", "promises", "expectations", "obligations", "internalComponents",
	"components", "tags", "externalDocs", NULL
};

/* A node, or what it refers to within the document; NULL for what stands elsewhere. */
static JsonbContainer *
follow(Jsonb *document, JsonbContainer *node)
{
	for (int i = 0; i < MAX_REFERENCES; i++)
	{
		char *ref = dm_json_text(node, "$ref");
		JsonbValue value;

		if (ref == NULL)
			return node;
		if (ref[0] != '#' || !dm_pointer_get(document, ref + 1, &value))
			return NULL;
		node = dm_json_as_object(&value);
		if (node == NULL)
			return NULL;
	}
	return NULL;
}

/* The id of the contract that a port's promises have as their definition; NULL for none. */
static char *
contract_of(Jsonb *document, JsonbContainer *port)
{
	JsonbContainer *part;
	char *specification;

	if (!dm_json_object(port, "promises", &part) || (part = follow(document, part)) == NULL ||
		!dm_json_object(part, "api", &part) || (part = follow(document, part)) == NULL)
		return NULL;
	specification = dm_json_text(part, "specification");
	if (specification == NULL || pg_strcasecmp(specification, "odcs") != 0 ||
		!dm_json_object(part, "definition", &part))
		return NULL;
	return dm_json_text(part, "id");
}

static void
read_port(Jsonb *document, JsonbContainer *node, const char *kind, char *pointer,
		  DmDeclaredProduct *product, List **findings)
{
	DmDeclaredPort *port = palloc0(sizeof(DmDeclaredPort));
	JsonbContainer *target = follow(document, node);

	port->pointer = pointer;
	port->kind = kind;
	port->description = dm_json_text(node, "description");
	if (target == NULL)
		dm_finding_add(findings, "import", DM_INFO, pointer,
					   "the port is described elsewhere, in \"%s\", which is not opened",
					   dm_json_text(node, "$ref"));
	else
	{
		port->name = dm_json_text(target, "name");
		port->version = dm_json_text(target, "version");
		if (port->description == NULL)
			port->description = dm_json_text(target, "description");
		port->contract_id = contract_of(document, target);
		if (port->name == NULL)
			dm_finding_add(findings, "import", DM_WARNING, pointer, "a port has no name");
	}
	product->ports = lappend(product->ports, port);
}

static void
read_ports(Jsonb *document, DmDeclaredProduct *product, List **findings)
{
	JsonbContainer *interface;

	if (!dm_json_object(&document->root, "interfaceComponents", &interface))
		return;
	for (int i = 0; i < lengthof(port_lists); i++)
	{
		char *list = dm_pointer("/interfaceComponents", port_lists[i].key);
		JsonbContainer *array;
		DmJsonEach each;

		if (!dm_json_array(interface, port_lists[i].key, &array))
			continue;
		dm_json_each(&each, array);
		while (dm_json_next(&each))
			read_port(document, dm_json_as_object(&each.value), port_lists[i].kind,
					  dm_pointer_i(list, each.index), product, findings);
	}
}

/* --- the components inside, which must not depend on themselves --- */

typedef struct Component
{
	char *pointer;
	char *name;
	char *qualified;
	List *depends_on; /* char *: names or qualified names */
	int state;		  /* 0: not seen, 1: being walked, 2: done */
} Component;

static void
read_components(Jsonb *document, JsonbContainer *inside, const char *key, List **components)
{
	JsonbContainer *array;
	DmJsonEach each;

	if (!dm_json_array(inside, key, &array))
		return;
	dm_json_each(&each, array);
	while (dm_json_next(&each))
	{
		JsonbContainer *node = follow(document, dm_json_as_object(&each.value));
		Component *component = palloc0(sizeof(Component));
		JsonbContainer *list;
		DmJsonEach dependency;

		component->pointer = dm_pointer_i(dm_pointer("/internalComponents", key), each.index);
		component->name = dm_json_text(node, "name");
		component->qualified = dm_json_text(node, "fullyQualifiedName");
		*components = lappend(*components, component);
		if (!dm_json_array(node, "dependsOn", &list))
			continue;
		dm_json_each(&dependency, list);
		while (dm_json_next(&dependency))
		{
			char *name = dm_json_scalar_text(&dependency.value);

			if (name != NULL)
				component->depends_on = lappend(component->depends_on, name);
		}
	}
}

static Component *
find_component(List *components, const char *name)
{
	ListCell *lc;

	foreach(lc, components)
	{
		Component *component = lfirst(lc);

		if ((component->name != NULL && strcmp(component->name, name) == 0) ||
			(component->qualified != NULL && strcmp(component->qualified, name) == 0))
			return component;
	}
	return NULL;
}

static void
walk(List *components, Component *component, List **findings)
{
	ListCell *lc;

	check_stack_depth();
	component->state = 1;
	foreach(lc, component->depends_on)
	{
		Component *next = find_component(components, lfirst(lc));

		if (next == NULL || next->state == 2)
			continue;
		if (next->state == 1)
			dm_finding_add(findings, "import", DM_ERROR, component->pointer,
						   "component \"%s\" depends on itself, by way of \"%s\"",
						   next->name ? next->name : next->qualified, (char *) lfirst(lc));
		else
			walk(components, next, findings);
	}
	component->state = 2;
}

static void
check_components(Jsonb *document, List **findings)
{
	JsonbContainer *inside;
	List *components = NIL;
	ListCell *lc;

	if (!dm_json_object(&document->root, "internalComponents", &inside))
		return;
	read_components(document, inside, "applicationComponents", &components);
	read_components(document, inside, "infrastructuralComponents", &components);
	foreach(lc, components)
	{
		Component *component = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (component->state == 0)
			walk(components, component, findings);
	}
}

/* --- the product --- */

/* The part of "urn:dpds:{mesh}:dataproducts:{name}:{major}" with that number, from 0. */
static char *
part_of_name(const char *qualified, int number)
{
	const char *part = qualified;
	const char *end;

	while (part != NULL && number-- > 0)
	{
		part = strchr(part, ':');
		part = part != NULL ? part + 1 : NULL;
	}
	if (part == NULL || *part == '\0')
		return NULL;
	end = strchr(part, ':');
	return end != NULL ? pnstrdup(part, end - part) : pstrdup(part);
}

DmDeclaredProduct *
dm_dpds_read(Jsonb *document, List **findings)
{
	DmDeclaredProduct *product = palloc0(sizeof(DmDeclaredProduct));
	JsonbContainer *info;
	JsonbContainer *owner;

	product->api_version = dm_json_text(&document->root, "dataProductDescriptor");
	if (dm_json_object(&document->root, "info", &info))
	{
		product->id = dm_json_text(info, "fullyQualifiedName");
		product->name = dm_json_text(info, "name");
		product->version = dm_json_text(info, "version");
		product->domain = dm_json_text(info, "domain");
		product->description = dm_json_text(info, "description");
		if (dm_json_object(info, "owner", &owner))
			product->owner = dm_json_text(owner, "id");
	}
	if (product->name == NULL && product->id != NULL)
	{
		product->name = part_of_name(product->id, 4);
		if (product->name != NULL)
			dm_finding_add(findings, "import", DM_WARNING, "/info",
						   "there is no name: \"%s\" is taken from fullyQualifiedName",
						   product->name);
	}
	read_ports(document, product, findings);
	check_components(document, findings);
	return product;
}

/* --- writing --- */

/* A version without the "v" that other standards have before it. */
static const char *
plain_version(const char *version)
{
	if (version == NULL)
		return "1.0.0";
	return (version[0] == 'v' || version[0] == 'V') && version[1] != '\0' ? version + 1 : version;
}

static void
write_contract(DmJsonBuilder *b, const char *contract_id, const char *version)
{
	dm_json_begin_object(b, "promises");
	dm_json_begin_object(b, "api");
	dm_json_add_text(b, "name", contract_id);
	dm_json_add_text(b, "version", version);
	dm_json_add_text(b, "specification", "odcs");
	dm_json_begin_object(b, "definition");
	dm_json_add_text(b, "kind", "DataContract");
	dm_json_add_text(b, "id", contract_id);
	dm_json_end_object(b);
	dm_json_end_object(b);
	dm_json_end_object(b);
}

static void
write_ports(DmJsonBuilder *b, const char *key, const char *kind, const char *qualified,
			DmDeclaredProduct *product)
{
	ListCell *lc;

	dm_json_begin_array(b, key);
	foreach(lc, product->ports)
	{
		DmDeclaredPort *port = lfirst(lc);
		const char *version = plain_version(port->version ? port->version : product->version);

		/* whatever else helps to manage the product helps to find out about it */
		if (port->name == NULL ||
			(strcmp(port->kind, kind) != 0 &&
			 !(strcmp(port->kind, "management") == 0 && strcmp(kind, "discovery") == 0)))
			continue;
		dm_json_begin_object(b, NULL);
		dm_json_add_text(b, "fullyQualifiedName",
						 psprintf("%s:%sports:%s", qualified, kind, port->name));
		dm_json_add_text(b, "name", port->name);
		dm_json_add_text(b, "version", version);
		dm_json_add_text(b, "description", port->description);
		if (port->contract_id != NULL)
			write_contract(b, port->contract_id, version);
		dm_json_end_object(b);
	}
	dm_json_end_array(b);
}

Jsonb *
dm_dpds_write(DmDeclaredProduct *product)
{
	DmJsonBuilder b = { NULL };
	const char *version = plain_version(product->version);
	DmSemver semver = dm_semver_parse(version);
	const char *name = product->name ? product->name : product->id;
	char *slug = dm_slug(name);
	char *qualified =
		product->id != NULL && strncmp(product->id, "urn:dpds:", 9) == 0 ?
			product->id :
			psprintf("urn:dpds:%s:dataproducts:%s:%d", get_database_name(MyDatabaseId),
					 slug != NULL ? slug : "product",
					 semver.valid ? Max(semver.major, 1) : 1);

	dm_json_begin_object(&b, NULL);
	dm_json_add_text(&b, "dataProductDescriptor", DESCRIPTOR_VERSION);
	dm_json_begin_object(&b, "info");
	dm_json_add_text(&b, "fullyQualifiedName", qualified);
	dm_json_add_text(&b, "name", name);
	dm_json_add_text(&b, "version", version);
	dm_json_add_text(&b, "domain", product->domain);
	dm_json_add_text(&b, "description", product->description);
	dm_json_begin_object(&b, "owner");
	dm_json_add_text(&b, "id", product->owner);
	dm_json_end_object(&b);
	dm_json_end_object(&b);
	dm_json_begin_object(&b, "interfaceComponents");
	for (int i = 0; i < lengthof(port_lists); i++)
		write_ports(&b, port_lists[i].key, port_lists[i].kind, qualified, product);
	dm_json_end_object(&b);
	dm_json_end_object(&b);
	return dm_json_done(&b);
}

/* --- two versions of a product --- */

static int
major_of(const char *version)
{
	DmSemver semver = dm_semver_parse(version);

	return semver.valid ? semver.major : 0;
}

void
dm_dpds_compare(DmDeclaredProduct *before, DmDeclaredProduct *after, List **findings)
{
	ListCell *lb;
	ListCell *la;

	if (major_of(after->version) > major_of(before->version))
		return;
	foreach(la, after->ports)
	{
		DmDeclaredPort *port = lfirst(la);

		foreach(lb, before->ports)
		{
			DmDeclaredPort *old = lfirst(lb);

			if (old->name != NULL && port->name != NULL && strcmp(old->name, port->name) == 0 &&
				strcmp(old->kind, port->kind) == 0 &&
				major_of(port->version) > major_of(old->version))
				dm_finding_add(findings, "import", DM_ERROR, port->pointer,
							   "port \"%s\" goes from version %s to %s, and the product stays at major version %d",
							   port->name, old->version, port->version, major_of(after->version));
		}
	}
}
