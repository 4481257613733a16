/*
 * numericbound.c
 *		The order of a bound and of numerics as they are stored.
 *
 * The short format is a part of what lies on disk, which pg_upgrade takes from one major to the
 * next: two bytes with sign, display scale and weight, and the digits up to the end, without zeros
 * at either side.
 */
#include "postgres.h"

#include "compat/pg_compat.h"
#include "quality/numericbound.h"

#define FORMAT_MASK	 0xC000
#define SHORT_FORMAT 0x8000
#define NEGATIVE	 0x2000
#define WEIGHT_SIGN	 0x0040
#define WEIGHT_MASK	 0x003F

typedef int16 Digit;

static inline Digit
digit(const DmShortNumeric *number, int i)
{
	Digit result;

	memcpy(&result, number->digits + i * sizeof(Digit), sizeof(Digit));
	return result;
}

bool
dm_short_numeric(Datum value, DmShortNumeric *number)
{
	struct varlena *stored = (struct varlena *) DatumGetPointer(value);
	int size = VARSIZE_ANY_EXHDR(stored);
	const char *data = VARDATA_ANY(stored);
	uint16 header;

	if (size < (int) sizeof(header))
		return false;
	memcpy(&header, data, sizeof(header));
	if ((header & FORMAT_MASK) != SHORT_FORMAT)
		return false;
	number->digits = data + sizeof(header);
	number->ndigits = (size - (int) sizeof(header)) / (int) sizeof(Digit);
	number->weight = (int) (header & WEIGHT_MASK) - (int) (header & WEIGHT_SIGN);
	number->sign = number->ndigits == 0 ? 0 : (header & NEGATIVE) ? -1 :
																	1;
	/* its weight would not tell its size */
	return number->ndigits == 0 || digit(number, 0) != 0;
}

/* Without their signs. */
static int
compare_sizes(const DmShortNumeric *a, const DmShortNumeric *b)
{
	int common = Min(a->ndigits, b->ndigits);

	if (a->weight != b->weight)
		return a->weight < b->weight ? -1 : 1;
	for (int i = 0; i < common; i++)
		if (digit(a, i) != digit(b, i))
			return digit(a, i) < digit(b, i) ? -1 : 1;
	for (int i = common; i < a->ndigits; i++)
		if (digit(a, i) != 0)
			return 1;
	for (int i = common; i < b->ndigits; i++)
		if (digit(b, i) != 0)
			return -1;
	return 0;
}

int
dm_short_numeric_compare(const DmShortNumeric *a, const DmShortNumeric *b)
{
	if (a->sign != b->sign)
		return a->sign < b->sign ? -1 : 1;
	return a->sign * compare_sizes(a, b);
}
