/*
 * conform.h
 *		A contract against the live catalog: what it promises, and whether that is so.
 *
 * There are two sorts of promises.  Those of shape (relation, port, columns, types) are kept or
 * broken by the catalog alone.  Those of the data (required, unique, keys, bounds, ...) are kept
 * by the server where a constraint holds them, and else can only be measured.
 */
#ifndef DM_CONFORM_CONFORM_H
#define DM_CONFORM_CONFORM_H

#include "nodes/pg_list.h"

#include "contract/model.h"
#include "contract/version.h"
#include "registry/product.h"

typedef enum DmKept
{
	DM_KEPT,
	DM_KEPT_NEARLY,	 /* shape: taken for kept, with a note */
	DM_KEPT_UNKNOWN, /* this server cannot tell */
	DM_NOT_KEPT		 /* shape: broken; data: no constraint holds it */
} DmKept;

/*
 * kind is one word: relation, port, column, privilege, physicalType, logicalType for the
 * shape; required, unique, primaryKey, relationship, and the names of options (maximum,
 * pattern, enum, ...) for the data.  Within one version of a contract, pointer and kind name a
 * promise.
 */
typedef struct DmPromise
{
	char *pointer; /* into the contract */
	const char *kind;
	char *path; /* for people: customer.email */
	bool data;
	DmKept kept;
	char *expected; /* what is promised, and what is there; NULL where there is nothing to say */
	char *found;
	char *message; /* a sentence without a full stop */
	DmObject *object;
	DmProperty *property; /* NULL for promises of the whole object */
	DmRelationship *relationship;
	List *from; /* of a relationship: attribute numbers here, and in the target; 0 for none */
	Oid target;
	List *to;
	Oid relid; /* that the object is about, InvalidOid if there is none */
} DmPromise;

/* A promise that is not kept. */
typedef DmPromise DmBreach;

/*
 * All promises of a contract, in the order of the document.  Reads catalogs alone and waits for no
 * lock of a relation, so it may be asked while others change what it is about.
 */
extern List *dm_conform_promises(DmContract *contract, DmProduct *product);

/* The same as if that index were not there; InvalidOid for none. */
extern List *dm_conform_promises_without(DmContract *contract, DmProduct *product, Oid index);

/* Those of them that are not kept: breaches of shape, and data promises that nothing holds. */
extern List *dm_conform_contract(DmContract *contract, DmProduct *product);

/*
 * What is held at this moment, as the list that is stored with a contract's version: from then on
 * the gate demands it.  Besides the data promises, the types that fit, not only nearly.
 */
extern List *dm_conform_held(List *promises);

/* The promises as such a list, whether they are held or not. */
extern List *dm_conform_keys(List *promises);

/*
 * The breaches among the promises, for a contract in force: what is not kept of the shape, and what
 * of the stored list is held no longer.
 */
extern List *dm_conform_broken(List *promises, List *held);

/* The relation that an object of the contract is about, by its port or else by its name. */
extern Oid dm_conform_relation(DmContract *contract, DmProduct *product, DmObject *object);

/* The relation that a port shows; like dm_port_source, without a lock. */
extern Oid dm_conform_port_source(Oid view);

/*
 * The model of a stored version.  It is kept by the session, since versions do not change, and is
 * valid until the next call.
 */
extern DmContract *dm_conform_model(DmContractVersion *version);

#endif /* DM_CONFORM_CONFORM_H */
