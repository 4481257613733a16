/*
 * sketch.h
 *		What is worth knowing of many values of one type, in little memory.
 *
 * A sketch takes values one by one, and can be stored and merged: the sketch of yesterday and that
 * of today give the sketch of both.  It counts rows, nulls and distinct values, keeps the least
 * and the greatest value, the most frequent ones, and digests one number of each value: the value
 * itself where it is one (dates and times included), else its length.
 */
#ifndef DM_SKETCH_SKETCH_H
#define DM_SKETCH_SKETCH_H

#include "fmgr.h"

#include "sketch/heavy.h"
#include "sketch/hll.h"
#include "sketch/kll.h"
#include "sketch/moments.h"

/* Stored sketches have these codes: they only grow. */
typedef enum DmValueKind
{
	DM_VALUE_BOOLEAN,
	DM_VALUE_INTEGER,
	DM_VALUE_DATE,
	DM_VALUE_TIME,
	DM_VALUE_TIMESTAMP,
	DM_VALUE_TIMESTAMPTZ,
	DM_VALUE_FLOAT,
	DM_VALUE_NUMERIC,
	DM_VALUE_TEXT,
	DM_VALUE_BYTES,
	DM_VALUE_UUID,
	DM_VALUE_OTHER
} DmValueKind;

#define DM_VALUE_LAST DM_VALUE_OTHER

/* up to here a value is kept as one int64 */
#define DM_VALUE_IS_WORD(kind) ((kind) <= DM_VALUE_FLOAT)

/* A bound that is stored has at most so many bytes. */
#define DM_SKETCH_BOUND 256

typedef enum DmBoundState
{
	DM_BOUND_NONE, /* no value was seen */
	DM_BOUND_SET,
	DM_BOUND_LOST /* the type has no order, or a bound was too long to be stored */
} DmBoundState;

/* The least or the greatest value of a kind that is no word. */
typedef struct DmBound
{
	DmBoundState state;
	bool cut;
	uint64 prefix; /* the first bytes, of texts and bytes */
	char *bytes;   /* a text or bytes; of other types a Datum while live, then text */
	int len;
	int room;
} DmBound;

struct DmValueType; /* what a live sketch knows of its type: valuetype.h */

typedef struct DmSketch
{
	MemoryContext context;
	DmValueKind kind;
	char *typname;			  /* qualified, without domains */
	struct DmValueType *type; /* NULL once nothing is to be added any more */

	int64 rows;
	int64 nulls;
	int64 nans;
	int64 infinite;

	bool has_distinct; /* the type has a hash */
	bool has_numbers;  /* every value gave a number */
	DmHeavy heavy;
	bool spilled; /* hll and shapes are in use */
	bool blind;	  /* dm_sketch_forget_values: it tells no value */
	DmHll *hll;
	DmHeavy shapes;
	DmKll kll;
	DmMoments moments;
	int64 least; /* of words */
	int64 greatest;
	DmBound min;
	DmBound max;
	double correlation; /* of values and places, NaN if unknown */

	/* values that are not digested yet */
	int filled;
	int room;
	int64 *words;
	double *numbers;
	uint64 *hashes;

	/* once there are too many different values, one of each block is looked at for frequent ones */
	uint64 random;
	int64 skip;
	int64 rest;
	int64 weight;
} DmSketch;

extern DmSketch *dm_sketch_create(MemoryContext context, Oid typid);

/* One more row.  The value may be toasted. */
extern void dm_sketch_add_null(DmSketch *sketch);
extern void dm_sketch_add(DmSketch *sketch, Datum value);

/*
 * A number that is ordered as the value is, as far as eight bytes tell; false for a type that has
 * none.
 */
extern bool dm_sketch_position(DmSketch *sketch, Datum value, uint64 *position);

/* Digests what was added up to now; and ends adding, so that the sketch needs its type no more. */
extern void dm_sketch_flush(DmSketch *sketch);
extern void dm_sketch_freeze(DmSketch *sketch);

/* Keeps hashes, and the shapes of texts, beside the frequent values. */
extern void dm_sketch_spill(DmSketch *sketch);

/* Both are frozen by it; fails unless they are of one type. */
extern void dm_sketch_merge(DmSketch *into, DmSketch *from);

/*
 * Forgets all texts of values, and tells no number of them any more: it can be merged and compared
 * with others, by hashes and ranks.
 */
extern void dm_sketch_forget_values(DmSketch *sketch);

/* The sketch as a varlena of type datamesh.sketch, and back. */
extern bytea *dm_sketch_pack(DmSketch *sketch);
extern DmSketch *dm_sketch_unpack(const bytea *stored, MemoryContext context);

/* What a sketch says.  Texts are NULL where there is nothing to tell. */
extern double dm_sketch_distinct(const DmSketch *sketch);
extern bool dm_sketch_distinct_is_exact(const DmSketch *sketch);
extern char *dm_sketch_min(const DmSketch *sketch);
extern char *dm_sketch_max(const DmSketch *sketch);
extern char *dm_sketch_quantile(const DmSketch *sketch, const DmKllView *view, double share);
extern char *dm_sketch_number_text(const DmSketch *sketch, double number);
extern char *dm_sketch_value_text(const DmSketch *sketch, const DmHeavyItem *item);

/* Whether its numbers are its values, for which quantiles and histograms are made. */
extern bool dm_sketch_is_measured(const DmSketch *sketch);
extern bool dm_sketch_has_mean(const DmSketch *sketch);

/* The shapes of its texts, the most frequent ones first. */
extern const DmHeavy *dm_sketch_shapes(DmSketch *sketch);

#endif /* DM_SKETCH_SKETCH_H */
