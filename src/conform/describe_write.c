/*
 * describe_write.c
 *		A described relation as a schema object of ODCS v3.1.0.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "conform/described.h"

static const char *
physical_type(Oid relid)
{
	switch (get_rel_relkind(relid))
	{
		case RELKIND_VIEW:
			return "view";
		case RELKIND_MATVIEW:
			return "materialized view";
		case RELKIND_FOREIGN_TABLE:
			return "foreign table";
		default:
			/* whether it has partitions is told by its properties */
			return "table";
	}
}

/* References of one column as a text, of several as a list. */
static void
write_texts(DmJsonBuilder *b, const char *key, List *texts)
{
	ListCell *lc;

	dm_json_begin_array(b, key);
	foreach(lc, texts)
		dm_json_add_text(b, NULL, lfirst(lc));
	dm_json_end_array(b);
}

static void
write_keys(DmJsonBuilder *b, List *keys)
{
	ListCell *lc;

	if (keys == NIL)
		return;
	dm_json_begin_array(b, "relationships");
	foreach(lc, keys)
	{
		DmDescribedKey *key = lfirst(lc);

		dm_json_begin_object(b, NULL);
		dm_json_add_text(b, "type", "foreignKey");
		write_texts(b, "from", key->from);
		write_texts(b, "to", key->to);
		dm_json_end_object(b);
	}
	dm_json_end_array(b);
}

static void
write_customs(DmJsonBuilder *b, DmDescribed *object)
{
	if (object->partition_key == NULL && object->constraints == NIL)
		return;
	dm_json_begin_array(b, "customProperties");
	if (object->partition_key != NULL)
	{
		dm_json_begin_object(b, NULL);
		dm_json_add_text(b, "property", "datamesh.partitionKey");
		dm_json_add_text(b, "value", object->partition_key);
		dm_json_end_object(b);
	}
	if (object->constraints != NIL)
	{
		dm_json_begin_object(b, NULL);
		dm_json_add_text(b, "property", "datamesh.constraints");
		write_texts(b, "value", object->constraints);
		dm_json_end_object(b);
	}
	dm_json_end_array(b);
}

void
dm_described_write(DmJsonBuilder *b, DmDescribed *object, bool examples)
{
	ListCell *lc;

	dm_json_begin_object(b, NULL);
	dm_json_add_text(b, "id", object->id);
	dm_json_add_text(b, "name", object->name);
	if (strcmp(object->name, object->physical_name) != 0)
		dm_json_add_text(b, "physicalName", object->physical_name);
	dm_json_add_text(b, "physicalType", physical_type(object->relid));
	dm_json_add_text(b, "description", object->comment);
	dm_json_begin_array(b, "properties");
	foreach(lc, object->columns)
	{
		CHECK_FOR_INTERRUPTS();
		dm_describe_property(b, object, lfirst(lc), examples);
	}
	dm_json_end_array(b);
	write_keys(b, object->keys);
	dm_describe_rules(b, object->rules);
	write_customs(b, object);
	dm_json_end_object(b);
}
