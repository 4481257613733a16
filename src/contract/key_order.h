/*
 * key_order.h
 *		The order in which contracts are written for people.
 */
#ifndef DM_CONTRACT_KEY_ORDER_H
#define DM_CONTRACT_KEY_ORDER_H

/* The keys of ODCS in the order of the standard's text, at every depth; ends with NULL. */
extern const char *const dm_odcs_key_order[];

#endif /* DM_CONTRACT_KEY_ORDER_H */
