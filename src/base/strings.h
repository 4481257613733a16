/*
 * strings.h
 *		Lists of C strings as sets, and messages.
 */
#ifndef DM_BASE_STRINGS_H
#define DM_BASE_STRINGS_H

#include "nodes/pg_list.h"

extern bool dm_string_member(List *strings, const char *string);

/* The list with the string at its end, unless it is in it already. */
extern List *dm_string_append_unique(List *strings, char *string);

/* psprintf for a function that takes the arguments of a format itself; %m is as at the call. */
extern char *dm_vpsprintf(const char *fmt, va_list args) pg_attribute_printf(1, 0);

#endif /* DM_BASE_STRINGS_H */
