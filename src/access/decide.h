/*
 * decide.h
 *		The one decision function: may this reader read this product, and which
 *		tags does he see in clear?
 *
 * Everything that enforces or explains access asks here.  The reader of the session is the
 * current user with the purpose datamesh.purpose.
 */
#ifndef DM_ACCESS_DECIDE_H
#define DM_ACCESS_DECIDE_H

#include "datatype/timestamp.h"
#include "nodes/plannodes.h"

typedef struct DmReader
{
	Oid role;
	const char *purpose; /* NULL for none */
} DmReader;

typedef struct DmAccess
{
	bool admitted;		   /* may read the product at all */
	bool exempt;		   /* a producer: sees everything */
	TimestampTz until;	   /* when the clock changes this */
	const char *clearance; /* "tag\0tag:token\0\0", NULL if empty */
	bool copies;		   /* may be made of what he reads */
} DmAccess;

/*
 * The reader for whom this session plans and executes.  Whatever is folded into a plan asks
 * for him here, never GetUserId(), so that it can be folded for a supposed reader as well.
 */
extern DmReader dm_decide_session(void);

/*
 * Has everything be folded for another reader, NULL for the session's own again; returns who
 * it was until now.  Explaining only: the current user stays who he is, and what is folded so
 * must not be executed.  The caller restores the one before, after errors too.
 */
extern const DmReader *dm_decide_suppose(const DmReader *reader);

/* The decision for any reader.  Its clearance is good until the next decision is asked for. */
extern DmAccess dm_decide_access(DmReader reader, const char *product_label);

/* Does he see columns with the tag in clear, or with token in clear or as tokens? */
extern bool dm_access_covers(const DmAccess *access, const char *tag, bool token);

/* True, or the error that says why not and what to do next. */
extern bool dm_decide_admits(const char *product_label);

/* True if the reader sees columns with the tag in clear. */
extern bool dm_decide_clear(const char *product_label, const char *tag);

/* True if he sees them in clear or as tokens. */
extern bool dm_decide_token(const char *product_label, const char *tag);

/*
 * The plan's invalidation items with a stamp of the decision on the product, which some
 * condition of the plan was folded from.
 */
extern List *dm_decide_stamp(List *items, const char *product_literal);

/*
 * For caches of what is computed from the tables of decisions, attributes and policies: a number
 * that moves on whenever one of them, or a role, changes.  dm_decide_watch is to be called
 * before reading, and its result kept; while dm_decide_epoch gives the same, what was read holds.
 */
extern uint64 dm_decide_watch(void);
extern uint64 dm_decide_epoch(void);

/* The session's purpose has changed. */
extern void dm_decide_purpose_changed(void);

/* Purpose of that reader: the value of datamesh.purpose, NULL if none is set. */
extern const char *dm_decide_purpose(void);
extern char *dm_purpose;

extern void dm_decide_init(void);

#endif /* DM_ACCESS_DECIDE_H */
