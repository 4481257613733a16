/*
 * profileout.h
 *		The rows of dm_profile.
 */
#ifndef DM_PROFILE_PROFILEOUT_H
#define DM_PROFILE_PROFILEOUT_H

#include "fmgr.h"
#include "utils/jsonb.h"

#include "profile/profile.h"

typedef enum DmProfileField
{
	DM_OUT_COLUMN,
	DM_OUT_TYPE,
	DM_OUT_ROWS,
	DM_OUT_NULLS,
	DM_OUT_DISTINCT,
	DM_OUT_MIN,
	DM_OUT_MAX,
	DM_OUT_MEAN,
	DM_OUT_DEVIATION,
	DM_OUT_QUANTILES,
	DM_OUT_TOP,
	DM_OUT_LENGTHS,
	DM_OUT_SHAPES,
	DM_OUT_HISTOGRAM,
	DM_OUT_NAN,
	DM_OUT_INFINITE,
	DM_OUT_KEY,
	DM_OUT_CORRELATION,
	DM_OUT_ERRORS
} DmProfileField;

#define DM_OUT_FIELDS (DM_OUT_ERRORS + 1)

typedef struct DmProfileOut
{
	Datum values[DM_OUT_FIELDS];
	bool nulls[DM_OUT_FIELDS];
} DmProfileOut;

/* A row of which only the column and its type are set. */
extern void dm_out_init(DmProfileOut *out, const DmProfiledColumn *column);

extern void dm_out_int(DmProfileOut *out, DmProfileField field, int64 value);

/* These leave the field null for a number that is not finite, and for NULL. */
extern void dm_out_double(DmProfileOut *out, DmProfileField field, double value);
extern void dm_out_text(DmProfileOut *out, DmProfileField field, const char *value);
extern void dm_out_json(DmProfileOut *out, DmProfileField field, Jsonb *value);

extern void dm_out_put(FunctionCallInfo fcinfo, DmProfileOut *out);

#endif /* DM_PROFILE_PROFILEOUT_H */
