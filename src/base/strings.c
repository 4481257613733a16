/*
 * strings.c
 *		Lists of C strings as sets, and messages.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

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

char *
dm_vpsprintf(const char *fmt, va_list args)
{
	StringInfoData text;
	int saved_errno = errno;
	char *result;

	initStringInfo(&text);
	for (;;)
	{
		va_list again;
		int needed;

		errno = saved_errno;
		va_copy(again, args);
		needed = appendStringInfoVA(&text, fmt, again);
		va_end(again);
		if (needed == 0)
			break;
		enlargeStringInfo(&text, needed);
	}
	/* a StringInfo is generous */
	result = pstrdup(text.data);
	pfree(text.data);
	return result;
}
