/*
 * rowpairs.h
 *		Pairs of rows for which a denial constraint holds.
 */
#ifndef DM_QUALITY_ROWPAIRS_H
#define DM_QUALITY_ROWPAIRS_H

/* How the value of one row compares with that of the other; numbers of B-tree strategies. */
typedef enum DmPairOp
{
	DM_PAIR_LESS = 1,
	DM_PAIR_AT_MOST = 2,
	DM_PAIR_AT_LEAST = 4,
	DM_PAIR_GREATER = 5,
	DM_PAIR_DIFFERS = 6
} DmPairOp;

/*
 * Kinds of rows, all of one key: rows of one kind have the same values.  Values are given by their
 * ranks, from 0 on.
 */
typedef struct DmRowKinds
{
	int count;
	int64 *rows; /* of each kind */
	int nops;
	DmPairOp *ops;
	int **ranks; /* for each operator, of each kind */
} DmRowKinds;

/*
 * For each kind, with how many rows a row of it makes a pair: two rows that satisfy all operators
 * in one order of them or in the other.
 */
extern int64 *dm_pair_partners(DmRowKinds *kinds);

#endif /* DM_QUALITY_ROWPAIRS_H */
