/*
 * document.c
 *		Reading documents: YAML 1.2 and JSON to jsonb.
 *
 * All that is built on the way is in a memory context of its own, which goes when the document
 * is there: the result is one jsonb and an array of places.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/args.h"
#include "base/errors.h"
#include "base/json.h"
#include "format/document.h"
#include "format/encoding.h"
#include "format/json_read.h"
#include "format/tree.h"
#include "format/yaml_read.h"

int dm_document_max_size = 16 * 1024;
int dm_document_max_depth = 100;
int dm_document_max_nodes = 1000000;

PG_FUNCTION_INFO_V1(dm_yaml_to_jsonb);
PG_FUNCTION_INFO_V1(dm_jsonb_to_yaml);

/*
 * Reads the text as JSON or as YAML, with findings of its own.
 */
static DmDocument *
read_as(bool json, const char *text, int len, bool lenient, List **findings, bool *is_json)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "datamesh document",
												  ALLOCSET_DEFAULT_SIZES);
	DmDocument *document = NULL;
	DmTree tree;
	Jsonb *value;
	DmPositions *positions;

	dm_tree_init(&tree, context, findings);
	if (json)
		*is_json = dm_json_read(&tree, text, len);
	else
		dm_yaml_read(&tree, text, len, lenient);
	value = dm_tree_document(&tree, &positions);
	if (value != NULL)
	{
		document = palloc(sizeof(DmDocument));
		document->value = value;
		document->positions = positions;
		document->json = json;
	}
	MemoryContextDelete(context);
	return document;
}

/*
 * Whether the first mistake of a list is further on in the text than that of another.
 */
static bool
got_further(List *findings, List *others)
{
	DmFinding *error = dm_finding_first_error(findings);
	DmFinding *other = dm_finding_first_error(others);

	if (error == NULL || other == NULL)
		return error == NULL;
	return error->line != other->line ? error->line > other->line : error->col > other->col;
}

/*
 * What begins like JSON is read as JSON, but YAML may begin like that, too.  If it is neither,
 * it was meant to be what could be read for longer.
 */
static DmDocument *
read_text(const char *text, int len, bool lenient, List **findings)
{
	int start = 0;
	bool is_json = false;
	List *as_json = NIL;
	List *as_yaml = NIL;
	DmDocument *document;

	while (start < len && strchr(" \t\r\n", text[start]) != NULL && text[start] != '\0')
		start++;
	if (start == len || (text[start] != '{' && text[start] != '['))
		return read_as(false, text, len, lenient, findings, &is_json);

	document = read_as(true, text, len, lenient, &as_json, &is_json);
	if (!is_json)
		document = read_as(false, text, len, lenient, &as_yaml, &is_json);
	*findings = list_concat(*findings,
							is_json || !got_further(as_yaml, as_json) ? as_json : as_yaml);
	return document;
}

static int
compare_places(const ListCell *a, const ListCell *b)
{
	const DmFinding *left = lfirst(a);
	const DmFinding *right = lfirst(b);

	return left->line != right->line ? left->line - right->line : left->col - right->col;
}

/*
 * Adds an error about the text as a whole; at is the byte where the mistake is, or -1.
 */
static void
refuse(List **findings, const char *text, int at, const char *message)
{
	DmFinding *finding = dm_finding_add(findings, "yaml", DM_ERROR, "", "%s", message);
	int i;

	if (at < 0)
		return;
	finding->line = finding->col = 1;
	for (i = 0; i < at; i++)
	{
		finding->col = text[i] == '\n' ? 1 : finding->col + 1;
		finding->line += text[i] == '\n';
	}
}

