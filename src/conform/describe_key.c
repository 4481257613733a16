/*
 * describe_key.c
 *		Primary keys, unique indexes, foreign keys and partitioning of a relation.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "nodes/bitmapset.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "compat/pg_compat.h"
#include "conform/described.h"

/* --- unique indexes --- */

static void
mark_primary_key(DmDescribed *object, Form_pg_index index)
{
	for (int i = 0; i < index->indnkeyatts; i++)
		if (dm_described_column(object, index->indkey.values[i]) == NULL)
			return; /* a part of a key is no key */
	for (int i = 0; i < index->indnkeyatts; i++)
		dm_described_column(object, index->indkey.values[i])->key_position = i + 1;
}

static char *
expression_sql(Oid relid, Node *expr)
{
	return deparse_expression(expr, deparse_context_for(get_rel_name(relid), relid), false, false);
}

/*
 * What an index keeps unique, as SQL: columns and expressions.  NIL if it reads what is not
 * shown; *properties and *not_null are set if it is of plain columns, of which none can be null.
 */
static List *
unique_keys(DmDescribed *object, Relation rel, Relation index, List **properties, bool *not_null)
{
	List *exprs = RelationGetIndexExpressions(index);
	List *result = NIL;
	bool plain = true;

	*properties = NIL;
	*not_null = true;
	for (int i = 0; i < index->rd_index->indnkeyatts; i++)
	{
		AttrNumber attnum = index->rd_index->indkey.values[i];
		DmDescribedColumn *column;

		if (attnum == 0)
		{
			Node *expr = linitial(exprs);

			exprs = list_delete_first(exprs);
			result = lappend(result, psprintf("(%s)", expression_sql(RelationGetRelid(rel), expr)));
			plain = false;
			continue;
		}
		column = attnum < 0 ? NULL : dm_described_column(object, attnum);
		if (column == NULL)
			return NIL;
		*not_null &= column->required;
		*properties = lappend(*properties, column->name);
		result = lappend(result, pstrdup(quote_identifier(column->column)));
	}
	*not_null &= plain;
	return result;
}

/* Whether everything that expressions and predicate of an index read is shown. */
static bool
reads_only_shown(DmDescribed *object, Relation index)
{
	Bitmapset *attnums = NULL;

	pull_varattnos((Node *) RelationGetIndexExpressions(index), 1, &attnums);
	pull_varattnos((Node *) RelationGetIndexPredicate(index), 1, &attnums);
	for (int i = -1; (i = bms_next_member(attnums, i)) >= 0;)
	{
		AttrNumber attnum = i + FirstLowInvalidHeapAttributeNumber;

		if (attnum <= 0 || dm_described_column(object, attnum) == NULL)
			return false;
	}
	return true;
}

/*
 * A rule that counts the keys which occur more than once.  As the index has it, keys with a null
 * in them are different, unless it says otherwise; the standard's own metric takes them as equal.
 */
static char *
duplicates_query(DmDescribed *object, Relation index, List *keys)
{
	StringInfoData buf;
	StringInfoData columns;
	const char *word = " WHERE ";
	List *predicate = RelationGetIndexPredicate(index);
	ListCell *lc;

	initStringInfo(&columns);
	foreach(lc, keys)
		appendStringInfo(&columns, "%s%s", columns.len > 0 ? ", " : "", (char *) lfirst(lc));
	initStringInfo(&buf);
	appendStringInfo(&buf, "SELECT count(*) FROM (SELECT 1 FROM {object}");
	if (predicate != NIL)
	{
		appendStringInfo(&buf, "%s(%s)", word,
						 expression_sql(object->relid, (Node *) make_ands_explicit(predicate)));
		word = " AND ";
	}
	if (!index->rd_index->indnullsnotdistinct)
		foreach(lc, keys)
		{
			appendStringInfo(&buf, "%s%s IS NOT NULL", word, (char *) lfirst(lc));
			word = " AND ";
		}
	appendStringInfo(&buf, " GROUP BY %s HAVING count(*) > 1) AS duplicates", columns.data);
	return buf.data;
}

static void
describe_unique(DmDescribed *object, Relation rel, Relation index)
{
	bool whole = RelationGetIndexPredicate(index) == NIL;
	List *properties;
	bool not_null;
	List *keys;
	DmDescribedRule *rule;

	if (!reads_only_shown(object, index))
		return;
	keys = unique_keys(object, rel, index, &properties, &not_null);
	if (keys == NIL)
		return;
	if (whole && list_length(keys) == 1 && list_length(properties) == 1)
	{
		dm_described_column(object, index->rd_index->indkey.values[0])->unique = true;
		return;
	}
	rule = palloc0(sizeof(DmDescribedRule));
	rule->name = pstrdup(RelationGetRelationName(index));
	rule->dimension = "uniqueness";
	rule->for_old_rows = true;
	if (whole && list_length(properties) == list_length(keys) &&
		(not_null || index->rd_index->indnullsnotdistinct))
		rule->unique = properties;
	else
		rule->query = duplicates_query(object, index, keys);
	object->rules = lappend(object->rules, rule);
}

