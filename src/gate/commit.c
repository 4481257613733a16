/*
 * commit.c
 *		The gate: a transaction that breaks a contract does not commit.
 *
 * Before COMMIT and PREPARE TRANSACTION, each product that has something to do with what the
 * transaction has changed is judged by the state that it would leave.  A lock for each product,
 * taken here and nowhere else, makes transactions that change things of one product wait for each
 * other's end: the second one sees what the first one has committed, so what breaks a contract only
 * together is refused, too.  Whoever holds such a lock takes no other locks but those of products
 * with greater numbers, and waits for nobody who waits for it.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "access/agreement.h"
#include "base/attempt.h"
#include "base/errors.h"
#include "base/json.h"
#include "catalog/table.h"
#include "classify/change.h"
#include "compat/pg_compat.h"
#include "conform/conform.h"
#include "event/event.h"
#include "gate/cascade.h"
#include "gate/collect.h"
#include "gate/commit.h"

/* --- what is in order --- */

/*
 * pg_restore creates constraints one after the other, long after our rows.  The switch that
 * tells it from others is every user's to set, so it counts for superusers alone, who
 * could as well set datamesh.contract_mode.
 */
static bool
is_restoring(void)
{
	return !check_function_bodies && superuser();
}

static List *
shape_only(List *broken)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, broken)
		if (!((DmBreach *) lfirst(lc))->data)
			result = lappend(result, lfirst(lc));
	return result;
}

DmVerdictOfGate *
dm_gate_judge(int64 product_id, Oid index)
{
	DmProduct *product = dm_product_get_by_id(product_id);
	DmContractVersion *version;
	DmVerdictOfGate *verdict;
	List *promises;

	if (product == NULL || !dm_product_is_served(product))
		return NULL;
	version = dm_contract_active(product_id);
	if (version == NULL)
		return NULL;
	verdict = palloc0(sizeof(DmVerdictOfGate));
	verdict->product = product;
	verdict->version = version;
	verdict->mode = dm_product_contract_mode(product);
	promises = dm_conform_promises_without(dm_conform_model(version), product, index);
	verdict->broken = dm_conform_broken(promises, version->held);
	if (is_restoring())
		verdict->broken = shape_only(verdict->broken);
	return verdict;
}

/* --- telling it --- */

static void
append_breaches(StringInfo buf, DmVerdictOfGate *verdict)
{
	ListCell *lc;

	foreach(lc, verdict->broken)
	{
		DmBreach *breach = lfirst(lc);

		appendStringInfo(buf, "\n%s %s (%s): %s.", breach->pointer, breach->kind, breach->path,
						 breach->message);
	}
}

/* "Read by "bi" for reporting, ..." */
static void
append_consumers(StringInfo buf, DmProduct *product)
{
	List *agreements = dm_agreement_list(product->id, InvalidOid);
	int count = 0;
	ListCell *lc;

	foreach(lc, agreements)
	{
		DmAgreement *agreement = lfirst(lc);
		char *consumer = GetUserNameFromId(agreement->consumer, true);

		if (consumer == NULL)
			continue;
		appendStringInfo(buf, "%s\"%s\" for %s", count++ == 0 ? "\nIt is read by " : ", ", consumer,
						 agreement->purpose);
	}
	if (count == 0)
		appendStringInfoString(buf, "\nNobody has an agreement to read it.");
	else
		appendStringInfoChar(buf, '.');
}

static char *
detail_of(List *verdicts, List *lost)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, verdicts)
	{
		DmVerdictOfGate *verdict = lfirst(lc);

		appendStringInfo(&buf, "%sVersion %s of the contract of product \"%s\" promises what would not be kept:",
						 buf.len > 0 ? "\n" : "", verdict->version->version,
						 verdict->product->label);
		append_breaches(&buf, verdict);
		append_consumers(&buf, verdict->product);
	}
	foreach(lc, lost)
		appendStringInfo(&buf, "\n%s", dm_cascade_line(lfirst(lc)));
	return buf.data;
}

/* lost are the ports that have nothing to show (DmLiftReport *), if there are any. */
static void
tell(int elevel, List *verdicts, List *lost)
{
	DmProduct *product = ((DmVerdictOfGate *) linitial(verdicts))->product;

	ereport(elevel,
			(errcode(ERRCODE_DM_CONTRACT),
			 list_length(verdicts) == 1 ?
				 errmsg("the transaction would break the contract of product \"%s\"",
						product->label) :
				 errmsg("the transaction would break the contracts of %d products",
						list_length(verdicts)),
			 errdetail("%s", detail_of(verdicts, lost)),
			 errhint("Mend it before COMMIT, make the change with dm_evolve('%s', ...), publish a new major version with a contract of its own, or have datamesh.contract_mode lowered.",
					 product->label)));
}

/* --- at COMMIT --- */

/* Whoever changes things while the gate is lowered leaves a record of that. */
static void
record_lowered(DmProduct *product)
{
	if (product->contract_mode == NULL && dm_contract_mode < DM_CONTRACT_REFUSE)
		dm_change_record_domain(product->domain->id, "contract_mode",
								psprintf("product %s, in a transaction with DDL", product->label),
								dm_contract_mode_name(DM_CONTRACT_REFUSE),
								dm_contract_mode_name(dm_contract_mode), NULL);
}

