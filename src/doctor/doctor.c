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
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "access/policy.h"
#include "base/attempt.h"
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

/* A text that the catalogs hold, as it would be written now. */
typedef struct Expected
{
	DmProduct *product; /* of a port */
	Oid view;
	Query *present;
	TupleDesc names;
	DmPolicy *policy; /* of a row policy */
	char *text;		  /* NULL if there cannot be one */
} Expected;

/* Reading the text of a constant may call functions of the team: they run as the team. */
static void
read_as(Oid roleid)
{
	Oid save_userid;
	int save_sec_context;

	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	SetUserIdAndSecContext(roleid, save_sec_context | SECURITY_LOCAL_USERID_CHANGE |
									   SECURITY_RESTRICTED_OPERATION);
}

/*
 * The query that we would write for the port now, as text of the same making.  The rule of a view
 * has placeholders in its range table; with one relation alone no column would be qualified.
 */
static void
expected_query(void *arg)
{
	Expected *expected = arg;
	Oid source;
	List *columns = dm_port_columns(expected->view, &source);
	char *sql;
	RawStmt *raw;
	Query *query;

	if (!OidIsValid(source) || list_length(columns) != expected->names->natts)
		return;
	sql = dm_port_query_text(expected->product, source, columns);
	raw = linitial_node(RawStmt, raw_parser(sql, RAW_PARSE_DEFAULT));
	read_as(expected->product->domain->owner);
	query = parse_analyze_fixedparams(raw, sql, NULL, 0, NULL);
	while (list_length(query->rtable) < list_length(expected->present->rtable))
		query->rtable = lappend(query->rtable, copyObject(linitial(expected->present->rtable)));
	expected->text = deparse(query, expected->names);
}

/* NULL, or how the query of a port differs from what it should be. */
static const char *
query_drift(Oid view, Query *query, TupleDesc names)
{
	Expected expected = { 0 };
	ErrorData *error;

	expected.product = dm_product_get_by_id(dm_port_product(view));
	expected.view = view;
	expected.present = query;
	expected.names = names;
	error = dm_try_out(expected_query, &expected);
	if (error != NULL)
		return psprintf("its query cannot be written anew: %s", error->message);
	if (expected.text == NULL || strcmp(expected.text, deparse(query, names)) != 0)
		return "its query is not what datamesh would write";
	return NULL;
}

/* NULL, or how the view of a port differs from what it should be. */
static const char *
port_drift(Oid view)
{
	Relation rel = table_open(view, AccessShareLock);
	const char *result;

	if (RelationHasSecurityInvoker(rel))
		result = "it is a security_invoker view";
	else if (!RelationIsSecurityView(rel) && *dm_port_view_options(dm_port_source(view)) != '\0')
		result = "it shows what conditions on rows hide, for it is no security barrier";
	else if (rel->rd_rules->numLocks > 1)
		result = "it has a rule that is not of datamesh";
	else if (rel->trigdesc != NULL)
		result = "it has a trigger";
	else
		result = query_drift(view, dm_view_query(rel), RelationGetDescr(rel));
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
	AtEOXact_GUC(false, save_nestlevel);
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

/* The condition that the row policy was made with, as the server prints it. */
static void
expected_condition(void *arg)
{
	Expected *expected = arg;
	DmPolicy *policy = expected->policy;
	Oid role;
	Oid schema;

	dm_policy_place(policy->relation, &role, &schema);
	read_as(role);
	expected->text = dm_native_deparse(policy->relation,
									   dm_predicate_parse(policy->relation, policy->predicate));
}

/* Did the parser not find a name?  What functions raise, says where. */
static bool
is_renamed(ErrorData *error)
{
	return error->context == NULL &&
		   (error->sqlerrcode == ERRCODE_UNDEFINED_COLUMN ||
			error->sqlerrcode == ERRCODE_UNDEFINED_TABLE ||
			error->sqlerrcode == ERRCODE_UNDEFINED_FUNCTION ||
			error->sqlerrcode == ERRCODE_UNDEFINED_OBJECT ||
			error->sqlerrcode == ERRCODE_UNDEFINED_SCHEMA);
}

/*
 * NULL, or how the condition differs from the row policy's.  The server's follows the rename of a
 * column, and ours is the text that was given: then there is nothing to compare.
 */
static const char *
predicate_drift(DmPolicy *policy, Node *condition)
{
	Expected expected = { 0 };
	ErrorData *error;

	expected.policy = policy;
	error = dm_try_out(expected_condition, &expected);
	if (error != NULL)
		return is_renamed(error) ? NULL : psprintf("its predicate cannot be read: %s", error->message);
	if (strcmp(expected.text, dm_native_deparse(policy->relation, condition)) != 0)
		return "the condition of its policy is another one";
	return NULL;
}

/* The predicate in a policy's expression "NOT restricts(id) OR predicate"; NULL if it is another one. */
static Node *
predicate_of(DmPolicy *policy, Node *qual)
{
	Node *first;
	FuncExpr *call;

	if (qual == NULL || !is_orclause(qual) || list_length(((BoolExpr *) qual)->args) != 2)
		return NULL;
	first = linitial(((BoolExpr *) qual)->args);
	if (!is_notclause(first) || !IsA(linitial(((BoolExpr *) first)->args), FuncExpr))
		return NULL;
	call = linitial(((BoolExpr *) first)->args);
	if (get_func_namespace(call->funcid) != dm_catalog_schema() ||
		strcmp(get_func_name(call->funcid), "restricts") != 0 ||
		!IsA(linitial(call->args), Const) ||
		DatumGetInt64(((Const *) linitial(call->args))->constvalue) != policy->id)
		return NULL;
	return lsecond(((BoolExpr *) qual)->args);
}

/* NULL, or how a row policy is not in force on a relation as it was made. */
static const char *
policy_drift(DmPolicy *policy, Oid relid)
{
	Native native;
	Node *predicate;

	if (!find_native(relid, policy->id, &native))
		return "its policy is gone";
	if (!native.restrictive_for_all)
		return "its policy is not restrictive for all commands";
	if (!native.everybody)
		return "its policy is not for everybody";
	if (!row_security_forced(relid))
		return "row security of the table is not enabled and forced";
	/* the columns of children have other numbers */
	if (relid != policy->relation)
		return NULL;
	predicate = predicate_of(policy, dm_native_policy_qual(relid, native.name + strlen("datamesh_")));
	if (predicate == NULL)
		return "the condition of its policy is another one";
	return predicate_drift(policy, predicate);
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
