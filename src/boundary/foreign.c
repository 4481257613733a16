/*
 * foreign.c
 *		Privileges of roles outside on what belongs to a domain.
 *
 * EXECUTE of PUBLIC on functions is not counted: it is the server's default, and without USAGE on
 * the schema nobody outside can name the function.  Neither are a function's owner, as it
 * holds no data, nor privileges on types.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/run_as.h"
#include "base/sqlname.h"
#include "boundary/acceptance.h"
#include "boundary/foreign.h"
#include "catalog/depend.h"
#include "registry/portrow.h"
#include "registry/schemalabel.h"

List *
dm_privilege_words(AclMode privs, const char *after)
{
	List *result = NIL;

	for (AclMode bit = 1; bit != 0 && bit <= privs; bit <<= 1)
		if ((privs & bit) != 0)
			result = lappend(result, psprintf("%s%s", dm_privileges_text(bit), after));
	return result;
}

/* Whose privileges are being read. */
typedef struct Holder
{
	DmGround *ground;
	ObjectAddress object;
	Oid owner;
	bool function; /* or default privileges on functions */
	List *found;   /* DmForeign */
} Holder;

static DmForeign *
add_foreign(Holder *holder, Oid grantee, Oid grantor)
{
	DmForeign *foreign = palloc0(sizeof(DmForeign));

	foreign->object = holder->object;
	foreign->ground = holder->ground;
	foreign->grantee = grantee;
	foreign->grantor = grantor;
	holder->found = lappend(holder->found, foreign);
	return foreign;
}

/* The entry for this grantee and grantor, made if there is none. */
static DmForeign *
entry_for(Holder *holder, Oid grantee, Oid grantor)
{
	ListCell *lc;

	foreach(lc, holder->found)
	{
		DmForeign *foreign = lfirst(lc);

		if (foreign->grantee == grantee && foreign->grantor == grantor && !foreign->owner)
			return foreign;
	}
	return add_foreign(holder, grantee, grantor);
}

static void
add_item(Holder *holder, const AclItem *item, const char *column)
{
	AclMode privs = ACLITEM_GET_PRIVS(*item);
	AclMode option = ACLITEM_GET_GOPTIONS(*item);
	const char *suffix = column ? psprintf(" (%s)", quote_identifier(column)) : "";
	DmForeign *foreign;

	if (privs == ACL_NO_RIGHTS || item->ai_grantee == holder->owner ||
		(holder->function && !OidIsValid(item->ai_grantee)) ||
		dm_ground_allows(holder->ground, item->ai_grantee, holder->object.classId,
						 holder->object.objectId, privs, option))
		return;
	foreign = entry_for(holder, item->ai_grantee, item->ai_grantor);
	foreign->privileges = list_concat(foreign->privileges,
									  dm_privilege_words(privs & ~option, suffix));
	foreign->privileges = list_concat(foreign->privileges,
									  dm_privilege_words(option, psprintf("*%s", suffix)));
	foreign->revocable = list_concat(foreign->revocable, dm_privilege_words(privs, suffix));
}

/* Adds what an ACL gives to roles outside; column names the column that it is of, if any. */
static void
add_acl(Holder *holder, Datum datum, const char *column)
{
	Acl *acl = DatumGetAclP(datum);

	for (int i = 0; i < ACL_NUM(acl); i++)
		add_item(holder, &ACL_DAT(acl)[i], column);
}

static void
add_owner(Holder *holder)
{
	DmForeign *foreign;

	if (dm_ground_inside(holder->ground, holder->owner))
		return;
	foreign = add_foreign(holder, holder->owner, holder->owner);
	foreign->owner = true;
	foreign->privileges = list_make1("OWNER");
}

static void
add_columns(Holder *holder, int natts)
{
	for (int attnum = 1; attnum <= natts; attnum++)
	{
		HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(holder->object.objectId),
										  Int16GetDatum(attnum));
		bool isnull;
		Datum acl;

		if (!HeapTupleIsValid(tuple))
			continue;
		acl = SysCacheGetAttr(ATTNUM, tuple, Anum_pg_attribute_attacl, &isnull);
		if (!isnull && !((Form_pg_attribute) GETSTRUCT(tuple))->attisdropped)
			add_acl(holder, acl, NameStr(((Form_pg_attribute) GETSTRUCT(tuple))->attname));
		ReleaseSysCache(tuple);
	}
}

static bool
has_privileges(char relkind)
{
	return relkind == RELKIND_RELATION || relkind == RELKIND_PARTITIONED_TABLE ||
		   relkind == RELKIND_VIEW || relkind == RELKIND_MATVIEW ||
		   relkind == RELKIND_FOREIGN_TABLE || relkind == RELKIND_SEQUENCE;
}

