/*
 * propose_depend.c
 *		Keys, and columns that determine others.
 *
 * The rows of one value of a column are a class; those of single rows tell nothing and are left
 * out (stripped partitions).  In each class the rows that differ from most of it in another column
 * are counted: few of them, and the one column determines the other, but for mistakes.  The classes
 * of two columns together are those of the first, divided by the second.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"

#include "quality/propose.h"

/* Columns that more than this share of the rows have a value of their own in determine nothing. */
#define MAX_DISTINCT_SHARE 0.5

/* Rows in classes, as a share of all, and how many there are to a class. */
#define MIN_COVERED	   0.2
#define MIN_CLASSES	   3
#define MIN_CLASS_SIZE 3.0

/* So much of what is unknown without the determining columns has to be known with them. */
#define MIN_GAIN 0.6

/* Among determining columns that are as good but for this, the first one is taken. */
#define SAME_CONFIDENCE 0.01

/* Pairs of columns are tried among the first so many. */
#define MAX_PAIRED 20

/* A key is unique but for this share of its rows. */
#define KEY_SHARE 0.001

/* Rows, class after class. */
typedef struct Partition
{
	int32 *rows;
	int32 *ends; /* of each class, in rows */
	int32 nclasses;
	int32 covered;
} Partition;

/* Numbers that were measured, which are alike by chance. */
static bool
is_measured(DmMinedColumn *column)
{
	Oid type = getBaseType(column->typid);

	return type == FLOAT4OID || type == FLOAT8OID || type == NUMERICOID;
}

static bool
may_determine(DmMined *mined, DmMinedColumn *column)
{
	return column->comparable && !is_measured(column) && column->distinct >= 2 &&
		   column->distinct <= MAX_DISTINCT_SHARE * mined->nrows;
}

static bool
may_be_determined(DmMinedColumn *column)
{
	return column->comparable && column->distinct >= 2 && column->present >= DM_MINED_SUPPORT &&
		   column->distinct <= MAX_DISTINCT_SHARE * column->present;
}

static Partition *
new_partition(int32 nrows)
{
	Partition *result = palloc0(sizeof(Partition));

	result->rows = palloc(sizeof(int32) * Max(nrows, 1));
	result->ends = palloc(sizeof(int32) * Max(nrows, 1));
	return result;
}

static void
free_partition(Partition *partition)
{
	pfree(partition->rows);
	pfree(partition->ends);
	pfree(partition);
}

static void
end_class(Partition *partition, int32 begin)
{
	/* a class of one row */
	if (partition->covered - begin < 2)
		partition->covered = begin;
	else
		partition->ends[partition->nclasses++] = partition->covered;
}

/* The classes of a column. */
static Partition *
partition_by(DmMined *mined, DmMinedColumn *column)
{
	Partition *result = new_partition(mined->nrows);
	int32 *starts = palloc0(sizeof(int32) * (column->nvalues + 1));
	int32 *sorted = palloc(sizeof(int32) * Max(mined->nrows, 1));

	for (int32 i = 0; i < mined->nrows; i++)
		if (column->codes[i] >= 0)
			starts[column->codes[i] + 1]++;
	for (int32 i = 0; i < column->nvalues; i++)
		starts[i + 1] += starts[i];
	for (int32 i = 0; i < mined->nrows; i++)
		if (column->codes[i] >= 0)
			sorted[starts[column->codes[i]]++] = i;
	/* by now each value's start is its end */
	for (int32 i = 0, at = 0; i < column->nvalues; i++)
	{
		int32 begin = result->covered;

		while (at < starts[i])
			result->rows[result->covered++] = sorted[at++];
		end_class(result, begin);
	}
	pfree(starts);
	pfree(sorted);
	return result;
}

typedef struct RowOfClass
{
	int32 code;
	int32 row;
} RowOfClass;

static int
cmp_rows(const void *a, const void *b)
{
	const RowOfClass *left = a;
	const RowOfClass *right = b;

	if (left->code != right->code)
		return left->code < right->code ? -1 : 1;
	return left->row < right->row ? -1 : left->row > right->row;
}

