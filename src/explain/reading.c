/*
 * reading.c
 *		What a reader gets from a relation.
 *
 * The query "SELECT every column FROM relation" goes through the server's rewriter, which puts
 * views and row security in, and through the same folding as any query of the reader
 * (port/queryfold.c), with him as the supposed reader.  What is left of it is read off: the branch
 * of each column, the conditions on rows, the privileges that the executor would ask for.
 * So there is no second set of rules that could differ from what the planner does.
 *
 * The rewriter runs as the reader, because it chooses row security policies by the current
 * user; it executes nothing.  Constant folding does execute immutable functions, which somebody
 * may have written as a trap for whoever explains: it runs as the owner of the relation whose
 * condition is being folded.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_relation.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rewriteManip.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "access/consent.h"
#include "access/fold.h"
#include "base/errors.h"
#include "base/run_as.h"
#include "base/strings.h"
#include "catalog/relation.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"
#include "explain/reading.h"
#include "port/port.h"
#include "registry/portrow.h"

/* Where a column is looked for: the query that mentions it, and those around. */
typedef struct Sight
{
	DmReading *reading;
	List *queries; /* innermost first */
	DmVerdict verdict;
	char *shown;
} Sight;

static bool see_expression(Node *node, Sight *sight);

/* SELECT every column FROM relation, as the parser would make it. */
static Query *
plain_query(Oid relid)
{
	Relation rel = table_open(relid, AccessShareLock);
	ParseState *pstate = make_parsestate(NULL);
	Query *query = makeNode(Query);
	RangeTblRef *ref = makeNode(RangeTblRef);
	TupleDesc desc = RelationGetDescr(rel);

	(void) addRangeTableEntryForRelation(pstate, rel, AccessShareLock, NULL, true, true);
	dm_query_take_table(query, pstate);
	ref->rtindex = 1;
	query->commandType = CMD_SELECT;
	query->canSetTag = true;
	query->jointree = makeFromExpr(list_make1(ref), NULL);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		Var *var;

		if (att->attisdropped)
			continue;
		var = makeVar(1, att->attnum, att->atttypid, att->atttypmod, att->attcollation, 0);
		query->targetList = lappend(query->targetList,
									makeTargetEntry((Expr *) var, att->attnum,
													pstrdup(NameStr(att->attname)), false));
	}
	table_close(rel, NoLock);
	free_parsestate(pstate);
	return query;
}

static Query *
rewrite_as(Oid role, Query *query)
{
	DmRestriction saved;
	List *rewritten;

	dm_restrict_begin(&saved, role);
	AcquireRewriteLocks(query, true, false);
	rewritten = QueryRewrite(query);
	dm_restrict_end(&saved);
	return linitial_node(Query, rewritten);
}

static void
add_missing(DmReading *reading, Oid role, Oid relid, Oid nspid, AttrNumber attno)
{
	DmMissing *missing = palloc(sizeof(DmMissing));

	missing->role = role;
	missing->relid = relid;
	missing->nspid = nspid;
	missing->attno = attno;
	reading->missing = lappend(reading->missing, missing);
}

/* What the server asks of the reader himself, apart from single columns. */
static void
check_own_privileges(DmReading *reading)
{
	Oid role = reading->reader.role;
	Oid nspid = get_rel_namespace(reading->relid);

	if (dm_namespace_aclcheck(nspid, role, ACL_USAGE) != ACLCHECK_OK)
		add_missing(reading, role, InvalidOid, nspid, 0);
	if (pg_class_aclcheck(reading->relid, role, ACL_SELECT) != ACLCHECK_OK &&
		pg_attribute_aclcheck_all(reading->relid, role, ACL_SELECT, ACLMASK_ANY) != ACLCHECK_OK)
		add_missing(reading, role, reading->relid, InvalidOid, 0);
}

