/*
 * valuetype.h
 *		What a sketch has to know of a type to take its values.
 */
#ifndef DM_SKETCH_VALUETYPE_H
#define DM_SKETCH_VALUETYPE_H

#include "fmgr.h"

#include "sketch/sketch.h"

#define DM_ENUM_CACHE 64

typedef struct DmValueType
{
	Oid typid; /* without domains */
	int16 typlen;
	bool typbyval;
	bool is_enum;
	bool blank_padded;
	bool cstring;	/* name */
	FmgrInfo *hash; /* NULL if it has none */
	FmgrInfo *cmp;
	FmgrInfo output;
	struct
	{
		Oid value;
		uint64 hash;
	} enums[DM_ENUM_CACHE];
} DmValueType;

/* Fills in the sketch's kind, type and name of its type. */
extern void dm_value_type_init(DmSketch *sketch, Oid typid);

/* The text of a value. */
extern char *dm_value_text(DmValueType *type, Datum value);

/* Hash of a value of kind "other", which is not toasted; the type has one. */
extern uint64 dm_value_hash(DmValueType *type, Datum value);

/*
 * Compares two values of a type by their texts.  False if the type is not there any more, or is
 * none whose input is harmless.
 */
extern bool dm_value_compare_texts(const char *typname, const char *a, const char *b, int *result);

#endif /* DM_SKETCH_VALUETYPE_H */
