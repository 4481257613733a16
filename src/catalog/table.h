/*
 * table.h
 *		Scans of, and writes to, the catalog tables of datamesh.
 *
 * The tables are read with systable scans and a fresh catalog snapshot, like
 * the server's own catalogs: no SPI, no privilege of the caller is involved, and
 * what another session committed is seen by the next call.
 */
#ifndef DM_CATALOG_TABLE_H
#define DM_CATALOG_TABLE_H

#include "access/genam.h"
#include "access/htup.h"
#include "access/skey.h"
#include "storage/lockdefs.h"
#include "utils/rel.h"

typedef enum DmTable
{
	DM_DOMAIN,
	DM_PRODUCT,
	DM_PORT,
	DM_TAG,
	DM_TAXONOMY,
	DM_TOKEN_KEY,
	DM_PURPOSE,
	DM_ACCESS_REQUEST,
	DM_AGREEMENT,
	DM_GOVERNANCE_CHANGE,
	DM_COPY_SHARING,
	DM_ROW_POLICY,
	DM_ROLE_ATTRIBUTE,
	DM_SUBJECT_KIND,
	DM_SUBJECT,
	DM_CONSENT,
	DM_CONSENT_SET,
	DM_CONSENT_REQUIREMENT,
	DM_ACCEPTED_EXIT,
	DM_ACCEPTED_GRANT,
	DM_CONTRACT,
	DM_CONTRACT_SCHEMA,
	DM_PRODUCT_DOCUMENT,
	DM_QUALITY_RULE,
	DM_QUARANTINE,
	DM_CHECK_RESULT,
	DM_SERIES,
	DM_SERIES_POINT,
	DM_SERIES_ALARM,
	DM_SERIES_SEEN,
	DM_JOB,
	DM_JOB_STATE,
	DM_JOB_RUN,
	DM_EVENT,
	DM_EVENT_POSITION,
	DM_EVENT_SUBSCRIPTION,
	DM_EVENT_CURSOR,
	DM_INCIDENT,
	DM_INCIDENT_CAUSE,
	DM_ACTIVITY,
	DM_ACTIVITY_PREPARED,
	DM_PROFILE,
	DM_SLO,
	DM_CALENDAR,
	DM_SLO_STATE,
	DM_SLO_INTERVAL,
	DM_SLO_COUNT,
	DM_TABLE_COUNT /* the number of tables */
} DmTable;

#define DM_MAX_ATTS 24

/* schema datamesh; InvalidOid where the extension is not created */
extern Oid dm_catalog_schema(void);

/* the schema that CREATE EXTENSION put the API functions into */
extern Oid dm_api_schema(void);

/* the version of the extension in this database; NULL where it is not created */
extern char *dm_extension_version(void);

/* the role that created the extension; a superuser */
extern Oid dm_extension_owner(void);

/* OID of the table, with the error for "extension not created" */
extern Oid dm_table_oid(DmTable table);

/* next number of the table's sequence */
extern int64 dm_table_next_id(DmTable table);

typedef struct DmScan
{
	Relation rel;
	SysScanDesc desc;
} DmScan;

/*
 * Scans a table by one of its indexes (NULL: the whole table).  The tuples are
 * valid until the next call; sk_attno counts the table's columns.
 */
extern void dm_scan_begin(DmScan *scan, DmTable table, const char *index_name,
						  int nkeys, ScanKey keys);
extern HeapTuple dm_scan_next(DmScan *scan);

/* The same by an index, as the given snapshot sees the table: for data that queries read. */
extern void dm_scan_begin_at(DmScan *scan, DmTable table, const char *index_name,
							 Snapshot snapshot, int nkeys, ScanKey keys);
extern void dm_scan_end(DmScan *scan);

/* scan keys for equality */
extern void dm_key_text(ScanKey key, AttrNumber attno, const char *value);
extern void dm_key_int8(ScanKey key, AttrNumber attno, int64 value);
extern void dm_key_int4(ScanKey key, AttrNumber attno, int32 value);
extern void dm_key_oid(ScanKey key, AttrNumber attno, Oid value);

/* two scan keys: first <= column < last */
extern void dm_key_int8_range(ScanKey keys, AttrNumber attno, int64 first, int64 last);

/* column of a tuple; *isnull may be NULL for columns that are NOT NULL */
extern Datum dm_scan_get(DmScan *scan, HeapTuple tuple, AttrNumber attno, bool *isnull);

/* columns that are NOT NULL, by type */
extern int64 dm_scan_int8(DmScan *scan, HeapTuple tuple, AttrNumber attno);
extern int32 dm_scan_int4(DmScan *scan, HeapTuple tuple, AttrNumber attno);
extern Oid dm_scan_oid(DmScan *scan, HeapTuple tuple, AttrNumber attno);

/* text column as a C string, NULL if null */
extern char *dm_scan_text(DmScan *scan, HeapTuple tuple, AttrNumber attno);

/*
 * One row to write.  dm_row_init makes all columns null; the setters take the
 * column's attribute number.
 */
typedef struct DmRow
{
	Datum values[DM_MAX_ATTS];
	bool nulls[DM_MAX_ATTS];
	bool changed[DM_MAX_ATTS];
} DmRow;

extern void dm_row_init(DmRow *row);
extern void dm_row_set(DmRow *row, AttrNumber attno, Datum value);
extern void dm_row_set_text(DmRow *row, AttrNumber attno, const char *value);
extern void dm_row_set_null(DmRow *row, AttrNumber attno);

/* Fails unless the table, opened as rel, has the columns that the library knows. */
extern void dm_table_check(Relation rel, DmTable table);

/* Fails in a read-only transaction and on a standby. */
extern void dm_check_writable(void);

/*
 * Writes.  Each one makes itself visible to the rest of the command and sends a
 * relcache invalidation for the table, which is how the caches of all sessions
 * learn of it (see invalidate.h).
 */
extern void dm_table_insert(DmTable table, DmRow *row);
extern void dm_table_update(DmScan *scan, HeapTuple tuple, DmRow *row);
extern void dm_table_delete(DmScan *scan, HeapTuple tuple);

/*
 * Takes the lock that serialises changes of one object of the mesh (a domain, a tag, ...) until
 * the end of the transaction.  objid 0 stands for the table as a whole.  Lock order, so that
 * our own locks never deadlock: DM_TAG (0, 1, then the OIDs of relations, see dm_lineage_lock),
 * DM_PURPOSE, DM_DOMAIN by id, DM_PRODUCT, DM_ACCESS_REQUEST, then views.
 */
extern void dm_table_lock(DmTable table, int64 objid, LOCKMODE mode);

/* The same, exclusively, unless one would have to wait: false then. */
extern bool dm_table_try_lock(DmTable table, int64 objid);

#endif /* DM_CATALOG_TABLE_H */
