/*
 * valueset.c
 *		Sets of values of one type.
 *
 * Integers and texts are found by a hash of their bits, whose quality matters little, as the rule's
 * author chooses what is in the set.  Values of other types are in an array in their order, and
 * those of types without an order (json, point) are compared by their text.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"
#include "utils/builtins.h"

#include "quality/valueset.h"

/* The first and the last bytes of a text: all of it, if it is short. */
typedef struct Ends
{
	uint64 first;
	uint64 last;
} Ends;

#define SHORT_TEXT 16

typedef struct Member
{
	int number; /* -1: an empty place of the hash table */
	int len;
	Ends ends;
	union
	{
		int64 integer;
		const char *data;
		Datum value;
	} is;
} Member;

struct DmValueSet
{
	DmScanType *type;
	uint32 mask; /* of the hash table; places - 1 */
	int count;	 /* of the array */
	Member *members;
};

static bool
by_text(const DmScanType *type)
{
	return type->kind == DM_SCAN_TEXT || (!dm_scan_value_is_int(type) && !type->compares);
}

static inline uint32
hash_int(uint64 value)
{
	value *= UINT64CONST(0x9E3779B97F4A7C15);
	return (uint32) (value >> 32);
}

static inline Ends
ends_of(const char *data, int len)
{
	Ends ends = { 0, 0 };

	if (len >= 8)
	{
		memcpy(&ends.first, data, 8);
		memcpy(&ends.last, data + len - 8, 8);
	}
	else if (len >= 4)
	{
		uint32 half;

		memcpy(&half, data, 4);
		ends.first = half;
		memcpy(&half, data + len - 4, 4);
		ends.last = half;
	}
	else if (len > 0)
		/* of three bytes each one, of two the second one twice, of one all the same */
		ends.first = (uint64) (unsigned char) data[0] << 16 |
					 (uint64) (unsigned char) data[len / 2] << 8 | (unsigned char) data[len - 1];
	return ends;
}

/* The length, the first and the last bytes tell most texts of a list from each other. */
static inline uint32
hash_text(const Ends *ends, int len)
{
	return hash_int(ends->first ^ (ends->last << 7) ^ (ends->last >> 57) ^ ((uint64) len << 56));
}

static inline int
find_int(const DmValueSet *set, int64 value)
{
	for (uint32 i = hash_int(value);; i++)
	{
		const Member *member = &set->members[i & set->mask];

		if (member->number < 0 || member->is.integer == value)
			return member->number;
	}
}

static inline int
find_text(const DmValueSet *set, const char *data, int len)
{
	Ends ends = ends_of(data, len);

	for (uint32 i = hash_text(&ends, len);; i++)
	{
		const Member *member = &set->members[i & set->mask];

		if (member->number < 0 ||
			(member->len == len && member->ends.first == ends.first &&
			 member->ends.last == ends.last &&
			 (len <= SHORT_TEXT || memcmp(member->is.data, data, len) == 0)))
			return member->number;
	}
}

