/*
 * refusal.h
 *		Why a reader may not read a product.
 */
#ifndef DM_ACCESS_REFUSAL_H
#define DM_ACCESS_REFUSAL_H

#include "access/decide.h"

typedef struct DmRefusal
{
	int sqlerrcode;
	char *message;
	char *detail;	/* or NULL */
	char *hint;		/* or NULL */
	List *purposes; /* for which he could read it */
} DmRefusal;

/* The reason, for a reader whom dm_decide_access does not admit. */
extern DmRefusal *dm_refusal(DmReader reader, const char *product_literal);

#endif /* DM_ACCESS_REFUSAL_H */
