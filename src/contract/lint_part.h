/*
 * lint_part.h
 *		The parts of the semantic checks, for lint.c.
 */
#ifndef DM_CONTRACT_LINT_PART_H
#define DM_CONTRACT_LINT_PART_H

#include "base/finding.h"
#include "base/seen.h"
#include "contract/model.h"

/*
 * An error is what cannot be kept or measured as it is written.  A warning is
 * what is most likely not meant so; some official examples have such.  An info
 * is what one would want to know.
 */
typedef struct DmLint
{
	DmContract *contract;
	List **findings;
	MemoryContext result;  /* of the findings */
	MemoryContext scratch; /* for what is done with one element, reset after it */
} DmLint;

extern void dm_lint_add(DmLint *lint, DmSeverity severity, const char *pointer, const char *fmt,
						...) pg_attribute_printf(4, 5);

#define dm_lint_error(lint, pointer, ...)	dm_lint_add(lint, DM_ERROR, pointer, __VA_ARGS__)
#define dm_lint_warning(lint, pointer, ...) dm_lint_add(lint, DM_WARNING, pointer, __VA_ARGS__)
#define dm_lint_info(lint, pointer, ...)	dm_lint_add(lint, DM_INFO, pointer, __VA_ARGS__)

extern void dm_lint_fundamentals(DmLint *lint);
extern void dm_lint_ids(DmLint *lint);
extern void dm_lint_objects(DmLint *lint);
extern void dm_lint_terms(DmLint *lint);
extern void dm_lint_levels(DmLint *lint);

/* of one property, one list of rules or relationships */
extern void dm_lint_options(DmLint *lint, DmProperty *property);
extern void dm_lint_values(DmLint *lint, DmProperty *property);
extern void dm_lint_quality(DmLint *lint, DmObject *object, DmProperty *property, List *rules);
extern void dm_lint_relationships(DmLint *lint, DmObject *object, DmProperty *property,
								  List *relationships);

/* what a reference means, if it is in this contract; else false and a finding */
extern bool dm_lint_reference(DmLint *lint, DmReference *reference, DmObject **object,
							  DmProperty **property);

/* the same of a schedule wherever there is one */
extern void dm_lint_schedule(DmLint *lint, const char *pointer, const char *scheduler,
							 const char *schedule);

/* why a text is no single query that only reads; NULL if it is one */
extern char *dm_lint_query(const char *query, List **unknown_placeholders);

/* true for one of the logical types of the standard */
extern bool dm_is_type(const DmProperty *property, const char *logical_type);

/* a number as people write it; false if it is none */
extern bool dm_lint_number(const char *text, double *value);

/* how a value is named in a message: quoted, and cut if it is long */
extern char *dm_lint_shown(const DmValue *value);

#endif /* DM_CONTRACT_LINT_PART_H */
