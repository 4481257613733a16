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

/*
 * The statement's rows, or all of the table, that the rule is about, and that have a value and a
 * place.
 */
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
	appendStringInfo(&sql, "%s)", dm_placed_sql(m->relid, dm_rule_texts(m->rule, "by")));
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

		appendStringInfo(&sql, "%s%s", foreach_current_index(lc) > 0 ? " AND " : "",
						 dm_equality_sql(type, psprintf("t1.%s", column), type,
										 psprintf("t2.%s", column)));
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

static Oid
type_of(const DmMeasuring *m, const char *column)
{
	return get_atttype(m->relid, dm_column_find(m->relid, column));
}

static char *
by_sql(const DmMeasuring *m, const char *suffix)
{
	StringInfoData sql;
	ListCell *lc;

	initStringInfo(&sql);
	foreach(lc, dm_rule_texts(m->rule, "by"))
		appendStringInfo(&sql, "t.%s%s, ", dm_measured_column_sql(m->relid, lfirst(lc)), suffix);
	return sql.data;
}

/* That the other row, t, lies before the written one, n, or behind it. */
static char *
lies_sql(const DmMeasuring *m, bool before)
{
	List *types = NIL;
	List *other = NIL;
	List *written = NIL;
	ListCell *lc;

	foreach(lc, dm_rule_texts(m->rule, "by"))
	{
		char *column = dm_measured_column_sql(m->relid, lfirst(lc));

		types = lappend_oid(types, type_of(m, lfirst(lc)));
		other = lappend(other, psprintf("t.%s", column));
		written = lappend(written, psprintf("n.%s", column));
	}
	return dm_row_comparison_sql(types, other, written, before);
}

/* The neighbour's row and the written one are compared in the order in which they lie. */
static char *
wrong_sql(const DmMeasuring *m, const char *first, const char *second)
{
	char *column = dm_measured_column_sql(m->relid, m->rule->column);

	return dm_comparison_sql(type_of(m, m->rule->column), psprintf("%s.%s", first, column),
							 dm_wrong_order(m->rule), psprintf("%s.%s", second, column));
}

/*
 * A written row must follow the one that is before it in the table, and the one behind it must
 * follow it.  Rows at the same place in the order have none between them; of those at the place
 * before, or behind, all must, and so the one is taken that is the farthest from doing so.
 */
void
dm_measure_written_order(DmMeasuring *m)
{
	bool increasing = strcmp(m->rule->metric->name, "increasing") == 0;
	char *column = dm_measured_column_sql(m->relid, m->rule->column);
	char *rows = rows_sql(m, false);

	count_failing(m, psprintf("%s AS n WHERE (SELECT %s FROM %s AS t WHERE %s "
							  "ORDER BY %st.%s%s LIMIT 1) OR (SELECT %s FROM %s AS t WHERE %s "
							  "ORDER BY %st.%s%s LIMIT 1)",
							  rows_sql(m, true), wrong_sql(m, "t", "n"), rows, lies_sql(m, true),
							  by_sql(m, " DESC"), column, increasing ? " DESC" : "",
							  wrong_sql(m, "n", "t"), rows, lies_sql(m, false), by_sql(m, ""),
							  column, increasing ? "" : " DESC"));
}
