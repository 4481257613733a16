/*
 * model_property.c
 *		Objects, their properties and relationships.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/json.h"
#include "contract/model_value.h"

static DmProperty *read_property(DmModelReader *reader, DmNode node, bool named);

/* keys of version 2 that are still met (trap T13) */
static void
read_old_bool(DmModelReader *reader, DmNode node, const char *key, const char *new_key,
			  bool negated, bool *value)
{
	if (dm_node_has(node, new_key))
		*value = dm_read_bool(reader, node, new_key, false);
	else if (dm_node_has(node, key))
	{
		dm_model_bend(reader, dm_pointer(node.pointer, key), "\"%s\" is read as %s\"%s\"", key,
					  negated ? "the contrary of " : "", new_key);
		*value = dm_read_bool(reader, node, key, negated) != negated;
	}
}

static List *
read_properties(DmModelReader *reader, DmNode node)
{
	if (!dm_node_has(node, "properties") && dm_node_has(node, "columns"))
	{
		dm_model_bend(reader, dm_pointer(node.pointer, "columns"),
					  "\"columns\" is read as \"properties\"");
		return dm_read_list(reader, node, "columns", dm_model_property);
	}
	return dm_read_list(reader, node, "properties", dm_model_property);
}

static List *
read_references(DmModelReader *reader, DmNode node, const char *key)
{
	List *result = NIL;
	ListCell *lc;
	JsonbValue value;

	if (!dm_json_find(node.object, key, &value))
		return NIL;
	/* one text alone is as right as a list */
	if (value.type == jbvString)
		return list_make1(dm_reference_parse(dm_read_text(reader, node, key),
											 dm_pointer(node.pointer, key)));
	foreach(lc, dm_read_values(reader, node, key))
	{
		DmValue *item = lfirst(lc);

		if (item->json.type == jbvString)
			result = lappend(result, dm_reference_parse(item->text, item->pointer));
		else
			dm_model_bend(reader, item->pointer, "%s is left out, where a reference is due",
						  dm_json_kind(&item->json));
	}
	return result;
}

void *
dm_model_relationship(DmModelReader *reader, DmNode node)
{
	DmRelationship *relationship = palloc0(sizeof(DmRelationship));
	JsonbValue description;

	relationship->pointer = node.pointer;
	relationship->node = node.object;
	relationship->type = dm_read_text(reader, node, "type");
	if (relationship->type == NULL)
		relationship->type = pstrdup("foreignKey");
	relationship->from = read_references(reader, node, "from");
	relationship->to = read_references(reader, node, "to");
	relationship->description = dm_read_text(reader, node, "description");
	if (relationship->description == NULL &&
		dm_custom_property(node.object, "description", &description) &&
		description.type == jbvString)
		relationship->description = pnstrdup(description.val.string.val,
											 description.val.string.len);
	return relationship;
}

static void
read_keys(DmModelReader *reader, DmNode node, DmProperty *property)
{
	read_old_bool(reader, node, "isNullable", "required", true, &property->required);
	read_old_bool(reader, node, "isUnique", "unique", false, &property->unique);
	read_old_bool(reader, node, "isPrimaryKey", "primaryKey", false, &property->primary_key);
	property->partitioned = dm_read_bool(reader, node, "partitioned", false);
	property->primary_key_position = dm_read_int(reader, node, "primaryKeyPosition", -1);
	property->partition_position = dm_read_int(reader, node, "partitionKeyPosition", -1);
}

static void
read_texts_of_property(DmModelReader *reader, DmNode node, DmProperty *property)
{
	property->logical_type = dm_read_text(reader, node, "logicalType");
	property->physical_type = dm_read_text(reader, node, "physicalType");
	property->business_name = dm_read_text(reader, node, "businessName");
	property->description = dm_read_text(reader, node, "description");
	property->classification = dm_read_text(reader, node, "classification");
	property->encrypted_name = dm_read_text(reader, node, "encryptedName");
	property->semantic_type = dm_read_text(reader, node, "semanticType");
	property->critical = dm_read_bool(reader, node, "criticalDataElement", false);
	property->transform_logic = dm_read_text(reader, node, "transformLogic");
	property->transform_description = dm_read_text(reader, node, "transformDescription");
	property->transform_sources = dm_read_texts(reader, node, "transformSourceObjects");
	property->tags = dm_read_texts(reader, node, "tags");
	property->examples = dm_read_values(reader, node, "examples");
}

