/*
 * fuzz.c
 *		libFuzzer inside a backend: hostile documents for the parsers, hostile bytes for sketches.
 *
 * test/bin/fuzz links this into a library that is built with clang's sanitizers, and calls
 *
 *		dm_fuzz(target text, log text, arguments text[])
 *
 * which never returns: libFuzzer ends the process when its time is over.  Each input gets a
 * subtransaction and a memory context, which go afterwards.  It is a failure, and ends the
 * process at once, if
 *
 * - the code crashes, hangs, reads behind the end of the input, or does what C leaves undefined;
 * - an error is raised where a finding is due, or an internal one anywhere;
 * - memory stays behind that no context knows of (libyaml's and PCRE's come from malloc), or the
 *	 contexts that live on grow with the inputs;
 * - a document is not the same after it was written and read again, or a JSON document is
 *	 another one to PostgreSQL's own parser;
 * - a sketch that was let in cannot be asked, merged and stored, says something else when it is
 *	 read again, or takes much memory.
 */
#include "postgres.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include "access/xact.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "base/args.h"
#include "base/errors.h"
#include "base/json.h"
#include "base/pattern.h"
#include "contract/typemap.h"
#include "contract/model.h"
#include "exchange/lint_text.h"
#include "format/document.h"
#include "jsonschema/schema.h"
#include "profile/drift.h"
#include "sketch/sketch.h"

/* compiler-rt's */
extern int LLVMFuzzerRunDriver(int *argc, char ***argv,
							   int (*one)(const uint8_t *data, size_t size));

/* Caches fill at first, and grow a little later */
#define WARM_UP		2000
#define CACHE_LIMIT (16 * 1024 * 1024)

/* The longest input; a multiple of the page size */
#define AREA (1024 * 1024)

/* What two sketches may take, with all that is made of them */
#define SKETCH_MEMORY (4 * 1024 * 1024)

extern Datum dm_describe_sketch(PG_FUNCTION_ARGS);
extern Datum dm_profile_serialize(PG_FUNCTION_ARGS);
extern Datum dm_profile_deserialize(PG_FUNCTION_ARGS);

typedef void (*Target)(const char *text, int len);

static Target target;
static bool target_may_fail; /* errors are allowed, but for internal ones */
static bool target_is_bytes; /* its inputs are no text */
static bool let_in;			 /* this input was accepted: no error is allowed any more */
static MemoryContext input_context;
static uint64 inputs;
static size_t contexts_at_start;

PG_FUNCTION_INFO_V1(dm_fuzz);

static void
broken(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fprintf(stderr, "dm_fuzz: ");
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
	abort();
}

static bool
same(Jsonb *a, Jsonb *b)
{
	JsonbValue left;
	JsonbValue right;

	dm_json_root(a, &left);
	dm_json_root(b, &right);
	return dm_json_equal(&left, &right);
}

/*
 * Every finding has a place in the text, and every pointer leads to one.
 */
static void
check_findings(DmDocument *document, List *findings, int len)
{
	ListCell *lc;

	foreach(lc, findings)
	{
		DmFinding *finding = lfirst(lc);

		if (document != NULL && finding->line == 0)
			dm_document_locate(document, finding->pointer, &finding->line, &finding->col);
		if (finding->line < 0 || finding->line > len + 1 || finding->col < 0 ||
			finding->col > len + 2)
			broken("a place outside of the text: line %d, column %d of %s", finding->line,
				   finding->col, finding->message);
	}
}

/*
 * A value that is written and read again is the same.
 */
static void
check_writing(Jsonb *value)
{
	List *findings = NIL;
	char *written = dm_yaml_write(value, NULL);
	DmDocument *again = dm_document_read(written, strlen(written), false, &findings);

	if (again == NULL)
	{
		/* indented deep, it may be too long */
		if (strstr(dm_finding_first_error(findings)->message, "datamesh.document_max") == NULL)
			broken("cannot be read again: %s\n%s", dm_finding_first_error(findings)->message,
				   written);
	}
	else if (!same(value, again->value))
		broken("is another value when read again:\n%s", written);
}

static void
fuzz_document(const char *text, int len)
{
	List *findings = NIL;
	DmDocument *document = dm_document_read_all(text, len, true, &findings);

	check_findings(document, findings, len);
	if (document != NULL)
		check_writing(document->value);
	else if (dm_finding_errors(findings) == 0)
		broken("no document and no error");
}

