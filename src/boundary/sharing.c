/*
 * sharing.c
 *		Copies of a product stay where they are: handing one on takes the owner's word.
 *
 * What counts is the state that a command leaves: who has privileges on the copy, on a view
 * that shows something of it, or on a table that it became part of, and which ports and
 * publications carry it.  The owner of the copy is answerable for who is a member of his role.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_publication.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/deparse_utility.h"
#include "utils/acl.h"
#include "utils/aclchk_internal.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "access/agreement.h"
#include "base/errors.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "boundary/sharing.h"
#include "boundary/sharingrow.h"
#include "catalog/column.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/copymark.h"
#include "classify/label.h"
#include "classify/lower.h"
#include "compat/pg_compat.h"
#include "port/port.h"
#include "registry/portrow.h"
#include "registry/product.h"

/* Privileges by which rows can be seen; a trigger sees those that are written. */
#define SHOWING_PRIVILEGES (ACL_SELECT | ACL_TRIGGER | ACL_REFERENCES)

/* For more than so many it is cheaper to look first whether there is any copy. */
#define MANY_RELATIONS 8

/* Something that holds data of copies, and is handed to somebody. */
typedef struct Handing
{
	Oid relid;	  /* what is handed on */
	List *copies; /* those whose data are in it */
	List *tags;	  /* that guard it */
} Handing;

static Oid
relation_owner(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid owner = InvalidOid;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/* The relations whose values are in this one and that are copies of a product. */
static List *
copies_within(Oid relid)
{
	char relkind = get_rel_relkind(relid);
	bool is_view = relkind == RELKIND_VIEW || relkind == RELKIND_MATVIEW;
	List *relids = is_view ? dm_lineage(relid) : dm_relation_family(relid);
	List *result = NIL;
	ListCell *lc;

	/* a table holds what it and its children are; only a view has to be looked into */
	foreach(lc, list_append_unique_oid(relids, relid))
		if (dm_copy_products(lfirst_oid(lc)) != NIL)
			result = lappend_oid(result, lfirst_oid(lc));
	return result;
}

static List *
guarding_tags(Oid relid)
{
	int natts = dm_column_count(relid);
	List *result = NIL;

	for (AttrNumber attnum = 1; attnum <= natts; attnum++)
	{
		ListCell *lc;

		foreach(lc, dm_column_tags(relid, attnum))
			if (dm_tag_guard(lfirst(lc)) != NULL)
				result = dm_string_append_unique(result, lfirst(lc));
	}
	return result;
}

/* True if an agreement in force lets the role read the product, and all of the tags in clear. */
static bool
agreement_covers(DmProduct *product, Oid role, List *tags)
{
	TimestampTz now = GetCurrentTimestamp();
	ListCell *lc;

	foreach(lc, dm_agreement_list(product->id, InvalidOid))
	{
		DmAgreement *agreement = lfirst(lc);
		bool covers = agreement->copies && now >= agreement->valid_from &&
					  now < agreement->valid_until &&
					  has_privs_of_role(role, agreement->consumer);
		ListCell *lt;

		foreach(lt, tags)
			covers = covers && dm_clearance_covers(agreement->clearance, lfirst(lt));
		if (covers)
			return true;
	}
	return false;
}

/* True if the role, 0 for everybody, may be given the copy as far as this product is concerned. */
static bool
may_have(Handing *handing, Oid copy, DmProduct *product, Oid role)
{
	if (product == NULL)
		return false;
	if (dm_sharing_allowed(copy, product->id, role))
		return true;
	return OidIsValid(role) &&
		   (dm_product_may_manage(product, role) ||
			dm_domain_is_producer(product->domain, role) ||
			agreement_covers(product, role, handing->tags));
}

static void
refuse(Handing *handing, Oid copy, const char *literal, Oid role, const char *by)
{
	const char *name = OidIsValid(role) ? GetUserNameFromId(role, true) : NULL;
	char *to = name ? psprintf("role \"%s\"", name) : pstrdup("everybody");

	ereport(ERROR,
			(errcode(ERRCODE_DM_BOUNDARY),
			 errmsg("relation \"%s\" cannot be handed to %s%s", get_rel_name(handing->relid), to, by),
			 handing->relid == copy ?
				 errdetail("It is a copy of product \"%s\".", literal) :
				 errdetail("It holds data of \"%s\", a copy of product \"%s\".",
						   get_rel_name(copy), literal),
			 errhint("The product's owner can allow it: SELECT dm_allow_sharing(%s, %s%s%s).%s",
					 quote_literal_cstr(dm_relation_sql(copy)), quote_literal_cstr(literal),
					 name ? ", " : "", name ? quote_literal_cstr(dm_role_sql(role)) : "",
					 name ? " Or that role gets an agreement of its own, with clearance for what it shows." : "")));
}

/* Fails unless the role, 0 for everybody, may be given all that is in it. */
static void
check_holder(Handing *handing, Oid role, const char *by)
{
	ListCell *lc;
	ListCell *lp;

	if (OidIsValid(role) && superuser_arg(role))
		return;
	foreach(lc, handing->copies)
	{
		/* what is allowed is not taken back in between; the last lock that anybody takes */
		dm_table_lock(DM_COPY_SHARING, lfirst_oid(lc), ShareLock);
		foreach(lp, dm_copy_products(lfirst_oid(lc)))
			if (!may_have(handing, lfirst_oid(lc), dm_product_get_by_literal(lfirst(lp)), role))
				refuse(handing, lfirst_oid(lc), lfirst(lp), role, by);
	}
}

/* The roles, 0 for PUBLIC, to which an ACL shows rows. */
static List *
acl_holders(Datum datum, List *roles)
{
	Acl *acl = DatumGetAclPCopy(datum);
	AclItem *items = ACL_DAT(acl);

	for (int i = 0; i < ACL_NUM(acl); i++)
		if (ACLITEM_GET_PRIVS(items[i]) & SHOWING_PRIVILEGES)
			roles = list_append_unique_oid(roles, items[i].ai_grantee);
	return roles;
}

/* Those to whom the relation has been granted, or a column of it. */
static List *
holders(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	int natts = dm_column_count(relid);
	List *roles = NIL;
	bool isnull;
	Datum acl;

	if (!HeapTupleIsValid(tuple))
		return NIL;
	acl = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_relacl, &isnull);
	if (!isnull)
		roles = acl_holders(acl, roles);
	ReleaseSysCache(tuple);
	for (AttrNumber attnum = 1; attnum <= natts; attnum++)
	{
		tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(attnum));
		if (!HeapTupleIsValid(tuple))
			continue;
		acl = SysCacheGetAttr(ATTNUM, tuple, Anum_pg_attribute_attacl, &isnull);
		if (!isnull)
			roles = acl_holders(acl, roles);
		ReleaseSysCache(tuple);
	}
	return roles;
}

