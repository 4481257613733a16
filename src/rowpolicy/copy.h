/*
 * copy.h
 *		COPY by those inside of a domain, which row security would refuse.
 */
#ifndef DM_ROWPOLICY_COPY_H
#define DM_ROWPOLICY_COPY_H

#include "nodes/parsenodes.h"

typedef enum DmCopyWay
{
	DM_COPY_SERVER,	 /* nothing to do for us */
	DM_COPY_NOFORCE, /* by the server, with row security not forced on the table's owner */
	DM_COPY_OURS	 /* by dm_copy_from */
} DmCopyWay;

/* How a COPY is to be run for the current user. */
extern DmCopyWay dm_copy_way(CopyStmt *stmt);

/* COPY FROM STDIN into a table, as the current user; returns the number of rows. */
extern uint64 dm_copy_from(CopyStmt *stmt, const char *source_text);

#endif /* DM_ROWPOLICY_COPY_H */
