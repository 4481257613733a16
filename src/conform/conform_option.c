/*
 * conform_option.c
 *		Promises of the options of properties (bounds, lengths, patterns, values).
 *
 * They are held by types, and by CHECK constraints of the relation and of domains that say the
 * same or more.  A constraint that says it in a form which describe_fact.c does not read
 * holds nothing here: then the promise is measured.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/neutral.h"
#include "base/strings.h"
#include "compat/pg_compat.h"
#include "conform/conform_part.h"
#include "conform/described.h"
#include "contract/typemap.h"

/* Numbers with more digits than this are compared as texts. */
#define MAX_DIGITS 500

/* --- what CHECK constraints say --- */

static void
add_facts(DmConforming *c, DmDescribedColumn *of, Node *condition)
{
	ListCell *lc;

	if (IsA(condition, BoolExpr) && ((BoolExpr *) condition)->boolop == AND_EXPR)
		foreach(lc, ((BoolExpr *) condition)->args)
			add_facts(c, of, lfirst(lc));
	else
		c->facts = list_concat(c->facts, dm_facts_read(c->described, of, condition));
}

static void
add_domain_facts(DmConforming *c, DmDescribedColumn *column, Oid typid)
{
	Relation rel = table_open(ConstraintRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_constraint_contypid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(typid));
	scan = systable_beginscan(rel, ConstraintTypidIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_constraint form = (Form_pg_constraint) GETSTRUCT(tuple);
		bool isnull;
		Datum tree;

		if (form->contype != CONSTRAINT_CHECK || !form->convalidated)
			continue;
		tree = heap_getattr(tuple, Anum_pg_constraint_conbin, RelationGetDescr(rel), &isnull);
		if (!isnull)
			add_facts(c, column, stringToNode(TextDatumGetCString(tree)));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

static DmDescribedColumn *
describe_column(DmConforming *c, DmProperty *property)
{
	DmDescribedColumn *column;
	DmColumnType type;

	if (!dm_column_type(c->relid, dm_property_column(property), &type))
		return NULL;
	column = palloc0(sizeof(DmDescribedColumn));
	column->attnum = type.attnum;
	column->name = property->name;
	column->column = pstrdup(dm_property_column(property));
	column->typid = type.typid;
	column->typmod = type.typmod;
	column->logical = dm_logical_type(type.typid, type.typmod);
	return column;
}

static void
add_all_facts(DmConforming *c)
{
	ListCell *lc;

	foreach(lc, c->constraints->checks)
		add_facts(c, NULL, lfirst(lc));
	foreach(lc, c->described->columns)
	{
		DmDescribedColumn *column = lfirst(lc);
		Oid typid = column->typid;

		while (get_typtype(typid) == TYPTYPE_DOMAIN)
		{
			HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));

			if (!HeapTupleIsValid(tuple))
				break;
			add_domain_facts(c, column, typid);
			typid = ((Form_pg_type) GETSTRUCT(tuple))->typbasetype;
			ReleaseSysCache(tuple);
		}
	}
}

/* Reads all constraints of the relation once, whatever the session's settings for values are. */
static void
read_facts(DmConforming *c)
{
	int save_nestlevel;
	ListCell *lc;

	if (c->described != NULL)
		return;
	c->described = palloc0(sizeof(DmDescribed));
	c->described->relid = c->relid;
	foreach(lc, c->object->properties)
	{
		DmDescribedColumn *column = describe_column(c, lfirst(lc));

		if (column != NULL)
			c->described->columns = lappend(c->described->columns, column);
	}
	if (!c->constraints->enforced)
		return;
	save_nestlevel = dm_neutral_settings();
	add_all_facts(c);
	AtEOXact_GUC(false, save_nestlevel);
}

/* --- comparing bounds --- */