static int
find_ordered(DmValueSet *set, Datum value)
{
	int low = 0;
	int high = set->count - 1;

	while (low <= high)
	{
		int middle = (low + high) / 2;
		int order = dm_scan_value_compare(set->type, set->members[middle].is.value, value);

		if (order == 0)
			return set->members[middle].number;
		if (order < 0)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}

int
dm_value_set_find(DmValueSet *set, Datum value)
{
	char *text;

	if (set->type->kind == DM_SCAN_TEXT)
	{
		int len = dm_scan_value_text(set->type, value, &text);

		return find_text(set, text, len);
	}
	if (dm_scan_value_is_int(set->type))
		return find_int(set, dm_scan_value_int(set->type, value));
	if (set->type->compares)
		return find_ordered(set, value);
	text = dm_scan_value_output(set->type, value);
	return find_text(set, text, strlen(text));
}

static void
add_hashed(DmValueSet *set, const Member *added, uint32 hash)
{
	uint32 i = hash;

	while (set->members[i & set->mask].number >= 0)
		i++;
	set->members[i & set->mask] = *added;
}

static void
add_text(DmValueSet *set, const char *text, int number)
{
	Member member = { .number = number, .len = strlen(text) };

	/* blanks at the end of bpchar mean nothing */
	while (set->type->blank_padded && member.len > 0 && text[member.len - 1] == ' ')
		member.len--;
	member.is.data = text;
	member.ends = ends_of(text, member.len);
	if (find_text(set, text, member.len) < 0)
		add_hashed(set, &member, hash_text(&member.ends, member.len));
}

static void
add_int(DmValueSet *set, int64 value, int number)
{
	Member member = { .number = number, .is.integer = value };

	if (find_int(set, value) < 0)
		add_hashed(set, &member, hash_int(value));
}

static int
cmp_members(const void *a, const void *b, void *type)
{
	const Member *one = a;
	const Member *other = b;
	int result = dm_scan_value_compare(type, one->is.value, other->is.value);

	return result != 0 ? result : one->number - other->number;
}

/* Of equal values, such as 1.0 and 1.00, the first one stays. */
static void
sort_members(DmValueSet *set)
{
	int kept = 0;

	qsort_arg(set->members, set->count, sizeof(Member), cmp_members, set->type);
	for (int i = 0; i < set->count; i++)
		if (kept == 0 || dm_scan_value_compare(set->type, set->members[kept - 1].is.value,
											   set->members[i].is.value) != 0)
			set->members[kept++] = set->members[i];
	set->count = kept;
}

DmValueSet *
dm_value_set(DmScanType *type, List *texts)
{
	DmValueSet *set = palloc0(sizeof(DmValueSet));
	int count = list_length(texts);
	bool hashed = dm_scan_value_is_int(type) || by_text(type);
	Size places = hashed ? pg_nextpower2_32(2 * count + 2) : count + 1;
	ListCell *lc;

	set->type = type;
	set->mask = places - 1;
	set->members = palloc_extended(places * sizeof(Member), MCXT_ALLOC_HUGE);
	for (Size i = 0; i < places; i++)
		set->members[i].number = -1;
	foreach(lc, texts)
	{
		int number = foreach_current_index(lc);

		if (type->kind == DM_SCAN_TEXT)
			add_text(set, lfirst(lc), number);
		else if (by_text(type))
		{
			Datum value = dm_scan_value_input(type, lfirst(lc));

			add_text(set, dm_scan_value_output(type, value), number);
		}
		else if (dm_scan_value_is_int(type))
			add_int(set, dm_scan_value_int(type, dm_scan_value_input(type, lfirst(lc))), number);
		else
		{
			Member *member = &set->members[set->count++];

			member->number = number;
			member->is.value = dm_scan_value_input(type, lfirst(lc));
		}
	}
	if (!hashed)
		sort_members(set);
	return set;
}

List *
dm_value_texts(DmScanType *type, List *texts)
{
	List *possible = NIL;
	List *result = NIL;
	List *values = NIL;
	DmValueSet *set;
	ListCell *lc;

	foreach(lc, texts)
	{
		Datum *value = palloc(sizeof(Datum));

		if (lfirst(lc) == NULL)
			continue;
		if (type->kind == DM_SCAN_TEXT)
			*value = CStringGetTextDatum(lfirst(lc));
		else if (!dm_scan_value_input_safe(type, lfirst(lc), value))
			continue;
		possible = lappend(possible, lfirst(lc));
		values = lappend(values, value);
	}
	set = dm_value_set(type, possible);
	foreach(lc, possible)
	{
		int i = foreach_current_index(lc);

		if (dm_value_set_find(set, *(Datum *) list_nth(values, i)) == i)
			result = lappend(result, lfirst(lc));
	}
	return result;
}
