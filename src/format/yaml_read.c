/*
 * yaml_read.c
 *		YAML into the tree of a document.
 *
 * libyaml gives the events of YAML's syntax.  What they mean is ours: the core schema of YAML
 * 1.2 for scalars, JSON's idea of a document for the rest.  One document to a text, keys are
 * scalars, only the core schema's tags.
 *
 * libyaml allocates with malloc.  Its parser and the event in work are freed by a callback of
 * the memory context in which the tree is built, so that no error can leak them.
 */
#include "postgres.h"

#include <yaml.h>

#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/json.h"
#include "format/encoding.h"
#include "format/number.h"
#include "format/yaml_read.h"
#include "format/yaml_scalar.h"

/* What stands behind an anchor; open while its object or array is read */
typedef struct Anchor
{
	const char *name;
	uint32 hash;
	char status; /* of simplehash */
	bool open;
	DmTreeValue value;
} Anchor;

#define SH_PREFIX		anchors
#define SH_ELEMENT_TYPE Anchor
#define SH_KEY_TYPE		const char *
#define SH_KEY			name
#define SH_HASH_KEY(tb, key) \
	hash_bytes((const unsigned char *) (key), strlen(key))
#define SH_EQUAL(tb, a, b) (strcmp(a, b) == 0)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, a) (a)->hash
#define SH_SCOPE		   static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

typedef struct Reader
{
	DmTree *tree;
	bool lenient;
	bool parser_open;
	bool event_open;
	yaml_parser_t parser;
	yaml_event_t event;
	const char *text;
	const char *end;
	const char *place; /* of the character with this number, which is how libyaml counts */
	size_t place_index;
	anchors_hash *anchors;
	List *open_anchors; /* of the objects and arrays that are open: char * or NULL */
	int documents;
} Reader;

/* Tags begin so; the core schema's own follow */
#define TAG_PREFIX "tag:yaml.org,2002:"

#define MAX_TAG_DIRECTIVES 100

static void
free_reader(void *arg)
{
	Reader *reader = arg;

	if (reader->event_open)
		yaml_event_delete(&reader->event);
	if (reader->parser_open)
		yaml_parser_delete(&reader->parser);
	reader->event_open = reader->parser_open = false;
}

static int
line_of(const yaml_mark_t *mark)
{
	return (int) mark->line + 1;
}

static int
col_of(const yaml_mark_t *mark)
{
	return (int) mark->column + 1;
}

/*
 * The core schema's name of a tag: "" without one, "!" for the tag that says "not plain",
 * NULL for one of somebody else.
 */
static const char *
core_tag(const yaml_char_t *tag)
{
	static const char *const names[] = { "str", "int", "float", "bool", "null", "seq", "map" };
	const char *name = (const char *) tag;
	int i;

	if (name == NULL)
		return "";
	if (strcmp(name, "!") == 0)
		return "!";
	if (strncmp(name, TAG_PREFIX, strlen(TAG_PREFIX)) != 0)
		return NULL;
	name += strlen(TAG_PREFIX);
	for (i = 0; i < lengthof(names); i++)
		if (strcmp(name, names[i]) == 0)
			return names[i];
	return NULL;
}

static void
foreign_tag(Reader *reader, const yaml_char_t *tag, int line, int col)
{
	dm_tree_finding(reader->tree, DM_ERROR, line, col,
					"tag \"%s\" is not one of the core schema's: str, int, float, bool, null,"
					" seq, map",
					dm_excerpt((const char *) tag, strlen((const char *) tag)));
}

/*
 * libyaml has found a mistake, or has no memory.
 */
