/*
 * subject_api.c
 *		Registering the columns that name data subjects.
 *
 * The condition on a registered relation is a row policy of the server's, or for one that cannot
 * have such a part of the ports that show it.  Who needs no consent has it folded away
 * (access/consent.c).  The column is the one in the policy's expression, so it follows a
 * rename; the name in our table follows by the event trigger.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "access/consent.h"
#include "access/subject.h"
#include "base/args.h"
#include "base/sqlname.h"
#include "base/words.h"
#include "catalog/column.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/change.h"
#include "classify/label.h"
#include "compat/pg_compat.h"
#include "port/condition.h"
#include "port/lowering.h"
#include "port/port.h"
#include "registry/domain.h"
#include "registry/schemalabel.h"
#include "rowpolicy/consent_set.h"
#include "rowpolicy/native.h"
#include "rowpolicy/subject_api.h"

PG_FUNCTION_INFO_V1(dm_register_subject);
PG_FUNCTION_INFO_V1(dm_drop_subject);
PG_FUNCTION_INFO_V1(dm_subject_column);

static char *
native_name(DmSubject *subject)
{
	return psprintf("consent_" INT64_FORMAT, subject->id);
}

/*
 * The domain of a relation, locked, after the check that the caller may say who sees what of the
 * relation: he has the rights of the domain's owner, and of the relation's.
 */
static DmDomain *
domain_for_update(Oid relid)
{
	char *name = dm_schema_domain(get_rel_namespace(relid));
	DmDomain *domain;

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("relation \"%s\" is in no domain", get_rel_name(relid)),
				 errhint("Use dm_register_domain or dm_alter_domain to give its schema to a domain.")));
	domain = dm_domain_get_for_update(name);
	if (!dm_class_ownercheck(relid, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(relid)),
					   get_rel_name(relid));
	return domain;
}

/* The same with the locks of the ports that will be written anew. */
static DmDomain *
lock_for_change(Oid relid)
{
	DmDomain *domain;

	if (dm_native_possible(relid))
		return domain_for_update(relid);
	/* before the domain's */
	dm_table_lock(DM_TAG, 0, ShareLock);
	dm_lineage_lock(dm_lineage(relid), ShareLock);
	domain = domain_for_update(relid);
	dm_ports_prepare(list_make1_oid(relid));
	return domain;
}

/* The condition on a registered relation. */
static char *
condition_of(DmSubject *subject)
{
	return psprintf("datamesh.consented('" INT64_FORMAT "'::bigint, %s)", subject->id,
					quote_identifier(subject->column));
}

/* What stands in a port over a relation that cannot have row security. */
static List *
conditions_of_port(Oid source)
{
	List *result = NIL;
	ListCell *lc;

	if (!dm_native_possible(source))
		foreach(lc, dm_subject_list(source))
			result = lappend(result, condition_of(lfirst(lc)));
	return result;
}

/* Fails unless there is a place for the condition that readers of ports cannot go round. */
static void
check_relation(DmDomain *domain, Oid relid)
{
	char relkind = get_rel_relkind(relid);

	if (!dm_native_possible(relid) && relkind != RELKIND_MATVIEW &&
		relkind != RELKIND_FOREIGN_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("the data subjects of relation \"%s\" cannot be registered", get_rel_name(relid)),
				 errhint("Register those of the tables that it reads.")));
	if (dm_native_possible(relid) && has_bypassrls_privilege(domain->owner))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("domain \"%s\" cannot have data subjects", domain->name),
				 errdetail("Its ports read as its owner, role \"%s\", whom the server's row security does not bind: it is a superuser or has BYPASSRLS.",
						   GetUserNameFromId(domain->owner, false)),
				 errhint("Use dm_transfer_domain to give the domain to another role.")));
}

