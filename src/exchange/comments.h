/*
 * comments.h
 *		COMMENTs on ports and the descriptions of their contract, kept in step.
 */
#ifndef DM_EXCHANGE_COMMENTS_H
#define DM_EXCHANGE_COMMENTS_H

#include "access/attnum.h"
#include "nodes/pg_list.h"

#include "contract/model.h"
#include "registry/product.h"

/* A description of the contract and the comment that should say the same. */
typedef struct DmCommentDrift
{
	char *pointer;	   /* of the object or property; "" for the product */
	Oid view;		   /* the port, InvalidOid for the product */
	AttrNumber attnum; /* of its column, 0 for the port itself */
	Oid source;		   /* what the port shows, and the column there */
	AttrNumber source_attnum;
	char *name;		   /* for people: "customer.email" */
	char *comment;	   /* NULL for none */
	char *description; /* the same */
} DmCommentDrift;

/* Where comments and descriptions differ, in the order of the contract. */
extern List *dm_comment_drift(DmProduct *product, DmContract *contract);

/* The same as findings (source "conform"). */
extern void dm_comment_findings(DmProduct *product, DmContract *contract, List **findings);

#endif /* DM_EXCHANGE_COMMENTS_H */
