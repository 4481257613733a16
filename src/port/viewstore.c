/*
 * viewstore.c
 *		Another query for a view, in place.
 *
 * The columns of a view have no storage: their types live in pg_attribute and in the query
 * trees of what reads the view.  The former are changed here, as ALTER TABLE does it for
 * a table; the latter are parsed anew by the caller (lift.c).
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_type.h"
#include "commands/tablecmds.h"
#include "commands/view.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_func.h"
#include "rewrite/rewriteSupport.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "base/run_as.h"
#include "base/sqlname.h"
#include "catalog/command.h"
#include "catalog/depend.h"
#include "catalog/relation.h"
#include "compat/pg_compat.h"
#include "port/liftgraph.h"
#include "port/literals.h"
#include "port/viewstore.h"
#include "registry/portrow.h"

PG_FUNCTION_INFO_V1(dm_lifted);

/* datamesh.lifted(): what a view asks whose query is out of the way. */
Datum
dm_lifted(PG_FUNCTION_ARGS)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("a view cannot be read while what it shows is being changed"),
			 errdetail("It is out of the way of DDL until that is done: of dm_evolve, or of a transaction that has dropped with CASCADE what a port shows."),
			 errhint("Read the tables themselves, or do it in a statement of its own afterwards.")));
	PG_RETURN_NULL();
}

static Oid
lifted_function(void)
{
	return LookupFuncName(list_make2(makeString("datamesh"), makeString("lifted")), 0, NULL, false);
}

/* The work of storing, handed to dm_call_as. */
typedef struct StoreWork
{
	Oid view;
	const char *sql; /* NULL for a blank */
	bool retyped;
} StoreWork;

/* Dependencies of a column on its old type and collation make place for those on the new ones. */
static void
change_type_dependencies(Oid relid, AttrNumber attnum, Oid typid, Oid collation)
{
	Relation rel = table_open(DependRelationId, RowExclusiveLock);
	ScanKeyData keys[3];
	SysScanDesc scan;
	HeapTuple tuple;
	ObjectAddress column;
	ObjectAddress referenced;

	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(RelationRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	ScanKeyInit(&keys[2], Anum_pg_depend_objsubid, BTEqualStrategyNumber, F_INT4EQ,
				Int32GetDatum(attnum));
	scan = systable_beginscan(rel, DependDependerIndexId, true, NULL, 3, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend depend = (Form_pg_depend) GETSTRUCT(tuple);

		if (depend->refclassid == TypeRelationId || depend->refclassid == CollationRelationId)
			CatalogTupleDelete(rel, &tuple->t_self);
	}
	systable_endscan(scan);
	table_close(rel, RowExclusiveLock);

	ObjectAddressSubSet(column, RelationRelationId, relid, attnum);
	ObjectAddressSet(referenced, TypeRelationId, typid);
	recordDependencyOn(&column, &referenced, DEPENDENCY_NORMAL);
	if (OidIsValid(collation) && collation != DEFAULT_COLLATION_OID)
	{
		ObjectAddressSet(referenced, CollationRelationId, collation);
		recordDependencyOn(&column, &referenced, DEPENDENCY_NORMAL);
	}
}

/* What ALTER TABLE ... ALTER COLUMN ... TYPE does to the catalogs, for a column without storage. */
static void
retype_column(Oid relid, AttrNumber attnum, Oid typid, int32 typmod, Oid collation)
{
	Relation rel = table_open(AttributeRelationId, RowExclusiveLock);
	HeapTuple tuple = SearchSysCacheCopy2(ATTNUM, ObjectIdGetDatum(relid), Int16GetDatum(attnum));
	HeapTuple type_tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
	Form_pg_attribute att;
	Form_pg_type type;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for attribute %d of relation %u", attnum, relid);
	if (!HeapTupleIsValid(type_tuple))
		elog(ERROR, "cache lookup failed for type %u", typid);
	att = (Form_pg_attribute) GETSTRUCT(tuple);
	type = (Form_pg_type) GETSTRUCT(type_tuple);
	att->atttypid = typid;
	att->atttypmod = typmod;
	att->attcollation = collation;
	att->attndims = 0;
	att->attlen = type->typlen;
	att->attbyval = type->typbyval;
	att->attalign = type->typalign;
	att->attstorage = type->typstorage;
	CatalogTupleUpdate(rel, &tuple->t_self, tuple);
	ReleaseSysCache(type_tuple);
	table_close(rel, RowExclusiveLock);
	change_type_dependencies(relid, attnum, typid, collation);
	InvokeObjectPostAlterHook(RelationRelationId, relid, attnum);
}

/*
 * Gives the view's columns the types that the query has; true if there was anything to do.  The
 * targets get the columns' names, as CREATE VIEW with a list of columns does it.
 */
static bool
retype_columns(Relation view, List *targets)
{
	TupleDesc desc = RelationGetDescr(view);
	bool changed = false;
	AttrNumber attnum = 0;
	ListCell *lc;

	foreach(lc, targets)
	{
		TargetEntry *target = lfirst(lc);
		Form_pg_attribute att;
		Node *expr = (Node *) target->expr;

		if (target->resjunk)
			continue;
		if (attnum >= desc->natts)
			elog(ERROR, "query has more columns than view \"%s\"", RelationGetRelationName(view));
		att = TupleDescAttr(desc, attnum++);
		target->resname = pstrdup(NameStr(att->attname));
		if (exprType(expr) == att->atttypid && exprTypmod(expr) == att->atttypmod &&
			exprCollation(expr) == att->attcollation)
			continue;
		if (view->rd_rel->relkind != RELKIND_VIEW)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
					 errmsg("column \"%s\" of materialized view \"%s\" would change from %s to %s",
							NameStr(att->attname), RelationGetRelationName(view),
							format_type_with_typemod(att->atttypid, att->atttypmod),
							format_type_with_typemod(exprType(expr), exprTypmod(expr)))));
		/* rows of the view that are stored somewhere have the old types in them */
		if (!changed)
			find_composite_type_dependencies(view->rd_rel->reltype, view, NULL);
		retype_column(RelationGetRelid(view), att->attnum, exprType(expr), exprTypmod(expr),
					  exprCollation(expr));
		changed = true;
	}
	if (attnum != desc->natts)
		elog(ERROR, "query has fewer columns than view \"%s\"", RelationGetRelationName(view));
	return changed;
}

