/*
 * boundary_api.c
 *		SQL functions on the boundary of domains, and what follows when it moves.
 *
 * A schema that comes to a domain may bring privileges of roles outside along: they are told of,
 * and have to be revoked, or accepted by governance, before a product of the domain is published.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_seclabel.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "access/policy.h"
#include "base/args.h"
#include "base/errors.h"
#include "base/sqlname.h"
#include "base/words.h"
#include "boundary/acceptance.h"
#include "boundary/boundary_api.h"
#include "boundary/foreign.h"
#include "boundary/grantguard.h"
#include "boundary/rolegrant.h"
#include "catalog/listen.h"
#include "classify/change.h"
#include "registry/product.h"

PG_FUNCTION_INFO_V1(dm_foreign_grants);
PG_FUNCTION_INFO_V1(dm_revoke_foreign_grants);
PG_FUNCTION_INFO_V1(dm_accept_grant);
PG_FUNCTION_INFO_V1(dm_reject_grant);

/* how many foreign privileges a message names */
#define MAX_NAMED 5

static const char *
grantee_word(Oid grantee)
{
	return OidIsValid(grantee) ? GetUserNameFromId(grantee, false) : "PUBLIC";
}

Datum
dm_foreign_grants(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	DmDomain *domain = dm_domain_get(dm_arg_text(fcinfo, 0, "domain"), false);
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, dm_foreign_unaccepted(dm_foreign_of_domain(domain)))
	{
		DmForeign *foreign = lfirst(lc);
		Datum values[5];
		bool nulls[5] = { false };

		values[0] = CStringGetTextDatum(dm_foreign_kind(foreign));
		values[1] = CStringGetTextDatum(dm_foreign_name(foreign));
		values[2] = CStringGetTextDatum(grantee_word(foreign->grantee));
		values[3] = dm_text_array(foreign->privileges);
		values[4] = CStringGetTextDatum(dm_foreign_remedy(foreign));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	PG_RETURN_NULL();
}

Datum
dm_revoke_foreign_grants(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	DmDomain *domain = dm_domain_get_for_update(dm_arg_text(fcinfo, 0, "domain"));
	bool dry_run = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
	ListCell *lc;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	foreach(lc, dm_foreign_unaccepted(dm_foreign_of_domain(domain)))
	{
		DmForeign *foreign = lfirst(lc);
		Datum value;
		bool isnull = false;

		/* whose property it is, is not for the team to say */
		if (foreign->owner)
			continue;
		value = CStringGetTextDatum(dm_foreign_remedy(foreign));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &value, &isnull);
		if (!dry_run)
			dm_foreign_revoke(foreign);
	}
	PG_RETURN_NULL();
}

static Oid
grantee_by_name(const char *name)
{
	return pg_strcasecmp(name, "public") == 0 ? InvalidOid : get_role_oid(name, false);
}

/* What one grantee has on one object, by the names that dm_foreign_grants shows. */
static List *
find_foreign(DmDomain *domain, const char *object, Oid grantee)
{
	List *result = NIL;
	List *names = NIL;
	ListCell *lc;

	foreach(lc, dm_foreign_of_domain(domain))
	{
		DmForeign *foreign = lfirst(lc);

		if (foreign->grantee != grantee)
			continue;
		if (strcmp(dm_foreign_name(foreign), object) == 0)
			result = lappend(result, foreign);
		else
			names = lappend(names, dm_foreign_name(foreign));
	}
	if (result == NIL)
	{
		char *nearest = dm_nearest(object, names);

		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("%s has no privileges on \"%s\" as a role outside of domain \"%s\"",
						dm_grantee_text(grantee), object, domain->name),
				 nearest ? errhint("Perhaps you meant %s.", nearest) :
						   errhint("dm_foreign_grants('%s') lists them.", domain->name)));
	}
	return result;
}

