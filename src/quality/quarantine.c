/*
 * quarantine.c
 *		The side tables of rules in mode "quarantine".
 *
 * A side table has the columns of its table, by name and type, without defaults and constraints,
 * and a few of its own.  It belongs to the table's owner; whoever else is granted something on it
 * sees no row, since its row security is on and has no policy.  Labels are those of the table.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "rewrite/rowsecurity.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "base/run_as.h"
#include "base/sqlname.h"
#include "catalog/column.h"
#include "catalog/relation.h"
#include "catalog/table.h"
#include "classify/label.h"
#include "compat/pg_compat.h"
#include "quality/quarantine.h"

static const char *const own_columns[] = {
	DM_QUARANTINE_ID,
	DM_QUARANTINE_RULES,
	DM_QUARANTINE_REASON,
	DM_QUARANTINE_AT,
	DM_QUARANTINE_BY,
};

bool
dm_quarantine_is_own_column(const char *name)
{
	for (int i = 0; i < lengthof(own_columns); i++)
		if (strcmp(own_columns[i], name) == 0)
			return true;
	return false;
}

/* The rows of our table */

static Oid
find_other(const char *index, AttrNumber by, Oid value, AttrNumber wanted)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	Oid result = InvalidOid;

	dm_key_oid(&key, by, value);
	dm_scan_begin(&scan, DM_QUARANTINE, index, 1, &key);
	tuple = dm_scan_next(&scan);
	if (tuple != NULL)
		result = dm_scan_oid(&scan, tuple, wanted);
	dm_scan_end(&scan);
	return result;
}

Oid
dm_quarantine_side(Oid relid)
{
	return find_other("quarantine_pkey", Anum_dm_quarantine_relation, relid,
					  Anum_dm_quarantine_side);
}

Oid
dm_quarantine_relation(Oid side)
{
	return find_other("quarantine_side_key", Anum_dm_quarantine_side, side,
					  Anum_dm_quarantine_relation);
}

Oid
dm_quarantine_side_above(Oid relid)
{
	Oid side = dm_quarantine_side(relid);
	ListCell *lc;

	if (OidIsValid(side) || !get_rel_relispartition(relid))
		return side;
	foreach(lc, get_partition_ancestors(relid))
	{
		side = dm_quarantine_side(lfirst_oid(lc));
		if (OidIsValid(side))
			return side;
	}
	return InvalidOid;
}

List *
dm_quarantine_relations(void)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_QUARANTINE, NULL, 0, NULL);
	while ((tuple = dm_scan_next(&scan)) != NULL)
		result = lappend_oid(result, dm_scan_oid(&scan, tuple, Anum_dm_quarantine_relation));
	dm_scan_end(&scan);
	list_sort(result, list_oid_cmp);
	return result;
}

static void
insert_row(Oid relid, Oid side)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_quarantine_relation, ObjectIdGetDatum(relid));
	dm_row_set(&row, Anum_dm_quarantine_side, ObjectIdGetDatum(side));
	dm_row_set(&row, Anum_dm_quarantine_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_quarantine_created_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_QUARANTINE, &row);
}

static void
delete_row(Oid relid)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_oid(&key, Anum_dm_quarantine_relation, relid);
	dm_scan_begin(&scan, DM_QUARANTINE, "quarantine_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (tuple != NULL)
		dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
}

/* The side table */

static char *
type_sql(Form_pg_attribute att)
{
	char *type = format_type_extended(att->atttypid, att->atttypmod,
									  FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY);
	Oid collation = att->attcollation;

	if (!OidIsValid(collation) || collation == get_typcollation(att->atttypid))
		return type;
	return psprintf("%s COLLATE %s", type, generate_collation_name(collation));
}

/* The user columns of a relation: name and type are all that counts. */
static List *
columns_of(Relation rel)
{
	TupleDesc desc = RelationGetDescr(rel);
	List *result = NIL;

	for (int i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped)
			result = lappend(result, TupleDescAttr(desc, i));
	return result;
}

static char *
columns_sql(Oid relid)
{
	Relation rel = table_open(relid, AccessShareLock);
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, columns_of(rel))
	{
		Form_pg_attribute att = lfirst(lc);

		if (dm_quarantine_is_own_column(NameStr(att->attname)))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("rows of relation \"%s\" cannot be set aside",
							RelationGetRelationName(rel)),
					 errdetail("It has a column \"%s\", which is one of a side table's own.",
							   NameStr(att->attname)),
					 errhint("Rename the column.")));
		appendStringInfo(&buf, "%s %s, ", quote_identifier(NameStr(att->attname)), type_sql(att));
	}
	table_close(rel, NoLock);
	return buf.data;
}

