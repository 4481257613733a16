/*
 * slo_outlook.c
 *		Whether a level that is kept now will be broken, by how that stands which feeds it.
 *
 * A relation is fed by what its view or materialised view reads, to any depth, by the products
 * that a copy is marked with, and by the input ports that its product's description names.  Whoever
 * of these is late will make it late.  Of tables without a level the usual time between two
 * writes tells what late is (see series/).
 *
 * Dependencies are read from pg_depend: nothing is locked, so that a REFRESH that takes hours, of
 * all relations, does not keep anybody from seeing that it is late.
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_rewrite.h"
#include "miscadmin.h"
#include "rewrite/rewriteSupport.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "activity/activity.h"
#include "base/json.h"
#include "catalog/depend.h"
#include "catalog/table.h"
#include "classify/copymark.h"
#include "contract/version.h"
#include "event/viewer.h"
#include "registry/portrow.h"
#include "series/series.h"
#include "sla/slo_evaluate.h"
#include "sla/slo_outlook.h"

/* columns of datamesh.product_document */
#define DOCUMENT_PRODUCT  2
#define DOCUMENT_DOCUMENT 5

/* later than all but one of a hundred times between two writes is later than usual */
#define USUAL_SHARE 0.98

/* A product that feeds a relation: one of its ports, or InvalidOid for any. */
typedef struct Feed
{
	int64 product;
	Oid port;
} Feed;

/* All that feeds a relation of a product. */
typedef struct Feeds
{
	int64 product;
	Oid relid;
	List *products;	 /* Feed * */
	List *tables;	 /* OIDs of those that are counted, its own included */
	List *relations; /* OIDs of those that are looked at; grows */
	List *asked;	 /* DmProduct *: those whose inputs are added; grows */
} Feeds;

/* The levels of a product that tell whether it is late. */
typedef struct Standing
{
	int64 product;
	List *tracks; /* DmSloTrack * */
} Standing;

struct DmOutlook
{
	TimestampTz at;
	MemoryContext context;
	List *feeds;	 /* Feeds * */
	List *standings; /* Standing * */
};

DmOutlook *
dm_outlook_make(TimestampTz at)
{
	DmOutlook *outlook = palloc0(sizeof(DmOutlook));

	outlook->at = at;
	outlook->context = CurrentMemoryContext;
	return outlook;
}

/* --- what feeds what --- */

static void
add_feed(Feeds *feeds, int64 product_id, Oid port)
{
	Feed *feed = palloc(sizeof(Feed));

	feed->product = product_id;
	feed->port = port;
	feeds->products = lappend(feeds->products, feed);
}

/* What is to be looked at.  There may be more of it than the stack holds. */
static void
add_relation(Feeds *feeds, Oid relid)
{
	feeds->relations = list_append_unique_oid(feeds->relations, relid);
}

static void
ask(Feeds *feeds, DmProduct *product)
{
	ListCell *lc;

	foreach(lc, feeds->asked)
		if (((DmProduct *) lfirst(lc))->id == product->id)
			return;
	feeds->asked = lappend(feeds->asked, product);
}

/* A product that feeds the relation by whichever of its ports. */
static void
add_product(Feeds *feeds, DmProduct *product)
{
	ListCell *lc;

	if (product == NULL || product->id == feeds->product)
		return;
	foreach(lc, feeds->products)
	{
		Feed *feed = lfirst(lc);

		if (feed->product == product->id && feed->port == InvalidOid)
			return;
	}
	add_feed(feeds, product->id, InvalidOid);
	foreach(lc, dm_port_views(product->id))
		add_relation(feeds, lfirst_oid(lc));
	ask(feeds, product);
}

/*
 * What somebody declares to read proves nothing: that others are late is told to those alone who
 * may see how they stand, by which they would know it anyway.
 */
static bool
may_declare(DmProduct *product, DmProduct *source)
{
	return source != NULL &&
		   (dm_event_viewer(source, product->owner) != DM_VIEWER_NONE ||
			dm_event_viewer(source, product->domain->owner) != DM_VIEWER_NONE);
}

static void
add_declared(Feeds *feeds, DmProduct *product, Jsonb *document)
{
	JsonbValue root;
	JsonbContainer *object;
	JsonbContainer *ports;
	DmJsonEach each;

	dm_json_root(document, &root);
	object = dm_json_as_object(&root);
	if (object == NULL || !dm_json_array(object, "inputPorts", &ports))
		return;
	dm_json_each(&each, ports);
	while (dm_json_next(&each))
	{
		JsonbContainer *port = dm_json_as_object(&each.value);
		char *id = port != NULL ? dm_json_text(port, "contractId") : NULL;
		DmContractVersion *version = id != NULL ? dm_contract_by_id(id, NULL) : NULL;
		DmProduct *source = version != NULL ? dm_product_find_by_id(version->product) : NULL;

		if (may_declare(product, source))
			add_product(feeds, source);
	}
}

