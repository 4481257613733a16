/*
 * matches.c
 *		dm_matches: whether a text has a pattern of ECMA-262 in it, for CHECK constraints.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/pattern.h"
#include "compat/pg_compat.h"

PG_FUNCTION_INFO_V1(dm_matches);

/* The pattern of the last call, as it is nearly always the same. */
typedef struct Compiled
{
	char *regex;
	DmPattern *pattern;
	MemoryContext cxt;
} Compiled;

static DmPattern *
compiled_pattern(FmgrInfo *flinfo, const char *regex)
{
	Compiled *compiled = flinfo->fn_extra;
	MemoryContext old;
	char *error;

	if (compiled != NULL && compiled->pattern != NULL && strcmp(compiled->regex, regex) == 0)
		return compiled->pattern;
	if (compiled == NULL)
	{
		compiled = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(Compiled));
		compiled->cxt = AllocSetContextCreate(flinfo->fn_mcxt, "datamesh pattern",
											  ALLOCSET_SMALL_SIZES);
		flinfo->fn_extra = compiled;
	}
	compiled->pattern = NULL;
	MemoryContextReset(compiled->cxt);
	old = MemoryContextSwitchTo(compiled->cxt);
	compiled->regex = pstrdup(regex);
	compiled->pattern = dm_pattern_compile(regex, &error);
	MemoryContextSwitchTo(old);
	if (compiled->pattern == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
				 errmsg("invalid regular expression: %s", error),
				 errdetail("Patterns of contracts are regular expressions of ECMA-262.")));
	return compiled->pattern;
}

Datum
dm_matches(PG_FUNCTION_ARGS)
{
	text *value = PG_GETARG_TEXT_PP(0);
	char *regex = text_to_cstring(PG_GETARG_TEXT_PP(1));

	PG_RETURN_BOOL(dm_pattern_search(compiled_pattern(fcinfo->flinfo, regex),
									 VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)));
}
