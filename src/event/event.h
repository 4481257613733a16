/*
 * event.h
 *		Events of products: CloudEvents, numbered without gaps in the order of their commits.
 */
#ifndef DM_EVENT_EVENT_H
#define DM_EVENT_EVENT_H

#include "datatype/timestamp.h"
#include "utils/jsonb.h"

#include "registry/product.h"

#define Anum_dm_event_product  1
#define Anum_dm_event_sequence 2
#define Anum_dm_event_type	   3
#define Anum_dm_event_at	   4
#define Anum_dm_event_event	   5

#define Anum_dm_event_position_product	1
#define Anum_dm_event_position_sequence 2

#define DM_EVENT_PREFIX "org.datamesh."
#define DM_EVENT_SUFFIX ".v1"

/* Value of datamesh.mesh_name. */
extern char *dm_mesh_name;

/*
 * Something has happened to the product.  type is like "quality.failed"; subject and data may be
 * NULL.  The event is numbered and written when the transaction commits, and only then.  It must
 * hold no value of a classified column: who may read events need not be cleared for it.  Does
 * nothing for product 0.
 */
extern void dm_event_emit(int64 product_id, const char *type, const char *subject, Jsonb *data);

/* What this transaction has emitted for the product, which is about to go, is not to be written. */
extern void dm_event_forget(int64 product_id);

/* The number of the product's last event, 0 for none. */
extern int64 dm_event_last(int64 product_id);

/* Whether consumers with an agreement see events of the type, too: "contract.published". */
extern bool dm_event_is_for_consumers(const char *type);

/* An event as it is stored. */
typedef struct DmStored
{
	int64 sequence;
	char *type;
	TimestampTz at;
	Jsonb *event;
} DmStored;

/*
 * Calls the function for the product's events after one number, up to another one, in order, until
 * it says false.
 */
extern void dm_event_each(int64 product_id, int64 after, int64 upto,
						  bool (*work)(const DmStored *, void *), void *arg);

extern void dm_event_init(void);

#endif /* DM_EVENT_EVENT_H */
