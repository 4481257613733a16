/*
 * scanplan.c
 *		The statement that the rules of a relation share.
 *
 * SELECT datamesh.measure(program, ctid, tableoid, column ...), sum(column) ... FROM relation
 *
 * For the rows of one table, there is no tableoid, and a NULL instead of ctid where the scan's slot
 * is expected to tell it.
 *
 * Each column and each expression is an argument once, whoever asks about it.  A call of the
 * aggregate cannot have more than 100 arguments; where rules need more there are several calls, in
 * the same statement.  For sums and order statistics the server has aggregates of its own.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "optimizer/plancat.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "access/table.h"
#include "base/json.h"
#include "base/sqlname.h"
#include "quality/measure_part.h"

/* with the program, the aggregate's state, and what is counted as an argument in some versions */
#define MAX_ARGUMENTS (FUNC_MAX_ARGS - 5)

/* so many keys are better counted by one process than sent to it by several */
#define MAX_PARALLEL_KEYS 2000000.0

typedef struct Program
{
	List *arguments; /* char *: SQL */
	List *collations;
	StringInfoData probes;
	int nprobes;
	int nkeys;
} Program;

struct DmScanPlan
{
	Oid relid;
	const char *transition; /* NULL for the relation itself */
	int sample_rows;
	int shown_rows; /* the same where rows have no position */
	bool positions;
	bool several_tables; /* rows can be of partitions or children */
	bool slot;			 /* positions are in the slot of the scan */
	List *programs;		 /* Program * */
	List *aggregates;	 /* char * */
	List *measurings;
};

/*
 * Does a scan of all columns give rows as they are stored?  Then the planner hands them to the
 * aggregate in the slot of the scan, as long as no system column is asked for.
 */
static bool
is_scanned_whole(Oid relid)
{
	Relation rel = table_open(relid, AccessShareLock);
	bool result = RELKIND_HAS_TABLE_AM(rel->rd_rel->relkind);

	for (int i = 0; i < RelationGetNumberOfAttributes(rel); i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), i);

		if (att->attisdropped || att->atthasmissing)
			result = false;
	}
	table_close(rel, NoLock);
	return result;
}

DmScanPlan *
dm_scan_plan(Oid relid, int sample_rows, const char *transition)
{
	DmScanPlan *plan = palloc0(sizeof(DmScanPlan));

	plan->relid = relid;
	plan->transition = transition;
	plan->positions = sample_rows > 0 && dm_rows_have_positions(relid);
	plan->sample_rows = plan->positions ? sample_rows : 0;
	plan->shown_rows = plan->positions || transition != NULL ? 0 : sample_rows;
	plan->several_tables = get_rel_relkind(relid) == RELKIND_PARTITIONED_TABLE ||
						   has_subclass(relid);
	plan->slot = plan->positions && transition == NULL && !plan->several_tables &&
				 is_scanned_whole(relid);
	return plan;
}

bool
dm_scan_without_slot(DmScanPlan *plan)
{
	bool changes = plan->slot;

	plan->slot = false;
	return changes;
}

static Program *
add_program(DmScanPlan *plan)
{
	Program *program = palloc0(sizeof(Program));

	initStringInfo(&program->probes);
	if (plan->positions)
	{
		program->arguments = list_make1("ctid");
		program->collations = list_make1_oid(InvalidOid);
		if (plan->several_tables)
		{
			program->arguments = lappend(program->arguments, "tableoid");
			program->collations = lappend_oid(program->collations, InvalidOid);
		}
	}
	plan->programs = lappend(plan->programs, program);
	return program;
}

/* --- for planners --- */

static Program *
program_of(DmMeasuring *m)
{
	return list_nth(m->plan->programs, m->program);
}

static int
argument(DmMeasuring *m, char *sql, Oid collation)
{
	Program *program = program_of(m);
	ListCell *lc;

	foreach(lc, program->arguments)
		if (strcmp(lfirst(lc), sql) == 0)
			return foreach_current_index(lc);
	if (list_length(program->arguments) >= MAX_ARGUMENTS)
		ereport(ERROR,
				(errcode(ERRCODE_TOO_MANY_ARGUMENTS),
				 errmsg("a rule about more than %d columns cannot be measured", MAX_ARGUMENTS)));
	program->arguments = lappend(program->arguments, sql);
	program->collations = lappend_oid(program->collations, collation);
	return list_length(program->arguments) - 1;
}

