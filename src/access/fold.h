/*
 * fold.h
 *		Folding the functions that ports ask.
 */
#ifndef DM_ACCESS_FOLD_H
#define DM_ACCESS_FOLD_H

#include "nodes/primnodes.h"

/*
 * The answer of a call of datamesh.admits, clear, token or restricts.  False for any other call
 * or if its arguments are no constants.  context is the product whose port the call stands
 * in or under, NULL if that is not known.  The plan that the answer goes into depends
 * on the current user and gets the fact that is added to *stamps.
 */
extern bool dm_fold_answer(FuncExpr *call, const char *context, bool *answer, List **stamps);

/*
 * Whether our planner hook sees the queries of this session.  The one whose planning loads the
 * library has escaped it.
 */
extern void dm_fold_set_hooked(void);
extern bool dm_fold_is_hooked(void);

/* The product that a call of datamesh.admits asks about; NULL for any other expression. */
extern char *dm_admits_product(Node *node);

/*
 * The funcformat that marks a call of dm_token as one in the text of a port, see mask/token.c.
 */
#define DM_GOVERNED_CALL COERCE_SQL_SYNTAX

/* True for dm_token, of any type. */
extern bool dm_is_token(Oid funcid);

/* datamesh.consented, and datamesh.has_consent for keys of a type; InvalidOid for none. */
extern Oid dm_consented_function(void);
extern Oid dm_has_consent_function(Oid typid);

extern void dm_fold_init(void);

#endif /* DM_ACCESS_FOLD_H */
