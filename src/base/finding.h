/*
 * finding.h
 *		What is wrong with a document or with what it promises, with its place.
 *
 * A check does not stop at the first mistake: it adds findings to a list, in the order of the
 * document, and its caller decides what they mean.
 */
#ifndef DM_BASE_FINDING_H
#define DM_BASE_FINDING_H

#include "fmgr.h"
#include "nodes/pg_list.h"

typedef enum DmSeverity
{
	DM_INFO,
	DM_WARNING,
	DM_ERROR
} DmSeverity;

typedef struct DmFinding
{
	const char *source; /* yaml, schema, semantic, conform, import */
	DmSeverity severity;
	char *pointer; /* JSON pointer, "" for the whole document */
	char *message;
	int line; /* from 1, 0 if not known */
	int col;
} DmFinding;

/* A place is added later by dm_findings_locate() or set by whoever knows it. */
extern DmFinding *dm_finding_add(List **findings, const char *source, DmSeverity severity,
								 const char *pointer, const char *fmt, ...)
	pg_attribute_printf(5, 6);

/* The number of findings that are errors, and the first one or NULL. */
extern int dm_finding_errors(List *findings);
extern DmFinding *dm_finding_first_error(List *findings);

extern const char *dm_severity_name(DmSeverity severity);

/* The findings by their places in the text, as soon as those are known. */
extern List *dm_findings_in_order(List *findings);

/* The result of a function that returns rows (source, severity, pointer, message, line, col). */
extern void dm_findings_return(FunctionCallInfo fcinfo, List *findings);

/* " (line 3, column 5)", or "" where the place is not known; for messages. */
extern char *dm_finding_place(const DmFinding *finding);

#endif /* DM_BASE_FINDING_H */
