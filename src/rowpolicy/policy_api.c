/*
 * policy_api.c
 *		SQL functions on row policies.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/timestamp.h"

#include "access/agreement.h"
#include "access/policy.h"
#include "access/purpose.h"
#include "base/args.h"
#include "base/errors.h"
#include "base/run_as.h"
#include "base/sqlname.h"
#include "base/words.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/change.h"
#include "classify/label.h"
#include "classify/tag.h"
#include "compat/pg_compat.h"
#include "port/condition.h"
#include "port/lowering.h"
#include "port/port.h"
#include "registry/domain.h"
#include "registry/portrow.h"
#include "registry/schemalabel.h"
#include "rowpolicy/native.h"
#include "rowpolicy/policy_api.h"
#include "rowpolicy/predicate.h"

PG_FUNCTION_INFO_V1(dm_add_row_policy);
PG_FUNCTION_INFO_V1(dm_alter_row_policy);
PG_FUNCTION_INFO_V1(dm_drop_row_policy);
PG_FUNCTION_INFO_V1(dm_policy_predicate);

/* The name of the native policy of a row policy, without the prefix. */
static char *
native_name(DmPolicy *policy)
{
	char *name = psprintf(INT64_FORMAT "_%s", policy->id, policy->name);

	/* room for the prefix; the number alone makes it unique */
	if (strlen(name) > NAMEDATALEN - 1 - 9)
		name[NAMEDATALEN - 1 - 9] = '\0';
	return name;
}

/* The expression of the native policy: what the reader is restricted to, if he is. */
static char *
condition_of(DmPolicy *policy)
{
	return psprintf("NOT datamesh.restricts('" INT64_FORMAT "'::bigint) OR (%s)", policy->id,
					policy->predicate);
}

/*
 * The domain of a relation, locked, after the check that the caller may say who sees what of the
 * relation: he has the rights of the domain's owner, and of the relation's.
 */
static DmDomain *
domain_for_update(Oid relid, bool dropping)
{
	Oid nspid = get_rel_namespace(relid);
	char *name = dm_schema_domain(nspid);
	DmDomain *domain;

	/* a schema may have left its domain with policies on its tables */
	if (name == NULL && dropping && dm_class_ownercheck(relid, GetUserId()))
		return NULL;
	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("relation \"%s\" is in no domain", get_rel_name(relid)),
				 dm_schema_product(nspid) != NULL ?
					 errhint("It is a port; put the policy on what the port shows.") :
					 errhint("Use dm_register_domain or dm_alter_domain to give its schema to a domain.")));
	domain = dm_domain_get_for_update(name);
	if (!dm_class_ownercheck(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(relid)),
					   get_rel_name(relid));
	return domain;
}

static void
check_kind(Oid relid)
{
	char relkind = get_rel_relkind(relid);

	if (!dm_native_possible(relid) && relkind != RELKIND_VIEW && relkind != RELKIND_MATVIEW &&
		relkind != RELKIND_FOREIGN_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("relation \"%s\" cannot have a row policy", get_rel_name(relid)),
				 errdetail("A row policy is for tables, foreign tables, views and materialized views.")));
	if (get_rel_persistence(relid) == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("temporary relation \"%s\" cannot have a row policy", get_rel_name(relid))));
}

/* Ports read tables as the owner of the domain, to whom row security must apply. */
static void
check_owner_bound(DmDomain *domain, Oid relid)
{
	if (dm_native_possible(relid) && has_bypassrls_privilege(domain->owner))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" cannot have row policies", get_rel_name(relid)),
				 errdetail("Ports read it as role \"%s\", the owner of domain \"%s\", whom the server's row security does not bind: it is a superuser or has BYPASSRLS.",
						   GetUserNameFromId(domain->owner, false), domain->name),
				 errhint("Use dm_transfer_domain to give the domain to another role.")));
}

