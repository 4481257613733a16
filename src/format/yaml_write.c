/*
 * yaml_write.c
 *		Writes a jsonb value as YAML.
 *
 * The text is the same for the same value, whoever writes it: block style, two spaces a level,
 * known keys in their order and the rest in jsonb's.  Read back by anybody's reader, of YAML 1.1
 * or 1.2, it is the same value: a text that any of them could take for something else is quoted,
 * and one of several lines is written as such only where nothing of it can get lost.
 *
 * libyaml's emitter is not used.  It chooses styles by its own rules, folds long lines, and does
 * not quote with YAML 1.1 in mind.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/errors.h"
#include "base/json.h"
#include "format/document.h"
#include "format/encoding.h"
#include "format/yaml_scalar.h"

/* YAML admits a key before its colon up to 1024 characters; longer ones have another form */
#define MAX_SIMPLE_KEY 1000

typedef struct KeyRank
{
	const char *key;
	int rank;
} KeyRank;

typedef struct Writer
{
	StringInfoData out; /* UTF-8 */
	KeyRank *ranks;		/* sorted by key */
	int nranks;
} Writer;

typedef struct Member
{
	char *key;
	JsonbValue value;
	int rank;
	int order;
} Member;

static void write_value(Writer *writer, const JsonbValue *value, int indent, bool after_key);

/*
 * Whether a character can stand in YAML as it is, as part of a line.  What libyaml or a reader
 * of YAML 1.1 takes for a line break cannot, nor can a byte order mark.  Characters that
 * turn the direction of writing, or that have no width, are escaped because a reviewer would see
 * another text than there is; joiners have none either, but scripts need them.
 */
static bool
printable(pg_wchar c)
{
	if (c < 0x20 || (c >= 0x7F && c < 0xA0))
		return false;
	if (c == 0x200B || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
		(c >= 0x2060 && c <= 0x2069))
		return false;
	return c != 0xFEFF && (c & 0xFFFE) != 0xFFFE;
}

static bool
all_printable(const char *text, int len, bool lines)
{
	int i = 0;

	while (i < len)
	{
		const unsigned char *at = (const unsigned char *) text + i;

		if (!printable(utf8_to_unicode(at)) && !(lines && (*at == '\n' || *at == '\t')))
			return false;
		i += pg_utf_mblen(at);
	}
	return true;
}

/*
 * Whether a text can be written without quotes, in block context.
 */
