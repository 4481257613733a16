/*
 * literals.c
 *		Constants whose reading calls what another role has written.
 *
 * What others own is parsed anew when a relation below it changes, as its owner, but whenever
 * somebody else wants.  Reading '{1}'::some_domain[] executes the checks of the domain, whose owner
 * may have changed them since the view was made.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parse_type.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "compat/pg_compat.h"
#include "port/literals.h"

static void check_type(Oid typid, Oid roleid, bool within);

static void
check_domain(Oid typid, Oid roleid)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", typid);
	owner = ((Form_pg_type) GETSTRUCT(tuple))->typowner;
	ReleaseSysCache(tuple);
	if (!is_member_of_role(owner, roleid))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("reading a constant of it would run the checks of domain %s of role \"%s\"",
						format_type_be(typid), GetUserNameFromId(owner, true))));
}

static void
check_row_type(Oid typid, Oid roleid)
{
	TupleDesc desc = lookup_rowtype_tupdesc_copy(typid, -1);

	for (int i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped)
			check_type(TupleDescAttr(desc, i)->atttypid, roleid, true);
}

/* A constant of a domain itself is read as one of its base type; the checks are executed later. */
static void
check_type(Oid typid, Oid roleid, bool within)
{
	check_stack_depth();
	switch (get_typtype(typid))
	{
		case TYPTYPE_DOMAIN:
			if (within)
				check_domain(typid, roleid);
			check_type(getBaseType(typid), roleid, within);
			break;
		case TYPTYPE_COMPOSITE:
			check_row_type(typid, roleid);
			break;
		case TYPTYPE_RANGE:
			check_type(get_range_subtype(typid), roleid, true);
			break;
		case TYPTYPE_MULTIRANGE:
			check_type(get_multirange_range(typid), roleid, true);
			break;
		default:
			if (OidIsValid(get_element_type(typid)))
				check_type(get_element_type(typid), roleid, true);
			break;
	}
}

static bool
literals_walker(Node *node, void *arg)
{
	if (node == NULL)
		return false;
	if (IsA(node, TypeCast) && IsA(((TypeCast *) node)->arg, A_Const))
	{
		Oid typid = LookupTypeNameOid(NULL, ((TypeCast *) node)->typeName, true);

		if (OidIsValid(typid))
			check_type(typid, *(Oid *) arg, false);
	}
	return raw_expression_tree_walker(node, literals_walker, arg);
}

void
dm_check_literals(const char *sql, Oid roleid)
{
	ListCell *lc;
	ListCell *lp;

	foreach(lc, pg_parse_query(sql))
	{
		Node *stmt = lfirst_node(RawStmt, lc)->stmt;

		if (IsA(stmt, SelectStmt))
			(void) literals_walker(stmt, &roleid);
		else if (IsA(stmt, AlterPolicyStmt))
			(void) literals_walker(((AlterPolicyStmt *) stmt)->qual, &roleid);
		else if (IsA(stmt, AlterTableStmt))
			foreach(lp, ((AlterTableStmt *) stmt)->cmds)
				(void) literals_walker(((AlterTableCmd *) lfirst(lp))->def, &roleid);
		else if (IsA(stmt, RuleStmt))
		{
			(void) literals_walker(((RuleStmt *) stmt)->whereClause, &roleid);
			foreach(lp, ((RuleStmt *) stmt)->actions)
				if (!IsA(lfirst(lp), NotifyStmt))
					(void) literals_walker(lfirst(lp), &roleid);
		}
		else
			elog(ERROR, "unexpected kind of statement: %s", sql);
	}
}