/* What no view's owner reads is read as the reader, who is not the current user here. */
static bool
set_readers(Node *node, Oid *role)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		dm_query_read_as((Query *) node, *role);
		return query_tree_walker((Query *) node, set_readers, role, 0);
	}
	return expression_tree_walker(node, set_readers, role);
}

/* What it asks of the owners of the views that he reads through. */
static bool
check_inner_privileges(Node *node, DmReading *reading)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Oid relid = dm_query_denied((Query *) node);

		if (OidIsValid(relid) && relid != reading->relid)
			add_missing(reading, InvalidOid, relid, InvalidOid, 0);
		return query_tree_walker((Query *) node, check_inner_privileges, reading, 0);
	}
	return expression_tree_walker(node, check_inner_privileges, reading);
}

/* The key of a call of dm_attribute, NULL for any other expression. */
static char *
attribute_key(Node *node)
{
	FuncExpr *call = (FuncExpr *) node;
	Const *key;
	char *name;

	if (!IsA(node, FuncExpr) || list_length(call->args) != 1 ||
		get_func_namespace(call->funcid) != dm_api_schema())
		return NULL;
	name = get_func_name(call->funcid);
	key = linitial(call->args);
	if (name == NULL || strcmp(name, "dm_attribute") != 0 || !IsA(key, Const) || key->constisnull)
		return NULL;
	return TextDatumGetCString(key->constvalue);
}

/* "NOT datamesh.restricts(id) OR predicate" is how a row policy looks to the server. */
static bool
policy_of(Node *node, int64 *id, Node **predicate)
{
	List *args = is_orclause(node) ? ((BoolExpr *) node)->args : NIL;
	Node *first = args ? linitial(args) : NULL;
	FuncExpr *call;
	Const *number;
	char *name;

	if (list_length(args) != 2 || !is_notclause(first))
		return false;
	call = (FuncExpr *) get_notclausearg(first);
	if (!IsA(call, FuncExpr) || list_length(call->args) != 1 ||
		get_func_namespace(call->funcid) != dm_catalog_schema())
		return false;
	name = get_func_name(call->funcid);
	number = linitial(call->args);
	if (name == NULL || strcmp(name, "restricts") != 0 || !IsA(number, Const) ||
		number->constisnull)
		return false;
	*id = DatumGetInt64(number->constvalue);
	*predicate = lsecond(args);
	return true;
}

/* What is found on a walk over a query that has been rewritten, but not folded. */
typedef struct Finder
{
	DmReading *reading;
	const char *product; /* of the port that we are in or below */
	Oid relid;			 /* whose condition we are in */
	Index varno;
} Finder;

static bool
find_in_condition(Node *node, Finder *finder)
{
	DmReading *reading = finder->reading;
	Node *predicate;
	char *key;
	int64 id;

	if (node == NULL)
		return false;
	if (policy_of(node, &id, &predicate))
	{
		DmPolicyRead *policy = palloc0(sizeof(DmPolicyRead));

		policy->id = id;
		policy->relid = finder->relid;
		policy->product = finder->product;
		policy->predicate = copyObject(predicate);
		ChangeVarNodes(policy->predicate, finder->varno, 1, 0);
		reading->policies = lappend(reading->policies, policy);
	}
	if (dm_is_consented(node) && IsA(linitial(((FuncExpr *) node)->args), Const))
	{
		DmConsentRead *consent = palloc(sizeof(DmConsentRead));

		consent->subject =
			DatumGetInt64(linitial_node(Const, ((FuncExpr *) node)->args)->constvalue);
		consent->relid = finder->relid;
		consent->product = finder->product;
		reading->consents = lappend(reading->consents, consent);
	}
	key = attribute_key(node);
	if (key != NULL)
		reading->attributes = dm_string_append_unique(reading->attributes, key);
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, find_in_condition, finder, 0);
	return expression_tree_walker(node, find_in_condition, finder);
}

static bool find_walker(Node *node, Finder *finder);

