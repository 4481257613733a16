/*
 * locate.c
 *		What a contract speaks of: relations by their physical names, ports by theirs.
 *
 * A contract is text that somebody brought along.  Its names are looked up as they stand, by
 * the functions of the catalog caches, and never become SQL.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "base/words.h"
#include "catalog/relation.h"
#include "contract/locate.h"
#include "contract/version.h"
#include "registry/portrow.h"
#include "registry/schemalabel.h"

/* Splits at the dots outside double quotes, which are taken off.  NIL for what is malformed. */
static List *
name_parts(const char *text)
{
	List *parts = NIL;
	StringInfoData part;

	initStringInfo(&part);
	for (const char *p = text;;)
	{
		if (*p == '"')
		{
			for (p++; *p != '"' || p[1] == '"'; p++)
			{
				if (*p == '\0')
					return NIL;
				if (*p == '"')
					p++;
				appendStringInfoChar(&part, *p);
			}
			p++;
			if (*p != '.' && *p != '\0')
				return NIL;
		}
		else
			while (*p != '.' && *p != '\0')
				appendStringInfoChar(&part, *p++);
		if (part.len == 0)
			return NIL;
		parts = lappend(parts, pstrdup(part.data));
		resetStringInfo(&part);
		if (*p++ == '\0')
			return parts;
	}
}

static bool
of_domain(DmDomain *domain, Oid nspid)
{
	char *owner = dm_schema_domain(nspid);

	return owner != NULL && strcmp(owner, domain->name) == 0;
}

static void
found(DmLocation *location, Oid nspid, Oid relid)
{
	location->schema = get_namespace_name(nspid);
	location->place = dm_has_rows(relid) ? DM_PLACE_FOUND : DM_PLACE_OTHER;
	location->relid = location->place == DM_PLACE_FOUND ? relid : InvalidOid;
}

/* The relation in a schema that the contract names. */
static void
look_in(DmDomain *domain, const char *schema, const char *name, DmLocation *location)
{
	Oid nspid = get_namespace_oid(schema, true);
	Oid relid;

	location->schema = pstrdup(schema);
	if (!OidIsValid(nspid))
		return;
	if (!of_domain(domain, nspid))
	{
		location->place = DM_PLACE_OUTSIDE;
		return;
	}
	relid = get_relname_relid(name, nspid);
	if (OidIsValid(relid))
		found(location, nspid, relid);
}

/* The relation in any of the domain's schemas. */
static void
look_around(DmDomain *domain, const char *name, DmLocation *location)
{
	ListCell *lc;

	location->place = DM_PLACE_MISSING;
	location->schema = NULL;
	foreach(lc, dm_schema_list(domain->name))
	{
		Oid relid = get_relname_relid(name, lfirst_oid(lc));

		if (!OidIsValid(relid))
			continue;
		if (location->place == DM_PLACE_FOUND && dm_has_rows(relid))
		{
			location->place = DM_PLACE_AMBIGUOUS;
			location->relid = InvalidOid;
			return;
		}
		if (location->place != DM_PLACE_FOUND)
			found(location, lfirst_oid(lc), relid);
	}
}

void
dm_contract_locate(DmDomain *domain, const char *physical_name, const char *schema, bool binding,
				   DmLocation *location)
{
	List *parts = name_parts(physical_name);

	memset(location, 0, sizeof(DmLocation));
	if (list_length(parts) == 3 &&
		strcmp(linitial(parts), get_database_name(MyDatabaseId)) == 0)
		parts = list_delete_first(parts);
	if (list_length(parts) == 2)
	{
		look_in(domain, linitial(parts), lsecond(parts), location);
		/* no schema of that name: the dot may be part of the relation's own name */
		if (location->place == DM_PLACE_MISSING &&
			!OidIsValid(get_namespace_oid(linitial(parts), true)))
		{
			DmLocation dotted;

			memset(&dotted, 0, sizeof(DmLocation));
			look_around(domain, physical_name, &dotted);
			if (dotted.place != DM_PLACE_MISSING)
				*location = dotted;
		}
		return;
	}
	if (list_length(parts) == 1)
		physical_name = linitial(parts);
	if (schema != NULL)
	{
		look_in(domain, schema, physical_name, location);
		if (binding || (location->place != DM_PLACE_MISSING && location->place != DM_PLACE_OUTSIDE))
			return;
	}
	look_around(domain, physical_name, location);
}