/* Its classes, divided by another column. */
static Partition *
divide(DmMined *mined, Partition *partition, DmMinedColumn *column)
{
	Partition *result = new_partition(partition->covered);
	RowOfClass *members = palloc(sizeof(RowOfClass) * Max(partition->covered, 1));
	int32 at = 0;

	for (int32 i = 0; i < partition->nclasses; i++)
	{
		int32 count = 0;
		int32 begin;

		for (; at < partition->ends[i]; at++)
		{
			int32 row = partition->rows[at];

			if (column->codes[row] < 0)
				continue;
			members[count].code = column->codes[row];
			members[count++].row = row;
		}
		qsort(members, count, sizeof(RowOfClass), cmp_rows);
		begin = result->covered;
		for (int32 j = 0; j < count; j++)
		{
			if (j > 0 && members[j].code != members[j - 1].code)
			{
				end_class(result, begin);
				begin = result->covered;
			}
			result->rows[result->covered++] = members[j].row;
		}
		end_class(result, begin);
	}
	pfree(members);
	return result;
}

typedef struct Dependency
{
	int64 rows; /* of classes, without NULLs */
	int64 kept; /* those that are like most of their class */
	int64 most; /* those that are like most of all */
	int32 classes;
} Dependency;

/* counts is zeroed, and as long as the column has values; it is left so. */
static Dependency
measure(DmMinedColumn *column, Partition *partition, int32 *counts, int32 *totals)
{
	Dependency result = { 0 };
	int32 at = 0;

	MemSet(totals, 0, sizeof(int32) * column->nvalues);
	for (int32 i = 0; i < partition->nclasses; i++)
	{
		int32 begin = at;
		int32 most = 0;
		int32 size = 0;

		for (; at < partition->ends[i]; at++)
		{
			int32 code = column->codes[partition->rows[at]];

			if (code < 0)
				continue;
			size++;
			totals[code]++;
			counts[code]++;
			most = Max(most, counts[code]);
		}
		for (int32 j = begin; j < at; j++)
			if (column->codes[partition->rows[j]] >= 0)
				counts[column->codes[partition->rows[j]]] = 0;
		if (size < 2)
			continue;
		result.rows += size;
		result.kept += most;
		result.classes++;
	}
	for (int32 i = 0; i < column->nvalues; i++)
		result.most = Max(result.most, totals[i]);
	return result;
}

/* Do the classes tell what the column is, much better than its most common value does? */
static bool
determines(DmMined *mined, Dependency *dependency)
{
	if (dependency->rows < Max(DM_MINED_SUPPORT, MIN_COVERED * mined->nrows) ||
		dependency->classes < MIN_CLASSES ||
		dependency->rows < MIN_CLASS_SIZE * dependency->classes ||
		dependency->kept < mined->confidence * dependency->rows)
		return false;
	return dependency->rows - dependency->kept <=
		   (1 - MIN_GAIN) * (dependency->rows - dependency->most);
}

static double
confidence_of(Dependency *dependency)
{
	return (double) dependency->kept / dependency->rows;
}

/* The best that was found for each column. */
typedef struct Best
{
	Dependency dependency;
	DmMinedColumn *by[2]; /* NULL for none */
} Best;

typedef struct Search
{
	DmMined *mined;
	Best best[DM_MINED_COLUMNS];
	int32 *counts;
	int32 *totals;
} Search;

static void
try_partition(Search *search, Partition *partition, DmMinedColumn *first, DmMinedColumn *second)
{
	for (int i = 0; i < search->mined->ncolumns; i++)
	{
		DmMinedColumn *column = &search->mined->columns[i];
		Best *best = &search->best[i];
		Dependency dependency;

		CHECK_FOR_INTERRUPTS();
		if (column == first || column == second || !may_be_determined(column) ||
			(second != NULL && best->by[0] != NULL && best->by[1] == NULL))
			continue;
		dependency = measure(column, partition, search->counts, search->totals);
		if (!determines(search->mined, &dependency) ||
			(best->by[0] != NULL && confidence_of(&dependency) <=
										confidence_of(&best->dependency) + SAME_CONFIDENCE))
			continue;
		best->dependency = dependency;
		best->by[0] = first;
		best->by[1] = second;
	}
}