static bool
can_be_plain(const char *text, int len)
{
	int i;

	if (len == 0 || strchr("-?:,[]{}#&*!|>'\"%@` ", text[0]) != NULL ||
		text[len - 1] == ' ' || text[len - 1] == ':' || strncmp(text, "...", 3) == 0)
		return false;
	for (i = 0; i + 1 < len; i++)
		if ((text[i] == ':' && text[i + 1] == ' ') || (text[i] == ' ' && text[i + 1] == '#'))
			return false;
	return all_printable(text, len, false) && !dm_yaml_ambiguous(text, len);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * Whether a text can be written as a literal of several lines: there is a line break within it,
 * its first line shows how far it is indented, at most one line break ends it, and no line ends
 * in white space, which editors like to remove.
 */
static bool
can_be_literal(const char *text, int len)
{
	const char *end = memchr(text, '\n', len);

	if (end == NULL || len < 3 || is_blank(text[0]) || text[0] == '\n' || end == text + len - 1 ||
		is_blank(text[len - 1]) || (text[len - 1] == '\n' && text[len - 2] == '\n'))
		return false;
	for (; end != NULL; end = memchr(end + 1, '\n', text + len - end - 1))
		if (is_blank(end[-1]))
			return false;
	return all_printable(text, len, true);
}

static void
append_escape(StringInfo out, pg_wchar c)
{
	switch (c)
	{
		case '"':
		case '\\':
			appendStringInfoChar(out, '\\');
			appendStringInfoChar(out, (char) c);
			break;
		case '\n':
			appendStringInfoString(out, "\\n");
			break;
		case '\t':
			appendStringInfoString(out, "\\t");
			break;
		case '\r':
			appendStringInfoString(out, "\\r");
			break;
		default:
			if (c <= 0xFF)
				appendStringInfo(out, "\\x%02X", c);
			else if (c <= 0xFFFF)
				appendStringInfo(out, "\\u%04X", c);
			else
				appendStringInfo(out, "\\U%08X", c);
	}
}

static void
append_quoted(StringInfo out, const char *text, int len)
{
	int i = 0;

	appendStringInfoChar(out, '"');
	while (i < len)
	{
		const unsigned char *at = (const unsigned char *) text + i;
		int charlen = pg_utf_mblen(at);
		pg_wchar c = utf8_to_unicode(at);

		if (printable(c) && c != '"' && c != '\\')
			appendBinaryStringInfo(out, (const char *) at, charlen);
		else
			append_escape(out, c);
		i += charlen;
	}
	appendStringInfoChar(out, '"');
}

static void
append_literal(StringInfo out, const char *text, int len, int indent)
{
	const char *end = text + len;

	appendStringInfoString(out, end[-1] == '\n' ? "|" : "|-");
	while (text < end)
	{
		const char *line_end = memchr(text, '\n', end - text);

		if (line_end == NULL)
			line_end = end;
		appendStringInfoChar(out, '\n');
		if (line_end > text)
			appendStringInfoSpaces(out, indent);
		appendBinaryStringInfo(out, text, line_end - text);
		text = line_end + 1;
	}
}

/*
 * A text of the document in UTF-8.  In a database with encoding SQL_ASCII it may be no text.
 */
static char *
utf8_text(const char *text, int len, int *outlen)
{
	int bad;
	char *utf8 = dm_to_utf8(text, len, outlen, &bad);

	if (utf8 == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DM_DOCUMENT),
				 errmsg("the document cannot be written: a text is not valid in UTF-8")));
	return utf8;
}

/*
 * A text, on its first line behind what is there already; further lines are indented.
 */
static void
write_text(Writer *writer, const char *text, int len, int indent)
{
	int utf8len;
	char *utf8 = utf8_text(text, len, &utf8len);

	if (can_be_plain(utf8, utf8len))
		appendBinaryStringInfo(&writer->out, utf8, utf8len);
	else if (can_be_literal(utf8, utf8len))
		append_literal(&writer->out, utf8, utf8len, indent);
	else
		append_quoted(&writer->out, utf8, utf8len);
	if (utf8 != text)
		pfree(utf8);
}

static void
write_key(Writer *writer, const char *key, int indent)
{
	int start = writer->out.len;
	int len;
	char *utf8 = utf8_text(key, strlen(key), &len);

	if (can_be_plain(utf8, len))
		appendBinaryStringInfo(&writer->out, utf8, len);
	else
		append_quoted(&writer->out, utf8, len);
	if (writer->out.len - start > MAX_SIMPLE_KEY)
	{
		/* ? key, and the colon on a line of its own */
		char *written = pnstrdup(writer->out.data + start, writer->out.len - start);

		writer->out.len = start;
		appendStringInfo(&writer->out, "? %s\n", written);
		appendStringInfoSpaces(&writer->out, indent);
		pfree(written);
	}
	appendStringInfoChar(&writer->out, ':');
	if (utf8 != key)
		pfree(utf8);
}

static int
compare_ranks(const void *a, const void *b)
{
	return strcmp(((const KeyRank *) a)->key, ((const KeyRank *) b)->key);
}