/* The conditions of a port on what it shows. */
static void
find_port_conditions(Query *port, Oid view, Finder *finder)
{
	if (list_length(port->jointree->fromlist) != 1 ||
		!IsA(linitial(port->jointree->fromlist), RangeTblRef))
		return;
	finder->varno = linitial_node(RangeTblRef, port->jointree->fromlist)->rtindex;
	finder->relid = dm_port_source(view);
	(void) find_in_condition(port->jointree->quals, finder);
}

static void
find_in_subquery(RangeTblEntry *rte, Finder *finder)
{
	Oid view = dm_rte_view(rte);
	DmProduct *product = OidIsValid(view) ? dm_product_of_port(view) : NULL;
	const char *outer = finder->product;

	if (product != NULL)
	{
		DmPortRead *port = palloc(sizeof(DmPortRead));

		port->view = view;
		port->product = product;
		finder->reading->ports = lappend(finder->reading->ports, port);
		finder->product = port->product->literal;
		find_port_conditions(rte->subquery, view, finder);
	}
	(void) find_walker((Node *) rte->subquery, finder);
	finder->product = outer;
}

static bool
find_walker(Node *node, Finder *finder)
{
	Index varno = 0;
	ListCell *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, find_walker, finder);
	foreach(lc, ((Query *) node)->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);

		finder->varno = ++varno;
		finder->relid = rte->rtekind == RTE_SUBQUERY ? dm_rte_view(rte) : rte->relid;
		(void) find_in_condition((Node *) rte->securityQuals, finder);
		if (rte->rtekind == RTE_SUBQUERY)
			find_in_subquery(rte, finder);
	}
	return query_tree_walker((Query *) node, find_walker, finder, QTW_IGNORE_RT_SUBQUERIES);
}

static void
find_in_query(DmReading *reading, Query *query)
{
	Finder finder = { reading, NULL, InvalidOid, 0 };

	(void) find_walker((Node *) query, &finder);
}

/* "tag\0tag:token\0\0" */
static char *
copy_clearance(const char *clearance)
{
	const char *end = clearance;
	char *result;

	if (clearance == NULL)
		return NULL;
	while (*end != '\0')
		end += strlen(end) + 1;
	result = palloc(end - clearance + 1);
	memcpy(result, clearance, end - clearance + 1);
	return result;
}

static void
decide_ports(DmReading *reading)
{
	ListCell *lc;

	foreach(lc, reading->ports)
	{
		DmPortRead *port = lfirst(lc);

		port->access = dm_decide_access(reading->reader, port->product->literal);
		port->access.clearance = copy_clearance(port->access.clearance);
		if (!port->access.admitted)
			reading->refused = true;
	}
}

/* A condition with everything replaced that is constant for the reader. */
static Node *
fold_constants(Node *condition, Query *query, Oid owner)
{
	PlannerInfo *root = makeNode(PlannerInfo);
	DmRestriction saved;

	root->glob = makeNode(PlannerGlobal);
	root->parse = query;
	root->query_level = 1;
	dm_restrict_begin(&saved, owner);
	condition = eval_const_expressions(root, condition);
	dm_restrict_end(&saved);
	return condition;
}

/* A condition on the rows of one entry of the query's range table. */
static void
add_condition(DmReading *reading, Query *query, Index varno, Oid relid, Node *node)
{
	DmCondition *condition = palloc(sizeof(DmCondition));

	node = fold_constants(copyObject(node), query, dm_relation_owner(relid));
	/* what folding has removed is not executed, and nobody needs a privilege for it */
	(void) check_inner_privileges(node, reading);
	if (IsA(node, Const) && !((Const *) node)->constisnull &&
		DatumGetBool(((Const *) node)->constvalue))
		return;
	condition->relid = relid;
	condition->text = NULL;
	if (!IsA(node, Const))
	{
		ChangeVarNodes(node, varno, 1, 0);
		condition->text = deparse_expression(node,
											 deparse_context_for(get_rel_name(relid), relid),
											 false, false);
	}
	reading->conditions = lappend(reading->conditions, condition);
}

