/*
 * native.c
 *		Our policies among the server's row security policies of a table.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_subscription_rel.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "access/policy.h"
#include "base/run_as.h"
#include "base/sqlname.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "rowpolicy/native.h"

#define PREFIX		DM_NATIVE_PREFIX
#define PERMIT_NAME PREFIX "permit"

/* One row of pg_policy. */
typedef struct NativePolicy
{
	char *name;
	bool permissive;
	List *roles; /* {0} for PUBLIC */
	Node *qual;
} NativePolicy;

bool
dm_native_possible(Oid relid)
{
	char relkind = get_rel_relkind(relid);

	return relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE;
}

bool
dm_native_is_ours(const char *policy_name)
{
	return strncmp(policy_name, PREFIX, strlen(PREFIX)) == 0;
}

static bool
is_permit(NativePolicy *policy)
{
	return strcmp(policy->name, PERMIT_NAME) == 0;
}

static List *
array_oids(Datum datum)
{
	ArrayType *array = DatumGetArrayTypeP(datum);
	Oid *oids = (Oid *) ARR_DATA_PTR(array);
	List *result = NIL;

	for (int i = 0; i < ARR_DIMS(array)[0]; i++)
		result = lappend_oid(result, oids[i]);
	return result;
}

/* The policies of a table, whether row security is on or not. */
static List *
policies_of(Oid relid)
{
	Relation rel = table_open(PolicyRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	List *result = NIL;

	ScanKeyInit(&key, Anum_pg_policy_polrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(rel, PolicyPolrelidPolnameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_policy form = (Form_pg_policy) GETSTRUCT(tuple);
		NativePolicy *policy = palloc(sizeof(NativePolicy));
		bool isnull;
		Datum datum;

		policy->name = pstrdup(NameStr(form->polname));
		policy->permissive = form->polpermissive;
		datum = heap_getattr(tuple, Anum_pg_policy_polroles, RelationGetDescr(rel), &isnull);
		policy->roles = array_oids(datum);
		datum = heap_getattr(tuple, Anum_pg_policy_polqual, RelationGetDescr(rel), &isnull);
		policy->qual = isnull ? NULL : stringToNode(TextDatumGetCString(datum));
		result = lappend(result, policy);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

static NativePolicy *
find_policy(List *policies, const char *name)
{
	ListCell *lc;

	foreach(lc, policies)
		if (strcmp(((NativePolicy *) lfirst(lc))->name, name) == 0)
			return lfirst(lc);
	return NULL;
}

/* True if a policy of ours is among them. */
static bool
any_ours(List *policies)
{
	ListCell *lc;

	foreach(lc, policies)
		if (dm_native_is_ours(((NativePolicy *) lfirst(lc))->name))
			return true;
	return false;
}

bool
dm_native_has(Oid relid)
{
	return dm_native_possible(relid) && any_ours(policies_of(relid));
}

/* What of pg_class concerns row security. */
typedef struct TableState
{
	Oid owner;
	bool enabled;
	bool forced;
} TableState;

static TableState
state_of(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Form_pg_class form;
	TableState state;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	form = (Form_pg_class) GETSTRUCT(tuple);
	state.owner = form->relowner;
	state.enabled = form->relrowsecurity;
	state.forced = form->relforcerowsecurity;
	ReleaseSysCache(tuple);
	return state;
}

/*
 * What has an expression in it runs with the rights of the table's owner: reading the text of a
 * constant may call functions.  Switches and the permit need not depend on whether he may
 * use the schema.
 */
static void
execute_as_owner(Oid relid, const char *format, const char *detail)
{
	dm_execute_as(state_of(relid).owner, psprintf(format, dm_relation_sql(relid), detail));
}

static void
execute(Oid relid, const char *format, const char *detail)
{
	dm_execute_as(dm_extension_owner(), psprintf(format, dm_relation_sql(relid), detail));
}

/* Does a policy of the team concern the table's owner? */
static bool
concerns(NativePolicy *policy, Oid owner)
{
	ListCell *lc;

	foreach(lc, policy->roles)
		if (lfirst_oid(lc) == ACL_ID_PUBLIC || has_privs_of_role(owner, lfirst_oid(lc)))
			return true;
	return false;
}

/*
 * A restrictive policy of the team that has no effect yet would get one when row security is
 * switched on, or forced, for the sake of ours.  Nothing of ours could take it back.
 */
static void
check_dormant(Oid relid, TableState state, List *policies)
{
	ListCell *lc;

	foreach(lc, policies)
	{
		NativePolicy *policy = lfirst(lc);

		if (policy->permissive || (state.enabled && !concerns(policy, state.owner)))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("restrictive policy \"%s\" of table \"%s\" is not in force for everybody",
						policy->name, get_rel_name(relid)),
				 errdetail("A row policy of datamesh needs row security enabled and forced, and would bring it into force."),
				 errhint("Use ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY if that is wanted, or drop the policy.",
						 dm_relation_sql(relid))));
	}
}

static void
create_permit(Oid relid, const char *to)
{
	execute(relid,
			"CREATE POLICY " PERMIT_NAME " ON %s AS PERMISSIVE FOR ALL TO %s "
			"USING (true) WITH CHECK (true)",
			to);
}

/* The worker of a subscription refuses to write where row security binds it. */
static void
warn_subscriptions(Oid relid, Oid owner)
{
	CatCList *list = SearchSysCacheList1(SUBSCRIPTIONRELMAP, ObjectIdGetDatum(relid));

	for (int i = 0; i < list->n_members; i++)
	{
		HeapTuple map = &list->members[i]->tuple;
		Oid subid = ((Form_pg_subscription_rel) GETSTRUCT(map))->srsubid;
		HeapTuple tuple = SearchSysCache1(SUBSCRIPTIONOID, ObjectIdGetDatum(subid));
		Form_pg_subscription form;
		Oid role;

		if (!HeapTupleIsValid(tuple))
			continue;
		form = (Form_pg_subscription) GETSTRUCT(tuple);
		role = dm_subscription_writes_as(form, owner);
		if (!has_bypassrls_privilege(role))
			ereport(WARNING,
					(errmsg("subscription \"%s\" cannot write into table \"%s\" any more",
							NameStr(form->subname), get_rel_name(relid)),
					 errdetail("It does so as role \"%s\", whom row security binds.",
							   GetUserNameFromId(role, true)),
					 errhint("Let it run as an owner that has BYPASSRLS; from PostgreSQL 16 on with ALTER SUBSCRIPTION ... SET (run_as_owner = true).")));
		ReleaseSysCache(tuple);
	}
	ReleaseSysCacheList(list);
}

/* Before the first policy of ours: row security on and forced, and nobody sees less than before. */
static void
prepare_table(Oid relid, List *policies)
{
	TableState state = state_of(relid);

	if (any_ours(policies) || (state.enabled && state.forced))
		return;
	check_dormant(relid, state, policies);
	warn_subscriptions(relid, state.owner);
	create_permit(relid, state.enabled ? dm_role_sql(state.owner) : "PUBLIC");
	execute(relid, "ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY%s", "");
}

/* After the last one: the state that the permit remembers. */
static void
restore_table(Oid relid)
{
	List *policies = policies_of(relid);
	NativePolicy *permit = find_policy(policies, PERMIT_NAME);
	ListCell *lc;

	foreach(lc, policies)
		if (dm_native_is_ours(((NativePolicy *) lfirst(lc))->name) && lfirst(lc) != permit)
			return;
	if (permit == NULL)
		return;
	execute(relid, "ALTER TABLE %s NO FORCE ROW LEVEL SECURITY%s",
			linitial_oid(permit->roles) == ACL_ID_PUBLIC ? ", DISABLE ROW LEVEL SECURITY" : "");
	execute(relid, "DROP POLICY " PERMIT_NAME " ON %s%s", "");
}

static void
set_one(Oid relid, const char *policy_name, const char *using_sql)
{
	List *policies = policies_of(relid);
	const char *name = quote_identifier(policy_name);

	if (find_policy(policies, policy_name) != NULL)
		execute_as_owner(relid, psprintf("ALTER POLICY %s ON %%s TO PUBLIC USING (%%s)", name),
						 using_sql);
	else
	{
		prepare_table(relid, policies);
		execute_as_owner(relid,
						 psprintf("CREATE POLICY %s ON %%s AS RESTRICTIVE FOR ALL TO PUBLIC "
								  "USING (%%s)",
								  name),
						 using_sql);
	}
}

char *
dm_native_deparse(Oid relid, Node *expr)
{
	int save_nestlevel = NewGUCNestLevel();
	char *result;

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	result = deparse_expression(expr, deparse_context_for(get_rel_name(relid), relid),
								false, false);
	AtEOXact_GUC(false, save_nestlevel);
	return result;
}

/* The same condition for a child, whose columns have other numbers. */
static Node *
qual_for_child(NativePolicy *policy, Oid parent, Oid child)
{
	Relation parent_rel = table_open(parent, AccessShareLock);
	Relation child_rel = table_open(child, AccessShareLock);
	List *exprs = map_partition_varattnos(list_make1(copyObject(policy->qual)), 1, child_rel,
										  parent_rel);

	table_close(child_rel, AccessShareLock);
	table_close(parent_rel, AccessShareLock);
	return linitial(exprs);
}

/*
 * The text of a policy is read as the owner of the table that gets it, and reading may call what
 * its author has written, such as the check of a domain. That must not become a superuser's doing.
 */
static bool
may_take_policies(Oid parent, Oid child)
{
	Oid owner = state_of(child).owner;

	if (!superuser_arg(owner) || superuser_arg(state_of(parent).owner))
		return true;
	ereport(WARNING,
			(errmsg("table \"%s\" does not get the row policies of \"%s\"", get_rel_name(child),
					get_rel_name(parent)),
			 errdetail("It belongs to a superuser, and the other one does not."),
			 errhint("Use ALTER TABLE %s OWNER TO %s.", dm_relation_sql(child),
					 dm_role_sql(state_of(parent).owner))));
	return false;
}

/*
 * All policies of ours on a parent are given to a child, which may be read without it.  One that
 * has them is left alone, and with it whoever reads it.
 */
static void
give_to_child(Oid parent, Oid child)
{
	List *there = policies_of(child);
	ListCell *lc;

	if (!may_take_policies(parent, child))
		return;
	foreach(lc, policies_of(parent))
	{
		NativePolicy *policy = lfirst(lc);
		NativePolicy *old = find_policy(there, policy->name);
		Node *qual;

		if (!dm_native_is_ours(policy->name) || is_permit(policy))
			continue;
		qual = qual_for_child(policy, parent, child);
		if (old == NULL || !equal(old->qual, qual))
			set_one(child, policy->name, dm_native_deparse(child, qual));
	}
}

/* The children of a table, of any depth; foreign tables cannot have row security. */
static List *
descendants(Oid relid, LOCKMODE lockmode)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, find_all_inheritors(relid, lockmode, NULL))
		if (lfirst_oid(lc) != relid && dm_native_possible(lfirst_oid(lc)))
			result = lappend_oid(result, lfirst_oid(lc));
	return result;
}

