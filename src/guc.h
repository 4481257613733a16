/*
 * guc.h
 *		Settings.
 */
#ifndef DM_GUC_H
#define DM_GUC_H

extern void dm_guc_init(void);

#endif /* DM_GUC_H */
