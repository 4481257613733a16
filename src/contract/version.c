/*
 * version.c
 *		Stored versions of contracts.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/formatting.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/errors.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "contract/version.h"

/* an index entry must fit on a page: that leaves room for any identifier that is one */
#define MAX_KEY_LENGTH 1000

static const char *const state_names[] = {
	[DM_CONTRACT_DRAFT] = "draft",
	[DM_CONTRACT_ACTIVE] = "active",
	[DM_CONTRACT_SUPERSEDED] = "superseded",
	[DM_CONTRACT_RETIRED] = "retired",
};

const char *
dm_contract_state_name(DmContractState state)
{
	return state_names[state];
}

static DmContractState
state_from_name(const char *name)
{
	for (int i = 0; i < lengthof(state_names); i++)
		if (strcmp(state_names[i], name) == 0)
			return (DmContractState) i;
	elog(ERROR, "unknown contract state \"%s\"", name);
}

/* All but document and text. */
static DmContractVersion *
read_version(DmScan *scan, HeapTuple tuple)
{
	DmContractVersion *version = palloc0(sizeof(DmContractVersion));
	Datum published_at;
	bool isnull;

	version->id = dm_scan_int8(scan, tuple, Anum_dm_contract_id);
	version->product = dm_scan_int8(scan, tuple, Anum_dm_contract_product);
	version->version = dm_scan_text(scan, tuple, Anum_dm_contract_version);
	version->state = state_from_name(dm_scan_text(scan, tuple, Anum_dm_contract_state));
	version->api_version = dm_scan_text(scan, tuple, Anum_dm_contract_api_version);
	version->contract_id = dm_scan_text(scan, tuple, Anum_dm_contract_contract_id);
	version->tenant = dm_scan_text(scan, tuple, Anum_dm_contract_tenant);
	version->format = dm_scan_text(scan, tuple, Anum_dm_contract_format);
	version->held = dm_text_array_list(dm_scan_get(scan, tuple, Anum_dm_contract_held, NULL));
	version->author = dm_scan_text(scan, tuple, Anum_dm_contract_author);
	version->created_at =
		DatumGetTimestampTz(dm_scan_get(scan, tuple, Anum_dm_contract_created_at, NULL));
	published_at = dm_scan_get(scan, tuple, Anum_dm_contract_published_at, &isnull);
	version->published_at = isnull ? 0 : DatumGetTimestampTz(published_at);
	version->published_by = dm_scan_text(scan, tuple, Anum_dm_contract_published_by);
	version->note = dm_scan_text(scan, tuple, Anum_dm_contract_note);
	return version;
}

static int
cmp_versions(const ListCell *a, const ListCell *b)
{
	int64 left = ((DmContractVersion *) lfirst(a))->id;
	int64 right = ((DmContractVersion *) lfirst(b))->id;

	return left < right ? -1 : left > right;
}

/* Versions by an index, oldest first. */
static List *
find_versions(const char *index_name, int nkeys, ScanKey keys)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_CONTRACT, index_name, nkeys, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		result = lappend(result, read_version(&scan, tuple));
	dm_scan_end(&scan);
	list_sort(result, cmp_versions);
	return result;
}

List *
dm_contract_list(int64 product_id)
{
	ScanKeyData key;

	dm_key_int8(&key, Anum_dm_contract_product, product_id);
	return find_versions("contract_product_version_key", 1, &key);
}

static DmContractVersion *
find_state(int64 product_id, DmContractState state)
{
	ListCell *lc;

	foreach(lc, dm_contract_list(product_id))
	{
		DmContractVersion *version = lfirst(lc);

		if (version->state == state)
			return version;
	}
	return NULL;
}

DmContractVersion *
dm_contract_active(int64 product_id)
{
	return find_state(product_id, DM_CONTRACT_ACTIVE);
}

DmContractVersion *
dm_contract_draft(int64 product_id)
{
	return find_state(product_id, DM_CONTRACT_DRAFT);
}

