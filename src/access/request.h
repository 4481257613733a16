/*
 * request.h
 *		Requests for access, until they become agreements or end.
 */
#ifndef DM_ACCESS_REQUEST_H
#define DM_ACCESS_REQUEST_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

#define Anum_dm_access_request_id			   1
#define Anum_dm_access_request_product		   2
#define Anum_dm_access_request_requester	   3
#define Anum_dm_access_request_purpose		   4
#define Anum_dm_access_request_clearance	   5
#define Anum_dm_access_request_until		   6
#define Anum_dm_access_request_reason		   7
#define Anum_dm_access_request_state		   8
#define Anum_dm_access_request_agreement	   9
#define Anum_dm_access_request_created_at	   10
#define Anum_dm_access_request_decided_at	   11
#define Anum_dm_access_request_decided_by	   12
#define Anum_dm_access_request_decision_reason 13
#define Anum_dm_access_request_copies		   14

typedef struct DmRequest
{
	int64 id;
	int64 product;
	Oid requester; /* may have been dropped */
	char *purpose;
	List *clearance;   /* canonical, see dm_clearance_check */
	TimestampTz until; /* DT_NOEND for none */
	bool copies;	   /* of the data are asked for, too */
	char *state;	   /* pending, approved, denied or withdrawn */
} DmRequest;

/* The request, whatever its state; an error if there is none. */
extern DmRequest *dm_request_get(int64 id);

/* The pending requests of a role. */
extern List *dm_request_list_of(Oid requester);

/* How many pending requests name the purpose. */
extern int dm_request_count_of_purpose(const char *purpose);

/* Denies the pending requests for a product that takes none any more.  Its domain is locked. */
extern void dm_request_deny_all(int64 product_id, const char *reason);

/* Withdraws the pending requests of a role; returns their number. */
extern int dm_request_withdraw_all(Oid requester, const char *reason);

#endif /* DM_ACCESS_REQUEST_H */
