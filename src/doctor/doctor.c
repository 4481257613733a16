/*
 * doctor.c
 *		What dm_doctor asks of C: whether ports and policies are still what we wrote, and which
 *		side exits are open.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_publication.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "access/policy.h"
#include "boundary/exit_accept.h"
#include "catalog/table.h"
#include "port/viewtext.h"
#include "registry/portrow.h"
#include "rowpolicy/native.h"
#include "rowpolicy/predicate.h"

PG_FUNCTION_INFO_V1(dm_doctor_outside);
PG_FUNCTION_INFO_V1(dm_library_version);
PG_FUNCTION_INFO_V1(dm_port_drift);
PG_FUNCTION_INFO_V1(dm_policy_drift);
PG_FUNCTION_INFO_V1(dm_open_exit_list);

Datum
dm_doctor_outside(PG_FUNCTION_ARGS)
{
	DmDomain *domain = dm_domain_get(text_to_cstring(PG_GETARG_TEXT_PP(0)), false);

	PG_RETURN_BOOL(dm_is_outside(domain, PG_GETARG_OID(1)));
}

Datum
dm_library_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(DM_VERSION));
}

/* A query as text, with the names that the view's columns have now. */
static char *
deparse(Query *query, TupleDesc names)
{
	ListCell *lc;

	query = copyObject(query);
	foreach(lc, query->targetList)
	{
		TargetEntry *target = lfirst(lc);

		if (!target->resjunk && target->resno <= names->natts)
			target->resname = pstrdup(NameStr(TupleDescAttr(names, target->resno - 1)->attname));
	}
	return pg_get_querydef(query, false);
}

/*
 * The query that we would write for the port now, as text of the same making.  The rule of a view
 * has placeholders in its range table; with one relation alone no column would be qualified.
 */
static char *
expected_text(Oid view, Query *present, TupleDesc names)
{
	DmProduct *product = dm_product_get_by_id(dm_port_product(view));
	Oid source;
	List *columns = dm_port_columns(view, &source);
	Oid save_userid;
	int save_sec_context;
	char *sql;
	RawStmt *raw;
	Query *query;

	if (!OidIsValid(source) || list_length(columns) != names->natts)
		return NULL;
	sql = dm_port_query_text(product, source, columns);
	raw = linitial_node(RawStmt, raw_parser(sql, RAW_PARSE_DEFAULT));
	/* reading the text of a constant may call functions of the team */
	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	SetUserIdAndSecContext(product->domain->owner, save_sec_context |
													   SECURITY_LOCAL_USERID_CHANGE |
													   SECURITY_RESTRICTED_OPERATION);
	query = parse_analyze_fixedparams(raw, sql, NULL, 0, NULL);
	SetUserIdAndSecContext(save_userid, save_sec_context);
	while (list_length(query->rtable) < list_length(present->rtable))
		query->rtable = lappend(query->rtable, copyObject(linitial(present->rtable)));
	return deparse(query, names);
}

/* NULL, or how the view of a port differs from what it should be. */
static const char *
port_drift(Oid view)
{
	Relation rel = table_open(view, AccessShareLock);
	Query *query = dm_view_query(rel);
	const char *result = NULL;
	char *expected;

	if (RelationHasSecurityInvoker(rel))
		result = "it is a security_invoker view";
	else if (!RelationIsSecurityView(rel) && *dm_port_view_options(dm_port_source(view)) != '\0')
		result = "it shows what conditions on rows hide, for it is no security barrier";
	else if (rel->rd_rules->numLocks > 1)
		result = "it has a rule that is not of datamesh";
	else if (rel->trigdesc != NULL)
		result = "it has a trigger";
	else
	{
		expected = expected_text(view, query, RelationGetDescr(rel));
		if (expected == NULL || strcmp(expected, deparse(query, RelationGetDescr(rel))) != 0)
			result = "its query is not what datamesh would write";
	}
	table_close(rel, AccessShareLock);
	return result;
}

/* datamesh.port_drift(view) */
Datum
dm_port_drift(PG_FUNCTION_ARGS)
{
	Oid view = PG_GETARG_OID(0);
	int save_nestlevel;
	const char *drift;

	if (get_rel_relkind(view) != RELKIND_VIEW || dm_port_product(view) == 0)
		PG_RETURN_NULL();
	save_nestlevel = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	drift = port_drift(view);
	AtEOXact_GUC(true, save_nestlevel);
	if (drift == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(drift));
}

static bool
row_security_forced(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool result = false;

	if (HeapTupleIsValid(tuple))
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		result = form->relrowsecurity && form->relforcerowsecurity;
		ReleaseSysCache(tuple);
	}
	return result;
}

/* What we look at in the server's policy of a row policy. */
typedef struct Native
{
	char *name;
	bool restrictive_for_all;
	bool everybody;
} Native;

