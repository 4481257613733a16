/*
 * packing.h
 *		Writing and reading the bytes of stored sketches.
 *
 * A reader trusts nothing: whatever is not there or out of its bounds is an error, "invalid
 * sketch", and never a read beyond the end.
 */
#ifndef DM_SKETCH_PACKING_H
#define DM_SKETCH_PACKING_H

#include "lib/stringinfo.h"

#include "compat/pg_compat.h"

typedef struct DmUnpack
{
	const char *at;
	const char *end;
} DmUnpack;

pg_noreturn extern void dm_unpack_fail(const char *detail);

extern void dm_pack_int(StringInfo out, int64 value);
extern void dm_pack_double(StringInfo out, double value);
extern void dm_pack_byte(StringInfo out, int value);
extern void dm_pack_text(StringInfo out, const char *bytes, int len);

extern int64 dm_unpack_int(DmUnpack *in, int64 least, int64 most);
extern uint64 dm_unpack_word(DmUnpack *in);

/* The same, but neither NaN nor infinite. */
extern double dm_unpack_double(DmUnpack *in);
extern double dm_unpack_finite(DmUnpack *in);
extern int dm_unpack_byte(DmUnpack *in, int most);

/* The bytes themselves, in place. */
extern const char *dm_unpack_bytes(DmUnpack *in, int len);

/* The length of a text that begins here, which has at most so many bytes; and its bytes. */
extern const char *dm_unpack_text(DmUnpack *in, int most, int *len);

/* The sum of two counts, or an error if there is none. */
extern int64 dm_count_add(int64 a, int64 b);

#endif /* DM_SKETCH_PACKING_H */
