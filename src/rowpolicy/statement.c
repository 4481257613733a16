/*
 * statement.c
 *		When what a query sees may have changed.
 *
 * Snapshots are copied, so neither their address nor the completion count in them tells which is
 * which.  What is compared instead: transactions that a snapshot counts as running have numbers
 * below xmax and leave one by one, so within a session two snapshots with the same xmax and
 * as many running transactions have the same ones.  The session's own changes show in curcid,
 * and those that it takes back in the number of (sub)transactions that ended.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/snapmgr.h"

#include "rowpolicy/statement.h"

uint64 dm_statement_number = 1;
static uint64 ended = 0;

DmSight
dm_statement_sight(void)
{
	Snapshot snapshot = GetActiveSnapshot();
	DmSight result;

	result.ended = ended;
	result.xmin = snapshot->xmin;
	result.xmax = snapshot->xmax;
	result.xcnt = snapshot->xcnt;
	result.subxcnt = snapshot->subxcnt;
	result.curcid = snapshot->curcid;
	result.suboverflowed = snapshot->suboverflowed;
	result.in_recovery = snapshot->takenDuringRecovery;
	return result;
}

bool
dm_same_sight(const DmSight *a, const DmSight *b)
{
	return a->ended == b->ended && a->xmin == b->xmin && a->xmax == b->xmax &&
		   a->xcnt == b->xcnt && a->subxcnt == b->subxcnt && a->curcid == b->curcid &&
		   a->suboverflowed == b->suboverflowed && a->in_recovery == b->in_recovery;
}

static void
at_xact_end(XactEvent event, void *arg)
{
	ended++;
	dm_statement_number++;
}

static void
at_subxact_end(SubXactEvent event, SubTransactionId mySubid, SubTransactionId parentSubid,
			   void *arg)
{
	if (event != SUBXACT_EVENT_ABORT_SUB)
		return;
	ended++;
	dm_statement_number++;
}

void
dm_statement_init(void)
{
	RegisterXactCallback(at_xact_end, NULL);
	RegisterSubXactCallback(at_subxact_end, NULL);
}
