/*
 * explain_who.c
 *		dm_who_can_see: every role that sees a column in clear, and why.
 *
 * A column is seen where it is stored and through every port that shows it.  For each of these
 * places and each role the reading is made that dm_explain_access makes; only roles that the
 * server or the decision turns away anyway are passed over before.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "access/agreement.h"
#include "access/purpose.h"
#include "base/args.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "catalog/column.h"
#include "classify/label.h"
#include "classify/tag.h"
#include "compat/pg_compat.h"
#include "explain/explain.h"
#include "port/port.h"
#include "port/viewtext.h"
#include "registry/portrow.h"

PG_FUNCTION_INFO_V1(dm_who_can_see);
PG_FUNCTION_INFO_V1(dm_who_can_see_named);

typedef struct Role
{
	Oid oid;
	char *name;
	bool can_login;
} Role;

/* Why a role sees the column. */
typedef struct Reason
{
	const char *kind;
	Oid through; /* InvalidOid for PUBLIC and superusers */
	int64 agreement;
	const char *purpose;
	char *text;
} Reason;

static int
cmp_roles(const ListCell *a, const ListCell *b)
{
	return strcmp(((Role *) lfirst(a))->name, ((Role *) lfirst(b))->name);
}

static List *
all_roles(void)
{
	Relation rel = table_open(AuthIdRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;
	List *roles = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_authid form = (Form_pg_authid) GETSTRUCT(tuple);
		Role *role = palloc(sizeof(Role));

		role->oid = form->oid;
		role->name = pstrdup(NameStr(form->rolname));
		role->can_login = form->rolcanlogin;
		roles = lappend(roles, role);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	list_sort(roles, cmp_roles);
	return roles;
}

/* The columns of ports that a stored column's value flows into, and the column itself first. */
static List *
places(Oid relid, AttrNumber attnum)
{
	List *family = dm_relation_family(relid);
	char *name = get_attname(relid, attnum, false);
	DmColumn *self = palloc(sizeof(DmColumn));
	List *result;
	ListCell *lc;

	self->relid = relid;
	self->attnum = attnum;
	result = list_make1(self);
	if (dm_port_product(relid) != 0)
		return result;
	foreach(lc, dm_ports_showing(relid))
	{
		Oid view = lfirst_oid(lc);
		int natts = dm_column_count(view);

		for (AttrNumber i = 1; i <= natts; i++)
		{
			ListCell *lc2;

			foreach(lc2, dm_column_sources(view, i))
			{
				DmColumn *source = lfirst(lc2);
				DmColumn *place;

				if (!list_member_oid(family, source->relid) ||
					strcmp(get_attname(source->relid, source->attnum, false), name) != 0)
					continue;
				place = palloc(sizeof(DmColumn));
				place->relid = view;
				place->attnum = i;
				result = lappend(result, place);
				break;
			}
		}
	}
	return result;
}

/* What the server would refuse before anything else. */
static bool
has_privileges(Oid role, DmColumn *place)
{
	return dm_namespace_aclcheck(get_rel_namespace(place->relid), role, ACL_USAGE) == ACLCHECK_OK &&
		   (pg_class_aclcheck(place->relid, role, ACL_SELECT) == ACLCHECK_OK ||
			pg_attribute_aclcheck(place->relid, place->attnum, role, ACL_SELECT) == ACLCHECK_OK);
}

/* The grantee in an ACL through whom a role may select; ACL_ID_PUBLIC for all, false for none. */
static bool
find_grantee(Datum datum, Oid role, Oid *grantee)
{
	Acl *acl = DatumGetAclP(datum);
	AclItem *items = ACL_DAT(acl);

	for (int i = 0; i < ACL_NUM(acl); i++)
	{
		if ((ACLITEM_GET_PRIVS(items[i]) & ACL_SELECT) == 0)
			continue;
		*grantee = items[i].ai_grantee;
		if (*grantee == ACL_ID_PUBLIC || has_privs_of_role(role, *grantee))
			return true;
	}
	return false;
}

/* Through which privilege a role reads a relation that is no port. */
static void
server_reason(Oid role, DmColumn *place, Reason *reason)
{
	HeapTuple rel = SearchSysCache1(RELOID, ObjectIdGetDatum(place->relid));
	HeapTuple att = SearchSysCache2(ATTNUM, ObjectIdGetDatum(place->relid),
									Int16GetDatum(place->attnum));
	Oid owner = ((Form_pg_class) GETSTRUCT(rel))->relowner;
	bool relnull;
	bool attnull;
	Datum relacl = SysCacheGetAttr(RELOID, rel, Anum_pg_class_relacl, &relnull);
	Datum attacl = SysCacheGetAttr(ATTNUM, att, Anum_pg_attribute_attacl, &attnull);

	reason->through = InvalidOid;
	if (has_privs_of_role(role, owner))
	{
		reason->kind = "owner";
		reason->through = owner;
		reason->text = psprintf("owns the relation");
	}
	else if ((!relnull && find_grantee(relacl, role, &reason->through)) ||
			 (!attnull && find_grantee(attacl, role, &reason->through)))
	{
		reason->kind = "grant";
		reason->text = psprintf("SELECT was granted to %s",
								reason->through == ACL_ID_PUBLIC ? "PUBLIC" :
																   dm_role_sql(reason->through));
	}
	else
	{
		reason->kind = "pg_read_all_data";
		reason->through = ROLE_PG_READ_ALL_DATA;
		reason->text = "reads every relation";
	}
	ReleaseSysCache(rel);
	ReleaseSysCache(att);
}

/* The agreement that clears the most of the column's tags, for a role and a purpose. */
static void
agreement_reason(DmReader reader, DmProduct *product, Reason *reason)
{
	List *lineage = dm_purpose_lineage(reader.purpose);
	TimestampTz now = GetCurrentTimestamp();
	ListCell *lc;

	reason->kind = "agreement";
	reason->purpose = reader.purpose;
	foreach(lc, dm_agreement_list(product->id, InvalidOid))
	{
		DmAgreement *agreement = lfirst(lc);

		if (now < agreement->valid_from || now >= agreement->valid_until ||
			!dm_string_member(lineage, agreement->purpose) ||
			!has_privs_of_role(reader.role, agreement->consumer))
			continue;
		if (reason->agreement == 0 || agreement->clearance != NIL)
		{
			reason->agreement = agreement->id;
			reason->through = agreement->consumer;
			reason->text = psprintf("agreement " INT64_FORMAT " of product \"%s\"%s",
									agreement->id, product->label,
									agreement->valid_until == DT_NOEND ?
										"" :
										psprintf(", until %s",
												 timestamptz_to_str(agreement->valid_until)));
		}
	}
}

static void
put(ReturnSetInfo *rsinfo, Role *role, DmColumn *place, Reason *reason, DmReading *reading)
{
	Datum values[9];
	bool nulls[9] = { false };

	values[0] = ObjectIdGetDatum(role->oid);
	values[1] = BoolGetDatum(role->can_login);
	values[2] = CStringGetTextDatum(reason->kind);
	values[3] = ObjectIdGetDatum(reason->through);
	nulls[3] = !OidIsValid(reason->through);
	values[4] = Int64GetDatum(reason->agreement);
	nulls[4] = reason->agreement == 0;
	values[5] = reason->purpose ? CStringGetTextDatum(reason->purpose) : (Datum) 0;
	nulls[5] = reason->purpose == NULL;
	values[6] = CStringGetTextDatum(dm_column_text(place->relid, place->attnum));
	values[7] = CStringGetTextDatum(dm_reading_rows(reading));
	values[8] = CStringGetTextDatum(reason->text);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Whether a reader sees it in clear; the way there in *reason. */
static bool
sees_clear(DmReader reader, DmColumn *place, DmReading **reading, Reason *reason)
{
	DmPortRead *port;
	char *shown;

	*reading = dm_reading(reader, place->relid, false);
	if (dm_reading_column(*reading, place->attnum, &shown) != DM_SEEN_CLEAR ||
		strcmp(dm_reading_rows(*reading), "none") == 0)
		return false;
	memset(reason, 0, sizeof(Reason));
	port = (*reading)->ports ? linitial((*reading)->ports) : NULL;
	if (superuser_arg(reader.role))
	{
		reason->kind = "superuser";
		reason->text = "superusers read everything";
	}
	else if (port == NULL)
		server_reason(reader.role, place, reason);
	else if (port->access.exempt)
	{
		reason->kind = "inside";
		reason->text = dm_explain_inside(reader.role, port->product);
	}
	else
		agreement_reason(reader, port->product, reason);
	return true;
}

/* The purposes that agreements of the products are for; a deeper one gives the same. */
static List *
agreed_purposes(List *ports)
{
	List *purposes = NIL;
	ListCell *lc;
	ListCell *lc2;

	foreach(lc, ports)
		foreach(lc2, dm_agreement_list(((DmPortRead *) lfirst(lc))->product->id, InvalidOid))
			purposes = dm_string_append_unique(purposes, ((DmAgreement *) lfirst(lc2))->purpose);
	return purposes;
}

static void
who_at_place(ReturnSetInfo *rsinfo, List *roles, DmColumn *place)
{
	ListCell *lc;
	ListCell *lc2;

	foreach(lc, roles)
	{
		Role *role = lfirst(lc);
		DmReader reader = { role->oid, NULL };
		DmReading *reading;
		Reason reason;

		CHECK_FOR_INTERRUPTS();
		if (!has_privileges(role->oid, place))
			continue;
		if (sees_clear(reader, place, &reading, &reason))
		{
			put(rsinfo, role, place, &reason, reading);
			continue;
		}
		foreach(lc2, agreed_purposes(reading->ports))
		{
			reader.purpose = lfirst(lc2);
			if (sees_clear(reader, place, &reading, &reason))
				put(rsinfo, role, place, &reason, reading);
		}
	}
}

static Datum
who_can_see(FunctionCallInfo fcinfo, Oid relid)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AttrNumber attnum;
	List *roles;
	ListCell *lc;

	dm_explain_check_relation(relid);
	attnum = dm_column_find(relid, dm_arg_name(fcinfo, 1, "column"));
	if (!dm_explain_may_audit(relid))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to list the readers of \"%s\"", get_rel_name(relid)),
				 errdetail("Those who manage the relation and auditors may do this."),
				 errhint("dm_explain_access explains your own access.")));
	InitMaterializedSRF(fcinfo, 0);
	roles = all_roles();
	foreach(lc, places(relid, attnum))
		who_at_place(rsinfo, roles, lfirst(lc));
	PG_RETURN_NULL();
}

Datum
dm_who_can_see(PG_FUNCTION_ARGS)
{
	return who_can_see(fcinfo, dm_arg_relation(fcinfo, 0, "relation"));
}

/* The same with the relation's name as text. */
Datum
dm_who_can_see_named(PG_FUNCTION_ARGS)
{
	return who_can_see(fcinfo, dm_explain_relation(fcinfo, 0));
}
