/*
 * json_read.c
 *		JSON into the tree of a document.
 *
 * The tokens are those of the server's own lexer.  Its parser is not used: it recurses, drops
 * the places of values, and in 15 raises errors where a finding is wanted.  Escapes in strings
 * are resolved here for the same reason.
 */
#include "postgres.h"

#include "common/jsonapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "compat/pg_compat.h"
#include "format/encoding.h"
#include "format/json_read.h"

typedef struct Reader
{
	DmTree *tree;
	JsonLexContext *lexer;
	StringInfoData text; /* a string without its escapes */
	/* the column of a place in the line in work */
	const char *line_start;
	const char *counted;
	int col;
	bool failed; /* this is no JSON */
} Reader;

/*
 * Counts the characters of a line only once, however many values it holds.
 */
static int
column(Reader *reader, const char *place)
{
	if (reader->line_start != reader->lexer->line_start || place < reader->counted)
	{
		reader->line_start = reader->counted = reader->lexer->line_start;
		reader->col = 1;
	}
	for (; reader->counted < place; reader->counted++)
		if ((*reader->counted & 0xC0) != 0x80)
			reader->col++;
	return reader->col;
}

static const char *
token_place(Reader *reader)
{
	JsonLexContext *lexer = reader->lexer;

	if (lexer->token_start != NULL)
		return lexer->token_start;
	return lexer->token_terminator != NULL ? lexer->token_terminator : lexer->input;
}

static void
fail(Reader *reader, JsonParseErrorType error)
{
	JsonLexContext *lexer = reader->lexer;
	const char *place = token_place(reader);
	char *detail;

	/* a text that ends too early is no YAML either, and this is the better message */
	if (lexer->token_start == NULL)
		error = JSON_EXPECTED_MORE;
	else
		reader->failed = true;
	detail = json_errdetail(error, lexer);
	dm_tree_stop(reader->tree, lexer->line_number, column(reader, place), "no JSON: %s",
				 dm_excerpt(detail, strlen(detail)));
}

static bool
advance(Reader *reader)
{
	JsonParseErrorType result = json_lex(reader->lexer);

	if (result == JSON_SUCCESS)
		return true;
	fail(reader, result);
	return false;
}

