/*
 * pattern.h
 *		Regular expressions of contracts and schemas: ECMA-262, by PCRE2.
 */
#ifndef DM_BASE_PATTERN_H
#define DM_BASE_PATTERN_H

typedef struct DmPattern DmPattern;

/*
 * Compiles a regular expression of ECMA-262 (with the flag u) into the current memory context,
 * which frees it.  NULL for text that is none, with the reason in *error (palloc'd).
 */
extern DmPattern *dm_pattern_compile(const char *regex, char **error);

/*
 * Whether the pattern is found anywhere in the text, which is in the server's encoding.  An error
 * where that takes too many steps.
 */
extern bool dm_pattern_search(DmPattern *pattern, const char *text, int len);

/*
 * The same, but what takes too many steps is returned as an error (in the current memory context)
 * that the caller may report, or go on.
 */
extern bool dm_pattern_try(DmPattern *pattern, const char *text, int len, ErrorData **error);

#endif /* DM_BASE_PATTERN_H */
