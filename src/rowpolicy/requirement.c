/*
 * requirement.c
 *		Products that ask for the consent of data subjects.
 *
 * A requirement concerns sessions whose purpose is the one that it names, or below.  Rows of
 * relations that name no subject are not touched by it; whoever makes such a product is told.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "access/purpose.h"
#include "access/separation.h"
#include "access/subject.h"
#include "base/args.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "base/words.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/change.h"
#include "compat/pg_compat.h"
#include "registry/portrow.h"
#include "registry/product.h"
#include "rowpolicy/native.h"
#include "rowpolicy/requirement.h"

PG_FUNCTION_INFO_V1(dm_require_consent);
PG_FUNCTION_INFO_V1(dm_drop_consent_requirement);
PG_FUNCTION_INFO_V1(dm_port_names_subject);

static bool
collect_relations(Node *node, List **relids)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
	{
		RangeTblEntry *rte = (RangeTblEntry *) node;

		if (rte->rtekind == RTE_RELATION)
			*relids = list_append_unique_oid(*relids, rte->relid);
		return false;
	}
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, collect_relations, relids,
								 QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, collect_relations, relids);
}

/* The relations that a view reads; itself may be among them. */
static List *
relations_of_view(Oid view)
{
	Relation rel = table_open(view, AccessShareLock);
	Query *query = dm_view_query(rel);
	List *result = NIL;

	if (query != NULL)
		(void) collect_relations((Node *) query, &result);
	table_close(rel, AccessShareLock);
	return result;
}

/*
 * Does the relation, or one that it reads, name the subjects of its rows?  A materialised view
 * is read as its owner has filled it: what guards the tables below does not guard it.
 */
static bool
names_subject(Oid relid)
{
	List *subjects = dm_subject_list(InvalidOid);
	List *relids = list_make1_oid(relid);

	/* the list grows while it is walked */
	for (int i = 0; i < list_length(relids); i++)
	{
		Oid member = list_nth_oid(relids, i);
		ListCell *lc;

		CHECK_FOR_INTERRUPTS();
		/* what cannot have row security is guarded by the text of a port on itself only */
		foreach(lc, subjects)
			if ((i == 0 || dm_native_possible(member)) && dm_subject_governs(lfirst(lc), member))
				return true;
		if (get_rel_relkind(member) == RELKIND_VIEW)
			relids = list_concat_unique_oid(relids, relations_of_view(member));
	}
	return false;
}

static void
warn_uncovered(DmProduct *product, Oid view)
{
	Oid source = dm_port_source(view);

	if (!OidIsValid(source) || names_subject(source))
		return;
	ereport(WARNING,
			(errmsg("port \"%s\" of product \"%s\" shows all rows of \"%s\", whatever their subjects have consented to",
					get_rel_name(view), product->label, get_rel_name(source)),
			 errdetail("No column of it is known to name data subjects."),
			 get_rel_relkind(source) == RELKIND_VIEW ?
				 errhint("Use dm_register_subject for the tables that it reads, unless they have no data of persons.") :
				 errhint("Use dm_register_subject(%s, column), unless the relation has no data of persons.",
						 quote_literal_cstr(dm_relation_sql(source)))));
}

static HeapTuple
find_requirement(DmScan *scan, DmProduct *product, const char *purpose)
{
	ScanKeyData keys[2];

	dm_key_int8(&keys[0], Anum_dm_consent_requirement_product, product->id);
	dm_key_text(&keys[1], Anum_dm_consent_requirement_purpose, purpose);
	dm_scan_begin(scan, DM_CONSENT_REQUIREMENT, "consent_requirement_pkey", 2, keys);
	return dm_scan_next(scan);
}

Datum
dm_require_consent(PG_FUNCTION_ARGS)
{
	char *text = dm_arg_text(fcinfo, 0, "product");
	char *purpose = dm_arg_text(fcinfo, 1, "purpose");
	DmProduct *product;
	DmRow row;
	ListCell *lc;

	/* before the domain's lock */
	dm_purpose_check(purpose);
	product = dm_product_get_for_update(text);
	if (dm_string_member(dm_requirement_list(product->id), purpose))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("product \"%s\" requires consent for purpose \"%s\" already",
						product->label, purpose)));
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_consent_requirement_product, Int64GetDatum(product->id));
	dm_row_set_text(&row, Anum_dm_consent_requirement_purpose, purpose);
	dm_row_set(&row, Anum_dm_consent_requirement_created_at,
			   TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_consent_requirement_created_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_CONSENT_REQUIREMENT, &row);
	dm_port_invalidate_product(product->id);
	foreach(lc, dm_port_views(product->id))
		warn_uncovered(product, lfirst_oid(lc));
	PG_RETURN_VOID();
}

/* An agreement serves sessions that the requirement concerns. */
static bool
profits_by_purpose(DmAgreement *agreement, void *purpose)
{
	return dm_string_member(dm_purpose_lineage(agreement->purpose), purpose) ||
		   dm_string_member(dm_purpose_lineage(purpose), agreement->purpose);
}

Datum
dm_drop_consent_requirement(PG_FUNCTION_ARGS)
{
	char *text = dm_arg_text(fcinfo, 0, "product");
	char *purpose = dm_arg_text(fcinfo, 1, "purpose");
	char *reason = dm_arg_text_or_null(fcinfo, 2, "reason");
	DmProduct *product = dm_product_get_for_update(text);
	List *required = dm_requirement_list(product->id);
	DmScan scan;

	if (!dm_string_member(required, purpose))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("product \"%s\" does not require consent for purpose \"%s\"",
						product->label, purpose),
				 required != NIL ? errhint("It does for %s.", dm_quoted_list(required)) : 0));
	dm_separation_check(product->id,
						psprintf("drop the requirement of consent of product \"%s\"", product->label),
						profits_by_purpose, purpose);
	dm_table_delete(&scan, find_requirement(&scan, product, purpose));
	dm_scan_end(&scan);
	dm_change_record_domain(product->domain->id, "consent", product->label, purpose, NULL, reason);
	dm_port_invalidate_product(product->id);
	PG_RETURN_VOID();
}

/* datamesh.port_names_subject(view): does a requirement have an effect on this port? */
Datum
dm_port_names_subject(PG_FUNCTION_ARGS)
{
	Oid view = PG_GETARG_OID(0);
	Oid source = get_rel_relkind(view) == RELKIND_VIEW ? dm_port_source(view) : InvalidOid;

	if (!OidIsValid(source))
		PG_RETURN_NULL();
	PG_RETURN_BOOL(names_subject(source));
}

/* DM_EVENT_PORT_ADDED: what a requirement means for the new port. */
static void
port_added(DmEvent event, int64 view)
{
	DmProduct *product = dm_product_get_by_id(dm_port_product((Oid) view));

	if (dm_requirement_list(product->id) != NIL)
		warn_uncovered(product, (Oid) view);
}

/* DM_EVENT_PRODUCT_RETIRING: nobody reads it any more. */
static void
product_retiring(DmEvent event, int64 id)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_int8(&key, Anum_dm_consent_requirement_product, id);
	dm_scan_begin(&scan, DM_CONSENT_REQUIREMENT, "consent_requirement_pkey", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
}

void
dm_requirement_init(void)
{
	dm_listen(DM_EVENT_PORT_ADDED, port_added);
	dm_listen(DM_EVENT_PRODUCT_RETIRING, product_retiring);
}