static bool
is_postgres(DmServer *server)
{
	static const char *const types[] = { "postgres", "postgresql", "cloudsql", "redshift" };

	for (int i = 0; i < lengthof(types); i++)
		if (server->type != NULL && pg_strcasecmp(server->type, types[i]) == 0)
			return true;
	return false;
}

void
dm_object_locate(DmDomain *domain, DmContract *contract, DmObject *object, DmLocation *location)
{
	char *database = get_database_name(MyDatabaseId);
	char *schema = NULL;
	bool binding = false;
	ListCell *lc;

	foreach(lc, contract->servers)
	{
		DmServer *server = lfirst(lc);

		if (!is_postgres(server) || server->schema == NULL || binding)
			continue;
		binding = server->database != NULL && strcmp(server->database, database) == 0;
		if (binding || schema == NULL)
			schema = server->schema;
	}
	dm_contract_locate(domain, object->physical_name, schema, binding, location);
}

bool
dm_contract_is_located(DmDomain *domain, DmContract *contract)
{
	ListCell *lc;

	foreach(lc, contract->objects)
	{
		DmLocation location;

		CHECK_FOR_INTERRUPTS();
		dm_object_locate(domain, contract, lfirst(lc), &location);
		if (location.place != DM_PLACE_FOUND)
			return false;
	}
	return true;
}

bool
dm_draft_is_located(DmProduct *product)
{
	DmContractVersion *draft = dm_contract_draft(product->id);

	return draft == NULL ||
		   dm_contract_is_located(product->domain,
								  dm_contract_read(dm_contract_document(draft), true, NULL));
}

char *
dm_location_problem(DmDomain *domain, const char *physical_name, DmLocation *location)
{
	switch (location->place)
	{
		case DM_PLACE_OUTSIDE:
		{
			char *owner = dm_schema_domain(get_namespace_oid(location->schema, false));

			return owner != NULL ?
					   psprintf("Schema \"%s\", where the contract has relation \"%s\", belongs to domain \"%s\".",
								location->schema, physical_name, owner) :
					   psprintf("Schema \"%s\", where the contract has relation \"%s\", belongs to no domain.",
								location->schema, physical_name);
		}
		case DM_PLACE_AMBIGUOUS:
			return psprintf("Several schemas of domain \"%s\" have a relation \"%s\".",
							domain->name, physical_name);
		case DM_PLACE_OTHER:
			return psprintf("\"%s\" in schema \"%s\" is neither a table nor a view.",
							physical_name, location->schema);
		case DM_PLACE_MISSING:
			return location->schema != NULL ?
					   psprintf("Relation \"%s\" does not exist in schema \"%s\".",
								physical_name, location->schema) :
					   psprintf("No schema of domain \"%s\" has a relation \"%s\".",
								domain->name, physical_name);
		case DM_PLACE_FOUND:
			break;
	}
	return NULL;
}

char *
dm_contract_port_name(const char *object_name)
{
	char *slug = dm_slug(object_name);

	/* nothing of a name in another script may be left; a port can have any name */
	return slug != NULL ? slug : pstrdup(object_name);
}

Oid
dm_contract_port(int64 product_id, const char *object_name)
{
	char *name = dm_contract_port_name(object_name);
	Oid result = InvalidOid;
	ListCell *lc;

	foreach(lc, dm_port_views(product_id))
	{
		char *port = get_rel_name(lfirst_oid(lc));

		if (strcmp(port, object_name) == 0)
			return lfirst_oid(lc);
		if (strcmp(port, name) == 0)
			result = lfirst_oid(lc);
	}
	return result;
}
