/*
 * comparison.c
 *		Operators that compare values of a column, wherever they are.
 *
 * Statements that rules make are executed with a search path of pg_catalog alone, where a type that
 * is not the server's own, such as citext, would be compared as another one that it can be cast to.
 * So operators are named with the schema that they are in: those of the type's default order, by
 * which ORDER BY and GROUP BY go as well.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "base/sqlname.h"
#include "quality/measure_part.h"

static char *
operator_sql(Oid opno, bool *builtin)
{
	HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(opno));
	Form_pg_operator form;
	char *result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", opno);
	form = (Form_pg_operator) GETSTRUCT(tuple);
	*builtin = form->oprnamespace == PG_CATALOG_NAMESPACE;
	result = psprintf("OPERATOR(%s.%s)", dm_schema_sql(form->oprnamespace), NameStr(form->oprname));
	ReleaseSysCache(tuple);
	return result;
}

/*
 * An operator of the type's order.  For a type without one it is that of the server with this name,
 * which is there for some.
 */
static char *
ordering_sql(Oid type, int strategy, Oid *input, bool *builtin)
{
	static const char *const names[] = { "", "<", "<=", "=", ">=", ">" };
	TypeCacheEntry *entry = lookup_type_cache(getBaseType(type), TYPECACHE_BTREE_OPFAMILY);
	Oid opno;

	*input = type;
	*builtin = true;
	if (!OidIsValid(entry->btree_opf))
		return psprintf("OPERATOR(pg_catalog.%s)", names[strategy]);
	*input = entry->btree_opintype;
	opno = get_opfamily_member(entry->btree_opf, *input, *input, strategy);
	if (!OidIsValid(opno))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("the order of type %s has no operator %s", format_type_be(type),
						names[strategy])));
	return operator_sql(opno, builtin);
}

/*
 * Values of a domain are cast to the type that the operator is of: in its schema there could be one
 * of the domain, by whomever, that would be taken instead.
 */
static char *
cast_sql(Oid type, Oid input, bool builtin)
{
	if (builtin || input == type)
		return "";
	return psprintf("::%s", format_type_extended(input, -1, FORMAT_TYPE_FORCE_QUALIFY));
}

char *
dm_equality_sql(Oid left_type, const char *left, Oid right_type, const char *right)
{
	TypeCacheEntry *entry = lookup_type_cache(getBaseType(left_type), TYPECACHE_EQ_OPR);
	bool builtin = true;
	char *op = "OPERATOR(pg_catalog.=)";
	Oid input = entry->type_id;
	Oid unused;

	if (entry->type_id == getBaseType(right_type) && OidIsValid(entry->eq_opr))
	{
		op = operator_sql(entry->eq_opr, &builtin);
		op_input_types(entry->eq_opr, &input, &unused);
	}
	return psprintf("%s%s %s %s%s", left, cast_sql(left_type, input, builtin), op, right,
					cast_sql(right_type, input, builtin));
}

char *
dm_comparison_sql(Oid type, const char *left, int strategy, const char *right)
{
	Oid input;
	bool builtin;
	char *op = ordering_sql(type, strategy, &input, &builtin);
	char *cast = cast_sql(type, input, builtin);

	return psprintf("%s%s %s %s%s", left, cast, op, right, cast);
}

static char *
joined(List *texts)
{
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	foreach(lc, texts)
		appendStringInfo(&sql, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 (char *) lfirst(lc));
	return sql.data;
}

static bool
has_server_order(Oid type, int strategy)
{
	Oid input;
	bool builtin;

	(void) ordering_sql(type, strategy, &input, &builtin);
	return builtin;
}

/*
 * A comparison of rows, which an index on their columns serves, if all operators are the server's
 * own: it takes none but such of one name.  Else what it means; the first column is compared by
 * itself, too, so that an index on it serves.
 */
char *
dm_row_comparison_sql(List *types, List *left, List *right, bool less)
{
	int strict = less ? BTLessStrategyNumber : BTGreaterStrategyNumber;
	int loose = less ? BTLessEqualStrategyNumber : BTGreaterEqualStrategyNumber;
	bool server = true;
	char *result = NULL;
	ListCell *lc;

	foreach(lc, types)
		server = server && has_server_order(lfirst_oid(lc), strict);
	if (server)
		return psprintf("ROW(%s) OPERATOR(pg_catalog.%s) ROW(%s)", joined(left),
						less ? "<" : ">", joined(right));
	for (int i = list_length(types) - 1; i >= 0; i--)
	{
		Oid type = list_nth_oid(types, i);
		char *before = dm_comparison_sql(type, list_nth(left, i), strict, list_nth(right, i));

		if (result != NULL)
			before = psprintf("%s AND (%s OR %s)",
							  dm_comparison_sql(type, list_nth(left, i), loose,
												list_nth(right, i)),
							  before, result);
		result = psprintf("(%s)", before);
	}
	return result;
}
