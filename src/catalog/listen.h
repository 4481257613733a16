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

typedef enum DmEvent
{
	DM_EVENT_RELATION_CLASSIFIED, /* id: OID of the relation whose labels changed */
	DM_EVENT_PORT_ADDED,		  /* id: OID of the port's view */
	DM_EVENT_PRODUCT_STATUS,	  /* id: the product; its status has just changed */
	DM_EVENT_PRODUCT_RETIRING,	  /* id: the product; its ports are about to go */
	DM_EVENT_DOMAIN_MEMBERS		  /* id: the domain; owner or producers changed */
} DmEvent;

typedef void (*DmListener)(DmEvent event, int64 id);

extern void dm_listen(DmEvent event, DmListener listener);
extern void dm_announce(DmEvent event, int64 id);

#endif /* DM_CATALOG_LISTEN_H */
