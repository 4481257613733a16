/*
 * describe_property.c
 *		A column as a property of ODCS v3.1.0.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "classify/label.h"
#include "compat/pg_compat.h"
#include "conform/described.h"
#include "contract/typemap.h"

/* --- quality rules --- */

static void
write_texts(DmJsonBuilder *b, const char *key, List *texts, bool numbers)
{
	ListCell *lc;

	dm_json_begin_array(b, key);
	foreach(lc, texts)
	{
		if (numbers)
			dm_json_add_number(b, NULL, lfirst(lc));
		else
			dm_json_add_text(b, NULL, lfirst(lc));
	}
	dm_json_end_array(b);
}

static void
write_rule(DmJsonBuilder *b, DmDescribedRule *rule)
{
	dm_json_begin_object(b, NULL);
	dm_json_add_text(b, "name", rule->name);
	dm_json_add_text(b, "type", rule->query != NULL ? "sql" : "library");
	if (rule->query == NULL)
	{
		dm_json_add_text(b, "metric", rule->values != NIL ? "invalidValues" : "duplicateValues");
		dm_json_begin_object(b, "arguments");
		if (rule->values != NIL)
			write_texts(b, "validValues", rule->values, rule->numbers);
		else
			write_texts(b, "properties", rule->unique, false);
		dm_json_end_object(b);
	}
	dm_json_add_text(b, "query", rule->query);
	dm_json_add_int(b, "mustBe", 0);
	dm_json_add_text(b, "dimension", rule->dimension);
	if (!rule->for_old_rows)
		dm_json_add_text(b, "severity", "warning");
	dm_json_end_object(b);
}

void
dm_describe_rules(DmJsonBuilder *b, List *rules)
{
	ListCell *lc;

	if (rules == NIL)
		return;
	dm_json_begin_array(b, "quality");
	foreach(lc, rules)
		write_rule(b, lfirst(lc));
	dm_json_end_array(b);
}

/* --- types --- */

typedef struct EnumLabel
{
	float4 position;
	char *label;
} EnumLabel;

static int
cmp_labels(const ListCell *a, const ListCell *b)
{
	float4 x = ((EnumLabel *) lfirst(a))->position;
	float4 y = ((EnumLabel *) lfirst(b))->position;

	return x < y ? -1 : x > y;
}

static char *
type_name(Oid typid)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
	char *result;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", typid);
	result = pstrdup(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname));
	ReleaseSysCache(tuple);
	return result;
}

/* An enum's labels as the rule that a value is one of them; NIL for other types. */
static List *
enum_rules(Oid typid)
{
	Oid base = getBaseType(typid);
	CatCList *members;
	List *labels = NIL;
	DmDescribedRule *rule;
	ListCell *lc;

	if (get_typtype(base) != TYPTYPE_ENUM)
		return NIL;
	members = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(base));
	for (int i = 0; i < members->n_members; i++)
	{
		Form_pg_enum form = (Form_pg_enum) GETSTRUCT(&members->members[i]->tuple);
		EnumLabel *label = palloc(sizeof(EnumLabel));

		label->position = form->enumsortorder;
		label->label = pstrdup(NameStr(form->enumlabel));
		labels = lappend(labels, label);
	}
	ReleaseCatCacheList(members);
	list_sort(labels, cmp_labels);
	rule = palloc0(sizeof(DmDescribedRule));
	foreach(lc, labels)
		rule->values = lappend(rule->values, ((EnumLabel *) lfirst(lc))->label);
	/* an enum may have no labels yet */
	if (rule->values == NIL)
		return NIL;
	rule->name = type_name(base);
	rule->dimension = "conformity";
	rule->for_old_rows = true;
	return list_make1(rule);
}

static const char *
format_of_type(Oid base)
{
	switch (base)
	{
		case INT2OID:
			return "i16";
		case INT4OID:
			return "i32";
		case INT8OID:
			return "i64";
		case FLOAT4OID:
			return "f32";
		case FLOAT8OID:
			return "f64";
		case UUIDOID:
			return "uuid";
		case BYTEAOID:
			return "binary";
		default:
			return NULL;
	}
}

/* A bound of a number is a number, one of a moment is text. */
static void
write_bound(DmJsonBuilder *b, const char *key, const char *value, bool number)
{
	if (value != NULL && number)
		dm_json_add_number(b, key, value);
	else
		dm_json_add_text(b, key, value);
}

static void
write_options(DmJsonBuilder *b, DmDescribedColumn *column)
{
	DmJsonBuilder options = { NULL };
	Oid base = getBaseType(column->typid);
	bool number = strcmp(column->logical, "integer") == 0 || strcmp(column->logical, "number") == 0;
	Jsonb *done;
	JsonbValue value;

	dm_json_begin_object(&options, NULL);
	dm_json_add_text(&options, "format", format_of_type(base));
	if (column->min_length >= 0)
		dm_json_add_int(&options, "minLength", column->min_length);
	if (column->max_length >= 0)
		dm_json_add_int(&options, "maxLength", column->max_length);
	dm_json_add_text(&options, "pattern", column->pattern);
	write_bound(&options, "minimum", column->minimum, number);
	write_bound(&options, "exclusiveMinimum", column->exclusive_minimum, number);
	write_bound(&options, "maximum", column->maximum, number);
	write_bound(&options, "exclusiveMaximum", column->exclusive_maximum, number);
	write_bound(&options, "multipleOf", column->multiple_of, true);
	if (base == TIMESTAMPTZOID || base == TIMETZOID)
		dm_json_add_bool(&options, "timezone", true);
	if (base == TIMESTAMPOID || base == TIMEOID)
		dm_json_add_bool(&options, "timezone", false);
	dm_json_end_object(&options);
	done = dm_json_done(&options);
	if (JB_ROOT_COUNT(done) == 0)
		return;
	dm_json_root(done, &value);
	dm_json_add_value(b, "logicalTypeOptions", &value);
}

