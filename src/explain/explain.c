/*
 * explain.c
 *		What the functions that explain access have in common.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/varlena.h"

#include "access/fold.h"
#include "base/args.h"
#include "base/sqlname.h"
#include "catalog/relation.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "explain/explain.h"
#include "registry/portrow.h"
#include "registry/schemalabel.h"

char *
dm_column_text(Oid relid, AttrNumber attnum)
{
	char *name = get_attname(relid, attnum, true);

	return psprintf("%s.%s", dm_relation_sql(relid), name ? quote_identifier(name) : "?");
}

void
dm_explain_check_relation(Oid relid)
{
	if (!dm_has_rows(relid))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a relation that is read by columns",
						get_rel_name(relid)),
				 errdetail("Access is explained for ports, tables, foreign tables, views and materialized views.")));
}

Oid
dm_explain_relation(FunctionCallInfo fcinfo, int n)
{
	char *name = dm_arg_text(fcinfo, n, "relation");
	RangeVar *range = makeRangeVarFromNameList(textToQualifiedNameList(cstring_to_text(name)));
	Oid nspid;
	Oid relid;

	if (range->schemaname == NULL)
		relid = RelnameGetRelid(range->relname);
	else
	{
		nspid = get_namespace_oid(range->schemaname, true);
		relid = OidIsValid(nspid) ? get_relname_relid(range->relname, nspid) : InvalidOid;
	}
	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation \"%s\" does not exist", name),
				 errhint("datamesh.ports lists the ports.")));
	return relid;
}

DmDomain *
dm_explain_domain(Oid relid)
{
	char *name = dm_schema_domain(get_rel_namespace(relid));

	return name ? dm_domain_get(name, true) : NULL;
}

bool
dm_explain_may_audit(Oid relid)
{
	Oid caller = GetUserId();
	DmProduct *product = dm_product_of_port(relid);
	DmDomain *domain = dm_explain_domain(relid);

	return pg_class_aclcheck(dm_table_oid(DM_AGREEMENT), caller, ACL_SELECT) == ACLCHECK_OK ||
		   dm_class_ownercheck(relid, caller) ||
		   (product != NULL && dm_product_may_manage(product, caller)) ||
		   (domain != NULL && has_privs_of_role(caller, domain->owner));
}

static bool
calls_token(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncExpr) && dm_is_token(((FuncExpr *) node)->funcid))
		return true;
	return expression_tree_walker(node, calls_token, context);
}

bool
dm_explain_has_token(Oid view, AttrNumber attnum)
{
	Relation rel = table_open(view, AccessShareLock);
	Query *query = dm_view_query(rel);
	bool result = false;

	if (query != NULL && attnum <= list_length(query->targetList))
		result = calls_token((Node *) list_nth_node(TargetEntry, query->targetList,
													attnum - 1)
								 ->expr,
							 NULL);
	table_close(rel, AccessShareLock);
	return result;
}

char *
dm_explain_inside(Oid role, DmProduct *product)
{
	ListCell *lc;

	if (has_privs_of_role(role, product->domain->owner))
		return psprintf("has the rights of %s, the owner of domain \"%s\"",
						dm_role_sql(product->domain->owner), product->domain->name);
	foreach(lc, product->domain->producers)
		if (has_privs_of_role(role, lfirst_oid(lc)))
			return psprintf("has the rights of %s, a producer of domain \"%s\"",
							dm_role_sql(lfirst_oid(lc)), product->domain->name);
	return psprintf("has the rights of %s, the owner of product \"%s\"",
					dm_role_sql(product->owner), product->label);
}
