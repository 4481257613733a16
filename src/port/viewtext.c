/*
 * viewtext.c
 *		The SQL text of governed views.
 *
 * A port is a plain view that anybody can read with \d+.  Every column whose
 * tags have a mask becomes a CASE over what the reader is cleared for; all
 * identifiers and literals are quoted by the server's functions and all functions are
 * qualified.
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

#include "base/sqlname.h"
#include "catalog/table.h"
#include "classify/label.h"
#include "classify/maskspec.h"
#include "classify/tag.h"
#include "classify/tokenkey.h"
#include "compat/pg_compat.h"
#include "port/condition.h"
#include "port/viewtext.h"
#include "registry/portrow.h"

/* Characters of a text token, see mask/token.c; a shorter column cannot hold one. */
#define TOKEN_LENGTH 32

/* A view that its owner has replaced may hold anything; see whatever columns it mentions. */
#define PVC_RECURSE_ALL \
	(PVC_RECURSE_AGGREGATES | PVC_RECURSE_WINDOWFUNCS | PVC_RECURSE_PLACEHOLDERS)

/* A tag that guards a column, with what stands in its place. */
typedef struct Guard
{
	char *tag;		 /* as a quoted literal */
	char *mask;		 /* SQL expression */
	char *token_key; /* id of the key in force, NULL for none */
} Guard;

static bool
type_has_token(Oid typid, int32 typmod)
{
	switch (typid)
	{
		case TEXTOID:
		case BYTEAOID:
		case UUIDOID:
		case INT4OID:
		case INT8OID:
			return true;
		case VARCHAROID:
			return typmod < 0 || typmod - VARHDRSZ >= TOKEN_LENGTH;
		default:
			return false;
	}
}

/* The tags of a column that have a mask, those that hide it wholly first. */
static List *
column_guards(DmProduct *product, Oid source, AttrNumber attnum, const char *column,
			  Oid typid, int32 typmod)
{
	List *hiding = NIL;
	List *masking = NIL;
	ListCell *lc;

	foreach(lc, dm_column_tags(source, attnum))
	{
		char *tag = lfirst(lc);
		bool known = dm_tag_get(tag, true) != NULL;
		char *spec = dm_tag_mask(tag);
		char *key = dm_tag_token_key(tag);
		char *why;
		Guard *guard;

		/* a tag without a mask describes and does not guard; one that is not known hides */
		if (known && spec == NULL)
			continue;
		guard = palloc0(sizeof(Guard));
		guard->tag = quote_literal_cstr(tag);
		if (known && !dm_mask_is_null(spec))
			guard->mask = dm_mask_expression(spec, column, typid, typmod, &why);
		/* a port shows tokens only of a key that its owner may use, see mask/token.c */
		if (key != NULL && dm_key_may_use(key, product->domain->owner))
			guard->token_key = dm_key_current(key);
		if (guard->mask != NULL)
			masking = lappend(masking, guard);
		else
		{
			/* also where a tag came through a view and its mask fits another type */
			guard->mask = dm_null_expression(column, typid, typmod);
			hiding = lappend(hiding, guard);
		}
	}
	return list_concat(hiding, masking);
}

/* "f(product, tag) AND ..." over all guards */
static char *
all_guards(const char *function, const char *product, List *guards)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, guards)
		appendStringInfo(&buf, "%sdatamesh.%s(%s, %s)", buf.len > 0 ? " AND " : "",
						 function, product, ((Guard *) lfirst(lc))->tag);
	return buf.data;
}

/* The key that all guards agree on, NULL if the column cannot be shown as a token. */
static char *
common_key(List *guards)
{
	char *key = ((Guard *) linitial(guards))->token_key;
	ListCell *lc;

	foreach(lc, guards)
	{
		Guard *guard = lfirst(lc);

		if (key == NULL || guard->token_key == NULL || strcmp(guard->token_key, key) != 0)
			return NULL;
	}
	return key;
}

/*
 * Whether the planner will see the source's column itself as the argument of
 * dm_token, which is the proof that it asks for (mask/token.c).
 */
static bool
is_plain_column(Oid source, AttrNumber attnum)
{
	Oid relid = source;

	while (get_rel_relkind(relid) == RELKIND_VIEW)
	{
		Relation rel = table_open(relid, AccessShareLock);
		Query *query = dm_view_query(rel);
		TargetEntry *target = list_nth(query->targetList, attnum - 1);
		RangeTblEntry *rte = NULL;

		if (IsA(target->expr, Var) && query->setOperations == NULL)
		{
			rte = rt_fetch(((Var *) target->expr)->varno, query->rtable);
			attnum = ((Var *) target->expr)->varattno;
		}
		relid = rte && rte->rtekind == RTE_RELATION ? rte->relid : InvalidOid;
		/* what keeps a subquery from being pulled up hides the column */
		if (query->hasAggs || query->hasWindowFuncs || query->groupClause ||
			query->distinctClause || query->limitCount || query->limitOffset)
			relid = InvalidOid;
		table_close(rel, AccessShareLock);
	}
	return OidIsValid(relid) && attnum > 0;
}

