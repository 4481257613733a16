/*
 * exit_read.c
 *		What an object reads with the rights of somebody else than its user.
 *
 * A view and the actions of a rule are checked against the owner of their relation, and
 * what is in there against the owners of that in turn: all of it is followed.  A security_invoker
 * view asks for the reader's own rights, and a port for his agreement: there it ends.  It goes on
 * behind them where the whole query runs as one role, as a materialised view is filled and a
 * SECURITY DEFINER function runs: that role reads its own domain's ports in clear.
 *
 * What is found belongs to a domain by its schema, or because it is a partition or a child of
 * something that does, or the other way round.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/catalog.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_class.h"
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "commands/policy.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "nodes/nodeFuncs.h"
#include "parser/parsetree.h"
#include "rewrite/rowsecurity.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "base/sqlname.h"
#include "boundary/exit.h"
#include "catalog/table.h"
#include "classify/copymark.h"
#include "classify/label.h"
#include "port/port.h"
#include "registry/portrow.h"
#include "registry/product.h"
#include "registry/schemalabel.h"

#define ACL_ANY (~((AclMode) 0))

/* What has been looked into, and as whom: a port ends the search for one and not for another. */
typedef struct SeenObject
{
	Oid classid;
	Oid objid;
	Oid runs_as;
} SeenObject;

typedef struct ReadContext
{
	Oid runs_as; /* who the whole query runs as; InvalidOid: each relation's owner for itself */
	Oid relid;	 /* the relation whose query is being walked */
	bool opaque; /* something in it cannot be looked into */
	HTAB *seen;	 /* of SeenObject */
	List *exits;
} ReadContext;

static void read_relation(Oid relid, ReadContext *context);
static bool read_walker(Node *node, ReadContext *context);
static bool read_function(Oid funcid, void *arg);

