/*
 * portrow.c
 *		The registry's rows of output ports.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "miscadmin.h"
#include "rewrite/rewriteSupport.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/sqlname.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "registry/portrow.h"

static List *
find_views(const char *index_name, int nkeys, ScanKey keys)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_PORT, index_name, nkeys, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		Oid view = dm_scan_oid(&scan, tuple, Anum_dm_port_view);

		/* a view may have been dropped by force, as with its schema's ... CASCADE */
		if (OidIsValid(view) && get_rel_relkind(view) == RELKIND_VIEW)
			result = lappend_oid(result, view);
	}
	dm_scan_end(&scan);
	list_sort(result, list_oid_cmp);
	return result;
}

List *
dm_port_views(int64 product_id)
{
	ScanKeyData key;

	dm_key_int8(&key, Anum_dm_port_product, product_id);
	return find_views("port_product_idx", 1, &key);
}

List *
dm_port_views_all(void)
{
	return find_views(NULL, 0, NULL);
}

/* Views that are ports, and their products: asked for every view of every query that is planned. */
typedef struct PortEntry
{
	Oid view;
	int64 product;
} PortEntry;

static HTAB *port_entries = NULL;
static Oid port_table = InvalidOid;
static uint64 port_epoch = 0;

/* Only compares OIDs: a callback must not touch the caches. */
static void
ports_changed(Datum arg, Oid relid)
{
	if (relid == InvalidOid || relid == port_table)
	{
		port_epoch++;
		port_table = InvalidOid;
	}
}

/* The entries as they are now; what arrives while the table is read counts as newer. */
static HTAB *
current_entries(void)
{
	HASHCTL ctl;

	if (port_entries != NULL && OidIsValid(port_table))
		return port_entries;
	if (port_entries != NULL)
		hash_destroy(port_entries);
	port_entries = NULL;
	port_table = dm_table_oid(DM_PORT);

	memset(&ctl, 0, sizeof(ctl));
	ctl.keysize = sizeof(Oid);
	ctl.entrysize = sizeof(PortEntry);
	ctl.hcxt = CacheMemoryContext;
	port_entries = hash_create("datamesh ports", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	return port_entries;
}

static int64
read_product(Oid view)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	int64 result = 0;

	dm_key_oid(&key, Anum_dm_port_view, view);
	dm_scan_begin(&scan, DM_PORT, "port_view_idx", 1, &key);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		result = dm_scan_int8(&scan, tuple, Anum_dm_port_product);
	dm_scan_end(&scan);
	return result;
}

int64
dm_port_product(Oid view)
{
	PortEntry *entry = hash_search(current_entries(), &view, HASH_FIND, NULL);
	uint64 epoch = port_epoch;
	int64 product;

	if (entry != NULL)
		return entry->product;
	product = read_product(view);
	/* that a view is no port is not kept: there is no end to other views */
	if (product != 0 && epoch == port_epoch)
	{
		entry = hash_search(current_entries(), &view, HASH_ENTER, NULL);
		entry->product = product;
	}
	return product;
}

DmProduct *
dm_product_of_port(Oid view)
{
	int64 id = dm_port_product(view);

	return id == 0 ? NULL : dm_product_find_by_id(id);
}

void
dm_port_row_init(void)
{
	CacheRegisterRelcacheCallback(ports_changed, (Datum) 0);
}

Query *
dm_view_query(Relation view)
{
	RuleLock *rules = view->rd_rules;

	for (int i = 0; rules != NULL && i < rules->numLocks; i++)
		if (rules->rules[i]->event == CMD_SELECT)
			return linitial_node(Query, rules->rules[i]->actions);
	return NULL;
}

/* The relation that a port's query reads: all else in its range table are rule placeholders. */
Oid
dm_port_query_source(Query *query, Index *varno)
{
	RangeTblRef *ref;
	RangeTblEntry *rte;

	if (list_length(query->jointree->fromlist) != 1 ||
		!IsA(linitial(query->jointree->fromlist), RangeTblRef))
		return InvalidOid;
	ref = linitial(query->jointree->fromlist);
	rte = rt_fetch(ref->rtindex, query->rtable);
	if (rte->rtekind != RTE_RELATION)
		return InvalidOid;
	*varno = ref->rtindex;
	return rte->relid;
}

