/*
 * domain_api.c
 *		SQL functions on domains.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/errors.h"
#include "base/run_as.h"
#include "base/sqlname.h"
#include "base/words.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "registry/domain.h"
#include "registry/portrow.h"
#include "registry/product.h"
#include "registry/schemalabel.h"

PG_FUNCTION_INFO_V1(dm_register_domain);
PG_FUNCTION_INFO_V1(dm_alter_domain);
PG_FUNCTION_INFO_V1(dm_transfer_domain);
PG_FUNCTION_INFO_V1(dm_drop_domain);
PG_FUNCTION_INFO_V1(dm_add_producer);
PG_FUNCTION_INFO_V1(dm_remove_producer);

/* Fails unless the caller may give this schema to a domain. */
static Oid
check_schema(const char *name, const char *domain)
{
	Oid nspid = get_namespace_oid(name, false);
	char *other;
	char *product;

	/* whoever grants something in the schema holds it in a weaker mode */
	LockDatabaseObject(NamespaceRelationId, nspid, 0, ExclusiveLock);
	other = dm_schema_domain(nspid);
	product = dm_schema_product(nspid);
	if (IsCatalogNamespace(nspid) || IsToastNamespace(nspid) || isAnyTempNamespace(nspid) ||
		strcmp(name, "information_schema") == 0 || nspid == dm_catalog_schema())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("schema \"%s\" cannot belong to a domain", name),
				 errdetail("It is a system schema or a temporary one.")));
	if (other != NULL && strcmp(other, domain) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("schema \"%s\" belongs to domain \"%s\" already", name, other),
				 errhint("A schema has one domain; use dm_alter_domain to take it out of the other one.")));
	if (product != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("schema \"%s\" cannot belong to a domain", name),
				 errdetail("It holds the ports of product \"%s\".", product)));
	if (!dm_namespace_ownercheck(nspid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_SCHEMA, name);
	return nspid;
}

static List *
check_schemas(List *names, const char *domain)
{
	ListCell *lc;
	List *result = NIL;

	foreach(lc, names)
		result = list_append_unique_oid(result, check_schema(lfirst(lc), domain));
	return result;
}

static void
check_member_of(Oid roleid, const char *domain)
{
	if (!has_privs_of_role(GetUserId(), roleid))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to make role \"%s\" the owner of domain \"%s\"",
						GetUserNameFromId(roleid, false), domain),
				 errdetail("Only members of that role may do this.")));
}

Datum
dm_register_domain(PG_FUNCTION_ARGS)
{
	char *name = dm_arg_text(fcinfo, 0, "domain");
	Oid owner = dm_arg_role_or_invalid(fcinfo, 1, "owner");
	List *schemas = dm_arg_list(fcinfo, 2, "schemas");
	char *description = dm_arg_text_or_null(fcinfo, 3, "description");
	List *producers = dm_arg_roles(fcinfo, 4, "producers");
	int64 id;
	ListCell *lc;
	DmRow row;

	dm_check_word("domain", name);
	if (!OidIsValid(owner))
		owner = GetUserId();
	check_member_of(owner, name);

	/* one registration at a time, so that names and schemas are claimed in order */
	dm_table_lock(DM_DOMAIN, 0, ExclusiveLock);
	if (dm_domain_get(name, true) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("domain \"%s\" already exists", name)));
	schemas = check_schemas(schemas, name);
	foreach(lc, schemas)
		dm_schema_set_domain(lfirst_oid(lc), name);

	id = dm_table_next_id(DM_DOMAIN);
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_domain_id, Int64GetDatum(id));
	dm_row_set_text(&row, Anum_dm_domain_name, name);
	dm_row_set(&row, Anum_dm_domain_owner, ObjectIdGetDatum(owner));
	dm_row_set_text(&row, Anum_dm_domain_description, description);
	dm_row_set(&row, Anum_dm_domain_producers, dm_role_array(list_delete_oid(producers, owner)));
	dm_row_set(&row, Anum_dm_domain_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_domain_created_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_DOMAIN, &row);

	foreach(lc, schemas)
		dm_announce_boundary(DM_SCHEMA_CAME, id, lfirst_oid(lc));
	PG_RETURN_TEXT_P(cstring_to_text(name));
}

static void
update_domain(DmDomain *domain, DmRow *row)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_int8(&key, Anum_dm_domain_id, domain->id);
	dm_scan_begin(&scan, DM_DOMAIN, "domain_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	dm_table_update(&scan, tuple, row);
	dm_scan_end(&scan);
}