int
dm_scan_column(DmMeasuring *m, const char *column, DmScanType *type)
{
	DmScanType found;

	dm_measured_column_type(m->relid, column, &found);
	if (type != NULL)
		*type = found;
	return argument(m, pstrdup(quote_identifier(column)), found.collation);
}

int
dm_scan_expression(DmMeasuring *m, const char *sql)
{
	return argument(m, psprintf("(%s\n)", sql), InvalidOid);
}

static void
append_numbers(StringInfo sql, List *numbers)
{
	ListCell *lc;

	appendStringInfoChar(sql, '[');
	foreach(lc, numbers)
		appendStringInfo(sql, "%s%d", foreach_current_index(lc) > 0 ? ", " : "", lfirst_int(lc));
	appendStringInfoChar(sql, ']');
}

StringInfo
dm_scan_probe(DmMeasuring *m, const char *kind)
{
	Program *program = program_of(m);
	int where = m->filter == NULL ? -1 : dm_scan_expression(m, m->filter);
	List *shows = NIL;
	ListCell *lc;

	if (m->plan->shown_rows > 0 && m->rule->metric->percent)
		foreach(lc, dm_sample_columns(m))
			shows = lappend_int(shows, dm_scan_column(m, lfirst(lc), NULL));
	appendStringInfo(&program->probes, "%s{\"kind\": \"%s\"", program->nprobes > 0 ? ", " : "",
					 kind);
	if (where >= 0)
		appendStringInfo(&program->probes, ", \"where\": %d", where);
	if (shows != NIL)
	{
		appendStringInfoString(&program->probes, ", \"shows\": ");
		append_numbers(&program->probes, shows);
	}
	program->nprobes++;
	m->nprobes++;
	return &program->probes;
}

void
dm_scan_probe_end(DmMeasuring *m)
{
	appendStringInfoChar(&program_of(m)->probes, '}');
}

void
dm_probe_text(StringInfo probe, const char *key, const char *text)
{
	appendStringInfo(probe, ", \"%s\": ", key);
	escape_json(probe, text);
}

void
dm_probe_texts(StringInfo probe, const char *key, List *texts)
{
	ListCell *lc;

	appendStringInfo(probe, ", \"%s\": [", key);
	foreach(lc, texts)
	{
		if (foreach_current_index(lc) > 0)
			appendStringInfoString(probe, ", ");
		escape_json(probe, lfirst(lc));
	}
	appendStringInfoChar(probe, ']');
}

StringInfo
dm_scan_key(DmMeasuring *m, List *columns, const char *nulls)
{
	List *numbers = NIL;
	StringInfo probe;
	ListCell *lc;

	foreach(lc, columns)
		numbers = lappend_int(numbers, dm_scan_column(m, lfirst(lc), NULL));
	probe = dm_scan_probe(m, "keys");
	appendStringInfo(probe, ", \"nulls\": \"%s\", \"columns\": ", nulls);
	append_numbers(probe, numbers);
	program_of(m)->nkeys++;
	return probe;
}

void
dm_scan_aggregate(DmMeasuring *m, const char *call)
{
	m->aggregate = list_length(m->plan->aggregates);
	m->plan->aggregates = lappend(m->plan->aggregates,
								  m->filter == NULL ?
									  pstrdup(call) :
									  psprintf("%s FILTER (WHERE %s\n)", call, m->filter));
}

/* What a rule asks for at most: its columns, those that its rows are shown by, its conditions. */
static bool
has_room(DmScanPlan *plan, DmMeasuring *m)
{
	Program *program = llast(plan->programs);
	int wanted = list_length(dm_rule_columns(m->rule)) + 4;

	if (plan->shown_rows > 0)
		wanted += list_length(dm_sample_columns(m));
	return list_length(program->arguments) + wanted <= MAX_ARGUMENTS;
}

