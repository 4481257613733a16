/*
 * describe_check.c
 *		CHECK constraints, of a relation and of the domains of its columns.
 *
 * A constraint that says no more than options of properties can becomes these
 * options (describe_fact.c).  Any other one becomes a quality rule that counts
 * the rows which break it.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "nodes/bitmapset.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "compat/pg_compat.h"
#include "conform/described.h"

/* One CHECK constraint. */
typedef struct Check
{
	Oid oid;
	char *name;
	Node *condition;
	bool validated;
} Check;

/* Those of a relation or of a domain, by name. */
static List *
read_checks(AttrNumber attno, Oid owner, Oid index)
{
	Relation rel = table_open(ConstraintRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	List *result = NIL;

	ScanKeyInit(&key, attno, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(owner));
	scan = systable_beginscan(rel, index, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
		Check *check;
		Datum condition;
		bool isnull;

		if (form->contype != CONSTRAINT_CHECK)
			continue;
		condition = heap_getattr(tuple, Anum_pg_constraint_conbin, RelationGetDescr(rel), &isnull);
		if (isnull)
			elog(ERROR, "null conbin for constraint %u", form->oid);
		check = palloc(sizeof(Check));
		check->oid = form->oid;
		check->name = pstrdup(NameStr(form->conname));
		check->condition = stringToNode(TextDatumGetCString(condition));
		check->validated = form->convalidated;
		result = lappend(result, check);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

static int
cmp_checks(const ListCell *a, const ListCell *b)
{
	return strcmp(((Check *) lfirst(a))->name, ((Check *) lfirst(b))->name);
}

/*
 * Whether a condition can be written about the columns that are shown; *only is the one that it
 * is about, NULL for several.
 */
static bool
is_about_shown(DmDescribed *object, Node *condition, DmDescribedColumn **only)
{
	Bitmapset *attnums = NULL;
	int count = 0;

	*only = NULL;
	pull_varattnos(condition, 1, &attnums);
	for (int i = -1; (i = bms_next_member(attnums, i)) >= 0; count++)
	{
		AttrNumber attnum = i + FirstLowInvalidHeapAttributeNumber;

		/* neither system columns nor the row as a whole */
		*only = attnum <= 0 ? NULL : dm_described_column(object, attnum);
		if (*only == NULL)
			return false;
	}
	if (count != 1)
		*only = NULL;
	return true;
}

static char *
condition_text(Oid relid, Node *condition)
{
	List *context = deparse_context_for(get_rel_name(relid), relid);

	return deparse_expression(condition, context, false, false);
}

void
dm_describe_condition(DmDescribed *object, const char *name, Node *condition, bool for_old_rows)
{
	DmDescribedColumn *only;
	DmDescribedRule *rule;

	if (!is_about_shown(object, condition, &only))
		return;
	rule = palloc0(sizeof(DmDescribedRule));
	rule->name = pstrdup(name);
	rule->query = psprintf("SELECT count(*) FROM {object} WHERE NOT (%s)",
						   condition_text(object->relid, condition));
	rule->dimension = "conformity";
	rule->for_old_rows = for_old_rows;
	if (only != NULL)
		only->rules = lappend(only->rules, rule);
	else
		object->rules = lappend(object->rules, rule);
}

static void
describe_relation_checks(DmDescribed *object)
{
	List *checks = read_checks(Anum_pg_constraint_conrelid, object->relid,
							   ConstraintRelidTypidNameIndexId);
	ListCell *lc;

	list_sort(checks, cmp_checks);
	foreach(lc, checks)
	{
		Check *check = lfirst(lc);
		List *facts = check->validated ? dm_facts_read(object, NULL, check->condition) : NIL;

		if (facts == NIL || !dm_facts_apply(facts, check->name))
			dm_describe_condition(object, check->name, check->condition, check->validated);
	}
}

/* The column in place of a domain's VALUE. */
static Node *
replace_value(Node *node, void *context)
{
	DmDescribedColumn *column = context;
	CoerceToDomainValue *value = (CoerceToDomainValue *) node;

	if (node == NULL)
		return NULL;
	if (IsA(node, CoerceToDomainValue))
		return (Node *) makeVar(1, column->attnum, value->typeId, value->typeMod, value->collation,
								0);
	return expression_tree_mutator(node, replace_value, context);
}

/* What the domain of a column promises, and the domains below it. */
static void
describe_domain(DmDescribed *object, DmDescribedColumn *column)
{
	Oid typid = column->typid;

	while (get_typtype(typid) == TYPTYPE_DOMAIN)
	{
		HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
		Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);
		List *checks = read_checks(Anum_pg_constraint_contypid, typid, ConstraintTypidIndexId);
		ListCell *lc;

		list_sort(checks, cmp_checks);
		foreach(lc, checks)
		{
			Check *check = lfirst(lc);
			List *facts =
				check->validated ? dm_facts_read(object, column, check->condition) : NIL;

			if (facts == NIL || !dm_facts_apply(facts, check->name))
				dm_describe_condition(object, check->name, replace_value(check->condition, column),
									  check->validated);
		}
		column->required |= form->typnotnull;
		typid = form->typbasetype;
		ReleaseSysCache(tuple);
	}
}

void
dm_describe_checks(DmDescribed *object, Relation rel)
{
	ListCell *lc;

	foreach(lc, object->columns)
		describe_domain(object, lfirst(lc));
	/* views and materialised views have none */
	describe_relation_checks(object);
}