/* Fails if a live port of the domain reads from the schema. */
static void
check_schema_unused(DmDomain *domain, Oid nspid)
{
	ListCell *lp;

	foreach(lp, dm_product_list(domain->id))
	{
		ListCell *lv;

		foreach(lv, dm_port_views(((DmProduct *) lfirst(lp))->id))
		{
			Oid source = dm_port_source(lfirst_oid(lv));

			if (get_rel_namespace(source) == nspid)
				ereport(ERROR,
						(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
						 errmsg("schema \"%s\" cannot leave domain \"%s\"",
								get_namespace_name(nspid), domain->name),
						 errdetail("Port \"%s\" of product \"%s\" reads \"%s\".",
								   get_rel_name(lfirst_oid(lv)),
								   ((DmProduct *) lfirst(lp))->label, get_rel_name(source)),
						 errhint("Retire the product or drop the port first.")));
		}
	}
}

Datum
dm_alter_domain(PG_FUNCTION_ARGS)
{
	char *name = dm_arg_text(fcinfo, 0, "domain");
	char *description = dm_arg_text_or_null(fcinfo, 1, "description");
	DmDomain *domain;

	/* schemas are claimed one after the other, see dm_register_domain */
	if (!PG_ARGISNULL(2))
		dm_table_lock(DM_DOMAIN, 0, ExclusiveLock);
	domain = dm_domain_get_for_update(name);
	if (description != NULL)
	{
		DmRow row;

		dm_row_init(&row);
		dm_row_set_text(&row, Anum_dm_domain_description, description);
		update_domain(domain, &row);
	}
	if (!PG_ARGISNULL(2))
	{
		List *wanted;
		List *current;
		ListCell *lc;

		wanted = check_schemas(dm_arg_list(fcinfo, 2, "schemas"), domain->name);
		current = dm_schema_list(domain->name);
		foreach(lc, list_difference_oid(current, wanted))
		{
			check_schema_unused(domain, lfirst_oid(lc));
			dm_schema_set_domain(lfirst_oid(lc), NULL);
			dm_announce_boundary(DM_SCHEMA_WENT, domain->id, lfirst_oid(lc));
		}
		foreach(lc, list_difference_oid(wanted, current))
		{
			dm_schema_set_domain(lfirst_oid(lc), domain->name);
			dm_announce_boundary(DM_SCHEMA_CAME, domain->id, lfirst_oid(lc));
		}
	}
	PG_RETURN_VOID();
}

typedef enum RelationGroup
{
	GROUP_VIEWS, /* views and materialised views */
	GROUP_TABLES,
	GROUP_SEQUENCES
} RelationGroup;

static bool
in_group(char relkind, RelationGroup group)
{
	switch (relkind)
	{
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
			return group == GROUP_VIEWS;
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_FOREIGN_TABLE:
			return group == GROUP_TABLES;
		case RELKIND_SEQUENCE:
			return group == GROUP_SEQUENCES;
		default:
			/* indexes, types and the like follow their table */
			return false;
	}
}

/* A role's relations of one group; what was made last, and may read others, comes first. */
static List *
relations_of(List *schemas, Oid owner, RelationGroup group)
{
	Relation rel = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;
	List *result = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		if (form->relowner == owner && in_group(form->relkind, group) &&
			list_member_oid(schemas, form->relnamespace))
			result = lappend_oid(result, form->oid);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	list_sort(result, list_oid_cmp);
	for (int i = 0, j = list_length(result) - 1; i < j; i++, j--)
	{
		Oid swap = list_nth_oid(result, i);

		lfirst_oid(list_nth_cell(result, i)) = list_nth_oid(result, j);
		lfirst_oid(list_nth_cell(result, j)) = swap;
	}
	return result;
}

/* ALTER ... OWNER for schemas and for those of their relations that belong to the old owner. */
static void
transfer_schemas(List *schemas, Oid old_owner, Oid new_owner)
{
	const char *role = dm_role_sql(new_owner);
	Oid run_as = dm_extension_owner();
	ListCell *lc;

	foreach(lc, schemas)
	{
		HeapTuple tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(lfirst_oid(lc)));

		if (((Form_pg_namespace) GETSTRUCT(tuple))->nspowner == old_owner)
			dm_execute_as(run_as, psprintf("ALTER SCHEMA %s OWNER TO %s",
										   dm_schema_sql(lfirst_oid(lc)), role));
		ReleaseSysCache(tuple);
	}
	/* sequences that columns own follow their tables, so they come last */
	for (RelationGroup group = GROUP_VIEWS; group <= GROUP_SEQUENCES; group++)
		foreach(lc, relations_of(schemas, old_owner, group))
			dm_execute_as(run_as, psprintf("ALTER %s %s OWNER TO %s",
										   group == GROUP_SEQUENCES ? "SEQUENCE" : "TABLE",
										   dm_relation_sql(lfirst_oid(lc)), role));
}

