/*
 * requirement.h
 *		Products that ask for the consent of data subjects.
 */
#ifndef DM_ROWPOLICY_REQUIREMENT_H
#define DM_ROWPOLICY_REQUIREMENT_H

extern void dm_requirement_init(void);

#endif /* DM_ROWPOLICY_REQUIREMENT_H */
