/*
 * valuetest.h
 *		Tests of one value: is it what a rule says?  Compiled once, run for each row.
 */
#ifndef DM_QUALITY_VALUETEST_H
#define DM_QUALITY_VALUETEST_H

#include "utils/jsonb.h"

#include "base/pattern.h"
#include "jsonschema/schema.h"
#include "quality/numericbound.h"
#include "quality/scantype.h"
#include "quality/valueset.h"

typedef struct DmValueTest DmValueTest;

/* Lengths of texts, in characters. */
typedef struct DmLengths
{
	int64 low;
	int64 high;
	int64 enough; /* bytes that are low characters, whatever they are */
} DmLengths;

/* What lies between two bounds, which are part of it.  NaN does not. */
typedef union DmBounds
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
	} floats;
	DmLengths lengths;
} DmBounds;

typedef enum DmBoundsKind
{
	DM_BOUNDS_NONE,
	DM_BOUNDS_INTS,
	DM_BOUNDS_FLOATS,
	DM_BOUNDS_LENGTHS
} DmBoundsKind;

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
		DmBounds bounds;
		struct
		{
			Datum bound;
			int sign;	 /* of the bound's order to a value: -1 for a minimum */
			bool itself; /* the bound is a value */
			bool isshort;
			DmShortNumeric number; /* the bound, if isshort */
		} ordered;
		struct
		{
			DmValueSet *set;
			bool in;
		} set;
		DmPattern *pattern;
		int format;
		DmJsonSchema *schema;
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

/* What the bounds of a test are of, if it is nothing but bounds. */
extern DmBoundsKind dm_value_test_bounds(const DmValueTest *test);

/* The bounds that two of a kind leave to values. */
extern void dm_bounds_narrow(DmBoundsKind kind, DmBounds *bounds, const DmBounds *other);

extern bool dm_lengths_have_count(const DmLengths *lengths, const char *data, int64 bytes);

/* A text has at most as many characters as bytes, which often tells without counting them. */
static inline bool
dm_lengths_have(const DmLengths *lengths, const char *data, int64 bytes)
{
	if (bytes < lengths->low)
		return false;
	return (bytes <= lengths->high && bytes >= lengths->enough) ||
		   dm_lengths_have_count(lengths, data, bytes);
}

/* Whether a program may have a member of that name. */
extern bool dm_value_test_is_known(const char *key);

/* Texts of an array of strings. */
extern List *dm_json_texts(const JsonbValue *array);

#endif /* DM_QUALITY_VALUETEST_H */