/* The policy that a row policy is on a relation: its name begins with our prefix and the number. */
static bool
find_native(Oid relid, int64 id, Native *native)
{
	Relation rel = table_open(PolicyRelationId, AccessShareLock);
	char *prefix = psprintf("datamesh_" INT64_FORMAT "_", id);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	bool found = false;

	ScanKeyInit(&key, Anum_pg_policy_polrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(rel, PolicyPolrelidPolnameIndexId, true, NULL, 1, &key);
	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_policy form = (Form_pg_policy) GETSTRUCT(tuple);
		bool isnull;
		ArrayType *roles;

		if (strncmp(NameStr(form->polname), prefix, strlen(prefix)) != 0)
			continue;
		found = true;
		roles = DatumGetArrayTypeP(
			heap_getattr(tuple, Anum_pg_policy_polroles, RelationGetDescr(rel), &isnull));
		native->name = pstrdup(NameStr(form->polname));
		native->restrictive_for_all = !form->polpermissive && form->polcmd == '*';
		native->everybody = ((Oid *) ARR_DATA_PTR(roles))[0] == ACL_ID_PUBLIC;
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return found;
}

/*
 * The condition that the row policy was made with, as the server prints it; NULL if its text cannot
 * be read any more, as after the rename of a column.
 */
static char *
expected_condition(DmPolicy *policy)
{
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	char *volatile result = NULL;
	Oid role;
	Oid schema;
	Oid save_userid;
	int save_sec_context;

	dm_policy_place(policy->relation, &role, &schema);
	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		Node *node;

		/* reading a constant may call functions of the team; the subtransaction ends it */
		SetUserIdAndSecContext(role, save_sec_context | SECURITY_LOCAL_USERID_CHANGE |
										 SECURITY_RESTRICTED_OPERATION);
		node = dm_predicate_parse(policy->relation, policy->predicate);
		MemoryContextSwitchTo(cxt);
		result = dm_native_deparse(policy->relation, node);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(cxt);
		FlushErrorState();
	}
	PG_END_TRY();
	RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(cxt);
	CurrentResourceOwner = owner;
	return result;
}

/* Is the policy's expression still "NOT restricts(id) OR predicate"? */
static bool
condition_is_ours(DmPolicy *policy, Node *qual)
{
	Node *first;
	FuncExpr *call;
	char *expected;

	if (qual == NULL || !is_orclause(qual) || list_length(((BoolExpr *) qual)->args) != 2)
		return false;
	first = linitial(((BoolExpr *) qual)->args);
	if (!is_notclause(first) || !IsA(linitial(((BoolExpr *) first)->args), FuncExpr))
		return false;
	call = linitial(((BoolExpr *) first)->args);
	if (get_func_namespace(call->funcid) != dm_catalog_schema() ||
		strcmp(get_func_name(call->funcid), "restricts") != 0 ||
		!IsA(linitial(call->args), Const) ||
		DatumGetInt64(((Const *) linitial(call->args))->constvalue) != policy->id)
		return false;
	expected = expected_condition(policy);
	return expected == NULL ||
		   strcmp(expected,
				  dm_native_deparse(policy->relation, lsecond(((BoolExpr *) qual)->args))) == 0;
}

/* NULL, or how a row policy is not in force on a relation as it was made. */
static const char *
policy_drift(DmPolicy *policy, Oid relid)
{
	Native native;

	if (!find_native(relid, policy->id, &native))
		return "its policy is gone";
	if (!native.restrictive_for_all)
		return "its policy is not restrictive for all commands";
	if (!native.everybody)
		return "its policy is not for everybody";
	if (!row_security_forced(relid))
		return "row security of the table is not enabled and forced";
	/* the columns of children have other numbers */
	if (relid == policy->relation &&
		!condition_is_ours(policy, dm_native_policy_qual(relid, native.name + strlen("datamesh_"))))
		return "the condition of its policy is another one";
	return NULL;
}

/* datamesh.policy_drift() */
Datum
dm_policy_drift(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell *lc;
	ListCell *lr;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, dm_policy_list_all())
	{
		DmPolicy *policy = lfirst(lc);

		if (!dm_native_possible(policy->relation))
			continue;
		foreach(lr, find_all_inheritors(policy->relation, NoLock, NULL))
		{
			Oid relid = lfirst_oid(lr);
			const char *drift;
			Datum values[3];
			bool nulls[3] = { false, false, false };

			CHECK_FOR_INTERRUPTS();
			if (!dm_native_possible(relid) || (drift = policy_drift(policy, relid)) == NULL)
				continue;
			values[0] = ObjectIdGetDatum(relid);
			values[1] = CStringGetTextDatum(policy->name);
			values[2] = CStringGetTextDatum(drift);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	}
	PG_RETURN_NULL();
}

/* datamesh.open_exits() */
Datum
dm_open_exit_list(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, dm_exits_unaccepted(dm_exits_all()))
	{
		DmOpenExit *open = lfirst(lc);
		Datum values[4];
		bool nulls[4] = { false, false, false, false };

		/* publications have a check of their own */
		if (open->object.classId == PublicationRelationId)
			continue;
		values[0] = CStringGetTextDatum(open->exit->domain->name);
		values[1] = CStringGetTextDatum(getObjectDescription(&open->object, false));
		values[2] = ObjectIdGetDatum(open->role);
		values[3] = CStringGetTextDatum(open->exit->how);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	PG_RETURN_NULL();
}