/* The schemas that hold ports of a domain's products. */
static List *
port_schemas(DmDomain *domain)
{
	List *result = NIL;
	ListCell *lp;

	foreach(lp, dm_product_list(domain->id))
	{
		ListCell *lv;

		foreach(lv, dm_port_views(((DmProduct *) lfirst(lp))->id))
			result = list_append_unique_oid(result, get_rel_namespace(lfirst_oid(lv)));
	}
	return result;
}

Datum
dm_transfer_domain(PG_FUNCTION_ARGS)
{
	DmDomain *domain = dm_domain_get_for_update(dm_arg_text(fcinfo, 0, "domain"));
	Oid new_owner = dm_arg_role(fcinfo, 1, "new_owner");
	List *schemas;
	List *ports;
	DmRow row;

	check_member_of(new_owner, domain->name);
	if (new_owner == domain->owner)
		PG_RETURN_VOID();

	/* a reader locks ports before what they show, and so do we */
	ports = port_schemas(domain);
	schemas = list_difference_oid(dm_schema_list(domain->name), ports);
	transfer_schemas(ports, domain->owner, new_owner);
	transfer_schemas(schemas, domain->owner, new_owner);

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_domain_owner, ObjectIdGetDatum(new_owner));
	dm_row_set(&row, Anum_dm_domain_producers,
			   dm_role_array(list_delete_oid(domain->producers, new_owner)));
	update_domain(domain, &row);
	dm_product_transfer(domain, new_owner);
	dm_announce(DM_EVENT_DOMAIN_MEMBERS, domain->id);
	dm_announce_boundary(DM_ROLE_CAME, domain->id, new_owner);
	dm_announce_boundary(DM_ROLE_WENT, domain->id, domain->owner);
	dm_port_invalidate_domain(domain->id);
	PG_RETURN_VOID();
}

Datum
dm_drop_domain(PG_FUNCTION_ARGS)
{
	DmDomain *domain = dm_domain_get_for_update(dm_arg_text(fcinfo, 0, "domain"));
	List *products = dm_product_list(domain->id);
	ListCell *lc;
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	foreach(lc, products)
	{
		DmProduct *product = lfirst(lc);

		if (product->status != DM_RETIRED)
			ereport(ERROR,
					(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
					 errmsg("cannot drop domain \"%s\"", domain->name),
					 errdetail("Product \"%s\" is %s.", product->label,
							   dm_status_name(product->status)),
					 errhint("Use dm_retire on each of its products first.")));
	}
	dm_announce(DM_EVENT_DOMAIN_DROPPING, domain->id);
	foreach(lc, products)
		dm_product_forget(lfirst(lc));
	foreach(lc, dm_schema_list(domain->name))
		dm_schema_set_domain(lfirst_oid(lc), NULL);

	dm_key_int8(&key, Anum_dm_domain_id, domain->id);
	dm_scan_begin(&scan, DM_DOMAIN, "domain_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
	PG_RETURN_VOID();
}

static void
set_producers(DmDomain *domain, List *producers)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_domain_producers, dm_role_array(producers));
	update_domain(domain, &row);
	dm_announce(DM_EVENT_DOMAIN_MEMBERS, domain->id);
	dm_port_invalidate_domain(domain->id);
}

Datum
dm_add_producer(PG_FUNCTION_ARGS)
{
	DmDomain *domain = dm_domain_get_for_update(dm_arg_text(fcinfo, 0, "domain"));
	Oid role = dm_arg_role(fcinfo, 1, "role");

	if (role == domain->owner || list_member_oid(domain->producers, role))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("role \"%s\" is a producer of domain \"%s\" already",
						GetUserNameFromId(role, false), domain->name)));
	set_producers(domain, lappend_oid(domain->producers, role));
	dm_announce_boundary(DM_ROLE_CAME, domain->id, role);
	PG_RETURN_VOID();
}

Datum
dm_remove_producer(PG_FUNCTION_ARGS)
{
	DmDomain *domain = dm_domain_get_for_update(dm_arg_text(fcinfo, 0, "domain"));
	Oid role;

	/* a role that is gone may still be listed, so it is not looked up */
	if (PG_ARGISNULL(1))
		role = dm_arg_role(fcinfo, 1, "role");
	role = PG_GETARG_OID(1);
	if (!list_member_oid(domain->producers, role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 GetUserNameFromId(role, true) != NULL ?
					 errmsg("role \"%s\" is not a producer of domain \"%s\"",
							GetUserNameFromId(role, false), domain->name) :
					 errmsg("role with OID %u is not a producer of domain \"%s\"",
							role, domain->name)));
	set_producers(domain, list_delete_oid(domain->producers, role));
	dm_announce_boundary(DM_ROLE_WENT, domain->id, role);
	PG_RETURN_VOID();
}
