/*
 * strings.c
 *		Lists of C strings as sets.
 */
#include "postgres.h"

#include "base/strings.h"

bool
dm_string_member(List *strings, const char *string)
{
	ListCell *lc;

	foreach(lc, strings)
		if (strcmp(lfirst(lc), string) == 0)
			return true;
	return false;
}

List *
dm_string_append_unique(List *strings, char *string)
{
	return dm_string_member(strings, string) ? strings : lappend(strings, string);
}
