/*
 * port.c
 *		Output ports: making and dropping governed views.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/errors.h"
#include "base/run_as.h"
#include "base/sqlname.h"
#include "base/words.h"
#include "catalog/column.h"
#include "catalog/depend.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "port/lift.h"
#include "port/port.h"
#include "port/viewtext.h"
#include "registry/portrow.h"
#include "registry/schemalabel.h"

/* Fails unless a port of the product may show the relation. */
static void
check_source(DmProduct *product, Oid source)
{
	char *name = get_rel_name(source);
	Oid nspid = get_rel_namespace(source);
	char *domain = dm_schema_domain(nspid);

	switch (get_rel_relkind(source))
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_FOREIGN_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("\"%s\" cannot be shown by a port", name),
					 errdetail("A port shows a table, a foreign table, a view or a materialized view.")));
	}
	if (dm_schema_product(nspid) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" cannot be shown by a port", name),
				 errdetail("It is itself a port, of product \"%s\".", dm_schema_product(nspid)),
				 errhint("Show a view of the domain that reads that port.")));
	if (IsCatalogNamespace(nspid) || IsToastNamespace(nspid) || nspid == dm_catalog_schema() ||
		nspid == get_namespace_oid("information_schema", true))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" cannot be shown by a port", name),
				 errdetail("It is a system catalog.")));
	if (isAnyTempNamespace(nspid))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" cannot be shown by a port", name),
				 errdetail("It is a temporary relation.")));
	if (domain == NULL || strcmp(domain, product->domain->name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("relation \"%s\" is not in domain \"%s\"", name, product->domain->name),
				 domain == NULL ?
					 errdetail("Schema \"%s\" belongs to no domain.", get_namespace_name(nspid)) :
					 errdetail("Schema \"%s\" belongs to domain \"%s\".", get_namespace_name(nspid), domain),
				 errhint("Use dm_alter_domain to give a schema to the domain.")));
}

/* The columns of the port-to-be, after the check that the domain's owner may read them. */
static List *
resolve_columns(DmProduct *product, Oid source, List *names)
{
	Relation rel = table_open(source, AccessShareLock);
	Oid owner = product->domain->owner;
	List *result = NIL;
	List *attnums = NIL;
	ListCell *lc;

	foreach(lc, names != NIL ? names : dm_column_names(source))
	{
		DmPortColumn *column = palloc0(sizeof(DmPortColumn));

		column->name = lfirst(lc);
		column->attnum = dm_column_find(source, column->name);
		if (list_member_int(attnums, column->attnum))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column \"%s\" is named twice", column->name)));
		if (pg_class_aclcheck(source, owner, ACL_SELECT) != ACLCHECK_OK &&
			pg_attribute_aclcheck(source, column->attnum, owner, ACL_SELECT) != ACLCHECK_OK)
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("role \"%s\", the owner of domain \"%s\", may not read column \"%s\" of \"%s\"",
							GetUserNameFromId(owner, false), product->domain->name,
							column->name, RelationGetRelationName(rel)),
					 errhint("GRANT SELECT on it to that role, or make it the owner.")));
		attnums = lappend_int(attnums, column->attnum);
		result = lappend(result, column);
	}
	table_close(rel, NoLock);
	if (result == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("relation \"%s\" has no columns to show", get_rel_name(source))));
	return result;
}

List *
dm_port_resolve(DmProduct *product, Oid source, List *names)
{
	check_source(product, source);
	return resolve_columns(product, source, names);
}

/* The schema of the product's ports; made at the first one. */
static Oid
port_schema(DmProduct *product)
{
	List *views = dm_port_views(product->id);
	char *name;
	Oid nspid;
	char *label;

	/* it may have been renamed, so an existing port knows best */
	if (views != NIL)
		return get_rel_namespace(linitial_oid(views));

	name = dm_port_schema_name(product->domain->name, product->name, product->major);
	nspid = get_namespace_oid(name, true);
	if (!OidIsValid(nspid))
	{
		dm_execute_as(dm_extension_owner(),
					  psprintf("CREATE SCHEMA %s AUTHORIZATION %s", quote_identifier(name),
							   dm_role_sql(product->domain->owner)));
		nspid = get_namespace_oid(name, false);
		dm_schema_set_product(nspid, product->literal);
		return nspid;
	}
	label = dm_schema_product(nspid);
	if (label == NULL || strcmp(label, product->literal) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_SCHEMA),
				 errmsg("schema \"%s\", which is to hold the ports of product \"%s\", already exists",
						name, product->label),
				 errhint("Rename that schema, or choose another name for the product.")));
	return nspid;
}

