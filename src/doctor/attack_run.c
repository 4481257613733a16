/*
 * attack_run.c
 *		Runs a query as somebody else, without any consequence.
 *
 * What a query of ours reads may call functions that somebody has written: in a view, say.  They
 * run as the reader, and not as the caller, they cannot change the role, nothing that they do
 * stays, and neither their messages nor their errors' texts reach the caller, who might
 * otherwise have them print what only the reader may see.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "base/attempt.h"
#include "doctor/attack.h"

static void
set_option(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							 false);
}

static void
become(DmReader reader)
{
	/* ends with the subtransaction, as the settings do */
	(void) NewGUCNestLevel();
	set_option("client_min_messages", "error");
	set_option("log_min_error_statement", "panic");
	set_option("log_min_messages", "panic");
	set_option("search_path", "pg_catalog, pg_temp");
	set_option("datamesh.purpose", reader.purpose ? reader.purpose : "");
	XactReadOnly = true;
	SetUserIdAndSecContext(reader.role,
						   SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
}

static void
show_cells(DmAttackCell cell, void *arg, MemoryContext cxt)
{
	TupleDesc desc = SPI_tuptable->tupdesc;
	MemoryContext row_cxt = AllocSetContextCreate(CurrentMemoryContext, "datamesh attack row",
												  ALLOCSET_DEFAULT_SIZES);

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		MemoryContext old = MemoryContextSwitchTo(row_cxt);

		CHECK_FOR_INTERRUPTS();
		for (int column = 1; column <= desc->natts; column++)
		{
			char *value = SPI_getvalue(SPI_tuptable->vals[i], desc, column);

			if (value == NULL)
				continue;
			MemoryContextSwitchTo(cxt);
			cell(value, column, arg);
			MemoryContextSwitchTo(row_cxt);
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(row_cxt);
	}
}

typedef struct Reading
{
	DmReader reader;
	const char *sql;
	DmAttackCell cell;
	void *arg;
	uint64 rows;
	MemoryContext cxt;
} Reading;

static void
run_reading(void *arg)
{
	Reading *reading = arg;

	become(reading->reader);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(reading->sql, false, 0) < 0)
		elog(ERROR, "SPI_execute failed");
	reading->rows = SPI_processed;
	if (SPI_tuptable != NULL && reading->cell != NULL)
		show_cells(reading->cell, reading->arg, reading->cxt);
	SPI_finish();
}

DmAttackResult
dm_attack_run(DmReader reader, const char *sql, DmAttackCell cell, void *arg)
{
	Reading reading = { reader, sql, cell, arg, 0, CurrentMemoryContext };
	DmAttackResult result = { 0, 0 };
	ErrorData *error = dm_try_out(run_reading, &reading);

	result.rows = reading.rows;
	if (error != NULL)
	{
		result.sqlstate = error->sqlerrcode;
		FreeErrorData(error);
	}
	return result;
}
