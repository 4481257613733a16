/*
 * producer.c
 *		The privileges of producers on the ports of their own domain.
 *
 * They read by belonging to the domain and need no agreement (decide.c); the
 * grants here are what the server asks for before it asks us.  The domain's owner
 * owns the ports and needs none.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/syscache.h"

#include "access/agreement.h"
#include "access/privilege.h"
#include "access/producer.h"
#include "catalog/listen.h"
#include "registry/portrow.h"

List *
dm_producer_roles(DmProduct *product)
{
	List *roles = list_append_unique_oid(list_copy(product->domain->producers), product->owner);

	return list_delete_oid(roles, product->domain->owner);
}

/* The roles that have been granted something on a view. */
static List *
grantees(Oid view)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(view));
	List *result = NIL;
	bool isnull;
	Datum datum;

	if (!HeapTupleIsValid(tuple))
		return NIL;
	datum = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_relacl, &isnull);
	if (!isnull)
	{
		Acl *acl = DatumGetAclPCopy(datum);
		AclItem *items = ACL_DAT(acl);

		for (int i = 0; i < ACL_NUM(acl); i++)
			if (OidIsValid(items[i].ai_grantee))
				result = list_append_unique_oid(result, items[i].ai_grantee);
	}
	ReleaseSysCache(tuple);
	return result;
}

/* Gives a product's producers what they need and takes it from those who are none any more. */
static void
sync_product(DmProduct *product)
{
	List *views = dm_port_views(product->id);
	List *gone = NIL;
	ListCell *lc;

	if (views == NIL)
		return;
	dm_privilege_grant(product, views, dm_producer_roles(product));
	foreach(lc, grantees(linitial_oid(views)))
		if (dm_agreement_list(product->id, lfirst_oid(lc)) == NIL)
			gone = lappend_oid(gone, lfirst_oid(lc));
	dm_privilege_revoke(product, gone);
}

static void
members_changed(DmEvent event, int64 domain_id)
{
	ListCell *lc;

	foreach(lc, dm_product_list(domain_id))
		sync_product(lfirst(lc));
}

static void
port_added(DmEvent event, int64 view)
{
	DmProduct *product = dm_product_get_by_id(dm_port_product((Oid) view));

	dm_privilege_grant(product, list_make1_oid((Oid) view), dm_producer_roles(product));
}

void
dm_producer_init(void)
{
	dm_listen(DM_EVENT_PORT_ADDED, port_added);
	dm_listen(DM_EVENT_DOMAIN_MEMBERS, members_changed);
}
