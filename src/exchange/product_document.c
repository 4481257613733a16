/*
 * product_document.c
 *		Stored descriptions of products.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "catalog/listen.h"
#include "catalog/table.h"
#include "exchange/product_document.h"

const char *
dm_product_standard_name(DmProductStandard standard)
{
	return standard == DM_ODPS ? "odps" : "dpds";
}

DmProductStandard
dm_product_standard(const char *name)
{
	if (pg_strcasecmp(name, "odps") == 0)
		return DM_ODPS;
	if (pg_strcasecmp(name, "dpds") == 0)
		return DM_DPDS;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown format \"%s\"", name),
			 errhint("Products are described as \"odps\" or \"dpds\".")));
}

static void
begin_scan(DmScan *scan, int64 product_id, DmProductStandard standard)
{
	ScanKeyData keys[2];

	dm_key_int8(&keys[0], Anum_dm_product_document_product, product_id);
	dm_key_text(&keys[1], Anum_dm_product_document_standard, dm_product_standard_name(standard));
	dm_scan_begin(scan, DM_PRODUCT_DOCUMENT, "product_document_product_standard_key", 2, keys);
}

DmProductDocument *
dm_product_document_get(int64 product_id, DmProductStandard standard)
{
	DmProductDocument *result = NULL;
	DmScan scan;
	HeapTuple tuple;

	begin_scan(&scan, product_id, standard);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
	{
		Datum document = dm_scan_get(&scan, tuple, Anum_dm_product_document_document, NULL);

		result = palloc(sizeof(DmProductDocument));
		result->standard = standard;
		result->version = dm_scan_text(&scan, tuple, Anum_dm_product_document_version);
		result->document = DatumGetJsonbPCopy(document);
		result->source = dm_scan_text(&scan, tuple, Anum_dm_product_document_source);
		result->format = dm_scan_text(&scan, tuple, Anum_dm_product_document_format);
	}
	dm_scan_end(&scan);
	return result;
}

static void
forget(int64 product_id, DmProductStandard standard)
{
	DmScan scan;
	HeapTuple tuple;

	begin_scan(&scan, product_id, standard);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
}

void
dm_product_document_put(int64 product_id, const DmProductDocument *document)
{
	DmRow row;

	forget(product_id, document->standard);
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_product_document_id,
			   Int64GetDatum(dm_table_next_id(DM_PRODUCT_DOCUMENT)));
	dm_row_set(&row, Anum_dm_product_document_product, Int64GetDatum(product_id));
	dm_row_set_text(&row, Anum_dm_product_document_standard,
					dm_product_standard_name(document->standard));
	dm_row_set_text(&row, Anum_dm_product_document_version, document->version);
	dm_row_set(&row, Anum_dm_product_document_document, JsonbPGetDatum(document->document));
	dm_row_set_text(&row, Anum_dm_product_document_source, document->source);
	dm_row_set_text(&row, Anum_dm_product_document_format, document->format);
	dm_row_set(&row, Anum_dm_product_document_imported_at,
			   TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set_text(&row, Anum_dm_product_document_imported_by,
					GetUserNameFromId(GetUserId(), false));
	dm_table_insert(DM_PRODUCT_DOCUMENT, &row);
}

/* DM_EVENT_DOMAIN_DROPPING: the history of its products goes. */
static void
domain_dropping(DmEvent event, int64 domain_id)
{
	ListCell *lc;

	foreach(lc, dm_product_list(domain_id))
	{
		forget(((DmProduct *) lfirst(lc))->id, DM_ODPS);
		forget(((DmProduct *) lfirst(lc))->id, DM_DPDS);
	}
}

void
dm_product_document_init(void)
{
	dm_listen(DM_EVENT_DOMAIN_DROPPING, domain_dropping);
}
