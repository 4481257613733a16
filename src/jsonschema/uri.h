/*
 * uri.h
 *		References between schemas: URIs, as RFC 3986 resolves them.
 */
#ifndef DM_JSONSCHEMA_URI_H
#define DM_JSONSCHEMA_URI_H

/* The reference against the base, without the fragment; that goes to *fragment, decoded. */
extern char *dm_uri_resolve(const char *base, const char *reference, char **fragment);

#endif /* DM_JSONSCHEMA_URI_H */
