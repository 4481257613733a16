/*
 * fact.c
 *		Facts: what a plan was folded from, other than the text of its query.
 *
 * A plan may be executed after the facts in it have changed: taken from the plan cache before
 * the invalidation that concerns it has been read, or kept by an SQL function, which
 * knows neither the plan cache nor the current user.  So every plan carries its facts,
 * with stamps, and a plan whose stamps are out of date fails instead of running.
 *
 * A fact stands among the plan's invalidation items, under a cache number that no cache
 * has: it is copied with the plan, and the plan cache never finds it.  The number
 * tells kind and subject; it is good for the session, as plans are.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "nodes/pathnodes.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"

#include "access/fact.h"
#include "base/errors.h"

#define FACT_CACHE_ID (-1000)

typedef struct FactKey
{
	const DmFactKind *kind;
	char subject[DM_FACT_SUBJECT_SIZE];
} FactKey;

typedef struct Fact
{
	FactKey key;
	int number;
} Fact;

static HTAB *facts = NULL;
static Fact **fact_list = NULL;
static int fact_list_size = 0;

static void
create_facts(void)
{
	HASHCTL ctl;

	ctl.keysize = sizeof(FactKey);
	ctl.entrysize = sizeof(Fact);
	ctl.hcxt = AllocSetContextCreate(CacheMemoryContext, "datamesh facts", ALLOCSET_DEFAULT_SIZES);
	fact_list_size = 16;
	fact_list = MemoryContextAlloc(ctl.hcxt, fact_list_size * sizeof(Fact *));
	facts = hash_create("datamesh facts", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static int
fact_number(const DmFactKind *kind, const char *subject)
{
	FactKey key;
	Fact *fact;
	bool found;

	if (facts == NULL)
		create_facts();
	memset(&key, 0, sizeof(key));
	key.kind = kind;
	if (strlcpy(key.subject, subject, sizeof(key.subject)) >= sizeof(key.subject))
		elog(ERROR, "a fact's subject is too long");
	fact = hash_search(facts, &key, HASH_ENTER, &found);
	if (!found)
	{
		fact->number = hash_get_num_entries(facts) - 1;
		if (fact->number >= fact_list_size)
		{
			fact_list = repalloc(fact_list, 2 * fact_list_size * sizeof(Fact *));
			fact_list_size *= 2;
		}
		fact_list[fact->number] = fact;
	}
	return fact->number;
}

/* The fact that an invalidation item is, NULL for one of the server's. */
static Fact *
fact_of(PlanInvalItem *item)
{
	return item->cacheId > FACT_CACHE_ID ? NULL : fact_list[FACT_CACHE_ID - item->cacheId];
}

/* Every column of a port asks, and one item does for them all. */
static List *
append_item(List *items, int cache_id, uint32 stamp)
{
	PlanInvalItem *item;
	ListCell *lc;

	foreach(lc, items)
	{
		item = lfirst(lc);
		if (item->cacheId == cache_id && item->hashValue == stamp)
			return items;
	}
	item = makeNode(PlanInvalItem);
	item->cacheId = cache_id;
	item->hashValue = stamp;
	return lappend(items, item);
}

List *
dm_fact_add(List *items, const DmFactKind *kind, const char *subject)
{
	return append_item(items, FACT_CACHE_ID - fact_number(kind, subject), kind->stamp(subject));
}

List *
dm_fact_tables(List *items)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, items)
	{
		Fact *fact = fact_of(lfirst(lc));

		for (int i = 0; fact != NULL && i < fact->key.kind->ntables; i++)
			result = list_append_unique_oid(result, dm_table_oid(fact->key.kind->tables[i]));
	}
	return result;
}

void
dm_fact_note(PlannerGlobal *glob, List *items)
{
	ListCell *lc;

	foreach(lc, items)
	{
		PlanInvalItem *item = lfirst(lc);

		glob->invalItems = append_item(glob->invalItems, item->cacheId, item->hashValue);
	}
	glob->relationOids = list_concat_unique_oid(glob->relationOids, dm_fact_tables(items));
	glob->dependsOnRole = true;
}

bool
dm_fact_noted(void)
{
	return facts != NULL;
}

static void
refuse(Fact *fact)
{
	if (fact->key.kind->refuse != NULL)
		fact->key.kind->refuse(fact->key.subject);
	ereport(ERROR,
			(errcode(ERRCODE_DM_ACCESS_CHANGED),
			 errmsg("%s changed after this statement was planned", fact->key.kind->what),
			 errdetail("It was planned for another reader, purpose or clearance."),
			 errhint("Run it again, in a new transaction if it stands in a function.")));
}

void
dm_fact_recheck(PlannedStmt *stmt)
{
	ListCell *lc;
	bool accepted = false;

	foreach(lc, stmt->invalItems)
	{
		PlanInvalItem *item = lfirst(lc);
		Fact *fact = fact_of(item);

		if (fact == NULL)
			continue;
		if (!accepted)
			AcceptInvalidationMessages();
		accepted = true;
		if (fact->key.kind->stamp(fact->key.subject) != item->hashValue)
			refuse(fact);
	}
}

void
dm_fact_check_copy(PlannedStmt *stmt)
{
	ListCell *lc;

	foreach(lc, stmt->invalItems)
	{
		Fact *fact = fact_of(lfirst(lc));

		if (fact != NULL && fact->key.kind->check_copy != NULL)
			fact->key.kind->check_copy(fact->key.subject);
	}
}
