/*
 * managed.c
 *		Ports, their schemas, our policies and the masks in use change only through our functions.
 *
 * What a command touched is looked at when it is done, whatever its text was.  dm_ functions run
 * their own commands with the guards switched off.  Superusers may do everything here, and answer
 * for it; ports that are replaced or dropped by hand are refused even to them, in
 * port/ddlflow.c.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "tcop/deparse_utility.h"
#include "utils/aclchk_internal.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

#include "base/errors.h"
#include "base/run_as.h"
#include "base/sqlname.h"
#include "boundary/exit.h"
#include "boundary/managed.h"
#include "catalog/depend.h"
#include "catalog/table.h"
#include "classify/tag.h"
#include "registry/portrow.h"
#include "registry/product.h"
#include "registry/schemalabel.h"
#include "rowpolicy/native.h"

/* What to do instead of a command on a port. */
static const char *
hint_for_port(Node *parsetree)
{
	switch (nodeTag(parsetree))
	{
		case T_GrantStmt:
			return "Use dm_grant_access and dm_revoke_access, or dm_add_producer for a role of the domain.";
		case T_AlterOwnerStmt:
		case T_ReassignOwnedStmt:
			return "Use dm_transfer_domain.";
		case T_RenameStmt:
		case T_AlterObjectSchemaStmt:
			return "A port keeps its name: use dm_drop_port and dm_add_port before the product is published, or a new major version.";
		case T_CreateTrigStmt:
		case T_RuleStmt:
			return "Put it on the relation that the port shows.";
		default:
			return "Use the dm_ functions: dm_add_port, dm_drop_port, dm_classify. COMMENT is free.";
	}
}

/* The view may have another name by now, so none is told. */
static void
refuse_port(Oid view, Node *parsetree)
{
	DmProduct *product = dm_product_of_port(view);

	ereport(ERROR,
			(errcode(ERRCODE_DM_MANAGED_OBJECT),
			 product != NULL ? errmsg("cannot change a port of product \"%s\"", product->label) :
							   errmsg("cannot change a port"),
			 errdetail("Its view is managed by datamesh."),
			 errhint("%s", hint_for_port(parsetree))));
}

static void
refuse_port_schema(Oid nspid, Node *parsetree)
{
	ereport(ERROR,
			(errcode(ERRCODE_DM_MANAGED_OBJECT),
			 errmsg("cannot change the schema of the ports of product \"%s\"",
					dm_schema_product(nspid)),
			 errdetail("It is managed by datamesh."),
			 errhint("%s", hint_for_port(parsetree))));
}

/* The managed schemas hold what our functions put there, and nothing else. */
static void
check_schema_of(const ObjectAddress *object, Oid nspid)
{
	char *product;

	if (nspid == dm_catalog_schema())
		ereport(ERROR,
				(errcode(ERRCODE_DM_MANAGED_OBJECT),
				 errmsg("cannot make or change %s", getObjectDescription(object, false)),
				 errdetail("Schema \"datamesh\" belongs to the extension."),
				 errhint("Use another schema.")));
	product = dm_schema_product(nspid);
	if (product != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DM_MANAGED_OBJECT),
				 errmsg("cannot put %s here", getObjectDescription(object, false)),
				 errdetail("Schema \"%s\" holds the ports of product \"%s\", and nothing else.",
						   get_namespace_name(nspid), product),
				 errhint("Use dm_add_port to add a port, or another schema.")));
}

/* The schema that an object is in; InvalidOid if it is in none or gone. */
static Oid
schema_of(const ObjectAddress *object)
{
	int cache;

	if (!is_objectclass_supported(object->classId))
		return InvalidOid;
	cache = get_object_catcache_oid(object->classId);
	if (cache < 0 || !SearchSysCacheExists1(cache, ObjectIdGetDatum(object->objectId)))
		return InvalidOid;
	return get_object_namespace(object);
}

static void
check_relation(Oid relid, Node *parsetree)
{
	if (get_rel_relkind(relid) == RELKIND_VIEW && dm_port_product(relid) != 0)
		refuse_port(relid, parsetree);
}

/* Names that begin like those of our policies are ours, on any table. */
static void
refuse_policy(const char *policy, const char *relation)
{
	ereport(ERROR,
			(errcode(ERRCODE_DM_MANAGED_OBJECT),
			 errmsg("cannot change policy \"%s\" of %s", policy, relation),
			 errdetail("Policies whose names begin with \"datamesh_\" are managed by datamesh."),
			 errhint("Use dm_add_row_policy, dm_alter_row_policy or dm_drop_row_policy.")));
}

static void
check_policy(Oid policy)
{
	Relation rel = table_open(PolicyRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;

	ScanKeyInit(&key, Anum_pg_policy_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(policy));
	scan = systable_beginscan(rel, PolicyOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		Form_pg_policy form = (Form_pg_policy) GETSTRUCT(tuple);

		if (dm_native_is_ours(NameStr(form->polname)))
			refuse_policy(NameStr(form->polname), dm_relation_sql(form->polrelid));
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
}

/* Another name or another schema does not change what a mask does, and its label follows. */
static void
check_function(Oid funcid, Node *parsetree)
{
	char *tag;

	if (IsA(parsetree, RenameStmt) || IsA(parsetree, AlterObjectSchemaStmt) ||
		IsA(parsetree, AlterOwnerStmt) || IsA(parsetree, ReassignOwnedStmt))
		return;
	tag = dm_tag_with_mask(funcid);
	if (tag != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DM_MANAGED_OBJECT),
				 errmsg("cannot change function %s", format_procedure(funcid)),
				 errdetail("It is the mask of tag \"%s\".", tag),
				 errhint("Make another function, use dm_register_mask on it, and give it to the tag with dm_alter_tag.")));
}

