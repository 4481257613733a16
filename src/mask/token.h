/*
 * token.h
 *		dm_token: keyed tokens.
 */
#ifndef DM_MASK_TOKEN_H
#define DM_MASK_TOKEN_H

/* Registers for changes of the table of keys. */
extern void dm_token_init(void);

#endif /* DM_MASK_TOKEN_H */
