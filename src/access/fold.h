/*
 * fold.h
 *		Folding the functions that ports ask.
 */
#ifndef DM_ACCESS_FOLD_H
#define DM_ACCESS_FOLD_H

#include "nodes/primnodes.h"

/*
 * The answer, a Boolean constant, of a call of datamesh.admits, clear or token; NULL
 * for any other call or if its arguments are no constants.  The plan that it goes
 * into depends on the current user.
 */
extern Node *dm_fold_call(FuncExpr *call);

#endif							/* DM_ACCESS_FOLD_H */
