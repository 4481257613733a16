/*
 * scantype.c
 *		How the values of a column are read and compared by the kernels of a scan.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "base/attempt.h"
#include "quality/scantype.h"

static DmScanKind
kind_of(DmScanType *type)
{
	switch (type->base)
	{
		case INT2OID:
			return DM_SCAN_INT16;
		case INT4OID:
		case DATEOID:
			return DM_SCAN_INT32;
		case INT8OID:
		case TIMEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return DM_SCAN_INT64;
		case FLOAT4OID:
			return DM_SCAN_FLOAT4;
		case FLOAT8OID:
			return DM_SCAN_FLOAT8;
		case NUMERICOID:
			return DM_SCAN_NUMERIC;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return get_collation_isdeterministic(type->collation) ? DM_SCAN_TEXT :
																	DM_SCAN_OTHER;
		default:
			return DM_SCAN_OTHER;
	}
}

void
dm_scan_type(Oid typid, Oid collation, DmScanType *type)
{
	TypeCacheEntry *entry;
	Oid output;
	bool varlena;

	memset(type, 0, sizeof(DmScanType));
	type->typid = typid;
	type->base = getBaseType(typid);
	type->collation = OidIsValid(collation) ? collation : get_typcollation(type->base);
	type->blank_padded = type->base == BPCHAROID;
	type->text = type->base == TEXTOID || type->base == VARCHAROID || type->blank_padded;
	type->kind = kind_of(type);
	type->number = type->base == INT2OID || type->base == INT4OID || type->base == INT8OID ||
				   type->kind == DM_SCAN_FLOAT4 || type->kind == DM_SCAN_FLOAT8 ||
				   type->kind == DM_SCAN_NUMERIC;
	entry = lookup_type_cache(type->base, TYPECACHE_CMP_PROC);
	type->compares = OidIsValid(entry->cmp_proc);
	if (type->compares)
		fmgr_info(entry->cmp_proc, &type->cmp);
	getTypeInputInfo(type->base, &type->input, &type->ioparam);
	getTypeOutputInfo(type->base, &output, &varlena);
	fmgr_info(output, &type->output);
	type->varlena = get_typlen(type->base) == -1;
}

Datum
dm_scan_value_input(const DmScanType *type, const char *text)
{
	return OidInputFunctionCall(type->input, unconstify(char *, text), type->ioparam, -1);
}

typedef struct Reading
{
	const DmScanType *type;
	const char *text;
	Datum value;
} Reading;

static void
read_value(void *arg)
{
	Reading *reading = arg;

	reading->value = dm_scan_value_input(reading->type, reading->text);
}

bool
dm_scan_value_input_safe(const DmScanType *type, const char *text, Datum *value)
{
	Reading reading = { type, text };

	if (dm_attempt(read_value, &reading) != NULL)
		return false;
	*value = reading.value;
	return true;
}

char *
dm_scan_value_output(DmScanType *type, Datum value)
{
	return OutputFunctionCall(&type->output, value);
}

int
dm_scan_value_compare(DmScanType *type, Datum a, Datum b)
{
	return DatumGetInt32(FunctionCall2Coll(&type->cmp, type->collation, a, b));
}
