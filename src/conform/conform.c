/*
 * conform.c
 *		A contract against the live catalog: the walk, and the promises of shape.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/bitmapset.h"
#include "nodes/parsenodes.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteSupport.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/sqlname.h"
#include "compat/pg_compat.h"
#include "conform/conform_part.h"
#include "contract/locate.h"
#include "contract/typemap.h"
#include "registry/portrow.h"

/* Nested properties and arrays of arrays: no type of a column goes deeper in earnest. */
#define MAX_NESTING 32

/* Bytes of a type that are told. */
#define MAX_SHOWN 100

bool
dm_column_type(Oid relid, const char *column, DmColumnType *result)
{
	HeapTuple tuple = OidIsValid(relid) ? SearchSysCacheAttName(relid, column) : NULL;
	Form_pg_attribute form;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_attribute) GETSTRUCT(tuple);
	result->attnum = form->attnum;
	result->typid = form->atttypid;
	result->typmod = form->atttypmod;
	ReleaseSysCache(tuple);
	return result->attnum > 0;
}

const char *
dm_property_column(DmProperty *property)
{
	/* consumers get the ciphertext in place of the value */
	return property->encrypted_name != NULL ? property->encrypted_name : property->physical_name;
}

DmPromise *
dm_promise_add(DmConforming *c, DmProperty *property, const char *pointer, const char *kind,
			   bool data, DmKept kept)
{
	DmPromise *promise = palloc0(sizeof(DmPromise));

	promise->pointer = pstrdup(pointer);
	promise->kind = kind;
	promise->path = property != NULL && property->name != NULL ?
						psprintf("%s.%s", c->object->name, property->name) :
						pstrdup(c->object->name);
	promise->data = data;
	promise->kept = kept;
	promise->object = c->object;
	promise->property = property;
	promise->relid = c->relid;
	*c->promises = lappend(*c->promises, promise);
	return promise;
}

/*
 * The view's query is read from its rule's row: the relation cache would want a lock of a view that
 * somebody may be about to replace.
 */
static Query *
port_query(Oid view)
{
	HeapTuple tuple = SearchSysCache2(RULERELNAME, ObjectIdGetDatum(view),
									  PointerGetDatum(ViewSelectRuleName));
	Query *result = NULL;
	List *actions;
	bool isnull;
	Datum tree;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	tree = SysCacheGetAttr(RULERELNAME, tuple, Anum_pg_rewrite_ev_action, &isnull);
	if (!isnull)
	{
		actions = stringToNode(TextDatumGetCString(tree));
		if (list_length(actions) == 1 && IsA(linitial(actions), Query))
			result = linitial(actions);
	}
	ReleaseSysCache(tuple);
	return result;
}

Oid
dm_conform_port_source(Oid view)
{
	Query *query = port_query(view);
	Index varno;

	return query != NULL ? dm_port_query_source(query, &varno) : InvalidOid;
}

/* The source's column that a column of the port shows: the one that its expression mentions. */
static AttrNumber
shown_attnum(DmConforming *c, AttrNumber attnum)
{
	Bitmapset *attnums = NULL;
	ListCell *lc;

	foreach(lc, c->query->targetList)
	{
		TargetEntry *entry = lfirst(lc);

		if (entry->resno == attnum && !entry->resjunk)
			pull_varattnos((Node *) entry->expr, c->varno, &attnums);
	}
	/* the cast of a port and both sides of a mask mention the same one */
	if (bms_num_members(attnums) != 1)
		return InvalidAttrNumber;
	return bms_singleton_member(attnums) + FirstLowInvalidHeapAttributeNumber;
}

/* --- relation and port --- */

/* The relation is called that, with or without its schema. */
static bool
has_name(Oid relid, const char *physical_name)
{
	char *name = get_rel_name(relid);

	return strcmp(name, physical_name) == 0 ||
		   strcmp(psprintf("%s.%s", get_namespace_name(get_rel_namespace(relid)), name),
				  physical_name) == 0;
}

