/*
 * label.c
 *		Classification of columns: security labels of provider "datamesh".
 *
 * SECURITY LABEL and dm_classify come through the same hook, which the server
 * calls before it writes the label, after it has checked the ownership of the
 * relation and locked it.  The hook writes the label itself, so that whoever
 * listens sees it and the ports follow in the same command; the server then
 * writes the same label again.
 *
 * pg_dump restores labels before the rows of our tables.  It runs with
 * check_function_bodies off, the switch that says "this is a restore, not everything is
 * there yet": tags are then not looked up.  An unknown tag hides its column
 * wholly, so nothing can be opened that way.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_seclabel.h"
#include "commands/seclabel.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/errors.h"
#include "base/run_as.h"
#include "base/strings.h"
#include "base/words.h"
#include "catalog/listen.h"
#include "catalog/relation.h"
#include "catalog/table.h"
#include "classify/copymark.h"
#include "classify/label.h"
#include "classify/lower.h"
#include "classify/maskprobe.h"
#include "classify/maskspec.h"
#include "classify/tag.h"
#include "registry/portrow.h"
#include "registry/schemalabel.h"

List *
dm_label_split(const char *label)
{
	char *copy = pstrdup(label);
	char *next = copy;
	List *tags = NIL;

	while (next != NULL)
	{
		char *tag = next;
		char *end;

		next = strchr(tag, ',');
		if (next != NULL)
			*next++ = '\0';
		while (*tag == ' ' || *tag == '\t' || *tag == '\n')
			tag++;
		end = tag + strlen(tag);
		while (end > tag && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n'))
			*--end = '\0';
		tags = dm_string_append_unique(tags, tag);
	}
	return tags;
}

char *
dm_label_text(List *tags)
{
	StringInfoData buf;
	ListCell *lc;

	if (tags == NIL)
		return NULL;
	initStringInfo(&buf);
	foreach(lc, tags)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", (char *) lfirst(lc));
	return buf.data;
}

List *
dm_label_get(Oid relid, AttrNumber attnum)
{
	ObjectAddress address;
	char *label;

	ObjectAddressSubSet(address, RelationRelationId, relid, attnum);
	label = GetSecurityLabel(&address, "datamesh");
	return label == NULL ? NIL : dm_label_split(label);
}

void
dm_label_inherit(Oid relid, AttrNumber attnum, List *tags)
{
	ObjectAddress address;

	ObjectAddressSubSet(address, RelationRelationId, relid, attnum);
	SetSecurityLabel(&address, "datamesh", dm_label_text(tags));
	CommandCounterIncrement();
}

void
dm_label_set(Oid relid, const char *column, List *tags)
{
	SecLabelStmt *stmt = makeNode(SecLabelStmt);

	PreventCommandIfReadOnly("SECURITY LABEL");
	stmt->objtype = OBJECT_COLUMN;
	stmt->object = (Node *) list_make3(makeString(get_namespace_name(get_rel_namespace(relid))),
									   makeString(get_rel_name(relid)),
									   makeString(pstrdup(column)));
	stmt->provider = "datamesh";
	stmt->label = dm_label_text(tags);
	(void) ExecSecLabelStmt(stmt);
	CommandCounterIncrement();
}

List *
dm_label_find(const char *tag)
{
	Relation rel = table_open(SecLabelRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;
	List *result = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		FormData_pg_seclabel *form = (FormData_pg_seclabel *) GETSTRUCT(tuple);
		bool isnull;
		char *provider;
		List *tags;
		ListCell *lc;

		if (form->classoid != RelationRelationId || form->objsubid == 0)
			continue;
		provider = TextDatumGetCString(heap_getattr(tuple, Anum_pg_seclabel_provider,
													RelationGetDescr(rel), &isnull));
		if (strcmp(provider, "datamesh") != 0)
			continue;
		tags = dm_label_split(TextDatumGetCString(heap_getattr(tuple, Anum_pg_seclabel_label,
															   RelationGetDescr(rel), &isnull)));
		foreach(lc, tags)
		{
			if (dm_dotted_covers(tag, lfirst(lc)))
			{
				DmLabelled *labelled = palloc(sizeof(DmLabelled));

				labelled->relid = form->objoid;
				labelled->attnum = form->objsubid;
				labelled->tags = tags;
				result = lappend(result, labelled);
				break;
			}
		}
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

void
dm_label_check_masks(Oid relid, AttrNumber attnum, List *tags)
{
	char *column = get_attname(relid, attnum, false);
	Oid typid;
	int32 typmod;
	Oid collation;
	DmRestriction saved;
	ListCell *lc;

	get_atttypetypmodcoll(relid, attnum, &typid, &typmod, &collation);
	foreach(lc, tags)
	{
		char *mask = dm_tag_mask(lfirst(lc));
		char *why = NULL;

		if (mask == NULL)
			continue;
		if (dm_mask_expression(mask, quote_identifier(column), typid, typmod, &why) == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_DM_CLASSIFICATION),
					 errmsg("mask \"%s\" of tag \"%s\" does not fit column \"%s\" of relation \"%s\"",
							mask, (char *) lfirst(lc), column, get_rel_name(relid)),
					 errdetail("%s", why),
					 errhint("Use another tag, or give the tag a mask for type %s, such as dm_mask_null.",
							 format_type_be(typid))));
		/* reading the sample may call functions of who made the column's type */
		dm_restrict_begin(&saved, dm_relation_owner(relid));
		dm_mask_probe(mask, typid, typmod);
		dm_restrict_end(&saved);
	}
}

