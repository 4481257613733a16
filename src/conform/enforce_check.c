/*
 * enforce_check.c
 *		Options of properties as conditions of CHECK constraints.
 *
 * They are written in the forms that describe_fact.c reads, so that what was enforced is seen to
 * be held.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "base/attempt.h"
#include "base/pattern.h"
#include "base/sqlname.h"
#include "catalog/table.h"
#include "conform/conform_part.h"
#include "conform/described.h"
#include "conform/enforce.h"
#include "contract/typemap.h"

/* A column and one option of its property. */
typedef struct Option
{
	const char *kind;
	const char *column; /* quoted */
	const char *logical;
	Oid base;
	DmOptions *options;
} Option;

/* A text of the contract as a constant of a type, checked by the type's own input function. */
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
	int save_nestlevel = dm_described_neutral();
	Oid input;
	Oid ioparam;
	Oid output;
	bool is_varlena;
	Datum value;

	getTypeInputInfo(literal->type, &input, &ioparam);
	getTypeOutputInfo(literal->type, &output, &is_varlena);
	value = OidInputFunctionCall(input, unconstify(char *, literal->text), ioparam, -1);
	literal->canonical = OidOutputFunctionCall(output, value);
	AtEOXact_GUC(true, save_nestlevel);
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

static char *
bound_check(Option *option, const char *operator, const char * bound, const char **problem)
{
	char *literal = NULL;

	if (is_number(option->base) && is_plain_number(bound))
		literal = literal_text(NUMERICOID, bound);
	else if (is_moment(option->base))
		literal = literal_text(option->base, bound);
	if (literal != NULL)
		return psprintf("%s %s %s", option->column, operator, literal);
	*problem = psprintf("\"%s\" is no bound for a column of type %s", bound,
						format_type_be(option->base));
	return NULL;
}

static char *
length_check(Option *option, const char *operator, int64 length, const char **problem)
{
	if (is_text(option->base))
		return psprintf("char_length(%s) %s " INT64_FORMAT, option->column, operator, length);
	*problem = psprintf("a column of type %s has no length in characters",
						format_type_be(option->base));
	return NULL;
}

static char *
multiple_check(Option *option, const char **problem)
{
	const char *of = option->options->multiple_of;
	bool whole = of[strspn(of, "0123456789")] == '\0';

	if (is_plain_number(of) && strtod(of, NULL) > 0 && literal_text(NUMERICOID, of) != NULL &&
		(option->base == NUMERICOID ||
		 (whole && is_number(option->base) && option->base != FLOAT4OID &&
		  option->base != FLOAT8OID)))
		return psprintf("%s %% %s = 0", option->column, of);
	*problem = psprintf("remainders of type %s by %s are not exact",
						format_type_be(option->base), of);
	return NULL;
}

/*
 * What both languages read alike is for the server's own engine; all else is for a function of
 * ours, which reads ECMA-262.
 */
static char *
pattern_check(Option *option, const char **problem)
{
	const char *pattern = option->options->pattern;
	char *error;

	if (option->base != TEXTOID && option->base != VARCHAROID)
		*problem = psprintf("patterns are for texts, and the column has type %s",
							format_type_be(option->base));
	else if (dm_pattern_compile(pattern, &error) == NULL)
		*problem = psprintf("the pattern cannot be read: %s", error);
	else if (dm_pattern_is_common(pattern))
		return psprintf("%s ~ %s", option->column, quote_literal_cstr(pattern));
	else
		return psprintf("%s.dm_matches(%s, %s)", dm_schema_sql(dm_api_schema()), option->column,
						quote_literal_cstr(pattern));
	return NULL;
}

static char *
enum_check(Option *option, const char **problem)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, option->options->enumeration)
	{
		const char *text = ((DmEnumValue *) lfirst(lc))->value.text;
		char *literal = NULL;

		/* a CHECK lets NULL through anyway */
		if (text == NULL)
			continue;
		if (is_number(option->base) && is_plain_number(text))
			literal = literal_text(NUMERICOID, text);
		else if (is_moment(option->base) || option->base == BOOLOID || option->base == UUIDOID ||
				 get_typtype(option->base) == TYPTYPE_ENUM)
			literal = literal_text(option->base, text);
		else if (is_text(option->base))
			literal = quote_literal_cstr(text);
		if (literal == NULL)
		{
			*problem = psprintf("\"%s\" is no value of type %s", text,
								format_type_be(option->base));
			return NULL;
		}
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", literal);
	}
	if (buf.len == 0)
	{
		*problem = "no value is listed";
		return NULL;
	}
	return psprintf("%s IN (%s)", option->column, buf.data);
}

static char *
option_check(Option *option, const char **problem)
{
	DmOptions *options = option->options;
	const char *kind = option->kind;

	if (strcmp(kind, "minimum") == 0)
		return bound_check(option, ">=", options->minimum, problem);
	if (strcmp(kind, "maximum") == 0)
		return bound_check(option, "<=", options->maximum, problem);
	if (strcmp(kind, "exclusiveMinimum") == 0)
		return bound_check(option, ">", options->exclusive_minimum, problem);
	if (strcmp(kind, "exclusiveMaximum") == 0)
		return bound_check(option, "<", options->exclusive_maximum, problem);
	if (strcmp(kind, "minLength") == 0)
		return length_check(option, ">=", options->min_length, problem);
	if (strcmp(kind, "maxLength") == 0)
		return length_check(option, "<=", options->max_length, problem);
	if (strcmp(kind, "multipleOf") == 0)
		return multiple_check(option, problem);
	if (strcmp(kind, "pattern") == 0)
		return pattern_check(option, problem);
	if (strcmp(kind, "enum") == 0)
		return enum_check(option, problem);
	*problem = psprintf("there is no constraint for %s", kind);
	return NULL;
}

char *
dm_enforcement_check(DmPromise *promise, const char **problem)
{
	Option option = { .kind = promise->kind, .options = &promise->property->options };
	const char *column = dm_property_column(promise->property);
	DmColumnType type;

	*problem = NULL;
	if (!dm_column_type(promise->relid, column, &type))
	{
		*problem = psprintf("there is no column \"%s\"", column);
		return NULL;
	}
	option.column = quote_identifier(column);
	option.base = getBaseType(type.typid);
	return option_check(&option, problem);
}
