/*
 * encoding.h
 *		Documents are UTF-8, whatever the database's encoding is.
 */
#ifndef DM_FORMAT_ENCODING_H
#define DM_FORMAT_ENCODING_H

/*
 * The text in UTF-8, or back in the database's encoding.  Where nothing has to be converted it
 * is the text itself.  NULL if a character has no equivalent; bad is then its place in the text.
 */
extern char *dm_to_utf8(const char *text, int len, int *outlen, int *bad);
extern char *dm_from_utf8(const char *text, int len, int *outlen, int *bad);

/* A part of a UTF-8 text for a message: not too long, and in the database's encoding. */
extern char *dm_excerpt(const char *text, int len);

#endif /* DM_FORMAT_ENCODING_H */
