/*
 * attack.h
 *		dm_attack: readings of what a product hides, run as those from whom it is hidden.
 */
#ifndef DM_DOCTOR_ATTACK_H
#define DM_DOCTOR_ATTACK_H

#include "access/attnum.h"
#include "nodes/pg_list.h"

#include "access/decide.h"
#include "registry/product.h"

/* A classified column, with some of its values as text. */
typedef struct DmSecret
{
	Oid relid;
	AttrNumber attnum;
	char *name;	   /* schema.relation.column */
	List *tags;	   /* those that hide it */
	List *values;  /* that no mask of its tags leaves as they are */
	int total;	   /* how many there were */
	int unchanged; /* and how many of them a mask leaves as they are */
	List *seen;	   /* of its values in the output of the reading at hand */
} DmSecret;

/* The secrets behind a product's ports. */
extern List *dm_attack_secrets(DmProduct *product);

/* What a reading gave. */
typedef struct DmAttackResult
{
	int sqlstate; /* 0 if it succeeded */
	uint64 rows;
} DmAttackResult;

/* Looks at one value of a reading's output, which is not null. */
typedef void (*DmAttackCell)(const char *value, int column, void *arg);

/*
 * Runs one query, of our own making, as the reader would: in a subtransaction that is read-only
 * and rolled back, without the right to change the role, and with its messages suppressed.
 */
extern DmAttackResult dm_attack_run(DmReader reader, const char *sql, DmAttackCell cell, void *arg);

#endif /* DM_DOCTOR_ATTACK_H */
