/*
 * subject.h
 *		Data subjects: kinds, the columns that name them, and who asks for their consent.
 *
 * Relations that share a kind ("person") share its consents.  The kind belongs to the domain
 * that registered it first: its owner and producers record consents, nobody else.
 */
#ifndef DM_ACCESS_SUBJECT_H
#define DM_ACCESS_SUBJECT_H

#include "nodes/pg_list.h"

#include "access/decide.h"
#include "registry/domain.h"

#define Anum_dm_subject_kind_id			1
#define Anum_dm_subject_kind_name		2
#define Anum_dm_subject_kind_domain		3
#define Anum_dm_subject_kind_key_type	4
#define Anum_dm_subject_kind_hashed		5
#define Anum_dm_subject_kind_hash_key	6
#define Anum_dm_subject_kind_created_at 7
#define Anum_dm_subject_kind_created_by 8

#define Anum_dm_subject_id			1
#define Anum_dm_subject_kind		2
#define Anum_dm_subject_relation	3
#define Anum_dm_subject_column_name 4
#define Anum_dm_subject_created_at	5
#define Anum_dm_subject_created_by	6

#define Anum_dm_consent_requirement_product	   1
#define Anum_dm_consent_requirement_purpose	   2
#define Anum_dm_consent_requirement_created_at 3
#define Anum_dm_consent_requirement_created_by 4

#define Anum_dm_consent_set_kind	1
#define Anum_dm_consent_set_purpose 2
#define Anum_dm_consent_set_chunk	3
#define Anum_dm_consent_set_granted 4
#define Anum_dm_consent_set_denied	5

typedef enum DmKeyType
{
	DM_KEY_INTEGER, /* smallint, integer, bigint */
	DM_KEY_TEXT,	/* text, varchar */
	DM_KEY_UUID
} DmKeyType;

typedef struct DmKind
{
	int64 id;
	char *name;
	int64 domain_id;
	DmKeyType key_type;
	bool hashed; /* stored as digests; always so unless keys are integers */
	uint64 hash_key[2];
} DmKind;

/* A column that names the data subject of each row. */
typedef struct DmSubject
{
	int64 id;
	int64 kind_id;
	Oid relation;
	char *column;
} DmSubject;

/* The kind, NULL or an error that tells the nearest ones if there is none. */
extern DmKind *dm_kind_get(const char *name, bool missing_ok);
extern DmKind *dm_kind_get_by_id(int64 id, bool missing_ok);

/* The kinds of a domain. */
extern List *dm_kind_list(int64 domain_id);

/* Registers a kind. */
extern DmKind *dm_kind_create(const char *name, int64 domain_id, DmKeyType key_type, bool hashed);

/* The type of key that a column's type makes; false for a type that is none. */
extern bool dm_key_type_of(Oid typid, DmKeyType *key_type);
extern const char *dm_key_type_name(DmKeyType key_type);

/* True for who may record consents of the kind, and see them. */
extern bool dm_kind_is_inside(DmKind *kind, Oid roleid);

/* Fails unless the current user may record its consents. */
extern void dm_kind_check_inside(DmKind *kind);

/* The registration of that number; NULL for none. */
extern DmSubject *dm_subject_get_by_id(int64 id);

/* The registrations of a relation, or of all with InvalidOid, by number. */
extern List *dm_subject_list(Oid relid);

/* Does a registration concern a relation: is it the registered one, or a child of it? */
extern bool dm_subject_governs(DmSubject *subject, Oid relid);

/* The purposes for which a product asks for consent. */
extern List *dm_requirement_list(int64 product_id);

/* How many products require consent for a purpose; is any consent to it recorded? */
extern int dm_requirement_count_of_purpose(const char *purpose);
extern bool dm_consent_is_recorded(const char *purpose);

#endif /* DM_ACCESS_SUBJECT_H */