static int
cmp_names(const ListCell *a, const ListCell *b)
{
	return strcmp(RelationGetRelationName((Relation) lfirst(a)),
				  RelationGetRelationName((Relation) lfirst(b)));
}

static void
describe_indexes(DmDescribed *object, Relation rel)
{
	List *indexes = NIL;
	ListCell *lc;

	foreach(lc, RelationGetIndexList(rel))
		indexes = lappend(indexes, index_open(lfirst_oid(lc), AccessShareLock));
	list_sort(indexes, cmp_names);
	foreach(lc, indexes)
	{
		Relation index = lfirst(lc);
		Form_pg_index form = index->rd_index;

		/* one WITHOUT OVERLAPS excludes more than equals */
		if (form->indisvalid && form->indisunique && !form->indisexclusion)
		{
			if (form->indisprimary)
				mark_primary_key(object, form);
			else
				describe_unique(object, rel, index);
		}
		index_close(index, AccessShareLock);
	}
}

/* --- partitioning --- */

static void
describe_partitioning(DmDescribed *object, Relation rel)
{
	PartitionKey key;

	if (rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		return;
	key = RelationGetPartitionKey(rel);
	for (int i = 0; i < key->partnatts; i++)
	{
		DmDescribedColumn *column =
			key->partattrs[i] > 0 ? dm_described_column(object, key->partattrs[i]) : NULL;

		if (column != NULL)
			column->partition_position = i + 1;
	}
	object->partition_key = TextDatumGetCString(
		DirectFunctionCall1(pg_get_partkeydef, ObjectIdGetDatum(object->relid)));
}

void
dm_describe_keys(DmDescribed *object, Relation rel)
{
	describe_indexes(object, rel);
	describe_partitioning(object, rel);
}

/* --- foreign keys --- */

static bool
is_shorthand(const char *name)
{
	return name[0] != '\0' && !isdigit((unsigned char) name[0]) &&
		   strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
			   strlen(name);
}

/* A reference by names where the standard's form for these admits them, else by ids. */
static char *
reference_text(DmDescribed *object, DmDescribedColumn *column)
{
	if (is_shorthand(object->name) && is_shorthand(column->name))
		return psprintf("%s.%s", object->name, column->name);
	return psprintf("schema/%s/properties/%s", object->id, column->id);
}

/* References to the columns of an object; NIL if it does not show them all. */
static List *
references(DmDescribed *object, const AttrNumber *attnums, int count)
{
	List *result = NIL;

	for (int i = 0; i < count; i++)
	{
		DmDescribedColumn *column = dm_described_column(object, attnums[i]);

		if (column == NULL)
			return NIL;
		result = lappend(result, reference_text(object, column));
	}
	return result;
}

/* What has no place in a contract is kept as the server writes it. */
static void
add_constraint(DmDescribed *object, Form_pg_constraint form)
{
	Datum def = DirectFunctionCall1(pg_get_constraintdef, ObjectIdGetDatum(form->oid));

	object->constraints =
		lappend(object->constraints,
				psprintf("%s: %s", NameStr(form->conname), TextDatumGetCString(def)));
}

/* InvalidOid for no constraint. */
static Oid
relation_of_constraint(Oid constraint)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	Oid result;

	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	result = ((Form_pg_constraint) GETSTRUCT(tuple))->conrelid;
	ReleaseSysCache(tuple);
	return result;
}

static void
describe_foreign_key(DmDescribed *object, List *objects, HeapTuple tuple)
{
	Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
	AttrNumber from[INDEX_MAX_KEYS];
	AttrNumber to[INDEX_MAX_KEYS];
	DmDescribedKey *key = palloc0(sizeof(DmDescribedKey));
	int count;
	ListCell *lc;

	DeconstructFkConstraintRow(tuple, &count, from, to, NULL, NULL, NULL, NULL, NULL);
	key->from = references(object, from, count);
	if (key->from == NIL)
		return;
	foreach(lc, objects)
	{
		DmDescribed *target = lfirst(lc);

		if (target->relid == form->confrelid && key->to == NIL)
			key->to = references(target, to, count);
	}
	if (key->to == NIL || !form->convalidated)
		add_constraint(object, form);
	else if (count == 1)
	{
		DmDescribedColumn *column = dm_described_column(object, from[0]);

		column->references = lappend(column->references, linitial(key->to));
	}
	else
		object->keys = lappend(object->keys, key);
}

void
dm_describe_foreign_keys(DmDescribed *object, List *objects)
{
	Relation rel = table_open(ConstraintRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	/* the index gives them by name */
	ScanKeyInit(&key, Anum_pg_constraint_conrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(object->relid));
	scan = systable_beginscan(rel, ConstraintRelidTypidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);

		/* a table that references partitions has a constraint of its own for each of them */
		if (form->contype == CONSTRAINT_FOREIGN &&
			relation_of_constraint(form->conparentid) != object->relid)
			describe_foreign_key(object, objects, tuple);
		/* an exclusion may be of expressions: only where there is nothing that is not shown */
		if (form->contype == CONSTRAINT_EXCLUSION && !OidIsValid(object->port))
			add_constraint(object, form);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}
