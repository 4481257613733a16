/*
 * visible.c
 *		Who sees what of a contract.
 *
 * Values of a guarded column can stand in a contract as examples, as lists of values, or in rules
 * on it and on its object.  For readers from outside these are left out, key and all; that there
 * is a rule is still told.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

#include "base/json.h"
#include "base/seen.h"
#include "catalog/table.h"
#include "contract/locate.h"
#include "contract/model.h"
#include "exchange/classification.h"
#include "exchange/visible.h"

PG_FUNCTION_INFO_V1(dm_contract_visible_sql);

/* Keys of a property, of its options and of its rules that hold values of the column. */
static const char *const value_keys[] = { "examples", "enum" };
static const char *const rule_keys[] = {
	"arguments", "query", "implementation",
	/* which should stand in arguments, and do not everywhere */
	"validValues", "invalidValues", "missingValues"
};

bool
dm_contract_is_inside(DmProduct *product)
{
	return dm_domain_is_producer(product->domain, GetUserId()) ||
		   dm_product_may_manage(product, GetUserId());
}

/*
 * The properties whose columns are guarded, and the lists of rules of their objects, by their
 * pointers; NULL for none.
 */
static DmSeen *
guarded_properties(DmProduct *product, DmContract *contract)
{
	DmSeen *result = NULL;
	ListCell *lc;

	foreach(lc, contract->objects)
	{
		DmObject *object = lfirst(lc);
		char *rules = dm_pointer(object->pointer, "quality");
		DmLocation location;
		ListCell *lp;

		dm_object_locate(product->domain, contract, object, &location);
		foreach(lp, object->properties)
		{
			DmProperty *property = lfirst(lp);

			if (!dm_property_is_guarded(property, location.relid))
				continue;
			if (result == NULL)
				result = dm_seen_create();
			(void) dm_seen(result, property->pointer, property);
			(void) dm_seen(result, rules, object);
		}
	}
	return result;
}

static bool
is_one_of(const char *key, const char *const *keys, int count)
{
	for (int i = 0; key != NULL && i < count; i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

static void copy_value(DmJsonBuilder *builder, const char *key, JsonbValue *value,
					   const char *pointer, DmSeen *guarded, bool inside);

/*
 * The members of an object or array.  inside is true below a guarded property: there, values are
 * left out wherever they stand, so that nested properties lose theirs, too.
 */
static void
copy_members(DmJsonBuilder *builder, JsonbContainer *container, const char *pointer,
			 DmSeen *guarded, bool inside)
{
	DmJsonEach each;

	check_stack_depth();
	dm_json_each(&each, container);
	while (dm_json_next(&each))
	{
		if (inside && (is_one_of(each.key, value_keys, lengthof(value_keys)) ||
					   is_one_of(each.key, rule_keys, lengthof(rule_keys))))
			continue;
		copy_value(builder, each.key, &each.value,
				   each.key ? dm_pointer(pointer, each.key) : dm_pointer_i(pointer, each.index),
				   guarded, inside);
	}
}

static void
copy_value(DmJsonBuilder *builder, const char *key, JsonbValue *value, const char *pointer,
		   DmSeen *guarded, bool inside)
{
	JsonbContainer *object = dm_json_as_object(value);
	JsonbContainer *array = dm_json_as_array(value);

	CHECK_FOR_INTERRUPTS();
	if (object != NULL)
	{
		dm_json_begin_object(builder, key);
		copy_members(builder, object, pointer, guarded,
					 inside || dm_seen_find(guarded, pointer) != NULL);
		dm_json_end_object(builder);
	}
	else if (array != NULL)
	{
		dm_json_begin_array(builder, key);
		copy_members(builder, array, pointer, guarded,
					 inside || dm_seen_find(guarded, pointer) != NULL);
		dm_json_end_array(builder);
	}
	else
		dm_json_add_value(builder, key, value);
}

static Jsonb *
without_values(DmProduct *product, Jsonb *document)
{
	DmContract *contract = dm_contract_read(document, true, NULL);
	DmJsonBuilder builder = { NULL };
	DmSeen *guarded;

	/* what cannot be read as a contract any more cannot be judged */
	if (contract == NULL)
		return NULL;
	guarded = guarded_properties(product, contract);
	if (guarded == NULL)
		return document;
	dm_json_begin_object(&builder, NULL);
	copy_members(&builder, &document->root, "", guarded, false);
	dm_json_end_object(&builder);
	return dm_json_done(&builder);
}

Jsonb *
dm_contract_visible(DmProduct *product, DmContractVersion *version)
{
	if (dm_contract_is_inside(product))
		return dm_contract_document(version);
	if (version->state == DM_CONTRACT_DRAFT)
		return NULL;
	return without_values(product, dm_contract_document(version));
}

/* datamesh.contract_visible(number): what the views on contracts are made from. */
Datum
dm_contract_visible_sql(PG_FUNCTION_ARGS)
{
	DmContractVersion *version = dm_contract_get_by_number(PG_GETARG_INT64(0));
	Jsonb *document = NULL;

	if (version != NULL)
		document = dm_contract_visible(dm_product_get_by_id(version->product), version);
	if (document == NULL)
		PG_RETURN_NULL();
	PG_RETURN_JSONB_P(document);
}
