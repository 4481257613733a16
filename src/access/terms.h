/*
 * terms.h
 *		What requests and grants have in common: the checks of their terms.
 *
 * Each check fails with an error that tells the way out.
 */
#ifndef DM_ACCESS_TERMS_H
#define DM_ACCESS_TERMS_H

#include "datatype/timestamp.h"
#include "fmgr.h"

#include "registry/product.h"

/* An argument that tells an end; NULL and infinity are no end, DT_NOEND. */
extern TimestampTz dm_terms_arg_until(FunctionCallInfo fcinfo, int n);

/* Whether copies of what is read may be made. */
extern bool dm_terms_arg_copies(FunctionCallInfo fcinfo, int n);

/* The end must lie in the future; none only if the product allows that. */
extern void dm_terms_check_until(DmProduct *product, TimestampTz until);

/*
 * New access is to active products, and by direct grant to drafts; the hint names the
 * successor.  call is the function to call for that ("dm_request_access").
 */
extern void dm_terms_check_status(DmProduct *product, bool draft_too, const char *call);

/* The consumer must not read the product as a producer already. */
extern void dm_terms_check_consumer(DmProduct *product, Oid roleid);

/*
 * True if whoever is behind the current command is a member of the role: by the current
 * user, by the role that the session has set, or by its login.  A superuser is not a
 * member of every role here.
 */
extern bool dm_terms_is_own(Oid roleid);

#endif /* DM_ACCESS_TERMS_H */
