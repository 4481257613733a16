/*
 * typemap.c
 *		Types of a contract and types of columns.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/typename.h"
#include "contract/typemap.h"

/* A type known by its name alone, as those of extensions are. */
static bool
is_named(Oid typid, const char *name)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
	bool result;

	if (!HeapTupleIsValid(tuple))
		return false;
	result = strcmp(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname), name) == 0;
	ReleaseSysCache(tuple);
	return result;
}

static bool
is_json(Oid typid)
{
	return typid == JSONBOID || typid == JSONOID;
}

/* numeric(p, s): the scale is an 11-bit two's complement number in the low bits of the modifier. */
static bool
is_whole_number(Oid typid, int32 typmod)
{
	int scale = ((typmod - VARHDRSZ) & 0x7ff);

	return typid == NUMERICOID && typmod >= (int32) VARHDRSZ && (scale == 0 || scale >= 1024);
}

const char *
dm_logical_type(Oid typid, int32 typmod)
{
	Oid base = getBaseTypeAndTypmod(typid, &typmod);

	switch (base)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return "integer";
		case NUMERICOID:
			return is_whole_number(base, typmod) ? "integer" : "number";
		case FLOAT4OID:
		case FLOAT8OID:
		case MONEYOID:
			return "number";
		case BOOLOID:
			return "boolean";
		case DATEOID:
			return "date";
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return "timestamp";
		case TIMEOID:
		case TIMETZOID:
			return "time";
		case JSONOID:
		case JSONBOID:
			return "object";
		default:
			break;
	}
	/* name and the like have elements and are no arrays */
	if (OidIsValid(get_element_type(base)))
		return "array";
	if (get_typtype(base) == TYPTYPE_COMPOSITE || base == RECORDOID || is_named(base, "hstore"))
		return "object";
	return "string";
}

static bool
is_logical_type(const char *logical)
{
	static const char *const known[] = {
		"string", "integer", "number", "boolean", "date", "timestamp", "time", "object", "array",
		"map"
	};

	for (int i = 0; i < lengthof(known); i++)
		if (strcmp(logical, known[i]) == 0)
			return true;
	return false;
}

DmFit
dm_fits_logical(const char *logical, Oid typid, int32 typmod, const char **note)
{
	const char *found = dm_logical_type(typid, typmod);
	Oid base = getBaseType(typid);

	if (!is_logical_type(logical))
	{
		if (note != NULL)
			*note = "it is no logicalType of ODCS";
		return DM_FITS_UNKNOWN;
	}
	if (strcmp(logical, found) == 0 ||
		(is_json(base) && (strcmp(logical, "array") == 0 || strcmp(logical, "map") == 0)) ||
		(strcmp(logical, "map") == 0 && is_named(base, "hstore")))
		return DM_FITS;
	if ((strcmp(logical, "integer") == 0 && strcmp(found, "number") == 0) ||
		(strcmp(logical, "number") == 0 && strcmp(found, "integer") == 0))
	{
		if (note != NULL)
			*note = "integer and number are taken for each other";
		return DM_FITS_NEARLY;
	}
	if (strcmp(logical, "date") == 0 && strcmp(found, "timestamp") == 0)
	{
		if (note != NULL)
			*note = "a timestamp is taken for a date";
		return DM_FITS_NEARLY;
	}
	return DM_FITS_NOT;
}

/* A name that the database has not, or several times, still says something to a column's type. */
static bool
has_name(DmTypeName *type, Oid typid)
{
	Oid element = type->array ? get_element_type(typid) : typid;

	if (type->name == NULL || !OidIsValid(element) || !is_named(element, type->name))
		return false;
	if (type->schema == NULL)
		return true;
	/* the schema was found without such a type, or not at all */
	return false;
}

static bool
modifiers_fit(DmTypeName *type, Oid typid, int32 typmod)
{
	char *found;

	if (type->modifiers == NULL)
		return type->typmod < 0 || type->typmod == typmod;
	found = dm_typmod_text(typid, typmod);
	return found != NULL && strcmp(found, type->modifiers) == 0;
}

/* Pairs that differ in whether a time zone is applied, and in nothing else. */
static bool
differ_in_time_zone(Oid one, Oid other)
{
	static const Oid pairs[][2] = {
		{ TIMESTAMPOID, TIMESTAMPTZOID },
		{ TIMEOID, TIMETZOID },
		{ TIMESTAMPARRAYOID, TIMESTAMPTZARRAYOID }
	};

	for (int i = 0; i < lengthof(pairs); i++)
		if ((one == pairs[i][0] && other == pairs[i][1]) ||
			(one == pairs[i][1] && other == pairs[i][0]))
			return true;
	return false;
}

DmFit
dm_fits_physical(const char *physical, Oid home, Oid typid, int32 typmod, const char **note)
{
	DmTypeName *type = dm_type_read(physical, home);
	int32 base_typmod = typmod;
	Oid base = getBaseTypeAndTypmod(typid, &base_typmod);

	if (type->state != DM_TYPE_KNOWN)
	{
		if (type->state == DM_TYPE_UNKNOWN && has_name(type, typid) &&
			modifiers_fit(type, typid, typmod))
			return DM_FITS;
		if (note != NULL)
			*note = type->problem;
		return DM_FITS_UNKNOWN;
	}
	if (note != NULL)
		*note = type->bent;
	if (type->oid == typid)
		return modifiers_fit(type, typid, typmod) ? DM_FITS : DM_FITS_NOT;
	/* a domain narrows what it is made of, so whoever was promised that gets it */
	if (type->oid == base)
		return modifiers_fit(type, base, base_typmod) ? DM_FITS : DM_FITS_NOT;
	if (differ_in_time_zone(type->oid, base))
	{
		if (note != NULL)
			*note = "types with and without time zone are taken for each other";
		return DM_FITS_NEARLY;
	}
	return DM_FITS_NOT;
}