static void
record_broken(DmVerdictOfGate *verdict)
{
	DmBreach *first = linitial(verdict->broken);
	DmJsonBuilder b = { NULL };

	dm_change_record_domain(verdict->product->domain->id, "contract_broken",
							psprintf("product %s, version %s", verdict->product->label,
									 verdict->version->version),
							psprintf("%d promises", list_length(verdict->broken)),
							psprintf("%s %s: %s", first->pointer, first->kind, first->message),
							NULL);
	dm_json_begin_object(&b, NULL);
	dm_json_add_int(&b, "promises", list_length(verdict->broken));
	dm_json_end_object(&b);
	dm_event_emit(verdict->product->id, "contract.broken", verdict->version->version,
				  dm_json_done(&b));
}

static void
judge_products(List *product_ids, List *lost)
{
	List *refused = NIL;
	List *warned = NIL;
	ListCell *lc;

	foreach(lc, product_ids)
	{
		int64 product_id = *(int64 *) lfirst(lc);
		DmProduct *product = dm_product_get_by_id(product_id);
		DmVerdictOfGate *verdict;

		if (product == NULL)
			continue;
		/*
		 * Greater numbers follow: see above.  From here on, what others committed is seen.  Also
		 * without a contract in force: somebody may be publishing one.
		 */
		if (dm_product_contract_mode(product) != DM_CONTRACT_OFF)
			dm_table_lock(DM_CONTRACT, product_id, ExclusiveLock);
		if (dm_contract_active(product_id) == NULL)
			continue;
		record_lowered(product);
		if (dm_product_contract_mode(product) == DM_CONTRACT_OFF)
			continue;
		verdict = dm_gate_judge(product_id, InvalidOid);
		if (verdict == NULL || verdict->broken == NIL)
			continue;
		if (verdict->mode == DM_CONTRACT_REFUSE)
			refused = lappend(refused, verdict);
		else
			warned = lappend(warned, verdict);
	}
	if (refused != NIL)
		tell(ERROR, refused, lost);
	if (lost != NIL)
		dm_cascade_refuse(lost);
	foreach(lc, warned)
		record_broken(lfirst(lc));
	if (warned != NIL)
		tell(WARNING, warned, NIL);
}

/* False while the extension is not there, or is going. */
static bool
has_mesh(void)
{
	Oid nspid = dm_catalog_schema();

	return OidIsValid(nspid) && OidIsValid(get_relname_relid("product", nspid)) &&
		   OidIsValid(get_relname_relid("port", nspid)) &&
		   OidIsValid(get_relname_relid("contract", nspid)) &&
		   OidIsValid(get_relname_relid("agreement", nspid));
}

static void
settle(void *lost)
{
	*(List **) lost = dm_cascade_settle();
}

static void
judge_transaction(void)
{
	MemoryContext context;
	MemoryContext old;
	List *lost = NIL;

	if (!OidIsValid(MyDatabaseId) || !has_mesh())
		return;
	context = AllocSetContextCreate(CurrentMemoryContext, "datamesh contract gate",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	PushActiveSnapshot(GetTransactionSnapshot());
	/* before the products' locks, for it takes others */
	if (dm_cascade_is_pending())
		dm_shelter(settle, &lost);
	judge_products(dm_gate_products(), lost);
	PopActiveSnapshot();
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
}

/* The whole price of a transaction that has changed nothing: two pointers are looked at. */
static void
at_xact_event(XactEvent event, void *arg)
{
	if ((event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE) && dm_gate_noted())
		judge_transaction();
}

/* --- commands that commit in between --- */

static void
judge_without(Oid index)
{
	Oid relid = IndexGetRelation(index, true);
	ListCell *lc;

	if (!OidIsValid(relid))
		return;
	foreach(lc, dm_gate_products_of(relid))
	{
		DmVerdictOfGate *verdict = dm_gate_judge(*(int64 *) lfirst(lc), index);

		if (verdict != NULL && verdict->broken != NIL && verdict->mode == DM_CONTRACT_REFUSE)
			tell(ERROR, list_make1(verdict), NIL);
	}
}

/*
 * DROP INDEX CONCURRENTLY makes the index invalid in a transaction of its own, before the gate
 * could refuse the one that drops it.
 */
void
dm_gate_before(DmCommand *command)
{
	DropStmt *stmt = (DropStmt *) command->parsetree;
	ListCell *lc;

	if (!IsA(stmt, DropStmt) || stmt->removeType != OBJECT_INDEX || !stmt->concurrent)
		return;
	foreach(lc, stmt->objects)
	{
		Oid index = RangeVarGetRelid(makeRangeVarFromNameList(lfirst(lc)), NoLock, true);

		if (OidIsValid(index) && dm_class_ownercheck(index, GetUserId()))
			judge_without(index);
	}
}

void
dm_gate_init(void)
{
	dm_gate_collect_init();
	dm_cascade_init();
	RegisterXactCallback(at_xact_event, NULL);
}
