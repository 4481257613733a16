/*
 * pg_compat.h
 *		Differences between the server's major versions, and nothing else.
 *
 * The only file that tests PG_VERSION_NUM.  A shim has the shape of the newest
 * interface, so that it can be deleted with the last major that needs it; each
 * has a block of its own that names the change.
 */
#ifndef DM_COMPAT_PG_COMPAT_H
#define DM_COMPAT_PG_COMPAT_H

#include "catalog/pg_class.h"
#include "fmgr.h"
#include "nodes/parsenodes.h"
#include "nodes/plannodes.h"
#include "parser/parsetree.h"

#if PG_VERSION_NUM < 150000
#error "datamesh needs PostgreSQL 15 or later"
#endif

/* 16: the variable-length datum macros moved out of postgres.h */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* 16: ownership checks of all object classes became one function */
#if PG_VERSION_NUM >= 160000
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_namespace.h"
#include "utils/acl.h"
#define dm_database_ownercheck(dbid, roleid) \
	object_ownercheck(DatabaseRelationId, (dbid), (roleid))
#define dm_namespace_ownercheck(nspid, roleid) \
	object_ownercheck(NamespaceRelationId, (nspid), (roleid))
#define dm_class_ownercheck(relid, roleid) \
	object_ownercheck(RelationRelationId, (relid), (roleid))
#define dm_extension_ownercheck(extid, roleid) \
	object_ownercheck(ExtensionRelationId, (extid), (roleid))
#else
#define dm_database_ownercheck(dbid, roleid) \
	pg_database_ownercheck((dbid), (roleid))
#define dm_namespace_ownercheck(nspid, roleid) \
	pg_namespace_ownercheck((nspid), (roleid))
#define dm_class_ownercheck(relid, roleid) \
	pg_class_ownercheck((relid), (roleid))
#define dm_extension_ownercheck(extid, roleid) \
	pg_extension_ownercheck((extid), (roleid))
#endif

/* 16: the role that permissions are checked as moved out of the range table entry */
#if PG_VERSION_NUM >= 160000
#include "parser/parse_relation.h"
static inline Oid
dm_rte_check_as_user(List *perminfos, RangeTblEntry *rte)
{
	return rte->perminfoindex == 0 ? InvalidOid :
									 getRTEPermissionInfo(perminfos, rte)->checkAsUser;
}
#define dm_query_perminfos(query)	  ((query)->rteperminfos)
#define dm_plan_perminfos(stmt)		  ((stmt)->permInfos)
#define dm_nsitem_inserted_cols(item) ((item)->p_perminfo->insertedCols)
#else
static inline Oid
dm_rte_check_as_user(List *perminfos, RangeTblEntry *rte)
{
	return rte->checkAsUser;
}
#define dm_query_perminfos(query)	  NIL
#define dm_plan_perminfos(stmt)		  NIL
#define dm_nsitem_inserted_cols(item) ((item)->p_rte->insertedCols)
#endif

/*
 * 16: a view's permissions are checked by the entry of its subquery itself, not by a
 * placeholder inside of it, and permissions lie beside the range table.
 *
 * Puts base, the one relation that the subquery of range table entry rti reads, in that
 * entry's place, and keeps at the end of the range table what checks the view's permissions:
 * what pulling the subquery up would leave behind.
 */
#if PG_VERSION_NUM >= 160000
static inline void
dm_replace_view_by_base(Query *query, int rti, Query *subquery, RangeTblEntry *base)
{
	RangeTblEntry *view = rt_fetch(rti, query->rtable);

	if (base->perminfoindex != 0)
	{
		query->rteperminfos = lappend(query->rteperminfos,
									  getRTEPermissionInfo(subquery->rteperminfos, base));
		base->perminfoindex = list_length(query->rteperminfos);
	}
	lfirst(list_nth_cell(query->rtable, rti - 1)) = base;
	view->subquery = NULL;
	view->inFromCl = false;
	query->rtable = lappend(query->rtable, view);
}
#else
static inline void
dm_replace_view_by_base(Query *query, int rti, Query *subquery, RangeTblEntry *base)
{
	/* PRS2_OLD_VARNO */
	RangeTblEntry *placeholder = rt_fetch(1, subquery->rtable);

	lfirst(list_nth_cell(query->rtable, rti - 1)) = base;
	query->rtable = lappend(query->rtable, placeholder);
}
#endif

