/*
 * describe_pattern.c
 *		Regular expressions that mean the same to the server and in contracts.
 */
#include "postgres.h"

#include <ctype.h>

#include "conform/described.h"

/* The length of {m}, {m,} or {m,n}; 0 for anything else. */
static int
bound_length(const char *p)
{
	const char *start = p++;

	if (!isdigit((unsigned char) *p))
		return 0;
	while (isdigit((unsigned char) *p))
		p++;
	if (*p == ',')
		p++;
	while (isdigit((unsigned char) *p))
		p++;
	return *p == '}' ? p - start + 1 : 0;
}

/* The length of a bracket expression that means the same in both languages; 0 for others. */
static int
bracket_length(const char *p)
{
	const char *start = p++;

	if (*p == '^')
		p++;
	if (*p == ']')
		return 0;
	for (; *p != ']'; p++)
		if (*p == '\0' || *p == '\\' || *p == '[')
			return 0;
	return p - start + 1;
}

/*
 * Whether a regular expression of the server means the same in ECMA-262: letters, groups,
 * alternatives, greedy quantifiers and plain brackets do.  Classes such as \d do not (they
 * follow the locale here), nor does the dot, which matches a newline here.
 */
bool
dm_pattern_is_common(const char *pattern)
{
	bool may_repeat = false;

	for (const char *p = pattern; *p != '\0'; p++)
	{
		int length = 1;

		switch (*p)
		{
			case '.':
			case ']':
			case '}':
				return false;
			case '\\':
				if (strchr(".^$*+?()[]{}|\\/", p[1]) == NULL || p[1] == '\0')
					return false;
				length = 2;
				may_repeat = true;
				break;
			case '[':
				length = bracket_length(p);
				may_repeat = true;
				break;
			case '{':
				length = may_repeat ? bound_length(p) : 0;
				may_repeat = false;
				break;
			case '*':
			case '+':
			case '?':
				length = may_repeat ? 1 : 0;
				may_repeat = false;
				break;
			case '(':
			case '|':
			case '^':
			case '$':
				may_repeat = false;
				break;
			default:
				may_repeat = true;
				break;
		}
		if (length == 0)
			return false;
		p += length - 1;
	}
	return true;
}