/* What the input function of numeric takes without an error. */
static bool
is_plain_number(const char *text)
{
	const char *p = text + (*text == '-' || *text == '+');
	size_t digits = strspn(p, "0123456789");

	p += digits;
	if (*p == '.')
	{
		digits += strspn(p + 1, "0123456789");
		p += 1 + strspn(p + 1, "0123456789");
	}
	if (digits == 0 || digits > MAX_DIGITS)
		return false;
	if (*p == 'e' || *p == 'E')
	{
		p += 1 + (p[1] == '-' || p[1] == '+');
		digits = strspn(p, "0123456789");
		if (digits == 0 || digits > 4)
			return false;
		p += digits;
	}
	return *p == '\0';
}

static Datum
as_numeric(const char *text)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}

/* ISO 8601 with a T and a Z, and as the server writes it. */
static char *
plain_moment(const char *text)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (const char *p = text; *p != '\0'; p++)
		if (*p == 'T')
			appendStringInfoChar(&buf, ' ');
		else if (*p == 'Z')
			appendStringInfoString(&buf, "+00");
		else
			appendStringInfoChar(&buf, *p);
	return buf.data;
}

/* The order of two bounds; false if they cannot be compared. */
static bool
compare_bounds(const char *a, const char *b, int *result)
{
	if (is_plain_number(a) && is_plain_number(b))
	{
		*result = DatumGetInt32(DirectFunctionCall2(numeric_cmp, as_numeric(a), as_numeric(b)));
		return true;
	}
	*result = 0;
	return strcmp(plain_moment(a), plain_moment(b)) == 0;
}

/* --- held or not --- */

/* A fact of this kind about the column whose bound is at least (sign 1) or at most (-1) that. */
static bool
has_bound(DmConforming *c, AttrNumber attnum, DmFactKind kind, const char *bound, int sign,
		  bool strictly)
{
	ListCell *lc;

	foreach(lc, c->facts)
	{
		DmFact *fact = lfirst(lc);
		int order;

		if (fact->column->attnum == attnum && fact->kind == kind &&
			compare_bounds(fact->text, bound, &order) &&
			(order * sign > 0 || (order == 0 && !strictly)))
			return true;
	}
	return false;
}

static bool
has_length(DmConforming *c, AttrNumber attnum, DmFactKind kind, int64 length)
{
	ListCell *lc;

	foreach(lc, c->facts)
	{
		DmFact *fact = lfirst(lc);

		if (fact->column->attnum == attnum && fact->kind == kind &&
			(kind == DM_FACT_MIN_LENGTH ? fact->length >= length : fact->length <= length))
			return true;
	}
	return false;
}

static bool
has_text(DmConforming *c, AttrNumber attnum, DmFactKind kind, const char *text)
{
	ListCell *lc;

	foreach(lc, c->facts)
	{
		DmFact *fact = lfirst(lc);
		int order;

		if (fact->column->attnum == attnum && fact->kind == kind &&
			(strcmp(fact->text, text) == 0 ||
			 (kind == DM_FACT_MULTIPLE_OF && compare_bounds(fact->text, text, &order) &&
			  order == 0)))
			return true;
	}
	return false;
}

/* varchar(n) and char(n), below any domains */
static bool
type_limits_length(DmColumnType *column, int64 length)
{
	int32 typmod = column->typmod;
	Oid base = getBaseTypeAndTypmod(column->typid, &typmod);

	return (base == VARCHAROID || base == BPCHAROID) && typmod >= (int32) VARHDRSZ &&
		   typmod - (int32) VARHDRSZ <= length;
}

static bool
is_listed(List *enumeration, const char *text)
{
	ListCell *lc;

	foreach(lc, enumeration)
	{
		char *listed = ((DmEnumValue *) lfirst(lc))->value.text;
		int order;

		if (listed != NULL && (strcmp(listed, text) == 0 ||
							   (is_plain_number(listed) && is_plain_number(text) &&
								compare_bounds(listed, text, &order) && order == 0)))
			return true;
	}
	return false;
}

