/*
 * liftport.c
 *		A port before and after DDL on what it shows.
 *
 * Its columns are known by their numbers, so that they may be renamed; and by the names that they
 * had, if the DDL puts others in their place.  What takes a place is governed like what was there.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "rewrite/rowsecurity.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "access/policy.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "classify/label.h"
#include "port/liftgraph.h"
#include "port/liftport.h"
#include "port/port.h"
#include "port/viewstore.h"
#include "port/viewtext.h"
#include "registry/portrow.h"
#include "registry/product.h"

/* A column of a lifted port. */
typedef struct LiftColumn
{
	char *name;
	char *source_name;
	AttrNumber attnum; /* in the source */
	List *tags;		   /* that govern it */
	Oid typid;		   /* of the port's column */
	int32 typmod;
	Oid collation;
} LiftColumn;

struct DmLiftedPort
{
	Oid view;
	int64 product;
	Oid source;
	char *source_schema;
	char *source_name;
	List *columns; /* of LiftColumn */
	List *guarded; /* relations below the port that have row policies */
};

/* Has the relation row policies, as native ones or as conditions of its ports? */
static bool
is_guarded(Oid relid)
{
	Relation rel;
	List *policies;
	bool result = dm_policy_list(relid) != NIL;
	ListCell *lc;

	rel = relation_open(relid, AccessShareLock);
	policies = rel->rd_rsdesc ? rel->rd_rsdesc->policies : NIL;
	foreach(lc, policies)
		result |= strncmp(((RowSecurityPolicy *) lfirst(lc))->policy_name, DM_NATIVE_PREFIX,
						  strlen(DM_NATIVE_PREFIX)) == 0;
	relation_close(rel, AccessShareLock);
	return result;
}

DmLiftedPort *
dm_lift_port_save(Oid view)
{
	DmLiftedPort *port = palloc0(sizeof(DmLiftedPort));
	Relation rel = relation_open(view, NoLock);
	ListCell *lc;

	port->view = view;
	port->product = dm_port_product(view);
	foreach(lc, dm_port_columns(view, &port->source))
	{
		DmPortColumn *port_column = lfirst(lc);
		LiftColumn *column = palloc(sizeof(LiftColumn));

		column->name = port_column->name;
		column->attnum = port_column->attnum;
		column->source_name = get_attname(port->source, port_column->attnum, false);
		column->tags = dm_column_tags(port->source, port_column->attnum);
		port->columns = lappend(port->columns, column);
		get_atttypetypmodcoll(view, list_length(port->columns), &column->typid, &column->typmod,
							  &column->collation);
	}
	if (!OidIsValid(port->source) || list_length(port->columns) != RelationGetDescr(rel)->natts)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("port %s does not have the form of a port", dm_relation_sql(view)),
				 errdetail("Its view was replaced by hand."),
				 errhint("Use dm_drop_port and dm_add_port.")));
	relation_close(rel, NoLock);
	port->source_schema = get_namespace_name(get_rel_namespace(port->source));
	port->source_name = get_rel_name(port->source);
	foreach(lc, dm_lift_below(port->source))
		if (is_guarded(lfirst_oid(lc)))
			port->guarded = lappend_oid(port->guarded, lfirst_oid(lc));
	return port;
}

static bool
column_stands(Oid relid, AttrNumber attnum)
{
	HeapTuple tuple = SearchSysCacheAttNum(relid, attnum);

	if (!HeapTupleIsValid(tuple))
		return false;
	ReleaseSysCache(tuple);
	return true;
}

/* They are known by their numbers. */
bool
dm_lift_port_stands(DmLiftedPort *port)
{
	ListCell *lc;

	if (get_rel_name(port->source) == NULL)
		return false;
	foreach(lc, port->columns)
		if (!column_stands(port->source, ((LiftColumn *) lfirst(lc))->attnum))
			return false;
	return true;
}

char *
dm_lift_port_source_name(DmLiftedPort *port)
{
	return quote_qualified_identifier(port->source_schema, port->source_name);
}

