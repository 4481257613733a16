/*
 * propose_shape.c
 *		Patterns: the few shapes that nearly all texts of a column have.
 *
 * A shape is a text with its letters and digits made alike.  Three degrees of likeness are tried,
 * the strictest first: runs of one length, runs of any length, and letters and digits taken for
 * one kind.  A run of letters that is the same word in nearly all texts of a shape is that word in
 * the pattern.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"

#include "quality/propose.h"

#define MAX_SHAPES		4
#define MAX_RUNS		16
#define MIN_SHAPE_COUNT 3
#define MIN_SHAPE_SHARE 0.02
#define MIN_WORD		3
#define MIN_VALUES		5 /* a word that is the only one proves nothing */
#define MIN_WORD_SHARE	0.9

typedef enum Degree
{
	EXACT_RUNS,
	ANY_RUNS,
	ANY_WORDS,
	NO_DEGREE
} Degree;

typedef enum RunKind
{
	RUN_DIGITS,
	RUN_LOWER,
	RUN_UPPER,
	RUN_WORD,
	RUN_LITERAL
} RunKind;

typedef struct Run
{
	RunKind kind;
	const char *start;
	int len;
} Run;

/* The word that most texts have at a run, by the vote of Boyer and Moore, and then by count. */
typedef struct Word
{
	char *text;
	int64 votes;
	int64 count;
} Word;

typedef struct Shape
{
	Run runs[MAX_RUNS]; /* of the first text that had it */
	int nruns;
	int64 count;
	int values; /* different texts */
	Word words[MAX_RUNS];
} Shape;

static RunKind
kind_of(unsigned char c, Degree degree)
{
	RunKind kind = c >= '0' && c <= '9' ? RUN_DIGITS :
				   c >= 'a' && c <= 'z' ? RUN_LOWER :
				   c >= 'A' && c <= 'Z' ? RUN_UPPER :
										  RUN_LITERAL;

	return degree == ANY_WORDS && kind != RUN_LITERAL ? RUN_WORD : kind;
}

/* The runs of a text; -1 if it has too many, or other characters than those of ASCII that print. */
static int
split(const char *text, Degree degree, Run *runs)
{
	int nruns = 0;

	for (const char *c = text; *c != '\0'; c++)
	{
		RunKind kind = kind_of((unsigned char) *c, degree);
		Run *last = nruns > 0 ? &runs[nruns - 1] : NULL;

		if (*c < ' ' || *c > '~')
			return -1;
		if (last != NULL && last->kind == kind && (kind != RUN_LITERAL || *last->start == *c))
		{
			last->len++;
			continue;
		}
		if (nruns == MAX_RUNS)
			return -1;
		runs[nruns].kind = kind;
		runs[nruns].start = c;
		runs[nruns++].len = 1;
	}
	return nruns;
}

static bool
same_shape(const Shape *shape, const Run *runs, int nruns, Degree degree)
{
	if (shape->nruns != nruns)
		return false;
	for (int i = 0; i < nruns; i++)
	{
		const Run *run = &shape->runs[i];

		if (run->kind != runs[i].kind ||
			(run->kind == RUN_LITERAL && *run->start != *runs[i].start) ||
			((degree == EXACT_RUNS || run->kind == RUN_LITERAL) && run->len != runs[i].len))
			return false;
	}
	return true;
}

static Shape *
shape_of(List *shapes, const Run *runs, int nruns, Degree degree)
{
	ListCell *lc;

	foreach(lc, shapes)
		if (same_shape(lfirst(lc), runs, nruns, degree))
			return lfirst(lc);
	return NULL;
}

/* Which word most texts of a shape have at each run of letters. */
static void
vote(Shape *shape, const Run *runs, int32 count)
{
	shape->count += count;
	shape->values++;
	for (int i = 0; i < shape->nruns; i++)
	{
		Word *word = &shape->words[i];

		if (runs[i].kind != RUN_LOWER && runs[i].kind != RUN_UPPER)
			continue;
		if (word->text != NULL && (int) strlen(word->text) == runs[i].len &&
			strncmp(word->text, runs[i].start, runs[i].len) == 0)
			word->votes += count;
		else if (word->votes >= count)
			word->votes -= count;
		else
		{
			word->votes = count - word->votes;
			word->text = pnstrdup(runs[i].start, runs[i].len);
		}
	}
}

/* The shapes of a column's texts; NIL for too many, which is no order at all. */
static List *
find_shapes(DmMinedColumn *column, Degree degree)
{
	List *shapes = NIL;
	int limit = MAX_SHAPES * 16;

	for (int32 i = 0; i < column->nvalues; i++)
	{
		DmMinedValue *value = &column->values[i];
		Run runs[MAX_RUNS];
		int nruns;
		Shape *shape;

		if (value->count == 0 || value->text == NULL)
			continue;
		nruns = split(value->text, degree, runs);
		if (nruns <= 0)
			continue;
		shape = shape_of(shapes, runs, nruns, degree);
		if (shape == NULL)
		{
			if (list_length(shapes) == limit)
				return NIL;
			shape = palloc0(sizeof(Shape));
			memcpy(shape->runs, runs, sizeof(Run) * nruns);
			shape->nruns = nruns;
			shapes = lappend(shapes, shape);
		}
		vote(shape, runs, value->count);
	}
	return shapes;
}

