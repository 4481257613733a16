/*
 * serieskind.c
 *		Kinds of series, and the words for them and for verdicts.
 */
#include "postgres.h"

#include <math.h>

#include "series/usual.h"

static const char *const kind_name[] = {
	[DM_KIND_REAL] = "real",
	[DM_KIND_COUNT] = "count",
	[DM_KIND_SHARE] = "share",
	[DM_KIND_DURATION] = "duration",
};

static const char *const verdict_name[] = {
	[DM_VERDICT_LEARNING] = "learning",
	[DM_VERDICT_NORMAL] = "normal",
	[DM_VERDICT_ANOMALOUS] = "anomalous",
	[DM_VERDICT_CHANGED] = "changed",
	[DM_VERDICT_INVALID] = "invalid",
	[DM_VERDICT_LATE] = "late",
	[DM_VERDICT_GUARDED] = "guarded",
};

/* What a metric counts or measures is told by the first of these words that it has ("null_count", "rows inserted"). */
static const struct
{
	const char *word;
	DmSeriesKind kind;
} metric_words[] = {
	{ "gap", DM_KIND_DURATION },
	{ "age", DM_KIND_DURATION },
	{ "freshness", DM_KIND_DURATION },
	{ "latency", DM_KIND_DURATION },
	{ "duration", DM_KIND_DURATION },
	{ "seconds", DM_KIND_DURATION },
	{ "ms", DM_KIND_DURATION },
	{ "share", DM_KIND_SHARE },
	{ "ratio", DM_KIND_SHARE },
	{ "fraction", DM_KIND_SHARE },
	{ "rows", DM_KIND_COUNT },
	{ "count", DM_KIND_COUNT },
	{ "nulls", DM_KIND_COUNT },
	{ "bytes", DM_KIND_COUNT },
	{ "commits", DM_KIND_COUNT },
	{ "inserted", DM_KIND_COUNT },
	{ "updated", DM_KIND_COUNT },
	{ "deleted", DM_KIND_COUNT },
	{ "reads", DM_KIND_COUNT },
	{ "writes", DM_KIND_COUNT },
	{ "failed", DM_KIND_COUNT },
	{ "distinct", DM_KIND_COUNT },
	{ "duplicates", DM_KIND_COUNT },
};

const char *
dm_series_kind_name(DmSeriesKind kind)
{
	return kind_name[kind];
}

bool
dm_series_kind_by_name(const char *name, DmSeriesKind *kind)
{
	int i;

	for (i = 0; i < lengthof(kind_name); i++)
		if (strcmp(kind_name[i], name) == 0)
		{
			*kind = i;
			return true;
		}
	return false;
}

/* Is the word one of the text's, which other characters than letters divide? */
static bool
has_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	size_t part;

	for (; *text != '\0'; text += part)
	{
		while (*text != '\0' && !(*text >= 'a' && *text <= 'z'))
			text++;
		for (part = 0; text[part] >= 'a' && text[part] <= 'z'; part++)
			;
		if (part == length && strncmp(text, word, length) == 0)
			return true;
	}
	return false;
}

DmSeriesKind
dm_kind_of_metric(const char *metric)
{
	int i;

	for (i = 0; i < lengthof(metric_words); i++)
		if (has_word(metric, metric_words[i].word))
			return metric_words[i].kind;
	return DM_KIND_REAL;
}

bool
dm_series_kind_holds(DmSeriesKind kind, double value)
{
	if (!isfinite(value) || fabs(value) > DM_VALUE_MAX)
		return false;
	if (kind != DM_KIND_REAL && value < 0)
		return false;
	return kind != DM_KIND_SHARE || value <= 1;
}

const char *
dm_usual_verdict(DmVerdict verdict)
{
	return verdict_name[verdict];
}