Datum
dm_accept_grant(PG_FUNCTION_ARGS)
{
	DmDomain *domain = dm_domain_get(dm_arg_text(fcinfo, 0, "domain"), false);
	char *object = dm_arg_text(fcinfo, 1, "object");
	char *grantee_name = dm_arg_text(fcinfo, 2, "grantee");
	char *reason = dm_arg_text(fcinfo, 3, "reason");
	Oid grantee = grantee_by_name(grantee_name);
	List *privileges = NIL;
	List *foreign;
	DmForeign *first;
	ListCell *lc;

	dm_table_lock(DM_DOMAIN, domain->id, ExclusiveLock);
	foreign = find_foreign(domain, object, grantee);
	first = linitial(foreign);
	foreach(lc, foreign)
		privileges = list_concat(privileges, ((DmForeign *) lfirst(lc))->privileges);
	if (first->object.classId != RelationRelationId && first->object.classId != NamespaceRelationId)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("privileges on %s %s cannot be accepted", dm_foreign_kind(first), object),
				 errdetail("Only those on relations and schemas can."),
				 errhint("Use dm_revoke_foreign_grants.")));
	dm_acceptance_delete(&first->object, grantee);
	dm_acceptance_insert(&first->object, grantee, privileges, reason);
	dm_change_record_domain(domain->id, "boundary",
							psprintf("%s %s", dm_foreign_kind(first), object), NULL,
							dm_foreign_text(first), reason);
	PG_RETURN_VOID();
}

Datum
dm_reject_grant(PG_FUNCTION_ARGS)
{
	DmDomain *domain = dm_domain_get_for_update(dm_arg_text(fcinfo, 0, "domain"));
	char *object = dm_arg_text(fcinfo, 1, "object");
	Oid grantee = grantee_by_name(dm_arg_text(fcinfo, 2, "grantee"));
	List *foreign = find_foreign(domain, object, grantee);
	ListCell *lc;

	if (!dm_acceptance_delete(&((DmForeign *) linitial(foreign))->object, grantee))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("nothing was accepted for %s on \"%s\"", dm_grantee_text(grantee), object),
				 errhint("datamesh.accepted_grants lists what was.")));
	foreach(lc, foreign)
		if (!((DmForeign *) lfirst(lc))->owner)
			dm_foreign_revoke(lfirst(lc));
	PG_RETURN_VOID();
}

/* The first few of them, and how many more there are. */
static char *
name_some(List *foreign)
{
	StringInfoData buf;
	int named = Min(list_length(foreign), MAX_NAMED);

	initStringInfo(&buf);
	for (int i = 0; i < named; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? "\n" : "", dm_foreign_text(list_nth(foreign, i)));
	if (list_length(foreign) > named)
		appendStringInfo(&buf, "\nand %d more", list_length(foreign) - named);
	return buf.data;
}

static bool
is_published(DmDomain *domain)
{
	ListCell *lc;

	foreach(lc, dm_product_list(domain->id))
		if (dm_product_is_served(lfirst(lc)))
			return true;
	return false;
}

/* Roles outside have privileges in a domain: an error, unless for superusers, if they may not. */
static void
tell_foreign(DmDomain *domain, List *foreign, bool refused, const char *what)
{
	if (foreign == NIL)
		return;
	refused = refused && !superuser();
	ereport(refused ? ERROR : WARNING,
			(errcode(refused ? ERRCODE_DM_BOUNDARY : ERRCODE_WARNING),
			 errmsg("%s while roles outside of domain \"%s\" have privileges", what, domain->name),
			 errdetail("%s", name_some(foreign)),
			 errhint("dm_foreign_grants('%s') lists them. Use dm_revoke_foreign_grants to revoke them, dm_add_producer for a role that belongs to the domain, or have governance use dm_accept_grant.",
					 domain->name)));
}

static void
schema_came(DmDomain *domain, Oid nspid)
{
	List *known = NIL;
	List *foreign = dm_foreign_unaccepted(dm_foreign_of_schema(dm_ground(&known, nspid)));
	bool refused = is_published(domain) && !superuser();

	tell_foreign(domain, foreign, refused,
				 psprintf(refused ? "cannot add schema \"%s\"" : "schema \"%s\" is added",
						  get_namespace_name(nspid)));
}