/*
 * The input as a text within a document, in all the places that a text can have.
 */
static void
fuzz_text(const char *text, int len)
{
	DmJsonBuilder builder = { NULL };

	dm_json_begin_object(&builder, NULL);
	dm_json_add_text(&builder, text, text);
	dm_json_begin_array(&builder, "list");
	dm_json_add_text(&builder, NULL, text);
	dm_json_begin_object(&builder, NULL);
	dm_json_add_text(&builder, text, text);
	dm_json_end_object(&builder);
	dm_json_end_array(&builder);
	dm_json_end_object(&builder);
	check_writing(dm_json_done(&builder));
}

/*
 * PostgreSQL's parser of JSON and ours agree, but for what we refuse on purpose.
 */
static void
fuzz_json(const char *text, int len)
{
	List *findings = NIL;
	DmDocument *document;
	Jsonb *theirs = NULL;
	MemoryContext context = CurrentMemoryContext;
	char *copy = pnstrdup(text, len);
	DmFinding *error;

	if (copy[strspn(copy, " \t\r\n")] != '{' && copy[strspn(copy, " \t\r\n")] != '[')
		return;
	document = dm_document_read(text, len, false, &findings);
	PG_TRY();
	{
		theirs = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(copy)));
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		FlushErrorState();
	}
	PG_END_TRY();

	error = dm_finding_first_error(findings);
	if (theirs != NULL && document == NULL)
	{
		if (strstr(error->message, "is there twice") == NULL &&
			strstr(error->message, "datamesh.document_max") == NULL &&
			strstr(error->message, "numeric can hold") == NULL)
			broken("JSON is refused: %s", error->message);
	}
	else if (theirs == NULL && document != NULL && document->json)
		broken("no JSON is taken for it");
	else if (theirs != NULL && document != NULL && !same(theirs, document->value))
		broken("JSON is another value");
}

/*
 * A contract as lint reads it, and as a lenient import does.
 */
static void
fuzz_contract(const char *text, int len)
{
	List *findings = dm_contract_lint_text(text);
	DmDocument *document;

	check_findings(NULL, findings, len);
	findings = NIL;
	document = dm_document_read(text, len, true, &findings);
	if (document == NULL)
		return;
	dm_contract_read(document->value, true, &findings);
	check_findings(document, findings, len);
}

/*
 * All of an import, which then did not happen.
 */
static void
fuzz_import(const char *text, int len)
{
	static Oid import = InvalidOid;

	if (!OidIsValid(import))
		import = DatumGetObjectId(
			DirectFunctionCall1(regprocedurein,
								CStringGetDatum("dm_import_contract(text,boolean,text,boolean)")));
	OidFunctionCall4(import, CStringGetTextDatum(text), BoolGetDatum(false),
					 CStringGetTextDatum("fuzz"), BoolGetDatum(true));
}

/*
 * A physicalType, as the server reads it, and a logicalType.
 */
static void
fuzz_type(const char *text, int len)
{
	const char *note = NULL;

	dm_fits_physical(text, PG_PUBLIC_NAMESPACE, VARCHAROID, 14, &note);
	dm_fits_logical(text, INT4ARRAYOID, -1, &note);
}

/*
 * The first line is the pattern, the rest is searched.
 */
static void
fuzz_pattern(const char *text, int len)
{
	char *regex = pstrdup(text);
	char *subject = strchr(regex, '\n');
	char *error = NULL;
	DmPattern *pattern;

	if (subject != NULL)
		*subject++ = '\0';
	else
		subject = "";
	pattern = dm_pattern_compile(regex, &error);
	if (pattern == NULL && error == NULL)
		broken("no pattern and no error");
	if (pattern != NULL)
		dm_pattern_search(pattern, subject, strlen(subject));
}

/*
 * The text holds a schema and a document; without them it is both.
 */
