/*
 * describe_example.c
 *		Examples of a column's values, from the planner's statistics.
 *
 * A contract is read by people who may not read the data.  So a value becomes
 * an example only if it belongs to many rows: of the statistics only the most
 * common values are looked at, never the histogram, whose bounds are values of
 * single rows.  Columns that are classified and relations with conditions on
 * rows give none, whoever asks.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "access/policy.h"
#include "base/strings.h"
#include "compat/pg_compat.h"
#include "conform/described.h"

#define MAX_EXAMPLES 5
#define MAX_LENGTH	 60

/* An example must stand for as many rows as this, and so do the statistics say. */
#define MIN_ROWS 10

static bool
has_examples(DmDescribedColumn *column)
{
	/* values of keys say nothing to anybody */
	if (column->key_position > 0 || column->unique || column->references != NIL)
		return false;
	switch (getBaseType(column->typid))
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case FLOAT4OID:
		case FLOAT8OID:
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case TIMEOID:
			return true;
		default:
			return false;
	}
}

static bool
may_read(Oid relid, AttrNumber attnum)
{
	return pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		   pg_attribute_aclcheck(relid, attnum, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

/* Rows of the relation as ANALYZE counted them; 0 where some readers do not see all of them. */
static double
visible_rows(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Form_pg_class form;
	double result;

	if (!HeapTupleIsValid(tuple))
		return 0;
	form = (Form_pg_class) GETSTRUCT(tuple);
	result = form->relrowsecurity ? 0 : form->reltuples;
	ReleaseSysCache(tuple);
	return result > 0 && dm_policy_list(relid) == NIL ? result : 0;
}

/* A value as text; NULL if it is no example that a contract can have. */
static char *
example_text(DmDescribedColumn *column, Oid typid, Datum value)
{
	char *text = dm_described_value(typid, value);

	if (text == NULL)
		return NULL;
	if (getBaseType(column->typid) == BPCHAROID)
	{
		char *end = text + strlen(text);

		while (end > text && end[-1] == ' ')
			*--end = '\0';
	}
	return text[0] == '\0' || pg_mbstrlen(text) > MAX_LENGTH ? NULL : text;
}

static List *
common_values(DmDescribedColumn *column, HeapTuple statistics, double rows)
{
	AttStatsSlot slot;
	List *result = NIL;

	if (!get_attstatsslot(&slot, statistics, STATISTIC_KIND_MCV, InvalidOid,
						  ATTSTATSSLOT_VALUES | ATTSTATSSLOT_NUMBERS))
		return NIL;
	for (int i = 0; i < slot.nvalues && list_length(result) < MAX_EXAMPLES; i++)
	{
		char *text;

		/* they are in order of their frequency */
		if (i >= slot.nnumbers || slot.numbers[i] * rows < MIN_ROWS)
			break;
		text = example_text(column, slot.valuetype, slot.values[i]);
		if (text != NULL)
			result = dm_string_append_unique(result, text);
	}
	free_attstatsslot(&slot);
	return result;
}

List *
dm_describe_examples(DmDescribed *object, DmDescribedColumn *column)
{
	double rows = visible_rows(object->relid);
	bool inherited = get_rel_relkind(object->relid) == RELKIND_PARTITIONED_TABLE;
	HeapTuple tuple;
	List *result;

	if (rows < MIN_ROWS || !has_examples(column) || !may_read(object->relid, column->attnum))
		return NIL;
	tuple = SearchSysCache3(STATRELATTINH, ObjectIdGetDatum(object->relid),
							Int16GetDatum(column->attnum), BoolGetDatum(inherited));
	if (!HeapTupleIsValid(tuple))
		return NIL;
	result = common_values(column, tuple, rows);
	ReleaseSysCache(tuple);
	return result;
}
