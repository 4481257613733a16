/*
 * typename.c
 *		Types as contracts write them, read by the server's own parser.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "base/typename.h"
#include "compat/pg_compat.h"

/* No type's name is longer; what is need not be given to the parser. */
#define MAX_TYPE_LENGTH 1024

/* Names that are types in CREATE TABLE only. */
static const struct
{
	const char *name;
	Oid oid;
	const char *bent;
} serials[] = {
	{ "serial", INT4OID, "serial is read as integer" },
	{ "serial4", INT4OID, "serial4 is read as integer" },
	{ "bigserial", INT8OID, "bigserial is read as bigint" },
	{ "serial8", INT8OID, "serial8 is read as bigint" },
	{ "smallserial", INT2OID, "smallserial is read as smallint" },
	{ "serial2", INT2OID, "serial2 is read as smallint" }
};

/* True for what a text of a contract may well cause, and what may be told instead of thrown. */
static bool
is_error_of_text(int sqlerrcode)
{
	int category = ERRCODE_TO_CATEGORY(sqlerrcode);

	return category == ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR) ||
		   category == ERRCODE_DATA_EXCEPTION || category == ERRCODE_FEATURE_NOT_SUPPORTED;
}

/*
 * The server's parse of a type, NULL with *problem if it is none.  An error is caught without a
 * subtransaction: the raw parser takes nothing but memory.
 */
static TypeName *
parse_text(const char *text, const char **problem)
{
	TypeName *volatile result = NULL;
	MemoryContext cxt = CurrentMemoryContext;
	ErrorContextCallback *save_stack = error_context_stack;

	PG_TRY();
	{
		List *parsed;

		error_context_stack = NULL;
		parsed = raw_parser(text, RAW_PARSE_TYPE_NAME);
		if (list_length(parsed) == 1 && IsA(linitial(parsed), TypeName))
			result = linitial(parsed);
	}
	PG_CATCH();
	{
		ErrorData *edata;

		MemoryContextSwitchTo(cxt);
		edata = CopyErrorData();
		if (!is_error_of_text(edata->sqlerrcode))
			PG_RE_THROW();
		FlushErrorState();
		*problem = edata->message;
	}
	PG_END_TRY();
	error_context_stack = save_stack;

	if (result != NULL && (result->setof || result->pct_type))
	{
		*problem = result->setof ? "SETOF is no type of a column" :
								   "%TYPE names a column and no type";
		return NULL;
	}
	return result;
}

/* The one type of that name in the database; row types of tables do not count. */
static Oid
find_only_type(const char *name, bool *several)
{
	CatCList *list = SearchSysCacheList1(TYPENAMENSP, CStringGetDatum(name));
	Oid result = InvalidOid;

	for (int i = 0; i < list->n_members; i++)
	{
		Form_pg_type form = (Form_pg_type) GETSTRUCT(&list->members[i]->tuple);

		if (!form->typisdefined || isAnyTempNamespace(form->typnamespace) ||
			(OidIsValid(form->typrelid) &&
			 get_rel_relkind(form->typrelid) != RELKIND_COMPOSITE_TYPE))
			continue;
		if (OidIsValid(result))
			*several = true;
		result = form->oid;
	}
	ReleaseSysCacheList(list);
	return *several ? InvalidOid : result;
}

static Oid
find_in_schema(const char *name, Oid nspid)
{
	if (!OidIsValid(nspid))
		return InvalidOid;
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
						   ObjectIdGetDatum(nspid));
}

static void
find_type(DmTypeName *type, Oid home)
{
	bool several = false;

	if (type->schema != NULL)
		type->oid = find_in_schema(type->name, get_namespace_oid(type->schema, true));
	else
	{
		type->oid = find_in_schema(type->name, PG_CATALOG_NAMESPACE);
		if (!OidIsValid(type->oid))
			type->oid = find_in_schema(type->name, home);
		for (int i = 0; i < lengthof(serials) && !OidIsValid(type->oid); i++)
			if (strcmp(type->name, serials[i].name) == 0)
			{
				type->oid = serials[i].oid;
				type->bent = serials[i].bent;
			}
		if (!OidIsValid(type->oid))
			type->oid = find_only_type(type->name, &several);
	}
	if (OidIsValid(type->oid) && !get_typisdefined(type->oid))
		type->oid = InvalidOid;
	if (OidIsValid(type->oid))
		return;
	type->state = DM_TYPE_UNKNOWN;
	type->problem = several ? "several schemas have a type of that name" :
							  "this database has no type of that name";
}

