/*
 * maskprobe.c
 *		Trying a mask on a sample value when it is assigned.
 *
 * That a function takes the column's type does not say that it takes its own
 * arguments: an unknown unit, a negative length, a replacement that is no value of the type.
 * The sample runs with the rights of whoever assigns the mask.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#include "classify/maskprobe.h"
#include "classify/maskspec.h"

static const struct
{
	Oid typid;
	const char *sample;
} samples[] = {
	{ BOOLOID, "true" },
	{ BYTEAOID, "sample" },
	{ CIDROID, "192.0.2.0/24" },
	{ DATEOID, "2000-01-01" },
	{ FLOAT4OID, "1" },
	{ FLOAT8OID, "1" },
	{ INETOID, "192.0.2.1" },
	{ INT2OID, "1" },
	{ INT4OID, "1" },
	{ INT8OID, "1" },
	{ INTERVALOID, "1 day" },
	{ JSONBOID, "{}" },
	{ JSONOID, "{}" },
	{ NUMERICOID, "1" },
	{ TIMEOID, "12:00" },
	{ TIMESTAMPOID, "2000-01-01" },
	{ TIMESTAMPTZOID, "2000-01-01 00:00Z" },
	{ TIMETZOID, "12:00Z" },
	{ UUIDOID, "00000000-0000-0000-0000-000000000001" },
};

/* Some label of an enum, NULL if it has none. */
static char *
enum_label(Oid typid)
{
	Relation rel = table_open(EnumRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	char *result = NULL;

	ScanKeyInit(&key, Anum_pg_enum_enumtypid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(typid));
	scan = systable_beginscan(rel, EnumTypIdLabelIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		result = pstrdup(NameStr(((Form_pg_enum) GETSTRUCT(tuple))->enumlabel));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

static char *
sample_of(Oid typid)
{
	char category;
	bool preferred;

	for (int i = 0; i < lengthof(samples); i++)
		if (samples[i].typid == typid)
			return pstrdup(samples[i].sample);
	if (get_typtype(typid) == TYPTYPE_ENUM)
		return enum_label(typid);
	if (OidIsValid(get_element_type(typid)))
	{
		char *element = sample_of(get_element_type(typid));

		return element ? psprintf("{\"%s\"}", element) : NULL;
	}
	get_type_category_preferred(typid, &category, &preferred);
	return category == TYPCATEGORY_STRING && typid != NAMEOID ? pstrdup("sample") : NULL;
}

static void
probe_context(void *arg)
{
	errcontext("mask \"%s\", tried on a sample value", (const char *) arg);
}

void
dm_mask_probe(const char *spec, Oid typid, int32 typmod)
{
	Oid base = getBaseType(typid);
	char *sample = sample_of(base);
	ErrorContextCallback callback;
	char *value;
	char *why;

	if (sample == NULL)
		return;
	value = psprintf("%s::%s", quote_literal_cstr(sample),
					 format_type_extended(base, -1, FORMAT_TYPE_FORCE_QUALIFY));
	callback.callback = probe_context;
	callback.arg = unconstify(char *, spec);
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(psprintf("SELECT %s", dm_mask_expression(spec, value, base,
															 base == typid ? typmod : -1, &why)),
					true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not try mask \"%s\"", spec);
	SPI_finish();

	error_context_stack = callback.previous;
}
