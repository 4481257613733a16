/*
 * comments.c
 *		COMMENTs on ports and the descriptions of their contract, kept in step.
 *
 * The server does not know when a comment was written, so nobody can tell which
 * of two texts is newer: the call says whose text is to win.  Where the comment
 * on a port and the one on the relation below it differ, the one that is not
 * what the contract says is taken for the newer.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "commands/comment.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "base/args.h"
#include "base/errors.h"
#include "base/finding.h"
#include "base/json.h"
#include "compat/pg_compat.h"
#include "contract/key_order.h"
#include "contract/locate.h"
#include "contract/version.h"
#include "exchange/comments.h"
#include "format/document.h"
#include "port/viewtext.h"
#include "registry/portrow.h"

PG_FUNCTION_INFO_V1(dm_sync_comments);

typedef enum Direction
{
	DRIFT_ONLY,
	TO_COMMENTS,
	TO_CONTRACT
} Direction;

static bool
same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The comment that counts, of the one on the port and the one below. */
static char *
comment_in_force(const char *on_port, const char *on_source, const char *description)
{
	if (on_port != NULL && !same(on_port, description))
		return pstrdup(on_port);
	if (on_source != NULL && !same(on_source, description))
		return pstrdup(on_source);
	if (on_port == NULL)
		on_port = on_source;
	return on_port != NULL ? pstrdup(on_port) : NULL;
}

static void
compare(List **drift, DmCommentDrift *place)
{
	DmCommentDrift *copy;
	char *on_port = GetComment(place->view, RelationRelationId, place->attnum);
	char *on_source = GetComment(place->source, RelationRelationId, place->source_attnum);

	place->comment = comment_in_force(on_port, on_source, place->description);
	if (same(place->comment, place->description))
		return;
	copy = palloc(sizeof(DmCommentDrift));
	*copy = *place;
	*drift = lappend(*drift, copy);
}

/* The property that a column of a port is, NULL if the contract does not speak of it. */
static DmPortColumn *
column_of(List *columns, Oid source, DmProperty *property, AttrNumber *resno)
{
	ListCell *lc;

	*resno = 0;
	foreach(lc, columns)
	{
		DmPortColumn *column = lfirst(lc);
		char *name = get_attname(source, column->attnum, true);

		(*resno)++;
		if (name != NULL && property->physical_name != NULL &&
			strcmp(name, property->physical_name) == 0)
			return column;
	}
	return NULL;
}

static void
compare_object(DmProduct *product, DmObject *object, List **drift)
{
	DmCommentDrift place = { 0 };
	List *columns;
	ListCell *lc;

	place.view = dm_contract_port(product->id, object->name);
	if (!OidIsValid(place.view))
		return;
	columns = dm_port_columns(place.view, &place.source);
	place.pointer = object->pointer;
	place.name = object->name;
	place.description = object->description;
	compare(drift, &place);
	foreach(lc, object->properties)
	{
		DmProperty *property = lfirst(lc);
		AttrNumber resno;
		DmPortColumn *column = column_of(columns, place.source, property, &resno);

		CHECK_FOR_INTERRUPTS();
		if (column == NULL)
			continue;
		place.attnum = resno;
		place.source_attnum = column->attnum;
		place.pointer = property->pointer;
		place.name = psprintf("%s.%s", object->name, property->name);
		place.description = property->description;
		compare(drift, &place);
	}
}

List *
dm_comment_drift(DmProduct *product, DmContract *contract)
{
	List *drift = NIL;
	ListCell *lc;

	if (!same(product->description, contract->purpose))
	{
		DmCommentDrift *place = palloc0(sizeof(DmCommentDrift));

		place->pointer = "";
		place->name = product->label;
		place->comment = product->description;
		place->description = contract->purpose;
		drift = list_make1(place);
	}
	foreach(lc, contract->objects)
		compare_object(product, lfirst(lc), &drift);
	return drift;
}

void
dm_comment_findings(DmProduct *product, DmContract *contract, List **findings)
{
	ListCell *lc;

	foreach(lc, dm_comment_drift(product, contract))
	{
		DmCommentDrift *place = lfirst(lc);

		dm_finding_add(findings, "conform", DM_INFO, place->pointer,
					   "the contract describes \"%s\" otherwise than its comment does: see dm_sync_comments",
					   place->name);
	}
}

/* --- contract to comments --- */

static void
describe_product(DmProduct *product, const char *description)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_product_description, description);
	dm_product_update(product, &row);
}

/* Whoever manages the product documents its ports; what is below belongs to its owner. */
static const char *
write_comment(DmProduct *product, DmCommentDrift *place)
{
	if (place->description == NULL)
		return "none in the contract";
	if (!OidIsValid(place->view))
	{
		describe_product(product, place->description);
		return "comment changed";
	}
	CreateComments(place->view, RelationRelationId, place->attnum, place->description);
	if (!dm_class_ownercheck(place->source, GetUserId()))
		return "comment on the port changed";
	CreateComments(place->source, RelationRelationId, place->source_attnum, place->description);
	return "comment changed";
}

/* --- comments to contract --- */

/* The document with a text at the pointer; objects on the way are made. */
static Jsonb *
set_text(Jsonb *document, const char *pointer, const char *key, const char *value)
{
	List *path = NIL;
	char *segment;
	JsonbValue json;
	Jsonb *text;

	while ((segment = dm_pointer_next(&pointer)) != NULL)
		path = lappend(path, segment);
	path = lappend(path, pstrdup(key));
	json.type = jbvString;
	json.val.string.val = pstrdup(value);
	json.val.string.len = strlen(value);
	text = JsonbValueToJsonb(&json);
	return DatumGetJsonbP(DirectFunctionCall4(jsonb_set, JsonbPGetDatum(document),
											  dm_text_array(path), JsonbPGetDatum(text),
											  BoolGetDatum(true)));
}

