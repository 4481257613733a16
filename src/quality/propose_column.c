/*
 * propose_column.c
 *		Rules of one column: not null, a set of values, a range.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"

#include "quality/propose.h"

/* A column with more NULLs than this is one that has them. */
#define MAX_NULLS 0.01

/* Values of a set: how many, how often the whole column has them on average. */
#define MAX_SET			32
#define MIN_SET_COUNT	3
#define MIN_SET_MEAN	10
#define RARE_IN_SET		20 /* a value that is as many times rarer than the mean is none of it */
#define MAX_NUMBERS_SET 8

/* Fences around the middle half of the numbers, in its widths: Tukey's outer ones. */
#define FENCE 3.0

DmProposal *
dm_mine_propose(DmMined *mined, const char *metric, DmMinedColumn *column, const char *suffix,
				int64 support, int64 kept)
{
	DmProposal *proposal = palloc0(sizeof(DmProposal));

	proposal->metric = metric;
	proposal->column = column != NULL ? column->name : NULL;
	proposal->suffix = pstrdup(suffix);
	proposal->arguments = "{}";
	proposal->support = support;
	proposal->confidence = support > 0 ? (double) kept / support : 0;
	mined->proposals = lappend(mined->proposals, proposal);
	return proposal;
}

bool
dm_mine_has(DmMined *mined, const char *metric, DmMinedColumn *column)
{
	ListCell *lc;

	foreach(lc, mined->proposals)
	{
		DmProposal *proposal = lfirst(lc);

		if (proposal->column == column->name && strcmp(proposal->metric, metric) == 0)
			return true;
	}
	return false;
}

static void
mine_required(DmMined *mined, DmMinedColumn *column)
{
	if (!column->required && mined->nrows - column->present <= MAX_NULLS * mined->nrows)
		dm_mine_propose(mined, "required", column, "required", mined->nrows, column->present);
}

static int
cmp_texts(const ListCell *a, const ListCell *b)
{
	return strcmp(((DmMinedValue *) lfirst(a))->text, ((DmMinedValue *) lfirst(b))->text);
}

/* The values that at least so many rows have, by their text; NIL for too many, or one without. */
static List *
frequent_values(DmMinedColumn *column, double least, int most, int64 *rows)
{
	List *result = NIL;

	*rows = 0;
	for (int32 i = 0; i < column->nvalues; i++)
	{
		DmMinedValue *value = &column->values[i];

		if (value->count == 0 || value->count < least)
			continue;
		if (value->text == NULL || list_length(result) == most)
			return NIL;
		result = lappend(result, value);
		*rows += value->count;
	}
	list_sort(result, cmp_texts);
	return result;
}

static char *
values_argument(List *values, bool numbers)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "{\"values\": [");
	foreach(lc, values)
	{
		if (foreach_current_index(lc) > 0)
			appendStringInfoString(&buf, ", ");
		if (numbers)
			appendStringInfoString(&buf, ((DmMinedValue *) lfirst(lc))->text);
		else
			escape_json(&buf, ((DmMinedValue *) lfirst(lc))->text);
	}
	appendStringInfoString(&buf, "]}");
	return buf.data;
}

/* Integers as codes are a set if there are very few of them. */
static bool
may_be_set(DmMinedColumn *column)
{
	Oid type = getBaseType(column->typid);

	if (column->guarded || column->present < DM_MINED_SUPPORT || column->distinct < 2)
		return false;
	return column->kind == DM_MINED_TEXT || type == INT2OID || type == INT4OID || type == INT8OID;
}

static void
mine_set(DmMined *mined, DmMinedColumn *column)
{
	bool numbers = column->kind == DM_MINED_NUMBER;
	int most = numbers ? MAX_NUMBERS_SET : MAX_SET;
	List *values;
	int64 rows;
	double least;

	if (!may_be_set(column))
		return;
	values = frequent_values(column, MIN_SET_COUNT, most * 2, &rows);
	if (values == NIL)
		return;
	/* mistakes that happen again and again are still rare */
	least = (double) rows / list_length(values) / RARE_IN_SET;
	values = frequent_values(column, Max(MIN_SET_COUNT, least), most, &rows);
	if (list_length(values) < 2 || rows < (double) MIN_SET_MEAN * list_length(values) ||
		rows < mined->confidence * column->present)
		return;
	dm_mine_propose(mined, "enum", column, "set", column->present, rows)->arguments =
		values_argument(values, numbers);
}

