/*
 * exit_command.c
 *		After a command: no object that it touched may be an open side exit.
 *
 * The state is looked at and not the command, so it does not matter in which order somebody
 * makes a view, grants it and has it read a domain.  Superusers are asked nothing.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_range.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/deparse_utility.h"
#include "utils/aclchk_internal.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"

#include "base/errors.h"
#include "base/run_as.h"
#include "base/sqlname.h"
#include "boundary/exit.h"
#include "boundary/exit_accept.h"
#include "catalog/listen.h"
#include "registry/schemalabel.h"

/* from so many objects on, a look at whole catalogs is cheaper than one at each object */
#define MANY 16

/* True if an ALTER TABLE can change what somebody reads through the relation. */
static bool
alters_reading(AlterTableStmt *stmt)
{
	ListCell *lc;

	foreach(lc, stmt->cmds)
	{
		switch (((AlterTableCmd *) lfirst(lc))->subtype)
		{
			case AT_AddInherit:
			case AT_AttachPartition:
			case AT_ChangeOwner:
			case AT_SetRelOptions:
			case AT_ResetRelOptions:
			case AT_ReplaceRelOptions:
			case AT_EnableTrig:
			case AT_EnableAlwaysTrig:
			case AT_EnableReplicaTrig:
			case AT_EnableTrigAll:
			case AT_EnableTrigUser:
			case AT_EnableRule:
			case AT_EnableAlwaysRule:
			case AT_EnableReplicaRule:
				return true;
			default:
				break;
		}
	}
	return false;
}

/* True if the server will run code with a table, or values of a type, that it did not before. */
static bool
adds_code(Node *parsetree)
{
	ListCell *lc;

	if (IsA(parsetree, CreatePolicyStmt) || IsA(parsetree, AlterPolicyStmt))
		return true;
	if (!IsA(parsetree, AlterTableStmt))
		return false;
	foreach(lc, ((AlterTableStmt *) parsetree)->cmds)
	{
		AlterTableCmd *cmd = lfirst(lc);

		if (cmd->subtype == AT_EnableRowSecurity ||
			(cmd->subtype == AT_ColumnDefault && cmd->def != NULL) ||
			(cmd->subtype == AT_AddConstraint &&
			 castNode(Constraint, cmd->def)->contype == CONSTR_CHECK) ||
			(cmd->subtype == AT_AddColumn && castNode(ColumnDef, cmd->def)->constraints != NIL))
			return true;
	}
	return false;
}

/*
 * Commands that change nothing in what is handed out.  An exit that was there before the domain,
 * or that a superuser has made, must not stop all work on what it reads.
 */
static bool
is_harmless(Node *parsetree)
{
	switch (nodeTag(parsetree))
	{
		case T_AlterTableStmt:
			return !alters_reading((AlterTableStmt *) parsetree);
		case T_RenameStmt:
		case T_RefreshMatViewStmt:
		case T_CreatePolicyStmt:
		case T_AlterPolicyStmt:
		case T_CreateStmt:
			/* what a table is made for is in other commands, unless it joins a family */
			return ((CreateStmt *) parsetree)->inhRelations == NIL;
		case T_CommentStmt:
		case T_SecLabelStmt:
		case T_IndexStmt:
		case T_CreateSeqStmt:
		case T_AlterSeqStmt:
		case T_CreateStatsStmt:
		case T_DropStmt:
			return true;
		default:
			return false;
	}
}

static Oid
class_of_granted(ObjectType objtype)
{
	switch (objtype)
	{
		case OBJECT_TABLE:
		case OBJECT_COLUMN:
			return RelationRelationId;
		case OBJECT_FUNCTION:
		case OBJECT_PROCEDURE:
		case OBJECT_ROUTINE:
			return ProcedureRelationId;
		default:
			return InvalidOid;
	}
}

