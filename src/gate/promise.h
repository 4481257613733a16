/*
 * promise.h
 *		What a contract admits of a port's column.
 */
#ifndef DM_GATE_PROMISE_H
#define DM_GATE_PROMISE_H

#include "registry/product.h"

/*
 * May the column of a port have that type from now on?  It may where no contract speaks of it, or
 * where the draft that waits to be published, or the active contract, admits the type.  home is the
 * schema of what the port shows.
 */
extern bool dm_promise_admits_type(DmProduct *product, Oid view, const char *column, Oid home,
								   Oid typid, int32 typmod);

#endif /* DM_GATE_PROMISE_H */