static int
compare_members(const void *left, const void *right)
{
	const Member *a = left;
	const Member *b = right;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static int
rank_of(Writer *writer, const char *key)
{
	KeyRank wanted = { key, 0 };
	KeyRank *found = bsearch(&wanted, writer->ranks, writer->nranks, sizeof(KeyRank),
							 compare_ranks);

	return found != NULL ? found->rank : PG_INT32_MAX;
}

/*
 * A new line with so many spaces, unless this is the first entry behind a dash or at the top.
 */
static void
begin_entry(Writer *writer, bool first, bool compact, int indent)
{
	CHECK_FOR_INTERRUPTS();
	if (first && compact)
		return;
	appendStringInfoChar(&writer->out, '\n');
	appendStringInfoSpaces(&writer->out, indent);
}

static void
write_object(Writer *writer, JsonbContainer *object, int indent, bool compact)
{
	int count = dm_json_count(object);
	Member *members = MemoryContextAllocHuge(CurrentMemoryContext, (Size) count * sizeof(Member));
	DmJsonEach each;
	int i;

	dm_json_each(&each, object);
	while (dm_json_next(&each))
	{
		members[each.index].key = each.key;
		members[each.index].value = each.value;
		members[each.index].rank = rank_of(writer, each.key);
		members[each.index].order = each.index;
	}
	qsort(members, count, sizeof(Member), compare_members);
	for (i = 0; i < count; i++)
	{
		begin_entry(writer, i == 0, compact, indent);
		write_key(writer, members[i].key, indent);
		write_value(writer, &members[i].value, indent + 2, true);
		pfree(members[i].key);
	}
	pfree(members);
}

static void
write_array(Writer *writer, JsonbContainer *array, int indent, bool compact)
{
	DmJsonEach each;

	dm_json_each(&each, array);
	while (dm_json_next(&each))
	{
		begin_entry(writer, each.index == 0, compact, indent);
		appendStringInfoChar(&writer->out, '-');
		write_value(writer, &each.value, indent + 2, false);
	}
}

/*
 * A value behind a key or a dash.  Behind a dash, and at the top, an object or array begins on
 * the same line.
 */
static void
write_value(Writer *writer, const JsonbValue *value, int indent, bool after_key)
{
	JsonbContainer *object = dm_json_as_object(value);
	JsonbContainer *array = dm_json_as_array(value);
	bool members = dm_json_count(object) + dm_json_count(array) > 0;

	check_stack_depth();
	if (writer->out.len > 0 && !(members && after_key))
		appendStringInfoChar(&writer->out, ' ');
	if (object != NULL && members)
		write_object(writer, object, indent, !after_key);
	else if (array != NULL && members)
		write_array(writer, array, indent, !after_key);
	else if (object != NULL)
		appendStringInfoString(&writer->out, "{}");
	else if (array != NULL)
		appendStringInfoString(&writer->out, "[]");
	else if (value->type == jbvString)
		write_text(writer, value->val.string.val, value->val.string.len, indent);
	else if (value->type == jbvNull)
		appendStringInfoString(&writer->out, "null");
	else
		appendStringInfoString(&writer->out, dm_json_scalar_text(value));
}

static void
set_ranks(Writer *writer, const char *const *key_order)
{
	int i;

	for (writer->nranks = 0; key_order != NULL && key_order[writer->nranks] != NULL;)
		writer->nranks++;
	writer->ranks = palloc(sizeof(KeyRank) * Max(writer->nranks, 1));
	for (i = 0; i < writer->nranks; i++)
	{
		writer->ranks[i].key = key_order[i];
		writer->ranks[i].rank = i;
	}
	qsort(writer->ranks, writer->nranks, sizeof(KeyRank), compare_ranks);
}

char *
dm_yaml_write(Jsonb *document, const char *const *key_order)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "datamesh YAML writer",
												  ALLOCSET_DEFAULT_SIZES);
	Writer writer;
	JsonbValue root;
	int len;
	int bad;
	char *result;

	MemoryContextSwitchTo(context);
	initStringInfo(&writer.out);
	set_ranks(&writer, key_order);
	dm_json_root(document, &root);
	/* below a key at the top a text is indented by two, and so is one that is all there is */
	write_value(&writer, &root,
				dm_json_as_object(&root) != NULL || dm_json_as_array(&root) != NULL ? 0 : 2,
				false);
	appendStringInfoChar(&writer.out, '\n');

	MemoryContextSwitchTo(caller);
	result = dm_from_utf8(writer.out.data, writer.out.len, &len, &bad);
	if (result == NULL)
		elog(ERROR, "a document cannot be converted back from UTF-8");
	result = pnstrdup(result, len);
	MemoryContextDelete(context);
	return result;
}