static void
add_relation(Holder *holder, HeapTuple tuple)
{
	Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);
	bool isnull;
	Datum acl;

	if (!has_privileges(form->relkind))
		return;
	holder->owner = form->relowner;
	/* a sequence is no data, and mostly has the owner of its table */
	if (form->relkind != RELKIND_SEQUENCE)
		add_owner(holder);
	acl = SysCacheGetAttr(RELOID, tuple, Anum_pg_class_relacl, &isnull);
	if (!isnull)
		add_acl(holder, acl, NULL);
	add_columns(holder, form->relnatts);
}

static void
add_function(Holder *holder, HeapTuple tuple)
{
	bool isnull;
	Datum acl = SysCacheGetAttr(PROCOID, tuple, Anum_pg_proc_proacl, &isnull);

	holder->owner = ((Form_pg_proc) GETSTRUCT(tuple))->proowner;
	holder->function = true;
	if (!isnull)
		add_acl(holder, acl, NULL);
}

static void
add_schema(Holder *holder, HeapTuple tuple)
{
	bool isnull;
	Datum acl = SysCacheGetAttr(NAMESPACEOID, tuple, Anum_pg_namespace_nspacl, &isnull);

	holder->owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	add_owner(holder);
	if (!isnull)
		add_acl(holder, acl, NULL);
}

List *
dm_foreign_of(DmGround *ground, Oid classid, Oid objid)
{
	int cacheid = classid == RelationRelationId	 ? RELOID :
				  classid == ProcedureRelationId ? PROCOID :
												   NAMESPACEOID;
	HeapTuple tuple = SearchSysCache1(cacheid, ObjectIdGetDatum(objid));
	Holder holder = { .ground = ground };

	if (!HeapTupleIsValid(tuple))
		return NIL;
	ObjectAddressSet(holder.object, classid, objid);
	if (classid == RelationRelationId)
		add_relation(&holder, tuple);
	else if (classid == ProcedureRelationId)
		add_function(&holder, tuple);
	else
		add_schema(&holder, tuple);
	ReleaseSysCache(tuple);
	return holder.found;
}

static List *
default_acl(DmGround *ground, Relation rel, HeapTuple tuple)
{
	Form_pg_default_acl form = (Form_pg_default_acl) GETSTRUCT(tuple);
	Holder holder = { .ground = ground };
	bool isnull;
	Datum acl = heap_getattr(tuple, Anum_pg_default_acl_defaclacl, RelationGetDescr(rel), &isnull);

	if (form->defaclnamespace != ground->nspid || form->defaclobjtype == DEFACLOBJ_TYPE || isnull)
		return NIL;
	ObjectAddressSet(holder.object, DefaultAclRelationId, form->oid);
	holder.owner = form->defaclrole;
	holder.function = form->defaclobjtype == DEFACLOBJ_FUNCTION;
	add_acl(&holder, acl, NULL);
	return holder.found;
}

static List *
defaults_of_schema(DmGround *ground)
{
	Relation rel = table_open(DefaultAclRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;
	List *result = NIL;

	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
		result = list_concat(result, default_acl(ground, rel, tuple));
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

/* The objects of one catalog that depend on a schema, in order of their making. */
static List *
members_of(Oid nspid, Oid classid)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, dm_depend_on(NamespaceRelationId, nspid, 0))
		if (((Form_pg_depend) lfirst(lc))->classid == classid)
			result = lappend_oid(result, ((Form_pg_depend) lfirst(lc))->objid);
	list_sort(result, list_oid_cmp);
	return result;
}

static List *
foreign_of_members(DmGround *ground, Oid classid)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, members_of(ground->nspid, classid))
	{
		CHECK_FOR_INTERRUPTS();
		result = list_concat(result, dm_foreign_of(ground, classid, lfirst_oid(lc)));
	}
	return result;
}

static List *
append_port_schemas(List *schemas, DmProduct *product)
{
	ListCell *lc;

	foreach(lc, dm_port_views(product->id))
		schemas = list_append_unique_oid(schemas, get_rel_namespace(lfirst_oid(lc)));
	return schemas;
}

List *
dm_foreign_of_schema(DmGround *ground)
{
	List *result = dm_foreign_of(ground, NamespaceRelationId, ground->nspid);

	result = list_concat(result, foreign_of_members(ground, RelationRelationId));
	result = list_concat(result, foreign_of_members(ground, ProcedureRelationId));
	return list_concat(result, defaults_of_schema(ground));
}

