/*
 * words.c
 *		The names that the mesh itself gives: domains, products, tags, purposes, keys.
 *
 * These names stand in view texts, labels and schema names.  A narrow alphabet
 * keeps them free of quoting everywhere and leaves '.', '@', ',' and ':' for
 * the syntax around them.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/varlena.h"

#include "base/words.h"

#define MAX_NEAREST	 3
#define MAX_DISTANCE 3

/* Length of the word at the start of s, 0 if there is none. */
static size_t
word_length(const char *s)
{
	size_t len = 0;

	if (s[0] < 'a' || s[0] > 'z')
		return 0;
	while ((s[len] >= 'a' && s[len] <= 'z') || (s[len] >= '0' && s[len] <= '9') || s[len] == '_')
		len++;
	return len;
}

static void
bad_name(const char *kind, const char *name, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_NAME),
			 errmsg("invalid %s name \"%s\"", kind, name),
			 errhint("%s", hint)));
}

static void
check_length(const char *kind, const char *name)
{
	if (strlen(name) >= NAMEDATALEN)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("%s name \"%s\" is too long", kind, name),
				 errdetail("It has %zu bytes; at most %d are allowed.",
						   strlen(name), NAMEDATALEN - 1)));
}

void
dm_check_word(const char *kind, const char *name)
{
	size_t len = word_length(name);

	if (len == 0 || name[len] != '\0')
		bad_name(kind, name,
				 "A name is a lower-case letter followed by lower-case letters, digits and underscores.");
	check_length(kind, name);
}

void
dm_check_dotted(const char *kind, const char *name)
{
	const char *p = name;

	for (;;)
	{
		size_t len = word_length(p);

		if (len == 0 || (p[len] != '\0' && p[len] != '.'))
			bad_name(kind, name,
					 "A name is one or more words of lower-case letters, digits and underscores, separated by dots.");
		if (p[len] == '\0')
			break;
		p += len + 1;
	}
	check_length(kind, name);
}

bool
dm_dotted_covers(const char *ancestor, const char *descendant)
{
	size_t len = strlen(ancestor);

	return strncmp(ancestor, descendant, len) == 0 &&
		   (descendant[len] == '\0' || descendant[len] == '.');
}

char *
dm_dotted_parent(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot == NULL ? NULL : pnstrdup(name, dot - name);
}

char *
dm_nearest(const char *name, List *candidates)
{
	StringInfoData buf;
	int found = 0;
	int namelen = strlen(name);

	if (namelen >= NAMEDATALEN)
		return NULL;

	initStringInfo(&buf);
	for (int distance = 0; distance <= MAX_DISTANCE && found < MAX_NEAREST; distance++)
	{
		ListCell *lc;

		foreach(lc, candidates)
		{
			char *candidate = lfirst(lc);
			int d;

			d = varstr_levenshtein_less_equal(name, namelen, candidate, strlen(candidate),
											  1, 1, 1, MAX_DISTANCE, true);
			/* a name that is all different letters is no candidate */
			if (d != distance || d > namelen / 2 || found >= MAX_NEAREST)
				continue;
			appendStringInfo(&buf, "%s\"%s\"", found++ > 0 ? ", " : "", candidate);
		}
	}
	return found > 0 ? buf.data : NULL;
}

char *
dm_slug(const char *text)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (const char *p = text; *p != '\0'; p++)
	{
		char c = *p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p;

		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
		{
			if (buf.len == 0 && c <= '9')
				appendStringInfoString(&buf, "n_");
			appendStringInfoChar(&buf, c);
		}
		/* the text's own underscores stay, what is replaced becomes one */
		else if (buf.len > 0 && (c == '_' || buf.data[buf.len - 1] != '_'))
			appendStringInfoChar(&buf, '_');
	}
	while (buf.len > 0 && buf.data[buf.len - 1] == '_')
		buf.data[--buf.len] = '\0';
	return buf.len > 0 ? buf.data : NULL;
}

char *
dm_quoted_list(List *names)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, names)
		appendStringInfo(&buf, "%s\"%s\"", lc == list_head(names) ? "" : ", ", (char *) lfirst(lc));
	return buf.data;
}