/* The input ports that the product's description in ODPS names by contracts that are known here. */
static void
add_inputs(Feeds *feeds, DmProduct *product)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	List *documents = NIL;
	bool pushed = false;
	ListCell *lc;

	/* a large document lies in a toast table, which is not read without a snapshot */
	if (!ActiveSnapshotSet())
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		pushed = true;
	}
	dm_key_int8(&key, DOCUMENT_PRODUCT, product->id);
	dm_scan_begin(&scan, DM_PRODUCT_DOCUMENT, "product_document_product_standard_key", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		documents = lappend(documents, DatumGetJsonbPCopy(dm_scan_get(&scan, tuple,
																	  DOCUMENT_DOCUMENT, NULL)));
	dm_scan_end(&scan);
	if (pushed)
		PopActiveSnapshot();
	foreach(lc, documents)
		add_declared(feeds, product, lfirst(lc));
}

/* The relations that a view or materialised view reads. */
static List *
relations_read(Oid relid)
{
	Oid rule = get_rewrite_oid(relid, ViewSelectRuleName, true);
	List *result = NIL;
	ListCell *lc;

	if (!OidIsValid(rule))
		return NIL;
	foreach(lc, dm_depend_of(RewriteRelationId, rule))
	{
		Form_pg_depend depend = lfirst(lc);

		if (depend->refclassid == RelationRelationId && depend->refobjid != relid)
			result = list_append_unique_oid(result, depend->refobjid);
	}
	return result;
}

static void
read_from(Feeds *feeds, Oid relid)
{
	char kind = get_rel_relkind(relid);
	int64 product_id = kind == RELKIND_VIEW ? dm_port_product(relid) : 0;
	Oid table = kind == RELKIND_VIEW ? InvalidOid : dm_activity_target(relid);
	ListCell *lc;

	if (product_id != 0 && product_id != feeds->product)
	{
		DmProduct *product = dm_product_find_by_id(product_id);

		add_feed(feeds, product_id, relid);
		if (product != NULL)
			ask(feeds, product);
	}
	if (OidIsValid(table))
		feeds->tables = list_append_unique_oid(feeds->tables, table);
	if (kind == RELKIND_VIEW || kind == RELKIND_MATVIEW)
		foreach(lc, relations_read(relid))
			add_relation(feeds, lfirst_oid(lc));
	else
		foreach(lc, dm_copy_products(relid))
			add_product(feeds, dm_product_get_by_literal(lfirst(lc)));
}

/* All that feeds what is in the lists, which grow meanwhile. */
static void
follow(Feeds *feeds)
{
	int relations = 0;
	int products = 0;

	while (relations < list_length(feeds->relations) || products < list_length(feeds->asked))
	{
		CHECK_FOR_INTERRUPTS();
		if (relations < list_length(feeds->relations))
			read_from(feeds, list_nth_oid(feeds->relations, relations++));
		else
			add_inputs(feeds, list_nth(feeds->asked, products++));
	}
}

static Feeds *
feeds_of(DmOutlook *outlook, const DmSlo *slo)
{
	Feeds *feeds;
	MemoryContext old;
	ListCell *lc;

	foreach(lc, outlook->feeds)
	{
		feeds = lfirst(lc);
		if (feeds->product == slo->product->id && feeds->relid == slo->relid)
			return feeds;
	}
	old = MemoryContextSwitchTo(outlook->context);
	feeds = palloc0(sizeof(Feeds));
	feeds->product = slo->product->id;
	feeds->relid = slo->relid;
	add_relation(feeds, slo->relid);
	ask(feeds, slo->product);
	follow(feeds);
	outlook->feeds = lappend(outlook->feeds, feeds);
	MemoryContextSwitchTo(old);
	return feeds;
}

/* --- how the sources stand --- */

/* Whether a level says how fresh its product is. */
static bool
is_of_freshness(const DmSlo *slo)
{
	return slo->problem == NULL &&
		   (slo->kind == DM_SLO_DEADLINE ||
			(slo->kind == DM_SLO_ELEMENT && strcmp(slo->property, "latency") == 0));
}

static Standing *
standing_of(DmOutlook *outlook, int64 product_id)
{
	DmProduct *product;
	Standing *standing;
	MemoryContext old;
	ListCell *lc;

	foreach(lc, outlook->standings)
	{
		standing = lfirst(lc);
		if (standing->product == product_id)
			return standing;
	}
	old = MemoryContextSwitchTo(outlook->context);
	standing = palloc0(sizeof(Standing));
	standing->product = product_id;
	product = dm_product_find_by_id(product_id);
	foreach(lc, product != NULL ? dm_slo_list(product) : NIL)
	{
		DmSlo *slo = lfirst(lc);
		DmSloTrack *track;

		if (!is_of_freshness(slo))
			continue;
		track = dm_slo_track_read(slo);
		dm_slo_evaluate(track, outlook->at, false);
		standing->tracks = lappend(standing->tracks, track);
	}
	outlook->standings = lappend(outlook->standings, standing);
	MemoryContextSwitchTo(old);
	return standing;
}