static void
check_touched(const ObjectAddress *object, Node *parsetree)
{
	Oid nspid;

	switch (object->classId)
	{
		case RelationRelationId:
			check_relation(object->objectId, parsetree);
			break;
		case RewriteRelationId:
		case TriggerRelationId:
			check_relation(dm_relation_of(object->classId, object->objectId), parsetree);
			return;
		case NamespaceRelationId:
			if (dm_schema_product(object->objectId) != NULL)
				refuse_port_schema(object->objectId, parsetree);
			return;
		case PolicyRelationId:
			check_policy(object->objectId);
			return;
		case ProcedureRelationId:
			check_function(object->objectId, parsetree);
			break;
		default:
			break;
	}
	nspid = schema_of(object);
	if (OidIsValid(nspid))
		check_schema_of(object, nspid);
}

/* Privileges on ports and their schemas come and go with agreements. */
static void
check_grant(InternalGrant *grant, Node *parsetree)
{
	ListCell *lc;

	foreach(lc, grant->objects)
	{
		if (grant->objtype == OBJECT_TABLE || grant->objtype == OBJECT_COLUMN)
			check_relation(lfirst_oid(lc), parsetree);
		else if (grant->objtype == OBJECT_SCHEMA && dm_schema_product(lfirst_oid(lc)) != NULL)
			refuse_port_schema(lfirst_oid(lc), parsetree);
	}
}

/* Row security stays on and forced where a policy of ours counts on it. */
static void
check_row_security(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool on;

	if (!HeapTupleIsValid(tuple))
		return;
	on = ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity &&
		 ((Form_pg_class) GETSTRUCT(tuple))->relforcerowsecurity;
	ReleaseSysCache(tuple);
	if (!on && dm_native_has(relid))
		ereport(ERROR,
				(errcode(ERRCODE_DM_MANAGED_OBJECT),
				 errmsg("cannot switch row security of %s off", dm_relation_sql(relid)),
				 errdetail("The table has row policies of datamesh, which count on it."),
				 errhint("Use dm_drop_row_policy; the last one gives the table back its own state.")));
}

/* What is not among the touched objects: GRANT, and the switches of ALTER TABLE. */
static void
check_collected(Node *parsetree)
{
	ListCell *lc;

	foreach(lc, dm_command_collected())
	{
		CollectedCommand *part = lfirst(lc);

		if (part->type == SCT_Grant)
			check_grant(part->d.grant.istmt, parsetree);
		else if (part->type == SCT_AlterTable)
		{
			check_relation(part->d.alterTable.objectId, parsetree);
			check_row_security(part->d.alterTable.objectId);
		}
	}
}

/* A policy that is called otherwise could not be told from others afterwards. */
void
dm_managed_before(DmCommand *command)
{
	RenameStmt *stmt = (RenameStmt *) command->parsetree;

	if (IsA(stmt, RenameStmt) && stmt->renameType == OBJECT_POLICY &&
		dm_native_is_ours(stmt->subname) && !superuser())
		refuse_policy(stmt->subname, quote_identifier(stmt->relation->relname));
}

void
dm_managed_after(DmCommand *command)
{
	ListCell *lc;

	if (superuser())
		return;
	foreach(lc, command->touched)
	{
		DmTouched *touched = lfirst(lc);

		if (touched->address.classId != TypeRelationId)
			check_touched(&touched->address, command->parsetree);
	}
	/* a relation is made after its row type, and is what the message shall be about */
	foreach(lc, dm_command_touched(command, TypeRelationId))
	{
		ObjectAddress type;

		ObjectAddressSet(type, TypeRelationId, lfirst_oid(lc));
		check_touched(&type, command->parsetree);
	}
	if (IsA(command->parsetree, GrantStmt) || IsA(command->parsetree, AlterTableStmt) ||
		IsA(command->parsetree, CreateSchemaStmt))
		check_collected(command->parsetree);
}

/* REASSIGN OWNED fires no event triggers. */
void
dm_managed_reassigned(DmCommand *command)
{
	if (IsA(command->parsetree, ReassignOwnedStmt))
		dm_managed_after(command);
}

/* Policies that the command dropped from tables that are still there. */
static const char *const dropped_policies =
	"SELECT address_names[3], pg_catalog.format('%I.%I', address_names[1], address_names[2]) "
	"FROM pg_catalog.pg_event_trigger_dropped_objects() "
	"WHERE object_type OPERATOR(pg_catalog.=) 'policy' "
	"AND pg_catalog.to_regclass(pg_catalog.format('%I.%I', address_names[1], address_names[2])) "
	"IS NOT NULL";

/* A relation takes its policies along; what else is dropped reaches none without CASCADE. */
static bool
drops_no_policy(Node *parsetree)
{
	return IsA(parsetree, DropStmt) && ((DropStmt *) parsetree)->removeType != OBJECT_POLICY &&
		   ((DropStmt *) parsetree)->behavior != DROP_CASCADE;
}

void
dm_managed_dropped(DmCommand *command)
{
	if (superuser() || drops_no_policy(command->parsetree))
		return;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(dropped_policies, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read what the command dropped");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		char *policy = SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1);

		if (dm_native_is_ours(policy))
			refuse_policy(policy, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2));
	}
	SPI_finish();
}

void
dm_managed_function_dropped(Oid funcid)
{
	char *tag;

	if (superuser() || dm_in_internal() || !OidIsValid(dm_catalog_schema()))
		return;
	tag = dm_tag_with_mask(funcid);
	if (tag != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DM_MANAGED_OBJECT),
				 errmsg("cannot drop function %s", format_procedure(funcid)),
				 errdetail("It is the mask of tag \"%s\".", tag),
				 errhint("Give the tag another mask with dm_alter_tag, then use dm_drop_mask.")));
}
