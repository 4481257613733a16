/*
 * value.h
 *		Whether a value is what a property promises.
 */
#ifndef DM_CONTRACT_VALUE_H
#define DM_CONTRACT_VALUE_H

#include "base/finding.h"
#include "base/pattern.h"
#include "contract/model.h"

/* what is compiled once for all values of a property */
typedef struct DmValueCheck
{
	const DmProperty *property;
	DmPattern *pattern; /* NULL: none, or none that can be read */
	DmPattern *format;	/* of a date pattern */
} DmValueCheck;

/* whether a text is a decimal number that can be compared */
extern bool dm_number_text(const char *text);

/* the least and the greatest number of a format such as i32; false for all other formats */
extern bool dm_integer_format(const char *format, const char **low, const char **high);

extern void dm_value_check_begin(DmValueCheck *check, const DmProperty *property);

/*
 * NULL if the value is one of the property's, else why not.  The severity tells
 * a wrong value (error) from one that is only written otherwise (warning), such
 * as a number where its text is due.
 */
extern char *dm_value_problem(DmValueCheck *check, const DmValue *value, DmSeverity *severity);

#endif /* DM_CONTRACT_VALUE_H */