static bool
restoring(void)
{
	return !check_function_bodies;
}

static void
check_column_label(Oid relid, AttrNumber attnum, const char *label)
{
	List *tags = dm_label_split(label);
	ListCell *lc;

	foreach(lc, tags)
	{
		dm_check_dotted("tag", lfirst(lc));
		if (!restoring())
			(void) dm_tag_get(lfirst(lc), false);
	}
	if (!restoring())
		dm_label_check_masks(relid, attnum, tags);
}

static void
relabel_column(const ObjectAddress *object, const char *label)
{
	if (object->objectSubId < 0)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cannot classify a system column")));
	if (dm_schema_product(get_rel_namespace(object->objectId)) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DM_MANAGED_OBJECT),
				 errmsg("cannot classify a column of port \"%s\"", get_rel_name(object->objectId)),
				 errhint("Classify the column of the relation that the port shows; the port follows.")));
	if (isAnyTempNamespace(get_rel_namespace(object->objectId)))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("cannot classify a column of temporary relation \"%s\"",
						get_rel_name(object->objectId))));

	/* dm_classify and the event trigger on SECURITY LABEL did so before the relation was locked */
	if (!restoring())
		dm_announce_classifying(list_make1_oid(object->objectId));
	if (label != NULL)
		check_column_label(object->objectId, object->objectSubId, label);
	/* a restore labels what has no label yet, and lowers nothing */
	dm_lower_column(object->objectId, object->objectSubId,
					label == NULL ? NIL : dm_label_split(label));

	SetSecurityLabel(object, "datamesh", label);
	CommandCounterIncrement();
	dm_announce_classified(list_make1_oid(object->objectId));
}

/* The labels on other objects are ours alone; only a restore may bring them back. */
static void
relabel_managed(const char *kind, const char *call)
{
	if (dm_in_internal() || (restoring() && superuser()))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DM_MANAGED_OBJECT),
			 errmsg("the datamesh label of a %s is managed", kind),
			 errhint("Use %s.", call)));
}

static void
relabel(const ObjectAddress *object, const char *label)
{
	switch (object->classId)
	{
		case RelationRelationId:
			if (object->objectSubId != 0)
			{
				relabel_column(object, label);
				return;
			}
			if (dm_copy_is_marked(object->objectId) || (label && dm_copy_is_mark(label)))
			{
				relabel_managed("copy", "dm_allow_sharing to have it handed on");
				return;
			}
			break;
		case NamespaceRelationId:
			relabel_managed("schema", "dm_register_domain or dm_alter_domain");
			if (label != NULL)
				dm_schema_label_check(label);
			return;
		case ProcedureRelationId:
			relabel_managed("function", "dm_register_mask or dm_drop_mask");
			return;
		default:
			break;
	}
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("labels of provider \"datamesh\" are for columns")));
}

void
dm_label_init(void)
{
	register_label_provider("datamesh", relabel);
}
