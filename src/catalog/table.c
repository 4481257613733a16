/*
 * table.c
 *		Scans of, and writes to, the catalog tables of datamesh.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "catalog/table.h"
#include "compat/pg_compat.h"

static const struct
{
	const char *name;
	int natts;
} table_def[DM_TABLE_COUNT] = {
	[DM_DOMAIN] = { "domain", 7 },
	[DM_PRODUCT] = { "product", 17 },
	[DM_PORT] = { "port", 10 },
	[DM_TAG] = { "tag", 6 },
	[DM_TAXONOMY] = { "taxonomy", 6 },
	[DM_TOKEN_KEY] = { "token_key", 7 },
	[DM_PURPOSE] = { "purpose", 5 },
	[DM_ACCESS_REQUEST] = { "access_request", 14 },
	[DM_AGREEMENT] = { "agreement", 15 },
	[DM_GOVERNANCE_CHANGE] = { "governance_change", 10 },
	[DM_COPY_SHARING] = { "copy_sharing", 6 },
	[DM_ROW_POLICY] = { "row_policy", 12 },
	[DM_ROLE_ATTRIBUTE] = { "role_attribute", 5 },
	[DM_SUBJECT_KIND] = { "subject_kind", 8 },
	[DM_SUBJECT] = { "subject", 6 },
	[DM_CONSENT] = { "consent", 8 },
	[DM_CONSENT_SET] = { "consent_set", 5 },
	[DM_CONSENT_REQUIREMENT] = { "consent_requirement", 4 },
	[DM_ACCEPTED_EXIT] = { "accepted_exit", 8 },
	[DM_ACCEPTED_GRANT] = { "accepted_grant", 8 },
	[DM_CONTRACT] = { "contract", 16 },
	[DM_CONTRACT_SCHEMA] = { "contract_schema", 9 },
	[DM_PRODUCT_DOCUMENT] = { "product_document", 9 },
	[DM_QUALITY_RULE] = { "quality_rule", 19 },
	[DM_QUARANTINE] = { "quarantine", 4 },
	[DM_CHECK_RESULT] = { "check_result", 22 },
	[DM_SERIES] = { "series", 10 },
	[DM_SERIES_POINT] = { "series_point", 7 },
	[DM_SERIES_ALARM] = { "series_alarm", 8 },
	[DM_SERIES_SEEN] = { "series_seen", 8 },
	[DM_JOB] = { "job", 12 },
	[DM_JOB_STATE] = { "job_state", 10 },
	[DM_JOB_RUN] = { "job_run", 13 },
	[DM_EVENT] = { "event", 5 },
	[DM_EVENT_POSITION] = { "event_position", 2 },
	[DM_EVENT_SUBSCRIPTION] = { "event_subscription", 7 },
	[DM_EVENT_CURSOR] = { "event_cursor", 4 },
	[DM_INCIDENT] = { "incident", 15 },
	[DM_INCIDENT_CAUSE] = { "incident_cause", 10 },
	[DM_ACTIVITY] = { "activity", 14 },
	[DM_ACTIVITY_PREPARED] = { "activity_prepared", 4 },
	[DM_PROFILE] = { "profile", 8 },
	[DM_SLO] = { "slo", 12 },
	[DM_CALENDAR] = { "calendar", 11 },
	[DM_SLO_STATE] = { "slo_state", 11 },
	[DM_SLO_INTERVAL] = { "slo_interval", 5 },
	[DM_SLO_COUNT] = { "slo_count", 6 },
};

Oid
dm_catalog_schema(void)
{
	return get_namespace_oid("datamesh", true);
}

/* Copy of the extension's row in pg_extension, or an error. */
static FormData_pg_extension
extension_row(void)
{
	Relation rel = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key[1];
	SysScanDesc scan;
	HeapTuple tuple;
	FormData_pg_extension result;

	ScanKeyInit(&key[0], Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("datamesh"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, key);
	tuple = systable_getnext(scan);
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension \"datamesh\" is not created in this database"),
				 errhint("Use CREATE EXTENSION datamesh.")));
	memcpy(&result, GETSTRUCT(tuple), sizeof(result));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

