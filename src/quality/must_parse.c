/*
 * must_parse.c
 *		What a measured value must be: reading and writing it.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "quality/must.h"

typedef struct Reader
{
	const char *text;
	const char *at;
} Reader;

static void
fail(Reader *reader, const char *problem)
{
	int position = pg_mbstrlen_with_len(reader->text, reader->at - reader->text) + 1;

	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid condition \"%s\" for argument \"must\"", reader->text),
			 *reader->at == '\0' ? errdetail("At its end: %s.", problem) :
								   errdetail("At character %d: %s.", position, problem),
			 errhint("A condition is one as in \"= 0\", \"<= 5\", \"between 1 and 10\", \"not between 1 and 10\", \"in ('a', 'b')\", or several of them with \"and\" between them.")));
}

static void
skip_blanks(Reader *reader)
{
	while (scanner_isspace(*reader->at))
		reader->at++;
}

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The keyword, if it comes next as a whole word. */
static bool
accept_word(Reader *reader, const char *word)
{
	size_t len = strlen(word);

	skip_blanks(reader);
	if (pg_strncasecmp(reader->at, word, len) != 0 || is_word_char(reader->at[len]))
		return false;
	reader->at += len;
	return true;
}

static bool
accept_symbol(Reader *reader, const char *symbol)
{
	size_t len = strlen(symbol);

	skip_blanks(reader);
	if (strncmp(reader->at, symbol, len) != 0)
		return false;
	reader->at += len;
	return true;
}

/* A text in single quotes, a quote in it twice. */
static char *
read_quoted(Reader *reader)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (reader->at++;; reader->at++)
	{
		if (*reader->at == '\0')
			fail(reader, "the closing quote is missing");
		if (*reader->at == '\'' && *++reader->at != '\'')
			return buf.data;
		appendStringInfoChar(&buf, *reader->at);
	}
}

/* The characters that a number may have; whether they make one is for numeric to say. */
static size_t
number_length(const char *text)
{
	const char *at = text;

	if (*at == '-' || *at == '+')
		at++;
	if (pg_strncasecmp(at, "infinity", 8) == 0 && !is_word_char(at[8]))
		return at + 8 - text;
	if (*at != '.' && (*at < '0' || *at > '9'))
		return 0;
	for (; *at != '\0'; at++)
		if (!is_word_char(*at) && *at != '.' &&
			!((*at == '-' || *at == '+') && (at[-1] == 'e' || at[-1] == 'E')))
			break;
	return at - text;
}

static bool
is_number(const char *text)
{
	const char *at = text;
	int digits = 0;
	int exponent = 0;

	if (*at == '-' || *at == '+')
		at++;
	if (pg_strcasecmp(at, "infinity") == 0)
		return true;
	for (; *at >= '0' && *at <= '9'; at++)
		digits++;
	if (*at == '.')
		for (at++; *at >= '0' && *at <= '9'; at++)
			digits++;
	if (digits > 0 && (*at == 'e' || *at == 'E'))
	{
		at++;
		if (*at == '-' || *at == '+')
			at++;
		for (; *at >= '0' && *at <= '9'; at++)
			exponent++;
		/* what numeric can hold, without asking it for its error */
		if (exponent == 0 || exponent > 5)
			return false;
	}
	return digits > 0 && *at == '\0';
}

