/*
 * separation.h
 *		Separation of duties: nobody lowers what stands between him and data.
 */
#ifndef DM_ACCESS_SEPARATION_H
#define DM_ACCESS_SEPARATION_H

#include "access/agreement.h"

/* True if the agreement gives its holder more once the change is made. */
typedef bool (*DmProfits)(DmAgreement *agreement, void *arg);

/*
 * Fails (MD009, naming the agreement) if whoever is behind the current command - the current user,
 * the session's role or its login, and every role that these are members of - holds an agreement
 * for the product that is in force, or will be, and profits.  change says what is refused, as in
 * "lower the classification of column \"email\"".  profits NULL: any agreement does.  Superusers
 * pass.
 */
extern void dm_separation_check(int64 product_id, const char *change, DmProfits profits,
								void *arg);

/* For tags that guard less than before, a List: an agreement that is not cleared for them all. */
extern bool dm_profits_by_tags(DmAgreement *agreement, void *tags);

#endif /* DM_ACCESS_SEPARATION_H */
