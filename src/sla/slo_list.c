/*
 * slo_list.c
 *		All service levels of a product, resolved to what can be measured.
 *
 * Those of the active contract are read from its document whenever somebody asks, so that what is
 * in force cannot differ from what was published.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "access/policy.h"
#include "access/subject.h"
#include "activity/activity.h"
#include "classify/label.h"
#include "classify/lower.h"
#include "contract/locate.h"
#include "contract/model.h"
#include "contract/version.h"
#include "registry/portrow.h"
#include "sla/slo.h"

/* what a level of a contract, which does not say it, means by "most of the time" */
#define CONTRACT_OBJECTIVE 0.99
#define CONTRACT_DAYS	   30

typedef struct SourceWalk
{
	List *tables;
	List *seen;
} SourceWalk;

static void add_sources(Oid relid, SourceWalk *walk);

static bool
source_walker(Node *node, SourceWalk *walk)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_RELATION)
			add_sources(rte->relid, walk);
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, source_walker, walk,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, source_walker, walk);
}

/* The counted tables that a relation's rows come from, through views to any depth. */
static void
add_sources(Oid relid, SourceWalk *walk)
{
	Relation rel;

	check_stack_depth();
	if (list_member_oid(walk->seen, relid))
		return;
	walk->seen = lappend_oid(walk->seen, relid);
	if (get_rel_relkind(relid) != RELKIND_VIEW)
	{
		Oid target = dm_activity_target(relid);

		if (OidIsValid(target))
			walk->tables = list_append_unique_oid(walk->tables, target);
		return;
	}
	rel = table_open(relid, AccessShareLock);
	if (dm_view_query(rel) != NULL)
		(void) source_walker((Node *) copyObject(dm_view_query(rel)), walk);
	table_close(rel, AccessShareLock);
}

static void
find_tables(DmSlo *slo)
{
	SourceWalk walk = { NIL, NIL };

	if (OidIsValid(slo->relid))
		add_sources(slo->relid, &walk);
	slo->tables = walk.tables;
}

static bool
is_guarded(Oid relid, AttrNumber attnum)
{
	ListCell *lc;

	foreach(lc, dm_column_tags(relid, attnum))
		if (dm_tag_guard(lfirst(lc)) != NULL)
			return true;
	return false;
}

/* Whether there are rows of it, or of what it shows, that some readers must not learn of. */
static bool
hides_rows(Oid relid)
{
	ListCell *lc;

	foreach(lc, list_append_unique_oid(dm_lineage(relid), relid))
	{
		HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(lfirst_oid(lc)));
		bool secured;

		if (!HeapTupleIsValid(tuple))
			continue;
		secured = ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;
		ReleaseSysCache(tuple);
		if (secured || dm_policy_list(lfirst_oid(lc)) != NIL ||
			dm_subject_list(lfirst_oid(lc)) != NIL)
			return true;
	}
	return false;
}

/* The column is there, is a time, and no tag hides what the age of its values tells. */
static void
check_column(DmSlo *slo)
{
	AttrNumber attnum = get_attnum(slo->relid, slo->column);
	Oid type;

	if (attnum <= 0)
	{
		slo->problem = psprintf("%s has no column \"%s\"", get_rel_name(slo->relid), slo->column);
		return;
	}
	type = get_atttype(slo->relid, attnum);
	if (type != DATEOID && type != TIMESTAMPOID && type != TIMESTAMPTZOID)
		slo->problem = psprintf("column \"%s\" is neither a date nor a timestamp", slo->column);
	else if (is_guarded(slo->relid, attnum))
		slo->problem = psprintf("column \"%s\" is guarded by a tag, and the level would tell of its values",
								slo->column);
	else if (hides_rows(slo->relid))
		slo->problem = psprintf("%s has row policies, and the level would tell of rows that they hide",
								get_rel_name(slo->relid));
}

static void
set_key(DmSlo *slo)
{
	slo->key = *slo->element == '\0' ? pstrdup(slo->property) :
									   psprintf("%s:%s", slo->property, slo->element);
}

/* The relation, and the column, that the element names: of a port, else of the domain. */
static void
resolve_element(DmSlo *slo)
{
	char *object = pstrdup(slo->element);
	char *dot = strchr(object, '.');
	Oid view;

	if (dot != NULL)
	{
		*dot = '\0';
		slo->column = dot + 1;
	}
	view = dm_contract_port(slo->product->id, object);
	if (OidIsValid(view))
	{
		slo->ports = list_make1_oid(view);
		slo->relid = dm_port_source(view);
	}
	else
	{
		DmLocation location;

		dm_contract_locate(slo->product->domain, object, NULL, false, &location);
		if (location.place == DM_PLACE_FOUND)
			slo->relid = location.relid;
		else
			slo->problem = psprintf("there is no port and no relation \"%s\"", object);
	}
	if (slo->problem != NULL)
		return;
	if (slo->column != NULL && strcmp(slo->property, "latency") == 0)
		slo->kind = DM_SLO_ELEMENT;
	if (slo->kind == DM_SLO_ELEMENT && slo->column != NULL)
		check_column(slo);
	find_tables(slo);
}

/* A level of the product as a whole that is measured port by port becomes one for each port. */
static List *
per_port(DmSlo *slo, List *ports)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, ports)
	{
		DmSlo *one = palloc(sizeof(DmSlo));

		*one = *slo;
		one->element = get_rel_name(lfirst_oid(lc));
		one->ports = list_make1_oid(lfirst_oid(lc));
		one->relid = dm_port_source(lfirst_oid(lc));
		find_tables(one);
		set_key(one);
		result = lappend(result, one);
	}
	return result;
}

