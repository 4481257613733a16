/*
 * diff_match.c
 *		Pairs of what two contracts have in common, and notes of what they have not.
 */
#include "postgres.h"

#include <stdarg.h>

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"

#include "base/json.h"
#include "base/strings.h"
#include "contract/diff_rule.h"
#include "contract/isotime.h"
#include "contract/value.h"

/* an element of the new list under one of its keys */
typedef struct Keyed
{
	const char *key;
	int index;
} Keyed;

bool
dm_same_text(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

const char *
dm_diff_change(const void *old_value, const void *new_value)
{
	return old_value == NULL ? "added" : new_value == NULL ? "removed" :
															 "changed";
}

static DmBump
verdict_of(DmImpact impact, DmCompatibility mode)
{
	bool backward = mode == DM_COMPATIBLE_BACKWARD || mode == DM_COMPATIBLE_BACKWARD_TRANSITIVE;
	bool full = mode == DM_COMPATIBLE_FULL || mode == DM_COMPATIBLE_FULL_TRANSITIVE;

	switch (impact)
	{
		case DM_IMPACT_NONE:
			return DM_PATCH;
		case DM_IMPACT_ADDS:
			return DM_MINOR;
		case DM_IMPACT_STRICT:
			return full ? DM_MAJOR : DM_MINOR;
		case DM_IMPACT_READERS:
			return backward ? DM_MINOR : DM_MAJOR;
		case DM_IMPACT_ROWS:
			return backward || full ? DM_MAJOR : DM_MINOR;
		case DM_IMPACT_ALL:
			return DM_MAJOR;
	}
	return DM_MAJOR;
}

DmDifference *
dm_diff_note(DmDiff *diff, const char *path, const char *change, const char *old_value,
			 const char *new_value, DmImpact impact, const char *fmt, ...)
{
	DmDifference *difference = palloc0(sizeof(DmDifference));
	char *reason;
	va_list args;

	va_start(args, fmt);
	reason = dm_vpsprintf(fmt, args);
	va_end(args);
	difference->path = pstrdup(path);
	difference->change = change;
	difference->old_value = old_value ? pstrdup(old_value) : NULL;
	difference->new_value = new_value ? pstrdup(new_value) : NULL;
	difference->verdict = verdict_of(impact, diff->mode);
	difference->reason = reason;
	diff->result = lappend(diff->result, difference);
	return difference;
}

bool
dm_diff_text(DmDiff *diff, const char *path, const char *key, const char *old_value,
			 const char *new_value, DmImpact impact, const char *reason)
{
	if (dm_same_text(old_value, new_value))
		return false;
	dm_diff_note(diff, dm_pointer(path, key), dm_diff_change(old_value, new_value), old_value,
				 new_value, impact, "%s", reason);
	return true;
}

static int
cmp_keyed(const void *a, const void *b)
{
	const Keyed *left = a;
	const Keyed *right = b;
	int order = strcmp(left->key, right->key);

	return order != 0 ? order : left->index - right->index;
}

/* The elements that have a key and are not taken, sorted by it. */
static Keyed *
sort_by_key(List *list, DmKeyOf key_of, const bool *taken, int *count)
{
	Keyed *result = palloc(sizeof(Keyed) * (list_length(list) + 1));
	ListCell *lc;

	*count = 0;
	foreach(lc, list)
	{
		const char *key = key_of(lfirst(lc));

		if (key == NULL || taken[foreach_current_index(lc)])
			continue;
		result[*count].key = key;
		result[*count].index = foreach_current_index(lc);
		(*count)++;
	}
	qsort(result, *count, sizeof(Keyed), cmp_keyed);
	return result;
}

/* The first element of that key that is not taken, -1 for none. */
static int
find_key(const Keyed *keyed, int count, const char *key, const bool *taken)
{
	int low = 0;
	int high = count;

	while (low < high)
	{
		int middle = low + (high - low) / 2;

		if (strcmp(keyed[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < count && strcmp(keyed[low].key, key) == 0; low++)
		if (!taken[keyed[low].index])
			return keyed[low].index;
	return -1;
}

/* Finds the partners, by one key, of the old elements that have none yet. */
static void
match_by(List *old_list, List *new_list, DmKeyOf key_of, int *partner, bool *taken)
{
	int count;
	Keyed *keyed = sort_by_key(new_list, key_of, taken, &count);
	ListCell *lc;

	foreach(lc, old_list)
	{
		int i = foreach_current_index(lc);
		const char *key = key_of(lfirst(lc));

		if (partner[i] >= 0 || key == NULL)
			continue;
		partner[i] = find_key(keyed, count, key, taken);
		if (partner[i] >= 0)
			taken[partner[i]] = true;
	}
	pfree(keyed);
}

static DmPair *
make_pair(void *old, void *new)
{
	DmPair *pair = palloc(sizeof(DmPair));

	pair->old = old;
	pair->new = new;
	return pair;
}

List *
dm_diff_match(List *old_list, List *new_list, DmKeyOf id, DmKeyOf name)
{
	int *partner = palloc(sizeof(int) * (list_length(old_list) + 1));
	bool *taken = palloc0(sizeof(bool) * (list_length(new_list) + 1));
	List *result = NIL;
	ListCell *lc;

	for (int i = 0; i < list_length(old_list); i++)
		partner[i] = -1;
	if (id != NULL)
		match_by(old_list, new_list, id, partner, taken);
	match_by(old_list, new_list, name, partner, taken);

	foreach(lc, old_list)
	{
		int i = partner[foreach_current_index(lc)];

		result = lappend(result,
						 make_pair(lfirst(lc), i < 0 ? NULL : list_nth(new_list, i)));
	}
	foreach(lc, new_list)
		if (!taken[foreach_current_index(lc)])
			result = lappend(result, make_pair(NULL, lfirst(lc)));
	pfree(partner);
	pfree(taken);
	return result;
}

bool
dm_diff_reordered(List *pairs, List *new_list)
{
	int next = 0;
	ListCell *lc;

	/* each partner must stand behind that of the pair before */
	foreach(lc, pairs)
	{
		DmPair *pair = lfirst(lc);

		if (pair->old == NULL || pair->new == NULL)
			continue;
		while (next < list_length(new_list) && list_nth(new_list, next) != pair->new)
			next++;
		if (next == list_length(new_list))
			return true;
	}
	return false;
}

char *
dm_diff_texts(List *texts)
{
	StringInfoData result;
	ListCell *lc;

	if (texts == NIL)
		return NULL;
	initStringInfo(&result);
	foreach(lc, texts)
	{
		appendStringInfoString(&result, result.len > 0 ? ", " : "[");
		escape_json(&result, lfirst(lc));
	}
	appendStringInfoChar(&result, ']');
	return result.data;
}

char *
dm_diff_values(List *values)
{
	DmJsonBuilder builder = { NULL };
	Jsonb *document;
	ListCell *lc;

	if (values == NIL)
		return NULL;
	dm_json_begin_array(&builder, NULL);
	foreach(lc, values)
		dm_json_add_value(&builder, NULL, &((DmValue *) lfirst(lc))->json);
	dm_json_end_array(&builder);
	document = dm_json_done(&builder);
	return JsonbToCString(NULL, &document->root, VARSIZE(document));
}

static Datum
number_of(const char *text)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
							   Int32GetDatum(-1));
}

bool
dm_compare_bounds(const char *a, const char *b, int *order)
{
	DmIsoTime left_time;
	DmIsoTime right_time;

	if (dm_number_text(a) && dm_number_text(b))
	{
		*order = DatumGetInt32(DirectFunctionCall2(numeric_cmp, number_of(a), number_of(b)));
		return true;
	}
	if (!dm_iso_time(a, &left_time) || !dm_iso_time(b, &right_time) ||
		left_time.has_date != right_time.has_date || left_time.has_offset != right_time.has_offset)
		return false;
	*order = left_time.microseconds < right_time.microseconds ?
				 -1 :
				 left_time.microseconds > right_time.microseconds;
	return true;
}