static Jsonb *
set_purpose(Jsonb *document, const char *value)
{
	JsonbContainer *description;

	if (!dm_json_object(&document->root, "description", &description))
	{
		DmJsonBuilder b = { NULL };
		Jsonb *empty;

		dm_json_begin_object(&b, NULL);
		dm_json_end_object(&b);
		empty = dm_json_done(&b);
		document = DatumGetJsonbP(DirectFunctionCall4(jsonb_set, JsonbPGetDatum(document),
													  dm_text_array(list_make1("description")),
													  JsonbPGetDatum(empty), BoolGetDatum(true)));
	}
	return set_text(document, "/description", "purpose", value);
}

static const char *
write_description(Jsonb **document, DmCommentDrift *place)
{
	if (place->comment == NULL)
		return "no comment";
	if (!OidIsValid(place->view))
		*document = set_purpose(*document, place->comment);
	else
	{
		*document = set_text(*document, place->pointer, "description", place->comment);
		CreateComments(place->view, RelationRelationId, place->attnum, place->comment);
		/* else the older one of the two would differ from the contract next time */
		if (dm_class_ownercheck(place->source, GetUserId()))
			CreateComments(place->source, RelationRelationId, place->source_attnum,
						   place->comment);
	}
	return "description changed";
}

/* What is published does not change: its descriptions are corrected by a patch. */
static char *
next_version(DmProduct *product, DmContract *contract)
{
	if (!contract->semver.valid)
		ereport(ERROR,
				(errcode(ERRCODE_DM_CONTRACT),
				 errmsg("version \"%s\" of the contract of product \"%s\" has no successor",
						contract->version ? contract->version : "", product->label),
				 errdetail("It is no semantic version."),
				 errhint("Import a contract with the descriptions and a version such as 1.0.1.")));
	return psprintf("%d.%d.%d", contract->semver.major, contract->semver.minor,
					contract->semver.patch + 1);
}

static void
store_draft(DmProduct *product, DmContractVersion *version, DmContract *contract, Jsonb *document)
{
	DmContractDraft draft = { 0 };

	draft.version = version->version;
	if (version->state != DM_CONTRACT_DRAFT)
	{
		draft.version = next_version(product, contract);
		document = set_text(document, "", "version", draft.version);
	}
	draft.api_version = version->api_version;
	draft.contract_id = version->contract_id;
	draft.tenant = version->tenant;
	draft.document = document;
	draft.source = dm_yaml_write(document, dm_odcs_key_order);
	draft.format = "yaml";
	draft.note = "descriptions from comments";
	dm_contract_store_draft(product, &draft);
}

/* --- the SQL function --- */

static Direction
read_direction(const char *text)
{
	if (text == NULL)
		return DRIFT_ONLY;
	if (strcmp(text, "to_comments") == 0)
		return TO_COMMENTS;
	if (strcmp(text, "to_contract") == 0)
		return TO_CONTRACT;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid direction \"%s\"", text),
			 errhint("It is to_comments, to_contract, or null to see what differs.")));
}

static void
put_row(ReturnSetInfo *rsinfo, DmCommentDrift *place, const char *action)
{
	Datum values[5];
	bool nulls[5] = { false };

	values[0] = CStringGetTextDatum(place->name);
	values[1] = CStringGetTextDatum(place->pointer);
	nulls[2] = place->comment == NULL;
	values[2] = nulls[2] ? (Datum) 0 : CStringGetTextDatum(place->comment);
	nulls[3] = place->description == NULL;
	values[3] = nulls[3] ? (Datum) 0 : CStringGetTextDatum(place->description);
	values[4] = CStringGetTextDatum(action);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* The draft where there is one, for it is what the team works on; else the active contract. */
static DmContractVersion *
contract_version(DmProduct *product)
{
	DmContractVersion *version = dm_contract_draft(product->id);

	if (version == NULL)
		version = dm_contract_active(product->id);
	if (version == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DM_CONTRACT),
				 errmsg("product \"%s\" has no contract", product->label),
				 errhint("SELECT dm_import_contract(dm_describe_contract('%s')) gives it one.",
						 product->label)));
	return version;
}

Datum
dm_sync_comments(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	DmProduct *product = dm_product_get_for_update(dm_arg_text(fcinfo, 0, "product"));
	Direction direction = read_direction(dm_arg_text_or_null(fcinfo, 1, "direction"));
	DmContractVersion *version = contract_version(product);
	Jsonb *document = dm_contract_document(version);
	DmContract *contract = dm_contract_read(document, true, NULL);
	List *drift = dm_comment_drift(product, contract);
	bool described = false;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	if (direction != DRIFT_ONLY)
		dm_check_writable();
	foreach(lc, drift)
	{
		DmCommentDrift *place = lfirst(lc);

		if (direction == TO_COMMENTS)
			put_row(rsinfo, place, write_comment(product, place));
		else if (direction == TO_CONTRACT)
		{
			put_row(rsinfo, place, write_description(&document, place));
			described |= place->comment != NULL;
		}
		else
			put_row(rsinfo, place, "differs");
	}
	if (described)
		store_draft(product, version, contract, document);
	PG_RETURN_NULL();
}