static DmOperand *
read_number(Reader *reader, size_t len)
{
	DmOperand *operand = palloc0(sizeof(DmOperand));

	operand->kind = DM_OPERAND_NUMBER;
	operand->text = pnstrdup(reader->at, len);
	if (!is_number(operand->text))
		fail(reader, psprintf("\"%s\" is no number", operand->text));
	operand->number = DatumGetNumeric(
		DirectFunctionCall3(numeric_in, CStringGetDatum(operand->text),
							ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	reader->at += len;
	return operand;
}

static DmOperand *
read_operand(Reader *reader)
{
	DmOperand *operand;
	size_t len;

	skip_blanks(reader);
	len = number_length(reader->at);
	if (len > 0)
		return read_number(reader, len);
	operand = palloc0(sizeof(DmOperand));
	if (*reader->at == '\'')
	{
		operand->kind = DM_OPERAND_TEXT;
		operand->text = read_quoted(reader);
		return operand;
	}
	operand->kind = DM_OPERAND_TRUTH;
	if (accept_word(reader, "true"))
		operand->text = pstrdup("true");
	else if (accept_word(reader, "false"))
		operand->text = pstrdup("false");
	else
		fail(reader, "a number, a text in single quotes, true or false should be here");
	return operand;
}

static void
read_bounds(Reader *reader, DmMustTerm *term)
{
	DmOperand *low = read_operand(reader);
	DmOperand *high;

	if (!accept_word(reader, "and"))
		fail(reader, "\"and\" and the upper bound should be here");
	high = read_operand(reader);
	if (low->kind != high->kind)
		fail(reader, "the two bounds are of different types");
	if (low->kind == DM_OPERAND_NUMBER &&
		DatumGetBool(DirectFunctionCall2(numeric_gt, NumericGetDatum(low->number),
										 NumericGetDatum(high->number))))
		fail(reader, psprintf("the lower bound %s is above the upper bound %s", low->text,
							  high->text));
	term->operands = list_make2(low, high);
}

static void
read_list(Reader *reader, DmMustTerm *term)
{
	if (!accept_symbol(reader, "("))
		fail(reader, "a list in parentheses should be here");
	do
	{
		DmOperand *operand = read_operand(reader);

		if (term->operands != NIL &&
			((DmOperand *) linitial(term->operands))->kind != operand->kind)
			fail(reader, "the values of the list are of different types");
		term->operands = lappend(term->operands, operand);
	} while (accept_symbol(reader, ","));
	if (!accept_symbol(reader, ")"))
		fail(reader, "\",\" or \")\" should be here");
}

/* the longer ones first */
static const struct
{
	const char *symbol;
	DmMustOp op;
} symbols[] = {
	{ "<=", DM_MUST_BE_AT_MOST },
	{ ">=", DM_MUST_BE_AT_LEAST },
	{ "<>", DM_MUST_DIFFER },
	{ "!=", DM_MUST_DIFFER },
	{ "==", DM_MUST_EQUAL },
	{ "=", DM_MUST_EQUAL },
	{ "<", DM_MUST_BE_LESS },
	{ ">", DM_MUST_BE_GREATER },
};

static DmMustTerm *
read_term(Reader *reader)
{
	DmMustTerm *term = palloc0(sizeof(DmMustTerm));
	bool negated;

	for (int i = 0; i < lengthof(symbols); i++)
		if (accept_symbol(reader, symbols[i].symbol))
		{
			term->op = symbols[i].op;
			term->operands = list_make1(read_operand(reader));
			return term;
		}
	negated = accept_word(reader, "not");
	if (accept_word(reader, "between"))
	{
		term->op = negated ? DM_MUST_NOT_LIE_BETWEEN : DM_MUST_LIE_BETWEEN;
		read_bounds(reader, term);
	}
	else if (accept_word(reader, "in"))
	{
		term->op = negated ? DM_MUST_NOT_BE_IN : DM_MUST_BE_IN;
		read_list(reader, term);
	}
	else
		fail(reader, negated ? "\"between\" or \"in\" should be here" :
							   "an operator (=, <>, <, <=, >, >=, between, in) should be here");
	return term;
}

DmMust *
dm_must_parse(const char *text)
{
	Reader reader = { text, text };
	DmMust *must = palloc0(sizeof(DmMust));

	do
		must->terms = lappend(must->terms, read_term(&reader));
	while (accept_word(&reader, "and"));
	skip_blanks(&reader);
	if (*reader.at != '\0')
		fail(&reader, "nothing more than \"and\" may be here");
	return must;
}

static void
append_operand(StringInfo buf, const DmOperand *operand)
{
	if (operand->kind == DM_OPERAND_TEXT)
	{
		appendStringInfoChar(buf, '\'');
		for (const char *p = operand->text; *p != '\0'; p++)
		{
			if (*p == '\'')
				appendStringInfoChar(buf, '\'');
			appendStringInfoChar(buf, *p);
		}
		appendStringInfoChar(buf, '\'');
	}
	else
		appendStringInfoString(buf, operand->text);
}

static void
append_term(StringInfo buf, const DmMustTerm *term)
{
	static const char *const names[] = {
		[DM_MUST_EQUAL] = "=",
		[DM_MUST_DIFFER] = "<>",
		[DM_MUST_BE_LESS] = "<",
		[DM_MUST_BE_AT_MOST] = "<=",
		[DM_MUST_BE_GREATER] = ">",
		[DM_MUST_BE_AT_LEAST] = ">=",
		[DM_MUST_LIE_BETWEEN] = "between",
		[DM_MUST_NOT_LIE_BETWEEN] = "not between",
		[DM_MUST_BE_IN] = "in (",
		[DM_MUST_NOT_BE_IN] = "not in (",
	};
	bool list = term->op == DM_MUST_BE_IN || term->op == DM_MUST_NOT_BE_IN;
	ListCell *lc;

	appendStringInfoString(buf, names[term->op]);
	if (!list)
		appendStringInfoChar(buf, ' ');
	foreach(lc, term->operands)
	{
		if (foreach_current_index(lc) > 0)
			appendStringInfoString(buf, list ? ", " : " and ");
		append_operand(buf, lfirst(lc));
	}
	if (list)
		appendStringInfoChar(buf, ')');
}

char *
dm_must_text(const DmMust *must)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, must->terms)
	{
		if (foreach_current_index(lc) > 0)
			appendStringInfoString(&buf, " and ");
		append_term(&buf, lfirst(lc));
	}
	return buf.data;
}
