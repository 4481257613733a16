/*
 * readers.c
 *		dm_readers: who still reads a product, and where they could go.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "access/agreement.h"
#include "base/args.h"
#include "exchange/hit.h"

PG_FUNCTION_INFO_V1(dm_readers);

/* Whether a consumer has an agreement with a product that is not over. */
static bool
may_read(DmProduct *product, Oid consumer, TimestampTz now)
{
	ListCell *lc;

	if (product == NULL)
		return false;
	foreach(lc, dm_agreement_list(product->id, consumer))
		if (((DmAgreement *) lfirst(lc))->valid_until > now)
			return true;
	return false;
}

static void
return_reader(ReturnSetInfo *rsinfo, DmProduct *product, DmProduct *successor,
			  DmAgreement *agreement, TimestampTz now)
{
	Datum values[8];
	bool nulls[8] = { false };

	values[0] = ObjectIdGetDatum(agreement->consumer);
	values[1] = CStringGetTextDatum(agreement->purpose);
	values[2] = Int64GetDatum(agreement->id);
	nulls[3] = agreement->valid_until == DT_NOEND;
	values[3] = TimestampTzGetDatum(agreement->valid_until);
	values[4] = CStringGetTextDatum(agreement->valid_from > now ? "pending" : "active");
	nulls[5] = !product->has_until;
	values[5] = DateADTGetDatum(product->deprecated_until);
	nulls[6] = successor == NULL;
	values[6] = successor ? CStringGetTextDatum(successor->label) : (Datum) 0;
	values[7] = BoolGetDatum(may_read(successor, agreement->consumer, now));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

Datum
dm_readers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	DmProduct *product = dm_product_get(dm_arg_text(fcinfo, 0, "product"), false);
	DmProduct *successor = product->successor ? dm_product_get(product->successor, true) : NULL;
	TimestampTz now = GetCurrentTimestamp();
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, dm_agreement_list(product->id, InvalidOid))
	{
		DmAgreement *agreement = lfirst(lc);

		if (agreement->valid_until > now && dm_may_see_consumer(product, agreement->consumer))
			return_reader(rsinfo, product, successor, agreement, now);
	}
	PG_RETURN_NULL();
}
