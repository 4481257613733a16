/*
 * tag_api.c
 *		SQL functions on tags and on what carries them.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/catalog.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "commands/seclabel.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/errors.h"
#include "base/strings.h"
#include "base/words.h"
#include "catalog/column.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/change.h"
#include "classify/copymark.h"
#include "classify/label.h"
#include "classify/lower.h"
#include "classify/maskspec.h"
#include "classify/tag.h"
#include "classify/tokenkey.h"
#include "compat/pg_compat.h"

PG_FUNCTION_INFO_V1(dm_create_tag);
PG_FUNCTION_INFO_V1(dm_alter_tag);
PG_FUNCTION_INFO_V1(dm_load_taxonomy);
PG_FUNCTION_INFO_V1(dm_classify);
PG_FUNCTION_INFO_V1(dm_register_mask);
PG_FUNCTION_INFO_V1(dm_drop_mask);

#define Anum_dm_taxonomy_taxonomy	 1
#define Anum_dm_taxonomy_tag		 3
#define Anum_dm_taxonomy_description 4
#define Anum_dm_taxonomy_mask		 5
#define Anum_dm_taxonomy_token_key	 6

static void
create_tag(const char *name, const char *description, const char *mask, const char *token_key)
{
	char *parent = dm_dotted_parent(name);
	DmRow row;

	dm_check_dotted("tag", name);
	if (dm_tag_get(name, true) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("tag \"%s\" already exists", name)));
	if (parent != NULL && dm_tag_get(parent, true) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("parent tag \"%s\" does not exist", parent),
				 errhint("Create it first: SELECT dm_create_tag('%s').", parent)));
	if (token_key != NULL)
		(void) dm_key_current(token_key);

	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_tag_name, name);
	dm_row_set_text(&row, Anum_dm_tag_description, description);
	dm_row_set_text(&row, Anum_dm_tag_mask, mask ? dm_mask_canonical(mask) : NULL);
	dm_row_set_text(&row, Anum_dm_tag_token_key, token_key);
	dm_row_set(&row, Anum_dm_tag_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_tag_created_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_TAG, &row);
}

/* Checks all columns that carry the tag or one below it, and has their ports follow. */
static void
reclassify(const char *tag)
{
	List *relids = NIL;
	ListCell *lc;

	foreach(lc, dm_label_find(tag))
	{
		DmLabelled *labelled = lfirst(lc);

		/* a copy has its tags whether or not their masks fit: if not, they hide the column */
		if (!dm_copy_is_marked(labelled->relid))
			dm_label_check_masks(labelled->relid, labelled->attnum, labelled->tags);
		relids = list_append_unique_oid(relids, labelled->relid);
	}
	dm_announce_classified(relids);
}

Datum
dm_create_tag(PG_FUNCTION_ARGS)
{
	char *name = dm_arg_text(fcinfo, 0, "tag");
	char *description = dm_arg_text_or_null(fcinfo, 1, "description");
	char *mask = dm_arg_text_or_null(fcinfo, 2, "mask");
	char *token_key = dm_arg_text_or_null(fcinfo, 3, "token_key");
	DmMaskState *before;

	dm_table_lock(DM_TAG, 0, ExclusiveLock);
	dm_check_dotted("tag", name);
	before = dm_mask_state(name);
	create_tag(name, description, mask, token_key);
	/* a restored label may have waited for this tag */
	reclassify(name);
	if (before->relids != NIL)
		dm_lower_mask(before);
	PG_RETURN_TEXT_P(cstring_to_text(name));
}

static void
change_tag(const char *name, DmRow *row)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_text(&key, Anum_dm_tag_name, name);
	dm_scan_begin(&scan, DM_TAG, "tag_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (row != NULL)
		dm_table_update(&scan, tuple, row);
	else
		dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
}

/* What takes a tag's own mask or key off, so that it inherits again. */
static bool
is_none(const char *text)
{
	return strcmp(text, "none") == 0;
}

Datum
dm_alter_tag(PG_FUNCTION_ARGS)
{
	char *name = dm_arg_text(fcinfo, 0, "tag");
	char *description = dm_arg_text_or_null(fcinfo, 1, "description");
	char *mask = dm_arg_text_or_null(fcinfo, 2, "mask");
	char *token_key = dm_arg_text_or_null(fcinfo, 3, "token_key");
	DmMaskState *before;
	DmRow row;

	dm_table_lock(DM_TAG, 0, ExclusiveLock);
	(void) dm_tag_get(name, false);
	before = dm_mask_state(name);
	dm_row_init(&row);
	if (description != NULL)
		dm_row_set_text(&row, Anum_dm_tag_description, description);
	if (mask != NULL)
		dm_row_set_text(&row, Anum_dm_tag_mask, is_none(mask) ? NULL : dm_mask_canonical(mask));
	if (token_key != NULL)
	{
		if (!is_none(token_key))
			(void) dm_key_current(token_key);
		dm_row_set_text(&row, Anum_dm_tag_token_key, is_none(token_key) ? NULL : token_key);
	}
	change_tag(name, &row);
	if (mask != NULL || token_key != NULL)
	{
		reclassify(name);
		dm_lower_mask(before);
	}
	PG_RETURN_VOID();
}