static void
begin_reading(ReadContext *context)
{
	HASHCTL ctl;

	memset(context, 0, sizeof(ReadContext));
	ctl.keysize = sizeof(SeenObject);
	ctl.entrysize = sizeof(SeenObject);
	ctl.hcxt = CurrentMemoryContext;
	context->seen = hash_create("datamesh side exits", 32, &ctl,
								HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* True the first time that it is asked for this object. */
static bool
first_visit(ReadContext *context, Oid classid, Oid objid)
{
	SeenObject key = { classid, objid, context->runs_as };
	bool found;

	CHECK_FOR_INTERRUPTS();
	check_stack_depth();
	(void) hash_search(context->seen, &key, HASH_ENTER, &found);
	return !found;
}

static void
add_exit(List **exits, DmDomain *domain, AclMode privileges, bool owner_too, char *how)
{
	DmExit *exit = palloc(sizeof(DmExit));

	exit->domain = domain;
	exit->privileges = privileges;
	exit->owner_too = owner_too;
	exit->how = how;
	*exits = lappend(*exits, exit);
}

/* The domain that a relation's schema belongs to, NULL for none. */
static DmDomain *
domain_of_schema(Oid nspid)
{
	char *name = OidIsValid(nspid) ? dm_schema_domain(nspid) : NULL;

	return name == NULL ? NULL : dm_domain_get(name, true);
}

DmDomain *
dm_relation_domain(Oid relid)
{
	DmDomain *domain = domain_of_schema(get_rel_namespace(relid));
	ListCell *lc;

	if (domain != NULL || get_rel_relkind(relid) == RELKIND_VIEW ||
		get_rel_relkind(relid) == RELKIND_MATVIEW)
		return domain;
	foreach(lc, dm_relation_family(relid))
	{
		domain = domain_of_schema(get_rel_namespace(lfirst_oid(lc)));
		if (domain != NULL)
			break;
	}
	return domain;
}

/* The domains that a role belongs to; nobody's for superusers, who are no part of any. */
static List *
domains_of(Oid roleid)
{
	List *result = NIL;
	ListCell *lc;

	if (superuser_arg(roleid))
		return NIL;
	foreach(lc, dm_domain_list())
		if (dm_domain_is_producer(lfirst(lc), roleid))
			result = lappend(result, lfirst(lc));
	return result;
}

static bool
is_security_invoker(Relation rel)
{
	return rel->rd_rel->relkind == RELKIND_VIEW && RelationHasSecurityInvoker(rel);
}

/* Walks the rules of a relation; the one of a view is its query. */
static void
read_rules(Oid relid, ReadContext *context)
{
	Relation rel = try_relation_open(relid, AccessShareLock);
	RuleLock *rules;
	bool follow;
	List *actions = NIL;
	Oid outer = context->relid;
	Oid outer_runs_as = context->runs_as;

	/* what somebody drops at this moment shows nothing to anybody */
	if (rel == NULL)
		return;
	rules = rel->rd_rules;
	follow = OidIsValid(context->runs_as) || !is_security_invoker(rel);

	/* the relcache may be rebuilt under us */
	for (int i = 0; follow && rules != NULL && i < rules->numLocks; i++)
	{
		actions = lappend(actions, copyObject(rules->rules[i]->actions));
		actions = lappend(actions, copyObject(rules->rules[i]->qual));
	}
	if (rel->rd_rel->relkind == RELKIND_MATVIEW)
		context->runs_as = rel->rd_rel->relowner;
	relation_close(rel, AccessShareLock);

	context->relid = relid;
	(void) read_walker((Node *) actions, context);
	context->relid = outer;
	context->runs_as = outer_runs_as;
}

/* A port is a way out only for the data's own people, who read it without being asked. */
static void
read_port(Oid view, ReadContext *context)
{
	DmProduct *product = dm_product_of_port(view);
	DmDomain *domain;

	/* it is being dropped */
	if (product == NULL)
		return;
	domain = product->domain;
	if (OidIsValid(context->runs_as) && dm_domain_is_producer(domain, context->runs_as))
		add_exit(&context->exits, domain, ACL_ANY, true,
				 psprintf("It reads port %s as role \"%s\", which belongs to the domain.",
						  dm_relation_sql(view),
						  GetUserNameFromId(context->runs_as, true)));
}

/*
 * A table that a domain's people made from its classified columns.  Copies that others made of what
 * they read through ports are a matter of sharing.c.
 */
static void
read_copy(Oid relid, List **exits)
{
	List *names = dm_copy_domains(relid);
	char *column = names != NIL ? dm_guarded_column(relid, NULL) : NULL;
	ListCell *lc;

	if (column == NULL)
		return;
	foreach(lc, names)
	{
		DmDomain *domain = dm_domain_get(lfirst(lc), true);

		if (domain != NULL)
			add_exit(exits, domain, ACL_SELECT | ACL_TRIGGER | ACL_REFERENCES, true,
					 psprintf("Column \"%s\" of %s was made from a classified column of the domain.",
							  column, dm_relation_sql(relid)));
	}
}

/*
 * What the server adds to a query on a table by itself, and runs as whoever the query runs as:
 * policies, defaults, checks and triggers, of its partitions, too.
 */
static void
read_table_code(Oid relid, ReadContext *context)
{
	Relation rel = try_relation_open(relid, AccessShareLock);
	TupleConstr *constr;
	List *exprs = NIL;
	List *names;
	ListCell *lc;

	if (rel == NULL)
		return;
	constr = rel->rd_att->constr;
	for (int i = 0; constr != NULL && i < constr->num_defval; i++)
		exprs = lappend(exprs, stringToNode(constr->defval[i].adbin));
	for (int i = 0; constr != NULL && i < constr->num_check; i++)
		exprs = lappend(exprs, stringToNode(constr->check[i].ccbin));
	/* also while row security is off: it can be switched on later */
	if (rel->rd_rsdesc == NULL)
		RelationBuildRowSecurity(rel);
	foreach(lc, rel->rd_rsdesc->policies)
	{
		RowSecurityPolicy *policy = lfirst(lc);

		exprs = lappend(exprs, copyObject(policy->qual));
		exprs = lappend(exprs, copyObject(policy->with_check_qual));
	}
	relation_close(rel, AccessShareLock);

	(void) read_walker((Node *) exprs, context);
	foreach(lc, dm_trigger_functions(relid, &names))
		(void) read_function(lfirst_oid(lc), context);
}

/* The checks of a domain type. */
static void
read_domain_type(Oid typid, ReadContext *context)
{
	/* the memory context calls back for it when it ends */
	DomainConstraintRef *ref = palloc(sizeof(DomainConstraintRef));
	ListCell *lc;

	InitDomainConstraintRef(typid, ref, CurrentMemoryContext, false);
	foreach(lc, ref->constraints)
		(void) read_walker((Node *) ((DomainConstraintState *) lfirst(lc))->check_expr, context);
}

static void
read_relation(Oid relid, ReadContext *context)
{
	char relkind = get_rel_relkind(relid);
	DmDomain *domain;

	if (relkind == '\0' || relid < FirstNormalObjectId ||
		!first_visit(context, RelationRelationId, relid))
		return;
	if (relkind == RELKIND_VIEW && dm_port_product(relid) != 0)
	{
		read_port(relid, context);
		return;
	}
	domain = dm_relation_domain(relid);
	if (domain != NULL)
		add_exit(&context->exits, domain, ACL_ANY, OidIsValid(context->runs_as),
				 psprintf("It reads %s with the rights of role \"%s\".",
						  dm_relation_sql(relid),
						  GetUserNameFromId(OidIsValid(context->runs_as) ?
												context->runs_as :
												dm_owner_of(RelationRelationId, context->relid),
											true)));
	else
	{
		read_copy(relid, &context->exits);
		read_rules(relid, context);
		if (OidIsValid(context->runs_as) && relkind != RELKIND_VIEW &&
			relkind != RELKIND_MATVIEW)
		{
			ListCell *lc;

			foreach(lc, list_append_unique_oid(dm_relation_family(relid), relid))
				read_table_code(lfirst_oid(lc), context);
		}
	}
}

/* Functions of the server that run a query given as text, or read a table given by name. */
static bool
runs_text(const char *name)
{
	static const char *const prefixes[] = {
		"query_to_xml", "table_to_xml", "cursor_to_xml", "schema_to_xml", "database_to_xml",
		"ts_stat", "ts_rewrite"
	};

	for (int i = 0; i < lengthof(prefixes); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* The body of a function as a tree; NULL if it is text, which says nothing for certain. */
static Node *
function_body(Oid funcid, Form_pg_proc proc)
{
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	Node *result = NULL;
	bool isnull = true;
	Datum body = 0;

	if (HeapTupleIsValid(tuple))
	{
		memcpy(proc, GETSTRUCT(tuple), sizeof(FormData_pg_proc));
		body = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_prosqlbody, &isnull);
	}
	if (!isnull)
		result = stringToNode(TextDatumGetCString(body));
	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return result;
}

/* A function that a query calls, where the query as a whole runs as one role. */
static bool
read_function(Oid funcid, void *arg)
{
	ReadContext *context = arg;
	FormData_pg_proc proc;
	DmDomain *domain;
	Node *body;

	if (!first_visit(context, ProcedureRelationId, funcid))
		return false;
	if (IsCatalogNamespace(get_func_namespace(funcid)))
	{
		context->opaque |= runs_text(get_func_name(funcid));
		return false;
	}
	body = function_body(funcid, &proc);
	domain = domain_of_schema(proc.pronamespace);
	if (body != NULL)
		(void) read_walker(body, context);
	else if (domain != NULL)
		add_exit(&context->exits, domain, ACL_ANY, true,
				 psprintf("It calls function %s of the domain.", get_func_name(funcid)));
	else
		context->opaque = true;
	return false;
}

static bool
read_walker(Node *node, ReadContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		ListCell *lc;

		foreach(lc, ((Query *) node)->rtable)
		{
			RangeTblEntry *rte = lfirst(lc);

			if (rte->rtekind == RTE_RELATION)
				read_relation(rte->relid, context);
		}
		return query_tree_walker((Query *) node, read_walker, context, 0);
	}
	if (OidIsValid(context->runs_as))
		(void) check_functions_in_node(node, read_function, context);
	if (OidIsValid(context->runs_as) && IsA(node, CoerceToDomain))
		read_domain_type(((CoerceToDomain *) node)->resulttype, context);
	return expression_tree_walker(node, read_walker, context);
}

/*
 * An aggregate's functions are called without its user being asked for EXECUTE on them.
 */
static List *
aggregate_exits(Oid funcid)
{
	HeapTuple tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(funcid));
	Form_pg_aggregate form;
	List *functions;
	List *result = NIL;
	ListCell *lc;

	if (!HeapTupleIsValid(tuple))
		return NIL;
	form = (Form_pg_aggregate) GETSTRUCT(tuple);
	functions = list_make4_oid(form->aggtransfn, form->aggfinalfn, form->aggcombinefn,
							   form->aggserialfn);
	functions = list_concat(functions,
							list_make4_oid(form->aggdeserialfn, form->aggmtransfn,
										   form->aggminvtransfn, form->aggmfinalfn));
	ReleaseSysCache(tuple);
	foreach(lc, functions)
		if (OidIsValid(lfirst_oid(lc)))
			result = list_concat(result, dm_function_exits(lfirst_oid(lc)));
	return result;
}

List *
dm_function_exits(Oid funcid)
{
	ReadContext context;
	FormData_pg_proc proc;
	List *domains;
	Node *body;
	ListCell *lc;

	if (get_func_name(funcid) == NULL)
		return NIL;
	body = function_body(funcid, &proc);
	if (proc.prokind == PROKIND_AGGREGATE)
		return aggregate_exits(funcid);
	if (!proc.prosecdef)
		return NIL;
	domains = domains_of(proc.proowner);
	if (domains == NIL)
		return NIL;
	begin_reading(&context);
	if (body != NULL)
	{
		context.runs_as = proc.proowner;
		(void) first_visit(&context, ProcedureRelationId, funcid);
		(void) read_walker(body, &context);
		if (!context.opaque)
			return context.exits;
	}
	foreach(lc, domains)
		add_exit(&context.exits, lfirst(lc), ACL_EXECUTE, false,
				 psprintf("It is SECURITY DEFINER and runs with all rights of role \"%s\", which belongs to the domain; what its body does cannot be told.",
						  GetUserNameFromId(proc.proowner, true)));
	return context.exits;
}

/*
 * The functions of a relation's own triggers, and the triggers' names.  The relation is not opened:
 * foreign keys give triggers to most of them, and those do not matter.
 */
List *
dm_trigger_functions(Oid relid, List **names)
{
	Relation rel = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	List *result = NIL;

	*names = NIL;
	ScanKeyInit(&key, Anum_pg_trigger_tgrelid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(relid));
	scan = systable_beginscan(rel, TriggerRelidNameIndexId, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);

		if (form->tgisinternal)
			continue;
		result = lappend_oid(result, form->tgfoid);
		*names = lappend(*names, pstrdup(NameStr(form->tgname)));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

/*
 * Triggers of a relation run without anybody being asked for EXECUTE: whoever may write into
 * the relation runs what the function's owner may do.
 */
static void
read_triggers(Oid relid, List **exits)
{
	List *names;
	List *functions = dm_trigger_functions(relid, &names);
	ListCell *lf;
	ListCell *ln;

	forboth(lf, functions, ln, names)
	{
		ListCell *le;

		foreach(le, dm_function_exits(lfirst_oid(lf)))
		{
			Oid owner = dm_owner_of(ProcedureRelationId, lfirst_oid(lf));

			add_exit(exits, ((DmExit *) lfirst(le))->domain,
					 ACL_INSERT | ACL_UPDATE | ACL_DELETE | ACL_TRUNCATE, true,
					 psprintf("Its trigger \"%s\" calls SECURITY DEFINER function %s, which runs as role \"%s\" of the domain.",
							  (char *) lfirst(ln), get_func_name(lfirst_oid(lf)),
							  GetUserNameFromId(owner, true)));
		}
	}
}

/* Gathers the relations that queries write into. */
static bool
target_walker(Node *node, List **targets)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		Query *query = (Query *) node;
		int result = query->resultRelation;

		if (result != 0)
			*targets = list_append_unique_oid(*targets,
											  rt_fetch(result, query->rtable)->relid);
		return query_tree_walker(query, target_walker, targets, 0);
	}
	return expression_tree_walker(node, target_walker, targets);
}