/* Reads "purpose:x", "tag:x" and "role:x" into the policy. */
static void
read_applies_to(DmPolicy *policy, List *items)
{
	ListCell *lc;

	policy->purposes = policy->tags = policy->roles = NIL;
	foreach(lc, items)
	{
		char *item = lfirst(lc);

		if (strncmp(item, "purpose:", 8) == 0)
		{
			dm_purpose_check(item + 8);
			policy->purposes = lappend(policy->purposes, item + 8);
		}
		else if (strncmp(item, "tag:", 4) == 0)
		{
			(void) dm_tag_get(item + 4, false);
			policy->tags = lappend(policy->tags, item + 4);
		}
		else if (strncmp(item, "role:", 5) == 0)
			policy->roles = list_append_unique_oid(policy->roles, get_role_oid(item + 5, false));
		else
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid element \"%s\" of argument \"applies_to\"", item),
					 errhint("An element is a purpose, a tag or a role, as in \"purpose:marketing\", \"tag:pii\", \"role:agency\".")));
	}
}

static void
set_applies_to(DmRow *row, DmPolicy *policy)
{
	dm_row_set(row, Anum_dm_row_policy_purposes, dm_text_array(policy->purposes));
	dm_row_set(row, Anum_dm_row_policy_tags, dm_text_array(policy->tags));
	dm_row_set(row, Anum_dm_row_policy_roles, dm_role_array(policy->roles));
}

static void
insert_policy(DmPolicy *policy)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_row_policy_id, Int64GetDatum(policy->id));
	dm_row_set(&row, Anum_dm_row_policy_relation, ObjectIdGetDatum(policy->relation));
	dm_row_set_text(&row, Anum_dm_row_policy_name, policy->name);
	dm_row_set_text(&row, Anum_dm_row_policy_predicate, policy->predicate);
	set_applies_to(&row, policy);
	dm_row_set_text(&row, Anum_dm_row_policy_description, policy->description);
	dm_row_set(&row, Anum_dm_row_policy_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_row_policy_created_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_ROW_POLICY, &row);
}

/* Writes the changed columns, or with NULL deletes the row. */
static void
update_policy(DmPolicy *policy, DmRow *row)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_int8(&key, Anum_dm_row_policy_id, policy->id);
	dm_scan_begin(&scan, DM_ROW_POLICY, "row_policy_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (row == NULL)
		dm_table_delete(&scan, tuple);
	else
		dm_table_update(&scan, tuple, row);
	dm_scan_end(&scan);
}

/*
 * Puts the condition where readers meet it, and sees that the ports' owner can evaluate it: it
 * must not lead back to the relation, and its queries need his privileges.
 */
static void
install(DmDomain *domain, DmPolicy *policy)
{
	ListCell *lc;

	dm_execute_as(domain->owner,
				  psprintf("EXPLAIN SELECT FROM %s WHERE (%s)",
						   dm_relation_sql(policy->relation), policy->predicate));
	if (dm_native_possible(policy->relation))
	{
		dm_native_policy_set(policy->relation, native_name(policy), condition_of(policy));
		dm_execute_as(domain->owner,
					  psprintf("EXPLAIN SELECT FROM %s", dm_relation_sql(policy->relation)));
		return;
	}
	dm_ports_follow(list_make1_oid(policy->relation));
	foreach(lc, dm_ports_of_source(policy->relation))
		dm_execute_as(domain->owner,
					  psprintf("EXPLAIN SELECT FROM %s", dm_relation_sql(lfirst_oid(lc))));
}

/* The opposite, for a policy whose row has been deleted. */
static void
uninstall(DmPolicy *policy)
{
	if (dm_native_possible(policy->relation))
		dm_native_policy_drop_everywhere(native_name(policy));
	else
		dm_ports_follow(list_make1_oid(policy->relation));
}

/* DmConditionProvider */
static List *
conditions_of(Oid source)
{
	List *result = NIL;
	ListCell *lc;

	if (dm_native_possible(source))
		return NIL;
	foreach(lc, dm_policy_list(source))
		result = lappend(result, condition_of(lfirst(lc)));
	return result;
}