/* The relation that has the name that the source had. */
static Oid
source_by_name(DmLiftedPort *port)
{
	Oid nspid = get_namespace_oid(port->source_schema, true);

	return OidIsValid(nspid) ? get_relname_relid(port->source_name, nspid) : InvalidOid;
}

/* The column that takes a place: of the name that it had in the source, else in the port. */
static char *
column_by_name(Oid source, LiftColumn *column)
{
	if (get_attnum(source, column->source_name) != InvalidAttrNumber)
		return column->source_name;
	if (get_attnum(source, column->name) != InvalidAttrNumber)
		return column->name;
	return NULL;
}

/* Names of the port's columns that the relation has no column for, as a list for messages. */
static char *
missing_columns(DmLiftedPort *port, Oid source)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, port->columns)
	{
		LiftColumn *column = lfirst(lc);

		if (column_by_name(source, column) == NULL)
			appendStringInfo(&buf, "%s\"%s\"", buf.len > 0 ? ", " : "", column->name);
	}
	return buf.len > 0 ? buf.data : NULL;
}

/* The port's columns in the relation that has taken the place of its source. */
static List *
columns_by_name(DmProduct *product, DmLiftedPort *port, Oid source)
{
	List *names = NIL;
	List *columns;
	ListCell *lc;
	ListCell *ls;

	foreach(lc, port->columns)
		names = lappend(names, column_by_name(source, lfirst(lc)));
	columns = dm_port_resolve(product, source, names);
	forboth(lc, columns, ls, port->columns)
		((DmPortColumn *) lfirst(lc))->name = ((LiftColumn *) lfirst(ls))->name;
	return columns;
}

static List *
columns_by_number(DmLiftedPort *port)
{
	List *columns = NIL;
	ListCell *lc;

	foreach(lc, port->columns)
	{
		DmPortColumn *column = palloc0(sizeof(DmPortColumn));

		column->name = ((LiftColumn *) lfirst(lc))->name;
		column->attnum = ((LiftColumn *) lfirst(lc))->attnum;
		columns = lappend(columns, column);
	}
	return columns;
}

/* Casts that fail for no value, or only for one that is out of the old type's range. */
static bool
can_cast(Oid from, Oid to)
{
	CoercionPathType path;
	Oid funcid;

	if (getBaseType(from) == getBaseType(to))
		return true;
	path = find_coercion_pathway(to, from, COERCION_EXPLICIT, &funcid);
	if (path == COERCION_PATH_RELABELTYPE)
		return true;
	/* jsonb, for one, casts to numbers if it happens to be one */
	if (path == COERCION_PATH_FUNC || path == COERCION_PATH_COERCEVIAIO)
		return TypeCategory(to) == TYPCATEGORY_STRING ||
			   (path == COERCION_PATH_FUNC && TypeCategory(from) == TypeCategory(to));
	return false;
}

/*
 * Where the source's column has another type than the port's had, either the port's may change,
 * or it is cast.  What is cast is told in *casts.
 */
static void
decide_type(DmLiftedPort *port, DmProduct *product, DmMayRetype may_retype, Oid source,
			LiftColumn *old, DmPortColumn *column, StringInfo casts)
{
	Oid typid;
	int32 typmod;
	Oid collation;

	get_atttypetypmodcoll(source, column->attnum, &typid, &typmod, &collation);
	if (typid == old->typid && typmod == old->typmod && collation == old->collation)
		return;
	if (may_retype == NULL || may_retype(product, port->view, old->name,
										 get_rel_namespace(source), typid, typmod))
		return;
	if (!can_cast(typid, old->typid))
		ereport(ERROR,
				(errcode(ERRCODE_CANNOT_COERCE),
				 errmsg("column \"%s\" is promised as %s and is %s now, which cannot be cast to it",
						old->name, format_type_with_typemod(old->typid, old->typmod),
						format_type_with_typemod(typid, typmod))));
	column->typid = old->typid;
	column->typmod = old->typmod;
	column->collation = old->collation;
	appendStringInfo(casts, "%scolumn \"%s\" is cast from %s to %s", casts->len > 0 ? "; " : "",
					 old->name, format_type_with_typemod(typid, typmod),
					 format_type_with_typemod(old->typid, old->typmod));
}