static void
read_map(DmModelReader *reader, DmNode node, DmProperty *property)
{
	DmNode map = dm_read_object(reader, node, "map");
	DmNode part;

	if (map.object == NULL)
		return;
	part = dm_read_object(reader, map, "key");
	if (part.object != NULL)
		property->map_key = read_property(reader, part, false);
	part = dm_read_object(reader, map, "value");
	if (part.object != NULL)
		property->map_value = read_property(reader, part, false);
}

/* items, keys and values of a map stand alone and have no name; others need one */
static DmProperty *
read_property(DmModelReader *reader, DmNode node, bool named)
{
	DmProperty *property = palloc0(sizeof(DmProperty));
	DmNode items;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	property->pointer = node.pointer;
	property->node = node.object;
	property->id = dm_read_text(reader, node, "id");
	property->name = dm_read_text(reader, node, "name");
	property->physical_name = dm_read_text(reader, node, "physicalName");
	if (property->name == NULL && property->physical_name != NULL && named)
	{
		dm_model_bend(reader, node.pointer, "the physical name \"%s\" is read as the name",
					  property->physical_name);
		property->name = property->physical_name;
	}
	if (property->physical_name == NULL)
		property->physical_name = property->name;
	if (property->name == NULL && named)
	{
		dm_model_error(reader, node.pointer, "a property has no name");
		return NULL;
	}
	read_texts_of_property(reader, node, property);
	read_keys(reader, node, property);
	dm_model_options(reader, node, &property->options);
	property->properties = read_properties(reader, node);
	items = dm_read_object(reader, node, "items");
	if (items.object != NULL)
		property->items = read_property(reader, items, false);
	read_map(reader, node, property);
	property->relationships = dm_read_list(reader, node, "relationships", dm_model_relationship);
	property->quality = dm_read_list(reader, node, "quality", dm_model_quality);
	return property;
}

void *
dm_model_property(DmModelReader *reader, DmNode node)
{
	return read_property(reader, node, true);
}

void *
dm_model_object(DmModelReader *reader, DmNode node)
{
	DmObject *object = palloc0(sizeof(DmObject));
	ListCell *lc;

	object->pointer = node.pointer;
	object->node = node.object;
	object->id = dm_read_text(reader, node, "id");
	object->name = dm_read_text(reader, node, "name");
	object->physical_name = dm_read_text(reader, node, "physicalName");
	if (object->name == NULL && object->physical_name != NULL)
	{
		dm_model_bend(reader, node.pointer, "the physical name \"%s\" is read as the name",
					  object->physical_name);
		object->name = object->physical_name;
	}
	if (object->name == NULL)
	{
		dm_model_error(reader, node.pointer, "an object of the schema has no name");
		return NULL;
	}
	if (object->physical_name == NULL)
		object->physical_name = object->name;
	object->physical_type = dm_read_text(reader, node, "physicalType");
	object->business_name = dm_read_text(reader, node, "businessName");
	object->description = dm_read_text(reader, node, "description");
	object->granularity = dm_read_text(reader, node, "dataGranularityDescription");
	object->tags = dm_read_texts(reader, node, "tags");
	object->properties = read_properties(reader, node);
	foreach(lc, object->properties)
		object->nkeys += ((DmProperty *) lfirst(lc))->primary_key;
	object->relationships = dm_read_list(reader, node, "relationships", dm_model_relationship);
	object->quality = dm_read_list(reader, node, "quality", dm_model_quality);
	return object;
}