/* Single columns first; two of them for what no single one determines. */
static void
search_pairs(Search *search)
{
	DmMined *mined = search->mined;
	int ncolumns = Min(mined->ncolumns, MAX_PAIRED);

	for (int i = 0; i < ncolumns; i++)
	{
		Partition *partition;

		if (!may_determine(mined, &mined->columns[i]))
			continue;
		partition = partition_by(mined, &mined->columns[i]);
		for (int j = i + 1; j < ncolumns; j++)
		{
			Partition *both;

			if (!may_determine(mined, &mined->columns[j]))
				continue;
			both = divide(mined, partition, &mined->columns[j]);
			try_partition(search, both, &mined->columns[i], &mined->columns[j]);
			free_partition(both);
		}
		free_partition(partition);
	}
}

static char *
columns_argument(const char *name, DmMinedColumn *first, DmMinedColumn *second)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "{\"%s\": [", name);
	escape_json(&buf, first->name);
	if (second != NULL)
	{
		appendStringInfoString(&buf, ", ");
		escape_json(&buf, second->name);
	}
	appendStringInfoString(&buf, "]}");
	return buf.data;
}

void
dm_mine_dependencies(DmMined *mined)
{
	Search *search = palloc0(sizeof(Search));
	int32 nvalues = 1;

	search->mined = mined;
	for (int i = 0; i < mined->ncolumns; i++)
		nvalues = Max(nvalues, mined->columns[i].nvalues);
	search->counts = palloc0(sizeof(int32) * nvalues);
	search->totals = palloc0(sizeof(int32) * nvalues);
	for (int i = 0; i < mined->ncolumns; i++)
	{
		Partition *partition;

		if (!may_determine(mined, &mined->columns[i]))
			continue;
		partition = partition_by(mined, &mined->columns[i]);
		try_partition(search, partition, &mined->columns[i], NULL);
		free_partition(partition);
	}
	search_pairs(search);
	for (int i = 0; i < mined->ncolumns; i++)
	{
		Best *best = &search->best[i];

		if (best->by[0] != NULL)
			dm_mine_propose(mined, "dependency", &mined->columns[i], "dependency",
							best->dependency.rows, best->dependency.kept)
				->arguments = columns_argument("by", best->by[0], best->by[1]);
	}
}

/* As well as times, they are different by chance. */
static bool
may_be_key(DmMined *mined, DmMinedColumn *column)
{
	return column->comparable && column->present >= DM_MINED_SUPPORT &&
		   column->present == mined->nrows && !is_measured(column) &&
		   column->kind != DM_MINED_TIME;
}

/* Rows of classes, but for one of each, are too many. */
static int32
surplus(Partition *partition)
{
	return partition->covered - partition->nclasses;
}

static void
mine_key_of_two(DmMined *mined)
{
	int ncolumns = Min(mined->ncolumns, MAX_PAIRED);

	for (int i = 0; i < ncolumns; i++)
	{
		Partition *partition;

		if (!may_be_key(mined, &mined->columns[i]) || mined->columns[i].distinct < 2)
			continue;
		partition = partition_by(mined, &mined->columns[i]);
		for (int j = i + 1; j < ncolumns; j++)
		{
			Partition *both;
			int32 twice;

			CHECK_FOR_INTERRUPTS();
			/* fewer combinations than rows cannot tell the rows apart */
			if (!may_be_key(mined, &mined->columns[j]) ||
				(double) mined->columns[i].distinct * mined->columns[j].distinct < mined->nrows)
				continue;
			both = divide(mined, partition, &mined->columns[j]);
			twice = surplus(both);
			free_partition(both);
			if (twice > 0)
				continue;
			dm_mine_propose(mined, "unique", NULL,
							psprintf("%s_%s_key", mined->columns[i].name, mined->columns[j].name),
							mined->nrows, mined->nrows)
				->arguments = columns_argument("properties", &mined->columns[i],
											   &mined->columns[j]);
			free_partition(partition);
			return;
		}
		free_partition(partition);
	}
}

void
dm_mine_keys(DmMined *mined)
{
	bool found = false;

	for (int i = 0; i < mined->ncolumns; i++)
	{
		DmMinedColumn *column = &mined->columns[i];
		int32 twice = column->present - column->distinct;

		found |= column->unique;
		if (column->unique || !may_be_key(mined, column) || twice > KEY_SHARE * column->present)
			continue;
		dm_mine_propose(mined, "unique", column, "key", column->present, column->present - twice);
		found = true;
	}
	if (!found)
		mine_key_of_two(mined);
}