/*
 * A column that takes the place of another one is governed by the tags of that one at least; to
 * take them off is a decision of its own, with dm_classify.  True if there was something to carry.
 */
static bool
carry_tags(DmLiftedPort *port, Oid source, List *columns)
{
	bool carried = false;
	ListCell *lc;
	ListCell *ls;
	ListCell *lt;

	forboth(lc, columns, ls, port->columns)
	{
		AttrNumber attnum = ((DmPortColumn *) lfirst(lc))->attnum;
		List *now = dm_column_tags(source, attnum);
		List *own = dm_label_get(source, attnum);
		bool lost = false;

		foreach(lt, ((LiftColumn *) lfirst(ls))->tags)
		{
			if (dm_string_member(now, lfirst(lt)))
				continue;
			own = dm_string_append_unique(own, lfirst(lt));
			lost = true;
		}
		if (lost)
			dm_label_inherit(source, attnum, own);
		carried |= lost;
	}
	return carried;
}

/* What takes the place of the source must be under the row policies that the source was under. */
static void
check_guarded(DmLiftedPort *port, Oid source)
{
	List *below = dm_lift_below(source);
	ListCell *lc;

	foreach(lc, port->guarded)
	{
		Oid relid = lfirst_oid(lc);

		if (list_member_oid(below, relid) && is_guarded(relid))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("row policies of what it showed would not restrict its readers any more"),
				 errhint("Use dm_drop_row_policy before, and dm_add_row_policy after.")));
	}
}

/* A port that nobody but its team can read yet may lose columns: it is made anew. */
static char *
narrow_port(DmLiftedPort *port, DmProduct *product, Oid source)
{
	List *names = NIL;
	ListCell *lc;

	foreach(lc, port->columns)
	{
		char *column = column_by_name(source, lfirst(lc));

		if (column != NULL)
			names = lappend(names, column);
	}
	if (names == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("none of its columns is there any more")));
	(void) dm_port_change(product, port->view, source, names);
	return psprintf("without %s", missing_columns(port, source));
}

/* The source, or what has taken its place; *columns in it. NIL for columns that are missing. */
static Oid
find_source(DmLiftedPort *port, DmProduct *product, List **columns)
{
	Oid source;

	*columns = NIL;
	if (dm_lift_port_stands(port))
	{
		*columns = columns_by_number(port);
		return port->source;
	}
	source = source_by_name(port);
	if (!OidIsValid(source))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("there is no %s any more", dm_lift_port_source_name(port))));
	/* it may have been there before, and somebody be labelling its columns */
	dm_lineage_lock(dm_lineage(source), ShareLock);
	if (missing_columns(port, source) == NULL)
	{
		*columns = columns_by_name(product, port, source);
		if (carry_tags(port, source, *columns))
			dm_ports_follow(list_make1_oid(source));
		check_guarded(port, source);
	}
	return source;
}

DmLiftVerdict
dm_lift_port_put_back(DmLiftedPort *port, DmMayRetype may_retype, char **detail)
{
	DmProduct *product = dm_product_get_by_id(port->product);
	List *columns;
	Oid source = find_source(port, product, &columns);
	StringInfoData told;
	bool retyped;
	bool cast;
	ListCell *lc;
	ListCell *ls;

	if (columns == NIL)
	{
		if (dm_product_is_served(product))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("there is no %s any more", missing_columns(port, source))));
		*detail = narrow_port(port, product, source);
		return DM_LIFT_NARROWED;
	}
	initStringInfo(&told);
	forboth(lc, columns, ls, port->columns)
		decide_type(port, product, may_retype, source, lfirst(ls), lfirst(lc), &told);
	cast = told.len > 0;
	retyped = dm_view_store(port->view, dm_port_query_text(product, source, columns));
	if (source != port->source)
	{
		/* its options depend on what it shows */
		dm_port_rebuild(port->view);
		appendStringInfo(&told, "%sit shows another relation now, %s", cast ? "; " : "",
						 dm_relation_sql(source));
	}
	*detail = told.len > 0 ? told.data : NULL;
	return retyped ? DM_LIFT_RETYPED : cast ? DM_LIFT_CAST :
											  DM_LIFT_KEPT;
}
