/*
 * sqlname.c
 *		Names of objects as SQL text, quoted and qualified.
 *
 * For an object that is gone, NULL from the lookups would end in a crash or in
 * a wrong statement, so it is an error here.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/sqlname.h"

char *
dm_schema_sql(Oid nspid)
{
	char *name = get_namespace_name(nspid);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("schema with OID %u does not exist", nspid)));
	return pstrdup(quote_identifier(name));
}

char *
dm_relation_sql(Oid relid)
{
	char *name = get_rel_name(relid);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid)));
	return psprintf("%s.%s", dm_schema_sql(get_rel_namespace(relid)), quote_identifier(name));
}

char *
dm_role_sql(Oid roleid)
{
	return pstrdup(quote_identifier(GetUserNameFromId(roleid, false)));
}
