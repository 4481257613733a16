/*
 * number.h
 *		Numbers of documents as numeric, exactly.
 */
#ifndef DM_FORMAT_NUMBER_H
#define DM_FORMAT_NUMBER_H

#include "utils/numeric.h"

/*
 * Whether numeric can hold a decimal number, as JSON or YAML write it.  Told before it is read:
 * numeric_in raises an error for one that does not fit.  digits is what it takes written out.
 */
extern bool dm_number_fits(const char *text, int len, int *digits);
extern Numeric dm_number_read(const char *text, int len, MemoryContext context);

/* The decimal text of digits in base 8 or 16, NULL if there are too many. */
extern char *dm_number_from_base(const char *digits, int len, int base);

#endif /* DM_FORMAT_NUMBER_H */