static void
fuzz_schema(const char *text, int len)
{
	List *findings = NIL;
	DmDocument *both = dm_document_read(text, len, true, &findings);
	DmJsonSchema *schema;
	JsonbValue root;
	JsonbValue value;
	Jsonb *schema_document;
	Jsonb *document;

	if (both == NULL)
		return;
	dm_json_root(both->value, &root);
	schema_document = dm_json_find(dm_json_as_object(&root), "schema", &value) ?
						  dm_json_document(&value) :
						  both->value;
	document = dm_json_find(dm_json_as_object(&root), "data", &value) ? dm_json_document(&value) :
																		both->value;
	schema = dm_json_schema_compile(schema_document, NULL, &findings, NULL, NULL);
	if (schema == NULL)
	{
		if (dm_finding_errors(findings) == 0)
			broken("no schema and no error");
		return;
	}
	dm_json_schema_check(schema, document, &findings);
	dm_json_schema_free(schema);
}

/*
 * Bytes as a varlena, which ends where the input does.  What is before them is overwritten.
 */
static bytea *
as_varlena(const char *bytes, int len)
{
	bytea *varlena = (bytea *) (unconstify(char *, bytes) - VARHDRSZ);

	SET_VARSIZE(varlena, len + VARHDRSZ);
	return varlena;
}

static Jsonb *
describe_sketch(bytea *sketch)
{
	return DatumGetJsonbP(DirectFunctionCall1(dm_describe_sketch, PointerGetDatum(sketch)));
}

/*
 * A sketch can be asked, stored and read again, and is still the same.
 */
static void
check_sketch(DmSketch *sketch)
{
	bytea *stored = dm_sketch_pack(sketch);
	bytea *again = dm_sketch_pack(dm_sketch_unpack(stored, CurrentMemoryContext));

	if (!same(describe_sketch(stored), describe_sketch(again)))
		broken("a sketch is another one when read again");
	dm_sketch_distinct(sketch);
	dm_sketch_shapes(sketch);
}

static void
merge_sketches(DmSketch *into, DmSketch *from)
{
	/* they are of different types, their bounds are no values, or the sums too great */
	let_in = false;
	dm_sketch_merge(into, from);
	let_in = true;
	check_sketch(into);
}

/*
 * Two sketches; the first two bytes are the length of the first one.  One alone is merged with
 * itself.
 */
static void
fuzz_sketch(const char *bytes, int len)
{
	uint16 size;
	DmSketch *first;
	DmSketch *second;
	DmDrift drift;

	if (len < sizeof(size))
		return;
	memcpy(&size, bytes, sizeof(size));
	bytes += sizeof(size);
	len -= sizeof(size);
	if (size < len)
	{
		bytea *copy = palloc(VARHDRSZ + size);

		memcpy(VARDATA(copy), bytes, size);
		SET_VARSIZE(copy, VARHDRSZ + size);
		first = dm_sketch_unpack(copy, CurrentMemoryContext);
		second = dm_sketch_unpack(as_varlena(bytes + size, len - size), CurrentMemoryContext);
	}
	else
	{
		first = dm_sketch_unpack(as_varlena(bytes, len), CurrentMemoryContext);
		second = dm_sketch_unpack(as_varlena(bytes, len), CurrentMemoryContext);
	}
	let_in = true;
	check_sketch(first);
	dm_drift_columns(first, second, &drift);
	merge_sketches(first, second);
	if (MemoryContextMemAllocated(input_context, true) > SKETCH_MEMORY)
		broken("sketches take much memory");
}

/*
 * The state of an aggregate, as it comes from a parallel worker.
 */
static void
fuzz_state(const char *bytes, int len)
{
	Datum state = DirectFunctionCall1(dm_profile_deserialize,
									  PointerGetDatum(as_varlena(bytes, len)));

	let_in = true;
	DirectFunctionCall1(dm_profile_serialize, state);
}

static const struct
{
	const char *name;
	Target target;
	bool may_fail;
	bool is_bytes;
} targets[] = {
	{ "document", fuzz_document, false, false },
	{ "text", fuzz_text, false, false },
	{ "json", fuzz_json, false, false },
	{ "contract", fuzz_contract, true, false },
	{ "import", fuzz_import, true, false },
	{ "type", fuzz_type, true, false },
	{ "schema", fuzz_schema, true, false },
	{ "pattern", fuzz_pattern, true, false },
	{ "sketch", fuzz_sketch, true, true },
	{ "state", fuzz_state, true, true },
};

static void
check_error(void)
{
	ErrorData *error;
	int category;

	MemoryContextSwitchTo(input_context);
	error = CopyErrorData();
	FlushErrorState();
	category = ERRCODE_TO_CATEGORY(error->sqlerrcode);
	if (!target_may_fail || let_in || category == ERRCODE_INTERNAL_ERROR)
		broken("error %s: %s (%s:%d) %s", unpack_sql_state(error->sqlerrcode), error->message,
			   error->filename, error->lineno, error->detail ? error->detail : "");
}

