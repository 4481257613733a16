/*
 * propose.c
 *		dm_propose_rules: quality rules that the rows of a relation suggest.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "base/args.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "base/words.h"
#include "catalog/table.h"
#include "quality/propose.h"
#include "quality/rule_api.h"
#include "quality/rule_check.h"

PG_FUNCTION_INFO_V1(dm_propose_rules);

#define COLUMNS 10

/* A name of at most 63 bytes that no other rule of the relation has. */
static char *
rule_name(DmProposal *proposal, List *taken)
{
	char *base = dm_slug(proposal->column != NULL ?
							 psprintf("%s_%s", proposal->column, proposal->suffix) :
							 proposal->suffix);
	char *name;

	/* a column's name may have no letter of the Latin alphabet */
	if (base == NULL)
		base = pstrdup("rule");
	if (strlen(base) > NAMEDATALEN - 8)
		base[NAMEDATALEN - 8] = '\0';
	name = base;
	for (int i = 2; dm_string_member(taken, name); i++)
		name = psprintf("%s_%d", base, i);
	return name;
}

/* Is there such a rule already, whatever it is called? */
static bool
is_there(DmProposal *proposal, Jsonb *arguments, List *rules)
{
	ListCell *lc;

	foreach(lc, rules)
	{
		DmRule *rule = lfirst(lc);

		if (strcmp(rule->metric->name, proposal->metric) != 0)
			continue;
		if (proposal->column != NULL ?
				rule->column != NULL && strcmp(rule->column, proposal->column) == 0 :
				compareJsonbContainers(&rule->arguments->root, &arguments->root) == 0)
			return true;
	}
	return false;
}

/* The statement that adds the rule, which can be run as it is. */
static char *
call_text(DmMined *mined, DmProposal *proposal, const char *name)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "SELECT %s.dm_add_rule(%s, %s, %s", dm_schema_sql(dm_api_schema()),
					 quote_literal_cstr(dm_relation_sql(mined->relid)), quote_literal_cstr(name),
					 quote_literal_cstr(proposal->metric));
	if (proposal->column != NULL)
		appendStringInfo(&buf, ", \"column\" => %s", quote_literal_cstr(proposal->column));
	if (strcmp(proposal->arguments, "{}") != 0)
		appendStringInfo(&buf, ", arguments => %s", quote_literal_cstr(proposal->arguments));
	appendStringInfoString(&buf, ");");
	return buf.data;
}

/* What is proposed can be added: it goes through the same check. */
static void
check(DmMined *mined, DmProposal *proposal, Jsonb *arguments, const DmMetric *metric, char *name)
{
	DmRule rule = {
		.name = name,
		.relid = mined->relid,
		.column = proposal->column,
		.metric = metric,
		.arguments = arguments,
		.must = dm_must_parse(metric->must),
		.severity = DM_SEVERITY_ERROR,
		.mode = DM_MODE_OBSERVE,
		.source = DM_SOURCE_ADDED,
		.author = GetUserId(),
	};

	dm_rule_check(&rule);
}

static void
put_proposal(ReturnSetInfo *rsinfo, DmMined *mined, DmProposal *proposal, Jsonb *arguments,
			 char *name)
{
	const DmMetric *metric = dm_metric_get(proposal->metric, false);
	Datum values[COLUMNS] = { 0 };
	bool nulls[COLUMNS] = { false };

	check(mined, proposal, arguments, metric, name);
	values[0] = CStringGetTextDatum(name);
	values[1] = CStringGetTextDatum(proposal->metric);
	nulls[2] = proposal->column == NULL;
	if (!nulls[2])
		values[2] = CStringGetTextDatum(proposal->column);
	values[3] = JsonbPGetDatum(arguments);
	values[4] = CStringGetTextDatum(metric->must);
	values[5] = CStringGetTextDatum("rows");
	values[6] = Int64GetDatum(proposal->support);
	values[7] = Float8GetDatum(proposal->confidence);
	values[8] = BoolGetDatum(mined->complete);
	values[9] = CStringGetTextDatum(call_text(mined, proposal, name));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static int
cmp_proposals(const ListCell *a, const ListCell *b)
{
	const DmProposal *left = lfirst(a);
	const DmProposal *right = lfirst(b);
	int result = strcmp(left->column ? left->column : "", right->column ? right->column : "");

	if (result == 0)
		result = strcmp(left->metric, right->metric);
	return result != 0 ? result : strcmp(left->arguments, right->arguments);
}

static void
return_proposals(ReturnSetInfo *rsinfo, DmMined *mined)
{
	List *rules = dm_rule_list(mined->relid);
	List *taken = NIL;
	ListCell *lc;

	foreach(lc, rules)
		taken = lappend(taken, ((DmRule *) lfirst(lc))->name);
	list_sort(mined->proposals, cmp_proposals);
	foreach(lc, mined->proposals)
	{
		DmProposal *proposal = lfirst(lc);
		Jsonb *arguments = DatumGetJsonbP(DirectFunctionCall1(
			jsonb_in, CStringGetDatum(proposal->arguments)));
		char *name;

		if (is_there(proposal, arguments, rules))
			continue;
		name = rule_name(proposal, taken);
		taken = lappend(taken, name);
		put_proposal(rsinfo, mined, proposal, arguments, name);
	}
}

static int32
arg_rows(FunctionCallInfo fcinfo, int n)
{
	int32 result = PG_ARGISNULL(n) ? 0 : PG_GETARG_INT32(n);

	if (result < DM_MINED_SUPPORT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"sample_rows\" must be at least %d", DM_MINED_SUPPORT)));
	return result;
}

static double
arg_confidence(FunctionCallInfo fcinfo, int n)
{
	double result = PG_ARGISNULL(n) ? 0 : PG_GETARG_FLOAT8(n);

	if (!(result > 0.5 && result <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"confidence\" must be greater than 0.5, and at most 1")));
	return result;
}

Datum
dm_propose_rules(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	int32 max_rows = arg_rows(fcinfo, 1);
	double confidence = arg_confidence(fcinfo, 2);
	int32 seed = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT32(3);
	MemoryContext cxt;
	MemoryContext old;
	DmMined *mined;

	dm_rule_check_kind(relid);
	InitMaterializedSRF(fcinfo, 0);
	cxt = AllocSetContextCreate(CurrentMemoryContext, "datamesh rules mined",
								ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(cxt);
	mined = dm_mine_read(relid, max_rows, seed);
	mined->confidence = confidence;
	if (mined->nrows >= DM_MINED_SUPPORT)
	{
		dm_mine_columns(mined);
		dm_mine_shapes(mined);
		dm_mine_keys(mined);
		dm_mine_dependencies(mined);
		dm_mine_references(mined);
	}
	return_proposals((ReturnSetInfo *) fcinfo->resultinfo, mined);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
	PG_RETURN_NULL();
}
