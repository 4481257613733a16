/*
 * copy.c
 *		Labels follow data into the tables that are made from it.
 *
 * The columns of a new table inherit the tags of the columns that they are computed from, as those
 * of a view do, but as labels of their own: a table remembers no query.  A materialised view does,
 * and its columns are derived for ever; like a table it is marked as a copy of the products whose
 * ports it reads.
 *
 * A child or partition that leaves its parent takes along the tags that it had by it.
 *
 * What is copied is read from the query before the command runs, for running it spoils the tree.
 * The ports and tables in it have been locked when it was parsed, so that no port comes to show
 * something else in between.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/prepare.h"
#include "commands/seclabel.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/rel.h"

#include "access/table.h"
#include "base/strings.h"
#include "boundary/copy.h"
#include "boundary/sharing.h"
#include "catalog/column.h"
#include "classify/copymark.h"
#include "classify/label.h"
#include "registry/portrow.h"
#include "registry/product.h"
#include "registry/schemalabel.h"

typedef struct DmCopy
{
	Oid leaving; /* a relation that leaves its parent; InvalidOid where one is made */
	bool is_matview;
	List *tags;		/* of each column, a list */
	List *products; /* literals */
	List *domains;	/* names of those that the maker belongs to */
} DmCopy;

typedef struct SourceContext
{
	List *seen; /* OIDs of relations */
	List *products;
	List *domains;
} SourceContext;

static bool source_walker(Node *node, SourceContext *context);

/* A product whose ports are read; by its own people, it is data of their domain. */
static void
add_product(SourceContext *context, DmProduct *product)
{
	if (product == NULL)
		return;
	if (dm_product_may_manage(product, GetUserId()) ||
		dm_domain_is_producer(product->domain, GetUserId()))
		context->domains = dm_string_append_unique(context->domains, product->domain->name);
	else
		context->products = dm_string_append_unique(context->products, product->literal);
}

/*
 * The domain that a relation belongs to, and those that it was copied from.  Others find the
 * domain's relations only in a port that the rewriter has expanded.
 */
static void
add_domains(SourceContext *context, Oid relid)
{
	char *name = dm_schema_domain(get_rel_namespace(relid));
	DmDomain *domain = name ? dm_domain_get(name, true) : NULL;
	ListCell *lc;

	if (domain != NULL && dm_domain_is_producer(domain, GetUserId()))
		context->domains = dm_string_append_unique(context->domains, domain->name);
	foreach(lc, dm_copy_domains(relid))
		context->domains = dm_string_append_unique(context->domains, lfirst(lc));
}

static void
add_source(SourceContext *context, Oid relid)
{
	char relkind = get_rel_relkind(relid);
	ListCell *lc;
	ListCell *lp;

	CHECK_FOR_INTERRUPTS();
	check_stack_depth();
	if (list_member_oid(context->seen, relid))
		return;
	context->seen = lappend_oid(context->seen, relid);
	if (relkind == RELKIND_VIEW)
	{
		DmProduct *product = dm_product_of_port(relid);
		Relation rel;
		Query *query;

		if (product != NULL)
		{
			add_product(context, product);
			return;
		}
		rel = table_open(relid, AccessShareLock);
		query = copyObject(dm_view_query(rel));
		table_close(rel, NoLock);
		(void) source_walker((Node *) query, context);
		return;
	}
	foreach(lc, dm_relation_family(relid))
	{
		add_domains(context, lfirst_oid(lc));
		foreach(lp, dm_copy_products(lfirst_oid(lc)))
			add_product(context, dm_product_get_by_literal(lfirst(lp)));
	}
}

/* Every relation that a query mentions; a view that the rewriter has expanded counts itself. */
static bool
source_walker(Node *node, SourceContext *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Query))
	{
		ListCell *lc;

		foreach(lc, ((Query *) node)->rtable)
			if (OidIsValid(((RangeTblEntry *) lfirst(lc))->relid))
				add_source(context, ((RangeTblEntry *) lfirst(lc))->relid);
		return query_tree_walker((Query *) node, source_walker, context, 0);
	}
	return expression_tree_walker(node, source_walker, context);
}

/* The query that fills the new relation; NULL if the command makes none of one. */
static Query *
query_of(CreateTableAsStmt *stmt)
{
	Query *query = castNode(Query, stmt->query);
	PreparedStatement *prepared;
	ListCell *lc;

	if (query->commandType != CMD_UTILITY)
		return query;
	if (!IsA(query->utilityStmt, ExecuteStmt))
		return NULL;
	prepared = FetchPreparedStatement(((ExecuteStmt *) query->utilityStmt)->name, true);
	/* brings the trees up to date, too */
	if (prepared == NULL || CachedPlanGetTargetList(prepared->plansource, NULL) == NIL)
		return NULL;
	foreach(lc, prepared->plansource->query_list)
		if (((Query *) lfirst(lc))->canSetTag)
			return copyObject(lfirst(lc));
	return NULL;
}