static List *
foreign_of_schemas(List *schemas)
{
	List *known = NIL;
	List *result = NIL;
	ListCell *lc;

	foreach(lc, schemas)
		result = list_concat(result, dm_foreign_of_schema(dm_ground(&known, lfirst_oid(lc))));
	return result;
}

List *
dm_foreign_of_domain(DmDomain *domain)
{
	List *schemas = dm_schema_list(domain->name);
	ListCell *lc;

	foreach(lc, dm_product_list(domain->id))
		schemas = append_port_schemas(schemas, lfirst(lc));
	return foreign_of_schemas(schemas);
}

List *
dm_foreign_of_product(DmProduct *product)
{
	return foreign_of_schemas(append_port_schemas(dm_schema_list(product->domain->name),
												  product));
}

List *
dm_foreign_unaccepted(List *foreign)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, foreign)
	{
		DmForeign *one = lfirst(lc);

		if (!dm_accepted(&one->object, one->grantee, one->privileges))
			result = lappend(result, one);
	}
	return result;
}

char *
dm_foreign_kind(DmForeign *foreign)
{
	return getObjectTypeDescription(&foreign->object, false);
}

char *
dm_foreign_name(DmForeign *foreign)
{
	return getObjectIdentity(&foreign->object, false);
}

/* TABLE, SEQUENCE, ROUTINE or SCHEMA and the name. */
static char *
target(DmForeign *foreign)
{
	const char *word = "SCHEMA";

	if (foreign->object.classId == RelationRelationId)
		word = get_rel_relkind(foreign->object.objectId) == RELKIND_SEQUENCE ? "SEQUENCE" : "TABLE";
	else if (foreign->object.classId == ProcedureRelationId)
		word = "ROUTINE";
	return psprintf("%s %s", word, dm_foreign_name(foreign));
}

static char *
comma_list(List *strings)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, strings)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", (char *) lfirst(lc));
	return buf.data;
}

/* What kind of objects default privileges are for, and in which schema; false if they are gone. */
static bool
read_default(Oid defaclid, char *objtype, Oid *nspid)
{
	Relation rel = table_open(DefaultAclRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	bool found;

	ScanKeyInit(&key, Anum_pg_default_acl_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(defaclid));
	scan = systable_beginscan(rel, DefaultAclOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	found = HeapTupleIsValid(tuple);
	if (found)
	{
		*objtype = ((Form_pg_default_acl) GETSTRUCT(tuple))->defaclobjtype;
		*nspid = ((Form_pg_default_acl) GETSTRUCT(tuple))->defaclnamespace;
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return found;
}

Oid
dm_default_acl_schema(Oid defaclid)
{
	char objtype;
	Oid nspid;

	return read_default(defaclid, &objtype, &nspid) ? nspid : InvalidOid;
}

static const char *
default_target(Oid defaclid)
{
	char objtype = DEFACLOBJ_RELATION;
	Oid nspid;

	(void) read_default(defaclid, &objtype, &nspid);
	return objtype == DEFACLOBJ_SEQUENCE ? "SEQUENCES" :
		   objtype == DEFACLOBJ_FUNCTION ? "ROUTINES" :
										   "TABLES";
}

char *
dm_foreign_remedy(DmForeign *foreign)
{
	char *privileges = comma_list(foreign->revocable);
	const char *grantee = OidIsValid(foreign->grantee) ? dm_role_sql(foreign->grantee) : "PUBLIC";

	if (foreign->owner)
		return psprintf("ALTER %s OWNER TO %s", target(foreign),
						dm_role_sql(foreign->ground->domain->owner));
	if (foreign->object.classId == DefaultAclRelationId)
		return psprintf("ALTER DEFAULT PRIVILEGES FOR ROLE %s IN SCHEMA %s REVOKE %s ON %s FROM %s",
						dm_role_sql(foreign->grantor), dm_schema_sql(foreign->ground->nspid),
						privileges, default_target(foreign->object.objectId), grantee);
	return psprintf("REVOKE %s ON %s FROM %s CASCADE", privileges, target(foreign), grantee);
}

void
dm_foreign_revoke(DmForeign *foreign)
{
	Assert(!foreign->owner);
	/* only who granted it can revoke it */
	dm_execute_as(foreign->grantor, dm_foreign_remedy(foreign));
}

char *
dm_foreign_text(DmForeign *foreign)
{
	if (foreign->owner)
		return psprintf("%s %s belongs to %s", dm_foreign_kind(foreign), dm_foreign_name(foreign),
						dm_grantee_text(foreign->grantee));
	return psprintf("%s on %s %s for %s", comma_list(foreign->privileges),
					dm_foreign_kind(foreign), dm_foreign_name(foreign),
					dm_grantee_text(foreign->grantee));
}
