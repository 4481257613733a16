/*
 * isotime.h
 *		Dates, times and durations as contracts write them: ISO 8601.
 *
 * The server's own input functions take much more ("yesterday", "J2451187") and
 * depend on the session's settings, while a contract says the same to everybody.
 */
#ifndef DM_CONTRACT_ISOTIME_H
#define DM_CONTRACT_ISOTIME_H

/*
 * What a text was read as.  Microseconds since 2000-01-01, or since midnight for
 * a time of day; with an offset, as of UTC.
 */
typedef struct DmIsoTime
{
	bool has_date;
	bool has_time;
	bool has_offset;
	int64 microseconds;
} DmIsoTime;

/* a date, a date with a time, or a time; false for anything else */
extern bool dm_iso_time(const char *text, DmIsoTime *result);

/* "P1Y2M3DT4H5M6S", "P2W"; gives the parts, of which calendars make more or less */
extern bool dm_iso_duration(const char *text, int *months, int *days, int64 *microseconds);

/*
 * A regular expression for the texts that a JDK date pattern ("yyyy-MM-dd'T'HH:mm:ss")
 * writes.  NULL if the pattern has letters that JDK does not know, or an open quote.
 */
extern char *dm_date_format_regex(const char *format);

#endif /* DM_CONTRACT_ISOTIME_H */