static void
execute(Oid owner, char *sql)
{
	dm_execute_as(owner, sql);
}

/* Default privileges of the schema may have given something to others. */
static void
revoke_all(Oid side, Oid owner)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(side));
	bool isnull;
	Datum datum = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_relacl, &isnull);
	Acl *acl = isnull ? NULL : DatumGetAclPCopy(datum);

	ReleaseSysCache(tuple);
	for (int i = 0; acl != NULL && i < ACL_NUM(acl); i++)
	{
		Oid grantee = ACL_DAT(acl)[i].ai_grantee;

		if (grantee != owner)
			execute(owner, psprintf("REVOKE ALL ON %s FROM %s CASCADE", dm_relation_sql(side),
									grantee == ACL_ID_PUBLIC ? "PUBLIC" : dm_role_sql(grantee)));
	}
}

void
dm_quarantine_make(Oid relid)
{
	Oid owner = dm_relation_owner(relid);
	Oid nspid = get_rel_namespace(relid);
	Oid side = dm_quarantine_side(relid);
	char *name;

	if (OidIsValid(side) && get_rel_relkind(side) != '\0')
		return;
	delete_row(relid);
	name = ChooseRelationName(get_rel_name(relid), NULL, "quarantine", nspid, false);
	execute(owner,
			psprintf("CREATE TABLE %s.%s (%s" DM_QUARANTINE_ID
					 " pg_catalog.int8 GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, " DM_QUARANTINE_RULES " pg_catalog.text[] NOT NULL, " DM_QUARANTINE_REASON " pg_catalog.text NOT NULL, " DM_QUARANTINE_AT " pg_catalog.timestamptz NOT NULL, " DM_QUARANTINE_BY " pg_catalog.name NOT NULL)",
					 dm_schema_sql(nspid), quote_identifier(name), columns_sql(relid)));
	side = get_relname_relid(name, nspid);
	revoke_all(side, owner);
	execute(owner, psprintf("ALTER TABLE %s ENABLE ROW LEVEL SECURITY", dm_relation_sql(side)));
	insert_row(relid, side);
	dm_quarantine_follow(relid);
}

int64
dm_quarantine_rows(Oid side)
{
	Relation rel = table_open(side, AccessShareLock);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan(rel, snapshot, 0, NULL);
	TupleTableSlot *slot = table_slot_create(rel, NULL);
	int64 result = 0;

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		result++;
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(rel, NoLock);
	return result;
}

void
dm_quarantine_drop(Oid relid)
{
	Oid side = dm_quarantine_side(relid);

	/* its owner may have no rights in the schema by now */
	if (OidIsValid(side) && get_rel_relkind(side) != '\0')
		execute(dm_extension_owner(), psprintf("DROP TABLE %s", dm_relation_sql(side)));
	delete_row(relid);
}

void
dm_quarantine_unused(Oid relid)
{
	Oid side = dm_quarantine_side(relid);
	int64 rows;

	if (!OidIsValid(side))
		return;
	if (get_rel_relkind(side) != '\0')
	{
		/* nobody writes into it meanwhile: the trigger was dropped, under a stronger lock */
		LockRelationOid(side, AccessExclusiveLock);
		rows = dm_quarantine_rows(side);
		if (rows > 0)
		{
			ereport(NOTICE,
					(errmsg("%s keeps the rows that were set aside: " INT64_FORMAT,
							dm_relation_sql(side), rows),
					 errhint("Use dm_release_quarantine or dm_drop_quarantine.")));
			return;
		}
	}
	dm_quarantine_drop(relid);
}

/* Following the table */

static Form_pg_attribute
column_named(List *columns, const char *name)
{
	ListCell *lc;

	foreach(lc, columns)
		if (strcmp(NameStr(((Form_pg_attribute) lfirst(lc))->attname), name) == 0)
			return lfirst(lc);
	return NULL;
}

