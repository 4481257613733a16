/*
 * mask_array.c
 *		Applies a text mask to the elements of an array.
 *
 * The array that a text[] function gets may also say varchar in its header:
 * the two types are binary-coercible.  The header's element type is kept, and
 * only the layout that both share is relied on.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "compat/pg_compat.h"
#include "mask/mask_array.h"

ArrayType *
dm_mask_array_apply(ArrayType *array, DmMaskText mask, const void *options)
{
	Oid elemtype = ARR_ELEMTYPE(array);
	ArrayType *result;
	Datum *elems;
	bool *nulls;
	int nelems;
	int i;

	deconstruct_array(array, elemtype, -1, false, TYPALIGN_INT,
					  &elems, &nulls, &nelems);
	if (nelems == 0)
		return array;

	for (i = 0; i < nelems; i++)
	{
		text *elem;

		CHECK_FOR_INTERRUPTS();
		if (nulls[i])
			continue;
		elem = DatumGetTextPP(elems[i]);
		elems[i] = PointerGetDatum(mask(VARDATA_ANY(elem),
										VARSIZE_ANY_EXHDR(elem), options));
	}

	result = construct_md_array(elems, nulls, ARR_NDIM(array), ARR_DIMS(array),
								ARR_LBOUND(array), elemtype, -1, false,
								TYPALIGN_INT);
	for (i = 0; i < nelems; i++)
	{
		if (!nulls[i])
			pfree(DatumGetPointer(elems[i]));
	}
	pfree(elems);
	pfree(nulls);
	return result;
}