static void
conform_place(DmConforming *c)
{
	DmDomain *domain = c->product->domain;
	DmLocation location;
	Oid source = InvalidOid;
	DmPromise *promise;

	c->view = dm_contract_port(c->product->id, c->object->name);
	if (OidIsValid(c->view))
		c->query = port_query(c->view);
	if (c->query != NULL)
		source = dm_port_query_source(c->query, &c->varno);
	dm_object_locate(domain, c->contract, c->object, &location);
	c->relid = OidIsValid(source) ? source : location.relid;

	promise = dm_promise_add(c, NULL, c->object->pointer, "relation", false,
							 location.place == DM_PLACE_FOUND ? DM_KEPT : DM_NOT_KEPT);
	promise->expected = c->object->physical_name;
	/* a relation of the same name in another schema of the domain changes nothing for readers */
	if (location.place == DM_PLACE_AMBIGUOUS && OidIsValid(source) &&
		has_name(source, c->object->physical_name))
		promise->kept = DM_KEPT;
	else if (location.place != DM_PLACE_FOUND)
	{
		char *problem = dm_location_problem(domain, c->object->physical_name, &location);

		/* sentences of ours have no full stop */
		if (problem[strlen(problem) - 1] == '.')
			problem[strlen(problem) - 1] = '\0';
		promise->message = problem;
		if (OidIsValid(source))
			promise->found = dm_relation_sql(source);
	}
	else if (OidIsValid(source) && source != location.relid)
	{
		promise->kept = DM_NOT_KEPT;
		promise->found = dm_relation_sql(source);
		promise->message = psprintf("The port shows %s and not %s", promise->found,
									dm_relation_sql(location.relid));
	}
	if (OidIsValid(c->relid))
	{
		promise = dm_promise_add(c, NULL, c->object->pointer, "port", false,
								 OidIsValid(source) ? DM_KEPT : DM_NOT_KEPT);
		promise->expected = dm_contract_port_name(c->object->name);
		if (OidIsValid(c->view) && !OidIsValid(source))
			promise->message = psprintf("Port %s shows nothing", dm_relation_sql(c->view));
		else if (promise->kept == DM_NOT_KEPT)
			promise->message = psprintf("Port \"%s\" of product \"%s\" is missing",
										promise->expected, c->product->label);
	}
}

/* The words of ODCS for kinds of relations.  Readers see a port, whatever is below it. */
static void
conform_object_type(DmConforming *c)
{
	static const struct
	{
		const char *physical_type;
		const char *relkinds;
	} kinds[] = {
		{ "table", "rpf" },
		{ "view", "vm" },
		{ "materialized view", "m" },
		{ "foreign table", "f" },
		{ "partitioned table", "p" }
	};

	if (c->object->physical_type == NULL)
		return;
	for (int i = 0; i < lengthof(kinds); i++)
	{
		DmPromise *promise;

		if (pg_strcasecmp(c->object->physical_type, kinds[i].physical_type) != 0)
			continue;
		promise = dm_promise_add(c, NULL, c->object->pointer, "physicalType", false,
								 strchr(kinds[i].relkinds, get_rel_relkind(c->relid)) != NULL ?
									 DM_KEPT :
									 DM_KEPT_NEARLY);
		promise->expected = c->object->physical_type;
		if (promise->kept != DM_KEPT)
			promise->message = psprintf("%s is no %s", dm_relation_sql(c->relid),
										kinds[i].physical_type);
	}
}

/* The port reads as its owner, who must be allowed to. */
static void
conform_privilege(DmConforming *c)
{
	HeapTuple tuple;
	Oid owner;
	DmPromise *promise;
	bool allowed;
	ListCell *lc;

	if (!OidIsValid(c->view))
		return;
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(c->view));
	if (!HeapTupleIsValid(tuple))
		return;
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);

	allowed = pg_class_aclcheck(c->relid, owner, ACL_SELECT) == ACLCHECK_OK;
	if (!allowed)
	{
		allowed = c->object->properties != NIL;
		foreach(lc, c->object->properties)
		{
			AttrNumber attnum = get_attnum(c->relid, dm_property_column(lfirst(lc)));

			if (attnum > 0 &&
				pg_attribute_aclcheck(c->relid, attnum, owner, ACL_SELECT) != ACLCHECK_OK)
				allowed = false;
		}
	}
	promise = dm_promise_add(c, NULL, c->object->pointer, "privilege", false,
							 allowed ? DM_KEPT : DM_NOT_KEPT);
	if (!allowed)
		promise->message = psprintf("Role \"%s\", who owns the port, may not read %s",
									GetUserNameFromId(owner, false), dm_relation_sql(c->relid));
}

/* --- types --- */

static DmKept
kept_of(DmFit fit)
{
	switch (fit)
	{
		case DM_FITS:
			return DM_KEPT;
		case DM_FITS_NEARLY:
			return DM_KEPT_NEARLY;
		case DM_FITS_UNKNOWN:
			return DM_KEPT_UNKNOWN;
		case DM_FITS_NOT:
			break;
	}
	return DM_NOT_KEPT;
}

