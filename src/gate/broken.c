/*
 * broken.c
 *		Contracts in force that are broken, for dm_doctor.
 *
 * The gate cannot see what superusers do in sessions without triggers and without the library,
 * and lets through what a lowered mode admits.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "conform/conform.h"
#include "gate/commit.h"
#include "registry/product.h"

PG_FUNCTION_INFO_V1(dm_contract_drift);

static void
put_breach(ReturnSetInfo *rsinfo, DmVerdictOfGate *verdict, DmBreach *breach)
{
	Datum values[3];
	bool nulls[3] = { false, false, false };

	values[0] = CStringGetTextDatum(verdict->product->domain->name);
	values[1] = CStringGetTextDatum(psprintf("product %s", verdict->product->label));
	values[2] = CStringGetTextDatum(psprintf("version %s of its contract is broken: %s %s: %s",
											 verdict->version->version, breach->pointer,
											 breach->kind, breach->message));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* datamesh.contract_drift() */
Datum
dm_contract_drift(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell *lc;
	ListCell *lb;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, dm_product_list(0))
	{
		DmVerdictOfGate *verdict;

		CHECK_FOR_INTERRUPTS();
		verdict = dm_gate_judge(((DmProduct *) lfirst(lc))->id, InvalidOid);
		if (verdict == NULL)
			continue;
		foreach(lb, verdict->broken)
			put_breach(rsinfo, verdict, lfirst(lb));
	}
	PG_RETURN_NULL();
}