/*
 * The text of a policy on a relation without row security is not bound to columns, as an
 * expression in the server's catalogs is.
 */
void
dm_row_policy_before(DmCommand *command)
{
	RenameStmt *stmt = (RenameStmt *) command->parsetree;
	Oid relid;

	if (!IsA(stmt, RenameStmt) || stmt->renameType != OBJECT_COLUMN || stmt->relation == NULL)
		return;
	relid = RangeVarGetRelid(stmt->relation, NoLock, true);
	if (!OidIsValid(relid) || dm_native_possible(relid) || dm_policy_list(relid) == NIL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DM_MANAGED_OBJECT),
			 errmsg("cannot rename a column of \"%s\", which has row policies", get_rel_name(relid)),
			 errhint("Use dm_drop_row_policy, rename it, and add the policies again, in one transaction.")));
}

/* Policies of a relation that has been dropped go with it. */
void
dm_row_policy_dropped(DmCommand *command)
{
	ListCell *lc;

	foreach(lc, dm_policy_list_all())
		if (get_rel_name(((DmPolicy *) lfirst(lc))->relation) == NULL)
			update_policy(lfirst(lc), NULL);
}

/* DM_EVENT_DOMAIN_DROPPING: nobody is outside of what is no domain any more. */
static void
domain_dropping(DmEvent event, int64 id)
{
	char *name = dm_domain_get_by_id(id)->name;
	ListCell *lc;

	foreach(lc, dm_policy_list_all())
	{
		DmPolicy *policy = lfirst(lc);
		char *domain = dm_schema_domain(get_rel_namespace(policy->relation));

		if (domain == NULL || strcmp(domain, name) != 0)
			continue;
		update_policy(policy, NULL);
		uninstall(policy);
	}
}

/* DmRemovalListener.  The ports have gone, and the rows of the table will. */
static List *
removing(bool dry_run)
{
	List *statements = NIL;
	ListCell *lc;

	foreach(lc, dm_policy_list_all())
	{
		DmPolicy *policy = lfirst(lc);

		if (get_rel_name(policy->relation) == NULL)
			continue;
		statements = lappend(statements,
							 psprintf("SELECT dm_drop_row_policy(%s, %s)",
									  quote_literal_cstr(dm_relation_sql(policy->relation)),
									  quote_literal_cstr(policy->name)));
		if (!dry_run)
			uninstall(policy);
	}
	return statements;
}

/*
 * Row security holds for whatever reads the table; a materialised view has been filled by its
 * owner, though, and a condition in a port holds for that port.  The ports that show the
 * relation past its policies.
 */
static List *
ways_round(DmPolicy *policy)
{
	List *seen = dm_relation_family(policy->relation);
	List *direct = dm_ports_of_source(policy->relation);
	List *result = NIL;

	/* the list grows while it is walked */
	for (int i = 0; i < list_length(seen); i++)
	{
		Oid member = list_nth_oid(seen, i);

		if (!dm_native_possible(policy->relation) ||
			(member != policy->relation && get_rel_relkind(member) == RELKIND_MATVIEW))
			result = list_concat_unique_oid(result,
											list_difference_oid(dm_ports_showing(member), direct));
		if (!dm_native_possible(policy->relation))
			break;
		if (get_rel_relkind(member) != RELKIND_MATVIEW)
			seen = list_concat_unique_oid(seen, dm_dependent_views(member));
	}
	return result;
}

static void
warn_of_way_round(DmPolicy *policy, Oid port)
{
	ereport(WARNING,
			(errmsg("row policy \"%s\" does not concern port %s, which shows \"%s\" through another view",
					policy->name, dm_relation_sql(port), get_rel_name(policy->relation)),
			 errhint("Add a row policy to what the port shows.")));
}

static void
warn_of_ways_round(DmPolicy *policy)
{
	ListCell *lc;

	foreach(lc, ways_round(policy))
		warn_of_way_round(policy, lfirst_oid(lc));
}

