/*
 * contract_rows.c
 *		What is in a contract, as rows: what the views on contracts are made from.
 *
 * The rows come from the model, so that a contract with old spellings shows the same as the
 * one with new ones, and the same that the gate and the differ see.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "base/args.h"
#include "contract/model.h"
#include "contract/version.h"
#include "exchange/visible.h"

PG_FUNCTION_INFO_V1(dm_contract_column_list);
PG_FUNCTION_INFO_V1(dm_contract_rule_list);
PG_FUNCTION_INFO_V1(dm_contract_relationship_list);
PG_FUNCTION_INFO_V1(dm_contract_service_level_list);

#define MAX_COLUMNS 24

/* A row that is being put together, column by column. */
typedef struct Rows
{
	ReturnSetInfo *rsinfo;
	Datum values[MAX_COLUMNS];
	bool nulls[MAX_COLUMNS];
	int next;
} Rows;

static void
put(Rows *rows, Datum value, bool isnull)
{
	Assert(rows->next < MAX_COLUMNS);
	rows->values[rows->next] = value;
	rows->nulls[rows->next++] = isnull;
}

static void
put_text(Rows *rows, const char *text)
{
	put(rows, text ? CStringGetTextDatum(text) : (Datum) 0, text == NULL);
}

static void
put_bool(Rows *rows, bool value)
{
	put(rows, BoolGetDatum(value), false);
}

/* -1 is "none" in the model */
static void
put_position(Rows *rows, int position)
{
	put(rows, Int32GetDatum(position), position < 0);
}

static void
put_texts(Rows *rows, List *texts)
{
	put(rows, dm_text_array(texts), false);
}

static void
put_row(Rows *rows)
{
	CHECK_FOR_INTERRUPTS();
	Assert(rows->next == rows->rsinfo->setDesc->natts);
	tuplestore_putvalues(rows->rsinfo->setResult, rows->rsinfo->setDesc, rows->values,
						 rows->nulls);
	rows->next = 0;
}

/* The contract with that number as the current user may see it; NULL for none. */
static DmContract *
visible_contract(int64 number)
{
	DmContractVersion *version = dm_contract_get_by_number(number);
	Jsonb *document = NULL;

	if (version != NULL)
		document = dm_contract_visible(dm_product_get_by_id(version->product), version);
	return document ? dm_contract_read(document, true, NULL) : NULL;
}

static DmContract *
begin(FunctionCallInfo fcinfo, Rows *rows)
{
	InitMaterializedSRF(fcinfo, 0);
	rows->rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	rows->next = 0;
	return visible_contract(PG_GETARG_INT64(0));
}

/* Called for each property at any depth; path is "address.street", "lines[].price". */
typedef void (*PropertyVisitor)(Rows *rows, DmObject *object, DmProperty *property,
								const char *path, int position);

static void visit(Rows *rows, DmObject *object, DmProperty *property, const char *path,
				  int position, PropertyVisitor visitor);

static void
visit_nested(Rows *rows, DmObject *object, DmProperty *property, const char *path,
			 PropertyVisitor visitor)
{
	int position = 0;
	ListCell *lc;

	foreach(lc, property->properties)
	{
		DmProperty *nested = lfirst(lc);

		visit(rows, object, nested, psprintf("%s.%s", path, nested->name ? nested->name : ""),
			  ++position, visitor);
	}
	if (property->items != NULL)
		visit(rows, object, property->items, psprintf("%s[]", path), 1, visitor);
	if (property->map_key != NULL)
		visit(rows, object, property->map_key, psprintf("%s{key}", path), 1, visitor);
	if (property->map_value != NULL)
		visit(rows, object, property->map_value, psprintf("%s{value}", path), 2, visitor);
}

static void
visit(Rows *rows, DmObject *object, DmProperty *property, const char *path, int position,
	  PropertyVisitor visitor)
{
	check_stack_depth();
	visitor(rows, object, property, path, position);
	visit_nested(rows, object, property, path, visitor);
}

static void
visit_object(Rows *rows, DmObject *object, PropertyVisitor visitor)
{
	int position = 0;
	ListCell *lc;

	foreach(lc, object->properties)
	{
		DmProperty *property = lfirst(lc);

		visit(rows, object, property, property->name ? property->name : "", ++position, visitor);
	}
}

static void
column_row(Rows *rows, DmObject *object, DmProperty *property, const char *path, int position)
{
	put_text(rows, object->name);
	put_text(rows, path);
	put_position(rows, position);
	put_text(rows, property->physical_name);
	put_text(rows, property->logical_type);
	put_text(rows, property->physical_type);
	put_bool(rows, property->required);
	put_bool(rows, property->unique);
	put_bool(rows, property->primary_key);
	put_position(rows, property->primary_key_position);
	put_bool(rows, property->partitioned);
	put_position(rows, property->partition_position);
	put_text(rows, property->classification);
	put_bool(rows, property->critical);
	put_text(rows, property->encrypted_name);
	put_text(rows, property->business_name);
	put_text(rows, property->description);
	put_texts(rows, property->tags);
	put_text(rows, property->pointer);
	put_row(rows);
}

