/*
 * slo_measure.c
 *		The newest or the oldest value of a column.
 *
 * One query that an index on the column answers with a single probe.  It runs with the rights of
 * the relation's owner in a restricted operation, because a view may call functions that its
 * author chose.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/attempt.h"
#include "base/sqlname.h"
#include "catalog/relation.h"
#include "job/schedule.h"
#include "sla/slo_evaluate.h"

/* The column is looked at often, and all other levels wait meanwhile. */
#define READ_LIMIT_MS 20000

typedef struct Measurement
{
	Oid owner;
	char *query;
	bool found;
	TimestampTz value;
} Measurement;

static void
run_query(void *arg)
{
	Measurement *measurement = arg;
	bool isnull;
	Datum value;

	/* the subtransaction around it takes all of this back, whether it fails or not */
	SetUserIdAndSecContext(measurement->owner,
						   SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	(void) NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	/* the caller's may be from before it waited, and what came since would never be looked for */
	PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(measurement->query, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not read the column");
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	measurement->found = !isnull;
	measurement->value = isnull ? 0 : DatumGetTimestampTz(value);
	SPI_finish();
	PopActiveSnapshot();
}

bool
dm_slo_measure(const DmSlo *slo, bool oldest, TimestampTz *value, char **problem)
{
	Measurement measurement;
	ErrorData *error;
	Oid type;

	measurement.owner = dm_relation_owner(slo->relid);
	type = get_atttype(slo->relid, get_attnum(slo->relid, slo->column));
	/* dates and local times are meant in the time zone of schedules */
	measurement.query =
		psprintf("SELECT (m%s) FROM (SELECT pg_catalog.%s(%s) AS m FROM %s) AS s",
				 type == TIMESTAMPTZOID ? "" :
										  psprintf("::pg_catalog.timestamp AT TIME ZONE %s",
												   quote_literal_cstr(dm_schedule_time_zone)),
				 oldest ? "min" : "max", quote_identifier(slo->column),
				 dm_relation_sql(slo->relid));
	error = dm_try_out_within(READ_LIMIT_MS, run_query, &measurement);
	if (error != NULL)
	{
		*problem = psprintf("the column could not be read: %s", error->message);
		return false;
	}
	if (measurement.found && TIMESTAMP_NOT_FINITE(measurement.value))
	{
		*problem = "its value is infinite";
		return false;
	}
	*value = measurement.value;
	return measurement.found;
}