static void write_type(DmJsonBuilder *b, DmDescribedColumn *column, Oid home);

/* A value inside of another: an array's element, an attribute of a composite type. */
static void
write_inner(DmJsonBuilder *b, const char *key, const char *name, Oid typid, int32 typmod, Oid home)
{
	DmDescribedColumn inner = { 0 };
	Oid base = getBaseTypeAndTypmod(typid, &typmod);

	inner.typid = typid;
	inner.typmod = typmod;
	inner.logical = dm_logical_type(typid, typmod);
	inner.min_length = -1;
	inner.max_length = (base == VARCHAROID || base == BPCHAROID) && typmod >= (int32) VARHDRSZ ?
						   typmod - VARHDRSZ :
						   -1;
	dm_json_begin_object(b, key);
	dm_json_add_text(b, "name", name);
	write_type(b, &inner, home);
	dm_describe_rules(b, enum_rules(typid));
	dm_json_end_object(b);
}

static void
write_attributes(DmJsonBuilder *b, Oid typid, Oid home)
{
	TupleDesc desc = lookup_rowtype_tupdesc_copy(typid, -1);

	dm_json_begin_array(b, "properties");
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (!att->attisdropped)
			write_inner(b, NULL, NameStr(att->attname), att->atttypid, att->atttypmod, home);
	}
	dm_json_end_array(b);
}

static void
write_type(DmJsonBuilder *b, DmDescribedColumn *column, Oid home)
{
	int32 typmod = column->typmod;
	Oid base = getBaseTypeAndTypmod(column->typid, &typmod);

	check_stack_depth();
	dm_json_add_text(b, "logicalType", column->logical);
	write_options(b, column);
	dm_json_add_text(b, "physicalType", dm_described_type(column->typid, column->typmod, home));
	if (strcmp(column->logical, "array") == 0)
		write_inner(b, "items", NULL, get_element_type(base), typmod, home);
	else if (get_typtype(base) == TYPTYPE_COMPOSITE)
		write_attributes(b, base, home);
}

/* --- the rest of a property --- */

/* The first tag is the classification; the others stand beside it. */
static void
write_classification(DmJsonBuilder *b, List *tags)
{
	if (tags == NIL)
		return;
	dm_json_add_text(b, "classification", linitial(tags));
	if (list_length(tags) > 1)
		write_texts(b, "tags", list_copy_tail(tags, 1), false);
}

static void
write_references(DmJsonBuilder *b, List *references)
{
	ListCell *lc;

	if (references == NIL)
		return;
	dm_json_begin_array(b, "relationships");
	foreach(lc, references)
	{
		dm_json_begin_object(b, NULL);
		dm_json_add_text(b, "type", "foreignKey");
		dm_json_add_text(b, "to", lfirst(lc));
		dm_json_end_object(b);
	}
	dm_json_end_array(b);
}

static void
write_custom(DmJsonBuilder *b, const char *property, const char *value)
{
	if (value == NULL)
		return;
	dm_json_begin_object(b, NULL);
	dm_json_add_text(b, "property", property);
	dm_json_add_text(b, "value", value);
	dm_json_end_object(b);
}

static void
write_customs(DmJsonBuilder *b, DmDescribedColumn *column)
{
	if (column->identity == NULL && column->default_sql == NULL)
		return;
	dm_json_begin_array(b, "customProperties");
	write_custom(b, "datamesh.identity", column->identity);
	write_custom(b, "datamesh.default", column->default_sql);
	dm_json_end_array(b);
}

void
dm_describe_property(DmJsonBuilder *b, DmDescribed *object, DmDescribedColumn *column,
					 bool examples)
{
	List *tags = dm_column_tags(object->relid, column->attnum);
	List *values = examples && tags == NIL ? dm_describe_examples(object, column) : NIL;

	dm_json_begin_object(b, NULL);
	dm_json_add_text(b, "id", column->id);
	dm_json_add_text(b, "name", column->name);
	if (strcmp(column->name, column->column) != 0)
		dm_json_add_text(b, "physicalName", column->column);
	dm_json_add_text(b, "description", column->comment);
	if (column->key_position > 0)
	{
		dm_json_add_bool(b, "primaryKey", true);
		dm_json_add_int(b, "primaryKeyPosition", column->key_position);
	}
	write_type(b, column, object->schema);
	if (column->required)
		dm_json_add_bool(b, "required", true);
	if (column->unique)
		dm_json_add_bool(b, "unique", true);
	if (column->partition_position > 0)
	{
		dm_json_add_bool(b, "partitioned", true);
		dm_json_add_int(b, "partitionKeyPosition", column->partition_position);
	}
	write_classification(b, tags);
	dm_json_add_text(b, "transformLogic", column->generated_sql);
	if (values != NIL)
		write_texts(b, "examples", values,
					strcmp(column->logical, "integer") == 0 ||
						strcmp(column->logical, "number") == 0);
	write_references(b, column->references);
	dm_describe_rules(b, list_concat(enum_rules(column->typid), column->rules));
	write_customs(b, column);
	dm_json_end_object(b);
}
