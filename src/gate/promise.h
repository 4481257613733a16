/*
 * promise.h
 *		What a contract admits of a port's column.
 */
#ifndef DM_GATE_PROMISE_H
#define DM_GATE_PROMISE_H

#include "registry/product.h"

/*
 * May the column of a port have that type from now on?  Without a contract it may; a draft that
 * waits to be published counts for the active contract.
 */
extern bool dm_promise_admits_type(DmProduct *product, Oid view, const char *column, Oid typid,
								   int32 typmod);

#endif /* DM_GATE_PROMISE_H */
