/*
 * semver.c
 *		Versions of contracts, by semver.org 2.0.0.
 */
#include "postgres.h"

#include <ctype.h>

#include "contract/semver.h"

/* enough for any version that somebody counts, and its sum does not overflow */
#define MAX_PART 999999999

/* one number; a leading zero is read, but is not exact */
static bool
parse_part(const char **text, int *part, bool *exact)
{
	const char *start = *text;
	const char *s = start;
	int value = 0;

	while (isdigit((unsigned char) *s))
	{
		if (value > MAX_PART / 10)
			return false;
		value = value * 10 + (*s++ - '0');
	}
	if (s == start)
		return false;
	if (*start == '0' && s > start + 1)
		*exact = false;
	*part = value;
	*text = s;
	return true;
}

/* a number with more than one digit that begins with 0 */
static bool
padded_number(const char *s, size_t len)
{
	size_t digits = strspn(s, "0123456789");

	return digits >= len && len > 1 && *s == '0';
}

/*
 * Identifiers with dots between them, up to one of the characters of "end".
 * NULL if there is an empty one, or a character that has no place in them.
 */
static char *
parse_identifiers(const char **text, const char *end, bool numbers, bool *exact)
{
	const char *start = *text;
	const char *s = start;

	for (;;)
	{
		size_t len = 0;

		while (isalnum((unsigned char) s[len]) || s[len] == '-')
			len++;
		if (len == 0)
			return NULL;
		if (numbers && padded_number(s, len))
			*exact = false;
		s += len;
		if (*s != '.')
			break;
		s++;
	}
	if (*s != '\0' && strchr(end, *s) == NULL)
		return NULL;
	*text = s;
	return pnstrdup(start, s - start);
}

DmSemver
dm_semver_parse(const char *text)
{
	const DmSemver none = { 0 };
	DmSemver result = { .valid = true, .exact = true };

	if (text == NULL)
		return none;
	if (*text == 'v' || *text == 'V')
	{
		result.exact = false;
		text++;
	}
	if (!parse_part(&text, &result.major, &result.exact))
		return none;
	if (*text == '.')
	{
		text++;
		if (!parse_part(&text, &result.minor, &result.exact))
			return none;
		if (*text == '.')
		{
			text++;
			if (!parse_part(&text, &result.patch, &result.exact))
				return none;
		}
		else
			result.exact = false;
	}
	else
		result.exact = false;
	if (*text == '-')
	{
		text++;
		result.prerelease = parse_identifiers(&text, "+", true, &result.exact);
		if (result.prerelease == NULL)
			return none;
	}
	if (*text == '+')
	{
		text++;
		result.build = parse_identifiers(&text, "", false, &result.exact);
		if (result.build == NULL)
			return none;
	}
	return *text == '\0' ? result : none;
}

/* numbers by value and before words, words by their bytes */
static int
compare_identifier(const char *a, size_t alen, const char *b, size_t blen)
{
	bool anumber = strspn(a, "0123456789") >= alen;
	bool bnumber = strspn(b, "0123456789") >= blen;
	int order;

	if (anumber != bnumber)
		return anumber ? -1 : 1;
	if (anumber)
	{
		for (; alen > 1 && *a == '0'; alen--)
			a++;
		for (; blen > 1 && *b == '0'; blen--)
			b++;
		if (alen != blen)
			return alen < blen ? -1 : 1;
	}
	order = memcmp(a, b, Min(alen, blen));
	if (order != 0)
		return order < 0 ? -1 : 1;
	return alen == blen ? 0 : (alen < blen ? -1 : 1);
}

static int
compare_prerelease(const char *a, const char *b)
{
	/* a release is after all of its release candidates */
	if (a == NULL || b == NULL)
		return a == b ? 0 : (a == NULL ? 1 : -1);
	for (;;)
	{
		size_t alen = strcspn(a, ".");
		size_t blen = strcspn(b, ".");
		int order = compare_identifier(a, alen, b, blen);

		if (order != 0)
			return order;
		a += alen;
		b += blen;
		if (*a == '\0' || *b == '\0')
			return *a == *b ? 0 : (*a == '\0' ? -1 : 1);
		a++;
		b++;
	}
}

int
dm_semver_compare(const DmSemver *a, const DmSemver *b)
{
	if (!a->valid || !b->valid)
		return (int) a->valid - (int) b->valid;
	if (a->major != b->major)
		return a->major < b->major ? -1 : 1;
	if (a->minor != b->minor)
		return a->minor < b->minor ? -1 : 1;
	if (a->patch != b->patch)
		return a->patch < b->patch ? -1 : 1;
	return compare_prerelease(a->prerelease, b->prerelease);
}