DmContractVersion *
dm_contract_get(int64 product_id, const char *version)
{
	ScanKeyData keys[2];
	List *found;

	dm_key_int8(&keys[0], Anum_dm_contract_product, product_id);
	dm_key_text(&keys[1], Anum_dm_contract_version, version);
	found = find_versions("contract_product_version_key", 2, keys);
	return found == NIL ? NULL : linitial(found);
}

DmContractVersion *
dm_contract_get_by_number(int64 id)
{
	ScanKeyData key;
	List *found;

	dm_key_int8(&key, Anum_dm_contract_id, id);
	found = find_versions("contract_pkey", 1, &key);
	return found == NIL ? NULL : linitial(found);
}

bool
dm_same_tenant(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(str_tolower(a, strlen(a), DEFAULT_COLLATION_OID),
				  str_tolower(b, strlen(b), DEFAULT_COLLATION_OID)) == 0;
}

DmContractVersion *
dm_contract_by_id(const char *contract_id, const char *tenant)
{
	DmContractVersion *result = NULL;
	ScanKeyData key;
	ListCell *lc;

	dm_key_text(&key, Anum_dm_contract_contract_id, contract_id);
	foreach(lc, find_versions("contract_contract_id_idx", 1, &key))
	{
		DmContractVersion *version = lfirst(lc);

		if (dm_same_tenant(version->tenant, tenant))
			result = version;
	}
	return result;
}

/* A column of a version's row, copied out of it. */
static Datum
fetch_column(DmContractVersion *version, AttrNumber attno)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	Datum result;

	dm_key_int8(&key, Anum_dm_contract_id, version->id);
	dm_scan_begin(&scan, DM_CONTRACT, "contract_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "no contract version with number " INT64_FORMAT, version->id);
	result = PointerGetDatum(PG_DETOAST_DATUM_COPY(dm_scan_get(&scan, tuple, attno, NULL)));
	dm_scan_end(&scan);
	return result;
}

Jsonb *
dm_contract_document(DmContractVersion *version)
{
	return DatumGetJsonbP(fetch_column(version, Anum_dm_contract_document));
}

char *
dm_contract_source(DmContractVersion *version)
{
	return TextDatumGetCString(fetch_column(version, Anum_dm_contract_source));
}

static void
update_version(int64 id, DmRow *row)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_int8(&key, Anum_dm_contract_id, id);
	dm_scan_begin(&scan, DM_CONTRACT, "contract_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "no contract version with number " INT64_FORMAT, id);
	dm_table_update(&scan, tuple, row);
	dm_scan_end(&scan);
}

static void
delete_version(int64 id)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_int8(&key, Anum_dm_contract_id, id);
	dm_scan_begin(&scan, DM_CONTRACT, "contract_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
}

static void
check_key(const char *field, const char *value)
{
	if (value != NULL && strlen(value) > MAX_KEY_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_DM_DOCUMENT),
				 errmsg("field \"%s\" of the contract is longer than %d bytes", field,
						MAX_KEY_LENGTH)));
}

/* One contract id is one product's, in all its major versions. */
static void
check_id_is_ours(DmProduct *product, const DmContractDraft *draft)
{
	DmContractVersion *other;
	DmProduct *owner;

	if (draft->contract_id == NULL)
		return;
	other = dm_contract_by_id(draft->contract_id, draft->tenant);
	if (other == NULL)
		return;
	owner = dm_product_get_by_id(other->product);
	if (owner->domain->id != product->domain->id || strcmp(owner->name, product->name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("contract \"%s\" belongs to product \"%s\"", draft->contract_id,
						owner->label),
				 errhint("Give the contract of product \"%s\" an id of its own.",
						 product->label)));
}

/* What was published keeps its text for ever. */
static void
check_version_is_new(DmProduct *product, const DmContractDraft *draft)
{
	DmContractVersion *same = dm_contract_get(product->id, draft->version);

	if (same != NULL && same->state != DM_CONTRACT_DRAFT)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("version %s of the contract of product \"%s\" has been published already",
						draft->version, product->label),
				 errdetail("%s published it; a published version does not change.",
						   same->published_by),
				 errhint("Give the document a greater version.")));
}

