/*
 * conform_data.c
 *		Promises of the rows, as far as constraints of the server can hold them.
 */
#include "postgres.h"

#include "utils/lsyscache.h"

#include "base/sqlname.h"
#include "conform/conform_part.h"

static DmPromise *
add_data_promise(DmConforming *c, DmProperty *property, const char *pointer, const char *kind,
				 bool held, const char *missing)
{
	DmPromise *promise = dm_promise_add(c, property, pointer, kind, true,
										held ? DM_KEPT : DM_NOT_KEPT);

	if (!held)
		promise->message = pstrdup(missing);
	return promise;
}

static List *
sorted_attnums(List *attnums)
{
	List *result = list_copy(attnums);

	list_sort(result, list_int_cmp);
	return result;
}

/* --- keys --- */

static int
cmp_key_positions(const ListCell *a, const ListCell *b)
{
	return ((DmProperty *) lfirst(a))->primary_key_position -
		   ((DmProperty *) lfirst(b))->primary_key_position;
}

/* "a, b" */
static char *
column_list(List *properties)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, properties)
		appendStringInfo(&buf, "%s%s", foreach_current_index(lc) > 0 ? ", " : "",
						 dm_property_column(lfirst(lc)));
	return buf.data;
}

/* A primary key is unique and without NULL, whichever constraints see to that. */
static void
conform_primary_key(DmConforming *c)
{
	List *properties = NIL;
	List *attnums = NIL;
	bool held = true;
	DmPromise *promise;
	ListCell *lc;

	foreach(lc, c->object->properties)
		if (((DmProperty *) lfirst(lc))->primary_key)
			properties = lappend(properties, lfirst(lc));
	if (properties == NIL)
		return;
	list_sort(properties, cmp_key_positions);
	foreach(lc, properties)
	{
		const char *column = dm_property_column(lfirst(lc));

		attnums = lappend_int(attnums, get_attnum(c->relid, column));
		held = held && dm_holds_not_null(c->constraints, column);
	}
	held = held && dm_holds_unique(c->constraints, sorted_attnums(attnums));
	promise = add_data_promise(c, NULL, c->object->pointer, "primaryKey", held,
							   psprintf("No constraint keeps (%s) of %s unique and without NULL",
										column_list(properties), dm_relation_sql(c->relid)));
	promise->expected = psprintf("(%s)", column_list(properties));
}

/* --- relationships --- */

static DmReference *
reference_of(DmConforming *c, DmProperty *property, DmRelationship *relationship, int i)
{
	if (relationship->from != NIL)
		return i < list_length(relationship->from) ? list_nth(relationship->from, i) : NULL;
	/* at a property, which is what refers */
	return NULL;
}

/*
 * The columns that a relationship connects; false where it leads out of the contract, or has
 * references that are none, which lint tells.
 */
static bool
read_relationship(DmConforming *c, DmProperty *property, DmRelationship *relationship,
				  List **from, Oid *target, List **to)
{
	DmObject *other = NULL;
	ListCell *lc;

	foreach(lc, relationship->to)
	{
		DmReference *reference = reference_of(c, property, relationship,
											  foreach_current_index(lc));
		DmObject *object = c->object;
		DmProperty *referring = property;
		DmProperty *referred = NULL;

		if (reference != NULL &&
			(reference->contract != NULL ||
			 !dm_reference_resolve(c->contract, reference, &object, &referring)))
			return false;
		if (((DmReference *) lfirst(lc))->contract != NULL || referring == NULL ||
			object != c->object ||
			!dm_reference_resolve(c->contract, lfirst(lc), &object, &referred) ||
			referred == NULL || (other != NULL && object != other))
			return false;
		other = object;
		*target = dm_conform_relation(c->contract, c->product, other);
		*from = lappend_int(*from, get_attnum(c->relid, dm_property_column(referring)));
		*to = lappend_int(*to, OidIsValid(*target) ?
								   get_attnum(*target, dm_property_column(referred)) :
								   InvalidAttrNumber);
	}
	return other != NULL;
}

static void
conform_relationship(DmConforming *c, DmProperty *property, DmRelationship *relationship)
{
	List *from = NIL;
	List *to = NIL;
	Oid target = InvalidOid;
	DmPromise *promise;

	if (!read_relationship(c, property, relationship, &from, &target, &to))
	{
		promise = dm_promise_add(c, property, relationship->pointer, "relationship", true,
								 DM_KEPT_UNKNOWN);
		promise->message = "The relationship leads out of the contract";
	}
	else
		promise = add_data_promise(c, property, relationship->pointer, "relationship",
								   OidIsValid(target) &&
									   dm_holds_reference(c->constraints, from, target, to),
								   psprintf("No validated foreign key of %s holds it",
											dm_relation_sql(c->relid)));
	promise->relationship = relationship;
	promise->from = from;
	promise->target = target;
	promise->to = to;
}

/* --- interface --- */

static void
conform_property_data(DmConforming *c, DmProperty *property)
{
	const char *column = dm_property_column(property);
	DmColumnType stored;
	ListCell *lc;

	if (!dm_column_type(c->relid, column, &stored))
		return;
	if (property->required)
		add_data_promise(c, property, property->pointer, "required",
						 dm_holds_not_null(c->constraints, column),
						 psprintf("No constraint keeps NULL out of column \"%s\" of %s", column,
								  dm_relation_sql(c->relid)));
	if (property->unique)
		add_data_promise(c, property, property->pointer, "unique",
						 dm_holds_unique(c->constraints, list_make1_int(stored.attnum)),
						 psprintf("No constraint keeps column \"%s\" of %s unique", column,
								  dm_relation_sql(c->relid)));
	/* of the ciphertext, nothing of this is said */
	if (property->encrypted_name == NULL)
		dm_conform_options(c, property, &stored);
	foreach(lc, property->relationships)
		conform_relationship(c, property, lfirst(lc));
}

void
dm_conform_data(DmConforming *c)
{
	ListCell *lc;

	conform_primary_key(c);
	foreach(lc, c->object->properties)
		conform_property_data(c, lfirst(lc));
	foreach(lc, c->object->relationships)
		conform_relationship(c, NULL, lfirst(lc));
}
