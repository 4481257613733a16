/*
 * agreement.h
 *		Access agreements.  An agreement in state 'active' is the privilege to
 *		read the ports of its product.
 */
#ifndef DM_ACCESS_AGREEMENT_H
#define DM_ACCESS_AGREEMENT_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "storage/lockdefs.h"

#include "registry/product.h"

#define Anum_dm_agreement_id		  1
#define Anum_dm_agreement_product	  2
#define Anum_dm_agreement_consumer	  3
#define Anum_dm_agreement_purpose	  4
#define Anum_dm_agreement_clearance	  5
#define Anum_dm_agreement_valid_from  6
#define Anum_dm_agreement_valid_until 7
#define Anum_dm_agreement_state		  8
#define Anum_dm_agreement_request	  9
#define Anum_dm_agreement_created_at  10
#define Anum_dm_agreement_created_by  11
#define Anum_dm_agreement_ended_at	  12
#define Anum_dm_agreement_ended_by	  13
#define Anum_dm_agreement_end_reason  14
#define Anum_dm_agreement_copies	  15

/*
 * It is in force while it is active and valid_from <= now < valid_until.  The privileges
 * follow the state alone: the clock is checked where the port is read.
 */
typedef struct DmAgreement
{
	int64 id;
	int64 product;
	Oid consumer; /* may have been dropped */
	char *purpose;
	List *clearance; /* 'pii.email' or 'pii.email:token' */
	TimestampTz valid_from;
	TimestampTz valid_until; /* DT_NOEND for none */
	bool active;			 /* its state; says nothing of the clock */
	bool copies;			 /* of what is read may be made */
	char *state;			 /* active, revoked, expired or ended */
} DmAgreement;

/* The active agreements of a product, only the consumer's if that is valid. */
extern List *dm_agreement_list(int64 product_id, Oid consumer);

/* The active agreements of a consumer. */
extern List *dm_agreement_list_of(Oid consumer);

/* The active agreements that have come to their end by now, or whose consumer was dropped. */
extern List *dm_agreement_list_over(TimestampTz now);

/* Ends those, as far as somebody has not done it meanwhile; returns their number. */
extern int dm_agreement_expire(void);

/* How many active agreements name the purpose. */
extern int dm_agreement_count_of_purpose(const char *purpose);

/* The agreement, whatever its state; an error if there is none. */
extern DmAgreement *dm_agreement_get(int64 id);

/*
 * Writes an agreement and gives its consumer the privileges on the product's ports.  The
 * product is locked (dm_product_get_for_update or the same lock) and the arguments are checked:
 * see dm_clearance_check and terms.h.  request is 0 for a direct grant.
 */
extern int64 dm_agreement_create(DmProduct *product, Oid consumer, const char *purpose,
								 List *clearance, TimestampTz valid_from,
								 TimestampTz valid_until, bool copies, int64 request);

/*
 * Ends an active agreement ('revoked', 'expired', 'ended') and takes the privileges back if
 * it was the consumer's last for the product.  The product is locked.
 */
extern void dm_agreement_end(DmAgreement *agreement, const char *state, const char *reason);

/*
 * No tag that a clearance names may go: writers of clearances take RowShareLock, dropping
 * a tag takes ExclusiveLock.  Apart from the lock of the tags themselves, so that an open
 * request of a stranger holds up nothing but that.  Taken after DM_TAG, before DM_PURPOSE.
 */
extern void dm_clearance_lock(LOCKMODE mode);

/*
 * A clearance as a user gives it, checked and in canonical form: known tags, ':raw' dropped,
 * ':token' only where the tag has a key in force, nothing that another element covers, sorted.
 */
extern List *dm_clearance_check(List *clearance);

/*
 * True if an element of the clearance gives what the item gives: its tag is the item's or
 * above it, and it is not ':token' where the item is not.
 */
extern bool dm_clearance_covers(List *clearance, const char *item);

/*
 * The role, which no privilege held, is being dropped: its agreements and requests in this
 * database end and keep its name only as text, so that its number, which a dump would
 * keep, never comes to mean another role.
 */
extern void dm_agreement_role_dropped(Oid roleid);

/* Registers the listeners that keep privileges in step with products and ports. */
extern void dm_agreement_init(void);

#endif /* DM_ACCESS_AGREEMENT_H */
