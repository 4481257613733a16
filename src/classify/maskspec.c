/*
 * maskspec.c
 *		Mask specifications: parsing them and fitting them to columns.
 *
 * A specification is text of a governance role that ends up in views.  It is
 * taken apart by the server's parser and put together again from constants
 * only, so that it can be nothing but one function call.  A function without
 * schema is one of the extension's own; one with a schema must have been made
 * a mask by dm_register_mask.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/catalog.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_seclabel.h"
#include "catalog/pg_type.h"
#include "commands/seclabel.h"
#include "nodes/makefuncs.h"
#include "parser/parse_coerce.h"
#include "parser/parse_func.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "base/errors.h"
#include "catalog/table.h"
#include "classify/maskspec.h"
#include "compat/pg_compat.h"

/* label of a function that is a mask: this and the name that tags have for it */
#define MASK_PREFIX "mask:"

typedef struct MaskSpec
{
	char *schema;
	char *function;
	List *arg_texts; /* SQL text of each argument, with its name */
	List *arg_types; /* OIDs */
	List *arg_names; /* of the named ones, which come last */
} MaskSpec;

static void
bad_spec(const char *spec, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid mask \"%s\"", spec),
			 errdetail("%s", detail),
			 errhint("A mask is a call without its first argument, the value, as in \"dm_mask_text(2, 1)\".")));
}

/* SQL text and type of a constant argument. */
static char *
constant_text(const char *spec, A_Const *con, Oid *type)
{
	*type = UNKNOWNOID;
	if (con->isnull)
		return "NULL";
	switch (nodeTag(&con->val))
	{
		case T_Integer:
			*type = INT4OID;
			return psprintf("%d", intVal(&con->val));
		case T_Float:
			*type = NUMERICOID;
			return pstrdup(castNode(Float, &con->val)->fval);
		case T_Boolean:
			*type = BOOLOID;
			return boolVal(&con->val) ? "true" : "false";
		case T_String:
			return quote_literal_cstr(strVal(&con->val));
		default:
			bad_spec(spec, "Its arguments must be plain constants.");
			return NULL;
	}
}

static void
add_argument(const char *spec, MaskSpec *mask, Node *arg)
{
	char *name = NULL;
	char *text;
	Oid type;

	if (IsA(arg, NamedArgExpr))
	{
		name = ((NamedArgExpr *) arg)->name;
		arg = (Node *) ((NamedArgExpr *) arg)->arg;
	}
	if (!IsA(arg, A_Const))
		bad_spec(spec, "Its arguments must be plain constants.");
	text = constant_text(spec, (A_Const *) arg, &type);
	if (name != NULL)
	{
		text = psprintf("%s => %s", quote_identifier(name), text);
		mask->arg_names = lappend(mask->arg_names, name);
	}
	mask->arg_texts = lappend(mask->arg_texts, text);
	mask->arg_types = lappend_oid(mask->arg_types, type);
}

/* The raw parse tree of "SELECT <spec>"; a syntax error becomes one about the mask. */
static List *
parse_text(const char *spec)
{
	MemoryContext cxt = CurrentMemoryContext;
	List *volatile parsed = NIL;

	/* the raw parser takes no locks and writes nothing, so its errors can be caught plainly */
	PG_TRY();
	{
		parsed = raw_parser(psprintf("SELECT %s", spec), RAW_PARSE_DEFAULT);
	}
	PG_CATCH();
	{
		ErrorData *edata;

		MemoryContextSwitchTo(cxt);
		edata = CopyErrorData();
		if (edata->sqlerrcode != ERRCODE_SYNTAX_ERROR)
			PG_RE_THROW();
		FlushErrorState();
		bad_spec(spec, psprintf("It has a %s.", edata->message));
	}
	PG_END_TRY();
	return parsed;
}

/* The single expression of "SELECT <spec>", or NULL if the text is anything else. */
static Node *
parse_single_expression(const char *spec)
{
	List *parsed = parse_text(spec);
	SelectStmt *select;
	ResTarget *target;

	if (list_length(parsed) != 1)
		return NULL;
	select = (SelectStmt *) linitial_node(RawStmt, parsed)->stmt;
	if (!IsA(select, SelectStmt) || list_length(select->targetList) != 1 ||
		select->distinctClause || select->intoClause || select->fromClause ||
		select->whereClause || select->groupClause || select->havingClause ||
		select->windowClause || select->valuesLists || select->sortClause ||
		select->limitOffset || select->limitCount || select->lockingClause ||
		select->withClause || select->op != SETOP_NONE)
		return NULL;
	target = linitial_node(ResTarget, select->targetList);
	return target->name == NULL && target->indirection == NIL ? target->val : NULL;
}