static size_t
allocated(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/*
 * One input, with all that it took given back.
 */
static void
run_input(const char *text, int len)
{
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(input_context);
	let_in = false;
	PG_TRY();
	{
		target(text, len);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		check_error();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	CurrentResourceOwner = owner;
	MemoryContextReset(input_context);
}

/*
 * What malloc gave to one input and no context holds.
 */
static int64
leaked_by(const char *text, int len)
{
	int64 bytes = allocated();
	int64 contexts = MemoryContextMemAllocated(TopMemoryContext, true);

	run_input(text, len);
	bytes = (int64) allocated() - bytes;
	contexts = (int64) MemoryContextMemAllocated(TopMemoryContext, true) - contexts;
	return bytes - contexts;
}

/*
 * The server keeps deleted contexts for later, which looks like a leak once; an input that leaks
 * does it every time.
 */
static void
check_memory(const char *text, int len, int64 leak)
{
	size_t contexts = MemoryContextMemAllocated(TopMemoryContext, true);
	int times;

	if (++inputs <= WARM_UP)
	{
		contexts_at_start = contexts;
		return;
	}
	for (times = 1; leak > 0 && times < 20; times++)
		leak = leaked_by(text, len);
	if (leak > 0)
		broken("leak: " INT64_FORMAT " bytes", leak);
	if (contexts > contexts_at_start + CACHE_LIMIT)
	{
		MemoryContextStats(TopMemoryContext);
		broken("contexts that live on have grown by %zu bytes", contexts - contexts_at_start);
	}
}

/*
 * A copy of the input that ends, with the terminator of a text, where memory ends.  There is room
 * before it.
 */
static char *
at_the_end(const uint8_t *data, size_t size)
{
	static char *area = NULL;
	size_t page = sysconf(_SC_PAGESIZE);
	char *copy;

	if (area == NULL)
	{
		area = mmap(NULL, AREA + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (area == MAP_FAILED || mprotect(area + AREA, page, PROT_NONE) != 0)
			broken("no memory for the input");
	}
	if (size >= AREA - MAXIMUM_ALIGNOF)
		broken("the input is too long");
	copy = area + AREA - size - (target_is_bytes ? 0 : 1);
	memcpy(copy, data, size);
	if (!target_is_bytes)
		copy[size] = '\0';
	return copy;
}

static int
fuzz_one(const uint8_t *data, size_t size)
{
	char *text;

	/* what a function gets as text has passed the server's check */
	if (!target_is_bytes && !pg_verify_mbstr(GetDatabaseEncoding(), (const char *) data, size, true))
		return -1;
	text = at_the_end(data, size);
	check_memory(text, size, leaked_by(text, size));
	return 0;
}

static void
choose_target(const char *name)
{
	int i;

	for (i = 0; i < lengthof(targets); i++)
	{
		if (strcmp(targets[i].name, name) == 0)
		{
			target = targets[i].target;
			target_may_fail = targets[i].may_fail;
			target_is_bytes = targets[i].is_bytes;
			return;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("no target \"%s\"", name)));
}

Datum
dm_fuzz(PG_FUNCTION_ARGS)
{
	char *log = dm_arg_text(fcinfo, 1, "log");
	List *arguments = dm_arg_list(fcinfo, 2, "arguments");
	int argc = list_length(arguments) + 1;
	char **argv = palloc0(sizeof(char *) * (argc + 1));
	int file;
	int i;

	choose_target(dm_arg_text(fcinfo, 0, "target"));
	argv[0] = "dm_fuzz";
	for (i = 1; i < argc; i++)
		argv[i] = list_nth(arguments, i - 1);
	file = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (file < 0 || dup2(file, STDERR_FILENO) < 0)
		ereport(ERROR, (errcode_for_file_access(), errmsg("cannot write \"%s\": %m", log)));
	input_context = AllocSetContextCreate(TopMemoryContext, "fuzz input", ALLOCSET_DEFAULT_SIZES);
	LLVMFuzzerRunDriver(&argc, &argv, fuzz_one);
	/* it comes back after it has run single inputs */
	PG_RETURN_VOID();
}
