/*
 * must.h
 *		What a measured value must be: "= 0", "<= 5", "between 1 and 10", "in ('a', 'b')".
 */
#ifndef DM_QUALITY_MUST_H
#define DM_QUALITY_MUST_H

#include "nodes/pg_list.h"
#include "utils/numeric.h"

typedef enum DmMustOp
{
	DM_MUST_EQUAL,
	DM_MUST_DIFFER,
	DM_MUST_BE_LESS,
	DM_MUST_BE_AT_MOST,
	DM_MUST_BE_GREATER,
	DM_MUST_BE_AT_LEAST,
	DM_MUST_LIE_BETWEEN, /* the bounds belong to it */
	DM_MUST_NOT_LIE_BETWEEN,
	DM_MUST_BE_IN,
	DM_MUST_NOT_BE_IN
} DmMustOp;

typedef enum DmOperandKind
{
	DM_OPERAND_NUMBER,
	DM_OPERAND_TEXT,
	DM_OPERAND_TRUTH
} DmOperandKind;

typedef struct DmOperand
{
	DmOperandKind kind;
	Numeric number; /* NULL unless it is one */
	char *text;		/* of a number as it was written; "true" or "false" */
} DmOperand;

typedef struct DmMustTerm
{
	DmMustOp op;
	List *operands; /* DmOperand *: one, two bounds, or a list */
} DmMustTerm;

typedef struct DmMust
{
	List *terms; /* DmMustTerm *: all of them must hold */
} DmMust;

/*
 * Reads one or more conditions with "and" between them.  The error says what is wrong, and where.
 * Keywords in any case; = and ==, <> and != are the same.
 */
extern DmMust *dm_must_parse(const char *text);

/* The condition in the form that the functions above and views show. */
extern char *dm_must_text(const DmMust *must);

/*
 * Whether a value is as it must be.  The tolerance, which is not negative, widens each bound: "= 5"
 * with 0.1 holds from 4.9 to 5.1.  NaN is never as it must be.
 */
extern bool dm_must_holds(const DmMust *must, Numeric value, double tolerance);

/* The same for a text, compared byte by byte, and for a Boolean. */
extern bool dm_must_holds_text(const DmMust *must, const char *value);
extern bool dm_must_holds_truth(const DmMust *must, bool value);

/*
 * The same for a value of any type that has an order: operands are read as that type is, by its
 * own input function, so the caller sees to the rights with which that runs.
 */
extern bool dm_must_holds_value(const DmMust *must, Oid type, Oid collation, Datum value);

/* Whether all operands are numbers. */
extern bool dm_must_is_numeric(const DmMust *must);

#endif /* DM_QUALITY_MUST_H */