/* DM_EVENT_PORT_ADDED: the policies of what the port shows, which do not reach it. */
static void
port_added(DmEvent event, int64 view)
{
	ListCell *lr;
	ListCell *lc;

	foreach(lr, dm_lineage(dm_port_source((Oid) view)))
		foreach(lc, dm_policy_list(lfirst_oid(lr)))
			if (list_member_oid(ways_round(lfirst(lc)), (Oid) view))
				warn_of_way_round(lfirst(lc), (Oid) view);
}

void
dm_row_policy_init(void)
{
	dm_listen(DM_EVENT_PORT_ADDED, port_added);
	dm_listen(DM_EVENT_DOMAIN_DROPPING, domain_dropping);
	dm_listen_removal(removing);
	dm_port_provide_conditions(conditions_of);
}

/* The locks that come before that of the domain, see doc/internals.md. */
static void
lock_before_domain(Oid relid)
{
	if (dm_native_possible(relid))
		return;
	dm_table_lock(DM_TAG, 0, ShareLock);
	dm_clearance_lock(RowShareLock);
	dm_lineage_lock(dm_lineage(relid), ShareLock);
}

/* The locks of the ports that will be written anew. */
static void
lock_ports(Oid relid)
{
	if (!dm_native_possible(relid))
		dm_ports_prepare(list_make1_oid(relid));
}

Datum
dm_add_row_policy(PG_FUNCTION_ARGS)
{
	DmPolicy policy = { 0 };
	char *text;
	List *applies_to;
	bool dry_run = !PG_ARGISNULL(5) && PG_GETARG_BOOL(5);
	DmDomain *domain;
	Node *predicate;

	policy.relation = dm_arg_relation(fcinfo, 0, "relation");
	policy.name = dm_arg_text(fcinfo, 1, "name");
	text = dm_arg_text(fcinfo, 2, "predicate");
	applies_to = dm_arg_list(fcinfo, 3, "applies_to");
	policy.description = dm_arg_text_or_null(fcinfo, 4, "description");

	dm_check_word("row policy", policy.name);
	check_kind(policy.relation);
	lock_before_domain(policy.relation);
	dm_clearance_lock(RowShareLock);
	read_applies_to(&policy, applies_to);
	domain = domain_for_update(policy.relation, false);
	lock_ports(policy.relation);
	check_owner_bound(domain, policy.relation);
	if (dm_policy_get(policy.relation, policy.name, true) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("relation \"%s\" has a row policy \"%s\" already",
						get_rel_name(policy.relation), policy.name),
				 errhint("Use dm_alter_row_policy to change it.")));
	predicate = dm_predicate_parse(policy.relation, text);
	policy.predicate = dm_native_deparse(policy.relation, predicate);
	dm_predicate_warn(policy.relation, predicate, policy.name);
	if (!dry_run)
	{
		policy.id = dm_table_next_id(DM_ROW_POLICY);
		insert_policy(&policy);
		install(domain, &policy);
	}
	warn_of_ways_round(&policy);
	PG_RETURN_TEXT_P(cstring_to_text(policy.predicate));
}

/* Nobody changes a policy that he stands behind as a consumer. */
static void
check_separation(DmPolicy *policy)
{
	dm_lowering_check(list_make1_oid(policy->relation),
					  psprintf("change row policy \"%s\"", policy->name), NULL, NULL);
}

/* The relation's row policy for a change, with its domain locked. */
static DmPolicy *
policy_for_update(Oid relid, const char *name, bool dropping, DmDomain **domain)
{
	*domain = domain_for_update(relid, dropping);
	return dm_policy_get(relid, name, false);
}

static char *
object_name(DmPolicy *policy)
{
	return psprintf("%s on %s", policy->name, dm_relation_sql(policy->relation));
}