static void
set_function_name(const char *spec, MaskSpec *mask, List *names)
{
	if (list_length(names) > 2 || !IsA(llast(names), String) || !IsA(linitial(names), String))
		bad_spec(spec, "It must name a function, with a schema or without.");
	mask->function = strVal(llast(names));
	if (list_length(names) == 2)
		mask->schema = strVal(linitial(names));
	else
		mask->schema = get_namespace_name(dm_api_schema());
}

static MaskSpec *
parse_spec(const char *spec)
{
	MaskSpec *mask = palloc0(sizeof(MaskSpec));
	Node *expr = parse_single_expression(spec);

	if (expr != NULL && IsA(expr, ColumnRef))
		set_function_name(spec, mask, ((ColumnRef *) expr)->fields);
	else if (expr != NULL && IsA(expr, FuncCall))
	{
		FuncCall *call = (FuncCall *) expr;
		ListCell *lc;

		if (call->agg_order || call->agg_filter || call->over || call->agg_within_group ||
			call->agg_star || call->agg_distinct || call->func_variadic)
			bad_spec(spec, "It must be a plain function call.");
		set_function_name(spec, mask, call->funcname);
		foreach(lc, call->args)
			add_argument(spec, mask, lfirst(lc));
	}
	else
		bad_spec(spec, "It must be a plain function call.");
	return mask;
}

static char *
deparse_call(MaskSpec *mask, const char *value)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s(%s", quote_qualified_identifier(mask->schema, mask->function),
					 value ? value : "");
	foreach(lc, mask->arg_texts)
		appendStringInfo(&buf, "%s%s", value == NULL && lc == list_head(mask->arg_texts) ? "" : ", ",
						 (char *) lfirst(lc));
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

/* True if the schema has a function of that name at all, whatever its arguments. */
static bool
function_exists(MaskSpec *mask)
{
	List *name = list_make2(makeString(mask->schema), makeString(mask->function));

	if (!OidIsValid(get_namespace_oid(mask->schema, true)))
		return false;
	return FuncnameGetCandidates(name, -1, NIL, false, false, false, true) != NULL;
}

char *
dm_mask_canonical(const char *spec)
{
	MaskSpec *mask = parse_spec(spec);
	StringInfoData buf;
	ListCell *lc;

	if (!function_exists(mask))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("mask function %s does not exist",
						quote_qualified_identifier(mask->schema, mask->function))));

	/* our own functions are named without schema, which a dump may restore elsewhere */
	initStringInfo(&buf);
	if (get_namespace_oid(mask->schema, true) != dm_api_schema())
		appendStringInfo(&buf, "%s.", quote_identifier(mask->schema));
	appendStringInfo(&buf, "%s(", quote_identifier(mask->function));
	foreach(lc, mask->arg_texts)
		appendStringInfo(&buf, "%s%s", lc == list_head(mask->arg_texts) ? "" : ", ",
						 (char *) lfirst(lc));
	appendStringInfoChar(&buf, ')');
	return buf.data;
}

bool
dm_mask_uses(const char *spec, const char *registered_name)
{
	MaskSpec *mask = parse_spec(spec);

	return strcmp(quote_qualified_identifier(mask->schema, mask->function), registered_name) == 0;
}

bool
dm_mask_is_null(const char *spec)
{
	return strcmp(parse_spec(spec)->function, "dm_mask_null") == 0;
}

/*
 * Masks are our own dm_mask_ functions, immutable functions of the server, whose labels no dump
 * would keep, and functions that dm_register_mask has labelled.
 */
static bool
is_mask_function(Oid funcid)
{
	Oid schema = get_func_namespace(funcid);

	if (schema == dm_api_schema() && strncmp(get_func_name(funcid), "dm_mask_", 8) == 0)
		return true;
	if (IsCatalogNamespace(schema))
		return func_volatile(funcid) == PROVOLATILE_IMMUTABLE;
	return dm_mask_registered_name(funcid) != NULL;
}

/* The label of a function that becomes a mask: tags name it so for good, see follow_rename. */
char *
dm_mask_label(Oid funcid)
{
	return psprintf("%s%s", MASK_PREFIX,
					quote_qualified_identifier(get_namespace_name(get_func_namespace(funcid)),
											   get_func_name(funcid)));
}

char *
dm_mask_registered_name(Oid funcid)
{
	ObjectAddress address;
	char *label;

	ObjectAddressSet(address, ProcedureRelationId, funcid);
	label = GetSecurityLabel(&address, "datamesh");
	if (label == NULL || strncmp(label, MASK_PREFIX, strlen(MASK_PREFIX)) != 0)
		return NULL;
	return label + strlen(MASK_PREFIX);
}

/*
 * A tag names a function as it was called when it was registered.  Where there is none of
 * that name any more, it or its schema has been renamed, and its label tells.
 */
