/*
 * guc.c
 *		Settings.
 */
#include "postgres.h"

#include "datatype/timestamp.h"
#include "miscadmin.h"
#include "pgtime.h"
#include "utils/guc.h"

#include "access/decide.h"
#include "activity/counters.h"
#include "boundary/rolegrant.h"
#include "classify/change.h"
#include "conform/describe.h"
#include "contract/mode.h"
#include "event/event.h"
#include "event/incident.h"
#include "format/document.h"
#include "gate/transparent.h"
#include "guc.h"
#include "job/schedule.h"
#include "quality/check.h"
#include "quality/history.h"
#include "quality/sqlrule.h"
#include "series/series.h"
#include "worker/worker_guc.h"

static const struct config_enum_entry role_grants_options[] = {
	{ "warn", DM_ROLE_GRANTS_WARN, false },
	{ "refuse", DM_ROLE_GRANTS_REFUSE, false },
	{ NULL, 0, false }
};

static const struct config_enum_entry check_empty_options[] = {
	{ "skipped", DM_EMPTY_SKIPPED, false },
	{ "passed", DM_EMPTY_PASSED, false },
	{ "failed", DM_EMPTY_FAILED, false },
	{ NULL, 0, false }
};

static void
assign_purpose(const char *newval, void *extra)
{
	const char *old = dm_purpose ? dm_purpose : "";

	if (strcmp(old, newval ? newval : "") != 0)
		dm_decide_purpose_changed();
}

/*
 * What a contract or another document may cost to read.
 */
static void
define_document_limits(void)
{
	DefineCustomIntVariable("datamesh.document_max_size",
							"Largest document that is read, also with its aliases expanded.",
							NULL,
							&dm_document_max_size,
							16 * 1024,
							1,
							200 * 1024,
							PGC_SUSET,
							GUC_UNIT_KB,
							NULL,
							NULL,
							NULL);
	DefineCustomIntVariable("datamesh.document_max_depth",
							"Levels of objects and arrays that a document may have.",
							NULL,
							&dm_document_max_depth,
							100,
							1,
							1000,
							PGC_SUSET,
							0,
							NULL,
							NULL,
							NULL);
	DefineCustomIntVariable("datamesh.document_max_nodes",
							"Values that a document may have, with its aliases expanded.",
							NULL,
							&dm_document_max_nodes,
							1000000,
							1,
							10000000,
							PGC_SUSET,
							0,
							NULL,
							NULL,
							NULL);
}

static void
define_series(void)
{
	DefineCustomIntVariable("datamesh.series_retention",
							"Days for which what was measured is kept.",
							"What was learned from it stays.",
							&dm_series_retention_days,
							400,
							1,
							36500,
							PGC_SUSET,
							0,
							NULL,
							NULL,
							NULL);
}

static void
define_evolution(void)
{
	DefineCustomBoolVariable("datamesh.transparent_evolution",
							 "ALTER TABLE changes columns that ports show, as dm_evolve does.",
							 "For migration tools, which do not call functions.",
							 &dm_transparent_evolution,
							 false,
							 PGC_USERSET,
							 0,
							 NULL,
							 NULL,
							 NULL);
}

static bool
check_time_zone(char **newval, void **extra, GucSource source)
{
	if (pg_tzset(*newval) != NULL)
		return true;
	GUC_check_errdetail("Time zone \"%s\" is not known.", *newval);
	return false;
}

/* Jobs, events, incidents */
static void
define_jobs(void)
{
	DefineCustomStringVariable("datamesh.schedule_time_zone",
							   "Time zone of schedules that do not name one, and of seasons.",
							   NULL,
							   &dm_schedule_time_zone,
							   "UTC",
							   PGC_SIGHUP,
							   0,
							   check_time_zone,
							   NULL,
							   NULL);
	DefineCustomStringVariable("datamesh.mesh_name",
							   "Name of this mesh in the source of its events.",
							   "If empty, the name of the database.",
							   &dm_mesh_name,
							   "",
							   PGC_SUSET,
							   0,
							   NULL,
							   NULL,
							   NULL);
	DefineCustomIntVariable("datamesh.incident_window",
							"Time within which failures of one relation are one incident.",
							NULL,
							&dm_incident_window,
							3600,
							0,
							7 * 24 * 3600,
							PGC_SUSET,
							GUC_UNIT_S,
							NULL,
							NULL,
							NULL);
}

