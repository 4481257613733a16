/*
 * args.h
 *		Reading the arguments of SQL-callable functions.
 *
 * The functions of the SQL surface are not STRICT: a NULL is a mistake of the
 * caller that deserves an error with the argument's name, not a NULL result.
 */
#ifndef DM_BASE_ARGS_H
#define DM_BASE_ARGS_H

#include "fmgr.h"
#include "nodes/pg_list.h"

/* Fails, naming it, if the argument is null. */
extern void dm_arg_check_given(FunctionCallInfo fcinfo, int n, const char *argname);

/* a text argument that must be there and must not be empty */
extern char *dm_arg_text(FunctionCallInfo fcinfo, int n, const char *argname);

/* the same, NULL where the argument is NULL */
extern char *dm_arg_text_or_null(FunctionCallInfo fcinfo, int n, const char *argname);

/* the same for an argument of type name */
extern char *dm_arg_name(FunctionCallInfo fcinfo, int n, const char *argname);

/* an existing role; an existing relation */
extern Oid dm_arg_role(FunctionCallInfo fcinfo, int n, const char *argname);
extern Oid dm_arg_role_or_invalid(FunctionCallInfo fcinfo, int n, const char *argname);
extern Oid dm_arg_relation(FunctionCallInfo fcinfo, int n, const char *argname);

/* the row number that request, approve and grant functions hand out */
extern int64 dm_arg_id(FunctionCallInfo fcinfo, int n, const char *argname);

/* text[] or name[] as a list of C strings; NULL elements are refused, an SQL NULL gives NIL */
extern List *dm_arg_list(FunctionCallInfo fcinfo, int n, const char *argname);

/* regrole[] as a list of existing roles, each one once; the same for nulls */
extern List *dm_arg_roles(FunctionCallInfo fcinfo, int n, const char *argname);

/* fails if the role does not exist */
extern void dm_check_role(Oid roleid, const char *argname);

/* a list of C strings as text[] */
extern Datum dm_text_array(List *strings);

/* a list of role OIDs as regrole[] */
extern Datum dm_role_array(List *roles);

/* and back; the datum may be toasted */
extern List *dm_text_array_list(Datum array);
extern List *dm_role_array_list(Datum array);

#endif /* DM_BASE_ARGS_H */
