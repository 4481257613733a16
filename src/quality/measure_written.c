/*
 * measure_written.c
 *		Metrics that compare the rows of a statement with others of the table.
 *
 * Only pairs are looked at of which one row was just written.  Both are read in a snapshot of this
 * moment: it has what this statement wrote, and what others have committed up to now, whatever the
 * isolation level.  Who writes to the table next waits for the end of this transaction
 * (guard_check.c has taken the lock), so that no two sessions can each write half of a pair.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "base/sqlname.h"
#include "catalog/column.h"
#include "quality/measure_part.h"
#include "quality/rowexpr.h"

/* The statement's rows, or all of the table, that the rule is about and that have a value. */
static char *
rows_sql(const DmMeasuring *m, bool written)
{
	StringInfoData sql;

	initStringInfo(&sql);
	/* the condition may call the relation by its name */
	appendStringInfo(&sql, "(SELECT * FROM %s AS %s WHERE (%s\n)",
					 written ? DM_TRANSITION_TABLE : dm_relation_sql(m->options->whole),
					 quote_identifier(get_rel_name(m->relid)),
					 m->filter != NULL ? m->filter : "true");
	if (m->rule->column != NULL)
		appendStringInfo(&sql, " AND %s IS NOT NULL",
						 dm_measured_column_sql(m->relid, m->rule->column));
	appendStringInfoChar(&sql, ')');
	return sql.data;
}

/*
 * Row security that is forced upon the owner would hide rows, and let pairs with these in: it is
 * not forced here, as for foreign keys.  No row is shown to anybody.
 */
static void
count_failing(DmMeasuring *m, const char *failing)
{
	Oid userid;
	int sec_context;
	int64 *counts;

	GetUserIdAndSecContext(&userid, &sec_context);
	SetUserIdAndSecContext(userid, sec_context | SECURITY_NOFORCE_RLS);
	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	counts = dm_statement_counts(2, psprintf("SELECT (SELECT pg_catalog.count(*) FROM %s AS rows), "
											 "(SELECT pg_catalog.count(*) FROM %s)",
											 rows_sql(m, true), failing));
	PopActiveSnapshot();
	SetUserIdAndSecContext(userid, sec_context);
	dm_measured_rows(m, counts[1], counts[1], counts[0]);
}

/* --- denial constraints --- */

static char *
equal_sql(Oid relid, List *columns)
{
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	foreach(lc, columns)
	{
		char *column = dm_measured_column_sql(relid, lfirst(lc));
		Oid type = get_atttype(relid, dm_column_find(relid, lfirst(lc)));

		appendStringInfo(&sql, "%st1.%s %s t2.%s", foreach_current_index(lc) > 0 ? " AND " : "",
						 column, dm_equality_sql(type, type), column);
	}
	return sql.data;
}

/* The keys of written rows that are one of a pair: as t1, or as t2. */
static char *
written_pairs_sql(DmMeasuring *m, List *primary_key, bool first)
{
	List *key = dm_rule_texts(m->rule, "key");
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	foreach(lc, primary_key)
		appendStringInfo(&sql, "%s%s.%s", foreach_current_index(lc) > 0 ? ", " : "",
						 first ? "t1" : "t2", dm_measured_column_sql(m->relid, lfirst(lc)));
	appendStringInfo(&sql, " FROM %s AS t1, %s AS t2 WHERE NOT (%s)", rows_sql(m, first),
					 rows_sql(m, !first), equal_sql(m->relid, primary_key));
	if (key != NIL)
		appendStringInfo(&sql, " AND %s", equal_sql(m->relid, key));
	appendStringInfo(&sql, " AND (%s\n)", dm_rule_text(m->rule, "condition"));
	return sql.data;
}

void
dm_measure_written_pairs(DmMeasuring *m)
{
	Oid whole = m->options->whole;
	List *primary_key = dm_key_columns(whole);
	Node *condition;
	int nestlevel;

	if (primary_key == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("rows of %s cannot be told from each other", dm_relation_sql(whole)),
				 errdetail("It has no primary key any more.")));
	condition = dm_pair_expression(whole, dm_rule_text(m->rule, "condition"),
								   "argument \"condition\"");
	dm_refuse_planted(condition, whole, m->options->role);
	nestlevel = NewGUCNestLevel();
	/* where the names of the condition have been looked up */
	(void) set_config_option("search_path", dm_rule_search_path(whole), PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	count_failing(m, psprintf("(%s UNION %s) AS failing", written_pairs_sql(m, primary_key, true),
							  written_pairs_sql(m, primary_key, false)));
	AtEOXact_GUC(true, nestlevel);
}

/* --- rows in an order --- */

static char *
by_sql(const DmMeasuring *m, const char *alias, const char *suffix)
{
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	foreach(lc, dm_rule_texts(m->rule, "by"))
		appendStringInfo(&sql, "%s%s.%s%s", foreach_current_index(lc) > 0 ? ", " : "", alias,
						 dm_measured_column_sql(m->relid, lfirst(lc)), suffix);
	return sql.data;
}

/*
 * A written row must follow the one that is before it in the table, and the one behind it must
 * follow it.  Rows at the same place in the order have none between them; of those at the place
 * before, or behind, all must, and so the one is taken that is the farthest from doing so.
 */
void
dm_measure_written_order(DmMeasuring *m)
{
	bool strict = dm_rule_truth(m->rule, "strict");
	bool increasing = strcmp(m->rule->metric->name, "increasing") == 0;
	const char *wrong = increasing ? (strict ? ">=" : ">") : (strict ? "<=" : "<");
	const char *farthest_before = increasing ? " DESC" : "";
	const char *farthest_behind = increasing ? "" : " DESC";
	char *column = dm_measured_column_sql(m->relid, m->rule->column);
	char *place = by_sql(m, "n", "");
	char *other = by_sql(m, "t", "");

	count_failing(
		m, psprintf("%s AS n WHERE (SELECT t.%s %s n.%s FROM %s AS t WHERE ROW(%s) < ROW(%s) "
					"ORDER BY %s, t.%s%s LIMIT 1) OR (SELECT n.%s %s t.%s FROM %s AS t "
					"WHERE ROW(%s) > ROW(%s) ORDER BY %s, t.%s%s LIMIT 1)",
					rows_sql(m, true), column, wrong, column, rows_sql(m, false), other, place,
					by_sql(m, "t", " DESC"), column, farthest_before, column, wrong, column,
					rows_sql(m, false), other, place, other, column, farthest_behind));
}