/* The actions of a relation's rules, each with the relations that it writes into in *targets. */
static List *
rule_actions(Oid relid, List **targets)
{
	Relation rel = try_relation_open(relid, AccessShareLock);
	RuleLock *rules;
	List *result = NIL;

	*targets = NIL;
	if (rel == NULL)
		return NIL;
	rules = rel->rd_rules;
	for (int i = 0; rules != NULL && i < rules->numLocks; i++)
	{
		List *written = NIL;

		if (rules->rules[i]->event == CMD_SELECT)
			continue;
		result = lappend(result, copyObject(rules->rules[i]->actions));
		(void) target_walker(llast(result), &written);
		*targets = lappend(*targets, written);
	}
	relation_close(rel, AccessShareLock);
	return result;
}

List *
dm_rule_targets(Oid relid)
{
	List *targets;
	List *result = NIL;
	ListCell *lc;

	(void) rule_actions(relid, &targets);
	foreach(lc, targets)
		result = list_concat_unique_oid(result, lfirst(lc));
	return result;
}

/* Rules of other relations may write into this one what they, or the domain, hold. */
static void
read_writers(Oid relid, List **exits)
{
	ListCell *lr;

	foreach(lr, list_delete_oid(dm_dependent_views(relid), relid))
	{
		Oid writer = lfirst_oid(lr);
		List *targets;
		List *actions = rule_actions(writer, &targets);
		ListCell *la;
		ListCell *lt;

		forboth(la, actions, lt, targets)
		{
			ReadContext context;
			DmDomain *domain;

			if (!list_member_oid(lfirst(lt), relid))
				continue;
			domain = dm_relation_domain(writer);
			begin_reading(&context);
			context.relid = writer;
			(void) read_walker(lfirst(la), &context);
			if (domain != NULL || context.exits != NIL)
				add_exit(exits, domain ? domain : ((DmExit *) linitial(context.exits))->domain,
						 ACL_SELECT, true,
						 psprintf("A rule of %s writes into it.", dm_relation_sql(writer)));
		}
	}
}