char *
dm_extension_version(void)
{
	Relation rel = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	bool isnull = true;
	Datum version = (Datum) 0;
	char *result;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("datamesh"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		version = heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(rel),
							   &isnull);
	result = isnull ? NULL : TextDatumGetCString(version);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

Oid
dm_api_schema(void)
{
	return extension_row().extnamespace;
}

Oid
dm_extension_owner(void)
{
	return extension_row().extowner;
}

static Oid
catalog_relation(const char *name)
{
	Oid nspid = dm_catalog_schema();
	Oid relid = OidIsValid(nspid) ? get_relname_relid(name, nspid) : InvalidOid;

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("extension \"datamesh\" is not created in this database"),
				 errdetail("Relation datamesh.%s does not exist.", name),
				 errhint("Use CREATE EXTENSION datamesh.")));
	return relid;
}

Oid
dm_table_oid(DmTable table)
{
	return catalog_relation(table_def[table].name);
}

int64
dm_table_next_id(DmTable table)
{
	return nextval_internal(catalog_relation(psprintf("%s_id_seq", table_def[table].name)), false);
}

void
dm_scan_begin(DmScan *scan, DmTable table, const char *index_name, int nkeys, ScanKey keys)
{
	dm_scan_begin_at(scan, table, index_name, NULL, nkeys, keys);
}

void
dm_scan_begin_at(DmScan *scan, DmTable table, const char *index_name, Snapshot snapshot,
				 int nkeys, ScanKey keys)
{
	scan->rel = table_open(dm_table_oid(table), AccessShareLock);
	scan->desc = systable_beginscan(scan->rel,
									index_name ? catalog_relation(index_name) : InvalidOid,
									index_name != NULL, snapshot, nkeys, keys);
}

HeapTuple
dm_scan_next(DmScan *scan)
{
	return systable_getnext(scan->desc);
}

void
dm_scan_end(DmScan *scan)
{
	systable_endscan(scan->desc);
	table_close(scan->rel, AccessShareLock);
}

void
dm_key_text(ScanKey key, AttrNumber attno, const char *value)
{
	ScanKeyInit(key, attno, BTEqualStrategyNumber, F_TEXTEQ, CStringGetTextDatum(value));
}

void
dm_key_int8(ScanKey key, AttrNumber attno, int64 value)
{
	ScanKeyInit(key, attno, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(value));
}

void
dm_key_int4(ScanKey key, AttrNumber attno, int32 value)
{
	ScanKeyInit(key, attno, BTEqualStrategyNumber, F_INT4EQ, Int32GetDatum(value));
}

void
dm_key_oid(ScanKey key, AttrNumber attno, Oid value)
{
	ScanKeyInit(key, attno, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(value));
}

void
dm_key_int8_range(ScanKey keys, AttrNumber attno, int64 first, int64 last)
{
	ScanKeyInit(&keys[0], attno, BTGreaterEqualStrategyNumber, F_INT8GE, Int64GetDatum(first));
	ScanKeyInit(&keys[1], attno, BTLessStrategyNumber, F_INT8LT, Int64GetDatum(last));
}

Datum
dm_scan_get(DmScan *scan, HeapTuple tuple, AttrNumber attno, bool *isnull)
{
	bool null;
	Datum value = heap_getattr(tuple, attno, RelationGetDescr(scan->rel), &null);

	if (isnull != NULL)
		*isnull = null;
	else if (null)
		elog(ERROR, "unexpected null in column %d of \"%s\"",
			 attno, RelationGetRelationName(scan->rel));
	return value;
}

int64
dm_scan_int8(DmScan *scan, HeapTuple tuple, AttrNumber attno)
{
	return DatumGetInt64(dm_scan_get(scan, tuple, attno, NULL));
}