/* An enum type all of whose labels are listed. */
static bool
type_limits_values(DmColumnType *column, List *enumeration)
{
	Oid base = getBaseType(column->typid);
	CatCList *list;
	bool result = true;

	if (get_typtype(base) != TYPTYPE_ENUM)
		return false;
	list = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(base));
	for (int i = 0; i < list->n_members && result; i++)
	{
		Form_pg_enum form = (Form_pg_enum) GETSTRUCT(&list->members[i]->tuple);

		result = is_listed(enumeration, NameStr(form->enumlabel));
	}
	ReleaseSysCacheList(list);
	return result;
}

static bool
has_values(DmConforming *c, DmColumnType *column, List *enumeration)
{
	ListCell *lc;

	if (type_limits_values(column, enumeration))
		return true;
	foreach(lc, c->facts)
	{
		DmFact *fact = lfirst(lc);
		bool all = fact->column->attnum == column->attnum && fact->kind == DM_FACT_VALUES;
		ListCell *value;

		if (all)
			foreach(value, fact->values)
				all = all && is_listed(enumeration, lfirst(value));
		if (all)
			return true;
	}
	return false;
}

static void
add_option(DmConforming *c, DmProperty *property, const char *kind, bool held)
{
	DmPromise *promise = dm_promise_add(c, property, property->options.pointer, kind, true,
										held ? DM_KEPT : DM_NOT_KEPT);

	if (!held)
		promise->message = psprintf("No type and no CHECK constraint holds %s of column \"%s\"",
									kind, dm_property_column(property));
}

static void
conform_bounds(DmConforming *c, DmProperty *property, AttrNumber attnum)
{
	DmOptions *options = &property->options;
	char *least = options->minimum;
	char *most = options->maximum;

	if (least != NULL)
		add_option(c, property, "minimum",
				   has_bound(c, attnum, DM_FACT_MINIMUM, least, 1, false) ||
					   has_bound(c, attnum, DM_FACT_EXCLUSIVE_MINIMUM, least, 1, false));
	if (options->exclusive_minimum != NULL)
		add_option(c, property, "exclusiveMinimum",
				   has_bound(c, attnum, DM_FACT_EXCLUSIVE_MINIMUM, options->exclusive_minimum, 1,
							 false) ||
					   has_bound(c, attnum, DM_FACT_MINIMUM, options->exclusive_minimum, 1, true));
	if (most != NULL)
		add_option(c, property, "maximum",
				   has_bound(c, attnum, DM_FACT_MAXIMUM, most, -1, false) ||
					   has_bound(c, attnum, DM_FACT_EXCLUSIVE_MAXIMUM, most, -1, false));
	if (options->exclusive_maximum != NULL)
		add_option(c, property, "exclusiveMaximum",
				   has_bound(c, attnum, DM_FACT_EXCLUSIVE_MAXIMUM, options->exclusive_maximum, -1,
							 false) ||
					   has_bound(c, attnum, DM_FACT_MAXIMUM, options->exclusive_maximum, -1, true));
	if (options->multiple_of != NULL)
		add_option(c, property, "multipleOf",
				   has_text(c, attnum, DM_FACT_MULTIPLE_OF, options->multiple_of));
}

void
dm_conform_options(DmConforming *c, DmProperty *property, DmColumnType *column)
{
	DmOptions *options = &property->options;

	if (options->node == NULL && options->enumeration == NIL)
		return;
	read_facts(c);
	conform_bounds(c, property, column->attnum);
	if (options->min_length >= 0)
		add_option(c, property, "minLength",
				   options->min_length == 0 ||
					   has_length(c, column->attnum, DM_FACT_MIN_LENGTH, options->min_length));
	if (options->max_length >= 0)
		add_option(c, property, "maxLength",
				   type_limits_length(column, options->max_length) ||
					   has_length(c, column->attnum, DM_FACT_MAX_LENGTH, options->max_length));
	if (options->pattern != NULL)
		add_option(c, property, "pattern",
				   has_text(c, column->attnum, DM_FACT_PATTERN, options->pattern));
	if (options->enumeration != NIL)
		add_option(c, property, "enum", has_values(c, column, options->enumeration));
}