static void
find_copied(DmCommand *command, CreateTableAsStmt *stmt)
{
	MemoryContext old = MemoryContextSwitchTo(command->context);
	SourceContext sources = { NIL, NIL, NIL };
	Query *query = query_of(stmt);
	bool tagged = false;
	List *tags;
	ListCell *lc;

	command->copy = NULL;
	if (query != NULL)
	{
		tags = dm_query_tags(query);
		foreach(lc, tags)
			tagged |= lfirst(lc) != NIL;
		(void) source_walker((Node *) query, &sources);
		if (tagged || sources.products != NIL)
		{
			command->copy = palloc0(sizeof(DmCopy));
			command->copy->is_matview = stmt->into->viewQuery != NULL;
			command->copy->tags = tags;
			command->copy->products = sources.products;
			command->copy->domains = sources.domains;
		}
	}
	MemoryContextSwitchTo(old);
}

/* The relation that the command made; its TOAST table is no such. */
static Oid
new_relation(DmCommand *command)
{
	ListCell *lc;

	foreach(lc, command->touched)
	{
		ObjectAddress *address = lfirst(lc);
		char relkind = address->classId == RelationRelationId ?
						   get_rel_relkind(address->objectId) :
						   '\0';

		if (relkind == RELKIND_RELATION || relkind == RELKIND_MATVIEW)
			return address->objectId;
	}
	return InvalidOid;
}

/* The relation that an ALTER TABLE takes out of its parent; NULL for none. */
static RangeVar *
leaving_relation(AlterTableStmt *stmt)
{
	ListCell *lc;

	foreach(lc, stmt->cmds)
	{
		AlterTableCmd *cmd = lfirst(lc);

		if (cmd->subtype == AT_DropInherit)
			return stmt->relation;
		if (cmd->subtype == AT_DetachPartition || cmd->subtype == AT_DetachPartitionFinalize)
			return castNode(PartitionCmd, cmd->def)->name;
	}
	return NULL;
}

/* The tags that govern it while it is still there. */
static void
find_leaving(DmCommand *command, AlterTableStmt *stmt)
{
	RangeVar *name = leaving_relation(stmt);
	Oid relid = name ? RangeVarGetRelid(name, NoLock, true) : InvalidOid;
	char relkind = OidIsValid(relid) ? get_rel_relkind(relid) : '\0';
	MemoryContext old;
	int natts;

	/* the server refuses the others in its own words */
	if (relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE &&
		relkind != RELKIND_FOREIGN_TABLE)
		return;
	old = MemoryContextSwitchTo(command->context);
	command->copy = palloc0(sizeof(DmCopy));
	command->copy->leaving = relid;
	natts = dm_column_count(relid);
	for (AttrNumber attnum = 1; attnum <= natts; attnum++)
		command->copy->tags = lappend(command->copy->tags, dm_column_tags(relid, attnum));
	MemoryContextSwitchTo(old);
}

/* It takes them along, as labels of its own. */
static void
keep_tags(Oid relid, List *tags_before)
{
	AttrNumber attnum = 0;
	ListCell *lc;

	foreach(lc, tags_before)
	{
		List *now = dm_column_tags(relid, ++attnum);
		List *label = dm_label_get(relid, attnum);
		int length = list_length(label);
		ListCell *lt;

		foreach(lt, lfirst(lc))
			if (!dm_string_member(now, lfirst(lt)))
				label = lappend(label, lfirst(lt));
		if (list_length(label) > length)
			dm_label_inherit(relid, attnum, label);
	}
}

/* Gathers the tags of the columns that a raw expression names. */
typedef struct NamedTags
{
	Oid relid;
	List *tags;
} NamedTags;

static bool
named_tags_walker(Node *node, void *arg)
{
	NamedTags *named = arg;

	if (node == NULL)
		return false;
	if (IsA(node, ColumnRef))
	{
		Node *field = llast(((ColumnRef *) node)->fields);
		int natts = dm_column_count(named->relid);
		AttrNumber only = IsA(field, String) ? get_attnum(named->relid, strVal(field)) : 0;

		/* of the row as a whole, under whatever name, all columns */
		for (AttrNumber attnum = 1; attnum <= natts; attnum++)
			if (only <= 0 || only == attnum)
			{
				ListCell *lc;

				foreach(lc, dm_column_tags(named->relid, attnum))
					named->tags = dm_string_append_unique(named->tags, lfirst(lc));
			}
	}
	return raw_expression_tree_walker(node, named_tags_walker, arg);
}

