/*
 * names.c
 *		The names and ids of a contract, hashed.
 *
 * A contract may have as many references as properties, so that to look for
 * each of them in a list would take the square of their number.  The table is
 * made for the first reference that is asked for: most contracts have none.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "contract/names.h"

static inline bool
same_name(DmNameKey a, DmNameKey b)
{
	return a.list == b.list && a.by_id == b.by_id && a.len == b.len &&
		   memcmp(a.text, b.text, a.len) == 0;
}

static inline uint32
hash_name(DmNameKey key)
{
	uint32 list = murmurhash32((uint32) ((uintptr_t) key.list >> 3));

	return hash_combine(hash_combine(murmurhash32(key.hash), list), key.by_id);
}

#define SH_PREFIX			 names
#define SH_ELEMENT_TYPE		 DmNamed
#define SH_KEY_TYPE			 DmNameKey
#define SH_KEY				 key
#define SH_HASH_KEY(tb, key) hash_name(key)
#define SH_EQUAL(tb, a, b)	 same_name(a, b)
#define SH_SCOPE			 static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static uint32
hash_text(const char *text)
{
	uint32 hash = DM_NAME_HASH_START;

	for (; *text != '\0'; text++)
		hash = dm_name_hash(hash, *text);
	return hash;
}

/* the element at this index of the list is called so */
static void
add_name(names_hash *names, List *list, bool by_id, const char *text, int index, bool parent)
{
	DmNameKey key = { list, text, 0, 0, by_id };
	DmNamed *named;
	bool found;

	if (text == NULL)
		return;
	key.len = strlen(text);
	key.hash = hash_text(text);
	named = names_insert(names, key, &found);
	if (!found)
	{
		named->first = index;
		named->parents = NIL;
	}
	named->last = index;
	if (parent)
		named->parents = lappend_int(named->parents, index);
}

List *
dm_nested_properties(DmProperty *property)
{
	while (property->properties == NIL)
	{
		if (property->items != NULL)
			property = property->items;
		else if (property->map_value != NULL)
			property = property->map_value;
		else
			return NIL;
	}
	return property->properties;
}

static void
add_properties(names_hash *names, List *properties)
{
	ListCell *lc;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	foreach(lc, properties)
	{
		DmProperty *property = lfirst(lc);
		List *nested = dm_nested_properties(property);
		int index = foreach_current_index(lc);

		add_name(names, properties, false, property->name, index, nested != NIL);
		add_name(names, properties, true, property->id, index, nested != NIL);
		add_properties(names, nested);
	}
}

static names_hash *
make_names(DmContract *contract)
{
	MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(contract));
	names_hash *names = names_create(CurrentMemoryContext, 64, NULL);
	ListCell *lc;

	foreach(lc, contract->objects)
	{
		DmObject *object = lfirst(lc);
		int index = foreach_current_index(lc);

		add_name(names, contract->objects, false, object->name, index, true);
		add_name(names, contract->objects, true, object->id, index, true);
		add_properties(names, object->properties);
	}
	MemoryContextSwitchTo(old);
	return names;
}

DmNamed *
dm_named(DmContract *contract, DmNameKey key)
{
	/* only when it is whole: a cancel while it is made leaves none */
	if (contract->names == NULL)
		contract->names = make_names(contract);
	return names_lookup(contract->names, key);
}

DmNamed *
dm_named_by_id(DmContract *contract, List *list, const char *id)
{
	DmNameKey key = { list, id, strlen(id), hash_text(id), true };

	return dm_named(contract, key);
}
