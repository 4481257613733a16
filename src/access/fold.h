/*
 * fold.h
 *		Folding the functions that ports ask.
 */
#ifndef DM_ACCESS_FOLD_H
#define DM_ACCESS_FOLD_H

#include "nodes/primnodes.h"

/*
 * The answer of a call of datamesh.admits, clear or token.  False for any other call
 * or if its arguments are no constants.  The plan that the answer goes into depends
 * on the current user.
 */
extern bool dm_fold_answer(FuncExpr *call, bool *answer);

/* True if the expression is a call of datamesh.admits. */
extern bool dm_is_admits(Node *node);

/* True for dm_token on text. */
extern bool dm_is_token(Oid funcid);

extern void dm_fold_init(void);

#endif /* DM_ACCESS_FOLD_H */
