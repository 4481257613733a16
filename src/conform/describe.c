/*
 * describe.c
 *		A contract (ODCS v3.1.0) inferred from the live catalog.
 *
 * Nothing in it depends on the session: names are qualified as under an empty
 * search_path, values are written in ISO style, and lists are in the order of
 * columns or names.  So the description of a database and of its copy are equal.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "postmaster/postmaster.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/neutral.h"
#include "catalog/relation.h"
#include "conform/describe.h"
#include "conform/described.h"
#include "contract/locate.h"
#include "contract/version.h"
#include "registry/portrow.h"
#include "registry/schemalabel.h"

char *dm_host = NULL;

/* What is said of the contract as a whole. */
typedef struct Heading
{
	const char *id;
	const char *tenant; /* NULL for none, as is the domain */
	const char *domain;
	const char *name;
	const char *version;
	const char *status;
	const char *purpose;
	Oid owner;
} Heading;

static int
cmp_views(const ListCell *a, const ListCell *b)
{
	return strcmp(get_rel_name(lfirst_oid(a)), get_rel_name(lfirst_oid(b)));
}

/* A part of a physical name: quoted where it could be taken for more than one. */
static char *
name_part(const char *name)
{
	StringInfoData buf;

	if (strpbrk(name, ".\"") == NULL)
		return pstrdup(name);
	initStringInfo(&buf);
	appendStringInfoChar(&buf, '"');
	for (const char *p = name; *p != '\0'; p++)
	{
		if (*p == '"')
			appendStringInfoChar(&buf, '"');
		appendStringInfoChar(&buf, *p);
	}
	appendStringInfoChar(&buf, '"');
	return buf.data;
}

/* The server entry has one schema; relations elsewhere are named with theirs. */
static void
name_physically(List *objects, Oid home)
{
	ListCell *lc;

	foreach(lc, objects)
	{
		DmDescribed *object = lfirst(lc);
		char *name = name_part(object->physical_name);

		object->physical_name =
			object->schema == home ?
				name :
				psprintf("%s.%s", name_part(get_namespace_name(object->schema)), name);
	}
}

char *
dm_describe_contract_id(const char *domain, const char *product)
{
	return domain != NULL ? psprintf("%s.%s", domain, product) : pstrdup(product);
}

static void
write_server(DmJsonBuilder *b, Oid schema)
{
	dm_json_begin_array(b, "servers");
	dm_json_begin_object(b, NULL);
	dm_json_add_text(b, "server", "postgres");
	dm_json_add_text(b, "type", "postgres");
	dm_json_add_text(b, "host", dm_host);
	dm_json_add_int(b, "port", PostPortNumber);
	dm_json_add_text(b, "database", get_database_name(MyDatabaseId));
	dm_json_add_text(b, "schema", get_namespace_name(schema));
	dm_json_end_object(b);
	dm_json_end_array(b);
}

static void
write_heading(DmJsonBuilder *b, Heading *heading)
{
	dm_json_add_text(b, "apiVersion", DM_DESCRIBE_API_VERSION);
	dm_json_add_text(b, "kind", "DataContract");
	dm_json_add_text(b, "id", heading->id);
	dm_json_add_text(b, "name", heading->name);
	dm_json_add_text(b, "version", heading->version);
	dm_json_add_text(b, "status", heading->status);
	dm_json_add_text(b, "tenant", heading->tenant);
	dm_json_add_text(b, "domain", heading->domain);
	if (heading->purpose != NULL)
	{
		dm_json_begin_object(b, "description");
		dm_json_add_text(b, "purpose", heading->purpose);
		dm_json_end_object(b);
	}
	dm_json_begin_object(b, "team");
	dm_json_add_text(b, "name", GetUserNameFromId(heading->owner, false));
	dm_json_end_object(b);
}

/* The contract of relations that have been read, in the order of their names. */
static Jsonb *
write_contract(Heading *heading, List *objects, bool examples)
{
	DmJsonBuilder b = { NULL };
	ListCell *lc;

	dm_json_begin_object(&b, NULL);
	write_heading(&b, heading);
	if (objects != NIL)
	{
		Oid home = ((DmDescribed *) linitial(objects))->schema;

		name_physically(objects, home);
		write_server(&b, home);
	}
	foreach(lc, objects)
		dm_describe_foreign_keys(lfirst(lc), objects);
	dm_json_begin_array(&b, "schema");
	foreach(lc, objects)
		dm_described_write(&b, lfirst(lc), examples);
	dm_json_end_array(&b);
	dm_json_end_object(&b);
	return dm_json_done(&b);
}

/* The contract in force, or else the one to be; NULL for none. */
static DmContractVersion *
contract_of(DmProduct *product)
{
	DmContractVersion *contract = dm_contract_active(product->id);

	return contract != NULL ? contract : dm_contract_draft(product->id);
}

/* The object of the contract that a port is. */
static DmObject *
promised_object(DmProduct *product, DmContract *contract, Oid view)
{
	ListCell *lc;

	foreach(lc, contract != NULL ? contract->objects : NIL)
		if (dm_contract_port(product->id, ((DmObject *) lfirst(lc))->name) == view)
			return lfirst(lc);
	return NULL;
}

/* The identity of the contract that there is, else what a new one would get. */
static void
identify(DmProduct *product, DmContractVersion *contract, Heading *heading)
{
	heading->version = contract != NULL ? contract->version : psprintf("%d.0.0", product->major);
	heading->tenant = contract != NULL ? contract->tenant : NULL;
	heading->id = contract != NULL && contract->contract_id != NULL ?
					  contract->contract_id :
					  dm_describe_contract_id(product->domain->name, product->name);
}

Jsonb *
dm_describe_product(DmProduct *product, bool examples)
{
	int level = dm_neutral_settings();
	List *views = dm_port_views(product->id);
	DmContractVersion *version = contract_of(product);
	DmContract *contract =
		version != NULL ? dm_contract_read(dm_contract_document(version), true, NULL) : NULL;
	List *objects = NIL;
	List *taken = NIL;
	ListCell *lc;
	Heading heading = { 0 };
	Jsonb *result;

	list_sort(views, cmp_views);
	foreach(lc, views)
	{
		Oid source = dm_port_source(lfirst_oid(lc));

		/* a view that has been changed by force is no port any more */
		if (OidIsValid(source))
			objects = lappend(objects, dm_described_read(source, lfirst_oid(lc),
														 promised_object(product, contract,
																		 lfirst_oid(lc)),
														 &taken));
	}
	heading.domain = product->domain->name;
	heading.name = product->name;
	identify(product, version, &heading);
	heading.status = dm_status_name(product->status);
	heading.purpose = product->description;
	heading.owner = product->owner;
	result = write_contract(&heading, objects, examples);
	AtEOXact_GUC(false, level);
	return result;
}

Jsonb *
dm_describe_relation(Oid relid, bool examples)
{
	int level = dm_neutral_settings();
	char *domain = dm_schema_domain(get_rel_namespace(relid));
	List *taken = NIL;
	DmDescribed *object = dm_described_read(relid, InvalidOid, NULL, &taken);
	Heading heading = { 0 };
	Jsonb *result;

	heading.domain = domain;
	heading.name = dm_contract_port_name(object->name);
	heading.id = dm_describe_contract_id(domain, heading.name);
	heading.version = "1.0.0";
	heading.status = dm_status_name(DM_DRAFT);
	heading.owner = domain != NULL ? dm_domain_get(domain, false)->owner : dm_relation_owner(relid);
	result = write_contract(&heading, list_make1(object), examples);
	AtEOXact_GUC(false, level);
	return result;
}