static void
add_type(DmConforming *c, DmProperty *property, const char *kind, char *expected, DmFit fit,
		 const char *note, DmColumnType *column)
{
	DmPromise *promise = dm_promise_add(c, property, property->pointer, kind, false, kept_of(fit));

	/* a text of any length may stand there */
	if (strlen(expected) > MAX_SHOWN)
		expected = psprintf("%.*s...", pg_mbcliplen(expected, strlen(expected), MAX_SHOWN), expected);
	promise->expected = expected;
	promise->found = format_type_with_typemod(column->typid, column->typmod);
	if (fit == DM_FITS_NOT)
		promise->message = psprintf("Type %s is promised, %s is there", expected, promise->found);
	else if (fit != DM_FITS)
		promise->message = psprintf("Type %s is promised, %s is there: %s", expected,
									promise->found, note);
}

static void conform_types(DmConforming *c, DmProperty *property, DmColumnType *column, int depth);

/* Attributes of a composite type; of jsonb nothing is known. */
static void
conform_nested(DmConforming *c, DmProperty *property, Oid typid, int depth)
{
	Oid relid = get_typtype(typid) == TYPTYPE_COMPOSITE ? get_typ_typrelid(typid) : InvalidOid;
	ListCell *lc;

	if (!OidIsValid(relid))
		return;
	foreach(lc, property->properties)
	{
		DmProperty *nested = lfirst(lc);
		DmColumnType attribute;
		DmPromise *promise;
		bool there = dm_column_type(relid, nested->physical_name, &attribute);

		promise = dm_promise_add(c, nested, nested->pointer, "column", false,
								 there ? DM_KEPT : DM_NOT_KEPT);
		promise->expected = nested->physical_name;
		if (there)
			conform_types(c, nested, &attribute, depth + 1);
		else
			promise->message = psprintf("Type %s has no attribute \"%s\"", format_type_be(typid),
										nested->physical_name);
	}
}

static void
conform_types(DmConforming *c, DmProperty *property, DmColumnType *column, int depth)
{
	Oid base = getBaseType(column->typid);
	Oid element = get_element_type(base);
	const char *note = NULL;
	DmFit fit;

	if (depth > MAX_NESTING)
		return;
	if (property->physical_type != NULL)
	{
		fit = dm_fits_physical(property->physical_type, get_rel_namespace(c->relid),
							   column->typid, column->typmod, &note);
		add_type(c, property, "physicalType", property->physical_type, fit, note, column);
	}
	if (property->logical_type != NULL)
	{
		fit = dm_fits_logical(property->logical_type, column->typid, column->typmod, &note);
		add_type(c, property, "logicalType", property->logical_type, fit, note, column);
	}
	if (property->items != NULL && OidIsValid(element))
	{
		DmColumnType item = { .typid = element, .typmod = column->typmod };

		conform_types(c, property->items, &item, depth + 1);
	}
	if (property->properties != NIL)
		conform_nested(c, property, base, depth);
}

/* --- columns --- */

/* Of a schema that ends with its session, and takes along the columns that have the type. */
static bool
is_temporary(Oid typid)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(typid));
	Form_pg_type form;
	bool result;
	Oid below;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_type) GETSTRUCT(tuple);
	result = isAnyTempNamespace(form->typnamespace);
	below = OidIsValid(form->typbasetype) ? form->typbasetype : form->typelem;
	ReleaseSysCache(tuple);
	return result || (OidIsValid(below) && is_temporary(below));
}

