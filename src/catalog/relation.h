/*
 * relation.h
 *		What the server's catalog says of a relation.
 */
#ifndef DM_CATALOG_RELATION_H
#define DM_CATALOG_RELATION_H

/* The owner of a relation that exists. */
extern Oid dm_relation_owner(Oid relid);

/* True for the kinds of relations that hand out rows. */
extern bool dm_has_rows(Oid relid);

#endif /* DM_CATALOG_RELATION_H */
