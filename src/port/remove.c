/*
 * remove.c
 *		Taking the mesh off a database, with the domains' data left as it was.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_seclabel.h"
#include "commands/seclabel.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/tuplestore.h"

#include "base/args.h"
#include "base/errors.h"
#include "base/run_as.h"
#include "base/sqlname.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/label.h"
#include "port/port.h"
#include "registry/portrow.h"
#include "registry/product.h"

PG_FUNCTION_INFO_V1(dm_remove_mesh);

static void
tell(ReturnSetInfo *rsinfo, char *line)
{
	Datum value = CStringGetTextDatum(line);
	bool isnull = false;

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value, &isnull);
}

/* Drops the product's ports, or tells of it; *schemas collects the schemas that go with them. */
static void
remove_product(ReturnSetInfo *rsinfo, DmProduct *product, bool dry_run, bool cascade,
			   List **schemas)
{
	List *views = dm_port_views(product->id);
	List *going = dm_port_schemas_going(views);
	List *lines = NIL;
	ListCell *lc;

	foreach(lc, going)
		lines = lappend(lines, psprintf("DROP SCHEMA %s", dm_schema_sql(lfirst_oid(lc))));
	foreach(lc, views)
	{
		/* gone with a port that it was built upon */
		if (get_rel_name(lfirst_oid(lc)) == NULL)
			continue;
		tell(rsinfo, psprintf("DROP VIEW %s%s", dm_relation_sql(lfirst_oid(lc)),
							  cascade ? " CASCADE" : ""));
		if (!dry_run)
			dm_port_drop(product, lfirst_oid(lc), cascade);
	}
	foreach(lc, lines)
		tell(rsinfo, lfirst(lc));
	*schemas = list_concat(*schemas, going);
}

static List *
remove_ports(ReturnSetInfo *rsinfo, bool dry_run, bool cascade)
{
	List *schemas = NIL;
	ListCell *lc;

	foreach(lc, dm_product_list(0))
	{
		DmProduct *product = lfirst(lc);

		if (!dry_run)
		{
			dm_table_lock(DM_DOMAIN, product->domain->id, ExclusiveLock);
			dm_announce(DM_EVENT_PRODUCT_RETIRING, product->id);
		}
		remove_product(rsinfo, product, dry_run, cascade, &schemas);
	}
	return schemas;
}

/* A relation as SECURITY LABEL names it: the label of a copy is on the whole. */
static char *
relation_target(Oid relid)
{
	const char *kind = "TABLE";

	switch (get_rel_relkind(relid))
	{
		case RELKIND_VIEW:
			kind = "VIEW";
			break;
		case RELKIND_MATVIEW:
			kind = "MATERIALIZED VIEW";
			break;
		case RELKIND_FOREIGN_TABLE:
			kind = "FOREIGN TABLE";
			break;
	}
	return psprintf("%s %s", kind, dm_relation_sql(relid));
}

/* The statement's text for the object of a label, NULL if it is one of a dropped object. */
static char *
label_target(FormData_pg_seclabel *form)
{
	ObjectAddress address;

	ObjectAddressSubSet(address, form->classoid, form->objoid, form->objsubid);
	switch (form->classoid)
	{
		case RelationRelationId:
			if (form->objsubid == 0)
				return relation_target(form->objoid);
			return psprintf("COLUMN %s.%s",
							dm_relation_sql(form->objoid),
							quote_identifier(get_attname(form->objoid, form->objsubid, false)));
		case NamespaceRelationId:
			return psprintf("SCHEMA %s", dm_schema_sql(form->objoid));
		case ProcedureRelationId:
			return psprintf("FUNCTION %s", format_procedure_qualified(form->objoid));
		default:
			return getObjectDescription(&address, false);
	}
}

/* Takes all labels off, but for those of schemas that have gone or would have. */
static void
remove_labels(ReturnSetInfo *rsinfo, bool dry_run, List *gone_schemas)
{
	Relation rel = table_open(SecLabelRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;
	List *addresses = NIL;
	ListCell *lc;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		FormData_pg_seclabel *form = (FormData_pg_seclabel *) GETSTRUCT(tuple);
		bool isnull;
		Datum provider = heap_getattr(tuple, Anum_pg_seclabel_provider,
									  RelationGetDescr(rel), &isnull);
		ObjectAddress *address;

		CHECK_FOR_INTERRUPTS();
		if (strcmp(TextDatumGetCString(provider), "datamesh") != 0 ||
			(form->classoid == NamespaceRelationId && list_member_oid(gone_schemas, form->objoid)))
			continue;
		tell(rsinfo, psprintf("SECURITY LABEL FOR datamesh ON %s IS NULL", label_target(form)));
		address = palloc(sizeof(ObjectAddress));
		ObjectAddressSubSet(*address, form->classoid, form->objoid, form->objsubid);
		addresses = lappend(addresses, address);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);

	if (!dry_run)
		foreach(lc, addresses)
			SetSecurityLabel(lfirst(lc), "datamesh", NULL);
}

static void
remove_rows(ReturnSetInfo *rsinfo, bool dry_run)
{
	static const DmTable tables[] = {
		DM_AGREEMENT, DM_ACCESS_REQUEST, DM_CONTRACT, DM_PORT, DM_PRODUCT, DM_DOMAIN, DM_PURPOSE,
		DM_TAG, DM_TOKEN_KEY, DM_ROW_POLICY, DM_ROLE_ATTRIBUTE, DM_CONSENT_REQUIREMENT, DM_SUBJECT,
		DM_SUBJECT_KIND, DM_CONSENT_SET, DM_CONSENT, DM_ACCEPTED_EXIT, DM_ACCEPTED_GRANT,
		DM_QUALITY_RULE, DM_QUARANTINE, DM_SLO, DM_CALENDAR, DM_SLO_STATE, DM_SLO_INTERVAL,
		DM_SLO_COUNT
	};

	for (int i = 0; i < lengthof(tables); i++)
	{
		DmScan scan;
		HeapTuple tuple;

		dm_scan_begin(&scan, tables[i], NULL, 0, NULL);
		tell(rsinfo, psprintf("DELETE FROM datamesh.%s",
							  quote_identifier(RelationGetRelationName(scan.rel))));
		while (!dry_run && HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		{
			CHECK_FOR_INTERRUPTS();
			dm_table_delete(&scan, tuple);
		}
		dm_scan_end(&scan);
	}
}

Datum
dm_remove_mesh(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	bool dry_run = PG_ARGISNULL(0) || PG_GETARG_BOOL(0);
	bool cascade = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	List *schemas;
	ListCell *lc;

	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to remove the mesh"),
				 errdetail("Only superusers may do this.")));
	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (!dry_run)
	{
		dm_table_lock(DM_TAG, 0, ExclusiveLock);
		dm_table_lock(DM_DOMAIN, 0, ExclusiveLock);
	}
	schemas = remove_ports(rsinfo, dry_run, cascade);
	foreach(lc, dm_announce_removal(dry_run))
		tell(rsinfo, lfirst(lc));
	remove_labels(rsinfo, dry_run, schemas);
	remove_rows(rsinfo, dry_run);
	PG_RETURN_NULL();
}