/*
 * 16: permissions lie beside the range table.
 *
 * dm_query_take_table gives a query the range table of the parse state.  dm_query_read_as sets
 * the role for relations of its range table that the current user would be checked for.
 * dm_query_denied is the first one of them for which the check fails, InvalidOid for none.
 */
#if PG_VERSION_NUM >= 160000
#include "executor/executor.h"
static inline void
dm_query_take_table(Query *query, ParseState *pstate)
{
	query->rtable = pstate->p_rtable;
	query->rteperminfos = pstate->p_rteperminfos;
}
static inline void
dm_query_read_as(Query *query, Oid role)
{
	ListCell *lc;

	foreach(lc, query->rteperminfos)
		if (!OidIsValid(((RTEPermissionInfo *) lfirst(lc))->checkAsUser))
			((RTEPermissionInfo *) lfirst(lc))->checkAsUser = role;
}
static inline Oid
dm_query_denied(Query *query)
{
	ListCell *lc;

	foreach(lc, query->rteperminfos)
		if (!ExecCheckOneRelPerms((RTEPermissionInfo *) lfirst(lc)))
			return ((RTEPermissionInfo *) lfirst(lc))->relid;
	return InvalidOid;
}
#else
#include "executor/executor.h"
#include "parser/parse_node.h"
static inline void
dm_query_take_table(Query *query, ParseState *pstate)
{
	query->rtable = pstate->p_rtable;
}
static inline void
dm_query_read_as(Query *query, Oid role)
{
	ListCell *lc;

	foreach(lc, query->rtable)
		if (!OidIsValid(((RangeTblEntry *) lfirst(lc))->checkAsUser))
			((RangeTblEntry *) lfirst(lc))->checkAsUser = role;
}
static inline Oid
dm_query_denied(Query *query)
{
	ListCell *lc;

	foreach(lc, query->rtable)
		if (!ExecCheckRTEPerms((RangeTblEntry *) lfirst(lc)))
			return ((RangeTblEntry *) lfirst(lc))->relid;
	return InvalidOid;
}
#endif

/* 16: what a plan checks of a relation, with its OID and the columns that are selected */
#if PG_VERSION_NUM >= 160000
typedef RTEPermissionInfo DmPlanPermission;
#define dm_plan_permissions(stmt) ((stmt)->permInfos)
#else
typedef RangeTblEntry DmPlanPermission;
#define dm_plan_permissions(stmt) ((stmt)->rtable)
#endif

/* 18: EXPLAIN asks modules what they have to say of a plan */
#if PG_VERSION_NUM >= 180000
#include "commands/explain.h"
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#define DM_HAVE_EXPLAIN_HOOK 1
#else
#define DM_HAVE_EXPLAIN_HOOK 0
#endif

/* 16: one function for the privileges of all classes of objects */
#if PG_VERSION_NUM >= 160000
#include "catalog/pg_proc.h"
#define dm_namespace_aclcheck(nspid, roleid, mode) \
	object_aclcheck(NamespaceRelationId, (nspid), (roleid), (mode))
#define dm_proc_aclcheck(funcid, roleid, mode) \
	object_aclcheck(ProcedureRelationId, (funcid), (roleid), (mode))
#else
#define dm_namespace_aclcheck(nspid, roleid, mode) \
	pg_namespace_aclcheck((nspid), (roleid), (mode))
#define dm_proc_aclcheck(funcid, roleid, mode) pg_proc_aclcheck((funcid), (roleid), (mode))
#endif