/* The kind, made for the domain if there is none yet; it must fit the column. */
static DmKind *
kind_for(DmDomain *domain, const char *name, Oid relid, AttrNumber attnum, bool hashed)
{
	DmKeyType key_type;
	DmKind *kind;
	Oid typid = get_atttype(relid, attnum);
	char *column = get_attname(relid, attnum, false);

	if (!dm_key_type_of(typid, &key_type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of type %s cannot name data subjects", column,
						format_type_be(typid)),
				 errhint("Use a column of type integer, bigint, text, varchar or uuid.")));
	/* a name is registered once */
	dm_table_lock(DM_SUBJECT_KIND, 0, ShareUpdateExclusiveLock);
	kind = dm_kind_get(name, true);
	if (kind == NULL)
	{
		dm_check_word("kind of subject", name);
		return dm_kind_create(name, domain->id, key_type, hashed);
	}
	if (kind->key_type != key_type)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of type %s cannot name data subjects of kind \"%s\"",
						column, format_type_be(typid), name),
				 errdetail("Their keys are of type %s.", dm_key_type_name(kind->key_type)),
				 errhint("Give argument \"kind\" another name.")));
	if (hashed && !kind->hashed)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("kind of subject \"%s\" exists and is not hashed", name)));
	return kind;
}

static DmSubject *
find_subject(Oid relid, const char *column)
{
	ListCell *lc;

	foreach(lc, dm_subject_list(relid))
		if (strcmp(dm_subject_column_name(lfirst(lc)), column) == 0)
			return lfirst(lc);
	return NULL;
}

char *
dm_subject_column_name(DmSubject *subject)
{
	Node *qual = dm_native_possible(subject->relation) ?
					 dm_native_policy_qual(subject->relation, native_name(subject)) :
					 NULL;
	Node *key = dm_is_consented(qual) ? lsecond(((FuncExpr *) qual)->args) : NULL;

	return key != NULL && IsA(key, Var) ?
			   get_attname(subject->relation, ((Var *) key)->varattno, false) :
			   subject->column;
}

static void
insert_subject(DmSubject *subject)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_subject_id, Int64GetDatum(subject->id));
	dm_row_set(&row, Anum_dm_subject_kind, Int64GetDatum(subject->kind_id));
	dm_row_set(&row, Anum_dm_subject_relation, ObjectIdGetDatum(subject->relation));
	dm_row_set_text(&row, Anum_dm_subject_column_name, subject->column);
	dm_row_set(&row, Anum_dm_subject_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_subject_created_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_SUBJECT, &row);
}

static void
delete_subject(int64 id)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_int8(&key, Anum_dm_subject_id, id);
	dm_scan_begin(&scan, DM_SUBJECT, "subject_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
}

Datum
dm_register_subject(PG_FUNCTION_ARGS)
{
	DmSubject subject = { 0 };
	char *kind_name;
	bool hashed = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	DmDomain *domain;
	AttrNumber attnum;

	subject.relation = dm_arg_relation(fcinfo, 0, "relation");
	subject.column = dm_arg_name(fcinfo, 1, "column");
	kind_name = dm_arg_text(fcinfo, 2, "kind");
	domain = lock_for_change(subject.relation);
	check_relation(domain, subject.relation);
	attnum = dm_column_find(subject.relation, subject.column);
	if (find_subject(subject.relation, subject.column) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("column \"%s\" of relation \"%s\" names data subjects already",
						subject.column, get_rel_name(subject.relation))));
	subject.kind_id = kind_for(domain, kind_name, subject.relation, attnum, hashed)->id;
	subject.id = dm_table_next_id(DM_SUBJECT);
	insert_subject(&subject);
	if (dm_native_possible(subject.relation))
		dm_native_policy_set(subject.relation, native_name(&subject), condition_of(&subject));
	else
		dm_ports_follow(list_make1_oid(subject.relation));
	PG_RETURN_VOID();
}

Datum
dm_drop_subject(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	char *column = dm_arg_name(fcinfo, 1, "column");
	char *reason = dm_arg_text_or_null(fcinfo, 2, "reason");
	DmSubject *subject;
	char *object;

	(void) lock_for_change(relid);
	(void) dm_column_find(relid, column);
	subject = find_subject(relid, column);
	if (subject == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("column \"%s\" of relation \"%s\" names no data subjects", column,
						get_rel_name(relid)),
				 errhint("datamesh.subjects lists those that do.")));
	object = psprintf("%s.%s", dm_relation_sql(relid), quote_identifier(column));
	dm_lowering_check(list_make1_oid(relid), psprintf("drop the data subjects of %s", object),
					  NULL, NULL);
	delete_subject(subject->id);
	if (dm_native_possible(relid))
		dm_native_policy_drop(relid, native_name(subject));
	else
		dm_ports_follow(list_make1_oid(relid));
	dm_change_record_relation(relid, "consent", object,
							  dm_kind_get_by_id(subject->kind_id, false)->name, NULL, reason);
	PG_RETURN_VOID();
}

