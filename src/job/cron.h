/*
 * cron.h
 *		Schedules of cron: five fields, or one of the nicknames.
 */
#ifndef DM_JOB_CRON_H
#define DM_JOB_CRON_H

/* one bit for each value; Sunday is 0, and months begin with bit 1 */
typedef struct DmCron
{
	uint64 minutes;
	uint64 hours;
	uint64 days;
	uint64 months;
	uint64 weekdays;
	/* with both restricted, a day matches either of them, as cron has it */
	bool any_day;
	bool any_weekday;
} DmCron;

/* NULL if the schedule is well-formed, else what is wrong with it (palloc'd) */
extern char *dm_cron_parse(const char *text, DmCron *cron);

#endif /* DM_JOB_CRON_H */