/* 16: a view's subquery keeps its OID; before, a placeholder in it did */
#if PG_VERSION_NUM >= 160000
static inline Oid
dm_rte_view(RangeTblEntry *rte)
{
	return rte->relkind == RELKIND_VIEW ? rte->relid : InvalidOid;
}
#else
static inline Oid
dm_rte_view(RangeTblEntry *rte)
{
	RangeTblEntry *placeholder;

	if (rte->subquery->rtable == NIL)
		return InvalidOid;
	placeholder = linitial(rte->subquery->rtable);
	return placeholder->rtekind == RTE_RELATION && placeholder->relkind == RELKIND_VIEW ?
			   placeholder->relid :
			   InvalidOid;
}
#endif

/* 16: a subscription writes as the owner of the table, unless it is told to do so as its own */
#if PG_VERSION_NUM >= 160000
#define dm_subscription_writes_as(form, table_owner) \
	((form)->subrunasowner ? (form)->subowner : (table_owner))
#else
#define dm_subscription_writes_as(form, table_owner) ((form)->subowner)
#endif

/* 18: grouping expressions have a range table entry of their own */
#if PG_VERSION_NUM >= 180000
#define dm_rte_group_expr(rte, attno) \
	((rte)->rtekind == RTE_GROUP ? (Node *) list_nth((rte)->groupexprs, (attno) -1) : NULL)
#else
#define dm_rte_group_expr(rte, attno) NULL
#endif

/* 19: planner hooks are told what EXPLAIN knows */
#if PG_VERSION_NUM >= 190000
#define DM_PLANNER_PARAMS                                                                 \
	Query *parse, const char *query_string, int cursorOptions, ParamListInfo boundParams, \
		ExplainState *es
#define DM_PLANNER_ARGS parse, query_string, cursorOptions, boundParams, es
#else
#define DM_PLANNER_PARAMS \
	Query *parse, const char *query_string, int cursorOptions, ParamListInfo boundParams
#define DM_PLANNER_ARGS parse, query_string, cursorOptions, boundParams
#endif

/* 17: the expression of a generated column can be altered */
#if PG_VERSION_NUM >= 170000
#define dm_alter_sets_expression(subtype) ((subtype) == AT_SetExpression)
#else
#define dm_alter_sets_expression(subtype) false
#endif

/* 17: the privilege MAINTAIN */
#include "nodes/parsenodes.h"
#ifndef ACL_MAINTAIN
#define ACL_MAINTAIN 0
#endif

/* 18: what deforming tuples needs of an attribute is kept apart */
#if PG_VERSION_NUM >= 180000
#define dm_attribute_offset(desc, i) (TupleDescCompactAttr((desc), (i))->attcacheoff)
#else
#define dm_attribute_offset(desc, i) (TupleDescAttr((desc), (i))->attcacheoff)
#endif

/* 17: the lexer of JSON can be put into memory of the caller's */
#if PG_VERSION_NUM >= 170000
#define dm_json_lexer(text, len) makeJsonLexContextCstringLen(NULL, (text), (len), PG_UTF8, false)
#else
#define dm_json_lexer(text, len) \
	makeJsonLexContextCstringLen(unconstify(char *, (text)), (len), PG_UTF8, false)
#endif

/* 18: constraints can be declared without being enforced */
#if PG_VERSION_NUM >= 180000
#define dm_constraint_is_enforced(form) ((form)->conenforced)
#else
#define dm_constraint_is_enforced(form) true
#endif

/* 18: functions that do not return are declared so in front */
#ifndef pg_noreturn
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 16: that the text of a type cannot be read is told softly */
#include "parser/parse_type.h"
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
static inline Oid
dm_parse_type(const char *text)
{
	ErrorSaveContext context = { T_ErrorSaveContext };
	Oid typid;
	int32 typmod;

	return parseTypeString(text, &typid, &typmod, (Node *) &context) ? typid : InvalidOid;
}
#else
static inline Oid
dm_parse_type(const char *text)
{
	Oid typid;
	int32 typmod;

	parseTypeString(text, &typid, &typmod, true);
	return typid;
}
#endif

