/*
 * attempt.c
 *		Work in a subtransaction: that may fail, or that is to be seen and taken back.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timeout.h"

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

void
dm_shelter(void (*work)(void *), void *arg)
{
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData *error;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(cxt);
	error = run(work, arg, true);
	ReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(cxt);
	CurrentResourceOwner = owner;
	if (error != NULL)
		ReThrowError(error);
}

static TimeoutId time_limit = MAX_TIMEOUTS; /* none registered */
static volatile sig_atomic_t time_is_up = false;

/* In a signal handler: asks the work to end as a cancel does. */
static void
at_time_limit(void)
{
	time_is_up = true;
	QueryCancelPending = true;
	InterruptPending = true;
	SetLatch(MyLatch);
}

/* A cancel that came of itself at the same moment is taken for ours. */
static bool
take_back_cancel(ErrorData *error)
{
	disable_timeout(time_limit, false);
	if (!time_is_up)
		return false;
	QueryCancelPending = false;
	return error != NULL && error->sqlerrcode == ERRCODE_QUERY_CANCELED;
}

ErrorData *
dm_try_out_within(int milliseconds, void (*work)(void *), void *arg)
{
	ErrorData *error;

	/* work that is within a limit already has that one */
	if (milliseconds <= 0 || (time_limit != MAX_TIMEOUTS && get_timeout_active(time_limit)))
		return dm_try_out(work, arg);
	if (time_limit == MAX_TIMEOUTS)
		time_limit = RegisterTimeout(USER_TIMEOUT, at_time_limit);
	time_is_up = false;
	enable_timeout_after(time_limit, milliseconds);
	error = run(work, arg, false);
	if (!take_back_cancel(error))
		return unless_it_stops(error);
	error->message = psprintf("canceled after %d ms", milliseconds);
	return error;
}