Oid
dm_port_source(Oid view)
{
	Relation rel = try_relation_open(view, AccessShareLock);
	Query *query;
	Index varno;
	Oid result;

	/* it may be dropped at this moment */
	if (rel == NULL)
		return InvalidOid;
	query = dm_view_query(rel);
	result = query ? dm_port_query_source(query, &varno) : InvalidOid;
	relation_close(rel, AccessShareLock);
	return result;
}

char *
dm_port_schema_name(const char *domain, const char *product, int major)
{
	char *name = psprintf("%s_%s_v%d", domain, product, major);

	if (strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("the name of port schema \"%s\" is too long", name),
				 errdetail("It has %zu bytes; at most %d are allowed.",
						   strlen(name), NAMEDATALEN - 1),
				 errhint("Choose a shorter name for the domain or the product.")));
	return name;
}

void
dm_port_row_insert(int64 product_id, Oid view, const char *source_name, List *columns)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_port_id, Int64GetDatum(dm_table_next_id(DM_PORT)));
	dm_row_set(&row, Anum_dm_port_product, Int64GetDatum(product_id));
	dm_row_set(&row, Anum_dm_port_view, ObjectIdGetDatum(view));
	dm_row_set_text(&row, Anum_dm_port_name, get_rel_name(view));
	dm_row_set_text(&row, Anum_dm_port_schema_name, get_namespace_name(get_rel_namespace(view)));
	dm_row_set_text(&row, Anum_dm_port_source_name, source_name);
	dm_row_set(&row, Anum_dm_port_columns, dm_text_array(columns));
	dm_row_set(&row, Anum_dm_port_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_port_created_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_PORT, &row);
}

void
dm_port_row_close(Oid view)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_oid(&key, Anum_dm_port_view, view);
	dm_scan_begin(&scan, DM_PORT, "port_view_idx", 1, &key);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
	{
		DmRow row;

		dm_row_init(&row);
		dm_row_set(&row, Anum_dm_port_view, ObjectIdGetDatum(InvalidOid));
		dm_row_set(&row, Anum_dm_port_dropped_at, TimestampTzGetDatum(GetCurrentTimestamp()));
		if (get_rel_name(view) != NULL)
		{
			dm_row_set_text(&row, Anum_dm_port_name, get_rel_name(view));
			dm_row_set_text(&row, Anum_dm_port_schema_name,
							get_namespace_name(get_rel_namespace(view)));
			if (OidIsValid(dm_port_source(view)))
				dm_row_set_text(&row, Anum_dm_port_source_name,
								dm_relation_sql(dm_port_source(view)));
		}
		dm_table_update(&scan, tuple, &row);
	}
	dm_scan_end(&scan);
}

void
dm_port_row_change(Oid view, const char *source_name, List *columns)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	DmRow row;

	dm_key_oid(&key, Anum_dm_port_view, view);
	dm_scan_begin(&scan, DM_PORT, "port_view_idx", 1, &key);
	tuple = dm_scan_next(&scan);
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "relation %u is no port", view);
	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_port_source_name, source_name);
	dm_row_set(&row, Anum_dm_port_columns, dm_text_array(columns));
	dm_table_update(&scan, tuple, &row);
	dm_scan_end(&scan);
}

void
dm_port_rows_forget(int64 product_id)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_int8(&key, Anum_dm_port_product, product_id);
	dm_scan_begin(&scan, DM_PORT, "port_product_idx", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
}

void
dm_port_invalidate_product(int64 product_id)
{
	ListCell *lc;

	foreach(lc, dm_port_views(product_id))
		CacheInvalidateRelcacheByRelid(lfirst_oid(lc));
}

void
dm_port_invalidate_domain(int64 domain_id)
{
	ListCell *lc;

	foreach(lc, dm_product_list(domain_id))
		dm_port_invalidate_product(((DmProduct *) lfirst(lc))->id);
}