/* Fixed when the server starts; a session that loads the library by itself has none of it. */
static void
define_preloaded(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
	DefineCustomIntVariable("datamesh.activity_max",
							"Relations whose activity is counted in shared memory.",
							"Tables and materialised views of domains, and ports.",
							&dm_activity_max,
							10000,
							100,
							10000000,
							PGC_POSTMASTER,
							0,
							NULL,
							NULL,
							NULL);
}

static void
define_quality(void)
{
	DefineCustomIntVariable("datamesh.rule_timeout",
							"How long the query of a quality rule may take.",
							"0 sets no limit.",
							&dm_rule_timeout,
							60000,
							0,
							INT_MAX,
							PGC_USERSET,
							GUC_UNIT_MS,
							NULL,
							NULL,
							NULL);
	DefineCustomIntVariable("datamesh.check_retention",
							"How long the results of checks are kept.",
							"0 keeps them forever.",
							&dm_check_retention_time,
							365 * HOURS_PER_DAY * MINS_PER_HOUR,
							0,
							INT_MAX,
							PGC_SIGHUP,
							GUC_UNIT_MIN,
							NULL,
							NULL,
							NULL);
	DefineCustomEnumVariable("datamesh.check_empty",
							 "Verdict on rules about rows that find none to look at.",
							 "Of rules that would pass; those that need rows fail in any case.",
							 &dm_check_empty,
							 DM_EMPTY_SKIPPED,
							 check_empty_options,
							 PGC_USERSET,
							 0,
							 NULL,
							 NULL,
							 NULL);
}

void
dm_guc_init(void)
{
	define_quality();
	define_preloaded();
	define_evolution();
	define_series();
	define_jobs();
	dm_worker_guc_init();

	/* the purpose for which this session reads data */
	DefineCustomStringVariable("datamesh.purpose",
							   "Purpose for which this session reads data products.",
							   "It must be agreed for a product, or lie below an agreed purpose.",
							   &dm_purpose,
							   "",
							   PGC_USERSET,
							   0,
							   NULL,
							   assign_purpose,
							   NULL);

	/* why governance changes what it changes */
	DefineCustomStringVariable("datamesh.change_reason",
							   "Reason of changes that lower a classification, a mask or a policy.",
							   "It goes into datamesh.governance_changes with each of them.",
							   &dm_change_reason,
							   "",
							   PGC_USERSET,
							   0,
							   NULL,
							   NULL,
							   NULL);

	/* GRANT owner TO somebody who is not of the domain */
	DefineCustomEnumVariable("datamesh.role_grants",
							 "What happens when a role is made a member of a domain's owner or producer.",
							 "It is recorded, with a warning, or refused to everybody but superusers.",
							 &dm_role_grants,
							 DM_ROLE_GRANTS_WARN,
							 role_grants_options,
							 PGC_SUSET,
							 0,
							 NULL,
							 NULL,
							 NULL);

	/* DDL that breaks a contract, where the product does not say it itself */
	DefineCustomEnumVariable("datamesh.contract_mode",
							 "What happens at COMMIT to a change that breaks a contract.",
							 "Nothing, a warning and a record, or it is refused; products may differ.",
							 &dm_contract_mode,
							 DM_CONTRACT_REFUSE,
							 dm_contract_mode_options,
							 PGC_SUSET,
							 0,
							 NULL,
							 NULL,
							 NULL);

	define_document_limits();

	/* what contracts say of where this server is */
	DefineCustomStringVariable("datamesh.host",
							   "Name under which other machines reach this server.",
							   "It stands in the server entries of contracts.",
							   &dm_host,
							   "localhost",
							   PGC_SIGHUP,
							   0,
							   NULL,
							   NULL,
							   NULL);

	MarkGUCPrefixReserved("datamesh");
}
