/*
 * scantype.h
 *		How the values of a column are read and compared by the kernels of a scan.
 */
#ifndef DM_QUALITY_SCANTYPE_H
#define DM_QUALITY_SCANTYPE_H

#include "fmgr.h"

#include "compat/pg_compat.h"

typedef enum DmScanKind
{
	DM_SCAN_INT16,
	DM_SCAN_INT32, /* date, too */
	DM_SCAN_INT64, /* time, timestamp with and without time zone */
	DM_SCAN_FLOAT4,
	DM_SCAN_FLOAT8,
	DM_SCAN_NUMERIC,
	DM_SCAN_TEXT, /* equal if and only if the bytes are, blanks at the end of bpchar apart */
	DM_SCAN_OTHER
} DmScanKind;

typedef struct DmScanType
{
	Oid typid; /* of the column; base is what its domain is over */
	Oid base;
	Oid collation;
	DmScanKind kind;
	bool number;	   /* integers, floats, numeric: a bound is a number */
	bool text;		   /* has characters, also where the collation makes different texts equal */
	bool blank_padded; /* bpchar */
	bool varlena;
	bool compares; /* there is an order; then: */
	FmgrInfo cmp;
	Oid input;
	Oid ioparam;
	FmgrInfo output;
} DmScanType;

extern void dm_scan_type(Oid typid, Oid collation, DmScanType *type);

/* The value that a text means, of the base type. */
extern Datum dm_scan_value_input(const DmScanType *type, const char *text);

/* The same, but false where the text is none; not for parallel workers. */
extern bool dm_scan_value_input_safe(const DmScanType *type, const char *text, Datum *value);

extern char *dm_scan_value_output(DmScanType *type, Datum value);

extern int dm_scan_value_compare(DmScanType *type, Datum a, Datum b);

static inline int64
dm_scan_value_int(const DmScanType *type, Datum value)
{
	if (type->kind == DM_SCAN_INT32)
		return DatumGetInt32(value);
	if (type->kind == DM_SCAN_INT64)
		return DatumGetInt64(value);
	return DatumGetInt16(value);
}

static inline bool
dm_scan_value_is_int(const DmScanType *type)
{
	return type->kind <= DM_SCAN_INT64;
}

/* The bytes of a text that is detoasted, without what bpchar is padded with. */
static inline int
dm_scan_value_text(const DmScanType *type, Datum value, char **data)
{
	struct varlena *text = (struct varlena *) DatumGetPointer(value);
	int len = VARSIZE_ANY_EXHDR(text);

	*data = VARDATA_ANY(text);
	while (type->blank_padded && len > 0 && (*data)[len - 1] == ' ')
		len--;
	return len;
}

#endif /* DM_QUALITY_SCANTYPE_H */