/* What of it reads another domain, or any domain where the relation is in none itself. */
List *
dm_relation_exits(Oid relid)
{
	ReadContext context;
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Form_pg_class form;
	DmDomain *own;
	DmDomain *family;
	List *result = NIL;
	ListCell *lc;
	bool ruled;
	bool triggered;

	if (!HeapTupleIsValid(tuple))
		return NIL;
	form = (Form_pg_class) GETSTRUCT(tuple);
	ruled = form->relhasrules;
	triggered = form->relhastriggers;
	ReleaseSysCache(tuple);
	if (get_rel_relkind(relid) == RELKIND_VIEW && dm_port_product(relid) != 0)
		return NIL;

	own = domain_of_schema(get_rel_namespace(relid));
	family = own == NULL ? dm_relation_domain(relid) : NULL;
	begin_reading(&context);
	(void) first_visit(&context, RelationRelationId, relid);
	if (family != NULL)
		add_exit(&context.exits, family, ACL_ANY, true,
				 pstrdup("It is a partition, a child or a parent of a table of the domain."));
	read_copy(relid, &context.exits);
	if (ruled)
		read_rules(relid, &context);
	if (triggered)
		read_triggers(relid, &context.exits);
	read_writers(relid, &context.exits);
	foreach(lc, context.exits)
		if (own == NULL || ((DmExit *) lfirst(lc))->domain->id != own->id)
			result = lappend(result, lfirst(lc));
	return result;
}
