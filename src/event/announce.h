/*
 * announce.h
 *		Events of what lower layers announce, and the end of a product's events.
 */
#ifndef DM_EVENT_ANNOUNCE_H
#define DM_EVENT_ANNOUNCE_H

extern void dm_event_announce_init(void);

#endif /* DM_EVENT_ANNOUNCE_H */
