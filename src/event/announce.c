/*
 * announce.c
 *		Events of what lower layers announce, and the end of a product's events.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "access/agreement.h"
#include "access/request.h"
#include "base/json.h"
#include "catalog/data.h"
#include "catalog/listen.h"
#include "contract/version.h"
#include "event/announce.h"
#include "event/event.h"
#include "event/incident.h"
#include "event/subscription.h"
#include "registry/product.h"

static void
product_status(DmEvent event, int64 product_id)
{
	DmProduct *product = dm_product_get_by_id(product_id);
	DmJsonBuilder b = { NULL };
	const char *type = product->status == DM_ACTIVE		? "product.published" :
					   product->status == DM_DEPRECATED ? "product.deprecated" :
					   product->status == DM_RETIRED	? "product.retired" :
														  NULL;

	if (type == NULL)
		return;
	dm_json_begin_object(&b, NULL);
	dm_json_add_text(&b, "status", dm_status_name(product->status));
	dm_json_add_text(&b, "successor", product->successor);
	dm_json_end_object(&b);
	dm_event_emit(product_id, type, product->literal, dm_json_done(&b));
}

static void
contract_published(DmEvent event, int64 product_id)
{
	DmContractVersion *version = dm_contract_active(product_id);
	DmJsonBuilder b = { NULL };

	if (version == NULL)
		return;
	dm_json_begin_object(&b, NULL);
	dm_json_add_text(&b, "version", version->version);
	dm_json_add_text(&b, "contract", version->contract_id);
	dm_json_end_object(&b);
	dm_event_emit(product_id, "contract.published", version->version, dm_json_done(&b));
}

/* The contract goes with its product; before that, for afterwards it is not in force. */
static void
product_retiring(DmEvent event, int64 product_id)
{
	DmContractVersion *version = dm_contract_active(product_id);

	if (version != NULL)
		dm_event_emit(product_id, "contract.retired", version->version, NULL);
	dm_incident_product_retired(product_id);
}

static void
access_requested(DmEvent event, int64 request_id)
{
	DmRequest *request = dm_request_get(request_id);
	DmJsonBuilder b = { NULL };

	dm_json_begin_object(&b, NULL);
	dm_json_add_int(&b, "request", request->id);
	dm_json_add_text(&b, "purpose", request->purpose);
	dm_json_end_object(&b);
	dm_event_emit(request->product, "access.requested",
				  GetUserNameFromId(request->requester, true), dm_json_done(&b));
}

static void
agreement_event(int64 agreement_id, const char *type)
{
	DmAgreement *agreement = dm_agreement_get(agreement_id);
	DmJsonBuilder b = { NULL };

	dm_json_begin_object(&b, NULL);
	dm_json_add_int(&b, "agreement", agreement->id);
	dm_json_add_text(&b, "purpose", agreement->purpose);
	dm_json_add_text(&b, "state", agreement->state);
	dm_json_end_object(&b);
	dm_event_emit(agreement->product, type, GetUserNameFromId(agreement->consumer, true),
				  dm_json_done(&b));
}

static void
agreement_made(DmEvent event, int64 agreement_id)
{
	agreement_event(agreement_id, "access.granted");
}

static void
agreement_ended(DmEvent event, int64 agreement_id)
{
	agreement_event(agreement_id, "access.revoked");
}

/* --- the end --- */

/* Deletes the rows of a table that begin with the product's number. */
static void
delete_rows(DmTable table, const char *index_name, AttrNumber attno, int64 product_id)
{
	ScanKeyData key;
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;

	dm_key_int8(&key, attno, product_id);
	dm_data_begin(&writer, table);
	dm_scan_begin(&scan, table, index_name, 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		CHECK_FOR_INTERRUPTS();
		dm_data_delete(&writer, tuple);
	}
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

static void
domain_dropping(DmEvent event, int64 domain_id)
{
	ListCell *lc;

	foreach(lc, dm_product_list(domain_id))
	{
		int64 product_id = ((DmProduct *) lfirst(lc))->id;

		dm_event_forget(product_id);
		dm_cursor_forget(product_id);
		delete_rows(DM_EVENT, "event_pkey", Anum_dm_event_product, product_id);
		delete_rows(DM_EVENT_POSITION, "event_position_pkey", Anum_dm_event_position_product,
					product_id);
		dm_incident_forget(product_id);
	}
}

void
dm_event_announce_init(void)
{
	dm_listen(DM_EVENT_PRODUCT_STATUS, product_status);
	dm_listen(DM_EVENT_CONTRACT_PUBLISHED, contract_published);
	dm_listen(DM_EVENT_PRODUCT_RETIRING, product_retiring);
	dm_listen(DM_EVENT_ACCESS_REQUESTED, access_requested);
	dm_listen(DM_EVENT_AGREEMENT_MADE, agreement_made);
	dm_listen(DM_EVENT_AGREEMENT_ENDED, agreement_ended);
	dm_listen(DM_EVENT_DOMAIN_DROPPING, domain_dropping);
}