/* The source's column, cast to the type that the port keeps. */
static char *
kept_text(const char *column, DmPortColumn *kept, Oid source_collation)
{
	char *type = format_type_extended(kept->typid, kept->typmod,
									  FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);

	if (kept->collation == source_collation || !OidIsValid(kept->collation))
		return psprintf("CAST(%s AS %s)", column, type);
	return psprintf("(CAST(%s AS %s) COLLATE %s)", column, type,
					generate_collation_name(kept->collation));
}

static char *
column_text(DmProduct *product, Oid source, DmPortColumn *port_column)
{
	char *label = quote_literal_cstr(product->literal);
	char *attname = get_attname(source, port_column->attnum, false);
	const char *column = quote_identifier(attname);
	Oid typid;
	int32 typmod;
	Oid collation;
	List *guards;
	char *key;
	StringInfoData buf;

	get_atttypetypmodcoll(source, port_column->attnum, &typid, &typmod, &collation);
	if (OidIsValid(port_column->typid))
	{
		/* masks and tokens are of what its readers have always got */
		column = kept_text(column, port_column, collation);
		typid = port_column->typid;
		typmod = port_column->typmod;
	}
	guards = column_guards(product, source, port_column->attnum, column, typid, typmod);
	initStringInfo(&buf);
	if (guards == NIL)
		appendStringInfoString(&buf, column);
	else
	{
		appendStringInfo(&buf, "CASE WHEN %s THEN %s",
						 all_guards("clear", label, guards), column);
		key = common_key(guards);
		if (key != NULL && type_has_token(typid, typmod) &&
			is_plain_column(source, port_column->attnum))
			appendStringInfo(&buf, " WHEN %s THEN %s", all_guards("token", label, guards),
							 dm_cast_expression(psprintf("%s.dm_token(%s, %s)",
														 dm_schema_sql(dm_api_schema()),
														 column, quote_literal_cstr(key)),
												typid == VARCHAROID ? TEXTOID : typid,
												column, typid, typmod));
		while (list_length(guards) > 1)
		{
			Guard *guard = linitial(guards);

			appendStringInfo(&buf, " WHEN NOT datamesh.clear(%s, %s) THEN %s",
							 label, guard->tag, guard->mask);
			guards = list_delete_first(guards);
		}
		appendStringInfo(&buf, " ELSE %s END", ((Guard *) linitial(guards))->mask);
	}
	appendStringInfo(&buf, " AS %s", quote_identifier(port_column->name));
	return buf.data;
}

char *
dm_port_query_text(DmProduct *product, Oid source, List *columns)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "SELECT ");
	foreach(lc, columns)
		appendStringInfo(&buf, "%s%s", lc == list_head(columns) ? "" : ", ",
						 column_text(product, source, lfirst(lc)));
	appendStringInfo(&buf, " FROM %s WHERE datamesh.admits(%s)",
					 dm_relation_sql(source),
					 quote_literal_cstr(product->literal));
	foreach(lc, dm_port_conditions(source))
		appendStringInfo(&buf, " AND (%s)", (char *) lfirst(lc));
	return buf.data;
}

const char *
dm_port_view_options(Oid source)
{
	return dm_port_conditions(source) != NIL ? "WITH (security_barrier)" : "";
}

/* Name of a port's column, and the type where it is not the source's. */
static void
read_column(Form_pg_attribute att, Oid source, DmPortColumn *column)
{
	Oid typid;
	int32 typmod;
	Oid collation;

	column->name = pstrdup(NameStr(att->attname));
	get_atttypetypmodcoll(source, column->attnum, &typid, &typmod, &collation);
	if (att->atttypid == typid && att->atttypmod == typmod && att->attcollation == collation)
		return;
	column->typid = att->atttypid;
	column->typmod = att->atttypmod;
	column->collation = att->attcollation;
}

List *
dm_port_columns(Oid view, Oid *source)
{
	Relation rel = try_relation_open(view, AccessShareLock);
	Query *query;
	Index varno;
	List *result = NIL;
	ListCell *lc;

	*source = InvalidOid;
	/* it may be dropped at this moment */
	if (rel == NULL)
		return NIL;
	query = dm_view_query(rel);
	*source = query ? dm_port_query_source(query, &varno) : InvalidOid;
	if (OidIsValid(*source))
	{
		foreach(lc, query->targetList)
		{
			TargetEntry *target = lfirst(lc);
			List *vars = pull_var_clause((Node *) target->expr, PVC_RECURSE_ALL);
			DmPortColumn *column;

			/* a whole row is no column of a port of ours */
			if (target->resjunk || vars == NIL || ((Var *) linitial(vars))->varattno <= 0)
				continue;
			column = palloc0(sizeof(DmPortColumn));
			column->attnum = ((Var *) linitial(vars))->varattno;
			read_column(TupleDescAttr(RelationGetDescr(rel), target->resno - 1), *source, column);
			result = lappend(result, column);
		}
	}
	relation_close(rel, AccessShareLock);
	return result;
}
