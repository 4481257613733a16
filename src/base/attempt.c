/*
 * attempt.c
 *		Work in a subtransaction: that may fail, or that is to be seen and taken back.
 */
#include "postgres.h"

#include "access/xact.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "base/attempt.h"

/* Errors that are not about the work: whoever asked for the statement wants it to end. */
static bool
must_stop(int sqlerrcode)
{
	return sqlerrcode == ERRCODE_QUERY_CANCELED ||
		   sqlerrcode == ERRCODE_T_R_DEADLOCK_DETECTED ||
		   sqlerrcode == ERRCODE_T_R_SERIALIZATION_FAILURE ||
		   sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		   ERRCODE_TO_CATEGORY(sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION ||
		   ERRCODE_TO_CATEGORY(sqlerrcode) == ERRCODE_INSUFFICIENT_RESOURCES;
}

/* NULL, or the error that the work ended with; without an error it is kept, or not. */
static ErrorData *
run(void (*work)(void *), void *arg, bool keep)
{
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(cxt);
	PG_TRY();
	{
		/* an error says where in the work it came from, and nothing of the caller */
		error_context_stack = NULL;
		work(arg);
		MemoryContextSwitchTo(cxt);
		if (keep)
			ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		/* a subtransaction that is left open would be taken for a savepoint of the user's */
		MemoryContextSwitchTo(cxt);
		error = CopyErrorData();
		FlushErrorState();
	}
	PG_END_TRY();
	if (error != NULL || !keep)
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(cxt);
	CurrentResourceOwner = owner;
	return error;
}

static ErrorData *
unless_it_stops(ErrorData *error)
{
	if (error != NULL && must_stop(error->sqlerrcode))
		ReThrowError(error);
	return error;
}

ErrorData *
dm_attempt(void (*work)(void *), void *arg)
{
	return unless_it_stops(run(work, arg, true));
}

ErrorData *
dm_try_out(void (*work)(void *), void *arg)
{
	return unless_it_stops(run(work, arg, false));
}

void
dm_rehearse(void (*work)(void *), void *arg)
{
	ErrorData *error = run(work, arg, false);

	if (error != NULL)
		ReThrowError(error);
}
