/*
 * uri.c
 *		References between schemas: URIs, as RFC 3986 resolves them.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "jsonschema/uri.h"

/* The parts of a URI reference; the flags tell an empty part from an absent one. */
typedef struct Uri
{
	char *scheme;
	char *authority;
	char *path;
	char *query;
	char *fragment;
} Uri;

/* Takes text up to one of the delimiters off the front. */
static char *
take(const char **at, const char *delimiters)
{
	size_t len = strcspn(*at, delimiters);
	char *part = pnstrdup(*at, len);

	*at += len;
	return part;
}

static size_t
scheme_length(const char *text)
{
	size_t len = 0;

	if (!isalpha((unsigned char) text[0]))
		return 0;
	while (isalnum((unsigned char) text[len]) || (text[len] != '\0' && strchr("+-.", text[len])))
		len++;
	return text[len] == ':' ? len : 0;
}

static Uri
parse(const char *text)
{
	Uri uri = { 0 };
	size_t len = scheme_length(text);

	if (len > 0)
	{
		uri.scheme = pnstrdup(text, len);
		text += len + 1;
	}
	if (text[0] == '/' && text[1] == '/')
	{
		text += 2;
		uri.authority = take(&text, "/?#");
	}
	uri.path = take(&text, "?#");
	if (*text == '?')
	{
		text++;
		uri.query = take(&text, "#");
	}
	if (*text == '#')
		uri.fragment = pstrdup(text + 1);
	return uri;
}

/* RFC 3986, 5.2.4 */
static char *
remove_dot_segments(const char *path)
{
	StringInfoData out;
	const char *at = path;

	initStringInfo(&out);
	while (*at != '\0')
	{
		size_t len;

		if (strncmp(at, "../", 3) == 0)
			at += 3;
		else if (strncmp(at, "./", 2) == 0)
			at += 2;
		else if (strncmp(at, "/./", 3) == 0)
			at += 2;
		else if (strcmp(at, "/.") == 0)
			at = "/";
		else if (strncmp(at, "/../", 4) == 0 || strcmp(at, "/..") == 0)
		{
			at = at[3] == '/' ? at + 3 : "/";
			while (out.len > 0 && out.data[--out.len] != '/')
				;
			out.data[out.len] = '\0';
		}
		else if (strcmp(at, ".") == 0 || strcmp(at, "..") == 0)
			break;
		else
		{
			len = 1 + strcspn(at + 1, "/");
			appendBinaryStringInfo(&out, at, len);
			at += len;
		}
	}
	return out.data;
}

/* RFC 3986, 5.2.3 */
static char *
merge_paths(const Uri *base, const char *path)
{
	const char *slash = strrchr(base->path, '/');

	if (base->authority != NULL && base->path[0] == '\0')
		return psprintf("/%s", path);
	return psprintf("%.*s%s", slash == NULL ? 0 : (int) (slash + 1 - base->path), base->path, path);
}

static int
hex_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit = pg_tolower((unsigned char) digit);
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* %xx of a fragment; NULL where that is no text of the server's encoding. */
static char *
decode(const char *fragment)
{
	char *result = palloc(strlen(fragment) + 1);
	char *out = result;
	char *converted;

	for (const char *at = fragment; *at != '\0'; at++)
	{
		if (at[0] == '%' && hex_value(at[1]) >= 0 && hex_value(at[2]) >= 0)
		{
			*out++ = hex_value(at[1]) * 16 + hex_value(at[2]);
			at += 2;
		}
		else
			*out++ = *at;
	}
	*out = '\0';
	if (strlen(result) != out - result || strchr(fragment, '%') == NULL)
		return strlen(result) != out - result ? NULL : result;
	if (!pg_verify_mbstr(PG_UTF8, result, out - result, true))
		return NULL;
	converted = pg_any_to_server(result, out - result, PG_UTF8);
	return converted;
}

char *
dm_uri_resolve(const char *base_text, const char *reference, char **fragment)
{
	Uri base = parse(base_text);
	Uri uri = parse(reference);
	StringInfoData out;

	if (uri.scheme == NULL)
	{
		uri.scheme = base.scheme;
		if (uri.authority == NULL)
		{
			uri.authority = base.authority;
			if (uri.path[0] == '\0')
			{
				uri.path = base.path;
				if (uri.query == NULL)
					uri.query = base.query;
			}
			else if (uri.path[0] == '/')
				uri.path = remove_dot_segments(uri.path);
			else
				uri.path = remove_dot_segments(merge_paths(&base, uri.path));
		}
		else
			uri.path = remove_dot_segments(uri.path);
	}

	initStringInfo(&out);
	if (uri.scheme != NULL)
		appendStringInfo(&out, "%s:", uri.scheme);
	if (uri.authority != NULL)
		appendStringInfo(&out, "//%s", uri.authority);
	appendStringInfoString(&out, uri.path);
	if (uri.query != NULL)
		appendStringInfo(&out, "?%s", uri.query);
	*fragment = uri.fragment == NULL ? NULL : decode(uri.fragment);
	if (uri.fragment != NULL && *fragment == NULL)
		*fragment = uri.fragment;
	return out.data;
}
