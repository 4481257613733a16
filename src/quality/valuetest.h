/*
 * valuetest.h
 *		Tests of one value: is it what a rule says?  Compiled once, run for each row.
 */
#ifndef DM_QUALITY_VALUETEST_H
#define DM_QUALITY_VALUETEST_H

#include "utils/jsonb.h"

#include "base/pattern.h"
#include "quality/scantype.h"
#include "quality/valueset.h"

typedef struct DmValueTest DmValueTest;

/*
 * Whether a value, which is detoasted, passes.  Where that cannot be told within the limits of
 * pattern.h it does not, and the test has an error.
 */
typedef bool (*DmValueTestRun)(DmValueTest *test, Datum value);

struct DmValueTest
{
	DmValueTestRun run;
	DmScanType *type;
	ErrorData *error;
	union
	{
		struct
		{
			int64 low;
			int64 high;
		} ints;
		struct
		{
			double low;
			double high;
			bool above; /* low itself is no value, nor is high */
			bool below;
		} floats;
		struct
		{
			Datum bound;
			int sign;	 /* of the bound's order to a value: -1 for a minimum */
			bool itself; /* the bound is a value */
		} ordered;
		struct
		{
			int64 low;
			int64 high;
		} length;
		struct
		{
			DmValueSet *set;
			bool in;
		} set;
		DmPattern *pattern;
		int format;
		int64 divisor;
		Datum number;
	} is;
};

/*
 * The test that a member of a rule's program describes, in the current memory context; false for
 * a key that describes none.
 */
extern bool dm_value_test(DmValueTest *test, DmScanType *type, const char *key,
						  const JsonbValue *argument);

/* The bounds of a test that is nothing but two of them, which belong to it; false for others. */
extern bool dm_value_test_ints(const DmValueTest *test, int64 *low, int64 *high);
extern bool dm_value_test_floats(const DmValueTest *test, double *low, double *high);

/* Whether a program may have a member of that name. */
extern bool dm_value_test_is_known(const char *key);

/* Texts of an array of strings. */
extern List *dm_json_texts(const JsonbValue *array);

#endif /* DM_QUALITY_VALUETEST_H */