DmContractVersion *
dm_contract_store_draft(DmProduct *product, const DmContractDraft *draft)
{
	int64 id;
	DmRow row;

	check_key("version", draft->version);
	check_key("id", draft->contract_id);
	check_id_is_ours(product, draft);
	check_version_is_new(product, draft);
	dm_contract_discard_draft(product->id);

	id = dm_table_next_id(DM_CONTRACT);
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_contract_id, Int64GetDatum(id));
	dm_row_set(&row, Anum_dm_contract_product, Int64GetDatum(product->id));
	dm_row_set_text(&row, Anum_dm_contract_version, draft->version);
	dm_row_set_text(&row, Anum_dm_contract_state, dm_contract_state_name(DM_CONTRACT_DRAFT));
	dm_row_set_text(&row, Anum_dm_contract_api_version, draft->api_version);
	dm_row_set_text(&row, Anum_dm_contract_contract_id, draft->contract_id);
	dm_row_set_text(&row, Anum_dm_contract_tenant, draft->tenant);
	dm_row_set(&row, Anum_dm_contract_document, JsonbPGetDatum(draft->document));
	dm_row_set_text(&row, Anum_dm_contract_source, draft->source);
	dm_row_set_text(&row, Anum_dm_contract_format, draft->format);
	dm_row_set(&row, Anum_dm_contract_held, dm_text_array(NIL));
	dm_row_set_text(&row, Anum_dm_contract_author, GetUserNameFromId(GetUserId(), false));
	dm_row_set(&row, Anum_dm_contract_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set_text(&row, Anum_dm_contract_note, draft->note);
	dm_table_insert(DM_CONTRACT, &row);
	return dm_contract_get_by_number(id);
}

static void
set_state(DmContractVersion *version, DmContractState state)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_contract_state, dm_contract_state_name(state));
	update_version(version->id, &row);
}

void
dm_contract_activate(DmContractVersion *draft, List *held)
{
	DmContractVersion *active = dm_contract_active(draft->product);
	DmRow row;

	Assert(draft->state == DM_CONTRACT_DRAFT);
	if (active != NULL)
		set_state(active, DM_CONTRACT_SUPERSEDED);
	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_contract_state, dm_contract_state_name(DM_CONTRACT_ACTIVE));
	dm_row_set(&row, Anum_dm_contract_held, dm_text_array(held));
	dm_row_set(&row, Anum_dm_contract_published_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set_text(&row, Anum_dm_contract_published_by, GetUserNameFromId(GetUserId(), false));
	update_version(draft->id, &row);
	dm_announce(DM_EVENT_CONTRACT_CHANGED, draft->product);
	dm_announce(DM_EVENT_CONTRACT_PUBLISHED, draft->product);
}

void
dm_contract_set_held(DmContractVersion *version, List *held)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_contract_held, dm_text_array(held));
	update_version(version->id, &row);
	dm_announce(DM_EVENT_CONTRACT_CHANGED, version->product);
}

void
dm_contract_discard_draft(int64 product_id)
{
	DmContractVersion *draft = dm_contract_draft(product_id);

	if (draft != NULL)
		delete_version(draft->id);
}

/* DM_EVENT_PRODUCT_RETIRING: nobody is promised anything any more. */
static void
product_retiring(DmEvent event, int64 product_id)
{
	DmContractVersion *active = dm_contract_active(product_id);

	if (active != NULL)
		set_state(active, DM_CONTRACT_RETIRED);
	dm_contract_discard_draft(product_id);
}

/* DM_EVENT_DOMAIN_DROPPING: the history of its products goes. */
static void
domain_dropping(DmEvent event, int64 domain_id)
{
	ListCell *lc;
	ListCell *lv;

	foreach(lc, dm_product_list(domain_id))
		foreach(lv, dm_contract_list(((DmProduct *) lfirst(lc))->id))
			delete_version(((DmContractVersion *) lfirst(lv))->id);
}

void
dm_contract_init(void)
{
	dm_listen(DM_EVENT_PRODUCT_RETIRING, product_retiring);
	dm_listen(DM_EVENT_DOMAIN_DROPPING, domain_dropping);
}
