/*
 * ecma.h
 *		Regular expressions of ECMA-262 in the words of PCRE2.
 */
#ifndef DM_BASE_ECMA_H
#define DM_BASE_ECMA_H

/*
 * The expression as PCRE2 has to read it to mean what ECMA-262 says, or NULL with the reason in
 * *error.  Texts are UTF-8.
 */
extern char *dm_ecma_to_pcre(const char *regex, char **error);

#endif /* DM_BASE_ECMA_H */
