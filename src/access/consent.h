/*
 * consent.h
 *		Who sees only rows of subjects who have consented, and folding that.
 *
 * The condition on a relation is datamesh.consented(id, column), where id is the number of the
 * registration of the column.  While planning it becomes true for readers of whom no consent is
 * asked, and for others a probe of the consents, datamesh.has_consent(kind, purposes, column).
 */
#ifndef DM_ACCESS_CONSENT_H
#define DM_ACCESS_CONSENT_H

#include "nodes/primnodes.h"

#include "access/decide.h"

/*
 * Does the reader need the consent of the subjects that a column names, when he reads through a
 * port of the product?  Then *purposes are those that he reads for, nearest first; NIL if he
 * has none that is known, and nobody has consented to that.  product is the literal; NULL where
 * nothing is known of a port: then what any product of the relation's domain asks for counts.
 */
extern bool dm_consent_needed(DmReader reader, int64 subject_id, const char *product_literal,
							  List **purposes);

/* True for a call of datamesh.consented. */
extern bool dm_is_consented(Node *node);

/*
 * What such a call becomes for the session's reader, with the fact that it was made from; NULL if
 * its arguments are not what we write.  relid is the relation whose condition the call is in,
 * InvalidOid where anybody may have written it: the probe then runs only for who may ask
 * for consents himself.
 */
extern Node *dm_consent_fold(FuncExpr *call, Oid relid, const char *product_literal, List **facts);

/* Has any plan of this session got a probe? */
extern bool dm_consent_is_probed(void);

#endif /* DM_ACCESS_CONSENT_H */
