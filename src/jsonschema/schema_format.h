/*
 * schema_format.h
 *		The formats of JSON Schema that can be asserted.
 */
#ifndef DM_JSONSCHEMA_SCHEMA_FORMAT_H
#define DM_JSONSCHEMA_SCHEMA_FORMAT_H

/* Number of a format, -1 for one that is not known. */
extern int dm_js_format_number(const char *name);

/* Whether the text, which need not be terminated, has the format. */
extern bool dm_js_format_check(int format, const char *text, int len);

#endif /* DM_JSONSCHEMA_SCHEMA_FORMAT_H */
