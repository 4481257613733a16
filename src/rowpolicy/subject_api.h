/*
 * subject_api.h
 *		Registering the columns that name data subjects.
 */
#ifndef DM_ROWPOLICY_SUBJECT_API_H
#define DM_ROWPOLICY_SUBJECT_API_H

#include "access/subject.h"
#include "catalog/command.h"

/* The column by the name that it has now. */
extern char *dm_subject_column_name(DmSubject *subject);

/* Registrations of relations that a DROP took go as well. */
extern void dm_subject_after_drop(DmCommand *command);

/* A column has been renamed. */
extern void dm_subject_after_command(DmCommand *command);

extern void dm_subject_init(void);

#endif /* DM_ROWPOLICY_SUBJECT_API_H */