void
dm_tag_drop(const char *name)
{
	List *labelled;
	ListCell *lc;

	foreach(lc, dm_tag_names())
		if (strcmp(lfirst(lc), name) != 0 && dm_dotted_covers(name, lfirst(lc)))
			ereport(ERROR,
					(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
					 errmsg("cannot drop tag \"%s\"", name),
					 errdetail("Tag \"%s\" lies below it.", (char *) lfirst(lc))));
	labelled = dm_label_find(name);
	if (labelled != NIL)
	{
		DmLabelled *first = linitial(labelled);

		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop tag \"%s\"", name),
				 errdetail_plural("%d column carries it: column \"%s\" of relation \"%s\".",
								  "%d columns carry it, column \"%s\" of relation \"%s\" among them.",
								  list_length(labelled), list_length(labelled),
								  get_attname(first->relid, first->attnum, true),
								  get_rel_name(first->relid)),
				 errhint("Use dm_classify to give these columns other tags first.")));
	}
	dm_change_record("tag", psprintf("tag %s", name), dm_tag_mask(name), NULL, NULL);
	change_tag(name, NULL);
}

Datum
dm_load_taxonomy(PG_FUNCTION_ARGS)
{
	char *taxonomy = dm_arg_text(fcinfo, 0, "taxonomy");
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	int seen = 0;
	int created = 0;

	dm_table_lock(DM_TAG, 0, ExclusiveLock);
	dm_key_text(&key, Anum_dm_taxonomy_taxonomy, taxonomy);
	dm_scan_begin(&scan, DM_TAXONOMY, "taxonomy_pkey", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		char *tag = dm_scan_text(&scan, tuple, Anum_dm_taxonomy_tag);
		char *token_key = dm_scan_text(&scan, tuple, Anum_dm_taxonomy_token_key);

		seen++;
		/* what the site has defined before stays as it is */
		if (dm_tag_get(tag, true) != NULL)
			continue;
		if (token_key != NULL)
			dm_key_ensure(token_key);
		create_tag(tag, dm_scan_text(&scan, tuple, Anum_dm_taxonomy_description),
				   dm_scan_text(&scan, tuple, Anum_dm_taxonomy_mask), token_key);
		created++;
	}
	dm_scan_end(&scan);
	if (seen == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("taxonomy \"%s\" does not exist", taxonomy),
				 errhint("The stock taxonomy is \"default\".")));
	PG_RETURN_INT32(created);
}

Datum
dm_classify(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	char *column = dm_arg_name(fcinfo, 1, "column");
	List *tags = dm_arg_list(fcinfo, 2, "tags");
	List *unique = NIL;
	ListCell *lc;

	if (PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"tags\" must not be null"),
				 errhint("No tags at all take the classification away.")));
	(void) dm_column_find(relid, column);
	/* before the relation is locked; who may not label it shall not hold anybody up */
	if (dm_class_ownercheck(relid, GetUserId()))
		dm_announce_classifying(list_make1_oid(relid));
	foreach(lc, tags)
		unique = dm_string_append_unique(unique, lfirst(lc));
	dm_label_set(relid, column, unique);
	if (tags == NIL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(dm_label_text(unique)));
}

static Oid
function_argument(FunctionCallInfo fcinfo)
{
	Oid funcid;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"function\" must not be null")));
	funcid = PG_GETARG_OID(0);
	if (get_func_name(funcid) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("function with OID %u does not exist", funcid)));
	return funcid;
}

static void
label_function(Oid funcid, const char *label)
{
	ObjectAddress address;

	ObjectAddressSet(address, ProcedureRelationId, funcid);
	SetSecurityLabel(&address, "datamesh", label);
	CommandCounterIncrement();
}

Datum
dm_register_mask(PG_FUNCTION_ARGS)
{
	Oid funcid = function_argument(fcinfo);
	HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(funcid));
	Form_pg_proc form = (Form_pg_proc) GETSTRUCT(tuple);
	const char *problem = NULL;

	if (form->prokind != PROKIND_FUNCTION || form->proretset)
		problem = "A mask is a plain function that returns one value.";
	else if (form->provolatile != PROVOLATILE_IMMUTABLE)
		problem = "A mask must be immutable.";
	else if (form->prosecdef)
		problem = "A mask must not be SECURITY DEFINER.";
	else if (form->pronargs < 1)
		problem = "A mask takes the value as its first argument.";
	ReleaseSysCache(tuple);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_FUNCTION_DEFINITION),
				 errmsg("function %s cannot be a mask", format_procedure(funcid)),
				 errdetail("%s", problem)));
	if (IsCatalogNamespace(get_func_namespace(funcid)))
		ereport(NOTICE,
				(errmsg("function %s is a mask without being registered",
						format_procedure(funcid))));
	else
		label_function(funcid, dm_mask_label(funcid));
	PG_RETURN_VOID();
}

Datum
dm_drop_mask(PG_FUNCTION_ARGS)
{
	Oid funcid = function_argument(fcinfo);
	char *tag;

	if (dm_mask_registered_name(funcid) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("function %s is not a registered mask", format_procedure(funcid))));
	dm_table_lock(DM_TAG, 0, ExclusiveLock);
	tag = dm_tag_with_mask(funcid);
	if (tag != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("function %s is the mask of tag \"%s\"", format_procedure(funcid), tag)));
	label_function(funcid, NULL);
	PG_RETURN_VOID();
}