static bool
is_about(const DmSlo *slo, Oid port)
{
	return !OidIsValid(port) || list_member_oid(slo->ports, port) ||
		   slo->relid == dm_port_source(port);
}

static void
look_at(DmRisk *risk, TimestampTz at, TimestampTz when)
{
	if (when > at)
		risk->look = Min(risk->look, when);
}

/* A product that is late, of those that feed the level. */
static void
check_products(DmOutlook *outlook, Feeds *feeds, DmRisk *risk)
{
	ListCell *lf;

	foreach(lf, feeds->products)
	{
		Feed *feed = lfirst(lf);
		ListCell *lt;

		foreach(lt, standing_of(outlook, feed->product)->tracks)
		{
			DmSloTrack *track = lfirst(lt);

			if (!is_about(track->slo, feed->port))
				continue;
			look_at(risk, outlook->at, track->deadline);
			if (dm_slo_track_last(track)->state != DM_STATE_BREACHED ||
				risk->kind != DM_RISK_NONE)
				continue;
			risk->kind = DM_RISK_SOURCE;
			risk->source = track->slo->product;
			risk->level = track->slo->key;
			risk->since = dm_slo_track_last(track)->since;
		}
	}
}

/*
 * When a table is expected to be written to next, and from when on it is later than usual; false
 * where too little is known.
 */
static bool
next_write(Oid relid, TimestampTz at, TimestampTz *expected, TimestampTz *latest)
{
	DmActivity activity;
	DmForecast gap;

	if (!dm_activity_get(relid, &activity) || activity.last_write == 0 ||
		!dm_series_next(relid, NULL, DM_METRIC_GAP, at, USUAL_SHARE, &gap))
		return false;
	*expected = activity.last_write + (int64) (gap.expected * USECS_PER_SEC);
	*latest = activity.last_write + (int64) (gap.high * USECS_PER_SEC);
	return true;
}

static void
check_source_tables(DmOutlook *outlook, Feeds *feeds, const DmSlo *slo, DmRisk *risk)
{
	ListCell *lc;

	foreach(lc, feeds->tables)
	{
		TimestampTz expected;
		TimestampTz latest;

		if (list_member_oid(slo->tables, lfirst_oid(lc)) ||
			!next_write(lfirst_oid(lc), outlook->at, &expected, &latest))
			continue;
		look_at(risk, outlook->at, latest);
		if (outlook->at <= latest || risk->kind != DM_RISK_NONE)
			continue;
		risk->kind = DM_RISK_TABLE;
		risk->table = lfirst_oid(lc);
		risk->since = latest;
	}
}

/* The level is kept by whichever of its tables is written to first. */
static void
check_own_tables(DmOutlook *outlook, DmSloTrack *track, DmRisk *risk)
{
	TimestampTz first = DT_NOEND;
	TimestampTz last = 0;
	ListCell *lc;

	foreach(lc, track->slo->tables)
	{
		TimestampTz expected;
		TimestampTz latest;

		if (!next_write(lfirst_oid(lc), outlook->at, &expected, &latest))
			return;
		first = Min(first, expected);
		last = last == 0 ? latest : Min(last, latest);
	}
	/* what is refreshed from elsewhere does not go by the rhythm of tables */
	if (last == 0 || track->refreshed_at != 0)
		return;
	look_at(risk, outlook->at, last);
	if (risk->kind != DM_RISK_NONE)
		return;
	if (outlook->at > last)
	{
		risk->kind = DM_RISK_OWN;
		risk->since = last;
	}
	else if (first > track->deadline)
		risk->kind = DM_RISK_RHYTHM;
}

void
dm_outlook_risk(DmOutlook *outlook, DmSloTrack *track, DmRisk *risk)
{
	DmSloInterval *last = dm_slo_track_last(track);
	Feeds *feeds;

	memset(risk, 0, sizeof(*risk));
	risk->look = DT_NOEND;
	if (!is_of_freshness(track->slo) || !OidIsValid(track->slo->relid) || last == NULL ||
		last->state != DM_STATE_OK || track->deadline <= outlook->at)
		return;
	feeds = feeds_of(outlook, track->slo);
	check_products(outlook, feeds, risk);
	check_source_tables(outlook, feeds, track->slo, risk);
	check_own_tables(outlook, track, risk);
}