/* The relations and functions of a GRANT; others read what they did before. */
static List *
granted_objects(void)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, dm_command_collected())
	{
		CollectedCommand *part = lfirst(lc);
		InternalGrant *grant;
		List *oids;
		ListCell *lo;

		if (part->type != SCT_Grant)
			continue;
		grant = part->d.grant.istmt;
		if (!OidIsValid(class_of_granted(grant->objtype)) || !grant->is_grant)
			continue;
		/* the first refusal shall be the same one each time */
		oids = list_copy(grant->objects);
		list_sort(oids, list_oid_cmp);
		foreach(lo, oids)
		{
			ObjectAddress *address = palloc(sizeof(ObjectAddress));

			ObjectAddressSet(*address, class_of_granted(grant->objtype), lfirst_oid(lo));
			result = lappend(result, address);
		}
	}
	return result;
}

/*
 * The server gives EXECUTE on every new function to PUBLIC, before anybody can say otherwise.
 * Where that would be a side exit it is taken back, as the author would have had to.
 */
static void
close_new_functions(DmCommand *command)
{
	ListCell *lc;

	foreach(lc, dm_command_touched(command, ProcedureRelationId))
	{
		ObjectAddress function;
		ListCell *lo;

		ObjectAddressSet(function, ProcedureRelationId, lfirst_oid(lc));
		foreach(lo, dm_exits_unaccepted(dm_object_exits(&function)))
		{
			DmOpenExit *exit = lfirst(lo);

			if (exit->role != ACL_ID_PUBLIC)
				continue;
			dm_execute_as(dm_owner_of(ProcedureRelationId, lfirst_oid(lc)),
						  psprintf("REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC",
								   format_procedure_qualified(lfirst_oid(lc))));
			ereport(NOTICE,
					(errmsg("EXECUTE on %s is revoked from PUBLIC",
							getObjectDescription(&exit->object, false)),
					 errdetail("%s", exit->exit->how)));
			break;
		}
	}
}

/*
 * A trigger hands each row to its function, and the function's owner can make it another one at
 * any time.
 */
static void
check_trigger_functions(Oid relid)
{
	char *name = dm_schema_domain(get_rel_namespace(relid));
	DmDomain *domain = name ? dm_domain_get(name, true) : NULL;
	List *names;
	List *functions;
	ListCell *ln;
	ListCell *lf;

	if (domain == NULL)
		return;
	functions = dm_trigger_functions(relid, &names);
	forboth(lf, functions, ln, names)
	{
		Oid owner = dm_owner_of(ProcedureRelationId, lfirst_oid(lf));

		if (!OidIsValid(owner) || !dm_is_outside(domain, owner))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_DM_BOUNDARY),
				 errmsg("trigger \"%s\" of %s would hand rows of domain \"%s\" to a function of role \"%s\"",
						(char *) lfirst(ln), dm_relation_sql(relid), domain->name,
						GetUserNameFromId(owner, false)),
				 errdetail("Function %s belongs to a role outside of the domain, which can change it at any time.",
						   format_procedure(lfirst_oid(lf))),
				 errhint("Make the function the domain's own.")));
	}
}

/* Triggers that are new, and those of functions that are somebody else's now. */
static void
check_triggers(DmCommand *command, List *objects)
{
	ListCell *lc;

	if (!IsA(command->parsetree, CreateTrigStmt) && !IsA(command->parsetree, AlterOwnerStmt) &&
		!IsA(command->parsetree, ReassignOwnedStmt))
		return;
	foreach(lc, objects)
		if (((ObjectAddress *) lfirst(lc))->classId == RelationRelationId)
			check_trigger_functions(((ObjectAddress *) lfirst(lc))->objectId);
}

/*
 * The server calls a range type's function without asking anybody for EXECUTE, when it
 * builds an index or gathers statistics.
 */
static void
check_range_function(Oid funcid)
{
	List *exits = NIL;
	Relation rel = table_open(RangeRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;
	Oid type = InvalidOid;

	while (!OidIsValid(type) && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_range form = (Form_pg_range) GETSTRUCT(tuple);

		if (form->rngsubdiff == funcid || form->rngcanonical == funcid)
			type = form->rngtypid;
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	if (!OidIsValid(type) || (exits = dm_function_exits(funcid)) == NIL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DM_BOUNDARY),
			 errmsg("range type %s would hand out data of domain \"%s\" to whoever uses it",
					format_type_be(type), ((DmExit *) linitial(exits))->domain->name),
			 errdetail("%s", ((DmExit *) linitial(exits))->how),
			 errhint("Use a function that is SECURITY INVOKER.")));
}

