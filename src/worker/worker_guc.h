/*
 * worker_guc.h
 *		Settings of the worker, and how long it keeps what.
 */
#ifndef DM_WORKER_WORKER_GUC_H
#define DM_WORKER_WORKER_GUC_H

extern void dm_worker_guc_init(void);

#endif /* DM_WORKER_WORKER_GUC_H */