void
dm_scan_plan_rule(DmScanPlan *plan, DmMeasuring *m, const DmMeasurer *measurer)
{
	Program *program;
	Program before;
	int aggregates = list_length(plan->aggregates);

	if (plan->programs == NIL || !has_room(plan, m))
		add_program(plan);
	program = llast(plan->programs);
	before = *program;
	before.arguments = list_copy(program->arguments);
	before.collations = list_copy(program->collations);
	m->plan = plan;
	m->program = list_length(plan->programs) - 1;
	m->first_probe = program->nprobes;
	m->nprobes = 0;
	m->aggregate = -1;
	PG_TRY();
	{
		measurer->plan(m);
	}
	PG_CATCH();
	{
		/* the text may have moved to another place as it grew */
		before.probes.data = program->probes.data;
		before.probes.maxlen = program->probes.maxlen;
		*program = before;
		program->probes.data[program->probes.len] = '\0';
		plan->aggregates = list_truncate(plan->aggregates, aggregates);
		PG_RE_THROW();
	}
	PG_END_TRY();
	plan->measurings = lappend(plan->measurings, m);
}

bool
dm_scan_has_keys(DmScanPlan *plan)
{
	ListCell *lc;

	foreach(lc, plan->programs)
		if (((Program *) lfirst(lc))->nkeys > 0)
			return true;
	return false;
}

/* --- the statement --- */

/* Rows of a relation as the planner sees them; 0 where it cannot tell. */
static double
estimated_rows(Oid relid)
{
	double result = 0;
	ListCell *lc;

	foreach(lc, find_all_inheritors(relid, AccessShareLock, NULL))
	{
		Relation rel = table_open(lfirst_oid(lc), NoLock);
		BlockNumber pages;
		double tuples = 0;
		double visible;

		if (RELKIND_HAS_TABLE_AM(rel->rd_rel->relkind))
			estimate_rel_size(rel, NULL, &pages, &tuples, &visible);
		result += tuples;
		table_close(rel, NoLock);
	}
	return result;
}

