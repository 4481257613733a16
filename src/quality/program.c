/*
 * program.c
 *		Compiling the programs of scans.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "base/json.h"
#include "quality/probe.h"

#define FIRST_ARGUMENT 2 /* of the aggregate, behind its state and the program */
#define MAX_SAMPLE	   1000
#define MIN_MEMORY	   (64 * 1024)

typedef struct Compiler
{
	FunctionCallInfo fcinfo;
	int nargs; /* those that probes ask about */
	JsonbContainer *root;
	DmProgram *program;
	int sample;
	int shown;
	uint64 secret[2];
	DmScanType **types; /* of the arguments, made when they are first asked for */
} Compiler;

static void
invalid(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid program of measures: %s", what),
			 errhint("Programs are written by dm_check; see the reference.")));
}

static Oid
argument_type(Compiler *c, int arg)
{
	Oid typid = get_fn_expr_argtype(c->fcinfo->flinfo, FIRST_ARGUMENT + arg);

	if (!OidIsValid(typid))
		invalid("the type of an argument is not known");
	return typid;
}

/* The number of an argument that a member names; -1 if there is no such member. */
static int
argument(Compiler *c, JsonbContainer *node, const char *key)
{
	int arg;

	if (!dm_json_int(node, key, &arg))
		return -1;
	if (arg < 0 || arg >= c->nargs)
		invalid("no such argument");
	return arg;
}

static int
boolean_argument(Compiler *c, JsonbContainer *node, const char *key)
{
	int arg = argument(c, node, key);

	if (arg >= 0 && argument_type(c, arg) != BOOLOID)
		invalid("a condition is not Boolean");
	return arg;
}

/*
 * The parser merges the collations of all arguments of a call into one, or none if they differ, so
 * they are told in the program.
 */
static DmScanType *
value_type(Compiler *c, int arg)
{
	JsonbContainer *collations;
	JsonbValue element;
	Oid collation = InvalidOid;

	if (c->types[arg] != NULL)
		return c->types[arg];
	if (dm_json_array(c->root, "collations", &collations) &&
		dm_json_element(collations, arg, &element) && element.type == jbvNumeric)
		collation = strtoul(dm_json_scalar_text(&element), NULL, 10);
	c->types[arg] = palloc(sizeof(DmScanType));
	dm_scan_type(argument_type(c, arg), collation, c->types[arg]);
	return c->types[arg];
}

static void
add_tests(DmProbe *probe, DmScanType *type, JsonbContainer *node)
{
	DmJsonEach each;

	probe->tests = palloc0(dm_json_count(node) * sizeof(DmValueTest));
	dm_json_each(&each, node);
	while (dm_json_next(&each))
		if (dm_value_test(&probe->tests[probe->ntests], type, each.key, &each.value))
			probe->ntests++;
}

static void
needs_value(Compiler *c, DmProbe *probe, JsonbContainer *node)
{
	JsonbValue missing;

	probe->value = argument(c, node, "value");
	if (probe->value < 0)
		invalid("a part has no value");
	probe->type = value_type(c, probe->value);
	if (dm_json_find(node, "missing", &missing))
		probe->missing = dm_value_set(probe->type, dm_json_texts(&missing));
}

static void
compile_null(Compiler *c, DmProbe *probe, JsonbContainer *node)
{
	needs_value(c, probe, node);
	probe->step = probe->missing != NULL ? dm_step_missing : dm_step_null;
}

static void
compile_true(Compiler *c, DmProbe *probe, JsonbContainer *node)
{
	char *nulls = dm_json_text(node, "nulls");

	probe->value = boolean_argument(c, node, "value");
	if (probe->value < 0)
		invalid("a part has no value");
	probe->nulls_fail = nulls != NULL && strcmp(nulls, "fail") == 0;
	probe->step = dm_step_true;
}

static void
compile_value(Compiler *c, DmProbe *probe, JsonbContainer *node)
{
	needs_value(c, probe, node);
	add_tests(probe, probe->type, node);
	probe->step = dm_step_for_test(probe);
	if (probe->step == NULL)
		probe->step = dm_step_value;
}

