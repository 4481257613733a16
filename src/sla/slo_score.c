/*
 * slo_score.c
 *		Levels that are measured by checks: quality score and completeness.
 *
 * A run of dm_check gives the level a value at the run's time, which holds until the next one.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"

#include "catalog/table.h"
#include "sla/slo_evaluate.h"

/* columns of datamesh.check_result */
#define RESULT_RUN			2
#define RESULT_AT			3
#define RESULT_PRODUCT		4
#define RESULT_DIMENSION	11
#define RESULT_VERDICT		13
#define RESULT_ROWS_CHECKED 18
#define RESULT_FAILING		19

/* One run of a check, as far as it has been read. */
typedef struct CheckRun
{
	int64 run;
	TimestampTz at;
	double good;
	double total;
} CheckRun;

/* The share of rules that passed; those that were skipped say nothing. */
static void
add_verdict(DmScan *scan, HeapTuple tuple, CheckRun *run)
{
	char *verdict = dm_scan_text(scan, tuple, RESULT_VERDICT);

	if (strcmp(verdict, "skipped") == 0)
		return;
	run->total++;
	if (strcmp(verdict, "passed") == 0)
		run->good++;
}

/* The share of rows that rules of completeness have found nothing to miss in. */
static void
add_rows(DmScan *scan, HeapTuple tuple, CheckRun *run)
{
	char *dimension = dm_scan_text(scan, tuple, RESULT_DIMENSION);
	bool no_rows;
	bool no_failing;
	Datum rows = dm_scan_get(scan, tuple, RESULT_ROWS_CHECKED, &no_rows);
	Datum failing = dm_scan_get(scan, tuple, RESULT_FAILING, &no_failing);

	if (dimension == NULL || strcmp(dimension, "completeness") != 0 || no_rows || no_failing)
		return;
	run->total += DatumGetInt64(rows);
	run->good += DatumGetInt64(rows) - DatumGetInt64(failing);
}

static void
end_run(DmSloTrack *track, CheckRun *run)
{
	if (run->total <= 0)
		return;
	track->has_measured = true;
	track->measured = run->good / run->total;
	dm_slo_track_change(track, run->at,
						track->measured >= track->slo->limit ? DM_STATE_OK : DM_STATE_BREACHED);
}

void
dm_slo_follow_checks(DmSloTrack *track, TimestampTz at)
{
	const DmSlo *slo = track->slo;
	bool completeness = strcmp(slo->property, "completeness") == 0;
	/* the first time, the last check of the span tells the state */
	TimestampTz from = track->is_stored ? track->evaluated_to : dm_slo_add(at, &slo->span, -1);
	CheckRun run = { 0, 0, 0, 0 };
	ScanKeyData keys[2];
	DmScan scan;
	HeapTuple tuple;

	ScanKeyInit(&keys[0], RESULT_AT, BTGreaterStrategyNumber, F_TIMESTAMPTZ_GT,
				TimestampTzGetDatum(from));
	ScanKeyInit(&keys[1], RESULT_AT, BTLessEqualStrategyNumber, F_TIMESTAMPTZ_LE,
				TimestampTzGetDatum(at));
	dm_scan_begin(&scan, DM_CHECK_RESULT, "check_result_at_idx", 2, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		bool isnull;
		Datum product = dm_scan_get(&scan, tuple, RESULT_PRODUCT, &isnull);
		int64 number = dm_scan_int8(&scan, tuple, RESULT_RUN);

		if (isnull || DatumGetInt64(product) != slo->product->id)
			continue;
		if (number != run.run)
		{
			end_run(track, &run);
			memset(&run, 0, sizeof(run));
			run.run = number;
		}
		run.at = DatumGetTimestampTz(dm_scan_get(&scan, tuple, RESULT_AT, NULL));
		if (completeness)
			add_rows(&scan, tuple, &run);
		else
			add_verdict(&scan, tuple, &run);
	}
	dm_scan_end(&scan);
	end_run(track, &run);
	if (dm_slo_track_last(track) == NULL)
		dm_slo_track_change(track, at, DM_STATE_UNKNOWN);
	if (!track->has_measured)
		track->detail = completeness ? "no rule of completeness has been checked" :
									   "the product has not been checked";
}
