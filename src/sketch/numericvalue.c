/*
 * numericvalue.c
 *		A numeric as a double and as a hash.
 *
 * The server turns a numeric into a double by way of its text, and that takes longer than all else
 * that a profile does with a value.  So this reads the stored form itself: its layout
 * is that of the data files (utils/adt/numeric.c, "struct NumericData"), which pg_upgrade keeps.
 */
#include "postgres.h"

#include <float.h>
#include <math.h>

#include "compat/pg_compat.h"
#include "sketch/numericvalue.h"
#include "sketch/valuehash.h"

#define SIGN_MASK	  0xC000
#define SIGN_NEGATIVE 0x4000
#define FORM_SHORT	  0x8000
#define FORM_SPECIAL  0xC000
#define SPECIAL_NAN	  0xC000
#define SPECIAL_MASK  0xF000

#define SHORT_NEGATIVE	  0x2000
#define SHORT_WEIGHT_SIGN 0x0040
#define SHORT_WEIGHT	  0x003F

#define BASE 10000

/* Digits that a double can tell apart, and one more. */
#define DIGITS_USED 5

static inline int
read_digit(const char *digits, int i)
{
	int16 digit;

	memcpy(&digit, digits + i * sizeof(digit), sizeof(digit));
	return digit;
}

/* BASE to a power that is exact as a double, or nearly so. */
static double
power(int exponent)
{
	static const double exact[] = { 1, 1e4, 1e8, 1e12, 1e16, 1e20 };

	return exponent < lengthof(exact) ? exact[exponent] : pow(BASE, exponent);
}

static double
scale(double mantissa, int exponent)
{
	double value;

	if (mantissa == 0)
		return 0;
	/* a power that is too great for a double is taken in two steps */
	if (exponent < -60)
		return mantissa / power(60) / power(Min(-exponent - 60, 60));
	value = exponent < 0 ? mantissa / power(-exponent) : mantissa * power(exponent);
	return isinf(value) ? DBL_MAX : value;
}

static double
digits_value(const char *digits, int ndigits, int weight)
{
	int used = Min(ndigits, DIGITS_USED);
	int64 mantissa = 0;
	double value;

	for (int i = 0; i < Min(used, DIGITS_USED - 1); i++)
		mantissa = mantissa * BASE + read_digit(digits, i);
	if (used < DIGITS_USED)
		return scale((double) mantissa, weight - used + 1);
	value = (double) mantissa * BASE + read_digit(digits, DIGITS_USED - 1);
	return scale(value, weight - used + 1);
}

DmNumericClass
dm_numeric_read(const void *datum, double *value, uint64 *hash)
{
	const char *bytes = VARDATA_ANY(datum);
	int len = VARSIZE_ANY_EXHDR(datum);
	uint16 header;
	bool negative;
	int16 weight;

	memcpy(&header, bytes, sizeof(header));
	if ((header & SIGN_MASK) == FORM_SPECIAL)
	{
		*hash = dm_hash_word(header & SPECIAL_MASK);
		return (header & SPECIAL_MASK) == SPECIAL_NAN ? DM_NUMERIC_NAN : DM_NUMERIC_INFINITE;
	}
	bytes += sizeof(header);
	len -= sizeof(header);
	if (header & FORM_SHORT)
	{
		negative = (header & SHORT_NEGATIVE) != 0;
		weight = (header & SHORT_WEIGHT_SIGN ? ~SHORT_WEIGHT : 0) | (header & SHORT_WEIGHT);
	}
	else
	{
		negative = (header & SIGN_MASK) == SIGN_NEGATIVE;
		memcpy(&weight, bytes, sizeof(weight));
		bytes += sizeof(weight);
		len -= sizeof(weight);
	}
	/* zeros at the end are no part of the value; the server stores none */
	while (len > 0 && read_digit(bytes, len / sizeof(int16) - 1) == 0)
		len -= sizeof(int16);
	if (len == 0)
	{
		*value = 0;
		*hash = dm_hash_word(0);
		return DM_NUMERIC_FINITE;
	}
	*value = digits_value(bytes, len / sizeof(int16), weight);
	if (negative)
		*value = -*value;
	*hash = dm_hash_word(dm_hash_bytes(bytes, len) ^ ((uint64) (uint16) weight << 1 | negative));
	return DM_NUMERIC_FINITE;
}