static void
compile_columns(Compiler *c, DmProbe *probe, JsonbContainer *columns)
{
	DmJsonEach each;

	probe->columns = palloc(dm_json_count(columns) * sizeof(int));
	probe->key_types = palloc(dm_json_count(columns) * sizeof(DmScanType *));
	dm_json_each(&each, columns);
	while (dm_json_next(&each))
	{
		int arg = each.value.type == jbvNumeric ? atoi(dm_json_scalar_text(&each.value)) : -1;

		if (arg < 0 || arg >= c->nargs)
			invalid("no such argument");
		if (!dm_key_type_is_digested(argument_type(c, arg), value_type(c, arg)->collation))
			invalid("values of a type cannot be keys");
		probe->columns[probe->ncolumns] = arg;
		probe->key_types[probe->ncolumns++] = value_type(c, arg);
	}
}

static void
compile_keys(Compiler *c, DmProbe *probe, JsonbContainer *node)
{
	char *nulls = dm_json_text(node, "nulls");
	JsonbContainer *columns;

	if (!dm_json_array(node, "columns", &columns) || dm_json_count(columns) == 0)
		invalid("a key has no columns");
	compile_columns(c, probe, columns);
	if (nulls != NULL && strcmp(nulls, "skip") == 0)
		probe->nulls = DM_NULLS_ARE_SKIPPED;
	else if (nulls != NULL && strcmp(nulls, "fail") == 0)
		probe->nulls = DM_NULLS_FAIL;
	if (probe->ncolumns == 1 && probe->nulls == DM_NULLS_ARE_SKIPPED)
		add_tests(probe, probe->key_types[0], node);
	probe->key = palloc0(probe->ncolumns * sizeof(NullableDatum));
	probe->digester = dm_key_digester(probe->key_types, probe->ncolumns, c->secret);
	probe->tally->has_keys = true;
	probe->tally->keys = dm_key_table(c->program->memory, &probe->tally->sample);
	probe->step = dm_step_keys;
}

static void
compile_bins(DmProbe *probe, const JsonbValue *bins)
{
	List *texts = dm_json_texts(bins);
	ListCell *lc;

	if (!probe->type->number || texts == NIL)
		invalid("bins are of numbers");
	probe->bounds = palloc(list_length(texts) * sizeof(double));
	foreach(lc, texts)
	{
		double bound = DatumGetFloat8(DirectFunctionCall1(float8in, CStringGetDatum(lfirst(lc))));

		if (isnan(bound) || (probe->nbounds > 0 && bound <= probe->bounds[probe->nbounds - 1]))
			invalid("bins are not in order");
		probe->bounds[probe->nbounds++] = bound;
	}
	probe->tally->ncounts = probe->nbounds + 1;
	probe->step = dm_step_bin;
}

static void
compile_frequency(Compiler *c, DmProbe *probe, JsonbContainer *node)
{
	JsonbValue argument;

	needs_value(c, probe, node);
	if (dm_json_find(node, "bins", &argument))
		compile_bins(probe, &argument);
	else if (dm_json_find(node, "values", &argument))
	{
		List *texts = dm_json_texts(&argument);

		probe->categories = dm_value_set(probe->type, texts);
		probe->tally->ncounts = list_length(texts) + 1;
		probe->step = dm_step_category;
	}
	else
		invalid("a frequency has neither values nor bins");
	probe->tally->counts = palloc0(probe->tally->ncounts * sizeof(int64));
}

static void
compile_shows(Compiler *c, DmProbe *probe, JsonbContainer *arguments)
{
	int n = dm_json_count(arguments);
	DmJsonEach each;

	probe->shows = palloc(n * sizeof(int));
	probe->outputs = palloc0(n * sizeof(FmgrInfo));
	dm_json_each(&each, arguments);
	while (dm_json_next(&each))
	{
		int arg = each.value.type == jbvNumeric ? atoi(dm_json_scalar_text(&each.value)) : -1;
		Oid output;
		bool varlena;

		if (arg < 0 || arg >= c->nargs)
			invalid("no such argument");
		getTypeOutputInfo(argument_type(c, arg), &output, &varlena);
		fmgr_info(output, &probe->outputs[probe->nshows]);
		probe->shows[probe->nshows++] = arg;
	}
}