/* The copies' owners have the data already, and so have those who have their privileges. */
static bool
owns_copies(Handing *handing, Oid role)
{
	ListCell *lc;

	foreach(lc, handing->copies)
		if (!OidIsValid(role) || !has_privs_of_role(role, relation_owner(lfirst_oid(lc))))
			return false;
	return true;
}

/* The same for one relation that shows something of the copies. */
static void
check_relation(Oid relid, bool new_owner)
{
	Handing handing = { relid, copies_within(relid), NIL };
	ListCell *lc;
	ListCell *lr;

	if (handing.copies == NIL)
		return;
	handing.tags = guarding_tags(relid);
	if (new_owner || !owns_copies(&handing, relation_owner(relid)))
		check_holder(&handing, relation_owner(relid), "");
	foreach(lc, dm_relation_family(relid))
		foreach(lr, holders(lfirst_oid(lc)))
			if (!owns_copies(&handing, lfirst_oid(lr)))
				check_holder(&handing, lfirst_oid(lr), "");
}

/* A port hands on to whoever will get an agreement for its product. */
static void
check_port(Oid view)
{
	Handing handing = { view, copies_within(view), NIL };

	if (handing.copies != NIL)
		check_holder(&handing, InvalidOid, " by a port");
}

static void
check_all(Oid relid, bool new_owner)
{
	List *relids = list_make1_oid(relid);

	if (copies_within(relid) == NIL)
		return;
	/* the list grows while it is walked */
	for (int i = 0; i < list_length(relids); i++)
	{
		Oid member = list_nth_oid(relids, i);

		if (dm_port_product(member) != 0)
			check_port(member);
		else
			check_relation(member, new_owner && i == 0);
		relids = list_concat_unique_oid(relids, dm_dependent_views(member));
	}
}

void
dm_sharing_check(Oid relid)
{
	check_all(relid, false);
}

void
dm_sharing_check_revoked(Oid relid, Oid role)
{
	check_all(relid, OidIsValid(role) && has_privs_of_role(relation_owner(relid), role));
}

