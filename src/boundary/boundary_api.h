/*
 * boundary_api.h
 *		SQL functions on the boundary of domains, and what follows when it moves.
 */
#ifndef DM_BOUNDARY_BOUNDARY_API_H
#define DM_BOUNDARY_BOUNDARY_API_H

extern void dm_boundary_init(void);

#endif /* DM_BOUNDARY_BOUNDARY_API_H */
