/*
 * maskspec.h
 *		Mask specifications: a call of a mask function that leaves out its first
 *		argument, the value, as in 'dm_mask_text(2, 1)'.
 */
#ifndef DM_CLASSIFY_MASKSPEC_H
#define DM_CLASSIFY_MASKSPEC_H

#include "nodes/pg_list.h"

/* The specification in canonical form; fails if it is malformed or names no mask function. */
extern char *dm_mask_canonical(const char *spec);

/*
 * SQL text that masks a column: an expression of exactly the column's type, modifier
 * and collation.  column is the column's SQL text.  NULL, with the reason in
 * *why, if the mask does not fit the type.
 */
extern char *dm_mask_expression(const char *spec, const char *column,
								Oid typid, int32 typmod, char **why);

/* The same for the mask that fits every type: NULL. */
extern char *dm_null_expression(const char *column, Oid typid, int32 typmod);

/* True if the specification calls the function of that registered name. */
extern bool dm_mask_uses(const char *spec, const char *registered_name);

/* The label that makes a function a mask: "mask:" and the name that it is registered by. */
extern char *dm_mask_label(Oid funcid);

/* The name by which tags know a registered mask function; NULL if the function is none. */
extern char *dm_mask_registered_name(Oid funcid);

/* True if the specification hides the value wholly, whatever the type. */
extern bool dm_mask_is_null(const char *spec);

/*
 * An expression of some type turned into the column's exact type.  Where that is a domain
 * whose checks the value fails, it becomes NULL instead of an error.
 */
extern char *dm_cast_expression(const char *expression, Oid from, const char *column,
								Oid typid, int32 typmod);

#endif /* DM_CLASSIFY_MASKSPEC_H */
