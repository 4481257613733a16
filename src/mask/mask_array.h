/*
 * mask_array.h
 *		Applies a text mask to the elements of an array.
 */
#ifndef DM_MASK_ARRAY_H
#define DM_MASK_ARRAY_H

#include "utils/array.h"

/*
 * A mask of one text value: reads len bytes at data and returns a new text,
 * allocated in the current memory context.  options is the mask's own.
 */
typedef text *(*DmMaskText)(const char *data, int len, const void *options);

/*
 * Returns a new array with each element that is not null replaced by what the
 * mask makes of it.  Element type, dimensions, lower bounds and nulls stay.
 */
extern ArrayType *dm_mask_array_apply(ArrayType *array, DmMaskText mask,
									  const void *options);

#endif /* DM_MASK_ARRAY_H */
