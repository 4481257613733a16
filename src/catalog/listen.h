/*
 * listen.h
 *		How a lower layer tells higher ones that something changed.
 *
 * The registry does not know agreements, classification does not know ports.
 * They announce changes here; whoever has to follow up has registered for them
 * at load time.  Listeners run in the same transaction, in order of registration.
 */
#ifndef DM_CATALOG_LISTEN_H
#define DM_CATALOG_LISTEN_H

#include "nodes/pg_list.h"

typedef enum DmEvent
{
	DM_EVENT_PORT_ADDED,		 /* id: OID of the port's view */
	DM_EVENT_PRODUCT_STATUS,	 /* id: the product; its status has just changed */
	DM_EVENT_PRODUCT_RETIRING,	 /* id: the product; its ports are about to go */
	DM_EVENT_DOMAIN_MEMBERS,	 /* id: the domain; owner or producers changed */
	DM_EVENT_DOMAIN_DROPPING,	 /* id: the domain; it is about to go */
	DM_EVENT_CONTRACT_CHANGED,	 /* id: the product; another contract is in force, or holds more */
	DM_EVENT_CONTRACT_PUBLISHED, /* id: the product; another version of its contract is in force */
	DM_EVENT_ACCESS_REQUESTED,	 /* id: the request */
	DM_EVENT_AGREEMENT_MADE,	 /* id: the agreement */
	DM_EVENT_AGREEMENT_ENDED	 /* the same: it was revoked, or has come to its end */
} DmEvent;

typedef void (*DmListener)(DmEvent event, int64 id);

/*
 * Classification of relations.  Before labels change, dm_announce_classifying has the locks
 * taken that the follow-up will need, ahead of those of the change itself; when labels, or
 * the masks of their tags, have changed, dm_announce_classified has the ports follow.  Both get
 * all relations at once, so that locks can be taken in order.  Either may be NULL.
 */
typedef void (*DmRelationsListener)(List *relids);

extern void dm_listen_classified(DmRelationsListener before, DmRelationsListener after);
extern void dm_announce_classifying(List *relids);
extern void dm_announce_classified(List *relids);

/*
 * The tags, on columns of the relations, guard less after the change, which the text names for
 * an error message; relabelled tells labels of the relations from masks of the tags.  Announced
 * once the locks are held; a listener may refuse.
 */
typedef void (*DmLoweredListener)(List *relids, List *tags, const char *change, bool relabelled);

extern void dm_listen_lowered(DmLoweredListener listener);
extern void dm_announce_lowered(List *relids, List *tags, const char *change, bool relabelled);

/*
 * The mesh is being taken off: each listener undoes what it has done to objects of the database,
 * or with dry_run only tells.  The statements as text, in the order of their execution.
 */
typedef List *(*DmRemovalListener)(bool dry_run);

extern void dm_listen_removal(DmRemovalListener listener);
extern List *dm_announce_removal(bool dry_run);

/*
 * The boundary of a domain moved: a schema (oid) came or went, or a role did, as owner or as
 * producer.  Announced after the change; a listener may refuse.
 */
typedef enum DmBoundaryEvent
{
	DM_SCHEMA_CAME,
	DM_SCHEMA_WENT,
	DM_ROLE_CAME,
	DM_ROLE_WENT
} DmBoundaryEvent;

typedef void (*DmBoundaryListener)(DmBoundaryEvent event, int64 domain_id, Oid oid);

extern void dm_listen_boundary(DmBoundaryListener listener);
extern void dm_announce_boundary(DmBoundaryEvent event, int64 domain_id, Oid oid);

extern void dm_listen(DmEvent event, DmListener listener);
extern void dm_announce(DmEvent event, int64 id);

#endif /* DM_CATALOG_LISTEN_H */
