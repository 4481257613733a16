/*
 * probe.h
 *		What a scan finds out for each rule: programs, the kernels that they are compiled to, and
 *		the tallies that these keep.
 *
 * A program is the first argument of the aggregate datamesh.measure, jsonb that measure_plan.c
 * writes.  The other arguments, numbered from 0, are what its parts ask about:
 *
 *	{"memory": 4194304,				bytes for the tables of keys
 *	 "secret": ["9f..", "03.."],	for digests, hexadecimal
 *	 "sample": 5,					how many failing rows a rule keeps; argument 0 is ctid then,
 *									and argument 1 tableoid, unless
 *	 "tableoid": 16384,				all rows are of this table; and then, with
 *	 "slot": true,					ctid is what the executor's slot says, whatever argument 0 is
 *	 "shown": 5,					as sample, of rows without ctid: parts say what they show of them
 *	 "collations": [0, 0, 100],		of the arguments
 *	 "probes": [
 *		{"kind": "rows", "shows": [1, 2]},
 *		{"kind": "null", "value": 2, "missing": ["", "n/a"], "where": 3},
 *		{"kind": "true", "value": 3, "nulls": "fail"},
 *		{"kind": "value", "value": 2, "missing": [..], "minimum": "0", ... as in valuetest.h},
 *		{"kind": "keys", "columns": [2, 4], "nulls": "key" | "skip" | "fail", "notValues": [..]},
 *		{"kind": "frequency", "value": 2, "values": [..]}, or with "bins": [..]
 *	 ]}
 *
 * Anybody can call the aggregate with anything, so nothing of a program is believed.
 */
#ifndef DM_QUALITY_PROBE_H
#define DM_QUALITY_PROBE_H

#include "fmgr.h"
#include "utils/jsonb.h"

#include "quality/keydigest.h"
#include "quality/keytable.h"
#include "quality/rowsample.h"
#include "quality/valuetest.h"

/* What is known of one part of the program; two of them add up. */
typedef struct DmTally
{
	int64 rows; /* that its condition lets through */
	int64 failing;
	DmRowSample sample;
	DmShownRows shown;
	char *sqlstate; /* it could not be found out; NULL where it could */
	char *message;
	bool has_keys;
	DmKeyTable *keys;
	StringInfoData sent; /* the keys of a worker, not read yet */
	int ncounts;
	int64 *counts;
} DmTally;

typedef struct DmScanRow
{
	NullableDatum *args;
	DmPosition position;
} DmScanRow;

/* What a key with a NULL in it is. */
typedef enum DmKeyNulls
{
	DM_NULLS_ARE_KEYS,
	DM_NULLS_ARE_SKIPPED,
	DM_NULLS_FAIL
} DmKeyNulls;

typedef struct DmProbe DmProbe;

struct DmProbe
{
	/* what is needed for each row comes first */
	void (*step)(DmProbe *probe, DmScanRow *row);
	int where; /* number of an argument, -1 for none; so is value */
	int value;
	DmBounds within; /* of the steps that are a test themselves */
	DmTally *tally;
	int nshows; /* arguments that failing rows are shown by, where they have no place */
	int *shows;
	FmgrInfo *outputs; /* of their types */
	DmScanType *type;
	DmValueSet *missing; /* or NULL */
	int ntests;
	DmValueTest *tests;
	bool nulls_fail;
	/* of keys */
	int ncolumns;
	int *columns;
	DmScanType **key_types;
	NullableDatum *key;
	DmKeyNulls nulls;
	DmKeyDigester *digester;
	/* of frequencies */
	DmValueSet *categories;
	int nbounds;
	double *bounds;
};

/* Probes that ask about one column of all rows, and what lets a row pass all of them at once. */
typedef enum DmPassKind
{
	DM_PASS_ALL, /* that are not NULL */
	DM_PASS_INT16,
	DM_PASS_INT32,
	DM_PASS_INT64,
	DM_PASS_FLOAT4,
	DM_PASS_FLOAT8,
	DM_PASS_TEXT
} DmPassKind;

typedef struct DmColumnPass
{
	int value; /* number of an argument */
	DmPassKind kind;
	DmBounds within;
	DmScanType *type;
	int nnull;	/* the probes that a NULL can fail, */
	int nvalue; /* and those that a value can */
	DmProbe **of_null;
	DmProbe **of_value;
} DmColumnPass;

/* Where to see the position of a row. */
typedef enum DmPositions
{
	DM_POSITIONS_NONE,
	DM_POSITIONS_IN_ARGUMENTS,
	DM_POSITIONS_IN_SLOT
} DmPositions;

typedef struct DmProgram
{
	int64 rows;
	int nprobes;
	DmProbe *probes; /* all of them; each that has something to do for a row is in one of: */
	int npasses;
	DmColumnPass *passes;
	int nsingle;
	DmProbe **single;
	DmTally *tallies;
	DmPositions positions;
	Oid tableoid; /* of all rows, if they are of one table */
	Size memory;  /* for each table of keys */
} DmProgram;

/* Compiles a program for the arguments of a call, into the current memory context. */
extern DmProgram *dm_program_compile(Jsonb *text, FunctionCallInfo fcinfo);

extern void dm_program_run(DmProgram *program, DmScanRow *row);

/* Tells the tallies what is counted for all of them together. */
extern void dm_program_end(DmProgram *program);

/* Tells the probes that pass by column from those that are to be asked one by one. */
extern void dm_program_gather(DmProgram *program, int nargs);

/* A step that is the one test of a probe itself; NULL if there is none. */
typedef void (*DmStep)(DmProbe *probe, DmScanRow *row);
extern DmStep dm_step_for_test(DmProbe *probe);

/* The kernels. */
extern void dm_step_rows(DmProbe *probe, DmScanRow *row);
extern void dm_step_null(DmProbe *probe, DmScanRow *row);
extern void dm_step_missing(DmProbe *probe, DmScanRow *row);
extern void dm_step_true(DmProbe *probe, DmScanRow *row);
extern void dm_step_value(DmProbe *probe, DmScanRow *row);
extern void dm_step_keys(DmProbe *probe, DmScanRow *row);
extern void dm_step_category(DmProbe *probe, DmScanRow *row);
extern void dm_step_bin(DmProbe *probe, DmScanRow *row);

#endif /* DM_QUALITY_PROBE_H */
