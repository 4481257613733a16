/*
 * json_read.h
 *		JSON into the tree of a document.
 */
#ifndef DM_FORMAT_JSON_READ_H
#define DM_FORMAT_JSON_READ_H

#include "format/tree.h"

/*
 * The text is UTF-8.  Returns false, with an error added, if it is no JSON but may be YAML.
 */
extern bool dm_json_read(DmTree *tree, const char *text, int len);

#endif /* DM_FORMAT_JSON_READ_H */
