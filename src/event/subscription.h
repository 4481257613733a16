/*
 * subscription.h
 *		Subscribers of events, and how far each has come.
 *
 * Nothing is written when events are read: what has not been acknowledged is given again.  How
 * far a subscriber has come is a number for each product, for order is within products.
 */
#ifndef DM_EVENT_SUBSCRIPTION_H
#define DM_EVENT_SUBSCRIPTION_H

#include "nodes/pg_list.h"

#include "event/viewer.h"
#include "registry/product.h"

#define Anum_dm_event_subscription_id		  1
#define Anum_dm_event_subscription_name		  2
#define Anum_dm_event_subscription_role		  3
#define Anum_dm_event_subscription_products	  4
#define Anum_dm_event_subscription_types	  5
#define Anum_dm_event_subscription_created_at 6
#define Anum_dm_event_subscription_created_by 7

#define Anum_dm_event_cursor_subscription 1
#define Anum_dm_event_cursor_product	  2
#define Anum_dm_event_cursor_acked		  3
#define Anum_dm_event_cursor_lost		  4

typedef struct DmSubscription
{
	int64 id;
	char *name;
	Oid role;		/* whose eyes it has; may be gone */
	List *products; /* names without a version, or "domain.*"; NIL for all */
	List *types;	/* "quality.failed" or "quality.*"; NIL for all */
} DmSubscription;

extern List *dm_subscription_list(void);

/* The subscriber of that name; NULL for none.  Or an error if the current user is not it. */
extern DmSubscription *dm_subscription_find(const char *name);
extern DmSubscription *dm_subscription_get(const char *name);

/* Whether it is about the product; about events of the type. */
extern bool dm_subscription_has_product(DmSubscription *subscription, DmProduct *product);
extern bool dm_subscription_has_type(DmSubscription *subscription, const char *type);

typedef struct DmCursor
{
	int64 acked; /* everything up to here is done with */
	int64 lost;	 /* the last event that was deleted before; 0 for none */
} DmCursor;

extern DmCursor dm_cursor_get(int64 subscription, int64 product_id);
extern void dm_cursor_set(int64 subscription, int64 product_id, const DmCursor *cursor);

/* Deletes the cursors on a product. */
extern void dm_cursor_forget(int64 product_id);

#endif /* DM_EVENT_SUBSCRIPTION_H */
