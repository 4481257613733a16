/*
 * tokenkey.h
 *		Keys of dm_token.
 *
 * A key has versions.  The id of a version names one secret for ever, which is what
 * makes dm_token immutable: version 1 of key "crm" has the id "crm", version 2 has
 * "crm.2".  Ports use the newest version.
 */
#ifndef DM_CLASSIFY_TOKENKEY_H
#define DM_CLASSIFY_TOKENKEY_H

#define DM_TOKEN_SECRET_SIZE 32

/* id of the newest version of a key; fails, naming the nearest ones, if there is none */
extern char *dm_key_current(const char *name);

/* makes the key if it is not there */
extern void dm_key_ensure(const char *name);

/* The secret of a version.  Fails if there is none. */
extern void dm_key_secret(const char *id, uint8 secret[DM_TOKEN_SECRET_SIZE]);

/* True if the role may compute tokens of values that it chooses. */
extern bool dm_key_may_use(const char *id, Oid roleid);

#endif /* DM_CLASSIFY_TOKENKEY_H */
