/*
 * columncondition.h
 *		What a column's values must be, as conditions of SQL.
 *
 * Each one is NULL for NULL, which a CHECK lets through.  Where there is no condition the result
 * is NULL, and *problem says why.
 */
#ifndef DM_QUALITY_COLUMNCONDITION_H
#define DM_QUALITY_COLUMNCONDITION_H

#include "nodes/pg_list.h"

typedef struct DmConditionColumn
{
	const char *name; /* quoted */
	Oid base;		  /* its type, below domains */
} DmConditionColumn;

/* column >= bound, and the like: for numbers, dates and times */
extern char *dm_condition_bound(const DmConditionColumn *column, const char *operator,
								const char * bound, const char **problem);

/* the same for the number of characters */
extern char *dm_condition_length(const DmConditionColumn *column, const char *operator,
								 int64 length, const char **problem);

extern char *dm_condition_multiple(const DmConditionColumn *column, const char *of,
								   const char **problem);

/* a regular expression of ECMA-262 is found in it */
extern char *dm_condition_pattern(const DmConditionColumn *column, const char *pattern,
								  const char **problem);

/*
 * It is one of the texts, which are read as the column's type is.  One that is no value of that
 * type is left out, and *problem tells the first one.
 */
extern char *dm_condition_in(const DmConditionColumn *column, List *texts, const char **problem);

#endif /* DM_QUALITY_COLUMNCONDITION_H */
