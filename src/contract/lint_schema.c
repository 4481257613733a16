/*
 * lint_schema.c
 *		Semantic checks of the schema section: objects, properties, keys.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/json.h"
#include "base/typename.h"
#include "classify/tag.h"
#include "contract/lint_part.h"

/* a name that a relation or column is found by */
static void
check_physical_name(DmLint *lint, const char *pointer, const char *name)
{
	if (*name == '\0')
		dm_lint_error(lint, pointer, "the name is empty");
	else if (strlen(name) >= NAMEDATALEN && strchr(name, '.') == NULL)
		dm_lint_warning(lint, pointer, "the name is longer than %d bytes: PostgreSQL has no such",
						NAMEDATALEN - 1);
}

/* objects, or the properties of one level: by name, and by the name in the database */
typedef struct Siblings
{
	DmSeen *names;
	DmSeen *physical;
} Siblings;

static Siblings
siblings_create(void)
{
	Siblings siblings = { dm_seen_create(), dm_seen_create() };

	return siblings;
}

static void
check_names(DmLint *lint, Siblings *siblings, const char *pointer, const char *name,
			const char *physical_name)
{
	const char *key = physical_name == name ? "name" : "physicalName";
	const char *same_name = dm_seen(siblings->names, name, pointer);
	const char *same_relation = dm_seen(siblings->physical, physical_name, pointer);

	if (same_name != NULL)
		dm_lint_error(lint, dm_pointer(pointer, "name"), "\"%s\" is the name of %s, too", name,
					  same_name);
	else if (same_relation != NULL)
		dm_lint_warning(lint, dm_pointer(pointer, key), "\"%s\" is the physical name of %s, too",
						physical_name, same_relation);
	check_physical_name(lint, dm_pointer(pointer, key), physical_name);
}

/* a column of a key */
typedef struct KeyMember
{
	DmProperty *property;
	int position;
} KeyMember;

static int
by_position(const ListCell *a, const ListCell *b)
{
	int left = ((KeyMember *) lfirst(a))->position;
	int right = ((KeyMember *) lfirst(b))->position;

	return (left > right) - (left < right);
}

/*
 * The positions of a key: of the primary key, or of the partitions.  They count
 * from 1, without gaps; a key of one column needs none.
 */
static void
check_positions(DmLint *lint, List *members, const char *position_key, const char *what)
{
	int expected = 1;
	int placed = 0;
	ListCell *lc;

	foreach(lc, members)
		placed += ((KeyMember *) lfirst(lc))->position > 0;
	if (placed > 0 && placed < list_length(members))
		dm_lint_warning(lint, ((KeyMember *) linitial(members))->property->pointer,
						"only %d of the %d columns of the %s have a position", placed,
						list_length(members), what);
	list_sort(members, by_position);
	foreach(lc, members)
	{
		KeyMember *member = lfirst(lc);
		char *pointer;

		if (member->position < 1)
			continue;
		pointer = dm_pointer(member->property->pointer, position_key);
		if (member->position < expected)
			dm_lint_error(lint, pointer, "another column of the %s has position %d, too", what,
						  member->position);
		else if (member->position > expected)
			dm_lint_warning(lint, pointer, "the %s has position %d, but no position %d", what,
							member->position, expected);
		expected = member->position + 1;
	}
}

static List *
add_member(DmLint *lint, List *members, DmProperty *property, bool member, int position,
		   const char *flag, const char *position_key)
{
	KeyMember *entry;

	if (!member)
	{
		if (position > 0)
			dm_lint_warning(lint, dm_pointer(property->pointer, position_key),
							"a position without \"%s\": true counts for nothing", flag);
		return members;
	}
	if (position == 0 || position < -1)
		dm_lint_error(lint, dm_pointer(property->pointer, position_key),
					  "%d is no position: they count from 1, and -1 is none", position);
	entry = palloc(sizeof(KeyMember));
	entry->property = property;
	entry->position = position;
	return lappend(members, entry);
}

static void
check_keys(DmLint *lint, List *properties)
{
	List *key = NIL;
	List *partition = NIL;
	ListCell *lc;

	foreach(lc, properties)
	{
		DmProperty *property = lfirst(lc);

		key = add_member(lint, key, property, property->primary_key,
						 property->primary_key_position, "primaryKey", "primaryKeyPosition");
		partition = add_member(lint, partition, property, property->partitioned,
							   property->partition_position, "partitioned",
							   "partitionKeyPosition");
	}
	check_positions(lint, key, "primaryKeyPosition", "primary key");
	check_positions(lint, partition, "partitionKeyPosition", "partition key");
}

static void
check_encrypted_name(DmLint *lint, DmProperty *property, Siblings *siblings)
{
	const char *pointer = dm_pointer(property->pointer, "encryptedName");

	if (property->encrypted_name == NULL)
		return;
	if (property->name != NULL && (strcmp(property->encrypted_name, property->name) == 0 ||
								   strcmp(property->encrypted_name, property->physical_name) == 0))
		dm_lint_error(lint, pointer, "the encrypted column is the clear one");
	else if (siblings == NULL ||
			 (dm_seen_find(siblings->names, property->encrypted_name) == NULL &&
			  dm_seen_find(siblings->physical, property->encrypted_name) == NULL))
		dm_lint_warning(lint, pointer, "the contract has no property \"%s\" beside this one",
						property->encrypted_name);
}

