/*
 * subject.c
 *		Data subjects: kinds, the columns that name them, and who asks for their consent.
 */
#include "postgres.h"

#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "access/subject.h"
#include "base/words.h"
#include "catalog/table.h"
#include "compat/pg_compat.h"

static const char *const key_type_names[] = {
	[DM_KEY_INTEGER] = "integer",
	[DM_KEY_TEXT] = "text",
	[DM_KEY_UUID] = "uuid",
};

static DmKeyType
key_type_from_name(const char *name)
{
	for (int i = 0; i < lengthof(key_type_names); i++)
		if (strcmp(key_type_names[i], name) == 0)
			return (DmKeyType) i;
	elog(ERROR, "unknown key type \"%s\"", name);
}

static DmKind *
read_kind(DmScan *scan, HeapTuple tuple)
{
	Datum hash_key = dm_scan_get(scan, tuple, Anum_dm_subject_kind_hash_key, NULL);
	DmKind *kind = palloc0(sizeof(DmKind));

	kind->id = dm_scan_int8(scan, tuple, Anum_dm_subject_kind_id);
	kind->name = dm_scan_text(scan, tuple, Anum_dm_subject_kind_name);
	kind->domain_id = dm_scan_int8(scan, tuple, Anum_dm_subject_kind_domain);
	kind->key_type = key_type_from_name(dm_scan_text(scan, tuple, Anum_dm_subject_kind_key_type));
	kind->hashed = DatumGetBool(dm_scan_get(scan, tuple, Anum_dm_subject_kind_hashed, NULL));
	memcpy(kind->hash_key, VARDATA_ANY(DatumGetByteaPP(hash_key)), sizeof(kind->hash_key));
	return kind;
}

static DmKind *
find_kind(ScanKey key, const char *index_name)
{
	DmScan scan;
	HeapTuple tuple;
	DmKind *kind;

	dm_scan_begin(&scan, DM_SUBJECT_KIND, index_name, 1, key);
	tuple = dm_scan_next(&scan);
	kind = HeapTupleIsValid(tuple) ? read_kind(&scan, tuple) : NULL;
	dm_scan_end(&scan);
	return kind;
}

List *
dm_kind_list(int64 domain_id)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_SUBJECT_KIND, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		if (dm_scan_int8(&scan, tuple, Anum_dm_subject_kind_domain) == domain_id)
			result = lappend(result, read_kind(&scan, tuple));
	dm_scan_end(&scan);
	return result;
}

static List *
kind_names(void)
{
	DmScan scan;
	HeapTuple tuple;
	List *names = NIL;

	dm_scan_begin(&scan, DM_SUBJECT_KIND, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		names = lappend(names, dm_scan_text(&scan, tuple, Anum_dm_subject_kind_name));
	dm_scan_end(&scan);
	return names;
}

DmKind *
dm_kind_get(const char *name, bool missing_ok)
{
	ScanKeyData key;
	DmKind *kind;

	dm_key_text(&key, Anum_dm_subject_kind_name, name);
	kind = find_kind(&key, "subject_kind_name_key");
	if (kind == NULL && !missing_ok)
	{
		char *nearest = dm_nearest(name, kind_names());

		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("kind of subject \"%s\" does not exist", name),
				 nearest ? errhint("Perhaps you meant %s.", nearest) :
						   errhint("Use dm_register_subject first.")));
	}
	return kind;
}

DmKind *
dm_kind_get_by_id(int64 id, bool missing_ok)
{
	ScanKeyData key;
	DmKind *kind;

	dm_key_int8(&key, Anum_dm_subject_kind_id, id);
	kind = find_kind(&key, "subject_kind_pkey");
	if (kind == NULL && !missing_ok)
		elog(ERROR, "no kind of subject with id " INT64_FORMAT, id);
	return kind;
}

DmKind *
dm_kind_create(const char *name, int64 domain_id, DmKeyType key_type, bool hashed)
{
	DmRow row;
	bytea *hash_key = palloc(VARHDRSZ + sizeof(((DmKind *) 0)->hash_key));

	SET_VARSIZE(hash_key, VARHDRSZ + sizeof(((DmKind *) 0)->hash_key));
	if (!pg_strong_random(VARDATA(hash_key), sizeof(((DmKind *) 0)->hash_key)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate random values")));
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_subject_kind_id, Int64GetDatum(dm_table_next_id(DM_SUBJECT_KIND)));
	dm_row_set_text(&row, Anum_dm_subject_kind_name, name);
	dm_row_set(&row, Anum_dm_subject_kind_domain, Int64GetDatum(domain_id));
	dm_row_set_text(&row, Anum_dm_subject_kind_key_type, key_type_names[key_type]);
	dm_row_set(&row, Anum_dm_subject_kind_hashed,
			   BoolGetDatum(hashed || key_type != DM_KEY_INTEGER));
	dm_row_set(&row, Anum_dm_subject_kind_hash_key, PointerGetDatum(hash_key));
	dm_row_set(&row, Anum_dm_subject_kind_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_subject_kind_created_by, ObjectIdGetDatum(GetUserId()));
	dm_table_insert(DM_SUBJECT_KIND, &row);
	return dm_kind_get(name, false);
}

bool
dm_key_type_of(Oid typid, DmKeyType *key_type)
{
	switch (getBaseType(typid))
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
			*key_type = DM_KEY_INTEGER;
			return true;
		case TEXTOID:
		case VARCHAROID:
			*key_type = DM_KEY_TEXT;
			return true;
		case UUIDOID:
			*key_type = DM_KEY_UUID;
			return true;
		default:
			return false;
	}
}

