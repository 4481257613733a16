/*
 * numericbound.h
 *		The order of a bound and of numerics as they are stored.
 *
 * numeric_cmp wants an aligned value with a header of four bytes, which most that are stored are
 * not, and reads both of its arguments anew each time.  The bound is read once here, and a value
 * where it lies.
 */
#ifndef DM_QUALITY_NUMERICBOUND_H
#define DM_QUALITY_NUMERICBOUND_H

#include "fmgr.h"

/*
 * A numeric of the short format, which all but those of some hundred digits and the special ones
 * have.  Its digits, of base 10000, need not be aligned.
 */
typedef struct DmShortNumeric
{
	int sign; /* -1, 0, 1 */
	int weight;
	int ndigits;
	const char *digits;
} DmShortNumeric;

/* Reads a numeric that is detoasted; false for one of another format. */
extern bool dm_short_numeric(Datum value, DmShortNumeric *number);

/* As a comparison function has it. */
extern int dm_short_numeric_compare(const DmShortNumeric *a, const DmShortNumeric *b);

#endif /* DM_QUALITY_NUMERICBOUND_H */
