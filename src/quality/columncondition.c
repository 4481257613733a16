/*
 * columncondition.c
 *		What a column's values must be, as conditions of SQL.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "base/attempt.h"
#include "base/neutral.h"
#include "base/pattern.h"
#include "base/sqlname.h"
#include "catalog/table.h"
#include "quality/columncondition.h"

/* A text as a constant of a type, checked by the type's own input function. */
typedef struct Literal
{
	const char *text;
	Oid type;
	char *canonical; /* as the server writes it */
} Literal;

/* Read in UTC, and written with the zone. */
static void
read_literal(void *arg)
{
	Literal *literal = arg;
	int save_nestlevel = dm_neutral_settings();
	Oid input;
	Oid ioparam;
	Oid output;
	bool is_varlena;
	Datum value;

	getTypeInputInfo(literal->type, &input, &ioparam);
	getTypeOutputInfo(literal->type, &output, &is_varlena);
	value = OidInputFunctionCall(input, unconstify(char *, literal->text), ioparam, -1);
	literal->canonical = OidOutputFunctionCall(output, value);
	AtEOXact_GUC(false, save_nestlevel);
}

/*
 * The text as a constant for a comparison with the column, NULL if it is none.  Only types of the
 * server itself are asked.
 */
static char *
literal_text(Oid type, const char *text)
{
	Literal literal = { text, type, NULL };

	if (dm_attempt(read_literal, &literal) != NULL)
		return NULL;
	if (type == NUMERICOID)
		return pstrdup(text);
	return psprintf("%s::%s", quote_literal_cstr(literal.canonical),
					format_type_be_qualified(type));
}

static bool
is_number(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID || type == NUMERICOID ||
		   type == FLOAT4OID || type == FLOAT8OID;
}

static bool
is_moment(Oid type)
{
	return type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID ||
		   type == TIMEOID || type == TIMETZOID;
}

static bool
is_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
}

/* NaN and infinity are numbers to numeric, and no bounds. */
static bool
is_plain_number(const char *text)
{
	return text[strspn(text, "0123456789+-.eE")] == '\0';
}

char *
dm_condition_bound(const DmConditionColumn *column, const char *operator, const char * bound,
				   const char **problem)
{
	char *literal = NULL;

	if (is_number(column->base) && is_plain_number(bound))
		literal = literal_text(NUMERICOID, bound);
	else if (is_moment(column->base))
		literal = literal_text(column->base, bound);
	if (literal != NULL)
		return psprintf("%s %s %s", column->name, operator, literal);
	*problem = psprintf("\"%s\" is no bound for a column of type %s", bound,
						format_type_be(column->base));
	return NULL;
}

char *
dm_condition_length(const DmConditionColumn *column, const char *operator, int64 length,
					const char **problem)
{
	if (is_text(column->base))
		return psprintf("char_length(%s) %s " INT64_FORMAT, column->name, operator, length);
	*problem = psprintf("a column of type %s has no length in characters",
						format_type_be(column->base));
	return NULL;
}

char *
dm_condition_multiple(const DmConditionColumn *column, const char *of, const char **problem)
{
	bool whole = of[strspn(of, "0123456789")] == '\0';

	if (is_plain_number(of) && strtod(of, NULL) > 0 && literal_text(NUMERICOID, of) != NULL &&
		(column->base == NUMERICOID ||
		 (whole && is_number(column->base) && column->base != FLOAT4OID &&
		  column->base != FLOAT8OID)))
		return psprintf("%s %% %s = 0", column->name, of);
	*problem = psprintf("remainders of type %s by %s are not exact",
						format_type_be(column->base), of);
	return NULL;
}

char *
dm_condition_pattern(const DmConditionColumn *column, const char *pattern, const char **problem)
{
	char *error;

	if (column->base != TEXTOID && column->base != VARCHAROID)
		*problem = psprintf("patterns are for texts, and the column has type %s",
							format_type_be(column->base));
	else if (dm_pattern_compile(pattern, &error) == NULL)
		*problem = psprintf("the pattern cannot be read: %s", error);
	else
		return psprintf("%s.dm_matches(%s, %s)", dm_schema_sql(dm_api_schema()), column->name,
						quote_literal_cstr(pattern));
	return NULL;
}

/* A text as a constant that the column is compared with; NULL if it is no value of its type. */
static char *
comparable(const DmConditionColumn *column, const char *text)
{
	if (is_number(column->base))
		return is_plain_number(text) ? literal_text(NUMERICOID, text) : NULL;
	if (is_text(column->base))
		return quote_literal_cstr(text);
	if (is_moment(column->base) || column->base == BOOLOID || column->base == UUIDOID ||
		get_typtype(column->base) == TYPTYPE_ENUM)
		return literal_text(column->base, text);
	return NULL;
}

char *
dm_condition_in(const DmConditionColumn *column, List *texts, const char **problem)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, texts)
	{
		char *literal = comparable(column, lfirst(lc));

		if (literal != NULL)
			appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", literal);
		else if (*problem == NULL)
			*problem = psprintf("\"%s\" is no value of type %s", (char *) lfirst(lc),
								format_type_be(column->base));
	}
	return buf.len == 0 ? NULL : psprintf("%s IN (%s)", column->name, buf.data);
}