const char *
dm_key_type_name(DmKeyType key_type)
{
	return key_type_names[key_type];
}

bool
dm_kind_is_inside(DmKind *kind, Oid roleid)
{
	return dm_domain_is_producer(dm_domain_get_by_id(kind->domain_id), roleid);
}

void
dm_kind_check_inside(DmKind *kind)
{
	DmDomain *domain = dm_domain_get_by_id(kind->domain_id);

	if (!dm_domain_is_producer(domain, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for consents of kind \"%s\"", kind->name),
				 errdetail("The kind belongs to domain \"%s\"; only its owner and producers may do this.",
						   domain->name)));
}

static int
cmp_subjects(const ListCell *a, const ListCell *b)
{
	int64 first = ((DmSubject *) lfirst(a))->id;
	int64 second = ((DmSubject *) lfirst(b))->id;

	return (first > second) - (first < second);
}

static List *
read_subjects(const char *index_name, int nkeys, ScanKey keys)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_SUBJECT, index_name, nkeys, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		DmSubject *subject = palloc(sizeof(DmSubject));

		subject->id = dm_scan_int8(&scan, tuple, Anum_dm_subject_id);
		subject->kind_id = dm_scan_int8(&scan, tuple, Anum_dm_subject_kind);
		subject->relation = dm_scan_oid(&scan, tuple, Anum_dm_subject_relation);
		subject->column = dm_scan_text(&scan, tuple, Anum_dm_subject_column_name);
		result = lappend(result, subject);
	}
	dm_scan_end(&scan);
	list_sort(result, cmp_subjects);
	return result;
}

DmSubject *
dm_subject_get_by_id(int64 id)
{
	ScanKeyData key;
	List *found;

	dm_key_int8(&key, Anum_dm_subject_id, id);
	found = read_subjects("subject_pkey", 1, &key);
	return found == NIL ? NULL : linitial(found);
}

List *
dm_subject_list(Oid relid)
{
	ScanKeyData key;

	if (!OidIsValid(relid))
		return read_subjects(NULL, 0, NULL);
	dm_key_oid(&key, Anum_dm_subject_relation, relid);
	return read_subjects("subject_relation_idx", 1, &key);
}

bool
dm_subject_governs(DmSubject *subject, Oid relid)
{
	return relid == subject->relation ||
		   list_member_oid(find_all_inheritors(subject->relation, NoLock, NULL), relid);
}

List *
dm_requirement_list(int64 product_id)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_key_int8(&key, Anum_dm_consent_requirement_product, product_id);
	dm_scan_begin(&scan, DM_CONSENT_REQUIREMENT, "consent_requirement_pkey", 1, &key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		result = lappend(result, dm_scan_text(&scan, tuple, Anum_dm_consent_requirement_purpose));
	dm_scan_end(&scan);
	return result;
}

int
dm_requirement_count_of_purpose(const char *purpose)
{
	DmScan scan;
	HeapTuple tuple;
	int result = 0;

	dm_scan_begin(&scan, DM_CONSENT_REQUIREMENT, NULL, 0, NULL);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		if (strcmp(dm_scan_text(&scan, tuple, Anum_dm_consent_requirement_purpose), purpose) == 0)
			result++;
	dm_scan_end(&scan);
	return result;
}

static bool
kind_has_consents(int64 kind_id, const char *purpose)
{
	ScanKeyData keys[2];
	DmScan scan;
	bool result;

	dm_key_int8(&keys[0], Anum_dm_consent_set_kind, kind_id);
	dm_key_text(&keys[1], Anum_dm_consent_set_purpose, purpose);
	dm_scan_begin(&scan, DM_CONSENT_SET, "consent_set_pkey", 2, keys);
	result = HeapTupleIsValid(dm_scan_next(&scan));
	dm_scan_end(&scan);
	return result;
}

bool
dm_consent_is_recorded(const char *purpose)
{
	DmScan scan;
	HeapTuple tuple;
	bool result = false;

	dm_scan_begin(&scan, DM_SUBJECT_KIND, NULL, 0, NULL);
	while (!result && HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		result = kind_has_consents(dm_scan_int8(&scan, tuple, Anum_dm_subject_kind_id), purpose);
	dm_scan_end(&scan);
	return result;
}
