/*
 * denial.c
 *		Denial constraints: no two rows of one key for which a condition holds.
 *
 * A condition that compares the same columns of both rows is counted by key, without a join: rows
 * are grouped by the key and the columns compared, by the server's aggregation that spills to disk,
 * and the kinds of rows of each key are counted by rowpairs.c.  Equalities in the condition become
 * columns of the key.  Other conditions take a semi-join in either direction.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "commands/defrem.h"
#include "executor/spi.h"
#include "nodes/nodeFuncs.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "base/json.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "catalog/column.h"
#include "catalog/relation.h"
#include "compat/pg_compat.h"
#include "quality/measure_part.h"
#include "quality/rowexpr.h"
#include "quality/rowpairs.h"

#define GROUP_BY " GROUP BY "

typedef struct Denial
{
	DmMeasuring *m;
	char *condition;
	List *key;		/* char *: columns that are equal */
	List *compared; /* char *: columns that are compared otherwise */
	List *ops;
} Denial;

/* --- the condition --- */

static Var *
plain_column(Node *node)
{
	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return IsA(node, Var) && ((Var *) node)->varattno > 0 && ((Var *) node)->varlevelsup == 0 ?
			   (Var *) node :
			   NULL;
}

/* What the operator means to the order of the type; 0 if it is none of that order's. */
static int
strategy_of(OpExpr *op, Oid typid)
{
	Oid opclass = GetDefaultOpClass(getBaseType(typid), BTREE_AM_OID);
	ListCell *lc;

	if (!OidIsValid(opclass))
		return 0;
	foreach(lc, dm_operator_meanings(op->opno))
	{
		DmOperatorMeaning *meaning = lfirst(lc);

		if (meaning->opfamily_id == get_opclass_family(opclass))
			return dm_meaning_strategy(meaning);
	}
	return 0;
}

/* Takes a comparison of a column with itself in the other row; false for anything else. */
static bool
take_comparison(Denial *denial, Node *node)
{
	OpExpr *op = (OpExpr *) node;
	Var *left;
	Var *right;
	int strategy;
	char *column;

	if (!IsA(node, OpExpr) || list_length(op->args) != 2)
		return false;
	left = plain_column(linitial(op->args));
	right = plain_column(lsecond(op->args));
	if (left == NULL || right == NULL || left->varno == right->varno ||
		left->varattno != right->varattno)
		return false;
	strategy = strategy_of(op, left->vartype);
	if (strategy == 0 || (op->inputcollid != InvalidOid && op->inputcollid != left->varcollid))
		return false;
	/* t2.a < t1.a */
	if (left->varno == 2 && strategy != DM_PAIR_DIFFERS)
		strategy = BTMaxStrategyNumber + 1 - strategy;
	column = get_attname(denial->m->relid, left->varattno, false);
	if (strategy == BTEqualStrategyNumber)
		denial->key = dm_string_append_unique(denial->key, column);
	else
	{
		denial->compared = lappend(denial->compared, column);
		denial->ops = lappend_int(denial->ops, strategy);
	}
	return true;
}

static bool
take_condition(Denial *denial, Node *node)
{
	ListCell *lc;

	if (!is_andclause(node))
		return take_comparison(denial, node);
	foreach(lc, ((BoolExpr *) node)->args)
		if (!take_condition(denial, lfirst(lc)))
			return false;
	return true;
}

/* --- by key --- */

/*
 * "separator column suffix AS prefix0 ...", or with their names in a subquery alone.  What begins
 * a clause is written once, and commas follow.
 */
static void
append_columns(StringInfo sql, Denial *denial, List *columns, const char *prefix, bool named,
			   const char *suffix, const char *separator)
{
	bool clause = strcmp(separator, GROUP_BY) == 0;
	ListCell *lc;

	foreach(lc, columns)
	{
		appendStringInfoString(sql, clause && foreach_current_index(lc) > 0 ? ", " : separator);
		if (named)
			appendStringInfo(sql, "%s%d", prefix, foreach_current_index(lc));
		else
			appendStringInfo(sql, "%s%s", dm_measured_column_sql(denial->m->relid, lfirst(lc)),
							 suffix);
		if (!named && prefix[0] != '\0')
			appendStringInfo(sql, " AS %s%d", prefix, foreach_current_index(lc));
	}
}

static void
append_program(StringInfo sql, Denial *denial)
{
	ListCell *lc;

	appendStringInfoString(sql, "'{\"operators\": [");
	foreach(lc, denial->ops)
		appendStringInfo(sql, "%s%d", foreach_current_index(lc) > 0 ? ", " : "", lfirst_int(lc));
	appendStringInfoString(sql, "], \"collations\": [");
	foreach(lc, denial->compared)
	{
		DmScanType type;

		dm_measured_column_type(denial->m->relid, lfirst(lc), &type);
		appendStringInfo(sql, "%s%u", foreach_current_index(lc) > 0 ? ", " : "", type.collation);
	}
	appendStringInfoString(sql, "]}'::pg_catalog.jsonb");
}

/* Kinds of rows: the key, the columns compared, how many there are, and where the first are. */
static void
append_kinds(StringInfo sql, Denial *denial)
{
	DmMeasuring *m = denial->m;
	bool positions = m->options->sample_rows > 0 && dm_rows_have_positions(m->relid);
	const char *filter = m->filter != NULL ? m->filter : "true";

	appendStringInfo(sql, "SELECT pg_catalog.count(*) AS n, datamesh.first_rows(%d, %s) AS rows",
					 positions ? m->options->sample_rows : 0,
					 positions ? "tableoid, ctid" : "NULL, NULL");
	append_columns(sql, denial, denial->key, "k", false, "", ", ");
	append_columns(sql, denial, denial->compared, "c", false, "", ", ");
	appendStringInfo(sql, " FROM %s WHERE (%s\n)", dm_relation_sql(m->relid), filter);
	append_columns(sql, denial, denial->key, "", false, " IS NOT NULL", " AND ");
	append_columns(sql, denial, denial->compared, "", false, " IS NOT NULL", " AND ");
	append_columns(sql, denial, list_concat_copy(denial->key, denial->compared), "", false, "",
				   GROUP_BY);
}

