/*
 * schemalabel.c
 *		Which domain a schema belongs to, and whose ports it holds.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_seclabel.h"
#include "commands/seclabel.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"

#include "catalog/table.h"
#include "registry/schemalabel.h"

#define DOMAIN_PREFIX "domain:"
#define PORTS_PREFIX  "ports:"

static char *
get_label(Oid nspid, const char *prefix)
{
	ObjectAddress address;
	char *label;

	ObjectAddressSet(address, NamespaceRelationId, nspid);
	label = GetSecurityLabel(&address, "datamesh");
	if (label == NULL || strncmp(label, prefix, strlen(prefix)) != 0)
		return NULL;
	return label + strlen(prefix);
}

static void
set_label(Oid nspid, const char *prefix, const char *name)
{
	ObjectAddress address;

	ObjectAddressSet(address, NamespaceRelationId, nspid);
	SetSecurityLabel(&address, "datamesh", name ? psprintf("%s%s", prefix, name) : NULL);
	/* who belongs to the domain depends on it, and no row of a table tells */
	CacheInvalidateRelcacheByRelid(dm_table_oid(DM_DOMAIN));
	CommandCounterIncrement();
}

char *
dm_schema_domain(Oid nspid)
{
	return get_label(nspid, DOMAIN_PREFIX);
}

char *
dm_schema_product(Oid nspid)
{
	return get_label(nspid, PORTS_PREFIX);
}

void
dm_schema_set_domain(Oid nspid, const char *domain)
{
	set_label(nspid, DOMAIN_PREFIX, domain);
}

void
dm_schema_set_product(Oid nspid, const char *product_label)
{
	set_label(nspid, PORTS_PREFIX, product_label);
}

List *
dm_schema_list(const char *domain)
{
	Relation rel = table_open(SecLabelRelationId, AccessShareLock);
	ScanKeyData keys[3];
	SysScanDesc scan;
	HeapTuple tuple;
	List *result = NIL;

	/* one pass over the labels instead of one look-up for each schema */
	ScanKeyInit(&keys[0], Anum_pg_seclabel_classoid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(NamespaceRelationId));
	ScanKeyInit(&keys[1], Anum_pg_seclabel_label, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum(psprintf("%s%s", DOMAIN_PREFIX, domain)));
	ScanKeyInit(&keys[2], Anum_pg_seclabel_provider, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum("datamesh"));
	scan = systable_beginscan(rel, InvalidOid, false, NULL, 3, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		result = lappend_oid(result, ((FormData_pg_seclabel *) GETSTRUCT(tuple))->objoid);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	list_sort(result, list_oid_cmp);
	return result;
}

void
dm_schema_label_check(const char *label)
{
	if (strncmp(label, DOMAIN_PREFIX, strlen(DOMAIN_PREFIX)) != 0 &&
		strncmp(label, PORTS_PREFIX, strlen(PORTS_PREFIX)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid label \"%s\" for a schema", label)));
}
