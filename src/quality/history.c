/*
 * history.c
 *		The history of checks: datamesh.check_result.
 */
#include "postgres.h"

#include "access/skey.h"
#include "miscadmin.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"

#include "catalog/data.h"
#include "quality/check.h"
#include "quality/history.h"

int dm_check_retention_time = 365 * MINS_PER_HOUR * HOURS_PER_DAY;

int64
dm_check_retention(void)
{
	TimestampTz limit;
	ScanKeyData key;
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;
	int64 deleted = 0;

	if (dm_check_retention_time == 0)
		return 0;
	limit = GetCurrentTimestamp() - dm_check_retention_time * USECS_PER_MINUTE;
	ScanKeyInit(&key, Anum_dm_check_result_at, BTLessStrategyNumber, F_TIMESTAMPTZ_LT,
				TimestampTzGetDatum(limit));
	dm_data_begin(&writer, DM_CHECK_RESULT);
	dm_scan_begin(&scan, DM_CHECK_RESULT, "check_result_at_idx", 1, &key);
	while ((tuple = dm_scan_next(&scan)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		dm_data_delete(&writer, tuple);
		deleted++;
	}
	dm_scan_end(&scan);
	dm_data_end(&writer);
	return deleted;
}

int64
dm_check_last_rows(Oid relid, const char *rule_name)
{
	ScanKeyData keys[2];
	DmScan scan;
	HeapTuple tuple;
	int64 result = -1;
	int64 newest = 0;

	dm_key_oid(&keys[0], Anum_dm_check_result_relation, relid);
	dm_key_text(&keys[1], Anum_dm_check_result_rule, rule_name);
	dm_scan_begin(&scan, DM_CHECK_RESULT, "check_result_relation_idx", 2, keys);
	while ((tuple = dm_scan_next(&scan)) != NULL)
	{
		int64 id = dm_scan_int8(&scan, tuple, Anum_dm_check_result_id);
		bool isnull;
		Datum rows = dm_scan_get(&scan, tuple, Anum_dm_check_result_rows_checked, &isnull);

		if (isnull || id < newest)
			continue;
		newest = id;
		result = DatumGetInt64(rows);
	}
	dm_scan_end(&scan);
	return result;
}
