/*
 * impact.c
 *		dm_impact: what a change would break, found out by making it and taking it back.
 *
 * The change is made as dm_evolve makes it, with the caller's rights, in a subtransaction; before
 * that is rolled back, the gate judges what COMMIT would find.
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "access/agreement.h"
#include "base/args.h"
#include "base/attempt.h"
#include "conform/conform.h"
#include "gate/cascade.h"
#include "gate/collect.h"
#include "gate/commit.h"
#include "gate/evolve.h"
#include "registry/product.h"

PG_FUNCTION_INFO_V1(dm_impact);

typedef struct Impact
{
	const char *product;
	const char *ddl;
	List *verdicts; /* DmVerdictOfGate * */
	List *reports;	/* DmLiftReport * */
	List *lost;		/* the same, of ports that a CASCADE leaves without what they show */
	MemoryContext cxt;
} Impact;

/* Called while the change is there. */
static void
judge_all(void *arg)
{
	Impact *impact = arg;
	MemoryContext old = MemoryContextSwitchTo(impact->cxt);
	ListCell *lc;

	impact->lost = dm_cascade_settle();
	foreach(lc, dm_gate_products())
	{
		DmVerdictOfGate *verdict = dm_gate_judge(*(int64 *) lfirst(lc), InvalidOid);

		if (verdict != NULL && verdict->broken != NIL)
			impact->verdicts = lappend(impact->verdicts, verdict);
	}
	MemoryContextSwitchTo(old);
}

static void
rehearse(void *arg)
{
	Impact *impact = arg;

	impact->reports = dm_evolve_rehearse(impact->product, impact->ddl, judge_all, impact);
}

/* One row; what is NULL is not known or does not apply. */
static void
put_row(ReturnSetInfo *rsinfo, const char *kind, const char *product, const char *object,
		Oid role, const char *effect, const char *detail)
{
	Datum values[6];
	bool nulls[6] = { false };
	const char *texts[6] = { kind, product, object, NULL, effect, detail };

	for (int i = 0; i < lengthof(texts); i++)
	{
		nulls[i] = texts[i] == NULL;
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	nulls[3] = !OidIsValid(role);
	values[3] = ObjectIdGetDatum(role);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
put_verdict(ReturnSetInfo *rsinfo, DmVerdictOfGate *verdict)
{
	ListCell *lc;

	foreach(lc, verdict->broken)
	{
		DmBreach *breach = lfirst(lc);

		put_row(rsinfo, "contract", verdict->product->label,
				psprintf("%s %s", breach->pointer, breach->kind), InvalidOid, "broken",
				psprintf("%s: %s", breach->path, breach->message));
	}
	foreach(lc, dm_agreement_list(verdict->product->id, InvalidOid))
	{
		DmAgreement *agreement = lfirst(lc);

		put_row(rsinfo, "agreement", verdict->product->label, agreement->purpose,
				agreement->consumer, "hit", NULL);
	}
}

static void
put_report(ReturnSetInfo *rsinfo, DmLiftReport *report)
{
	DmProduct *product = report->product != 0 ? dm_product_get_by_id(report->product) : NULL;

	if (report->verdict != DM_LIFT_KEPT)
		put_row(rsinfo, report->kind, product != NULL ? product->label : NULL, report->object,
				report->owner, dm_lift_verdict_name(report->verdict), report->detail);
}

Datum
dm_impact(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Impact impact = { 0 };
	DmProduct *product;
	ErrorData *error;
	ListCell *lc;

	impact.product = dm_arg_text(fcinfo, 0, "product");
	impact.ddl = dm_arg_text(fcinfo, 1, "ddl");
	impact.cxt = CurrentMemoryContext;
	/* what the caller does wrong is an error; what the change does is a row */
	product = dm_product_get(impact.product, false);
	dm_product_check_manage(product);
	InitMaterializedSRF(fcinfo, 0);
	error = dm_attempt(rehearse, &impact);
	if (error != NULL)
		put_row(rsinfo, "statement", product->label, unpack_sql_state(error->sqlerrcode),
				InvalidOid, "fails",
				error->detail != NULL ? psprintf("%s: %s", error->message, error->detail) :
										error->message);
	foreach(lc, impact.verdicts)
		put_verdict(rsinfo, lfirst(lc));
	foreach(lc, list_concat(impact.reports, impact.lost))
		put_report(rsinfo, lfirst(lc));
	PG_RETURN_NULL();
}
