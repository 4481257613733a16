/*
 * rule_rename.c
 *		Rules follow when a column is renamed.
 *
 * An expression is read before the command, with the old name, and written after it: what is in
 * between are numbers of columns.  It is written anew only if it speaks of the column.  Conditions
 * over two rows (metric "denial") stay as they are.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/namespace.h"
#include "catalog/pg_inherits.h"
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

#include "base/attempt.h"
#include "base/json.h"
#include "quality/rowexpr.h"
#include "quality/rule.h"
#include "quality/rule_rename.h"

/* A rule of the relation, or of one that inherits its columns, as it was before. */
typedef struct Renamed
{
	DmRule *rule;
	Node *expression; /* NULL for none, and for what cannot be read */
	Node *filter;
} Renamed;

/* A rule's text that may be broken already. */
typedef struct Reading
{
	Oid relid;
	const char *text;
	Node *result;
} Reading;

static void
read_expression(void *arg)
{
	Reading *reading = arg;

	reading->result = dm_row_expression(reading->relid, reading->text, "the expression");
}

static Node *
expression_of(Oid relid, const char *text)
{
	Reading reading = { relid, text, NULL };

	if (text == NULL || dm_attempt(read_expression, &reading) != NULL)
		return NULL;
	return reading.result;
}

static bool
renames_column(DmCommand *command)
{
	RenameStmt *stmt = (RenameStmt *) command->parsetree;

	return IsA(stmt, RenameStmt) && stmt->renameType == OBJECT_COLUMN && stmt->relation != NULL;
}

static const char *
expression_text(const DmRule *rule)
{
	const DmArgument *argument = dm_metric_argument(rule->metric, "expression");

	return argument == NULL || argument->type != DM_ARG_EXPRESSION ?
			   NULL :
			   dm_rule_text(rule, "expression");
}

void
dm_rules_before_rename(DmCommand *command)
{
	MemoryContext old;
	Oid relid;
	ListCell *lr;
	ListCell *lc;

	if (!renames_column(command))
		return;
	relid = RangeVarGetRelid(((RenameStmt *) command->parsetree)->relation, NoLock, true);
	if (!OidIsValid(relid))
		return;
	old = MemoryContextSwitchTo(command->context);
	foreach(lr, find_all_inheritors(relid, NoLock, NULL))
		foreach(lc, dm_rule_list(lfirst_oid(lr)))
		{
			Renamed *renamed = palloc0(sizeof(Renamed));

			renamed->rule = lfirst(lc);
			renamed->expression = expression_of(lfirst_oid(lr), expression_text(renamed->rule));
			renamed->filter = expression_of(lfirst_oid(lr), renamed->rule->filter);
			command->renamed = lappend(command->renamed, renamed);
		}
	MemoryContextSwitchTo(old);
}

/* The expression with the names of now; NULL if it does not speak of the column. */
static char *
rewritten(Oid relid, Node *expression, const char *column)
{
	Bitmapset *used = NULL;
	AttrNumber attnum = get_attnum(relid, column);

	if (expression == NULL || attnum == InvalidAttrNumber)
		return NULL;
	pull_varattnos(expression, 1, &used);
	if (!bms_is_member(attnum - FirstLowInvalidHeapAttributeNumber, used) &&
		!bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, used))
		return NULL;
	return dm_row_expression_sql(relid, expression);
}

static void
add_columns(DmJsonBuilder *builder, const char *key, JsonbContainer *columns, RenameStmt *stmt)
{
	DmJsonEach each;

	dm_json_begin_array(builder, key);
	dm_json_each(&each, columns);
	while (dm_json_next(&each))
	{
		char *name = dm_json_scalar_text(&each.value);

		dm_json_add_text(builder, NULL, strcmp(name, stmt->subname) == 0 ? stmt->newname : name);
	}
	dm_json_end_array(builder);
}

/* The arguments with the new name, and with the expression, unless that is NULL. */
static Jsonb *
new_arguments(const DmRule *rule, RenameStmt *stmt, const char *expression)
{
	DmJsonBuilder builder = { 0 };
	DmJsonEach each;

	dm_json_begin_object(&builder, NULL);
	dm_json_each(&each, &rule->arguments->root);
	while (dm_json_next(&each))
	{
		const DmArgument *argument = dm_metric_argument(rule->metric, each.key);
		DmArgumentType type = argument == NULL ? DM_ARG_TEXT : argument->type;
		JsonbContainer *array = dm_json_as_array(&each.value);

		if (type == DM_ARG_EXPRESSION && expression != NULL)
			dm_json_add_text(&builder, each.key, expression);
		else if (type == DM_ARG_COLUMNS && array != NULL)
			add_columns(&builder, each.key, array, stmt);
		else if ((type == DM_ARG_COLUMN || type == DM_ARG_COLUMNS) &&
				 each.value.type == jbvString &&
				 strcmp(dm_json_scalar_text(&each.value), stmt->subname) == 0)
			dm_json_add_text(&builder, each.key, stmt->newname);
		else
			dm_json_add_value(&builder, each.key, &each.value);
	}
	dm_json_end_object(&builder);
	return dm_json_done(&builder);
}

static void
follow(Renamed *renamed, RenameStmt *stmt)
{
	DmRule *rule = renamed->rule;
	char *expression = rewritten(rule->relid, renamed->expression, stmt->newname);
	char *filter = rewritten(rule->relid, renamed->filter, stmt->newname);
	DmRow row;

	dm_row_init(&row);
	if (rule->column != NULL && strcmp(rule->column, stmt->subname) == 0)
		dm_row_set_text(&row, Anum_dm_quality_rule_column_name, stmt->newname);
	if (filter != NULL)
		dm_row_set_text(&row, Anum_dm_quality_rule_filter, filter);
	dm_row_set(&row, Anum_dm_quality_rule_arguments,
			   JsonbPGetDatum(new_arguments(rule, stmt, expression)));
	dm_rule_update(rule->id, &row);
}

void
dm_rules_after_rename(DmCommand *command)
{
	ListCell *lc;

	if (!renames_column(command))
		return;
	foreach(lc, command->renamed)
		follow(lfirst(lc), (RenameStmt *) command->parsetree);
	command->renamed = NIL;
}
