/*
 * model.h
 *		A data contract (ODCS 3.0.0 - 3.2.0) as C structures.
 *
 * The document stays what it is: the model is read from it, for everything
 * that has to look into a contract (lint, differences, the gate, import), and
 * each part of it knows its JSON pointer and its node in the document.  What
 * real contracts do otherwise than the standard says is bent here, when it is
 * read, and each bend is a finding.
 *
 * Strings that are absent are NULL.  The model lives in the memory context in
 * which it was read and points into the document, which must live as long.
 */
#ifndef DM_CONTRACT_MODEL_H
#define DM_CONTRACT_MODEL_H

#include "contract/model_rule.h"
#include "contract/model_terms.h"
#include "contract/semver.h"

/* the versions of the standard, in their order */
typedef enum DmApiVersion
{
	DM_API_UNKNOWN,
	DM_API_V2,
	DM_API_V30,
	DM_API_V31,
	DM_API_V32,
} DmApiVersion;

typedef struct DmProperty
{
	char *pointer;
	char *id;
	char *name;			 /* NULL only in items, map keys and map values */
	char *physical_name; /* its own, or the name */
	char *logical_type;
	char *physical_type;
	char *business_name;
	char *description;
	char *classification;
	char *encrypted_name;
	char *semantic_type;
	bool required;
	bool unique;
	bool primary_key;
	bool partitioned;
	bool critical;
	int primary_key_position; /* -1: none */
	int partition_position;	  /* -1: none */
	char *transform_logic;
	char *transform_description;
	List *transform_sources; /* char * */
	DmOptions options;
	List *tags;		  /* char * */
	List *examples;	  /* DmValue * */
	List *properties; /* DmProperty *: nested */
	struct DmProperty *items;
	struct DmProperty *map_key;
	struct DmProperty *map_value;
	List *relationships; /* DmRelationship * */
	List *quality;		 /* DmQuality * */
	JsonbContainer *node;
} DmProperty;

typedef struct DmObject
{
	char *pointer;
	char *id;
	char *name;
	char *physical_name; /* its own, or the name; may have a schema before it */
	char *physical_type;
	char *business_name;
	char *description;
	char *granularity;
	List *tags;			 /* char * */
	List *properties;	 /* DmProperty * */
	int nkeys;			 /* how many of them are of the primary key */
	List *relationships; /* DmRelationship * */
	List *quality;		 /* DmQuality * */
	JsonbContainer *node;
} DmObject;

typedef struct DmContract
{
	Jsonb *document;
	char *api_version; /* as written */
	DmApiVersion api;
	char *kind;
	char *id;
	char *name;
	char *version; /* as written */
	DmSemver semver;
	char *status;		   /* as written */
	const char *lifecycle; /* proposed, draft, active, deprecated or retired (trap T11) */
	char *tenant;
	char *domain;
	char *data_product;
	char *purpose;
	char *usage;
	char *limitations;
	char *created_ts;
	char *sla_default_element;
	List *tags;	   /* char * */
	List *objects; /* DmObject * */
	List *sla;	   /* DmServiceLevel * */
	List *servers; /* DmServer * */
	List *roles;   /* DmRole * */
	List *support; /* DmSupport * */
	char *team_name;
	char *team_description;
	bool team_is_list;	/* the shape before 3.1 (trap T8) */
	List *members;		/* DmMember * */
	char *price_amount; /* the number as written */
	char *price_currency;
	char *price_unit;
	struct names_hash *names; /* names.c; NULL until a reference is looked for */
} DmContract;

/*
 * Reads a document that was parsed.  Anything in it may be of the wrong type:
 * what cannot be read is left out, with a finding (source "import").  Lenient
 * reads more, with a warning; without it the same is an error.  A document that
 * is no contract at all gives NULL.  findings may be NULL for a document that
 * was checked before.
 */
extern DmContract *dm_contract_read(Jsonb *document, bool lenient, List **findings);

/* --- reference.c --- */

extern DmReference *dm_reference_parse(const char *text, const char *pointer);

/*
 * The object and the property that a reference means in this contract; false
 * if it does not have them, though the object may be set then.  The property is
 * NULL for a reference to an object.  Nested ones go through arrays and maps.
 */
extern bool dm_reference_resolve(DmContract *contract, DmReference *reference, DmObject **object,
								 DmProperty **property);

extern DmObject *dm_contract_object(DmContract *contract, const char *name);
extern DmProperty *dm_object_property(DmObject *object, const char *name);

/* --- model_value.c --- */

/* the value of a custom property of a node; false if it has none of that name */
extern bool dm_custom_property(JsonbContainer *node, const char *property, JsonbValue *value);

#endif /* DM_CONTRACT_MODEL_H */
