/*
 * viewer.h
 *		Who sees which events.
 */
#ifndef DM_EVENT_VIEWER_H
#define DM_EVENT_VIEWER_H

#include "registry/product.h"

typedef enum DmViewer
{
	DM_VIEWER_NONE,
	DM_VIEWER_CONSUMER, /* has an agreement in force: see dm_event_is_for_consumers */
	DM_VIEWER_INSIDE	/* manages the product or produces it: sees everything */
} DmViewer;

/* What the role is to the product's events. */
extern DmViewer dm_event_viewer(DmProduct *product, Oid role);

extern bool dm_viewer_sees(DmViewer viewer, const char *type);

#endif /* DM_EVENT_VIEWER_H */