/* Comments of the source and its columns go to the port. */
static void
carry_comments(Oid view, Oid source, List *columns)
{
	ListCell *lc;
	AttrNumber resno = 0;
	char *comment = GetComment(source, RelationRelationId, 0);

	if (comment != NULL)
		CreateComments(view, RelationRelationId, 0, comment);
	foreach(lc, columns)
	{
		resno++;
		comment = GetComment(source, RelationRelationId, ((DmPortColumn *) lfirst(lc))->attnum);
		if (comment != NULL)
			CreateComments(view, RelationRelationId, resno, comment);
	}
}

/* Default privileges of the owner must not open the new view or schema to anybody. */
static void
close_to_others(DmProduct *product, Oid nspid, const char *view_name)
{
	const char *schema = dm_schema_sql(nspid);

	dm_execute_as(product->domain->owner,
				  psprintf("REVOKE ALL ON %s FROM PUBLIC", view_name));
	dm_execute_as(product->domain->owner,
				  psprintf("REVOKE ALL ON SCHEMA %s FROM PUBLIC", schema));
}

static List *
column_names(List *columns)
{
	List *names = NIL;
	ListCell *lc;

	foreach(lc, columns)
		names = lappend(names, ((DmPortColumn *) lfirst(lc))->name);
	return names;
}

/* Makes the view and its row; the columns are resolved. */
static Oid
create_port(DmProduct *product, Oid nspid, Oid source, const char *name, List *columns)
{
	Oid view;
	char *view_name;

	if (strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("port name \"%s\" is too long", name),
				 errdetail("It has %zu bytes; at most %d are allowed.",
						   strlen(name), NAMEDATALEN - 1)));
	if (OidIsValid(get_relname_relid(name, nspid)))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("product \"%s\" already has a port \"%s\"", product->label, name)));

	/* no tag changes its mask while it is being written into the view */
	view_name = quote_qualified_identifier(get_namespace_name(nspid), name);
	dm_execute_as(product->domain->owner,
				  psprintf("CREATE VIEW %s %s AS %s", view_name,
						   dm_port_view_options(source),
						   dm_port_query_text(product, source, columns)));
	view = get_relname_relid(name, nspid);
	close_to_others(product, nspid, view_name);
	carry_comments(view, source, columns);
	dm_port_row_insert(product->id, view, dm_relation_sql(source), column_names(columns));
	dm_announce(DM_EVENT_PORT_ADDED, view);
	return view;
}

Oid
dm_port_create(DmProduct *product, Oid source, const char *name, List *names)
{
	List *columns;

	columns = dm_port_resolve(product, source, names);
	return create_port(product, port_schema(product), source, name ? name : get_rel_name(source),
					   columns);
}

/* Whether everything in a schema is one of the views. */
static bool
holds_only(Oid nspid, List *views)
{
	ListCell *lc;

	foreach(lc, dm_depend_on(NamespaceRelationId, nspid, 0))
	{
		Form_pg_depend depend = lfirst(lc);

		if (depend->classid != RelationRelationId || !list_member_oid(views, depend->objid))
			return false;
	}
	return true;
}

List *
dm_port_schemas_going(List *views)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, views)
	{
		Oid nspid = get_rel_namespace(lfirst_oid(lc));

		if (dm_schema_product(nspid) != NULL && holds_only(nspid, views))
			result = list_append_unique_oid(result, nspid);
	}
	return result;
}

