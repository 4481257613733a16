/*
 * propose.h
 *		Mining quality rules out of the rows of a relation.
 *
 * A sample of the rows is read once, with the caller's rights.  Every column becomes an array of
 * numbers, one for each row, and a dictionary of what they stand for; all that is looked for
 * afterwards is found in these.
 */
#ifndef DM_QUALITY_PROPOSE_H
#define DM_QUALITY_PROPOSE_H

#include "access/attnum.h"
#include "nodes/pg_list.h"

/* More columns than these are not looked at. */
#define DM_MINED_COLUMNS 100

/* Fewer rows than these prove nothing. */
#define DM_MINED_SUPPORT 30

typedef enum DmMinedKind
{
	DM_MINED_TEXT,
	DM_MINED_NUMBER,
	DM_MINED_TIME, /* dates and times */
	DM_MINED_OTHER
} DmMinedKind;

/* A value of a column: the dictionary knows it by its hash. */
typedef struct DmMinedValue
{
	int32 count;   /* rows of the sample that have it; may be 0 */
	char *text;	   /* NULL where it is too long, or the dictionary too large */
	double number; /* of DM_MINED_NUMBER */
} DmMinedValue;

typedef struct DmMinedColumn
{
	char *name;
	AttrNumber attnum;
	Oid typid;
	DmMinedKind kind;
	bool guarded;	 /* no rule may tell a value of it */
	bool required;	 /* the server keeps NULL out */
	bool unique;	 /* the server keeps it unique */
	bool comparable; /* the server's own operator says which values are equal */
	bool refers;	 /* a foreign key says to what */
	int32 *codes;	 /* for each row the number of its value in values; -1 for NULL */
	int32 present;	 /* rows that are not NULL */
	int32 distinct;	 /* values that some row has */
	DmMinedValue *values;
	int32 nvalues;
	bool all_text; /* every value has its text */
	struct mined_hash *dictionary;
	int32 allocated;
	Size kept; /* bytes of texts */
} DmMinedColumn;

/* A rule that the rows suggest. */
typedef struct DmProposal
{
	const char *metric;
	char *column;	   /* NULL for none */
	char *suffix;	   /* of its name, after the column's */
	char *arguments;   /* a JSON object */
	int64 support;	   /* rows of the sample that the rule is about */
	double confidence; /* the share of them that keep it */
} DmProposal;

typedef struct DmMined
{
	Oid relid;
	int32 nrows;
	bool complete; /* the sample is all rows */
	double confidence;
	DmMinedColumn *columns;
	int ncolumns;
	List *proposals; /* of DmProposal */
} DmMined;

/* Reads the rows; at most so many, the same ones for the same seed if nothing has changed. */
extern DmMined *dm_mine_read(Oid relid, int32 max_rows, int32 seed);

/* The parts of the search, in the order in which they build on each other. */
extern void dm_mine_columns(DmMined *mined);
extern void dm_mine_shapes(DmMined *mined);
extern void dm_mine_keys(DmMined *mined);
extern void dm_mine_dependencies(DmMined *mined);
extern void dm_mine_references(DmMined *mined);

extern DmProposal *dm_mine_propose(DmMined *mined, const char *metric, DmMinedColumn *column,
								   const char *suffix, int64 support, int64 kept);

/* Is there a proposal of that metric for the column? */
extern bool dm_mine_has(DmMined *mined, const char *metric, DmMinedColumn *column);

#endif /* DM_QUALITY_PROPOSE_H */
