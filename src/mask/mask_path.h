/*
 * mask_path.h
 *		The paths of dm_mask_jsonb, parsed.
 */
#ifndef DM_MASK_PATH_H
#define DM_MASK_PATH_H

#include "utils/array.h"

/* One part of a path, between two dots */
typedef struct DmMaskSegment
{
	const char *key;
	int len;
	int index;	   /* the key as an array subscript, or -1 */
	bool any;	   /* "*": each key, each element */
	bool any_rest; /* it and all that follow in its path are "*" */
	bool last;	   /* of its path */
} DmMaskSegment;

/*
 * All paths, one after the other.  A position in the array is also the state
 * of a search that has still to match from there to the end of that path.
 */
typedef struct DmMaskPaths
{
	DmMaskSegment *segments;
	int nsegments;
	int *starts; /* first segment of each path */
	int npaths;
} DmMaskPaths;

/*
 * Parses an array of paths in the current memory context.  Raises an error if
 * there is no path, or if one is null, empty, or has an empty part.
 */
extern void dm_mask_path_parse(ArrayType *array, DmMaskPaths *paths);

#endif /* DM_MASK_PATH_H */