/* What others built on a port is theirs: it goes only when the caller says so. */
static void
check_dependents(DmProduct *product, Oid view)
{
	List *dependents = list_delete_oid(dm_dependent_views(view), view);
	List *names = NIL;
	ListCell *lc;

	if (dependents == NIL)
		return;
	foreach(lc, dependents)
		names = lappend(names, psprintf("%s.%s", get_namespace_name(get_rel_namespace(lfirst_oid(lc))),
										get_rel_name(lfirst_oid(lc))));
	ereport(ERROR,
			(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
			 errmsg("other objects depend on port \"%s\" of product \"%s\"",
					get_rel_name(view), product->label),
			 errdetail("They are %s.", dm_quoted_list(names)),
			 errhint("Ask their owners to drop them, or drop them with cascade => true.")));
}

/* Ports of other products that go with a view are closed, too. */
static void
close_dependent_ports(Oid view)
{
	List *going = list_make1_oid(view);

	/* the list grows while it is walked */
	for (int i = 0; i < list_length(going); i++)
	{
		Oid member = list_nth_oid(going, i);

		if (i > 0 && dm_port_product(member) != 0)
			dm_port_row_close(member);
		going = list_concat_unique_oid(going, dm_dependent_views(member));
	}
}

/* Drops the view; its row stays as history. */
static void
drop_view(DmProduct *product, Oid view, bool cascade)
{
	char *view_sql = dm_relation_sql(view);

	if (cascade)
		close_dependent_ports(view);
	else
		check_dependents(product, view);
	dm_port_row_close(view);
	dm_execute_as(product->domain->owner,
				  psprintf("DROP VIEW %s %s", view_sql, cascade ? "CASCADE" : "RESTRICT"));
}

void
dm_port_drop(DmProduct *product, Oid view, bool cascade)
{
	List *schemas;

	/* it may have gone with one that it was built upon */
	if (get_rel_name(view) == NULL)
		return;
	schemas = dm_port_schemas_going(list_make1_oid(view));
	drop_view(product, view, cascade);
	if (schemas != NIL)
		dm_execute_as(product->domain->owner,
					  psprintf("DROP SCHEMA %s RESTRICT", dm_schema_sql(linitial_oid(schemas))));
}

void
dm_port_rebuild(Oid view)
{
	DmProduct *product = dm_product_get_by_id(dm_port_product(view));
	Oid source;
	List *columns;

	dm_lift_check_shown(view);
	columns = dm_port_columns(view, &source);
	dm_execute_as(product->domain->owner,
				  psprintf("CREATE OR REPLACE VIEW %s %s AS %s",
						   dm_relation_sql(view),
						   dm_port_view_options(source),
						   dm_port_query_text(product, source, columns)));
}

/* Whether the view can be replaced by one with these columns: they begin with its own. */
static bool
is_extension(Oid view, Oid source, List *columns)
{
	int count = dm_column_count(view);

	if (list_length(columns) < count)
		return false;
	for (AttrNumber attnum = 1; attnum <= count; attnum++)
	{
		DmPortColumn *column = list_nth(columns, attnum - 1);
		Oid types[2];
		int32 typmods[2];
		Oid collations[2];

		get_atttypetypmodcoll(view, attnum, &types[0], &typmods[0], &collations[0]);
		get_atttypetypmodcoll(source, column->attnum, &types[1], &typmods[1], &collations[1]);
		if (strcmp(get_attname(view, attnum, false), column->name) != 0 || types[0] != types[1] ||
			typmods[0] != typmods[1] || collations[0] != collations[1])
			return false;
	}
	return true;
}

Oid
dm_port_change(DmProduct *product, Oid view, Oid source, List *names)
{
	List *columns;

	columns = dm_port_resolve(product, source, names);
	if (!is_extension(view, source, columns))
	{
		char *name = get_rel_name(view);
		Oid nspid = get_rel_namespace(view);

		drop_view(product, view, false);
		return create_port(product, nspid, source, name, columns);
	}
	dm_execute_as(product->domain->owner,
				  psprintf("CREATE OR REPLACE VIEW %s %s AS %s",
						   dm_relation_sql(view),
						   dm_port_view_options(source),
						   dm_port_query_text(product, source, columns)));
	carry_comments(view, source, columns);
	dm_port_row_change(view, dm_relation_sql(source), column_names(columns));
	return view;
}