/* What hands out data by other means than privileges. */
static void
check_others(DmCommand *command)
{
	ObjectAddress publication;
	Node *stmt = command->parsetree;

	switch (nodeTag(stmt))
	{
		case T_CreatePublicationStmt:
		case T_AlterPublicationStmt:
			ObjectAddressSet(publication, PublicationRelationId,
							 get_publication_oid(IsA(stmt, CreatePublicationStmt) ?
													 ((CreatePublicationStmt *) stmt)->pubname :
													 ((AlterPublicationStmt *) stmt)->pubname,
												 false));
			dm_refuse_exits(dm_object_exits(&publication));
			break;
		case T_CreateUserMappingStmt:
		case T_AlterUserMappingStmt:
		case T_AlterForeignServerStmt:
		case T_AlterOwnerStmt:
			dm_refuse_exits(dm_server_exits());
			break;
		default:
			break;
	}
}

void
dm_exit_after(DmCommand *command)
{
	DmExitSurvey survey;
	List *objects;
	ListCell *lc;
	bool harmless = is_harmless(command->parsetree);

	if (superuser() || (harmless && !adds_code(command->parsetree)) || dm_domain_list() == NIL)
		return;
	if (IsA(command->parsetree, CreateFunctionStmt) || IsA(command->parsetree, DefineStmt))
		close_new_functions(command);
	objects = dm_exit_dependents(command->touched);
	/* GRANT may be an element of CREATE SCHEMA */
	if (IsA(command->parsetree, GrantStmt) || IsA(command->parsetree, CreateSchemaStmt))
		objects = list_concat(objects, granted_objects());
	check_triggers(command, objects);
	if (list_length(objects) >= MANY)
		dm_exit_survey(&survey);
	foreach(lc, objects)
	{
		ObjectAddress *object = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		/* what it adds is run by functions that read the table, and by nothing else */
		if (harmless && object->classId != ProcedureRelationId)
			continue;
		if (list_length(objects) >= MANY && object->classId == RelationRelationId &&
			dm_is_plain(object->objectId, &survey))
			continue;
		if (object->classId == ProcedureRelationId)
			check_range_function(object->objectId);
		dm_refuse_exits(dm_object_exits(object));
	}
	check_others(command);
}

/* REASSIGN OWNED fires no event triggers. */
void
dm_exit_reassigned(DmCommand *command)
{
	if (IsA(command->parsetree, ReassignOwnedStmt))
		dm_exit_after(command);
}

/*
 * Functions of older days become side exits when their owner comes into a domain.  That is not
 * refused; the team is told, once a statement.  What was there before the domain itself is for
 * dm_side_exits and dm_doctor to list.
 */
static void
boundary_moved(DmBoundaryEvent event, int64 domain_id, Oid oid)
{
	static int64 told_domain = 0;
	static TimestampTz told_at = 0;
	List *found = NIL;
	ListCell *lc;
	DmOpenExit *first;

	if (event != DM_ROLE_CAME ||
		(told_domain == domain_id && told_at == GetCurrentStatementStartTimestamp()))
		return;
	foreach(lc, dm_exits_unaccepted(dm_exits_all()))
		if (((DmOpenExit *) lfirst(lc))->exit->domain->id == domain_id)
			found = lappend(found, lfirst(lc));
	if (found == NIL)
		return;
	told_domain = domain_id;
	told_at = GetCurrentStatementStartTimestamp();
	first = linitial(found);
	ereport(WARNING,
			(errmsg_plural("%d side exit of domain \"%s\" is open",
						   "%d side exits of domain \"%s\" are open", list_length(found),
						   list_length(found), first->exit->domain->name),
			 errdetail("One of them is %s.", getObjectDescription(&first->object, false)),
			 errhint("dm_side_exits('%s') lists them.", first->exit->domain->name)));
}

void
dm_exit_init(void)
{
	dm_listen_boundary(boundary_moved);
	dm_listen_classified(NULL, dm_publication_warn);
}