static void
compile_probe(Compiler *c, DmProbe *probe, JsonbContainer *node)
{
	char *kind = dm_json_text(node, "kind");
	JsonbContainer *shows;

	probe->where = boolean_argument(c, node, "where");
	dm_row_sample_init(&probe->tally->sample, c->sample);
	dm_shown_rows_init(&probe->tally->shown, c->shown);
	if (dm_json_array(node, "shows", &shows))
		compile_shows(c, probe, shows);
	if (kind == NULL)
		invalid("a part has no kind");
	if (strcmp(kind, "rows") == 0)
		probe->step = dm_step_rows;
	else if (strcmp(kind, "null") == 0)
		compile_null(c, probe, node);
	else if (strcmp(kind, "true") == 0)
		compile_true(c, probe, node);
	else if (strcmp(kind, "value") == 0)
		compile_value(c, probe, node);
	else if (strcmp(kind, "keys") == 0)
		compile_keys(c, probe, node);
	else if (strcmp(kind, "frequency") == 0)
		compile_frequency(c, probe, node);
	else
		invalid("a part has an unknown kind");
}

static void
read_secret(Compiler *c)
{
	JsonbContainer *secret;
	JsonbValue element;

	if (!dm_json_array(c->root, "secret", &secret))
		return;
	for (int i = 0; i < 2 && dm_json_element(secret, i, &element); i++)
	{
		char *text = dm_json_scalar_text(&element);

		c->secret[i] = text != NULL ? strtoull(text, NULL, 16) : 0;
	}
}

static void
read_head(Compiler *c)
{
	int memory = 0;
	bool slot = false;
	char *tableoid;

	/* in kB; never more than a hash of the server may have */
	(void) dm_json_int(c->root, "memory", &memory);
	c->program->memory = Min((Size) Max(memory, 0) * 1024, get_hash_memory_limit());
	c->program->memory = Max(c->program->memory, MIN_MEMORY);
	(void) dm_json_int(c->root, "sample", &c->sample);
	(void) dm_json_int(c->root, "shown", &c->shown);
	if (c->sample < 0 || c->sample > MAX_SAMPLE || c->shown < 0 || c->shown > MAX_SAMPLE)
		invalid("too large a sample");
	tableoid = dm_json_text(c->root, "tableoid");
	c->program->tableoid = tableoid != NULL ? strtoul(tableoid, NULL, 10) : InvalidOid;
	(void) dm_json_bool(c->root, "slot", &slot);
	if (c->sample > 0)
		c->program->positions = slot && tableoid != NULL ? DM_POSITIONS_IN_SLOT :
														   DM_POSITIONS_IN_ARGUMENTS;
	if (c->program->positions != DM_POSITIONS_NONE &&
		(c->nargs < 1 || argument_type(c, 0) != TIDOID ||
		 (tableoid == NULL && (c->nargs < 2 || argument_type(c, 1) != OIDOID))))
		invalid("rows have no position");
	read_secret(c);
}

DmProgram *
dm_program_compile(Jsonb *text, FunctionCallInfo fcinfo)
{
	Compiler c = { fcinfo, Max(PG_NARGS() - FIRST_ARGUMENT, 0), &text->root,
				   palloc0(sizeof(DmProgram)) };
	JsonbContainer *probes;
	DmJsonEach each;

	c.types = palloc0((c.nargs + 1) * sizeof(DmScanType *));
	if (!dm_json_array(c.root, "probes", &probes))
		invalid("it has no parts");
	read_head(&c);
	c.program->probes = palloc0((dm_json_count(probes) + 1) * sizeof(DmProbe));
	c.program->tallies = palloc0((dm_json_count(probes) + 1) * sizeof(DmTally));
	dm_json_each(&each, probes);
	while (dm_json_next(&each))
	{
		JsonbContainer *node = dm_json_as_object(&each.value);
		int n = c.program->nprobes++;

		if (node == NULL)
			invalid("a part is no object");
		c.program->probes[n].tally = &c.program->tallies[n];
		compile_probe(&c, &c.program->probes[n], node);
	}
	dm_program_gather(c.program, c.nargs);
	return c.program;
}
