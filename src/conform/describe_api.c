/*
 * describe_api.c
 *		SQL functions that describe relations and products as contracts.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/args.h"
#include "catalog/relation.h"
#include "compat/pg_compat.h"
#include "conform/describe.h"
#include "contract/key_order.h"
#include "format/document.h"
#include "registry/domain.h"
#include "registry/product.h"
#include "registry/schemalabel.h"

PG_FUNCTION_INFO_V1(dm_describe_relation_contract);
PG_FUNCTION_INFO_V1(dm_describe_product_contract);

static void
check_kind(Oid relid)
{
	if (!dm_has_rows(relid))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" cannot be described as a contract", get_rel_name(relid)),
				 errdetail("A contract describes a table, a foreign table, a view or a materialized view.")));
}

/* Who may read a relation, or belongs to the domain that it is in. */
static void
check_may_describe(Oid relid)
{
	char *name = dm_schema_domain(get_rel_namespace(relid));
	DmDomain *domain = name != NULL ? dm_domain_get(name, true) : NULL;

	if (dm_class_ownercheck(relid, GetUserId()) ||
		pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		(domain != NULL && dm_domain_is_producer(domain, GetUserId())))
		return;
	aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(get_rel_relkind(relid)),
				   get_rel_name(relid));
}

static Datum
yaml_datum(Jsonb *contract)
{
	return PointerGetDatum(cstring_to_text(dm_yaml_write(contract, dm_odcs_key_order)));
}

Datum
dm_describe_relation_contract(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	bool examples = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);

	check_kind(relid);
	check_may_describe(relid);
	return yaml_datum(dm_describe_relation(relid, examples));
}

Datum
dm_describe_product_contract(PG_FUNCTION_ARGS)
{
	DmProduct *product = dm_product_get(dm_arg_text(fcinfo, 0, "product"), false);
	bool examples = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);

	if (!dm_domain_is_producer(product->domain, GetUserId()))
		dm_product_check_manage(product);
	return yaml_datum(dm_describe_product(product, examples));
}