static char *
full_name(const char *name)
{
	return psprintf("%s%s", PREFIX, name);
}

void
dm_native_policy_set(Oid relid, const char *name, const char *using_sql)
{
	char *policy_name = full_name(name);
	NativePolicy *policy;
	ListCell *lc;

	set_one(relid, policy_name, using_sql);
	policy = find_policy(policies_of(relid), policy_name);
	foreach(lc, descendants(relid, AccessExclusiveLock))
	{
		CHECK_FOR_INTERRUPTS();
		if (!may_take_policies(relid, lfirst_oid(lc)))
			continue;
		set_one(lfirst_oid(lc), policy_name,
				dm_native_deparse(lfirst_oid(lc), qual_for_child(policy, relid, lfirst_oid(lc))));
	}
}

void
dm_native_policy_drop(Oid relid, const char *name)
{
	char *policy_name = full_name(name);
	ListCell *lc;

	foreach(lc, lcons_oid(relid, descendants(relid, AccessExclusiveLock)))
	{
		Oid member = lfirst_oid(lc);

		CHECK_FOR_INTERRUPTS();
		if (find_policy(policies_of(member), policy_name) == NULL)
			continue;
		execute(member, psprintf("DROP POLICY %s ON %%s%%s", quote_identifier(policy_name)), "");
		restore_table(member);
	}
}