/* A column of the schema that carries tags; NULL if there is none. */
static char *
classified_column(Oid nspid)
{
	Relation rel = table_open(SecLabelRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;
	char *result = NULL;

	ScanKeyInit(&keys[0], Anum_pg_seclabel_classoid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&keys[1], Anum_pg_seclabel_provider, BTEqualStrategyNumber, F_TEXTEQ,
				CStringGetTextDatum("datamesh"));
	scan = systable_beginscan(rel, InvalidOid, false, NULL, 2, keys);
	while (result == NULL && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		FormData_pg_seclabel *label = (FormData_pg_seclabel *) GETSTRUCT(tuple);
		ObjectAddress column;

		if (label->objsubid == 0 || get_rel_namespace(label->objoid) != nspid)
			continue;
		ObjectAddressSubSet(column, RelationRelationId, label->objoid, label->objsubid);
		result = getObjectIdentity(&column, false);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

/* A row policy on a relation of the schema; NULL if there is none. */
static DmPolicy *
row_policy_within(Oid nspid)
{
	ListCell *lc;

	foreach(lc, dm_policy_list_all())
	{
		DmPolicy *policy = lfirst(lc);

		if (get_rel_namespace(policy->relation) == nspid)
			return policy;
	}
	return NULL;
}

/* A schema that leaves takes its data along: not while some of it is classified or restricted. */
static void
schema_went(DmDomain *domain, Oid nspid)
{
	char *column = classified_column(nspid);
	DmPolicy *policy = row_policy_within(nspid);

	if ((column != NULL || policy != NULL) && !superuser())
		ereport(ERROR,
				(errcode(ERRCODE_DM_BOUNDARY),
				 errmsg("schema \"%s\" cannot leave domain \"%s\"", get_namespace_name(nspid),
						domain->name),
				 column != NULL ?
					 errdetail("Column %s is classified.", column) :
					 errdetail("Relation %s has row policy \"%s\".",
							   dm_relation_sql(policy->relation), policy->name),
				 errhint("Move what stays in the domain to another of its schemas first.")));
	dm_change_record_domain(domain->id, "boundary",
							psprintf("schema \"%s\"", get_namespace_name(nspid)),
							psprintf("domain \"%s\"", domain->name), NULL, NULL);
}

static void
boundary_moved(DmBoundaryEvent event, int64 domain_id, Oid oid)
{
	DmDomain *domain = dm_domain_get_by_id(domain_id);

	switch (event)
	{
		case DM_SCHEMA_CAME:
			schema_came(domain, oid);
			break;
		case DM_SCHEMA_WENT:
			schema_went(domain, oid);
			break;
		case DM_ROLE_CAME:
			dm_change_record_domain(domain_id, "membership",
									psprintf("domain \"%s\"", domain->name), NULL,
									dm_grantee_text(oid), NULL);
			break;
		case DM_ROLE_WENT:
			dm_rolegrant_evict(domain, oid);
			break;
	}
}

/* No product is published past the boundary. */
static void
status_changed(DmEvent event, int64 product_id)
{
	DmProduct *product = dm_product_get_by_id(product_id);

	if (product->status == DM_ACTIVE)
		tell_foreign(product->domain,
					 dm_foreign_unaccepted(dm_foreign_of_product(product)), true,
					 psprintf("cannot publish product \"%s\"", product->label));
}

/* The owner's default privileges are not the port's readers. */
static void
port_added(DmEvent event, int64 view)
{
	dm_grantguard_strip(RelationRelationId, (Oid) view);
	dm_grantguard_strip(NamespaceRelationId, get_rel_namespace((Oid) view));
}

void
dm_boundary_init(void)
{
	dm_listen_boundary(boundary_moved);
	dm_listen(DM_EVENT_PRODUCT_STATUS, status_changed);
	dm_listen(DM_EVENT_PORT_ADDED, port_added);
}