static int
cmp_shapes(const ListCell *a, const ListCell *b)
{
	const Shape *left = lfirst(a);
	const Shape *right = lfirst(b);

	if (left->nruns != right->nruns)
		return left->nruns - right->nruns;
	for (int i = 0; i < left->nruns; i++)
	{
		if (left->runs[i].kind != right->runs[i].kind)
			return (int) left->runs[i].kind - (int) right->runs[i].kind;
		if (left->runs[i].kind == RUN_LITERAL && *left->runs[i].start != *right->runs[i].start)
			return *left->runs[i].start - *right->runs[i].start;
		if (left->runs[i].len != right->runs[i].len)
			return left->runs[i].len - right->runs[i].len;
	}
	return 0;
}

/* The frequent ones, in an order that does not depend on the rows' order. */
static List *
frequent_shapes(List *shapes, DmMinedColumn *column, int64 *rows)
{
	List *result = NIL;
	ListCell *lc;

	*rows = 0;
	foreach(lc, shapes)
	{
		Shape *shape = lfirst(lc);

		if (shape->count < Max(MIN_SHAPE_COUNT, MIN_SHAPE_SHARE * column->present))
			continue;
		result = lappend(result, shape);
		*rows += shape->count;
	}
	list_sort(result, cmp_shapes);
	return result;
}

/* Counts the words that won the vote. */
static void
count_words(DmMinedColumn *column, List *shapes, Degree degree)
{
	for (int32 i = 0; i < column->nvalues; i++)
	{
		DmMinedValue *value = &column->values[i];
		Run runs[MAX_RUNS];
		int nruns;
		Shape *shape;

		if (value->count == 0 || value->text == NULL)
			continue;
		nruns = split(value->text, degree, runs);
		shape = nruns > 0 ? shape_of(shapes, runs, nruns, degree) : NULL;
		for (int j = 0; shape != NULL && j < nruns; j++)
		{
			Word *word = &shape->words[j];

			if (word->text != NULL && (int) strlen(word->text) == runs[j].len &&
				strncmp(word->text, runs[j].start, runs[j].len) == 0)
				word->count += value->count;
		}
	}
}

static bool
is_word(const Shape *shape, int i)
{
	const Word *word = &shape->words[i];

	return word->text != NULL && shape->values >= MIN_VALUES && strlen(word->text) >= MIN_WORD &&
		   word->count >= MIN_WORD_SHARE * shape->count;
}

static void
append_run(StringInfo pattern, const Shape *shape, int i, Degree degree)
{
	static const char *const classes[] = { "[0-9]", "[a-z]", "[A-Z]", "[A-Za-z0-9]" };
	const Run *run = &shape->runs[i];

	if (is_word(shape, i))
		appendStringInfoString(pattern, shape->words[i].text);
	else if (run->kind == RUN_LITERAL)
		for (int j = 0; j < run->len; j++)
		{
			if (strchr("^$\\.*+?()[]{}|/", *run->start) != NULL)
				appendStringInfoChar(pattern, '\\');
			appendStringInfoChar(pattern, *run->start);
		}
	else if (degree != EXACT_RUNS)
		appendStringInfo(pattern, "%s+", classes[run->kind]);
	else if (run->len == 1)
		appendStringInfoString(pattern, classes[run->kind]);
	else
		appendStringInfo(pattern, "%s{%d}", classes[run->kind], run->len);
}

static char *
pattern_argument(List *shapes, Degree degree)
{
	StringInfoData pattern;
	StringInfoData argument;
	ListCell *lc;

	initStringInfo(&pattern);
	appendStringInfoString(&pattern, list_length(shapes) > 1 ? "^(?:" : "^");
	foreach(lc, shapes)
	{
		const Shape *shape = lfirst(lc);

		if (foreach_current_index(lc) > 0)
			appendStringInfoChar(&pattern, '|');
		for (int i = 0; i < shape->nruns; i++)
			append_run(&pattern, shape, i, degree);
	}
	appendStringInfoString(&pattern, list_length(shapes) > 1 ? ")$" : "$");
	initStringInfo(&argument);
	appendStringInfoString(&argument, "{\"pattern\": ");
	escape_json(&argument, pattern.data);
	appendStringInfoChar(&argument, '}');
	return argument.data;
}

/* Rows whose text is of one of the shapes, with the words that the pattern has. */
static int64
rows_that_match(List *shapes)
{
	int64 result = 0;
	ListCell *lc;

	foreach(lc, shapes)
	{
		const Shape *shape = lfirst(lc);
		int64 least = shape->count;

		for (int i = 0; i < shape->nruns; i++)
			if (is_word(shape, i))
				least = Min(least, shape->words[i].count);
		result += least;
	}
	return result;
}

static bool
mine_shape(DmMined *mined, DmMinedColumn *column, Degree degree)
{
	int64 rows;
	List *shapes = frequent_shapes(find_shapes(column, degree), column, &rows);

	if (shapes == NIL || list_length(shapes) > MAX_SHAPES ||
		rows < mined->confidence * column->present)
		return false;
	count_words(column, shapes, degree);
	dm_mine_propose(mined, "pattern", column, "pattern", column->present, rows_that_match(shapes))
		->arguments = pattern_argument(shapes, degree);
	return true;
}

void
dm_mine_shapes(DmMined *mined)
{
	for (int i = 0; i < mined->ncolumns; i++)
	{
		DmMinedColumn *column = &mined->columns[i];
		bool found = false;

		CHECK_FOR_INTERRUPTS();
		if (column->kind != DM_MINED_TEXT || column->guarded || column->distinct < 2 ||
			column->present < DM_MINED_SUPPORT || dm_mine_has(mined, "enum", column))
			continue;
		for (Degree degree = EXACT_RUNS; degree < NO_DEGREE && !found; degree++)
			found = mine_shape(mined, column, degree);
	}
}