/* The modifiers as texts, NULL if they are no plain constants or words. */
static List *
modifier_words(List *typmods)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, typmods)
	{
		Node *node = lfirst(lc);
		char *word = NULL;

		if (IsA(node, A_Const) && !((A_Const *) node)->isnull)
		{
			if (IsA(&((A_Const *) node)->val, Integer))
				word = psprintf("%d", intVal(&((A_Const *) node)->val));
			else if (IsA(&((A_Const *) node)->val, Float))
				word = pstrdup(castNode(Float, &((A_Const *) node)->val)->fval);
			else if (IsA(&((A_Const *) node)->val, String))
				word = pstrdup(strVal(&((A_Const *) node)->val));
		}
		else if (IsA(node, ColumnRef) && list_length(((ColumnRef *) node)->fields) == 1 &&
				 IsA(linitial(((ColumnRef *) node)->fields), String))
			word = pstrdup(strVal(linitial(((ColumnRef *) node)->fields)));
		if (word == NULL)
			return NIL;
		result = lappend(result, word);
	}
	return result;
}

/* In lower case and without spaces, as both sides of a comparison are written. */
static char *
plain_modifiers(const char *text)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (const char *p = text; *p != '\0'; p++)
		if (*p != ' ' && *p != '(' && *p != ')')
			appendStringInfoChar(&buf, pg_ascii_tolower((unsigned char) *p));
	return buf.data;
}

static void
keep_modifiers(DmTypeName *type, List *words)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, words)
		appendStringInfo(&buf, "%s%s", foreach_current_index(lc) > 0 ? "," : "",
						 (char *) lfirst(lc));
	type->modifiers = plain_modifiers(buf.data);
}

/* More digits of a second than the server has would be answered with a warning to the client. */
static void
limit_precision(DmTypeName *type, Oid typid, List *words)
{
	char *digits;

	if (typid != TIMEOID && typid != TIMETZOID && typid != TIMESTAMPOID &&
		typid != TIMESTAMPTZOID && typid != INTERVALOID)
		return;
	/* an interval's first one may be its fields */
	digits = llast(words);
	if ((typid != INTERVALOID || list_length(words) == 2) && atoi(digits) > MAX_TIMESTAMP_PRECISION)
	{
		llast(words) = psprintf("%d", MAX_TIMESTAMP_PRECISION);
		type->bent = "more than 6 digits of a second are read as 6";
	}
}

/*
 * Type modifiers of the server's own types, by the type's function.  An error is caught without a
 * subtransaction: those functions compute a number and take nothing but memory.
 */
static void
compute_typmod(DmTypeName *type, Oid typmodin, List *words)
{
	MemoryContext cxt = CurrentMemoryContext;
	Datum *items = palloc(list_length(words) * sizeof(Datum));
	ArrayType *array;
	FmgrInfo function;
	ListCell *lc;

	foreach(lc, words)
		items[foreach_current_index(lc)] = CStringGetDatum(lfirst(lc));
	array = construct_array(items, list_length(words), CSTRINGOID, -2, false, TYPALIGN_CHAR);
	fmgr_info(typmodin, &function);
	PG_TRY();
	{
		type->typmod = DatumGetInt32(FunctionCall1(&function, PointerGetDatum(array)));
	}
	PG_CATCH();
	{
		ErrorData *edata;

		MemoryContextSwitchTo(cxt);
		edata = CopyErrorData();
		if (!is_error_of_text(edata->sqlerrcode))
			PG_RE_THROW();
		FlushErrorState();
		type->state = DM_TYPE_UNREADABLE;
		type->problem = edata->message;
	}
	PG_END_TRY();
}

/* The grammar gives "char" and "bit" a length of one that nobody has written. */
static bool
is_implied(List *typmods)
{
	return list_length(typmods) == 1 && IsA(linitial(typmods), A_Const) &&
		   ((A_Const *) linitial(typmods))->location < 0;
}

