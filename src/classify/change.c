/*
 * change.c
 *		The record of changes that give readers more: who, when, why.
 *
 * The record is a row of the transaction that makes the change: both commit or neither.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "catalog/table.h"
#include "classify/change.h"
#include "registry/domain.h"
#include "registry/schemalabel.h"

char *dm_change_reason = NULL;

/* What the session says for its changes, where the call itself has no reason. */
static const char *
session_reason(void)
{
	return dm_change_reason != NULL && dm_change_reason[0] != '\0' ? dm_change_reason : NULL;
}

void
dm_change_record_domain(int64 domain_id, const char *kind, const char *object,
						const char *old_value, const char *new_value, const char *reason)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_change_id,
			   Int64GetDatum(dm_table_next_id(DM_GOVERNANCE_CHANGE)));
	dm_row_set(&row, Anum_dm_change_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set_text(&row, Anum_dm_change_by, GetUserNameFromId(GetUserId(), false));
	dm_row_set_text(&row, Anum_dm_change_login, GetUserNameFromId(GetSessionUserId(), false));
	dm_row_set_text(&row, Anum_dm_change_kind, kind);
	dm_row_set_text(&row, Anum_dm_change_object, object);
	if (domain_id != 0)
		dm_row_set(&row, Anum_dm_change_domain, Int64GetDatum(domain_id));
	dm_row_set_text(&row, Anum_dm_change_old, old_value);
	dm_row_set_text(&row, Anum_dm_change_new, new_value);
	dm_row_set_text(&row, Anum_dm_change_reason, reason ? reason : session_reason());
	dm_table_insert(DM_GOVERNANCE_CHANGE, &row);
}

void
dm_change_record(const char *kind, const char *object, const char *old_value,
				 const char *new_value, const char *reason)
{
	dm_change_record_domain(0, kind, object, old_value, new_value, reason);
}

void
dm_change_record_relation(Oid relid, const char *kind, const char *object,
						  const char *old_value, const char *new_value, const char *reason)
{
	char *name = dm_schema_domain(get_rel_namespace(relid));
	DmDomain *domain = name ? dm_domain_get(name, true) : NULL;

	dm_change_record_domain(domain ? domain->id : 0, kind, object, old_value, new_value, reason);
}