/* What ALTER TABLE on the side table brings its columns in line; NULL for nothing. */
static char *
changes_sql(Oid relid, Oid side)
{
	Relation rel = table_open(relid, AccessShareLock);
	Relation side_rel = table_open(side, AccessShareLock);
	List *wanted = columns_of(rel);
	List *there = columns_of(side_rel);
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, wanted)
	{
		Form_pg_attribute att = lfirst(lc);
		const char *name = quote_identifier(NameStr(att->attname));
		Form_pg_attribute old = column_named(there, NameStr(att->attname));

		if (old == NULL)
			appendStringInfo(&buf, ", ADD COLUMN %s %s", name, type_sql(att));
		else if (dm_quarantine_is_own_column(NameStr(att->attname)))
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_COLUMN),
					 errmsg("column \"%s\" of a table with a quarantine is its side table's own",
							NameStr(att->attname))));
		else if (old->atttypid != att->atttypid || old->atttypmod != att->atttypmod ||
				 old->attcollation != att->attcollation)
			appendStringInfo(&buf, ", ALTER COLUMN %s TYPE %s USING %s::%s", name, type_sql(att),
							 name,
							 format_type_extended(att->atttypid, att->atttypmod,
												  FORMAT_TYPE_TYPEMOD_GIVEN |
													  FORMAT_TYPE_FORCE_QUALIFY));
	}
	foreach(lc, there)
	{
		const char *name = NameStr(((Form_pg_attribute) lfirst(lc))->attname);

		if (!dm_quarantine_is_own_column(name) && column_named(wanted, name) == NULL)
			appendStringInfo(&buf, ", DROP COLUMN %s", quote_identifier(name));
	}
	table_close(side_rel, NoLock);
	table_close(rel, NoLock);
	return buf.len == 0 ? NULL : psprintf("ALTER TABLE %s %s", dm_relation_sql(side), buf.data + 2);
}

bool
dm_quarantine_is_whole(Oid side)
{
	Oid relid = dm_quarantine_relation(side);
	Relation rel = table_open(side, AccessShareLock);
	bool result = rel->rd_rel->relrowsecurity && rel->trigdesc == NULL && rel->rd_rules == NULL &&
				  (rel->rd_rsdesc == NULL || rel->rd_rsdesc->policies == NIL) &&
				  rel->rd_rel->relowner == dm_relation_owner(relid);

	for (int i = 0; i < lengthof(own_columns); i++)
		result = result && get_attnum(side, own_columns[i]) != InvalidAttrNumber;
	table_close(rel, NoLock);
	return result && changes_sql(relid, side) == NULL;
}

typedef struct Labelling
{
	Oid relid;
	Oid side;
} Labelling;

/* With the server's own checks of the owner. */
static void
follow_labels(void *arg)
{
	Labelling *labelling = arg;
	int natts = dm_column_count(labelling->relid);

	for (AttrNumber attnum = 1; attnum <= natts; attnum++)
	{
		char *name = get_attname(labelling->relid, attnum, true);
		AttrNumber to = name == NULL ? InvalidAttrNumber : get_attnum(labelling->side, name);
		List *tags;
		char *wanted;
		char *there;

		if (to == InvalidAttrNumber)
			continue;
		tags = dm_column_tags(labelling->relid, attnum);
		wanted = dm_label_text(tags);
		there = dm_label_text(dm_label_get(labelling->side, to));
		if (strcmp(wanted ? wanted : "", there ? there : "") != 0)
			dm_label_set(labelling->side, name, tags);
	}
}

void
dm_quarantine_follow(Oid relid)
{
	Oid owner = dm_relation_owner(relid);
	Labelling labelling = { relid, dm_quarantine_side(relid) };
	Oid side = labelling.side;
	char *sql;

	if (!OidIsValid(side) || get_rel_relkind(side) == '\0')
		return;
	if (dm_relation_owner(side) != owner)
		execute(dm_extension_owner(), psprintf("ALTER TABLE %s OWNER TO %s", dm_relation_sql(side),
											   dm_role_sql(owner)));
	sql = changes_sql(relid, side);
	if (sql != NULL)
		execute(owner, sql);
	dm_call_as(owner, follow_labels, &labelling);
}

void
dm_quarantine_follow_rename(Oid relid, const char *from, const char *to)
{
	Oid side = dm_quarantine_side(relid);

	if (!OidIsValid(side) || get_attnum(side, from) == InvalidAttrNumber)
		return;
	if (dm_quarantine_is_own_column(to))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_COLUMN),
				 errmsg("column \"%s\" of a table with a quarantine is its side table's own", to)));
	execute(dm_relation_owner(side), psprintf("ALTER TABLE %s RENAME COLUMN %s TO %s",
											  dm_relation_sql(side), quote_identifier(from),
											  quote_identifier(to)));
}