static void
read_modifiers(DmTypeName *type, List *typmods)
{
	HeapTuple tuple;
	Oid typmodin;
	Oid nspid;
	List *words;

	if (typmods == NIL || (is_implied(typmods) && type->oid != INTERVALOID))
		return;
	words = modifier_words(typmods);
	if (words == NIL)
	{
		type->state = DM_TYPE_UNREADABLE;
		type->problem = "type modifiers must be simple constants or identifiers";
		return;
	}
	if (type->state != DM_TYPE_KNOWN)
	{
		keep_modifiers(type, words);
		return;
	}
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type->oid));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type->oid);
	typmodin = ((Form_pg_type) GETSTRUCT(tuple))->typmodin;
	nspid = ((Form_pg_type) GETSTRUCT(tuple))->typnamespace;
	ReleaseSysCache(tuple);

	if (nspid != PG_CATALOG_NAMESPACE)
		keep_modifiers(type, words);
	else if (OidIsValid(typmodin))
	{
		limit_precision(type, type->oid, words);
		compute_typmod(type, typmodin, words);
	}
	else
	{
		type->state = DM_TYPE_UNREADABLE;
		type->problem = psprintf("type modifier is not allowed for type \"%s\"", type->name);
	}
}

/*
 * varchar[50] as other databases write a length: nobody declares the bound of an array of them
 * here, where bounds mean nothing.
 */
static bool
bound_is_length(DmTypeName *type, TypeName *parsed)
{
	return (type->oid == VARCHAROID || type->oid == BPCHAROID) &&
		   list_length(parsed->arrayBounds) == 1 && intVal(linitial(parsed->arrayBounds)) > 0 &&
		   (parsed->typmods == NIL || is_implied(parsed->typmods));
}

static void
read_array(DmTypeName *type)
{
	type->array = true;
	if (type->state != DM_TYPE_KNOWN)
		return;
	type->oid = get_array_type(type->oid);
	if (OidIsValid(type->oid))
		return;
	type->state = DM_TYPE_UNKNOWN;
	type->problem = "the type has no arrays";
}

static void
read_parsed(DmTypeName *type, TypeName *parsed, Oid home)
{
	type->name = strVal(llast(parsed->names));
	if (list_length(parsed->names) > 1)
		type->schema = strVal(list_nth(parsed->names, list_length(parsed->names) - 2));
	find_type(type, home);

	if (bound_is_length(type, parsed))
	{
		int length = intVal(linitial(parsed->arrayBounds));

		compute_typmod(type, type->oid == VARCHAROID ? F_VARCHARTYPMODIN : F_BPCHARTYPMODIN,
					   list_make1(psprintf("%d", length)));
		type->bent = "the number in brackets is read as a length";
		return;
	}
	read_modifiers(type, parsed->typmods);
	if (parsed->arrayBounds != NIL)
		read_array(type);
}

DmTypeName *
dm_type_read(const char *text, Oid home)
{
	DmTypeName *type = palloc0(sizeof(DmTypeName));
	TypeName *parsed;

	type->state = DM_TYPE_KNOWN;
	type->typmod = -1;
	if (strlen(text) > MAX_TYPE_LENGTH)
	{
		type->problem = "it is too long for a type";
		parsed = NULL;
	}
	else if (strspn(text, " \t\n\r\f\v") == strlen(text))
	{
		type->problem = "it is empty";
		parsed = NULL;
	}
	else
		parsed = parse_text(text, &type->problem);
	if (parsed == NULL)
	{
		type->state = DM_TYPE_UNREADABLE;
		if (type->problem == NULL)
			type->problem = "it is no type";
	}
	else
		read_parsed(type, parsed, home);
	if (type->state != DM_TYPE_KNOWN)
		type->oid = InvalidOid;
	return type;
}

char *
dm_typmod_text(Oid typid, int32 typmod)
{
	HeapTuple tuple;
	Oid typmodout;
	Oid element = get_element_type(typid);

	if (typmod < 0)
		return NULL;
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(OidIsValid(element) ? element : typid));
	if (!HeapTupleIsValid(tuple))
		return NULL;
	typmodout = ((Form_pg_type) GETSTRUCT(tuple))->typmodout;
	ReleaseSysCache(tuple);
	if (!OidIsValid(typmodout))
		return NULL;
	return plain_modifiers(DatumGetCString(OidFunctionCall1(typmodout, Int32GetDatum(typmod))));
}
