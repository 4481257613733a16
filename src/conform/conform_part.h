/*
 * conform_part.h
 *		What the files of conform share.
 */
#ifndef DM_CONFORM_CONFORM_PART_H
#define DM_CONFORM_CONFORM_PART_H

#include "access/attnum.h"

#include "conform/conform.h"
#include "conform/constraint.h"

/* One object of a contract that is being looked at. */
typedef struct DmConforming
{
	DmContract *contract;
	DmProduct *product;
	DmObject *object;
	Oid relid;			 /* what it is about; InvalidOid if there is none */
	Oid view;			 /* its port */
	struct Query *query; /* of the port; NULL if there is none */
	Index varno;		 /* of the relation in it */
	Oid without_index;	 /* taken for dropped */
	DmConstraints *constraints;
	struct DmDescribed *described; /* its columns, once the facts have been read */
	List *facts;				   /* DmFact *: what CHECK constraints say */
	List **promises;
} DmConforming;

/* A column as the catalog has it. */
typedef struct DmColumnType
{
	AttrNumber attnum;
	Oid typid;
	int32 typmod;
} DmColumnType;

/* False if the relation has no such column. */
extern bool dm_column_type(Oid relid, const char *column, DmColumnType *result);

/* Adds a promise about a property, or about the object with NULL. */
extern DmPromise *dm_promise_add(DmConforming *c, DmProperty *property, const char *pointer,
								 const char *kind, bool data, DmKept kept);

/* The column of the relation, and of the port, that has the property's values. */
extern const char *dm_property_column(DmProperty *property);

/* conform_data.c: promises of the rows */
extern void dm_conform_data(DmConforming *c);

/* conform_option.c: those of the options of a property */
extern void dm_conform_options(DmConforming *c, DmProperty *property, DmColumnType *column);

#endif /* DM_CONFORM_CONFORM_PART_H */