static Query *
parse_select(const char *sql)
{
	List *statements;
	Query *query;

	dm_check_literals(sql, GetUserId());
	statements = pg_parse_query(sql);
	if (list_length(statements) != 1)
		elog(ERROR, "not a single query: %s", sql);
	query = parse_analyze_fixedparams(linitial_node(RawStmt, statements), sql, NULL, 0, NULL);
	if (query->commandType != CMD_SELECT || query->hasModifyingCTE || query->utilityStmt != NULL)
		elog(ERROR, "not the query of a view: %s", sql);
	return query;
}

/* Null of a column's exact type; a query tree needs no text for it. */
static TargetEntry *
null_target(Form_pg_attribute att, AttrNumber resno)
{
	Const *value = makeConst(att->atttypid, att->atttypmod, att->attcollation, att->attlen,
							 (Datum) 0, true, att->attbyval);

	return makeTargetEntry((Expr *) value, resno, pstrdup(NameStr(att->attname)), false);
}

static Query *
blank_query(Relation view)
{
	Query *query = makeNode(Query);
	FuncExpr *call = makeFuncExpr(lifted_function(), BOOLOID, NIL, InvalidOid, InvalidOid,
								  COERCE_EXPLICIT_CALL);

	query->commandType = CMD_SELECT;
	query->querySource = QSRC_ORIGINAL;
	query->canSetTag = true;
	query->jointree = makeFromExpr(NIL, (Node *) call);
	for (int i = 0; i < RelationGetDescr(view)->natts; i++)
		query->targetList = lappend(query->targetList,
									null_target(TupleDescAttr(RelationGetDescr(view), i), i + 1));
	return query;
}

List *
dm_view_functions(Oid view)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, dm_depend_of(RewriteRelationId, get_rewrite_oid(view, ViewSelectRuleName, false)))
	{
		Form_pg_depend depend = lfirst(lc);

		if (depend->refclassid == ProcedureRelationId)
			result = list_append_unique_oid(result, depend->refobjid);
		else if (depend->refclassid == OperatorRelationId)
			result = list_append_unique_oid(result, get_opcode(depend->refobjid));
	}
	return result;
}

static void
do_store(void *arg)
{
	StoreWork *work = arg;
	Relation rel = relation_open(work->view, AccessExclusiveLock);
	Query *query;

	CheckTableNotInUse(rel, "ALTER VIEW");
	query = work->sql ? parse_select(work->sql) : blank_query(rel);
	work->retyped = retype_columns(rel, query->targetList);
	relation_close(rel, NoLock);
	CommandCounterIncrement();
	StoreViewQuery(work->view, query, true);
}

/*
 * Runs in a frame of its own: to the guards of the command around us, which look at the objects
 * that it touches, the view is none of them.
 */
static void
store(StoreWork *work)
{
	DmCommand frame;

	dm_command_begin(&frame, (Node *) makeNode(ViewStmt));
	PG_TRY();
	{
		dm_call_as(dm_relation_owner(work->view), do_store, work);
	}
	PG_FINALLY();
	{
		dm_command_end(&frame);
	}
	PG_END_TRY();
}

bool
dm_view_store(Oid view, const char *sql)
{
	StoreWork work = { view, sql, false };

	store(&work);
	return work.retyped;
}

void
dm_view_blank(Oid view)
{
	StoreWork work = { view, NULL, false };

	store(&work);
}

bool
dm_view_is_blank(Oid view)
{
	Relation rel = relation_open(view, AccessShareLock);
	Query *query = dm_view_query(rel);
	Node *quals = query ? query->jointree->quals : NULL;
	bool result = quals != NULL && IsA(quals, FuncExpr) &&
				  ((FuncExpr *) quals)->funcid == lifted_function();

	relation_close(rel, AccessShareLock);
	return result;
}

char *
dm_view_text(Query *query)
{
	int save_nestlevel = NewGUCNestLevel();
	char *result;

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	/* reading it takes locks on what it names, which writes into the tree */
	result = pg_get_querydef(copyObject(query), false);
	AtEOXact_GUC(false, save_nestlevel);
	return result;
}
