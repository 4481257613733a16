/*
 * managed_table.c
 *		Our own tables are not written by hand.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/rel.h"

#include "base/errors.h"

PG_FUNCTION_INFO_V1(dm_refuse_write);

/* On each of our tables. catalog/table.c fires no triggers; superusers repair what is broken. */
Datum
dm_refuse_write(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function was not called by a trigger")));
	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_DM_MANAGED_OBJECT),
				 errmsg("cannot write into table datamesh.%s",
						RelationGetRelationName(trigdata->tg_relation)),
				 errdetail("The tables of datamesh are written by its functions alone."),
				 errhint("Use the dm_ functions.")));
	PG_RETURN_POINTER(NULL);
}
