/*
 * datamesh.c
 *		Entry point of the library.
 */
#include "postgres.h"

#include "access/agreement.h"
#include "access/decide.h"
#include "access/fold.h"
#include "access/producer.h"
#include "activity/activity.h"
#include "base/run_as.h"
#include "boundary/boundary_api.h"
#include "boundary/exit.h"
#include "boundary/sharing.h"
#include "catalog/command.h"
#include "classify/label.h"
#include "compat/pg_compat.h"
#include "contract/version.h"
#include "event/announce.h"
#include "event/event.h"
#include "exchange/product_document.h"
#include "gate/commit.h"
#include "guc.h"
#include "hooks/hooks.h"
#include "job/jobrow.h"
#include "mask/token.h"
#include "port/lift.h"
#include "port/lowering.h"
#include "port/port.h"
#include "quality/check_job.h"
#include "quality/guard.h"
#include "registry/portrow.h"
#include "rowpolicy/native.h"
#include "rowpolicy/policy_api.h"
#include "rowpolicy/requirement.h"
#include "rowpolicy/statement.h"
#include "rowpolicy/subject_api.h"
#include "sla/slo_job.h"
#include "worker/giveway.h"

DM_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

void
_PG_init(void)
{
	dm_guc_init();
	dm_run_as_init();
	dm_command_init();
	dm_port_row_init();
	dm_job_init();
	dm_label_init();
	dm_decide_init();
	dm_fold_init();
	dm_agreement_init();
	dm_producer_init();
	dm_contract_init();
	dm_product_document_init();
	dm_port_init();
	dm_lift_init();
	dm_lowering_init();
	dm_event_announce_init();
	dm_event_init(); /* before the gate: its callback at COMMIT runs after the gate's */
	dm_sharing_init();
	dm_token_init();
	dm_native_init();
	dm_statement_init();
	dm_subject_init();
	dm_requirement_init();
	dm_row_policy_init();
	dm_check_job_init();
	dm_guard_init();
	dm_boundary_init();
	dm_exit_init();
	dm_slo_init();
	dm_gate_init();
	dm_activity_init();
	dm_worker_init();
	dm_hooks_init();
}
