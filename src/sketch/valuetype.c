/*
 * valuetype.c
 *		What a sketch has to know of a type to take its values.
 *
 * Only functions of base types and enums are called: input, output, comparison and hash are C
 * functions there, which only a superuser can have made.  So a sketch never runs what another
 * user has written, such as the check of a domain.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "compat/pg_compat.h"
#include "sketch/valuehash.h"
#include "sketch/valuetype.h"

static DmValueKind
value_kind(Oid typid)
{
	switch (typid)
	{
		case BOOLOID:
			return DM_VALUE_BOOLEAN;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return DM_VALUE_INTEGER;
		case DATEOID:
			return DM_VALUE_DATE;
		case TIMEOID:
			return DM_VALUE_TIME;
		case TIMESTAMPOID:
			return DM_VALUE_TIMESTAMP;
		case TIMESTAMPTZOID:
			return DM_VALUE_TIMESTAMPTZ;
		case FLOAT4OID:
		case FLOAT8OID:
			return DM_VALUE_FLOAT;
		case NUMERICOID:
			return DM_VALUE_NUMERIC;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case NAMEOID:
			return DM_VALUE_TEXT;
		case BYTEAOID:
			return DM_VALUE_BYTES;
		case UUIDOID:
			return DM_VALUE_UUID;
		default:
			return DM_VALUE_OTHER;
	}
}

/* Types whose order means something to people, and whose text can be read back. */
static bool
is_ordered(Oid typid)
{
	char typtype = get_typtype(typid);

	if (typid == JSONBOID || typid == TSVECTOROID || typid == TSQUERYOID)
		return false;
	return (typtype == TYPTYPE_BASE || typtype == TYPTYPE_ENUM) &&
		   !OidIsValid(get_element_type(typid));
}

static void
find_operators(DmSketch *sketch, DmValueType *type)
{
	int flags = TYPECACHE_HASH_EXTENDED_PROC_FINFO | TYPECACHE_CMP_PROC_FINFO;
	TypeCacheEntry *entry;

	/* of anonymous rows nobody knows before whether their fields have hashes */
	if (get_typtype(type->typid) == TYPTYPE_PSEUDO)
		return;
	entry = lookup_type_cache(type->typid, flags);
	if (OidIsValid(entry->hash_extended_proc_finfo.fn_oid))
		type->hash = &entry->hash_extended_proc_finfo;
	if (OidIsValid(entry->cmp_proc_finfo.fn_oid) && is_ordered(type->typid))
		type->cmp = &entry->cmp_proc_finfo;
}

void
dm_value_type_init(DmSketch *sketch, Oid typid)
{
	DmValueType *type = MemoryContextAllocZero(sketch->context, sizeof(DmValueType));
	Oid output;
	bool varlena;
	char *name;

	type->typid = getBaseType(typid);
	type->is_enum = get_typtype(type->typid) == TYPTYPE_ENUM;
	type->blank_padded = type->typid == BPCHAROID;
	type->cstring = type->typid == NAMEOID;
	get_typlenbyval(type->typid, &type->typlen, &type->typbyval);
	getTypeOutputInfo(type->typid, &output, &varlena);
	fmgr_info_cxt(output, &type->output, sketch->context);
	sketch->type = type;
	sketch->kind = value_kind(type->typid);
	if (sketch->kind == DM_VALUE_OTHER)
		find_operators(sketch, type);
	sketch->has_distinct = sketch->kind != DM_VALUE_OTHER || type->hash != NULL;
	sketch->has_numbers = sketch->kind <= DM_VALUE_BYTES ||
						  (sketch->kind == DM_VALUE_OTHER && type->typlen == -1);
	name = format_type_be_qualified(type->typid);
	sketch->typname = MemoryContextStrdup(sketch->context, name);
	pfree(name);
}

char *
dm_value_text(DmValueType *type, Datum value)
{
	return OutputFunctionCall(&type->output, value);
}

/* The OIDs of an enum's labels are others after a restore, its labels are the same. */
static uint64
enum_hash(DmValueType *type, Datum value)
{
	Oid oid = DatumGetObjectId(value);
	int slot = oid % DM_ENUM_CACHE;

	if (type->enums[slot].value != oid)
	{
		char *label = OutputFunctionCall(&type->output, value);

		type->enums[slot].value = oid;
		type->enums[slot].hash = dm_hash_bytes(label, strlen(label));
		pfree(label);
	}
	return type->enums[slot].hash;
}

uint64
dm_value_hash(DmValueType *type, Datum value)
{
	if (type->is_enum)
		return enum_hash(type, value);
	/* elements of arrays and ranges may be texts, which are told apart by their bytes */
	return dm_hash_word(DatumGetUInt64(FunctionCall2Coll(type->hash, C_COLLATION_OID, value,
														 Int64GetDatum(0))));
}

bool
dm_value_compare_texts(const char *typname, const char *a, const char *b, int *result)
{
	Oid typid;
	Oid input;
	Oid ioparam;
	TypeCacheEntry *entry;
	Datum left;
	Datum right;

	typid = dm_parse_type(typname);
	if (!OidIsValid(typid) || !is_ordered(typid))
		return false;
	entry = lookup_type_cache(typid, TYPECACHE_CMP_PROC_FINFO);
	if (!OidIsValid(entry->cmp_proc_finfo.fn_oid))
		return false;
	getTypeInputInfo(typid, &input, &ioparam);
	left = OidInputFunctionCall(input, unconstify(char *, a), ioparam, -1);
	right = OidInputFunctionCall(input, unconstify(char *, b), ioparam, -1);
	*result = DatumGetInt32(FunctionCall2Coll(&entry->cmp_proc_finfo, C_COLLATION_OID, left,
											  right));
	return true;
}