/*
 * What is left of the query of a port besides its columns, and row security.  They are taken out
 * of the query, of which the columns are looked at later.
 */
static void
find_conditions(Query *query, Oid view, DmReading *reading)
{
	Index varno = 0;
	ListCell *lc;

	check_stack_depth();
	if (OidIsValid(view) && dm_port_product(view) != 0 && query->jointree->quals != NULL &&
		list_length(query->jointree->fromlist) == 1 &&
		IsA(linitial(query->jointree->fromlist), RangeTblRef))
	{
		varno = linitial_node(RangeTblRef, query->jointree->fromlist)->rtindex;
		add_condition(reading, query, varno, dm_port_source(view), query->jointree->quals);
		query->jointree->quals = NULL;
	}
	varno = 0;
	foreach(lc, query->rtable)
	{
		RangeTblEntry *rte = lfirst(lc);
		ListCell *lc2;

		varno++;
		foreach(lc2, rte->securityQuals)
			add_condition(reading, query, varno,
						  rte->rtekind == RTE_RELATION ? rte->relid : dm_rte_view(rte),
						  lfirst(lc2));
		rte->securityQuals = NIL;
		/* a view that folding has replaced by its relation stays for its privileges */
		if (rte->rtekind == RTE_SUBQUERY && rte->subquery != NULL)
			find_conditions(rte->subquery, dm_rte_view(rte), reading);
	}
	foreach(lc, query->cteList)
	{
		Node *cte = lfirst_node(CommonTableExpr, lc)->ctequery;

		find_conditions(castNode(Query, cte), InvalidOid, reading);
	}
}

static void
fold_policies(DmReading *reading, Query *query)
{
	ListCell *lc;

	foreach(lc, reading->policies)
	{
		DmPolicyRead *policy = lfirst(lc);
		Node *node = fold_constants(copyObject(policy->predicate), query,
									dm_relation_owner(policy->relid));
		List *context = deparse_context_for(get_rel_name(policy->relid), policy->relid);

		policy->text = deparse_expression(node, context, false, false);
	}
}

/* Folds the ports of the query; what that refuses is a reason, other errors are errors. */
static void
fold_ports(DmReading *reading, Query *query)
{
	MemoryContext cxt = CurrentMemoryContext;
	List *stamps = NIL;

	PG_TRY();
	{
		(void) dm_port_fold(query, &stamps);
	}
	PG_CATCH();
	{
		ErrorData *error;

		MemoryContextSwitchTo(cxt);
		error = CopyErrorData();
		/* raised where nothing is held: row policies that a view's owner is not bound by */
		if (error->sqlerrcode != ERRCODE_DM_BOUNDARY)
			PG_RE_THROW();
		FlushErrorState();
		reading->refused = true;
		reading->refusal = error->message;
	}
	PG_END_TRY();
}

/* Folds the query, and the conditions in it, for the reader. */
static void
fold_for_reader(DmReading *reading, Query *query)
{
	const DmReader *before = dm_decide_suppose(&reading->reader);

	PG_TRY();
	{
		fold_ports(reading, query);
		find_conditions(query, InvalidOid, reading);
		(void) check_inner_privileges((Node *) query, reading);
		fold_policies(reading, query);
	}
	PG_FINALLY();
	{
		(void) dm_decide_suppose(before);
	}
	PG_END_TRY();
}

DmReading *
dm_reading(DmReader reader, Oid relid, bool below_view)
{
	DmReading *reading = palloc0(sizeof(DmReading));
	Query *query;

	reading->reader = reader;
	reading->relid = relid;
	reading->below_view = below_view;
	if (!below_view)
		check_own_privileges(reading);
	query = rewrite_as(reader.role, plain_query(relid));
	find_in_query(reading, query);
	decide_ports(reading);
	(void) set_readers((Node *) query, &reader.role);
	if (!reading->refused)
		fold_for_reader(reading, query);
	if (reading->missing != NIL)
		reading->refused = true;
	reading->query = query;
	return reading;
}

