/*
 * valuetype.h
 *		How the values of a column are read and compared by the kernels of a scan.
 */
#ifndef DM_QUALITY_VALUETYPE_H
#define DM_QUALITY_VALUETYPE_H

#include "fmgr.h"

#include "compat/pg_compat.h"

typedef enum DmValueKind
{
	DM_VALUE_INT16,
	DM_VALUE_INT32, /* date, too */
	DM_VALUE_INT64, /* time, timestamp with and without time zone */
	DM_VALUE_FLOAT4,
	DM_VALUE_FLOAT8,
	DM_VALUE_NUMERIC,
	DM_VALUE_TEXT, /* equal if and only if the bytes are, blanks at the end of bpchar apart */
	DM_VALUE_OTHER
} DmValueKind;

typedef struct DmValueType
{
	Oid typid; /* of the column; base is what its domain is over */
	Oid base;
	Oid collation;
	DmValueKind kind;
	bool number;	   /* integers, floats, numeric: a bound is a number */
	bool text;		   /* has characters, also where the collation makes different texts equal */
	bool blank_padded; /* bpchar */
	bool varlena;
	bool compares; /* there is an order; then: */
	FmgrInfo cmp;
	Oid input;
	Oid ioparam;
	FmgrInfo output;
} DmValueType;

extern void dm_value_type(Oid typid, Oid collation, DmValueType *type);

/* The value that a text means, of the base type. */
extern Datum dm_value_input(const DmValueType *type, const char *text);

/* The same, but false where the text is none; not for parallel workers. */
extern bool dm_value_input_safe(const DmValueType *type, const char *text, Datum *value);

extern char *dm_value_output(DmValueType *type, Datum value);

extern int dm_value_compare(DmValueType *type, Datum a, Datum b);

static inline int64
dm_value_int(const DmValueType *type, Datum value)
{
	if (type->kind == DM_VALUE_INT32)
		return DatumGetInt32(value);
	if (type->kind == DM_VALUE_INT64)
		return DatumGetInt64(value);
	return DatumGetInt16(value);
}

static inline bool
dm_value_is_int(const DmValueType *type)
{
	return type->kind <= DM_VALUE_INT64;
}

/* The bytes of a text that is detoasted, without what bpchar is padded with. */
static inline int
dm_value_text(const DmValueType *type, Datum value, char **data)
{
	struct varlena *text = (struct varlena *) DatumGetPointer(value);
	int len = VARSIZE_ANY_EXHDR(text);

	*data = VARDATA_ANY(text);
	while (type->blank_padded && len > 0 && (*data)[len - 1] == ' ')
		len--;
	return len;
}

#endif /* DM_QUALITY_VALUETYPE_H */
