/*
 * seen.h
 *		Names that come twice, and what has a name.
 *
 * A hash, as documents may have thousands of names.  It lives in the memory
 * context in which it was made and keeps the pointers that it is given.
 */
#ifndef DM_BASE_SEEN_H
#define DM_BASE_SEEN_H

typedef struct DmSeen DmSeen;

extern DmSeen *dm_seen_create(void);
extern void dm_seen_free(DmSeen *seen);

/* What had the name before; NULL if this is the first, which gets it. */
extern void *dm_seen(DmSeen *seen, const char *name, const void *what);

/* What has the name, or NULL. */
extern void *dm_seen_find(DmSeen *seen, const char *name);

#endif /* DM_BASE_SEEN_H */