static void
report_problem(Reader *reader, const char *text, int len)
{
	yaml_parser_t *parser = &reader->parser;
	const char *problem = parser->problem != NULL ? parser->problem : "the text is not YAML";
	int line = line_of(&parser->problem_mark);
	int col = col_of(&parser->problem_mark);

	if (parser->error == YAML_MEMORY_ERROR)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory"),
				 errdetail("Failed while reading a YAML document.")));
	if (parser->error == YAML_READER_ERROR)
	{
		/* it knows the byte only */
		size_t i;

		line = col = 1;
		for (i = 0; i < parser->problem_offset && i < (size_t) len; i++)
		{
			col = text[i] == '\n' ? 1 : col + 1;
			line += text[i] == '\n';
		}
		if (parser->problem_value > 0)
			dm_tree_stop(reader->tree, line, col, "%s (U+%04X)", problem, parser->problem_value);
		else
			dm_tree_stop(reader->tree, line, col, "%s", problem);
	}
	else if (parser->context != NULL)
		dm_tree_stop(reader->tree, line, col, "%s, %s that began in line %d", problem,
					 parser->context, line_of(&parser->context_mark));
	else
		dm_tree_stop(reader->tree, line, col, "%s", problem);
}

/*
 * A value is complete: whatever anchor it has stands for it from now on.
 */
static void
set_anchor(Reader *reader, const char *name, bool open)
{
	Anchor *anchor;
	bool found;

	if (name == NULL || reader->tree->stopped)
		return;
	anchor = anchors_insert(reader->anchors, name, &found);
	if (!found)
		anchor->name = MemoryContextStrdup(reader->tree->context, name);
	anchor->open = open;
	if (!open)
		anchor->value = reader->tree->last;
}

/*
 * Reads a key.  It is text whatever it looks like, as keys are in JSON.
 */
static void
read_key(Reader *reader, int line, int col)
{
	const char *text = (const char *) reader->event.data.scalar.value;
	size_t len = reader->event.data.scalar.length;
	const char *tag = core_tag(reader->event.data.scalar.tag);
	bool merge = reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
				 reader->event.data.scalar.tag == NULL && len == 2 && memcmp(text, "<<", 2) == 0;

	if (tag == NULL)
		foreign_tag(reader, reader->event.data.scalar.tag, line, col);
	if (merge && reader->lenient)
		dm_tree_finding(reader->tree, DM_WARNING, line, col,
						"merge key << is not in YAML 1.2; it is followed here");
	else if (merge)
		dm_tree_finding(reader->tree, DM_ERROR, line, col,
						"merge key << is not in YAML 1.2; write \"<<\" if a key is meant");
	dm_tree_key(reader->tree, text, (int) len, merge && reader->lenient, line, col);
	set_anchor(reader, (const char *) reader->event.data.scalar.anchor, false);
}

static void
read_in_base(Reader *reader, const char *digits, int len, int base, int line, int col)
{
	MemoryContext old = MemoryContextSwitchTo(reader->tree->context);
	char *decimal = dm_number_from_base(digits, len, base);

	if (decimal == NULL)
	{
		dm_tree_finding(reader->tree, DM_ERROR, line, col, "a number in base %d is too long", base);
		dm_tree_null(reader->tree, line, col);
	}
	else
		dm_tree_number(reader->tree, decimal, strlen(decimal), line, col);
	MemoryContextSwitchTo(old);
}

/*
 * Adds a scalar of a known type.
 */
static void
add_scalar(Reader *reader, DmYamlType type, const char *text, int len, int line, int col)
{
	DmTree *tree = reader->tree;

	switch (type)
	{
		case DM_YAML_TEXT:
			dm_tree_text(tree, text, len, line, col);
			break;
		case DM_YAML_NULL:
			dm_tree_null(tree, line, col);
			break;
		case DM_YAML_TRUE:
		case DM_YAML_FALSE:
			dm_tree_bool(tree, type == DM_YAML_TRUE, line, col);
			break;
		case DM_YAML_INT:
		case DM_YAML_FLOAT:
			dm_tree_number(tree, text, len, line, col);
			break;
		case DM_YAML_OCTAL:
			read_in_base(reader, text + 2, len - 2, 8, line, col);
			break;
		case DM_YAML_HEX:
			read_in_base(reader, text + 2, len - 2, 16, line, col);
			break;
		case DM_YAML_INFINITY:
		case DM_YAML_NAN:
			dm_tree_finding(tree, DM_ERROR, line, col,
							"%.10s has no value in JSON; quote it if text is meant", text);
			dm_tree_null(tree, line, col);
			break;
	}
}

