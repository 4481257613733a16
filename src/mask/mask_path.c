/*
 * mask_path.c
 *		Parses the paths of dm_mask_jsonb.
 *
 * A path is keys with dots between them.  The key * stands for each key of an
 * object and each element of an array.  A backslash takes the next byte as it
 * is, for keys with a dot, an asterisk or a backslash of their own.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "compat/pg_compat.h"
#include "mask/mask_path.h"

/* A subscript of more digits is beyond any array */
#define MAX_INDEX_DIGITS 9

/*
 * Returns the array subscript that the key can stand for, or -1.
 */
static int
parse_index(const char *key, int len)
{
	int index = 0;
	int i;

	if (len == 0 || len > MAX_INDEX_DIGITS || (len > 1 && key[0] == '0'))
		return -1;
	for (i = 0; i < len; i++)
	{
		if (key[i] < '0' || key[i] > '9')
			return -1;
		index = index * 10 + (key[i] - '0');
	}
	return index;
}

/*
 * Reads one key from *ptr up to the next dot or to end, and leaves *ptr there.
 * dst has room for it.
 */
static void
parse_segment(const char **ptr, const char *end, char *dst, DmMaskSegment *seg)
{
	const char *src = *ptr;
	const char *first = src;
	char *out = dst;

	while (src < end && *src != '.')
	{
		if (*src == '\\' && src + 1 < end)
			src++;
		*out++ = *src++;
	}
	seg->key = dst;
	seg->len = (int) (out - dst);
	seg->index = parse_index(dst, seg->len);
	seg->any = (src - first == 1 && *first == '*');
	seg->last = (src == end);
	*ptr = src;
}

/*
 * Appends the segments of one path.
 */
static void
parse_path(const char *path, int len, DmMaskPaths *paths)
{
	const char *end = path + len;
	const char *ptr = path;
	char *buffer = (char *) palloc(len + 1);
	int start = paths->nsegments;
	int i;

	for (;;)
	{
		DmMaskSegment *seg = &paths->segments[paths->nsegments++];

		parse_segment(&ptr, end, buffer, seg);
		if (seg->len == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid path \"%s\"", pnstrdup(path, len)),
					 errdetail("A part of the path is empty."),
					 errhint("A path is keys with dots between them, such as contact.email or orders.*.card.")));
		buffer += seg->len;
		if (seg->last)
			break;
		ptr++; /* the dot */
	}

	for (i = paths->nsegments - 1; i >= start; i--)
		paths->segments[i].any_rest = paths->segments[i].any &&
									  (paths->segments[i].last || paths->segments[i + 1].any_rest);
	paths->starts[paths->npaths++] = start;
}

void
dm_mask_path_parse(ArrayType *array, DmMaskPaths *paths)
{
	Datum *elems;
	bool *nulls;
	int nelems;
	Size max_segments = 0;
	int i;

	deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_INT,
					  &elems, &nulls, &nelems);
	if (nelems == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no path is given"),
				 errhint("Name at least one path, such as '{contact.email}'.")));
	for (i = 0; i < nelems; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("path must not be null")));
		max_segments += VARSIZE_ANY_EXHDR(DatumGetPointer(elems[i])) + 1;
	}

	paths->segments = (DmMaskSegment *)
		palloc(max_segments * sizeof(DmMaskSegment));
	paths->nsegments = 0;
	paths->starts = (int *) palloc(nelems * sizeof(int));
	paths->npaths = 0;
	for (i = 0; i < nelems; i++)
	{
		text *path = DatumGetTextPP(elems[i]);

		parse_path(VARDATA_ANY(path), VARSIZE_ANY_EXHDR(path), paths);
	}
}