Datum
dm_contract_column_list(PG_FUNCTION_ARGS)
{
	Rows rows;
	DmContract *contract = begin(fcinfo, &rows);
	ListCell *lc;

	foreach(lc, contract ? contract->objects : NIL)
		visit_object(&rows, lfirst(lc), column_row);
	PG_RETURN_NULL();
}

/* "mustBeBetween 1 and 5" */
static char *
expectation_text(DmQuality *quality)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, quality->expectations)
	{
		DmExpectation *expectation = lfirst(lc);

		appendStringInfo(&buf, "%s%s %s", buf.len > 0 ? " and " : "",
						 dm_operator_name(expectation->op),
						 expectation->operand.text ? expectation->operand.text : "null");
		if (expectation->op == DM_MUST_BE_BETWEEN || expectation->op == DM_MUST_NOT_BE_BETWEEN)
			appendStringInfo(&buf, " and %s",
							 expectation->upper.text ? expectation->upper.text : "null");
	}
	return buf.len > 0 ? buf.data : NULL;
}

static void
rule_rows(Rows *rows, DmObject *object, const char *path, List *rules)
{
	ListCell *lc;

	foreach(lc, rules)
	{
		DmQuality *quality = lfirst(lc);

		put_text(rows, object->name);
		put_text(rows, path);
		put_text(rows, quality->id);
		put_text(rows, quality->name);
		put_text(rows, quality->type);
		put_text(rows, quality->metric);
		put_text(rows, expectation_text(quality));
		put_text(rows, quality->unit);
		put_text(rows, quality->query);
		put_text(rows, quality->engine);
		put_text(rows, quality->dimension);
		put_text(rows, quality->severity);
		put_text(rows, quality->business_impact);
		put_text(rows, quality->method);
		put_text(rows, quality->scheduler);
		put_text(rows, quality->schedule);
		put_text(rows, quality->description);
		put_texts(rows, quality->tags);
		put_text(rows, quality->pointer);
		put_row(rows);
	}
}

static void
property_rules(Rows *rows, DmObject *object, DmProperty *property, const char *path, int position)
{
	rule_rows(rows, object, path, property->quality);
}

Datum
dm_contract_rule_list(PG_FUNCTION_ARGS)
{
	Rows rows;
	DmContract *contract = begin(fcinfo, &rows);
	ListCell *lc;

	foreach(lc, contract ? contract->objects : NIL)
	{
		DmObject *object = lfirst(lc);

		rule_rows(&rows, object, NULL, object->quality);
		visit_object(&rows, object, property_rules);
	}
	PG_RETURN_NULL();
}

static List *
reference_texts(List *references)
{
	List *texts = NIL;
	ListCell *lc;

	foreach(lc, references)
		texts = lappend(texts, ((DmReference *) lfirst(lc))->text);
	return texts;
}

/* A property's own relationship comes from that property. */
static void
relationship_rows(Rows *rows, DmObject *object, const char *path, List *relationships)
{
	ListCell *lc;

	foreach(lc, relationships)
	{
		DmRelationship *relationship = lfirst(lc);

		put_text(rows, object->name);
		put_text(rows, path);
		put_text(rows, relationship->type);
		put_texts(rows, path ? list_make1(psprintf("%s.%s", object->name, path)) :
							   reference_texts(relationship->from));
		put_texts(rows, reference_texts(relationship->to));
		put_text(rows, relationship->description);
		put_text(rows, relationship->pointer);
		put_row(rows);
	}
}

static void
property_relationships(Rows *rows, DmObject *object, DmProperty *property, const char *path,
					   int position)
{
	relationship_rows(rows, object, path, property->relationships);
}

Datum
dm_contract_relationship_list(PG_FUNCTION_ARGS)
{
	Rows rows;
	DmContract *contract = begin(fcinfo, &rows);
	ListCell *lc;

	foreach(lc, contract ? contract->objects : NIL)
	{
		DmObject *object = lfirst(lc);

		relationship_rows(&rows, object, NULL, object->relationships);
		visit_object(&rows, object, property_relationships);
	}
	PG_RETURN_NULL();
}

Datum
dm_contract_service_level_list(PG_FUNCTION_ARGS)
{
	Rows rows;
	DmContract *contract = begin(fcinfo, &rows);
	ListCell *lc;

	foreach(lc, contract ? contract->sla : NIL)
	{
		DmServiceLevel *level = lfirst(lc);

		put_text(&rows, level->name);
		put_text(&rows, level->property);
		put_text(&rows, level->value.pointer ? level->value.text : NULL);
		put_text(&rows, level->value_ext.pointer ? level->value_ext.text : NULL);
		put_text(&rows, level->unit);
		put_text(&rows, level->element);
		put_text(&rows, level->driver);
		put_text(&rows, level->description);
		put_text(&rows, level->scheduler);
		put_text(&rows, level->schedule);
		put_text(&rows, level->id);
		put_text(&rows, level->pointer);
		put_row(&rows);
	}
	PG_RETURN_NULL();
}
