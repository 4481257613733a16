/*
 * yaml_read.h
 *		YAML into the tree of a document.
 */
#ifndef DM_FORMAT_YAML_READ_H
#define DM_FORMAT_YAML_READ_H

#include "format/tree.h"

/* The text is UTF-8. */
extern void dm_yaml_read(DmTree *tree, const char *text, int len, bool lenient);

#endif /* DM_FORMAT_YAML_READ_H */
