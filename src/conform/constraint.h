/*
 * constraint.h
 *		What the server itself holds of the rows of a relation.
 *
 * Read from the catalogs without a lock of the relation.
 */
#ifndef DM_CONFORM_CONSTRAINT_H
#define DM_CONFORM_CONSTRAINT_H

#include "access/attnum.h"
#include "nodes/pg_list.h"

/* Columns that no two rows have alike: those of a valid unique index over all rows. */
typedef struct DmKey
{
	List *attnums; /* sorted */
} DmKey;

typedef struct DmForeignKey
{
	Oid target;
	List *from; /* attribute numbers, in the order of the constraint */
	List *to;
} DmForeignKey;

typedef struct DmConstraints
{
	Oid relid;
	bool enforced;		/* false for relations whose rows the server does not check */
	bool has_children;	/* by inheritance, not by partitioning */
	List *keys;			/* DmKey * */
	List *foreign_keys; /* DmForeignKey *: validated and enforced */
	List *checks;		/* Node *: expressions, implicitly ANDed lists are one each */
	List *unsure;		/* attribute numbers whose NOT NULL is not validated */
} DmConstraints;

/* without_index, if valid, is taken for dropped */
extern DmConstraints *dm_constraints_read(Oid relid, Oid without_index);

/* No row of the relation, or of what inherits from it, has a NULL there. */
extern bool dm_holds_not_null(DmConstraints *constraints, const char *column);

/* No two rows agree in these columns. */
extern bool dm_holds_unique(DmConstraints *constraints, List *attnums);

/* Each row's values are those of a row of the target, column by column, or one is NULL. */
extern bool dm_holds_reference(DmConstraints *constraints, List *from, Oid target, List *to);

#endif /* DM_CONFORM_CONSTRAINT_H */
