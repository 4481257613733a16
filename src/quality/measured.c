/*
 * measured.c
 *		The results of rules.
 */
#include "postgres.h"

#include <math.h>

#include "access/attnum.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"

#include "catalog/column.h"
#include "classify/label.h"
#include "compat/pg_compat.h"
#include "quality/measure_part.h"

static void
set_number(DmMeasured *result, Datum number)
{
	result->measured = DatumGetNumeric(number);
	result->measured_text = DatumGetCString(DirectFunctionCall1(numeric_out, number));
	result->measured_type = NUMERICOID;
}

void
dm_measured_integer(DmMeasuring *m, int64 value)
{
	set_number(m->result, NumericGetDatum(int64_to_numeric(value)));
}

void
dm_measured_float(DmMeasuring *m, double value)
{
	/* all its digits: numeric's conversion keeps 15 */
	set_number(m->result, DirectFunctionCall3(numeric_in,
											  CStringGetDatum(float8out_internal(value)),
											  ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

/* What a rule measures in rows is a share of them if its unit is percent; of no rows it is 0. */
void
dm_measured_rows(DmMeasuring *m, int64 measured, int64 failing, int64 rows)
{
	m->result->failing = failing;
	m->result->rows_checked = rows;
	if (!m->rule->percent)
		dm_measured_integer(m, measured);
	else if (rows == 0)
		dm_measured_integer(m, 0);
	else
	{
		Datum hundredfold = DirectFunctionCall2(numeric_mul,
												NumericGetDatum(int64_to_numeric(failing)),
												NumericGetDatum(int64_to_numeric(100)));
		Datum share = DirectFunctionCall2(numeric_div, hundredfold,
										  NumericGetDatum(int64_to_numeric(rows)));

		set_number(m->result, DirectFunctionCall1(numeric_trim_scale, share));
	}
}

void
dm_measured_value(DmMeasuring *m, char *text, Oid typid)
{
	Oid base = getBaseType(typid);

	if (text == NULL)
	{
		m->result->isnull = true;
		return;
	}
	/* blanks at the end of bpchar mean nothing, and are not shown */
	for (size_t len = strlen(text); base == BPCHAROID && len > 0 && text[len - 1] == ' '; len--)
		text[len - 1] = '\0';
	m->result->measured_text = text;
	m->result->measured_type = typid;
	if (base == INT2OID || base == INT4OID || base == INT8OID || base == NUMERICOID ||
		base == FLOAT4OID || base == FLOAT8OID)
		m->result->measured = DatumGetNumeric(
			DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
								Int32GetDatum(-1)));
}

static bool
is_classified(Oid relid)
{
	ListCell *lc;

	foreach(lc, dm_column_names(relid))
	{
		AttrNumber attnum = get_attnum(relid, lfirst(lc));

		if (attnum != InvalidAttrNumber && dm_column_tags(relid, attnum) != NIL)
			return true;
	}
	return false;
}

/*
 * Messages of data exceptions quote the data ("invalid input syntax for type integer"), and results
 * are kept for people who may not see it; so do those that user code raises.
 */
void
dm_measured_error(DmMeasuring *m, const ErrorData *error)
{
	int category = ERRCODE_TO_CATEGORY(error->sqlerrcode);
	bool may_quote = category == ERRCODE_DATA_EXCEPTION ||
					 category == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION ||
					 category == MAKE_SQLSTATE('P', '0', '0', '0', '0');

	memset(m->result, 0, sizeof(DmMeasured));
	m->result->error = true;
	m->result->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
	m->result->message = may_quote && is_classified(m->relid) ?
							 pstrdup("the message is not kept, as the relation has classified columns") :
							 pstrdup(error->message);
}

char *
dm_measured_column_sql(Oid relid, const char *column)
{
	(void) dm_column_find(relid, column);
	return pstrdup(quote_identifier(column));
}

void
dm_measured_column_type(Oid relid, const char *column, DmScanType *type)
{
	Oid typid;
	int32 typmod;
	Oid collation;

	get_atttypetypmodcoll(relid, dm_column_find(relid, column), &typid, &typmod, &collation);
	dm_scan_type(typid, collation, type);
}