static char *
by_key_sql(Denial *denial)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT datamesh.denied_total(found) FROM "
								 "(SELECT datamesh.denied(");
	append_program(&sql, denial);
	appendStringInfoString(&sql, ", n, rows");
	append_columns(&sql, denial, denial->compared, "c", true, "", ", ");
	appendStringInfoString(&sql, ") AS found FROM (");
	append_kinds(&sql, denial);
	appendStringInfoString(&sql, ") AS kinds");
	append_columns(&sql, denial, denial->key, "k", true, "", GROUP_BY);
	appendStringInfoString(&sql, ") AS keys");
	return sql.data;
}

static void
measure_by_key(Denial *denial)
{
	DmMeasuring *m = denial->m;
	char *sql = by_key_sql(denial);
	JsonbContainer *found;
	int64 counts[3] = { 0, 0, 0 };
	static const char *const names[] = { "checked", "pairs", "rows" };
	Datum value;
	bool isnull;

	dm_statement(sql);
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (!isnull)
	{
		found = &DatumGetJsonbP(value)->root;
		for (int i = 0; i < lengthof(counts); i++)
			counts[i] = strtoll(dm_json_text(found, names[i]), NULL, 10);
		m->positions = dm_row_sample_list(found);
	}
	dm_measured_rows(m, counts[2], counts[2], counts[0]);
	m->result->detail = psprintf(INT64_FORMAT " pairs of rows", counts[1]);
}

/* --- by a join --- */

/* The rows that are one of a pair: t1 of it, or t2. */
static char *
one_of_pair_sql(Denial *denial, const char *one, const char *other)
{
	DmMeasuring *m = denial->m;
	const char *relation = dm_relation_sql(m->relid);
	const char *filter = m->filter != NULL ? m->filter : "true";
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	appendStringInfo(&sql,
					 "SELECT %s.tableoid AS t, %s.ctid AS c FROM "
					 "(SELECT tableoid, ctid, * FROM %s WHERE %s\n) AS %s WHERE EXISTS (SELECT FROM "
					 "(SELECT tableoid, ctid, * FROM %s WHERE %s\n) AS %s "
					 "WHERE (t1.tableoid <> t2.tableoid OR t1.ctid <> t2.ctid)",
					 one, one, relation, filter, one, relation, filter, other);
	foreach(lc, denial->key)
	{
		char *column = dm_measured_column_sql(m->relid, lfirst(lc));
		Oid type = get_atttype(m->relid, dm_column_find(m->relid, lfirst(lc)));

		appendStringInfo(&sql, " AND %s",
						 dm_equality_sql(type, psprintf("t1.%s", column), type,
										 psprintf("t2.%s", column)));
	}
	appendStringInfo(&sql, " AND (%s\n))", denial->condition);
	return sql.data;
}

static void
measure_by_join(Denial *denial)
{
	DmMeasuring *m = denial->m;
	char *rows;
	int64 *counts;

	if (!dm_rows_have_positions(m->relid))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("rows of %s cannot be told from each other", dm_relation_sql(m->relid)),
				 errdetail("The condition compares different columns of two rows.")));
	rows = psprintf("%s UNION %s", one_of_pair_sql(denial, "t1", "t2"),
					one_of_pair_sql(denial, "t2", "t1"));
	counts = dm_statement_counts(
		2, psprintf("SELECT (SELECT pg_catalog.count(*) FROM %s WHERE %s\n), "
					"(SELECT pg_catalog.count(*) FROM (%s) AS rows)",
					dm_relation_sql(m->relid), m->filter != NULL ? m->filter : "true", rows));
	dm_measured_rows(m, counts[1], counts[1], counts[0]);
	if (counts[1] > 0 && m->options->sample_rows > 0)
		m->positions = dm_statement_positions(psprintf("SELECT t, c FROM (%s) AS rows "
													   "ORDER BY t, c LIMIT %d",
													   rows, m->options->sample_rows));
}

static void
measure_denial(DmMeasuring *m)
{
	Denial denial = { m, dm_rule_text(m->rule, "condition"), dm_rule_texts(m->rule, "key") };
	List *given = list_copy(denial.key);
	Node *condition = dm_pair_expression(m->relid, denial.condition, "argument \"condition\"");
	int nestlevel;

	dm_refuse_planted(condition, m->relid, dm_relation_owner(m->relid));
	if (take_condition(&denial, condition))
	{
		/* any two rows of a key: what always holds between them stands for the comparison */
		if (denial.compared == NIL)
		{
			denial.compared = list_make1(linitial(denial.key));
			denial.ops = list_make1_int(DM_PAIR_AT_MOST);
		}
		measure_by_key(&denial);
		return;
	}
	denial.key = given;
	nestlevel = NewGUCNestLevel();
	/* where the names of the condition have been looked up */
	(void) set_config_option("search_path", dm_rule_search_path(m->relid), PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	measure_by_join(&denial);
	AtEOXact_GUC(false, nestlevel);
}

static const DmMeasurer denial_measurer = { "denial", NULL, measure_denial, NULL,
											dm_measure_written_pairs };

const DmMeasurer *
dm_denial_measurer(const char *metric)
{
	return strcmp(metric, denial_measurer.metric) == 0 ? &denial_measurer : NULL;
}