DmDocument *
dm_document_read_all(const char *text, int len, bool lenient, List **findings)
{
	DmDocument *document;
	List *found = NIL;
	char *utf8;
	int utf8len;
	int bad;

	if ((int64) len > (int64) dm_document_max_size * 1024)
	{
		refuse(findings, text, -1,
			   psprintf("the text has %d kB, and %d kB are allowed (datamesh.document_max_size)",
						(len - 1) / 1024 + 1, dm_document_max_size));
		return NULL;
	}
	utf8 = dm_to_utf8(text, len, &utf8len, &bad);
	if (utf8 == NULL)
	{
		refuse(findings, text, bad, "the text is not valid in UTF-8");
		return NULL;
	}
	/* a byte order mark says nothing here */
	if (utf8len >= 3 && memcmp(utf8, "\xEF\xBB\xBF", 3) == 0)
		document = read_text(utf8 + 3, utf8len - 3, lenient, &found);
	else
		document = read_text(utf8, utf8len, lenient, &found);
	if (utf8 != text)
		pfree(utf8);
	/* a key that is there twice is found at the end of its object */
	list_sort(found, compare_places);
	*findings = list_concat(*findings, found);
	return document;
}

DmDocument *
dm_document_read(const char *text, int len, bool lenient, List **findings)
{
	List *found = NIL;
	DmDocument *document = dm_document_read_all(text, len, lenient, &found);

	*findings = list_concat(*findings, found);
	return dm_finding_errors(found) > 0 ? NULL : document;
}

/*
 * Places
 */

/*
 * The number of a key among those of its object, -1 if it is none of them.
 */
static int
key_number(JsonbContainer *object, const char *key)
{
	int len = strlen(key);
	char *base = (char *) (object->children + 2 * JsonContainerSize(object));
	int low = 0;
	int high = JsonContainerSize(object);

	while (low < high)
	{
		int middle = low + (high - low) / 2;
		int candidate_len = getJsonbLength(object, middle);
		int order = candidate_len - len;

		/* jsonb's order: shorter ones first */
		if (order == 0)
			order = memcmp(base + getJsonbOffset(object, middle), key, len);
		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

void
dm_document_locate(DmDocument *document, const char *pointer, int *line, int *col)
{
	const DmPosition *position = &document->positions->root;
	JsonbValue value;
	char *segment;

	dm_json_root(document->value, &value);
	while ((segment = dm_pointer_next(&pointer)) != NULL)
	{
		JsonbContainer *object = dm_json_as_object(&value);
		int number = object != NULL ? key_number(object, segment) : dm_pointer_index(segment);

		if (number < 0 || number >= position->count)
			break;
		if (object != NULL)
			dm_json_find(object, segment, &value);
		else
			dm_json_element(dm_json_as_array(&value), number, &value);
		position = &document->positions->nodes[position->first + number];
		pfree(segment);
	}
	*line = position->line;
	*col = position->col;
}

void
dm_findings_locate(DmDocument *document, List *findings)
{
	ListCell *lc;

	foreach(lc, findings)
	{
		DmFinding *finding = lfirst(lc);

		if (finding->line == 0)
			dm_document_locate(document, finding->pointer, &finding->line, &finding->col);
	}
}

/*
 * SQL functions
 */

Datum
dm_yaml_to_jsonb(PG_FUNCTION_ARGS)
{
	char *text = dm_arg_text(fcinfo, 0, "document");
	List *findings = NIL;
	DmDocument *document = dm_document_read(text, strlen(text), false, &findings);
	DmFinding *error = dm_finding_first_error(findings);

	if (document == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DM_DOCUMENT),
				 errmsg("the document cannot be read: %s%s", error->message,
						dm_finding_place(error)),
				 dm_finding_errors(findings) > 1 ?
					 errdetail("There are %d mistakes; this is the first.",
							   dm_finding_errors(findings)) :
					 0));
	PG_RETURN_JSONB_P(document->value);
}

Datum
dm_jsonb_to_yaml(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", "document")));
	PG_RETURN_TEXT_P(cstring_to_text(dm_yaml_write(PG_GETARG_JSONB_P(0), NULL)));
}