static void
append_program(StringInfo sql, DmScanPlan *plan, Program *program)
{
	StringInfoData text;
	Size memory = get_hash_memory_limit() / 1024 / Max(program->nkeys, 1);
	uint64 secret[2];
	ListCell *lc;

	if (!pg_strong_random(secret, sizeof(secret)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random numbers")));
	initStringInfo(&text);
	appendStringInfo(&text,
					 "{\"memory\": %d, \"sample\": %d, \"shown\": %d, "
					 "\"secret\": [\"%llx\", \"%llx\"], \"collations\": [",
					 (int) Min(memory, INT_MAX), plan->sample_rows, plan->shown_rows,
					 (unsigned long long) secret[0], (unsigned long long) secret[1]);
	foreach(lc, program->collations)
		appendStringInfo(&text, "%s%u", foreach_current_index(lc) > 0 ? ", " : "", lfirst_oid(lc));
	appendStringInfoChar(&text, ']');
	if (!plan->several_tables)
		appendStringInfo(&text, ", \"tableoid\": %u", plan->relid);
	if (plan->slot)
		appendStringInfoString(&text, ", \"slot\": true");
	appendStringInfo(&text, ", \"probes\": [%s]}", program->probes.data);
	appendStringInfo(sql, "datamesh.measure(%s::pg_catalog.jsonb",
					 quote_literal_cstr(text.data));
	foreach(lc, program->arguments)
		appendStringInfo(sql, ", %s",
						 plan->slot && foreach_current_index(lc) == 0 ? "NULL::pg_catalog.tid" :
																		(char *) lfirst(lc));
	appendStringInfoChar(sql, ')');
}

static char *
statement(DmScanPlan *plan)
{
	StringInfoData sql;
	ListCell *lc;
	const char *separator = "SELECT ";

	initStringInfo(&sql);
	foreach(lc, plan->programs)
	{
		appendStringInfoString(&sql, separator);
		append_program(&sql, plan, lfirst(lc));
		separator = ", ";
	}
	foreach(lc, plan->aggregates)
	{
		appendStringInfo(&sql, "%s%s", separator, (char *) lfirst(lc));
		separator = ", ";
	}
	if (plan->transition == NULL)
		appendStringInfo(&sql, " FROM %s", dm_relation_sql(plan->relid));
	else
		appendStringInfo(&sql, " FROM %s AS %s", plan->transition,
						 quote_identifier(get_rel_name(plan->relid)));
	return sql.data;
}

/* --- the result --- */

static int64
found_number(JsonbContainer *node, const char *key)
{
	char *text = dm_json_text(node, key);

	return text == NULL ? 0 : strtoll(text, NULL, 10);
}

static void
read_found(DmFound *found, JsonbContainer *node)
{
	JsonbContainer *keys;
	JsonbContainer *list;
	DmJsonEach each;

	found->rows = found_number(node, "rows");
	found->failing = found_number(node, "failing");
	found->sqlstate = dm_json_text(node, "sqlstate");
	found->message = dm_json_text(node, "message");
	if (dm_json_object(node, "keys", &keys))
	{
		found->distinct = found_number(keys, "distinct");
		found->repeated = found_number(keys, "repeated");
		found->repeated_rows = found_number(keys, "repeated_rows");
	}
	found->positions = dm_row_sample_list(node);
	found->shown = dm_shown_rows_list(node);
	if (dm_json_array(node, "counts", &list))
	{
		found->counts = palloc(dm_json_count(list) * sizeof(int64));
		dm_json_each(&each, list);
		while (dm_json_next(&each))
			found->counts[found->ncounts++] =
				strtoll(dm_json_scalar_text(&each.value), NULL, 10);
	}
}

/* What the programs have found; all zero where no row was there to start them. */
static DmFound *
read_program(Program *program, HeapTuple tuple, TupleDesc desc, int column)
{
	DmFound *result = palloc0((program->nprobes + 1) * sizeof(DmFound));
	bool isnull;
	Datum value = SPI_getbinval(tuple, desc, column, &isnull);
	DmJsonEach each;

	if (isnull)
		return result;
	dm_json_each(&each, &DatumGetJsonbP(value)->root);
	while (dm_json_next(&each))
		read_found(&result[each.index], dm_json_as_object(&each.value));
	return result;
}

static void
finish(DmMeasuring *m, DmFound *found, HeapTuple tuple, TupleDesc desc)
{
	for (int i = 0; i < m->nprobes; i++)
	{
		if (found[i].sqlstate != NULL)
		{
			m->result->error = true;
			m->result->sqlstate = found[i].sqlstate;
			m->result->message = found[i].message;
			return;
		}
		m->positions = list_concat(m->positions, found[i].positions);
		m->shown = list_concat(m->shown, found[i].shown);
	}
	if (m->aggregate >= 0)
	{
		int column = list_length(m->plan->programs) + m->aggregate + 1;

		m->value = SPI_getbinval(tuple, desc, column, &m->value_isnull);
		m->value_type = SPI_gettypeid(desc, column);
	}
	if (m->nprobes > 0)
		m->result->rows_checked = found[0].rows;
	m->finish(m, found);
}

void
dm_scan_run(DmScanPlan *plan)
{
	int nestlevel = NewGUCNestLevel();
	DmFound **found;
	ListCell *lc;

	if (plan->transition == NULL && dm_scan_has_keys(plan) &&
		estimated_rows(plan->relid) > MAX_PARALLEL_KEYS)
		(void) set_config_option("max_parallel_workers_per_gather", "0", PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	dm_statement(statement(plan));
	AtEOXact_GUC(false, nestlevel);
	found = palloc(list_length(plan->programs) * sizeof(DmFound *));
	foreach(lc, plan->programs)
	{
		int n = foreach_current_index(lc);

		found[n] = read_program(lfirst(lc), SPI_tuptable->vals[0], SPI_tuptable->tupdesc, n + 1);
	}
	foreach(lc, plan->measurings)
	{
		DmMeasuring *m = lfirst(lc);

		finish(m, found[m->program] + m->first_probe, SPI_tuptable->vals[0],
			   SPI_tuptable->tupdesc);
	}
}