static int
cmp_numbers(const void *a, const void *b)
{
	double left = (*(DmMinedValue *const *) a)->number;
	double right = (*(DmMinedValue *const *) b)->number;

	return (left > right) - (left < right);
}

/* The finite ones among the values, in order; *rows is how many rows have them. */
static DmMinedValue **
sorted_numbers(DmMinedColumn *column, int *count, int64 *rows)
{
	DmMinedValue **result = palloc(sizeof(DmMinedValue *) * Max(column->distinct, 1));

	*count = 0;
	*rows = 0;
	for (int32 i = 0; i < column->nvalues; i++)
	{
		if (column->values[i].count == 0 || !isfinite(column->values[i].number))
			continue;
		result[(*count)++] = &column->values[i];
		*rows += column->values[i].count;
	}
	qsort(result, *count, sizeof(DmMinedValue *), cmp_numbers);
	return result;
}

static double
quantile(DmMinedValue **numbers, int count, int64 rows, double p)
{
	int64 before = 0;

	for (int i = 0; i < count; i++)
	{
		before += numbers[i]->count;
		if (before >= p * rows)
			return numbers[i]->number;
	}
	return numbers[count - 1]->number;
}

/* A number that people would write: away from the data, in steps of the width's first digit. */
static double
round_away(double number, double width, bool up)
{
	double step = pow(10, floor(log10(width)));

	return (up ? ceil(number / step) : floor(number / step)) * step;
}

/* Infinite ones are on their side, NaN is on none. */
static int64
rows_within(DmMinedColumn *column, double low, double high)
{
	int64 result = 0;

	for (int32 i = 0; i < column->nvalues; i++)
		if (column->values[i].number >= low && column->values[i].number <= high)
			result += column->values[i].count;
	return result;
}

static void
propose_minimum(DmMined *mined, DmMinedColumn *column, double bound)
{
	dm_mine_propose(mined, "minimum", column, "minimum", column->present,
					rows_within(column, bound, INFINITY))
		->arguments = psprintf("{\"value\": %.15g}", bound);
}

static void
propose_maximum(DmMined *mined, DmMinedColumn *column, double bound)
{
	dm_mine_propose(mined, "maximum", column, "maximum", column->present,
					rows_within(column, -INFINITY, bound))
		->arguments = psprintf("{\"value\": %.15g}", bound);
}

/*
 * Keys grow, so they have no range.  Where nothing is negative, nothing is to be; the other bounds
 * are far out, where a distribution without a long tail has nothing.
 */
static void
mine_range(DmMined *mined, DmMinedColumn *column)
{
	DmMinedValue **numbers;
	int count;
	int64 rows;
	double low;
	double high;
	double width;

	if (column->kind != DM_MINED_NUMBER || column->guarded || column->present < DM_MINED_SUPPORT ||
		column->unique || column->distinct == column->present || dm_mine_has(mined, "enum", column))
		return;
	numbers = sorted_numbers(column, &count, &rows);
	if (rows < DM_MINED_SUPPORT)
		return;
	low = quantile(numbers, count, rows, 0.25);
	high = quantile(numbers, count, rows, 0.75);
	width = high - low;
	if (numbers[0]->number >= 0)
		propose_minimum(mined, column, 0);
	if (!(width > 0) || !isfinite(width))
		return;
	low = round_away(low - FENCE * width, width, false);
	high = round_away(high + FENCE * width, width, true);
	if (rows_within(column, low, high) < Max(mined->confidence, 1 - MAX_NULLS) * rows)
		return;
	if (numbers[0]->number < 0)
		propose_minimum(mined, column, low);
	propose_maximum(mined, column, high);
}

void
dm_mine_columns(DmMined *mined)
{
	for (int i = 0; i < mined->ncolumns; i++)
	{
		CHECK_FOR_INTERRUPTS();
		mine_required(mined, &mined->columns[i]);
		mine_set(mined, &mined->columns[i]);
		mine_range(mined, &mined->columns[i]);
	}
}
