/*
 * literals.h
 *		Constants whose reading calls what another role has written.
 */
#ifndef DM_PORT_LITERALS_H
#define DM_PORT_LITERALS_H

/*
 * Fails if a statement, read as the role, would run checks of a domain that belongs to a role which
 * is no member of it.  The server checks the domains within an array or a composite value as
 * soon as it parses the constant.
 */
extern void dm_check_literals(const char *sql, Oid roleid);

#endif /* DM_PORT_LITERALS_H */