static bool
may_not_execute(Oid funcid, void *context)
{
	return dm_proc_aclcheck(funcid, *(Oid *) context, ACL_EXECUTE) != ACLCHECK_OK;
}

/* Functions are executed with the rights of the reader, in a view as well. */
static bool
calls_forbidden(Node *node, Oid *role)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, may_not_execute, role))
		return true;
	return expression_tree_walker(node, calls_forbidden, role);
}

static void
see(Sight *sight, DmVerdict verdict)
{
	sight->verdict = Max(sight->verdict, verdict);
}

/* NULL in whatever has been put around it to make it the column's type. */
static bool
is_null(Node *node)
{
	node = strip_implicit_coercions(node);
	if (node == NULL)
		return false;
	if (IsA(node, FuncExpr) && ((FuncExpr *) node)->args != NIL &&
		!dm_is_token(((FuncExpr *) node)->funcid))
	{
		/* datamesh.as_domain(NULL, column), or a cast to a length */
		FuncExpr *call = (FuncExpr *) node;

		return (call->funcformat != COERCE_EXPLICIT_CALL ||
				get_func_namespace(call->funcid) == dm_catalog_schema()) &&
			   is_null(linitial(call->args));
	}
	if (IsA(node, RelabelType))
		return is_null((Node *) ((RelabelType *) node)->arg);
	if (IsA(node, CoerceToDomain))
		return is_null((Node *) ((CoerceToDomain *) node)->arg);
	if (IsA(node, CoerceViaIO))
		return is_null((Node *) ((CoerceViaIO *) node)->arg);
	return IsA(node, Const) && ((Const *) node)->constisnull;
}

static bool
calls_token(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, FuncExpr) && dm_is_token(((FuncExpr *) node)->funcid))
		return true;
	return expression_tree_walker(node, calls_token, context);
}

/* A column of a port, which has been folded to one of its branches. */
static void
see_port_column(Query *port, Oid view, Expr *expr, Sight *sight)
{
	Node *shown;
	Index varno;
	Oid source = dm_port_source(view);

	/* without a source it is out of the way of DDL, and reading it is an error */
	if (!OidIsValid(source) || calls_forbidden((Node *) expr, &sight->reading->reader.role))
	{
		see(sight, DM_SEEN_REFUSED);
		return;
	}
	if (IsA(expr, Var))
	{
		(void) see_expression((Node *) expr, sight);
		return;
	}
	see(sight, is_null((Node *) expr)			? DM_SEEN_HIDDEN :
			   calls_token((Node *) expr, NULL) ? DM_SEEN_TOKEN :
												  DM_SEEN_MASKED);
	varno = linitial_node(RangeTblRef, port->jointree->fromlist)->rtindex;
	shown = copyObject((Node *) expr);
	ChangeVarNodes(shown, varno, 1, 0);
	sight->shown = deparse_expression(shown, deparse_context_for(get_rel_name(source), source),
									  false, false);
}

/* An output column of a query. */
static void
see_output(Query *query, Oid view, AttrNumber resno, Sight *sight)
{
	List *outer = sight->queries;
	ListCell *lc;

	check_stack_depth();
	sight->queries = lcons(query, outer);
	foreach(lc, query->targetList)
	{
		TargetEntry *target = lfirst(lc);

		if (target->resjunk || (resno != 0 && target->resno != resno))
			continue;
		if (OidIsValid(view) && dm_port_product(view) != 0)
			see_port_column(query, view, target->expr, sight);
		else
			(void) see_expression((Node *) target->expr, sight);
	}
	sight->queries = outer;
}