List *
dm_slo_resolve(DmSlo *slo)
{
	List *ports = dm_port_views(slo->product->id);

	slo->problem = dm_slo_read_target(slo);
	set_key(slo);
	if (slo->problem != NULL)
		return list_make1(slo);
	if (*slo->element != '\0')
		resolve_element(slo);
	else if (slo->kind == DM_SLO_DEADLINE && ports != NIL)
		return per_port(slo, ports);
	else
		slo->ports = ports;

	if (slo->problem == NULL && slo->kind == DM_SLO_DEADLINE && !OidIsValid(slo->relid))
		slo->problem = "the product has no ports";
	if (slo->problem == NULL && slo->kind == DM_SLO_ELEMENT && slo->column == NULL)
		slo->problem = "it needs an element that names a column, as in 'orders.ordered_at'";
	return list_make1(slo);
}

static DmSlo *
read_row(DmScan *scan, HeapTuple tuple, DmProduct *product)
{
	DmSlo *slo = palloc0(sizeof(DmSlo));

	slo->product = product;
	slo->property = dm_scan_text(scan, tuple, Anum_dm_slo_property);
	slo->element = dm_scan_text(scan, tuple, Anum_dm_slo_element);
	slo->target = dm_scan_text(scan, tuple, Anum_dm_slo_target);
	slo->unit = dm_scan_text(scan, tuple, Anum_dm_slo_unit);
	slo->driver = dm_scan_text(scan, tuple, Anum_dm_slo_driver);
	slo->objective = DatumGetFloat8(dm_scan_get(scan, tuple, Anum_dm_slo_objective, NULL));
	slo->span = *DatumGetIntervalP(dm_scan_get(scan, tuple, Anum_dm_slo_span, NULL));
	return slo;
}

static List *
stored_levels(DmProduct *product)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_key_int8(&key, Anum_dm_slo_product, product->id);
	dm_scan_begin(&scan, DM_SLO, "slo_product_property_element_key", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		result = lappend(result, read_row(&scan, tuple, product));
	dm_scan_end(&scan);
	return result;
}

/* What a level that was set says of the property as a whole, or of the element, holds instead. */
static bool
is_overridden(List *stored, const char *property, const char *element)
{
	ListCell *lc;

	foreach(lc, stored)
	{
		DmSlo *slo = lfirst(lc);

		if (strcmp(slo->property, property) == 0 &&
			(*slo->element == '\0' || strcmp(slo->element, element) == 0))
			return true;
	}
	return false;
}

static DmSlo *
contract_level(DmProduct *product, DmServiceLevel *level, const char *element)
{
	DmSlo *slo = palloc0(sizeof(DmSlo));

	slo->product = product;
	slo->property = dm_slo_property(level->property);
	slo->element = pstrdup(element);
	slo->target = level->value.text ? level->value.text : "";
	slo->unit = level->unit;
	slo->driver = level->driver;
	slo->from_contract = true;
	slo->objective = CONTRACT_OBJECTIVE;
	slo->span.day = CONTRACT_DAYS;
	return slo;
}

/* The element by the names that the contract gives it, whichever way it refers to it. */
static const char *
element_name(DmContract *contract, DmReference *reference)
{
	DmObject *object = NULL;
	DmProperty *property = NULL;

	if (!dm_reference_resolve(contract, reference, &object, &property))
		return reference->text;
	if (property == NULL || property->physical_name == NULL)
		return object->name;
	return psprintf("%s.%s", object->name, property->physical_name);
}

static DmContract *
active_contract(DmProduct *product)
{
	DmContractVersion *version = dm_contract_active(product->id);
	DmContract *contract;
	bool pushed = !ActiveSnapshotSet();

	if (version == NULL)
		return NULL;
	/* a large document lies in a toast table, which is not read without a snapshot */
	if (pushed)
		PushActiveSnapshot(GetTransactionSnapshot());
	contract = dm_contract_read(dm_contract_document(version), true, NULL);
	if (pushed)
		PopActiveSnapshot();
	return contract;
}

static List *
contract_levels(DmProduct *product, List *stored)
{
	DmContract *contract = active_contract(product);
	List *result = NIL;
	ListCell *lc;

	foreach(lc, contract ? contract->sla : NIL)
	{
		DmServiceLevel *level = lfirst(lc);
		const char *property = dm_slo_property(level->property);
		ListCell *le;

		/* what nobody knows how to measure stays in the document */
		if (property == NULL)
			continue;
		if (level->elements == NIL && !is_overridden(stored, property, ""))
			result = lappend(result, contract_level(product, level, ""));
		foreach(le, level->elements)
		{
			const char *element = element_name(contract, lfirst(le));

			if (!is_overridden(stored, property, element))
				result = lappend(result, contract_level(product, level, element));
		}
	}
	return result;
}

List *
dm_slo_list(DmProduct *product)
{
	List *stored = stored_levels(product);
	List *levels = list_concat(list_copy(stored), contract_levels(product, stored));
	List *result = NIL;
	ListCell *lc;

	foreach(lc, levels)
	{
		ListCell *ln;

		foreach(ln, dm_slo_resolve(lfirst(lc)))
		{
			DmSlo *slo = lfirst(ln);
			bool known = false;
			ListCell *lk;

			/* one that names a port goes before one that became one for each port */
			foreach(lk, result)
				known = known || strcmp(((DmSlo *) lfirst(lk))->key, slo->key) == 0;
			if (!known)
				result = lappend(result, slo);
		}
	}
	return result;
}