static int
hex4(const char *digits)
{
	int value = 0;
	int i;

	for (i = 0; i < 4; i++)
	{
		char c = digits[i];

		value = value * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return value;
}

/*
 * Appends the character of an escape \u, of which the lexer has seen to the digits.  Returns
 * the place behind it, NULL for half a surrogate pair.
 */
static const char *
append_unicode(StringInfo out, const char *digits, const char *end)
{
	pg_wchar c = hex4(digits);
	unsigned char utf8[8];

	digits += 4;
	if (is_utf16_surrogate_second(c))
		return NULL;
	if (is_utf16_surrogate_first(c))
	{
		pg_wchar second;

		if (end - digits < 6 || digits[0] != '\\' || digits[1] != 'u')
			return NULL;
		second = hex4(digits + 2);
		if (!is_utf16_surrogate_second(second))
			return NULL;
		c = surrogate_pair_to_codepoint(c, second);
		digits += 6;
	}
	unicode_to_utf8(c, utf8);
	appendBinaryStringInfo(out, (char *) utf8, pg_utf_mblen(utf8));
	return digits;
}

/*
 * The content of the string that is the token, in reader->text.
 */
static void
read_string(Reader *reader, int line, int col)
{
	const char *p = reader->lexer->token_start + 1;
	const char *end = reader->lexer->token_terminator - 1;

	resetStringInfo(&reader->text);
	while (p < end)
	{
		const char *escape = memchr(p, '\\', end - p);

		if (escape == NULL)
			escape = end;
		appendBinaryStringInfo(&reader->text, p, escape - p);
		if (escape == end)
			break;
		p = escape + 2;
		switch (escape[1])
		{
			case 'b':
				appendStringInfoChar(&reader->text, '\b');
				break;
			case 'f':
				appendStringInfoChar(&reader->text, '\f');
				break;
			case 'n':
				appendStringInfoChar(&reader->text, '\n');
				break;
			case 'r':
				appendStringInfoChar(&reader->text, '\r');
				break;
			case 't':
				appendStringInfoChar(&reader->text, '\t');
				break;
			case 'u':
				p = append_unicode(&reader->text, p, end);
				if (p == NULL)
				{
					dm_tree_finding(reader->tree, DM_ERROR, line, col,
									"a text has half of a surrogate pair");
					return;
				}
				break;
			default: /* the quote, the backslash, the slash */
				appendStringInfoChar(&reader->text, escape[1]);
				break;
		}
	}
}

/*
 * Reads the key that is the token, and the colon; the token is then the value's first.
 */
static bool
read_member(Reader *reader)
{
	JsonLexContext *lexer = reader->lexer;
	int line = lexer->line_number;
	int col = column(reader, token_place(reader));

	if (lexer->token_type != JSON_TOKEN_STRING)
	{
		fail(reader, JSON_EXPECTED_STRING);
		return false;
	}
	read_string(reader, line, col);
	dm_tree_key(reader->tree, reader->text.data, reader->text.len, false, line, col);
	if (!advance(reader))
		return false;
	if (lexer->token_type != JSON_TOKEN_COLON)
	{
		fail(reader, JSON_EXPECTED_COLON);
		return false;
	}
	return advance(reader);
}

/*
 * Begins the object or array that is the token.  Sets complete if it has no members.
 */
static bool
begin_container(Reader *reader, bool object, int line, int col, bool *complete)
{
	JsonTokenType end = object ? JSON_TOKEN_OBJECT_END : JSON_TOKEN_ARRAY_END;

	dm_tree_begin(reader->tree, object, line, col);
	if (reader->tree->stopped || !advance(reader))
		return false;
	*complete = reader->lexer->token_type == end;
	if (*complete)
	{
		dm_tree_end(reader->tree);
		return advance(reader);
	}
	if (!object)
		return true;
	if (reader->lexer->token_type != JSON_TOKEN_STRING)
	{
		fail(reader, JSON_EXPECTED_OBJECT_FIRST);
		return false;
	}
	return read_member(reader);
}

/*
 * Reads the value that begins with the token, of an object or array only the beginning.  Sets
 * complete if that is all of it.  False after a mistake.
 */
static bool
read_value(Reader *reader, bool *complete)
{
	JsonLexContext *lexer = reader->lexer;
	DmTree *tree = reader->tree;
	int line = lexer->line_number;
	int col = column(reader, token_place(reader));

	*complete = true;
	switch (lexer->token_type)
	{
		case JSON_TOKEN_OBJECT_START:
			return begin_container(reader, true, line, col, complete);
		case JSON_TOKEN_ARRAY_START:
			return begin_container(reader, false, line, col, complete);
		case JSON_TOKEN_STRING:
			read_string(reader, line, col);
			dm_tree_text(tree, reader->text.data, reader->text.len, line, col);
			break;
		case JSON_TOKEN_NUMBER:
			dm_tree_number(tree, lexer->token_start, lexer->token_terminator - lexer->token_start,
						   line, col);
			break;
		case JSON_TOKEN_TRUE:
		case JSON_TOKEN_FALSE:
			dm_tree_bool(tree, lexer->token_type == JSON_TOKEN_TRUE, line, col);
			break;
		case JSON_TOKEN_NULL:
			dm_tree_null(tree, line, col);
			break;
		default:
			fail(reader, JSON_EXPECTED_JSON);
			return false;
	}
	return advance(reader);
}

/*
 * After a value: ends what ends here, and goes on to the next value.  False at the end of the
 * document or after a mistake.
 */
static bool
read_rest(Reader *reader)
{
	JsonLexContext *lexer = reader->lexer;

	while (reader->tree->nframes > 0 && !reader->tree->stopped)
	{
		bool object = dm_tree_in_object(reader->tree);

		if (lexer->token_type == JSON_TOKEN_COMMA)
			return advance(reader) && (!object || read_member(reader));
		if (lexer->token_type != (object ? JSON_TOKEN_OBJECT_END : JSON_TOKEN_ARRAY_END))
		{
			fail(reader, object ? JSON_EXPECTED_OBJECT_NEXT : JSON_EXPECTED_ARRAY_NEXT);
			return false;
		}
		dm_tree_end(reader->tree);
		if (!advance(reader))
			return false;
	}
	if (!reader->tree->stopped && lexer->token_type != JSON_TOKEN_END)
		fail(reader, JSON_EXPECTED_END);
	return false;
}

bool
dm_json_read(DmTree *tree, const char *text, int len)
{
	MemoryContext old = MemoryContextSwitchTo(tree->context);
	Reader *reader = palloc0(sizeof(Reader));
	bool complete;

	reader->tree = tree;
	reader->lexer = dm_json_lexer(text, len);
	initStringInfo(&reader->text);
	if (advance(reader))
	{
		do
		{
			CHECK_FOR_INTERRUPTS();
			if (!read_value(reader, &complete))
				break;
		} while (!complete || read_rest(reader));
	}
	MemoryContextSwitchTo(old);
	return !reader->failed;
}