static void
see_setop(Node *setop, Query *query, AttrNumber resno, Sight *sight)
{
	check_stack_depth();
	if (IsA(setop, SetOperationStmt))
	{
		see_setop(((SetOperationStmt *) setop)->larg, query, resno, sight);
		see_setop(((SetOperationStmt *) setop)->rarg, query, resno, sight);
	}
	else
		see_output(rt_fetch(castNode(RangeTblRef, setop)->rtindex, query->rtable)->subquery,
				   InvalidOid, resno, sight);
}

static void
see_cte(RangeTblEntry *rte, AttrNumber resno, Sight *sight)
{
	Query *query = list_nth(sight->queries, rte->ctelevelsup);
	ListCell *lc;

	/* one that mentions itself shows what it shows the first time */
	if (rte->self_reference)
		return;
	foreach(lc, query->cteList)
	{
		CommonTableExpr *cte = lfirst(lc);
		Query *ctequery = castNode(Query, cte->ctequery);

		if (strcmp(cte->ctename, rte->ctename) != 0)
			continue;
		sight->queries = list_copy_tail(sight->queries, rte->ctelevelsup);
		if (ctequery->setOperations != NULL)
		{
			sight->queries = lcons(ctequery, sight->queries);
			see_setop(ctequery->setOperations, ctequery, resno, sight);
		}
		else
			see_output(ctequery, InvalidOid, resno, sight);
	}
}

static void
see_var(Var *var, Sight *sight)
{
	List *inner = sight->queries;
	Query *query = list_nth(inner, var->varlevelsup);
	RangeTblEntry *rte = rt_fetch(var->varno, query->rtable);

	sight->queries = list_copy_tail(inner, var->varlevelsup);
	switch (rte->rtekind)
	{
		case RTE_SUBQUERY:
			if (rte->subquery->setOperations != NULL)
			{
				sight->queries = lcons(rte->subquery, sight->queries);
				see_setop(rte->subquery->setOperations, rte->subquery, var->varattno, sight);
			}
			else
				see_output(rte->subquery, dm_rte_view(rte), var->varattno, sight);
			break;
		case RTE_CTE:
			see_cte(rte, var->varattno, sight);
			break;
		case RTE_JOIN:
			if (var->varattno > 0)
				(void) see_expression(list_nth(rte->joinaliasvars, var->varattno - 1), sight);
			else
				(void) see_expression((Node *) rte->joinaliasvars, sight);
			break;
		default:
			(void) see_expression(dm_rte_group_expr(rte, var->varattno), sight);
			break;
	}
	sight->queries = inner;
}

static bool
see_expression(Node *node, Sight *sight)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var))
	{
		see_var((Var *) node, sight);
		return false;
	}
	if (IsA(node, Query))
	{
		see_output((Query *) node, InvalidOid, 0, sight);
		return false;
	}
	return expression_tree_walker(node, see_expression, sight);
}

DmVerdict
dm_reading_column(DmReading *reading, AttrNumber attnum, char **shown)
{
	Sight sight = { reading, NIL, DM_SEEN_CLEAR, NULL };

	*shown = NULL;
	if (reading->refused ||
		(!reading->below_view &&
		 pg_class_aclcheck(reading->relid, reading->reader.role, ACL_SELECT) != ACLCHECK_OK &&
		 pg_attribute_aclcheck(reading->relid, attnum, reading->reader.role,
							   ACL_SELECT) != ACLCHECK_OK))
		return DM_SEEN_REFUSED;
	see_output(reading->query, InvalidOid, attnum, &sight);
	if (sight.verdict != DM_SEEN_REFUSED)
		*shown = sight.shown;
	return sight.verdict;
}

const char *
dm_verdict_name(DmVerdict verdict)
{
	static const char *const names[] = { "clear", "token", "masked", "hidden", "refused" };

	return names[verdict];
}

const char *
dm_reading_rows(DmReading *reading)
{
	ListCell *lc;

	if (reading->refused)
		return "none";
	foreach(lc, reading->conditions)
		if (((DmCondition *) lfirst(lc))->text == NULL)
			return "none";
	return reading->conditions != NIL ? "some" : "all";
}
