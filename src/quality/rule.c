/*
 * rule.c
 *		Quality rules: reading and writing the stored ones.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "base/json.h"
#include "base/words.h"
#include "quality/rule.h"

static DmRule *
rule_from_tuple(DmScan *scan, HeapTuple tuple)
{
	DmRule *rule = palloc0(sizeof(DmRule));
	bool isnull;
	Datum datum;

	rule->id = dm_scan_int8(scan, tuple, Anum_dm_quality_rule_id);
	rule->relid = dm_scan_oid(scan, tuple, Anum_dm_quality_rule_relation);
	rule->name = dm_scan_text(scan, tuple, Anum_dm_quality_rule_name);
	rule->metric = dm_metric_get(dm_scan_text(scan, tuple, Anum_dm_quality_rule_metric), false);
	rule->column = dm_scan_text(scan, tuple, Anum_dm_quality_rule_column_name);
	datum = dm_scan_get(scan, tuple, Anum_dm_quality_rule_arguments, NULL);
	rule->arguments = DatumGetJsonbPCopy(datum);
	rule->must = dm_must_parse(dm_scan_text(scan, tuple, Anum_dm_quality_rule_must));
	rule->percent = strcmp(dm_scan_text(scan, tuple, Anum_dm_quality_rule_unit), "percent") == 0;
	rule->severity = dm_scan_text(scan, tuple, Anum_dm_quality_rule_severity);
	rule->mode = dm_scan_text(scan, tuple, Anum_dm_quality_rule_mode);
	rule->dimension = dm_scan_text(scan, tuple, Anum_dm_quality_rule_dimension);
	rule->filter = dm_scan_text(scan, tuple, Anum_dm_quality_rule_filter);
	datum = dm_scan_get(scan, tuple, Anum_dm_quality_rule_tolerance, &isnull);
	rule->tolerance = DatumGetFloat8(datum);
	rule->schedule = dm_scan_text(scan, tuple, Anum_dm_quality_rule_schedule);
	rule->description = dm_scan_text(scan, tuple, Anum_dm_quality_rule_description);
	datum = dm_scan_get(scan, tuple, Anum_dm_quality_rule_changed_by, &isnull);
	rule->author = isnull ? dm_scan_oid(scan, tuple, Anum_dm_quality_rule_created_by) :
							DatumGetObjectId(datum);
	rule->source = DM_SOURCE_ADDED;
	return rule;
}

static int
by_number(const ListCell *a, const ListCell *b)
{
	int64 left = ((DmRule *) lfirst(a))->id;
	int64 right = ((DmRule *) lfirst(b))->id;

	return left < right ? -1 : left > right;
}

static List *
read_rules(const char *index, int nkeys, ScanKey keys)
{
	List *result = NIL;
	DmScan scan;
	HeapTuple tuple;

	dm_scan_begin(&scan, DM_QUALITY_RULE, index, nkeys, keys);
	while ((tuple = dm_scan_next(&scan)) != NULL)
		result = lappend(result, rule_from_tuple(&scan, tuple));
	dm_scan_end(&scan);
	list_sort(result, by_number);
	return result;
}

List *
dm_rule_list(Oid relid)
{
	ScanKeyData key;

	dm_key_oid(&key, Anum_dm_quality_rule_relation, relid);
	return read_rules("quality_rule_relation_name_key", 1, &key);
}

List *
dm_rule_list_all(void)
{
	return read_rules(NULL, 0, NULL);
}

DmRule *
dm_rule_get_by_id(int64 id)
{
	ScanKeyData key;
	List *found;

	dm_key_int8(&key, Anum_dm_quality_rule_id, id);
	found = read_rules("quality_rule_pkey", 1, &key);
	return found == NIL ? NULL : linitial(found);
}

DmRule *
dm_rule_get(Oid relid, const char *name, bool missing_ok)
{
	List *rules = dm_rule_list(relid);
	List *names = NIL;
	ListCell *lc;
	char *nearest;

	foreach(lc, rules)
	{
		DmRule *rule = lfirst(lc);

		if (strcmp(rule->name, name) == 0)
			return rule;
		names = lappend(names, rule->name);
	}
	if (missing_ok)
		return NULL;
	nearest = dm_nearest(name, names);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("relation \"%s\" has no quality rule \"%s\"", get_rel_name(relid), name),
			 nearest != NULL ? errhint("Perhaps you mean %s.", nearest) :
							   errhint("View datamesh.rules lists the rules of your relations; those of a contract change with the contract.")));
}

bool
dm_rule_argument(const DmRule *rule, const char *name, JsonbValue *value)
{
	return dm_json_find(&rule->arguments->root, name, value) && value->type != jbvNull;
}

char *
dm_rule_text(const DmRule *rule, const char *name)
{
	JsonbValue value;

	return dm_rule_argument(rule, name, &value) ? dm_json_scalar_text(&value) : NULL;
}

bool
dm_rule_truth(const DmRule *rule, const char *name)
{
	JsonbValue value;

	return dm_rule_argument(rule, name, &value) && value.type == jbvBool && value.val.boolean;
}

double
dm_rule_number(const DmRule *rule, const char *name, double absent)
{
	JsonbValue value;

	if (!dm_rule_argument(rule, name, &value) || value.type != jbvNumeric)
		return absent;
	return DatumGetFloat8(
		DirectFunctionCall1(numeric_float8, NumericGetDatum(value.val.numeric)));
}

const char *
dm_rule_word(const DmRule *rule, const char *name)
{
	const DmArgument *argument = dm_metric_argument(rule->metric, name);
	char *given = dm_rule_text(rule, name);
	const char *end;

	if (given != NULL)
		return given;
	if (argument == NULL || argument->words == NULL || argument->required)
		return NULL;
	end = strchr(argument->words, ' ');
	return end == NULL ? argument->words : pnstrdup(argument->words, end - argument->words);
}

List *
dm_rule_texts(const DmRule *rule, const char *name)
{
	JsonbValue value;
	JsonbContainer *array;
	DmJsonEach each;
	List *result = NIL;

	if (!dm_rule_argument(rule, name, &value))
		return NIL;
	array = dm_json_as_array(&value);
	if (array == NULL)
		return list_make1(dm_json_scalar_text(&value));
	dm_json_each(&each, array);
	while (dm_json_next(&each))
		result = lappend(result, dm_json_scalar_text(&each.value));
	return result;
}

List *
dm_rule_columns(const DmRule *rule)
{
	List *result = dm_rule_texts(rule, "properties");

	if (result == NIL && rule->column != NULL)
		result = list_make1(rule->column);
	return result;
}

Oid
dm_rule_other_relation(const DmRule *rule, const char *name)
{
	char *text = dm_rule_text(rule, name);
	List *names = NIL;

	if (text == NULL || !SplitIdentifierString(pstrdup(text), '.', &names) ||
		list_length(names) > 2 || names == NIL)
		return InvalidOid;
	if (list_length(names) == 1)
		return get_relname_relid(linitial(names), get_rel_namespace(rule->relid));
	return get_relname_relid(lsecond(names), get_namespace_oid(linitial(names), true));
}

void
dm_rule_insert(DmRow *row)
{
	dm_table_insert(DM_QUALITY_RULE, row);
}

void
dm_rule_update(int64 id, DmRow *row)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_int8(&key, Anum_dm_quality_rule_id, id);
	dm_scan_begin(&scan, DM_QUALITY_RULE, "quality_rule_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (tuple == NULL)
		elog(ERROR, "there is no quality rule " INT64_FORMAT, id);
	if (row == NULL)
		dm_table_delete(&scan, tuple);
	else
		dm_table_update(&scan, tuple, row);
	dm_scan_end(&scan);
}

void
dm_rule_delete(int64 id)
{
	dm_rule_update(id, NULL);
}

void
dm_rules_forget_dropped(void)
{
	DmScan scan;
	HeapTuple tuple;

	dm_scan_begin(&scan, DM_QUALITY_RULE, NULL, 0, NULL);
	while ((tuple = dm_scan_next(&scan)) != NULL)
	{
		Oid relid = dm_scan_oid(&scan, tuple, Anum_dm_quality_rule_relation);

		if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relid)))
			dm_table_delete(&scan, tuple);
	}
	dm_scan_end(&scan);
}
