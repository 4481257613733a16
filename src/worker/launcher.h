/*
 * launcher.h
 *		The launcher: sees to it that each database with the extension has a worker.
 */
#ifndef DM_WORKER_LAUNCHER_H
#define DM_WORKER_LAUNCHER_H

/* Values of datamesh.worker and datamesh.databases. */
extern bool dm_worker_on;
extern char *dm_worker_databases;

/* Whether the settings want a worker for the database. */
extern bool dm_worker_wanted(const char *database);

extern void dm_launcher_init(void);

/* Where the server's process begins. */
extern PGDLLEXPORT void dm_launcher_main(Datum arg);

#endif /* DM_WORKER_LAUNCHER_H */
