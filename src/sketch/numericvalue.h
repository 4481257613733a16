/*
 * numericvalue.h
 *		A numeric as a double and as a hash.
 */
#ifndef DM_SKETCH_NUMERICVALUE_H
#define DM_SKETCH_NUMERICVALUE_H

typedef enum DmNumericClass
{
	DM_NUMERIC_FINITE,
	DM_NUMERIC_INFINITE,
	DM_NUMERIC_NAN
} DmNumericClass;

/*
 * Reads a numeric that is not toasted.  Equal values have the same hash, whatever their scale.  The
 * double is the nearest one to a value of up to 15 digits, else correct to 15 digits, and the
 * greatest there is for one beyond its range.
 */
extern DmNumericClass dm_numeric_read(const void *datum, double *value, uint64 *hash);

#endif /* DM_SKETCH_NUMERICVALUE_H */