/* 18: what an operator means to an index is told in terms of comparisons, of the same numbers */
#include "utils/lsyscache.h"
#if PG_VERSION_NUM >= 180000
typedef OpIndexInterpretation DmOperatorMeaning;
#define dm_operator_meanings(opno)	 get_op_index_interpretation(opno)
#define dm_meaning_strategy(meaning) ((int) (meaning)->cmptype)
#else
typedef OpBtreeInterpretation DmOperatorMeaning;
#define dm_operator_meanings(opno)	 get_op_btree_interpretation(opno)
#define dm_meaning_strategy(meaning) ((meaning)->strategy)
#endif

/* 18: NOT NULL can be NOT VALID, and then says nothing of rows from before */
#if PG_VERSION_NUM >= 180000
#define dm_attribute_not_null(desc, i)         \
	(TupleDescAttr((desc), (i))->attnotnull && \
	 TupleDescCompactAttr((desc), (i))->attnullability != ATTNULLABLE_INVALID)
#else
#define dm_attribute_not_null(desc, i) (TupleDescAttr((desc), (i))->attnotnull)
#endif

/* 18: whoever runs a plan no longer says whether it will be once only */
#if PG_VERSION_NUM >= 180000
#define DM_EXECUTOR_RUN_PARAMS QueryDesc *queryDesc, ScanDirection direction, uint64 count
#define DM_EXECUTOR_RUN_ARGS   queryDesc, direction, count
#else
#define DM_EXECUTOR_RUN_PARAMS \
	QueryDesc *queryDesc, ScanDirection direction, uint64 count, bool execute_once
#define DM_EXECUTOR_RUN_ARGS queryDesc, direction, count, execute_once
#endif

/*
 * 16: other names for what the server counts of a table.
 *
 * dm_pgstat_written is the list of tables that the transaction has written to, at its end.
 */
#include "utils/pgstat_internal.h"
#define dm_pgstat_written() (pgstat_get_xact_stack_level(1)->first)
#if PG_VERSION_NUM >= 160000
#define dm_pgstat_relid(status)		((status)->id)
#define dm_pgstat_is_shared(status) ((status)->shared)
#else
#define dm_pgstat_relid(status)		((status)->t_id)
#define dm_pgstat_is_shared(status) ((status)->t_shared)
#endif

/* 17: the sequence of an identity column is looked up in an open relation; settings can be found */
#include "catalog/dependency.h"
#if PG_VERSION_NUM >= 170000
#include "utils/guc_tables.h"
#define dm_reserve_setting(name)		  (find_option((name), false, true, 0)->context = PGC_SUSET)
#define dm_identity_sequence(rel, attnum) getIdentitySequence((rel), (attnum), false)
#else
#define dm_reserve_setting(name) ((void) 0)
#define dm_identity_sequence(rel, attnum) \
	getIdentitySequence(RelationGetRelid(rel), (attnum), false)
#endif

/* 16: summarizing indexes can be told apart */
#if PG_VERSION_NUM >= 160000
#define dm_insert_index_tuples(info, slot, estate) \
	list_free(ExecInsertIndexTuples((info), (slot), (estate), false, false, NULL, NIL, false))
#else
#define dm_insert_index_tuples(info, slot, estate) \
	list_free(ExecInsertIndexTuples((info), (slot), (estate), false, false, NULL, NIL))
#endif

/* 18: modules can tell their name and version */
#if PG_VERSION_NUM >= 180000
#define DM_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "datamesh", .version = DM_VERSION)
#else
#define DM_MODULE_MAGIC PG_MODULE_MAGIC
#endif

#endif /* DM_COMPAT_PG_COMPAT_H */