/* The relations that a GRANT gave somebody. */
static List *
granted_relations(void)
{
	List *relids = NIL;
	ListCell *lc;

	foreach(lc, dm_command_collected())
	{
		CollectedCommand *part = lfirst(lc);

		if (part->type == SCT_Grant && part->d.grant.istmt->is_grant &&
			part->d.grant.istmt->objtype == OBJECT_TABLE)
			relids = list_concat_unique_oid(relids, part->d.grant.istmt->objects);
	}
	return relids;
}

/* A publication hands on to whoever subscribes. */
static void
check_publication(const char *name)
{
	Oid pubid = get_publication_oid(name, true);
	List *relids;
	ListCell *lc;

	if (!OidIsValid(pubid) || superuser())
		return;
	relids = list_concat_unique_oid(GetPublicationRelations(pubid, PUBLICATION_PART_ALL),
									GetAllSchemaPublicationRelations(pubid, PUBLICATION_PART_ALL));
	foreach(lc, relids)
	{
		Handing handing = { lfirst_oid(lc), copies_within(lfirst_oid(lc)), NIL };

		if (handing.copies != NIL)
			check_holder(&handing, InvalidOid, " by a publication");
	}
}

static bool
changes_owner(Node *parsetree)
{
	ListCell *lc;

	if (IsA(parsetree, ReassignOwnedStmt))
		return true;
	if (IsA(parsetree, AlterTableStmt))
		foreach(lc, ((AlterTableStmt *) parsetree)->cmds)
			if (((AlterTableCmd *) lfirst(lc))->subtype == AT_ChangeOwner)
				return true;
	return false;
}

void
dm_sharing_after(DmCommand *command)
{
	Node *parsetree = command->parsetree;
	List *relids = NIL;
	ListCell *lc;

	switch (nodeTag(parsetree))
	{
		case T_GrantStmt:
			relids = granted_relations();
			break;
		case T_AlterTableStmt:
			/* the entry of a new child goes by the child's OID */
			relids = list_concat(dm_command_touched(command, RelationRelationId),
								 dm_command_touched(command, InheritsRelationId));
			break;
		case T_RuleStmt:
			relids = list_make1_oid(RangeVarGetRelid(((RuleStmt *) parsetree)->relation, NoLock,
													 true));
			break;
		case T_ViewStmt:
		case T_ReassignOwnedStmt:
			relids = dm_command_touched(command, RelationRelationId);
			break;
		case T_CreateSchemaStmt:
			relids = list_concat(granted_relations(),
								 dm_command_touched(command, RelationRelationId));
			break;
		case T_CreatePublicationStmt:
			check_publication(((CreatePublicationStmt *) parsetree)->pubname);
			break;
		case T_AlterPublicationStmt:
			check_publication(((AlterPublicationStmt *) parsetree)->pubname);
			break;
		default:
			break;
	}
	if (superuser() || (list_length(relids) > MANY_RELATIONS && !dm_copy_exists()))
		return;
	foreach(lc, relids)
		check_all(lfirst_oid(lc), changes_owner(parsetree));
}

void
dm_sharing_after_utility(DmCommand *command)
{
	if (IsA(command->parsetree, ReassignOwnedStmt))
		dm_sharing_after(command);
}

/* DM_EVENT_PORT_ADDED */
static void
port_added(DmEvent event, int64 view)
{
	if (!superuser())
		check_port((Oid) view);
}

/*
 * The tags of a copy are the product's: the owner of the copy takes none off, unless everybody
 * may have the copy anyway.
 */
static void
labels_lowered(List *relids, List *tags, const char *change, bool relabelled)
{
	ListCell *lc;
	ListCell *lp;

	if (!relabelled || superuser())
		return;
	foreach(lc, relids)
		foreach(lp, dm_copy_products(lfirst_oid(lc)))
		{
			DmProduct *product = dm_product_get_by_literal(lfirst(lp));

			if (product != NULL && (dm_product_may_manage(product, GetUserId()) ||
									dm_sharing_allowed(lfirst_oid(lc), product->id, InvalidOid)))
				continue;
			ereport(ERROR,
					(errcode(ERRCODE_DM_BOUNDARY),
					 errmsg("role \"%s\" may not %s", GetUserNameFromId(GetUserId(), false), change),
					 errdetail("The relation is a copy of product \"%s\", and keeps its tags.",
							   (char *) lfirst(lp)),
					 errhint("The product's owner can open it: SELECT dm_allow_sharing(%s, %s).",
							 quote_literal_cstr(dm_relation_sql(lfirst_oid(lc))),
							 quote_literal_cstr(lfirst(lp)))));
		}
}

void
dm_sharing_init(void)
{
	dm_listen(DM_EVENT_PORT_ADDED, port_added);
	dm_listen_lowered(labels_lowered);
}
