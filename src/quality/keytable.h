/*
 * keytable.h
 *		How often each key occurs: exact counts of distinct and of repeated keys, within a limit
 *		of memory.
 */
#ifndef DM_QUALITY_KEYTABLE_H
#define DM_QUALITY_KEYTABLE_H

#include "lib/stringinfo.h"

#include "quality/rowsample.h"

/* What stands for a key: see keydigest.h */
typedef struct DmDigest
{
	uint64 hi;
	uint64 lo;
} DmDigest;

typedef struct DmKeyTable DmKeyTable;

/* What is known in the end. */
typedef struct DmKeyCounts
{
	int64 rows;
	int64 distinct;
	int64 repeated;		 /* keys that occur more than once */
	int64 repeated_rows; /* rows with such a key */
	int64 most;			 /* how often the most common key occurs */
} DmKeyCounts;

/*
 * A table in the current memory context.  What does not fit into the memory (bytes) goes to
 * temporary files.  Rows whose key is repeated are told to the sample.
 */
extern DmKeyTable *dm_key_table(Size memory, DmRowSample *sample);

extern void dm_key_table_add(DmKeyTable *table, const DmDigest *key, const DmPosition *row);

/* Counts everything; the table is used up then. */
extern void dm_key_table_count(DmKeyTable *table, DmKeyCounts *counts);

/* For parallel workers; fails where there are too many keys to send, see measure.c. */
extern void dm_key_table_write(StringInfo buf, DmKeyTable *table);
extern void dm_key_table_read(StringInfo buf, DmKeyTable *into);

#endif /* DM_QUALITY_KEYTABLE_H */