/* what belongs to one logical type only */
static void
check_nesting(DmLint *lint, DmProperty *property)
{
	if (property->logical_type == NULL)
		return;
	if (property->properties != NIL && !dm_is_type(property, "object"))
		dm_lint_warning(lint, dm_pointer(property->pointer, "properties"),
						"only an object has properties, and this is \"%s\"",
						property->logical_type);
	if (property->items != NULL && !dm_is_type(property, "array"))
		dm_lint_warning(lint, dm_pointer(property->pointer, "items"),
						"only an array has items, and this is \"%s\"", property->logical_type);
	if (property->map_value != NULL && !dm_is_type(property, "map"))
		dm_lint_warning(lint, dm_pointer(property->pointer, "map"),
						"only a map has keys and values, and this is \"%s\"",
						property->logical_type);
	if (dm_is_type(property, "map") && (property->map_key == NULL || property->map_value == NULL))
		dm_lint_warning(lint, property->pointer, "a map says what its key and its value are");
}

static void
check_classification(DmLint *lint, DmProperty *property)
{
	if (property->classification != NULL && dm_tag_get(property->classification, true) == NULL)
		dm_lint_info(lint, dm_pointer(property->pointer, "classification"),
					 "the mesh has no tag \"%s\"", property->classification);
}

/* a promise that the key makes anyhow */
static void
check_required_key(DmLint *lint, DmProperty *property)
{
	bool required;

	if (property->primary_key && dm_json_bool(property->node, "required", &required) && !required)
		dm_lint_info(lint, dm_pointer(property->pointer, "required"),
					 "a column of the primary key is never NULL");
}

/* of a contract for PostgreSQL, or for nothing that is named */
static bool
is_for_postgres(DmContract *contract)
{
	ListCell *lc;

	foreach(lc, contract->servers)
	{
		DmServer *server = lfirst(lc);

		if (server->type != NULL && (strcmp(server->type, "postgres") == 0 ||
									 strcmp(server->type, "postgresql") == 0))
			return true;
	}
	return contract->servers == NIL;
}

static void
check_physical_type(DmLint *lint, DmProperty *property)
{
	DmTypeName *type;
	const char *pointer;

	if (property->physical_type == NULL)
	{
		if (property->logical_type == NULL && property->name != NULL)
			dm_lint_info(lint, property->pointer, "no type is promised");
		return;
	}
	if (!is_for_postgres(lint->contract))
		return;
	type = dm_type_read(property->physical_type, InvalidOid);
	pointer = dm_pointer(property->pointer, "physicalType");
	if (type->state == DM_TYPE_UNREADABLE)
		dm_lint_warning(lint, pointer, "\"%s\" is no type of PostgreSQL: %s",
						property->physical_type, type->problem);
	else if (type->state == DM_TYPE_UNKNOWN)
		dm_lint_info(lint, pointer, "the type \"%s\" cannot be told: %s", property->physical_type,
					 type->problem);
	else if (type->bent != NULL)
		dm_lint_info(lint, pointer, "%s", type->bent);
}

static void lint_properties(DmLint *lint, DmObject *object, List *properties, bool top);

/* siblings is NULL for what stands alone: items, the keys and values of maps */
static void
lint_property(DmLint *lint, DmObject *object, DmProperty *property, Siblings *siblings)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	check_nesting(lint, property);
	check_physical_type(lint, property);
	check_classification(lint, property);
	check_encrypted_name(lint, property, siblings);
	check_required_key(lint, property);
	dm_lint_options(lint, property);
	dm_lint_values(lint, property);
	dm_lint_relationships(lint, object, property, property->relationships);
	dm_lint_quality(lint, object, property, property->quality);
	lint_properties(lint, object, property->properties, false);
	if (property->items != NULL)
		lint_property(lint, object, property->items, NULL);
	if (property->map_key != NULL)
		lint_property(lint, object, property->map_key, NULL);
	if (property->map_value != NULL)
		lint_property(lint, object, property->map_value, NULL);
}

static void
lint_properties(DmLint *lint, DmObject *object, List *properties, bool top)
{
	Siblings siblings;
	ListCell *lc;

	if (properties == NIL)
		return;
	siblings = siblings_create();
	foreach(lc, properties)
	{
		DmProperty *property = lfirst(lc);

		check_names(lint, &siblings, property->pointer, property->name, property->physical_name);
	}
	foreach(lc, properties)
	{
		MemoryContext caller;

		if (!top)
		{
			lint_property(lint, object, lfirst(lc), &siblings);
			continue;
		}
		/* patterns and types leave much behind, and contracts are wide rather than deep */
		caller = MemoryContextSwitchTo(lint->scratch);
		lint_property(lint, object, lfirst(lc), &siblings);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(lint->scratch);
	}
	if (top)
		check_keys(lint, properties);
}

void
dm_lint_objects(DmLint *lint)
{
	Siblings siblings = siblings_create();
	ListCell *lc;

	foreach(lc, lint->contract->objects)
	{
		DmObject *object = lfirst(lc);

		check_names(lint, &siblings, object->pointer, object->name, object->physical_name);
		lint_properties(lint, object, object->properties, true);
		dm_lint_relationships(lint, object, NULL, object->relationships);
		dm_lint_quality(lint, object, NULL, object->quality);
	}
}
