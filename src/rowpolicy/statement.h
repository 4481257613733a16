/*
 * statement.h
 *		When what a query sees may have changed.
 *
 * A call site that keeps what it has read from a table must notice that its query is over: the
 * server keeps call sites of functions longer than that, as with expressions of PL/pgSQL.
 */
#ifndef DM_ROWPOLICY_STATEMENT_H
#define DM_ROWPOLICY_STATEMENT_H

/*
 * Moves on whenever an executor starts and whenever a (sub)transaction ends.  As long as it
 * stays, a call site within a query sees the rows that it saw before.
 */
extern uint64 dm_statement_number;

/* What the current query sees: equal for two snapshots that see the same rows. */
typedef struct DmSight
{
	uint64 ended; /* transactions of this session that ended, subtransactions that aborted */
	TransactionId xmin;
	TransactionId xmax;
	uint32 xcnt;
	int32 subxcnt;
	CommandId curcid;
	bool suboverflowed;
	bool in_recovery;
} DmSight;

extern DmSight dm_statement_sight(void);
extern bool dm_same_sight(const DmSight *a, const DmSight *b);

extern void dm_statement_init(void);

#endif /* DM_ROWPOLICY_STATEMENT_H */
