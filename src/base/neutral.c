/*
 * neutral.c
 *		Settings that what a session reads and writes as text depends on.
 */
#include "postgres.h"

#include "utils/guc.h"

#include "base/neutral.h"

int
dm_neutral_settings(void)
{
	static const char *const settings[][2] = {
		{ "search_path", "pg_catalog, pg_temp" },
		{ "DateStyle", "ISO, YMD" },
		{ "IntervalStyle", "postgres" },
		{ "TimeZone", "UTC" },
		{ "extra_float_digits", "1" },
		{ "quote_all_identifiers", "off" },
	};
	int level = NewGUCNestLevel();

	for (int i = 0; i < lengthof(settings); i++)
		(void) set_config_option(settings[i][0], settings[i][1], PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	return level;
}