static void
follow_rename(MaskSpec *mask)
{
	char *label = psprintf("%s%s", MASK_PREFIX,
						   quote_qualified_identifier(mask->schema, mask->function));
	Relation rel = table_open(SecLabelRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		FormData_pg_seclabel *form = (FormData_pg_seclabel *) GETSTRUCT(tuple);
		bool isnull;
		Datum value = heap_getattr(tuple, Anum_pg_seclabel_label, RelationGetDescr(rel), &isnull);

		if (form->classoid == ProcedureRelationId &&
			strcmp(TextDatumGetCString(value), label) == 0)
		{
			mask->schema = get_namespace_name(get_func_namespace(form->objoid));
			mask->function = get_func_name(form->objoid);
			break;
		}
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/* Resolves the call for a value of the type; InvalidOid if there is none. */
static Oid
resolve(MaskSpec *mask, Oid typid, Oid *rettype)
{
	Oid argtypes[FUNC_MAX_ARGS];
	Oid *declared;
	int nargs = 0;
	ListCell *lc;
	Oid funcid;
	Oid vatype;
	bool retset;
	int nvargs;
	List *defaults;
	FuncDetailCode code;

	argtypes[nargs++] = typid;
	foreach(lc, mask->arg_types)
	{
		if (nargs >= FUNC_MAX_ARGS)
			return InvalidOid;
		argtypes[nargs++] = lfirst_oid(lc);
	}
	code = func_get_detail(list_make2(makeString(mask->schema), makeString(mask->function)),
						   NIL, mask->arg_names, nargs, argtypes, true, true, false,
						   &funcid, rettype, &retset, &nvargs, &vatype, &declared, &defaults);
	if (code != FUNCDETAIL_NORMAL || retset)
		return InvalidOid;
	*rettype = enforce_generic_type_consistency(argtypes, declared, nargs, *rettype, false);
	return funcid;
}

static bool
is_string_type(Oid typid)
{
	char category;
	bool preferred;

	get_type_category_preferred(typid, &category, &preferred);
	return category == TYPCATEGORY_STRING;
}

/* Whether a result may stand for the column's type: the same type, or a string for a string. */
static bool
result_fits(Oid from, Oid to)
{
	Oid from_elem;
	Oid to_elem;

	from = getBaseType(from);
	to = getBaseType(to);
	if (from == to)
		return true;
	from_elem = get_element_type(from);
	to_elem = get_element_type(to);
	if (OidIsValid(from_elem) && OidIsValid(to_elem))
		return result_fits(from_elem, to_elem);
	return is_string_type(from) && is_string_type(to) && to != NAMEOID &&
		   can_coerce_type(1, &from, &to, COERCION_ASSIGNMENT);
}

static char *
exact_type(Oid typid, int32 typmod)
{
	return format_type_extended(typid, typmod,
								FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
}

char *
dm_cast_expression(const char *expression, Oid from, const char *column, Oid typid, int32 typmod)
{
	int32 base_typmod = typmod;
	Oid base = getBaseTypeAndTypmod(typid, &base_typmod);

	if (from == typid && typmod < 0)
		return pstrdup(expression);
	if (base == typid)
		return psprintf("(%s)::%s", expression, exact_type(typid, typmod));
	if (!DomainHasConstraints(typid))
		return psprintf("(%s)::%s", expression, exact_type(typid, typmod));
	/* a masked value may fail the domain's checks, but reading it must not */
	return psprintf("datamesh.as_domain((%s)::%s, %s)", expression,
					exact_type(base, base_typmod), column);
}

char *
dm_null_expression(const char *column, Oid typid, int32 typmod)
{
	return dm_cast_expression("NULL", UNKNOWNOID, column, typid, typmod);
}

char *
dm_mask_expression(const char *spec, const char *column, Oid typid, int32 typmod, char **why)
{
	MaskSpec *mask = parse_spec(spec);
	Oid base = getBaseType(typid);
	char *value = base == typid ? pstrdup(column) :
								  psprintf("(%s)::%s", column, exact_type(base, -1));
	Oid rettype;
	Oid funcid;

	if (!function_exists(mask))
		follow_rename(mask);
	/* a mask works on the base type, so that it cannot fail a domain's checks by itself */
	funcid = resolve(mask, base, &rettype);
	if (!OidIsValid(funcid))
	{
		*why = psprintf("There is no function %s for a value of type %s.",
						deparse_call(mask, NULL), format_type_be(base));
		return NULL;
	}
	if (!is_mask_function(funcid))
	{
		*why = psprintf("Function %s is not a mask; dm_register_mask makes it one.",
						format_procedure(funcid));
		return NULL;
	}
	if (!result_fits(rettype, base))
	{
		*why = psprintf("Mask function %s returns %s, not %s.", format_procedure(funcid),
						format_type_be(rettype), format_type_be(base));
		return NULL;
	}
	if (strcmp(mask->function, "dm_mask_null") == 0)
		return dm_null_expression(column, typid, typmod);
	return dm_cast_expression(deparse_call(mask, value), rettype, column, typid, typmod);
}
