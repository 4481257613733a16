/*
 * retype.c
 *		What else depends on views whose columns have got other types.
 *
 * Their query trees hold the old types, and would be executed with them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/dependency.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "rewrite/rewriteSupport.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/attempt.h"
#include "base/run_as.h"
#include "base/sqlname.h"
#include "catalog/depend.h"
#include "catalog/relation.h"
#include "compat/pg_compat.h"
#include "port/lift.h"
#include "port/liftgraph.h"
#include "port/literals.h"
#include "port/retype.h"

/* One statement that makes something anew, with the rights of its relation's owner. */
typedef struct Remake
{
	Oid owner;
	char *sql;
} Remake;

static void
remake(void *arg)
{
	Remake *work = arg;

	dm_check_literals(work->sql, work->owner);
	dm_execute_as(work->owner, work->sql);
}

static DmLiftReport *
tell(const char *object, const char *kind, Oid owner, ErrorData *error)
{
	DmLiftReport *report = palloc0(sizeof(DmLiftReport));

	report->object = pstrdup(object);
	report->kind = pstrdup(kind);
	report->owner = owner;
	report->verdict = error ? DM_LIFT_BROKEN : DM_LIFT_KEPT;
	report->detail = error ? error->message : NULL;
	return report;
}

typedef struct RuleText
{
	Oid rule;
	char *text;
} RuleText;

static void
deparse_rule(void *arg)
{
	RuleText *work = arg;
	char *create = TextDatumGetCString(OidFunctionCall1(F_PG_GET_RULEDEF_OID,
														ObjectIdGetDatum(work->rule)));

	work->text = psprintf("CREATE OR REPLACE %s", create + strlen("CREATE "));
}

static DmLiftReport *
remake_rule(Oid rule)
{
	ObjectAddress address;
	Oid relid = InvalidOid;
	Relation rel = table_open(RewriteRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	bool on_select = true;
	Remake work;
	RuleText text = { rule, NULL };
	MemoryContext cxt = CurrentMemoryContext;

	ScanKeyInit(&key, Anum_pg_rewrite_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(rule));
	scan = systable_beginscan(rel, RewriteOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		relid = ((Form_pg_rewrite) GETSTRUCT(tuple))->ev_class;
		on_select = ((Form_pg_rewrite) GETSTRUCT(tuple))->ev_type == CMD_SELECT + '0';
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	if (on_select)
		return NULL;
	work.owner = dm_relation_owner(relid);
	dm_call_as(work.owner, deparse_rule, &text);
	MemoryContextSwitchTo(cxt);
	work.sql = text.text;
	ObjectAddressSet(address, RewriteRelationId, rule);
	return tell(getObjectDescription(&address, false), "rule", work.owner,
				dm_attempt(remake, &work));
}

typedef struct DefaultText
{
	Oid relid;
	AttrNumber attnum;
	Datum expression;
	char *text;
} DefaultText;

static void
deparse_default(void *arg)
{
	DefaultText *work = arg;

	work->text = TextDatumGetCString(OidFunctionCall2(F_PG_GET_EXPR_PG_NODE_TREE_OID,
													  work->expression,
													  ObjectIdGetDatum(work->relid)));
}

/* The default of that number; false if it is gone. */
static bool
read_default(Oid attrdef, DefaultText *work)
{
	Relation rel = table_open(AttrDefaultRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	bool isnull;

	ScanKeyInit(&key, Anum_pg_attrdef_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(attrdef));
	scan = systable_beginscan(rel, AttrDefaultOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_attrdef form = (Form_pg_attrdef) GETSTRUCT(tuple);

		work->relid = form->adrelid;
		work->attnum = form->adnum;
		work->expression = datumCopy(heap_getattr(tuple, Anum_pg_attrdef_adbin,
												  RelationGetDescr(rel), &isnull),
									 false, -1);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return OidIsValid(work->relid);
}

/* The default of a view's column, which INSERT into the view uses. */
static DmLiftReport *
remake_default(Oid attrdef)
{
	DefaultText text = { 0 };
	Remake work;
	MemoryContext cxt = CurrentMemoryContext;
	const char *column;

	if (!read_default(attrdef, &text))
		return NULL;
	column = quote_identifier(get_attname(text.relid, text.attnum, false));
	work.owner = dm_relation_owner(text.relid);
	dm_call_as(work.owner, deparse_default, &text);
	MemoryContextSwitchTo(cxt);
	work.sql = psprintf("ALTER VIEW %s ALTER COLUMN %s SET DEFAULT %s",
						dm_relation_sql(text.relid), column, text.text);
	return tell(psprintf("default of column %s of %s", column, dm_relation_sql(text.relid)),
				"default", work.owner, dm_attempt(remake, &work));
}

/* A function with a body of text is parsed when it is called. */
static bool
has_stored_body(Oid funcid)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	bool isnull = true;

	if (HeapTupleIsValid(tuple))
	{
		(void) SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosqlbody, &isnull);
		ReleaseSysCache(tuple);
	}
	return !isnull;
}

static DmLiftReport *
cannot_follow(Form_pg_depend depend, Oid view)
{
	ObjectAddress address;
	DmLiftReport *report = palloc0(sizeof(DmLiftReport));

	ObjectAddressSet(address, depend->classid, depend->objid);
	report->object = getObjectDescription(&address, false);
	report->kind = getObjectTypeDescription(&address, false);
	report->owner = InvalidOid;
	report->verdict = DM_LIFT_BROKEN;
	report->detail = psprintf("it holds the old types of the columns of %s", dm_relation_sql(view));
	return report;
}

/* What to do for one dependent of a view, or of its row type. */
static DmLiftReport *
follow_dependent(Form_pg_depend depend, Oid view)
{
	switch (depend->classid)
	{
		case RewriteRelationId:
			return remake_rule(depend->objid);
		case AttrDefaultRelationId:
			return remake_default(depend->objid);
		case ProcedureRelationId:
			return has_stored_body(depend->objid) ? cannot_follow(depend, view) : NULL;
		case TypeRelationId:	/* its own row type, and the array of that */
		case TriggerRelationId: /* INSTEAD OF triggers have no condition */
			return NULL;
		case RelationRelationId:
			/* a table with a column of the row type would have been refused before */
			return NULL;
		default:
			return cannot_follow(depend, view);
	}
}

static bool
is_among(List *done, Form_pg_depend depend)
{
	ListCell *lc;

	foreach(lc, done)
		if (((Form_pg_depend) lfirst(lc))->classid == depend->classid &&
			((Form_pg_depend) lfirst(lc))->objid == depend->objid)
			return true;
	return false;
}

List *
dm_retype_dependents(List *views)
{
	List *result = NIL;
	List *done = NIL; /* of Form_pg_depend */
	ListCell *lc;
	ListCell *ld;

	foreach(lc, views)
	{
		Oid view = lfirst_oid(lc);
		List *dependents = list_concat(dm_depend_on(RelationRelationId, view, 0),
									   dm_depend_on(TypeRelationId, get_rel_type_id(view), 0));

		foreach(ld, dependents)
		{
			Form_pg_depend depend = lfirst(ld);
			DmLiftReport *report;

			CHECK_FOR_INTERRUPTS();
			if (is_among(done, depend))
				continue;
			done = lappend(done, depend);
			report = follow_dependent(depend, view);
			if (report != NULL)
				result = lappend(result, report);
		}
	}
	return result;
}
