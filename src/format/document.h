/*
 * document.h
 *		Reading and writing documents: YAML 1.2 and JSON to jsonb and back.
 *
 * Scalars are typed by the core schema of YAML 1.2, which is JSON's idea of them: yes, 12:30
 * and 2022-08-02 are text.  Numbers are exact and keep their digits: 1.10 stays 1.10.
 */
#ifndef DM_FORMAT_DOCUMENT_H
#define DM_FORMAT_DOCUMENT_H

#include "utils/jsonb.h"

#include "base/finding.h"

/* Limits, as settings: in kB; levels; values after aliases are expanded */
extern int dm_document_max_size;
extern int dm_document_max_depth;
extern int dm_document_max_nodes;

struct DmPositions;

typedef struct DmDocument
{
	Jsonb *value;
	struct DmPositions *positions;
	bool json; /* the text was JSON */
} DmDocument;

/*
 * Reads a text in the database's encoding.  What is wrong with it, limits included, becomes
 * findings of source "yaml"; nothing in the text raises an error.  Returns NULL if one of them
 * is an error.  Lenient reading knows merge keys, and reports them as warnings.
 */
extern DmDocument *dm_document_read(const char *text, int len, bool lenient, List **findings);

/*
 * The same for who wants to look on: returns a document, if there is any, in spite of errors,
 * such as keys that are there twice (the first counts).
 */
extern DmDocument *dm_document_read_all(const char *text, int len, bool lenient, List **findings);

/* Where the value begins that the pointer names, or else the nearest one that holds it. */
extern void dm_document_locate(DmDocument *document, const char *pointer, int *line, int *col);

/* The same for all findings that do not know their place yet. */
extern void dm_findings_locate(DmDocument *document, List *findings);

/*
 * Writes YAML: deterministic, and read back it is the same value.  Keys of objects come in the
 * order of key_order, NULL at its end, and then in jsonb's; key_order itself may be NULL.
 */
extern char *dm_yaml_write(Jsonb *value, const char *const *key_order);

#endif /* DM_FORMAT_DOCUMENT_H */