/* What is written into the record of changes. */
static char *
describe(DmPolicy *policy)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	appendStringInfoString(&buf, policy->predicate);
	foreach(lc, policy->purposes)
		appendStringInfo(&buf, ", purpose:%s", (char *) lfirst(lc));
	foreach(lc, policy->tags)
		appendStringInfo(&buf, ", tag:%s", (char *) lfirst(lc));
	foreach(lc, policy->roles)
	{
		char *role = GetUserNameFromId(lfirst_oid(lc), true);

		appendStringInfo(&buf, ", role:%s", role ? role : "-");
	}
	return buf.data;
}

Datum
dm_alter_row_policy(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	char *name = dm_arg_text(fcinfo, 1, "name");
	char *text = dm_arg_text_or_null(fcinfo, 2, "predicate");
	List *applies_to = dm_arg_list(fcinfo, 3, "applies_to");
	char *description = dm_arg_text_or_null(fcinfo, 4, "description");
	char *reason = dm_arg_text_or_null(fcinfo, 5, "reason");
	DmDomain *domain;
	DmPolicy *policy;
	DmPolicy named = { 0 };
	char *before;
	DmRow row;

	lock_before_domain(relid);
	dm_clearance_lock(RowShareLock);
	read_applies_to(&named, applies_to);
	policy = policy_for_update(relid, name, false, &domain);
	lock_ports(relid);
	before = describe(policy);
	if (text != NULL || !PG_ARGISNULL(3))
		check_separation(policy);
	dm_row_init(&row);
	if (text != NULL)
	{
		Node *predicate = dm_predicate_parse(policy->relation, text);

		policy->predicate = dm_native_deparse(policy->relation, predicate);
		dm_predicate_warn(policy->relation, predicate, policy->name);
		dm_row_set_text(&row, Anum_dm_row_policy_predicate, policy->predicate);
	}
	if (!PG_ARGISNULL(3))
	{
		policy->purposes = named.purposes;
		policy->tags = named.tags;
		policy->roles = named.roles;
		set_applies_to(&row, policy);
	}
	if (description != NULL)
		dm_row_set_text(&row, Anum_dm_row_policy_description, description);
	dm_row_set(&row, Anum_dm_row_policy_changed_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_row_policy_changed_by, ObjectIdGetDatum(GetUserId()));
	update_policy(policy, &row);
	if (text != NULL)
		install(domain, policy);
	if (text != NULL || !PG_ARGISNULL(3))
		dm_change_record_relation(policy->relation, "policy", object_name(policy), before,
								  describe(policy), reason);
	PG_RETURN_TEXT_P(cstring_to_text(policy->predicate));
}

Datum
dm_drop_row_policy(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	char *name = dm_arg_text(fcinfo, 1, "name");
	char *reason = dm_arg_text_or_null(fcinfo, 2, "reason");
	DmDomain *domain;
	DmPolicy *policy;

	lock_before_domain(relid);
	policy = policy_for_update(relid, name, true, &domain);
	lock_ports(relid);
	check_separation(policy);
	update_policy(policy, NULL);
	uninstall(policy);
	dm_change_record_relation(policy->relation, "policy", object_name(policy), describe(policy),
							  NULL, reason);
	PG_RETURN_VOID();
}

/* datamesh.row_policy_predicate(id): the predicate with the names that columns have now. */
Datum
dm_policy_predicate(PG_FUNCTION_ARGS)
{
	DmPolicy *policy = dm_policy_get_by_id(PG_GETARG_INT64(0));
	Node *qual;

	if (policy == NULL || get_rel_name(policy->relation) == NULL)
		PG_RETURN_NULL();
	/* see condition_of */
	qual = dm_native_policy_qual(policy->relation, native_name(policy));
	if (qual == NULL || !is_orclause(qual) || list_length(((BoolExpr *) qual)->args) != 2)
		PG_RETURN_TEXT_P(cstring_to_text(policy->predicate));
	qual = lsecond(((BoolExpr *) qual)->args);
	PG_RETURN_TEXT_P(cstring_to_text(dm_native_deparse(policy->relation, qual)));
}
