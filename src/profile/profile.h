/*
 * profile.h
 *		What is in the columns of a relation, in one pass.
 */
#ifndef DM_PROFILE_PROFILE_H
#define DM_PROFILE_PROFILE_H

#include "access/attnum.h"
#include "nodes/pg_list.h"

#include "sketch/sketch.h"

typedef struct DmProfiledColumn
{
	char *name;
	AttrNumber attnum;
	Oid typid;
	bool unique;	  /* by an index of this column alone */
	DmSketch *sketch; /* NULL if the relation has no row */
} DmProfiledColumn;

typedef struct DmProfile
{
	Oid relid;
	double percent; /* of the rows that were looked at: 100 for all */
	int ncolumns;
	DmProfiledColumn *columns;
} DmProfile;

/*
 * Scans a relation with the current user's rights, and so sees what he sees: his rows, masked
 * values, the columns that he may read.  percent is 100, or the size of a sample of rows.
 */
extern DmProfile *dm_profile_relation(Oid relid, double percent);

/* The columns alone, as far as the current user may read them; fails if he may read none. */
extern DmProfile *dm_profile_columns(Oid relid);

/* Whether the values of a column are as different as those of a key. */
typedef enum DmKeyKind
{
	DM_KEY_NONE,
	DM_KEY_LIKELY, /* as far as an estimate tells */
	DM_KEY_EXACT,  /* all values were counted */
	DM_KEY_DECLARED
} DmKeyKind;

extern DmKeyKind dm_profile_key(const DmProfile *profile, const DmProfiledColumn *column);

/* Fails unless the current user is inside. */
extern void dm_profile_check_inside(Oid relid);

/* A share of rows in percent as an argument, 100 where it is null. */
extern double dm_profile_arg_percent(FunctionCallInfo fcinfo, int n);

#endif /* DM_PROFILE_PROFILE_H */