int32
dm_scan_int4(DmScan *scan, HeapTuple tuple, AttrNumber attno)
{
	return DatumGetInt32(dm_scan_get(scan, tuple, attno, NULL));
}

Oid
dm_scan_oid(DmScan *scan, HeapTuple tuple, AttrNumber attno)
{
	return DatumGetObjectId(dm_scan_get(scan, tuple, attno, NULL));
}

char *
dm_scan_text(DmScan *scan, HeapTuple tuple, AttrNumber attno)
{
	bool isnull;
	Datum value = dm_scan_get(scan, tuple, attno, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

void
dm_row_init(DmRow *row)
{
	memset(row->values, 0, sizeof(row->values));
	memset(row->nulls, true, sizeof(row->nulls));
	memset(row->changed, false, sizeof(row->changed));
}

void
dm_row_set(DmRow *row, AttrNumber attno, Datum value)
{
	row->values[attno - 1] = value;
	row->nulls[attno - 1] = false;
	row->changed[attno - 1] = true;
}

void
dm_row_set_null(DmRow *row, AttrNumber attno)
{
	row->nulls[attno - 1] = true;
	row->changed[attno - 1] = true;
}

void
dm_row_set_text(DmRow *row, AttrNumber attno, const char *value)
{
	if (value == NULL)
		dm_row_set_null(row, attno);
	else
		dm_row_set(row, attno, CStringGetTextDatum(value));
}

/* Functions that write are no statements that the server would check by itself. */
void
dm_check_writable(void)
{
	PreventCommandIfReadOnly("a change of the mesh");
	PreventCommandDuringRecovery("a change of the mesh");
}

static void
written(Relation rel)
{
	CacheInvalidateRelcache(rel);
	CommandCounterIncrement();
}

void
dm_table_check(Relation rel, DmTable table)
{
	if (RelationGetNumberOfAttributes(rel) != table_def[table].natts)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the library does not match the version of extension \"datamesh\""),
				 errdetail("Table datamesh.%s has %d columns, the library expects %d.",
						   table_def[table].name, RelationGetNumberOfAttributes(rel),
						   table_def[table].natts),
				 errhint("Use ALTER EXTENSION datamesh UPDATE.")));
}

void
dm_table_insert(DmTable table, DmRow *row)
{
	Relation rel = table_open(dm_table_oid(table), RowExclusiveLock);
	HeapTuple tuple;

	dm_check_writable();
	dm_table_check(rel, table);
	tuple = heap_form_tuple(RelationGetDescr(rel), row->values, row->nulls);
	CatalogTupleInsert(rel, tuple);
	heap_freetuple(tuple);
	written(rel);
	table_close(rel, NoLock);
}

void
dm_table_update(DmScan *scan, HeapTuple tuple, DmRow *row)
{
	HeapTuple newtuple;

	dm_check_writable();
	LockRelationOid(RelationGetRelid(scan->rel), RowExclusiveLock);
	newtuple = heap_modify_tuple(tuple, RelationGetDescr(scan->rel),
								 row->values, row->nulls, row->changed);
	CatalogTupleUpdate(scan->rel, &tuple->t_self, newtuple);
	heap_freetuple(newtuple);
	written(scan->rel);
}

void
dm_table_delete(DmScan *scan, HeapTuple tuple)
{
	dm_check_writable();
	LockRelationOid(RelationGetRelid(scan->rel), RowExclusiveLock);
	CatalogTupleDelete(scan->rel, &tuple->t_self);
	written(scan->rel);
}

void
dm_table_lock(DmTable table, int64 objid, LOCKMODE mode)
{
	LockDatabaseObject(dm_table_oid(table), (Oid) objid, 0, mode);
}

bool
dm_table_try_lock(DmTable table, int64 objid)
{
	LOCKTAG tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, dm_table_oid(table), (Oid) objid, 0);
	if (LockAcquire(&tag, ExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		return false;
	AcceptInvalidationMessages();
	return true;
}
