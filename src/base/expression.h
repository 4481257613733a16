/*
 * expression.h
 *		Text that somebody gives as an expression of SQL, before it is analysed.
 */
#ifndef DM_BASE_EXPRESSION_H
#define DM_BASE_EXPRESSION_H

#include "nodes/nodes.h"

/* The raw parse tree of one expression, such as could stand in WHERE; NULL if it is not one. */
extern Node *dm_raw_expression(const char *text);

#endif /* DM_BASE_EXPRESSION_H */