/* datamesh.subject_column(id): the column of a registration, by the name that it has now. */
Datum
dm_subject_column(PG_FUNCTION_ARGS)
{
	DmSubject *subject = dm_subject_get_by_id(PG_GETARG_INT64(0));

	if (subject == NULL || get_rel_name(subject->relation) == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(dm_subject_column_name(subject)));
}

void
dm_subject_after_drop(DmCommand *command)
{
	ListCell *lc;

	foreach(lc, dm_subject_list(InvalidOid))
	{
		DmSubject *subject = lfirst(lc);

		if (get_rel_relkind(subject->relation) == '\0')
			delete_subject(subject->id);
	}
}

/* The names in the table are those that new text of ports is made from. */
static void
rename_column(DmSubject *subject, const char *name)
{
	ScanKeyData key;
	DmScan scan;
	DmRow row;

	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_subject_column_name, name);
	dm_key_int8(&key, Anum_dm_subject_id, subject->id);
	dm_scan_begin(&scan, DM_SUBJECT, "subject_pkey", 1, &key);
	dm_table_update(&scan, dm_scan_next(&scan), &row);
	dm_scan_end(&scan);
}

void
dm_subject_after_command(DmCommand *command)
{
	RenameStmt *stmt = (RenameStmt *) command->parsetree;
	ListCell *lr;
	ListCell *lc;

	if (!IsA(stmt, RenameStmt) || stmt->renameType != OBJECT_COLUMN)
		return;
	foreach(lr, dm_command_touched(command, RelationRelationId))
		foreach(lc, dm_subject_list(lfirst_oid(lr)))
			if (strcmp(((DmSubject *) lfirst(lc))->column, stmt->subname) == 0)
				rename_column(lfirst(lc), stmt->newname);
}

/* Deletes a kind with its sets; the history of its consents stays. */
static void
forget_kind(DmKind *kind)
{
	ScanKeyData key;
	DmScan scan;

	dm_table_lock(DM_SUBJECT_KIND, kind->id, ExclusiveLock);
	dm_consent_set_forget(kind->id);
	dm_key_int8(&key, Anum_dm_subject_kind_id, kind->id);
	dm_scan_begin(&scan, DM_SUBJECT_KIND, "subject_kind_pkey", 1, &key);
	dm_table_delete(&scan, dm_scan_next(&scan));
	dm_scan_end(&scan);
}

/* Is it a relation of the domain? */
static bool
is_of_domain(Oid relid, DmDomain *domain)
{
	char *name = dm_schema_domain(get_rel_namespace(relid));

	return name != NULL && strcmp(name, domain->name) == 0;
}

/* DM_EVENT_DOMAIN_DROPPING: its relations are not governed any more, and its kinds go. */
static void
domain_dropping(DmEvent event, int64 id)
{
	DmDomain *domain = dm_domain_get_by_id(id);
	ListCell *lc;

	foreach(lc, dm_subject_list(InvalidOid))
	{
		DmSubject *subject = lfirst(lc);
		DmKind *kind = dm_kind_get_by_id(subject->kind_id, false);

		if (is_of_domain(subject->relation, domain))
		{
			if (dm_native_possible(subject->relation))
				dm_native_policy_drop(subject->relation, native_name(subject));
			delete_subject(subject->id);
		}
		else if (kind->domain_id == id)
			ereport(ERROR,
					(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
					 errmsg("cannot drop domain \"%s\"", domain->name),
					 errdetail("It records the consents of kind \"%s\", which relation \"%s\" of another domain uses.",
							   kind->name, get_rel_name(subject->relation)),
					 errhint("That domain has to call dm_drop_subject first.")));
	}
	foreach(lc, dm_kind_list(id))
		forget_kind(lfirst(lc));
}

void
dm_subject_init(void)
{
	dm_listen(DM_EVENT_DOMAIN_DROPPING, domain_dropping);
	dm_port_provide_conditions(conditions_of_port);
}
