/*
 * rowcopy.c
 *		COPY and REFRESH by those inside of a domain, which row security would refuse.
 *
 * The server refuses COPY FROM to everybody whom row security binds, and COPY TO as well while
 * row_security is off, as pg_dump has it.  Our policies bind nobody inside of the domain, but the
 * server cannot know.  For members of the table's owner the switch that the server uses for
 * foreign keys does it: row security is then not forced.  Other producers get a COPY FROM of
 * our own, which is the server's without that check: the rest of the privileges is asked as ever.
 *
 * pg_restore fills materialised views with row_security off as well, as their owners.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "commands/copy.h"
#include "miscadmin.h"
#include "parser/parse_relation.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"

#include "access/policy.h"
#include "compat/pg_compat.h"
#include "rowpolicy/native.h"
#include "rowpolicy/rowcopy.h"

DmRowcopyWay
dm_rowcopy_way(CopyStmt *stmt)
{
	Oid relid;

	if (stmt->relation == NULL || (!stmt->is_from && row_security))
		return DM_ROWCOPY_SERVER;
	relid = RangeVarGetRelid(stmt->relation, NoLock, true);
	if (!OidIsValid(relid) || check_enable_rls(relid, InvalidOid, true) != RLS_ENABLED ||
		!dm_native_only_ours(relid, GetUserId()) ||
		!dm_policy_exempts(GetUserId(), relid, NULL))
		return DM_ROWCOPY_SERVER;
	if (dm_class_ownercheck(relid, GetUserId()))
		return DM_ROWCOPY_NOFORCE;
	return stmt->is_from && stmt->filename == NULL && stmt->whereClause == NULL ? DM_ROWCOPY_OURS :
																				  DM_ROWCOPY_SERVER;
}

/* Fails unless the current user may insert into these columns. */
static void
check_privileges(Relation rel, List *attnums)
{
	Oid relid = RelationGetRelid(rel);
	ListCell *lc;

	if (pg_class_aclcheck(relid, GetUserId(), ACL_INSERT) == ACLCHECK_OK)
		return;
	foreach(lc, attnums)
		if (pg_attribute_aclcheck(relid, lfirst_int(lc), GetUserId(), ACL_INSERT) != ACLCHECK_OK)
			aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(rel->rd_rel->relkind),
						   RelationGetRelationName(rel));
}

uint64
dm_rowcopy_from(CopyStmt *stmt, const char *source_text)
{
	Relation rel = table_openrv(stmt->relation, RowExclusiveLock);
	ParseState *pstate = make_parsestate(NULL);
	List *attnums = CopyGetAttnums(RelationGetDescr(rel), rel, stmt->attlist);
	ParseNamespaceItem *item;
	CopyFromState state;
	uint64 processed;
	ListCell *lc;

	PreventCommandIfReadOnly("COPY FROM");
	PreventCommandIfParallelMode("COPY FROM");
	check_privileges(rel, attnums);
	/* the table may be another one, or another's, than before it was locked */
	if (check_enable_rls(RelationGetRelid(rel), InvalidOid, false) == RLS_ENABLED &&
		(!dm_native_only_ours(RelationGetRelid(rel), GetUserId()) ||
		 !dm_policy_exempts(GetUserId(), RelationGetRelid(rel), NULL)))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("COPY FROM not supported with row-level security"),
				 errhint("Use INSERT statements instead.")));

	pstate->p_sourcetext = source_text;
	item = addRangeTableEntryForRelation(pstate, rel, RowExclusiveLock, NULL, false, false);
	foreach(lc, attnums)
		dm_nsitem_inserted_cols(item) =
			bms_add_member(dm_nsitem_inserted_cols(item),
						   lfirst_int(lc) - FirstLowInvalidHeapAttributeNumber);
	state = BeginCopyFrom(pstate, rel, NULL, NULL, false, NULL, stmt->attlist, stmt->options);
	processed = CopyFrom(state);
	EndCopyFrom(state);
	table_close(rel, NoLock);
	free_parsestate(pstate);
	return processed;
}

/* Has dm_rowcopy_before switched forcing off for the command that is running? */
static bool refresh_unforced = false;

void
dm_rowcopy_before(DmCommand *command)
{
	Oid userid;
	int sec_context;

	if (!IsA(command->parsetree, RefreshMatViewStmt))
		return;
	GetUserIdAndSecContext(&userid, &sec_context);
	refresh_unforced = !row_security && (sec_context & SECURITY_NOFORCE_RLS) == 0;
	/* an error takes it back with the (sub)transaction */
	if (refresh_unforced)
		SetUserIdAndSecContext(userid, sec_context | SECURITY_NOFORCE_RLS);
}

void
dm_rowcopy_after(DmCommand *command)
{
	Oid userid;
	int sec_context;

	if (!refresh_unforced || !IsA(command->parsetree, RefreshMatViewStmt))
		return;
	refresh_unforced = false;
	GetUserIdAndSecContext(&userid, &sec_context);
	SetUserIdAndSecContext(userid, sec_context & ~SECURITY_NOFORCE_RLS);
}
