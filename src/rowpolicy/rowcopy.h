/*
 * rowcopy.h
 *		COPY and REFRESH by those inside of a domain, which row security would refuse.
 */
#ifndef DM_ROWPOLICY_ROWCOPY_H
#define DM_ROWPOLICY_ROWCOPY_H

#include "catalog/command.h"
#include "nodes/parsenodes.h"

typedef enum DmRowcopyWay
{
	DM_ROWCOPY_SERVER,	/* nothing to do for us */
	DM_ROWCOPY_NOFORCE, /* by the server, with row security not forced on the table's owner */
	DM_ROWCOPY_OURS		/* by dm_rowcopy_from */
} DmRowcopyWay;

/* How a COPY is to be run for the current user. */
extern DmRowcopyWay dm_rowcopy_way(CopyStmt *stmt);

/* COPY FROM STDIN into a table, as the current user; returns the number of rows. */
extern uint64 dm_rowcopy_from(CopyStmt *stmt, const char *source_text);

/* Before and after REFRESH MATERIALIZED VIEW: the same for the materialised view's owner. */
extern void dm_rowcopy_before(DmCommand *command);
extern void dm_rowcopy_after(DmCommand *command);

#endif /* DM_ROWPOLICY_ROWCOPY_H */