/* What readers get is what counts: the port's type, where there is a port. */
static void
conform_property(DmConforming *c, DmProperty *property)
{
	const char *column = dm_property_column(property);
	DmColumnType stored;
	DmColumnType shown;
	DmPromise *promise;

	/* a measure is an expression over columns */
	if (property->semantic_type != NULL && pg_strcasecmp(property->semantic_type, "measure") == 0)
		return;
	promise = dm_promise_add(c, property, property->pointer, "column", false, DM_KEPT);
	promise->expected = pstrdup(column);
	if (!dm_column_type(c->relid, column, &stored))
	{
		promise->kept = DM_NOT_KEPT;
		promise->message = psprintf("%s has no column \"%s\"", dm_relation_sql(c->relid), column);
		return;
	}
	if (is_temporary(stored.typid))
	{
		promise->kept = DM_NOT_KEPT;
		promise->message = psprintf("Column \"%s\" of %s goes with its temporary type when the session ends",
									column, dm_relation_sql(c->relid));
		return;
	}
	shown = stored;
	/* a port's column keeps its name when the one below is renamed, and so does the property */
	if (OidIsValid(c->view) && !dm_column_type(c->view, column, &shown) &&
		(c->varno == 0 || property->name == NULL ||
		 !dm_column_type(c->view, property->name, &shown)))
	{
		promise->kept = DM_NOT_KEPT;
		promise->message = psprintf("Port %s does not show column \"%s\"",
									dm_relation_sql(c->view), column);
		return;
	}
	/* readers of a column get the same one as before, though it be called otherwise */
	if (c->varno != 0 && shown_attnum(c, shown.attnum) != stored.attnum)
	{
		promise->kept = DM_NOT_KEPT;
		promise->message = psprintf("Port %s shows another column as \"%s\"",
									dm_relation_sql(c->view), column);
		return;
	}
	/* nothing is said of the type of the ciphertext */
	if (property->encrypted_name == NULL)
		conform_types(c, property, &shown, 0);
}

static void
conform_object(DmConforming *c)
{
	ListCell *lc;

	conform_place(c);
	if (!OidIsValid(c->relid))
		return;
	conform_object_type(c);
	conform_privilege(c);
	foreach(lc, c->object->properties)
		conform_property(c, lfirst(lc));
	c->constraints = dm_constraints_read(c->relid, c->without_index);
	dm_conform_data(c);
}

/* --- interface --- */

Oid
dm_conform_relation(DmContract *contract, DmProduct *product, DmObject *object)
{
	Oid view = dm_contract_port(product->id, object->name);
	Oid source = OidIsValid(view) ? dm_conform_port_source(view) : InvalidOid;
	DmLocation location;

	if (OidIsValid(source))
		return source;
	dm_object_locate(product->domain, contract, object, &location);
	return location.relid;
}

List *
dm_conform_promises(DmContract *contract, DmProduct *product)
{
	return dm_conform_promises_without(contract, product, InvalidOid);
}

List *
dm_conform_promises_without(DmContract *contract, DmProduct *product, Oid index)
{
	List *promises = NIL;
	ListCell *lc;

	foreach(lc, contract->objects)
	{
		DmConforming c = { .contract = contract, .product = product, .object = lfirst(lc) };

		CHECK_FOR_INTERRUPTS();
		c.promises = &promises;
		c.without_index = index;
		conform_object(&c);
	}
	return promises;
}

List *
dm_conform_contract(DmContract *contract, DmProduct *product)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, dm_conform_promises(contract, product))
		if (((DmPromise *) lfirst(lc))->kept == DM_NOT_KEPT)
			result = lappend(result, lfirst(lc));
	return result;
}

/* What names a promise within a version of a contract. */
static char *
promise_key(DmPromise *promise)
{
	return psprintf("%s %s", promise->pointer, promise->kind);
}

static bool
is_type(DmPromise *promise)
{
	return strcmp(promise->kind, "physicalType") == 0 || strcmp(promise->kind, "logicalType") == 0;
}

List *
dm_conform_held(List *promises)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, promises)
	{
		DmPromise *promise = lfirst(lc);

		if (promise->kept == DM_KEPT && (promise->data || is_type(promise)))
			result = lappend(result, promise_key(promise));
	}
	return result;
}

List *
dm_conform_keys(List *promises)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, promises)
		result = lappend(result, promise_key(lfirst(lc)));
	return result;
}

static int
cmp_keys(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

List *
dm_conform_broken(List *promises, List *held)
{
	int count = list_length(held);
	char **keys = palloc(Max(count, 1) * sizeof(char *));
	List *result = NIL;
	ListCell *lc;

	foreach(lc, held)
		keys[foreach_current_index(lc)] = lfirst(lc);
	qsort(keys, count, sizeof(char *), cmp_keys);
	foreach(lc, promises)
	{
		DmPromise *promise = lfirst(lc);
		char *key;

		if (promise->kept == DM_KEPT)
			continue;
		key = promise_key(promise);
		if ((promise->kept == DM_NOT_KEPT && !promise->data) ||
			bsearch(&key, keys, count, sizeof(char *), cmp_keys) != NULL)
			result = lappend(result, promise);
	}
	return result;
}
