/*
 * args.c
 *		Reading the arguments of SQL-callable functions.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/args.h"
#include "compat/pg_compat.h"

void
dm_arg_check_given(FunctionCallInfo fcinfo, int n, const char *argname)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", argname)));
}

static char *
not_empty(char *value, const char *argname)
{
	if (value[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must not be empty", argname)));
	return value;
}

char *
dm_arg_text(FunctionCallInfo fcinfo, int n, const char *argname)
{
	dm_arg_check_given(fcinfo, n, argname);
	return dm_arg_text_or_null(fcinfo, n, argname);
}

char *
dm_arg_text_or_null(FunctionCallInfo fcinfo, int n, const char *argname)
{
	if (PG_ARGISNULL(n))
		return NULL;
	return not_empty(text_to_cstring(PG_GETARG_TEXT_PP(n)), argname);
}

char *
dm_arg_name(FunctionCallInfo fcinfo, int n, const char *argname)
{
	dm_arg_check_given(fcinfo, n, argname);
	return not_empty(pstrdup(NameStr(*PG_GETARG_NAME(n))), argname);
}

void
dm_check_role(Oid roleid, const char *argname)
{
	if (!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(roleid)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("role with OID %u does not exist", roleid),
				 errdetail("It was given as argument \"%s\".", argname)));
}

Oid
dm_arg_role(FunctionCallInfo fcinfo, int n, const char *argname)
{
	dm_arg_check_given(fcinfo, n, argname);
	return dm_arg_role_or_invalid(fcinfo, n, argname);
}

Oid
dm_arg_role_or_invalid(FunctionCallInfo fcinfo, int n, const char *argname)
{
	Oid roleid;

	if (PG_ARGISNULL(n))
		return InvalidOid;

	roleid = PG_GETARG_OID(n);
	dm_check_role(roleid, argname);
	return roleid;
}

Oid
dm_arg_relation(FunctionCallInfo fcinfo, int n, const char *argname)
{
	Oid relid;

	dm_arg_check_given(fcinfo, n, argname);
	relid = PG_GETARG_OID(n);
	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relid),
				 errdetail("It was given as argument \"%s\".", argname)));
	return relid;
}

int64
dm_arg_id(FunctionCallInfo fcinfo, int n, const char *argname)
{
	dm_arg_check_given(fcinfo, n, argname);
	return PG_GETARG_INT64(n);
}

List *
dm_arg_list(FunctionCallInfo fcinfo, int n, const char *argname)
{
	ArrayType *array;
	Datum *elems;
	bool *nulls;
	int nelems;
	List *result = NIL;
	bool is_name;

	if (PG_ARGISNULL(n))
		return NIL;

	array = PG_GETARG_ARRAYTYPE_P(n);
	is_name = (ARR_ELEMTYPE(array) == NAMEOID);
	if (is_name)
		deconstruct_array(array, NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR,
						  &elems, &nulls, &nelems);
	else
		deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT,
						  &elems, &nulls, &nelems);

	for (int i = 0; i < nelems; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument \"%s\" must not contain nulls", argname)));
		result = lappend(result, is_name ? pstrdup(NameStr(*DatumGetName(elems[i]))) :
										   TextDatumGetCString(elems[i]));
	}
	return result;
}

List *
dm_arg_roles(FunctionCallInfo fcinfo, int n, const char *argname)
{
	Datum *elems;
	bool *nulls;
	int nelems;
	List *result = NIL;

	if (PG_ARGISNULL(n))
		return NIL;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(n), REGROLEOID, sizeof(Oid), true, TYPALIGN_INT,
					  &elems, &nulls, &nelems);
	for (int i = 0; i < nelems; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument \"%s\" must not contain nulls", argname)));
		dm_check_role(DatumGetObjectId(elems[i]), argname);
		result = list_append_unique_oid(result, DatumGetObjectId(elems[i]));
	}
	return result;
}

Datum
dm_text_array(List *strings)
{
	Datum *elems = palloc(sizeof(Datum) * Max(list_length(strings), 1));
	ListCell *lc;
	int i = 0;

	foreach(lc, strings)
		elems[i++] = CStringGetTextDatum((char *) lfirst(lc));
	return PointerGetDatum(construct_array(elems, i, TEXTOID, -1, false, TYPALIGN_INT));
}

Datum
dm_role_array(List *roles)
{
	Datum *elems = palloc(sizeof(Datum) * Max(list_length(roles), 1));
	ListCell *lc;
	int i = 0;

	foreach(lc, roles)
		elems[i++] = ObjectIdGetDatum(lfirst_oid(lc));
	return PointerGetDatum(construct_array(elems, i, REGROLEOID, sizeof(Oid), true, TYPALIGN_INT));
}

List *
dm_text_array_list(Datum array)
{
	Datum *elems;
	int nelems;
	List *result = NIL;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT,
					  &elems, NULL, &nelems);
	for (int i = 0; i < nelems; i++)
		result = lappend(result, TextDatumGetCString(elems[i]));
	return result;
}

List *
dm_role_array_list(Datum array)
{
	Datum *elems;
	int nelems;
	List *result = NIL;

	deconstruct_array(DatumGetArrayTypeP(array), REGROLEOID, sizeof(Oid), true, TYPALIGN_INT,
					  &elems, NULL, &nelems);
	for (int i = 0; i < nelems; i++)
		result = lappend_oid(result, DatumGetObjectId(elems[i]));
	return result;
}