/*
 * Whether a scalar of this type is what the tag says.
 */
static bool
tag_admits(const char *tag, DmYamlType type)
{
	switch (type)
	{
		case DM_YAML_NULL:
			return strcmp(tag, "null") == 0;
		case DM_YAML_TRUE:
		case DM_YAML_FALSE:
			return strcmp(tag, "bool") == 0;
		case DM_YAML_INT:
		case DM_YAML_OCTAL:
		case DM_YAML_HEX:
			return strcmp(tag, "int") == 0 || strcmp(tag, "float") == 0;
		case DM_YAML_FLOAT:
		case DM_YAML_INFINITY:
		case DM_YAML_NAN:
			return strcmp(tag, "float") == 0;
		case DM_YAML_TEXT:
			return false;
	}
	return false;
}

static void
read_scalar(Reader *reader, int line, int col)
{
	const char *text = (const char *) reader->event.data.scalar.value;
	int len = (int) reader->event.data.scalar.length;
	const char *tag = core_tag(reader->event.data.scalar.tag);
	DmYamlType type = DM_YAML_TEXT;

	if (tag == NULL)
		foreign_tag(reader, reader->event.data.scalar.tag, line, col);
	else if (tag[0] == '\0')
	{
		if (reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
			type = dm_yaml_type(text, len);
	}
	else if (strcmp(tag, "str") != 0 && strcmp(tag, "!") != 0)
	{
		type = dm_yaml_type(text, len);
		if (!tag_admits(tag, type))
		{
			dm_tree_finding(reader->tree, DM_ERROR, line, col,
							"the value is not what its tag !!%s says", tag);
			type = DM_YAML_TEXT;
		}
	}
	add_scalar(reader, type, text, len, line, col);
	set_anchor(reader, (const char *) reader->event.data.scalar.anchor, false);
}

/*
 * A scalar that stands for a key by its alias.
 */
static void
read_key_alias(Reader *reader, const DmTreeValue *value, int line, int col)
{
	char *text = value->value.type == jbvNull ? pstrdup("null") : NULL;

	if (text == NULL)
		text = dm_json_scalar_text(&value->value);
	if (text == NULL)
		dm_tree_stop(reader->tree, line, col, "a key must be a scalar");
	else
	{
		int len = strlen(text);
		int utf8len;
		int bad;
		char *utf8 = dm_to_utf8(text, len, &utf8len, &bad);

		/* it has come from UTF-8 a moment ago */
		if (utf8 == NULL)
			elog(ERROR, "a text cannot be converted back to UTF-8");
		dm_tree_key(reader->tree, utf8, utf8len, false, line, col);
	}
}

static void
read_alias(Reader *reader, int line, int col)
{
	const char *name = (const char *) reader->event.data.alias.anchor;
	Anchor *anchor = anchors_lookup(reader->anchors, name);

	if (anchor == NULL)
		dm_tree_stop(reader->tree, line, col, "alias *%s has no anchor before it",
					 dm_excerpt(name, strlen(name)));
	else if (anchor->open)
		dm_tree_stop(reader->tree, line, col, "alias *%s stands within what it means",
					 dm_excerpt(name, strlen(name)));
	else if (dm_tree_wants_key(reader->tree))
		read_key_alias(reader, &anchor->value, line, col);
	else
		dm_tree_again(reader->tree, &anchor->value, line, col);
}

static void
begin_collection(Reader *reader, bool object, const yaml_char_t *anchor, const yaml_char_t *tag,
				 int line, int col)
{
	const char *core = core_tag(tag);
	MemoryContext old;

	if (dm_tree_wants_key(reader->tree))
	{
		dm_tree_stop(reader->tree, line, col, "a key must be a scalar, not %s",
					 object ? "an object" : "an array");
		return;
	}
	if (core == NULL)
		foreign_tag(reader, tag, line, col);
	else if (core[0] != '\0' && core[0] != '!' && strcmp(core, object ? "map" : "seq") != 0)
		dm_tree_finding(reader->tree, DM_ERROR, line, col,
						"the value is not what its tag !!%s says", core);
	set_anchor(reader, (const char *) anchor, true);
	old = MemoryContextSwitchTo(reader->tree->context);
	reader->open_anchors = lappend(reader->open_anchors,
								   anchor != NULL ? pstrdup((const char *) anchor) : NULL);
	MemoryContextSwitchTo(old);
	dm_tree_begin(reader->tree, object, line, col);
}

static void
end_collection(Reader *reader)
{
	char *anchor = llast(reader->open_anchors);

	reader->open_anchors = list_delete_last(reader->open_anchors);
	dm_tree_end(reader->tree);
	set_anchor(reader, anchor, false);
}

/*
 * Where a mark is in the text.  Marks hardly ever go back, so each character is walked over
 * about once.
 */
static const char *
place_of(Reader *reader, const yaml_mark_t *mark)
{
	for (; reader->place_index < mark->index && reader->place < reader->end; reader->place_index++)
		reader->place += pg_utf_mblen((const unsigned char *) reader->place);
	for (; reader->place_index > mark->index && reader->place > reader->text; reader->place_index--)
	{
		do
			reader->place--;
		while (reader->place > reader->text && (*reader->place & 0xC0) == 0x80);
	}
	return Min(reader->place, reader->end);
}

static bool
ends_name(Reader *reader, const char *place)
{
	return place >= reader->end || strchr(" \t\r\n,[]{}", *place) != NULL;
}

/*
 * Whether a name behind & or * ends where libyaml says.  It ends names at a colon, which may be
 * part of one in YAML 1.2: "&a:b c" would become the text ":b c".
 */
static bool
name_is_whole(Reader *reader, const char *place, char indicator, const char *name)
{
	size_t len = strlen(name);

	/* a tag may stand before an anchor */
	while (place < reader->end && *place != indicator)
	{
		while (!ends_name(reader, place))
			place++;
		while (place < reader->end && strchr(" \t\r\n", *place) != NULL)
			place++;
		if (place >= reader->end || (*place != indicator && *place != '!'))
			return true; /* comments are between them, or the like */
	}
	return reader->end - place <= len + 1 || ends_name(reader, place + 1 + len);
}

/*
 * libyaml takes some texts in flow style otherwise than YAML 1.2 does, which has plain scalars
 * that begin with an indicator: {?a: 1}, [:a].  It gives no hint of that in its events, but what
 * follows the indicator without a space shows it.  A value may do that only behind a quoted key
 * or a collection: {"a":1}.
 */
static bool
misread(Reader *reader, const yaml_mark_t *start, const char *anchor, const char *alias)
{
	const char *place = place_of(reader, start);
	const char *before = place - 1;

	if (anchor != NULL && !name_is_whole(reader, place, '&', anchor))
		return true;
	if (alias != NULL && !name_is_whole(reader, place, '*', alias))
		return true;
	if (before < reader->text || (*before != '?' && *before != ':'))
		return false;
	if (*before == '?')
		return true;
	do
		before--;
	while (before >= reader->text && strchr(" \t\r\n", *before) != NULL);
	return before < reader->text || strchr("\"']}", *before) == NULL;
}

static bool
event_misread(Reader *reader)
{
	yaml_event_t *event = &reader->event;

	switch (event->type)
	{
		case YAML_SCALAR_EVENT:
			/* nothing where a value is expected is null, and stands nowhere */
			if (event->start_mark.index == event->end_mark.index)
				return false;
			return misread(reader, &event->start_mark, (char *) event->data.scalar.anchor, NULL);
		case YAML_ALIAS_EVENT:
			return misread(reader, &event->start_mark, NULL, (char *) event->data.alias.anchor);
		case YAML_MAPPING_START_EVENT:
			return misread(reader, &event->start_mark, (char *) event->data.mapping_start.anchor,
						   NULL);
		case YAML_SEQUENCE_START_EVENT:
			return misread(reader, &event->start_mark, (char *) event->data.sequence_start.anchor,
						   NULL);
		default:
			return false;
	}
}

static void
read_event(Reader *reader)
{
	yaml_event_t *event = &reader->event;
	int line = line_of(&event->start_mark);
	int col = col_of(&event->start_mark);

	if (event_misread(reader))
	{
		dm_tree_stop(reader->tree, line, col,
					 "it is not clear what this means; put white space around it, or quotes");
		return;
	}
	switch (event->type)
	{
		case YAML_DOCUMENT_START_EVENT:
			if (++reader->documents > 1)
				dm_tree_stop(reader->tree, line, col, "the text has more than one document");
			break;
		case YAML_SCALAR_EVENT:
			if (dm_tree_wants_key(reader->tree))
				read_key(reader, line, col);
			else
				read_scalar(reader, line, col);
			break;
		case YAML_ALIAS_EVENT:
			read_alias(reader, line, col);
			break;
		case YAML_MAPPING_START_EVENT:
			begin_collection(reader, true, event->data.mapping_start.anchor,
							 event->data.mapping_start.tag, line, col);
			break;
		case YAML_SEQUENCE_START_EVENT:
			begin_collection(reader, false, event->data.sequence_start.anchor,
							 event->data.sequence_start.tag, line, col);
			break;
		case YAML_MAPPING_END_EVENT:
		case YAML_SEQUENCE_END_EVENT:
			end_collection(reader);
			break;
		case YAML_NO_EVENT:
		case YAML_STREAM_START_EVENT:
		case YAML_STREAM_END_EVENT:
		case YAML_DOCUMENT_END_EVENT:
			break;
	}
}

/*
 * libyaml compares each %TAG directive with all those before it, in one call that nobody can
 * interrupt.  Documents have one or two.  Every line that begins so counts, wherever it stands:
 * libyaml looks for directives between documents, too.
 */
static bool
too_many_directives(DmTree *tree, const char *text, int len)
{
	static const char directive[] = "%TAG";
	int size = strlen(directive);
	int line = 1;
	int count = 0;

	for (int i = 0; i + size <= len; i++)
	{
		line += text[i] == '\n';
		if (text[i] != '%' || memcmp(text + i, directive, size) != 0)
			continue;
		/* a line ends with CR and NEL, LS and PS of Unicode as well; their last bytes will do */
		if (i > 0 && strchr("\n\r\x85\xA8\xA9", text[i - 1]) == NULL)
			continue;
		if (++count > MAX_TAG_DIRECTIVES)
		{
			dm_tree_stop(tree, line, 1, "the text has more than %d %%TAG directives",
						 MAX_TAG_DIRECTIVES);
			return true;
		}
	}
	return false;
}

void
dm_yaml_read(DmTree *tree, const char *text, int len, bool lenient)
{
	Reader *reader = MemoryContextAllocZero(tree->context, sizeof(Reader));
	MemoryContextCallback *callback = MemoryContextAllocZero(tree->context, sizeof(*callback));
	bool end = false;

	if (too_many_directives(tree, text, len))
		return;
	reader->tree = tree;
	reader->lenient = lenient;
	reader->text = reader->place = text;
	reader->end = text + len;
	reader->anchors = anchors_create(tree->context, 16, NULL);
	callback->func = free_reader;
	callback->arg = reader;
	MemoryContextRegisterResetCallback(tree->context, callback);
	if (!yaml_parser_initialize(&reader->parser))
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	reader->parser_open = true;
	yaml_parser_set_input_string(&reader->parser, (const unsigned char *) text, len);
	yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);

	while (!end && !tree->stopped)
	{
		CHECK_FOR_INTERRUPTS();
		if (!yaml_parser_parse(&reader->parser, &reader->event))
		{
			report_problem(reader, text, len);
			break;
		}
		reader->event_open = true;
		end = reader->event.type == YAML_STREAM_END_EVENT;
		read_event(reader);
		reader->event_open = false;
		yaml_event_delete(&reader->event);
	}
	free_reader(reader);
	if (reader->documents == 0 && !tree->stopped)
		dm_tree_stop(tree, 1, 1, "the text has no document");
}