/*
 * ALTER COLUMN ... TYPE ... USING computes the column from others, which may be gone afterwards,
 * and DROP EXPRESSION cuts it off from those that it was generated from.
 */
static void
find_recomputed(DmCommand *command, AlterTableStmt *stmt)
{
	Oid relid = RangeVarGetRelid(stmt->relation, NoLock, true);
	char relkind = OidIsValid(relid) ? get_rel_relkind(relid) : '\0';
	MemoryContext old;
	DmCopy *copy;
	ListCell *lc;

	if (relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE)
		return;
	old = MemoryContextSwitchTo(command->context);
	copy = palloc0(sizeof(DmCopy));
	copy->leaving = relid;
	for (int i = dm_column_count(relid); i > 0; i--)
		copy->tags = lappend(copy->tags, NIL);
	foreach(lc, stmt->cmds)
	{
		AlterTableCmd *cmd = lfirst(lc);
		NamedTags named = { relid, NIL };
		AttrNumber attnum = cmd->name ? get_attnum(relid, cmd->name) : InvalidAttrNumber;

		if (attnum <= 0)
			continue;
		if (cmd->subtype == AT_AlterColumnType && ((ColumnDef *) cmd->def)->raw_default != NULL)
			(void) named_tags_walker(((ColumnDef *) cmd->def)->raw_default, &named);
		else if (cmd->subtype == AT_DropExpression)
			named.tags = dm_column_tags(relid, attnum);
		if (named.tags == NIL)
			continue;
		lfirst(list_nth_cell(copy->tags, attnum - 1)) = named.tags;
		command->copy = copy;
	}
	MemoryContextSwitchTo(old);
}

void
dm_copy_before(DmCommand *command)
{
	if (IsA(command->parsetree, CreateTableAsStmt))
		find_copied(command, (CreateTableAsStmt *) command->parsetree);
	else if (IsA(command->parsetree, AlterTableStmt))
	{
		find_leaving(command, (AlterTableStmt *) command->parsetree);
		if (command->copy == NULL)
			find_recomputed(command, (AlterTableStmt *) command->parsetree);
	}
}

void
dm_copy_before_explain(DmCommand *command)
{
	Query *query;

	if (!IsA(command->parsetree, ExplainStmt))
		return;
	query = castNode(Query, ((ExplainStmt *) command->parsetree)->query);
	if (query->commandType == CMD_UTILITY && IsA(query->utilityStmt, CreateTableAsStmt))
		find_copied(command, (CreateTableAsStmt *) query->utilityStmt);
}

static void
label_new(DmCommand *command)
{
	DmCopy *copy = command->copy;
	Oid relid = new_relation(command);
	AttrNumber attnum = 0;
	ListCell *lc;

	/* IF NOT EXISTS, or an EXPLAIN that executes nothing */
	if (!OidIsValid(relid))
		return;
	foreach(lc, copy->tags)
	{
		attnum++;
		if (lfirst(lc) != NIL && !copy->is_matview)
			dm_label_inherit(relid, attnum, lfirst(lc));
	}
	if (copy->products != NIL || !copy->is_matview)
		dm_copy_mark(relid, copy->products, copy->domains);
	dm_sharing_check(relid);
}

void
dm_copy_after(DmCommand *command)
{
	if (command->copy == NULL)
		return;
	if (OidIsValid(command->copy->leaving))
		keep_tags(command->copy->leaving, command->copy->tags);
	else
		label_new(command);
}

void
dm_copy_after_explain(DmCommand *command)
{
	if (IsA(command->parsetree, ExplainStmt))
		dm_copy_after(command);
}

/* True if a command that stores what it reads is running around this query. */
static bool
within_copying(void)
{
	for (DmCommand *command = dm_command_current(); command != NULL; command = command->outer)
		if (command->parsetree != NULL && (IsA(command->parsetree, CreateTableAsStmt) ||
										   IsA(command->parsetree, RefreshMatViewStmt)))
			return true;
	return false;
}

bool
dm_copy_is_made(QueryDesc *queryDesc, int eflags)
{
	if (eflags & EXEC_FLAG_EXPLAIN_ONLY)
		return false;
	/* a DELETE keeps nothing, and what it returns is read */
	if ((queryDesc->operation != CMD_SELECT && queryDesc->operation != CMD_DELETE) ||
		queryDesc->plannedstmt->hasModifyingCTE)
		return true;
	if (queryDesc->dest != NULL)
		switch (queryDesc->dest->mydest)
		{
			case DestIntoRel:
			case DestTransientRel:
			case DestCopyOut:
				return true;
			default:
				break;
		}
	return within_copying();
}