/* All tables that have a policy of that name. */
static List *
tables_with(const char *policy_name)
{
	Relation rel = table_open(PolicyRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;
	List *result = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		if (strcmp(NameStr(((Form_pg_policy) GETSTRUCT(tuple))->polname), policy_name) == 0)
			result = lappend_oid(result, ((Form_pg_policy) GETSTRUCT(tuple))->polrelid);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

void
dm_native_policy_drop_everywhere(const char *name)
{
	ListCell *lc;

	foreach(lc, tables_with(full_name(name)))
		dm_native_policy_drop(lfirst_oid(lc), name);
}

List *
dm_native_names(Oid relid)
{
	List *result = NIL;
	ListCell *lc;

	if (!dm_native_possible(relid))
		return NIL;
	foreach(lc, policies_of(relid))
	{
		NativePolicy *policy = lfirst(lc);

		if (dm_native_is_ours(policy->name) && !is_permit(policy))
			result = lappend(result, policy->name + strlen(PREFIX));
	}
	return result;
}

void
dm_native_policy_alter(Oid relid, const char *name, const char *using_sql)
{
	set_one(relid, full_name(name), using_sql);
}

Node *
dm_native_policy_qual(Oid relid, const char *name)
{
	NativePolicy *policy = find_policy(policies_of(relid), full_name(name));

	return policy ? policy->qual : NULL;
}

bool
dm_native_only_ours(Oid relid, Oid role)
{
	NativePolicy *permit = find_policy(policies_of(relid), PERMIT_NAME);

	return permit != NULL && (linitial_oid(permit->roles) == ACL_ID_PUBLIC ||
							  has_privs_of_role(role, linitial_oid(permit->roles)));
}

/* A table's own policies are given to descendants that do not have them yet. */
static void
sync_descendants(Oid relid)
{
	ListCell *lc;

	if (!dm_native_has(relid))
		return;
	foreach(lc, descendants(relid, NoLock))
		give_to_child(relid, lfirst_oid(lc));
}

/* The tables that a table is a child of, of any height. */
static List *
ancestors(Oid relid)
{
	Relation rel = table_open(InheritsRelationId, AccessShareLock);
	List *result = list_make1_oid(relid);

	/* the list grows while it is walked */
	for (int i = 0; i < list_length(result); i++)
	{
		ScanKeyData key;
		SysScanDesc scan;
		HeapTuple tuple;

		ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ,
					ObjectIdGetDatum(list_nth_oid(result, i)));
		scan = systable_beginscan(rel, InheritsRelidSeqnoIndexId, true, NULL, 1, &key);
		while (HeapTupleIsValid(tuple = systable_getnext(scan)))
			result = list_append_unique_oid(result,
											((Form_pg_inherits) GETSTRUCT(tuple))->inhparent);
		systable_endscan(scan);
	}
	table_close(rel, AccessShareLock);
	return result;
}

/* The permit that speaks of the owner follows him. */
static void
follow_owner(Oid relid)
{
	NativePolicy *permit = find_policy(policies_of(relid), PERMIT_NAME);
	Oid owner;

	if (permit == NULL || linitial_oid(permit->roles) == ACL_ID_PUBLIC)
		return;
	owner = state_of(relid).owner;
	if (linitial_oid(permit->roles) != owner)
		execute(relid, "ALTER POLICY " PERMIT_NAME " ON %s TO %s", dm_role_sql(owner));
}

void
dm_native_follow_owners(void)
{
	ListCell *lc;

	foreach(lc, tables_with(PERMIT_NAME))
		follow_owner(lfirst_oid(lc));
}

/* The team has switched row security on, or forced it: the permit is narrowed to that. */
static void
narrow_permit(Oid relid, AlterTableType subtype)
{
	NativePolicy *permit = find_policy(policies_of(relid), PERMIT_NAME);

	if (permit == NULL)
		return;
	if (subtype == AT_EnableRowSecurity && linitial_oid(permit->roles) == ACL_ID_PUBLIC)
		execute(relid, "ALTER POLICY " PERMIT_NAME " ON %s TO %s",
				dm_role_sql(state_of(relid).owner));
	else if (subtype == AT_ForceRowSecurity && linitial_oid(permit->roles) != ACL_ID_PUBLIC)
		execute(relid, "DROP POLICY " PERMIT_NAME " ON %s%s", "");
}

/*
 * Notes whether ALTER TABLE finds row security off.  With policies of ours that is so while a dump
 * is restored, which switches it on in the order of names: not a word of the team's.
 */
void
dm_native_before(DmCommand *command)
{
	AlterTableStmt *stmt = (AlterTableStmt *) command->parsetree;
	Oid relid;

	if (!IsA(stmt, AlterTableStmt))
		return;
	relid = RangeVarGetRelid(stmt->relation, NoLock, true);
	command->unsecured = OidIsValid(relid) && dm_native_possible(relid) && !state_of(relid).enabled;
}

static void
follow_alter(AlterTableStmt *stmt, bool unsecured)
{
	Oid relid = RangeVarGetRelid(stmt->relation, NoLock, true);
	ListCell *lc;

	if (!OidIsValid(relid) || !dm_native_possible(relid))
		return;
	foreach(lc, stmt->cmds)
	{
		AlterTableType subtype = ((AlterTableCmd *) lfirst(lc))->subtype;

		if ((subtype == AT_EnableRowSecurity || subtype == AT_ForceRowSecurity) && !unsecured)
			narrow_permit(relid, subtype);
		else if (subtype == AT_ChangeOwner)
			follow_owner(relid);
	}
}

/* Does the command give a table a parent, or an owner who may have the parent's policies? */
static bool
may_lack_policies(Node *parsetree)
{
	ListCell *lc;

	if (IsA(parsetree, CreateStmt))
		return ((CreateStmt *) parsetree)->inhRelations != NIL;
	if (!IsA(parsetree, AlterTableStmt))
		return false;
	foreach(lc, ((AlterTableStmt *) parsetree)->cmds)
	{
		AlterTableType subtype = ((AlterTableCmd *) lfirst(lc))->subtype;

		if (subtype == AT_AddInherit || subtype == AT_AttachPartition ||
			subtype == AT_ChangeOwner)
			return true;
	}
	return false;
}

void
dm_native_reassigned(DmCommand *command)
{
	if (IsA(command->parsetree, ReassignOwnedStmt))
		dm_native_follow_owners();
}

void
dm_native_follow(DmCommand *command)
{
	Node *parsetree = command->parsetree;
	List *relids;
	ListCell *lc;
	ListCell *la;

	if (IsA(parsetree, AlterTableStmt))
		follow_alter((AlterTableStmt *) parsetree, command->unsecured);
	if (!may_lack_policies(parsetree) && !IsA(parsetree, CreateSchemaStmt))
		return;
	relids = dm_command_touched(command, RelationRelationId);
	/* ATTACH PARTITION touches neither of the two */
	if (IsA(parsetree, AlterTableStmt))
		relids = list_append_unique_oid(relids,
										RangeVarGetRelid(((AlterTableStmt *) parsetree)->relation,
														 NoLock, true));
	foreach(lc, relids)
		if (dm_native_possible(lfirst_oid(lc)))
			foreach(la, ancestors(lfirst_oid(lc)))
				sync_descendants(lfirst_oid(la));
}

/* DM_EVENT_DOMAIN_MEMBERS: a domain's tables may have got another owner. */
static void
domain_members(DmEvent event, int64 id)
{
	dm_native_follow_owners();
}

/* Takes all policies of ours off, but for the permits, which go with the last one of a table. */
static List *
remove_all(bool dry_run)
{
	Relation rel = table_open(PolicyRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;
	List *relids = NIL;
	List *statements = NIL;
	ListCell *lr;
	ListCell *lc;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		if (dm_native_is_ours(NameStr(((Form_pg_policy) GETSTRUCT(tuple))->polname)))
			relids = list_append_unique_oid(relids,
											((Form_pg_policy) GETSTRUCT(tuple))->polrelid);
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	list_sort(relids, list_oid_cmp);
	foreach(lr, relids)
	{
		foreach(lc, policies_of(lfirst_oid(lr)))
		{
			NativePolicy *policy = lfirst(lc);
			char *statement;

			if (!dm_native_is_ours(policy->name) || is_permit(policy))
				continue;
			statement = psprintf("DROP POLICY %s ON %s", quote_identifier(policy->name),
								 dm_relation_sql(lfirst_oid(lr)));
			statements = lappend(statements, statement);
			if (!dry_run)
				dm_execute_as(state_of(lfirst_oid(lr)).owner, statement);
		}
		if (!dry_run)
			restore_table(lfirst_oid(lr));
	}
	return statements;
}

void
dm_native_init(void)
{
	dm_listen_removal(remove_all);
	dm_listen(DM_EVENT_DOMAIN_MEMBERS, domain_members);
}
