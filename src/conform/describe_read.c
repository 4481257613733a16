/*
 * describe_read.c
 *		A relation, as its port shows it, with all that its catalog entries promise.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/tupdesc.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"

#include "base/strings.h"
#include "compat/pg_compat.h"
#include "conform/described.h"
#include "contract/typemap.h"
#include "port/viewtext.h"

DmDescribedColumn *
dm_described_column(DmDescribed *object, AttrNumber attnum)
{
	ListCell *lc;

	foreach(lc, object->columns)
		if (((DmDescribedColumn *) lfirst(lc))->attnum == attnum)
			return lfirst(lc);
	return NULL;
}

char *
dm_described_id(const char *name, List **taken)
{
	StringInfoData buf;
	char *id;

	initStringInfo(&buf);
	for (const char *p = name; *p != '\0'; p++)
	{
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
					 (*p >= '0' && *p <= '9') || *p == '_' || *p == '-';

		/* a letter of several bytes is one character */
		if (!IS_HIGHBIT_SET(*p) || ((unsigned char) *p & 0xC0) == 0xC0)
			appendStringInfoChar(&buf, plain ? *p : '_');
	}
	id = buf.data;
	for (int i = 2; dm_string_member(*taken, id); i++)
		id = psprintf("%s_%d", buf.data, i);
	*taken = lappend(*taken, id);
	return id;
}

char *
dm_described_type(Oid typid, int32 typmod, Oid home)
{
	char *text = format_type_with_typemod(typid, typmod);
	Oid element = get_element_type(typid);
	HeapTuple tuple =
		SearchSysCache1(TYPEOID, ObjectIdGetDatum(OidIsValid(element) ? element : typid));
	Form_pg_type form;
	char *prefix;
	bool at_home;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", typid);
	form = (Form_pg_type) GETSTRUCT(tuple);
	/* a type that hides behind one of the server's keeps its schema */
	at_home = form->typnamespace == home &&
			  !SearchSysCacheExists2(TYPENAMENSP, NameGetDatum(&form->typname),
									 ObjectIdGetDatum(PG_CATALOG_NAMESPACE));
	ReleaseSysCache(tuple);
	prefix = psprintf("%s.", quote_identifier(get_namespace_name(home)));
	return at_home && strncmp(text, prefix, strlen(prefix)) == 0 ? text + strlen(prefix) : text;
}

/* The length that varchar(n) and char(n) admit; -1 for none. */
static int
length_of_type(Oid typid, int32 typmod)
{
	Oid base = getBaseTypeAndTypmod(typid, &typmod);

	return (base == VARCHAROID || base == BPCHAROID) && typmod >= (int32) VARHDRSZ ?
			   typmod - VARHDRSZ :
			   -1;
}

static char *
default_sql(Relation rel, AttrNumber attnum)
{
	TupleConstr *constr = RelationGetDescr(rel)->constr;

	for (int i = 0; constr != NULL && i < constr->num_defval; i++)
		if (constr->defval[i].adnum == attnum)
			return deparse_expression(stringToNode(constr->defval[i].adbin),
									  deparse_context_for(RelationGetRelationName(rel),
														  RelationGetRelid(rel)),
									  false, false);
	return NULL;
}

/* The property of the contract that a column is; NULL for none. */
static DmProperty *
promised_property(DmObject *promised, const char *column)
{
	ListCell *lc;

	foreach(lc, promised != NULL ? promised->properties : NIL)
	{
		DmProperty *property = lfirst(lc);

		if (property->name != NULL &&
			((property->physical_name != NULL && strcmp(property->physical_name, column) == 0) ||
			 (property->encrypted_name != NULL && strcmp(property->encrypted_name, column) == 0)))
			return property;
	}
	return NULL;
}

/* The id that a contract has for something, if it is one, else one made of its name. */
static char *
keep_id(const char *promised, const char *name, List **taken)
{
	return dm_described_id(promised != NULL && promised[0] != '\0' ? promised : name, taken);
}

/* name is what the port calls the column. */
static DmDescribedColumn *
read_column(DmDescribed *object, Relation rel, AttrNumber attnum, const char *name,
			DmObject *promised, List **taken)
{
	TupleDesc desc = RelationGetDescr(rel);
	Form_pg_attribute att = TupleDescAttr(desc, attnum - 1);
	DmDescribedColumn *column = palloc0(sizeof(DmDescribedColumn));
	DmProperty *property = promised_property(promised, NameStr(att->attname));

	column->attnum = attnum;
	column->column = pstrdup(NameStr(att->attname));
	column->name = pstrdup(property != NULL ? property->name : name);
	column->id = keep_id(property != NULL ? property->id : NULL,
						 psprintf("%s-%s", object->id, column->name), taken);
	column->comment = GetComment(object->relid, RelationRelationId, attnum);
	column->typid = att->atttypid;
	column->typmod = att->atttypmod;
	column->logical = dm_logical_type(att->atttypid, att->atttypmod);
	column->required = dm_attribute_not_null(desc, attnum - 1);
	column->min_length = -1;
	column->max_length = length_of_type(att->atttypid, att->atttypmod);
	if (att->attidentity != '\0')
		column->identity =
			att->attidentity == ATTRIBUTE_IDENTITY_ALWAYS ? "always" : "by default";
	if (att->attgenerated != '\0')
		column->generated_sql = default_sql(rel, attnum);
	else if (att->atthasdef)
		column->default_sql = default_sql(rel, attnum);
	return column;
}

static void
read_columns(DmDescribed *object, Relation rel, DmObject *promised, List **taken)
{
	Oid source;
	ListCell *lc;
	AttrNumber resno = 0;

	if (!OidIsValid(object->port))
	{
		for (AttrNumber i = 1; i <= RelationGetNumberOfAttributes(rel); i++)
		{
			Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), i - 1);

			if (!att->attisdropped)
				object->columns =
					lappend(object->columns,
							read_column(object, rel, i, NameStr(att->attname), promised, taken));
		}
		return;
	}
	foreach(lc, dm_port_columns(object->port, &source))
	{
		DmPortColumn *shown = lfirst(lc);
		DmDescribedColumn *column =
			read_column(object, rel, shown->attnum, shown->name, promised, taken);
		char *comment = GetComment(object->port, RelationRelationId, ++resno);

		if (comment != NULL)
			column->comment = comment;
		object->columns = lappend(object->columns, column);
	}
}

DmDescribed *
dm_described_read(Oid relid, Oid port, DmObject *promised, List **taken)
{
	Relation rel = relation_open(relid, AccessShareLock);
	DmDescribed *object = palloc0(sizeof(DmDescribed));
	char *comment;

	object->relid = relid;
	object->port = port;
	object->schema = RelationGetNamespace(rel);
	object->name = get_rel_name(OidIsValid(port) ? port : relid);
	if (promised != NULL)
		object->name = promised->name;
	object->id = keep_id(promised != NULL ? promised->id : NULL, object->name, taken);
	object->physical_name = pstrdup(RelationGetRelationName(rel));
	object->comment = GetComment(relid, RelationRelationId, 0);
	comment = OidIsValid(port) ? GetComment(port, RelationRelationId, 0) : NULL;
	if (comment != NULL)
		object->comment = comment;
	read_columns(object, rel, promised, taken);
	dm_describe_checks(object, rel);
	dm_describe_keys(object, rel);
	relation_close(rel, AccessShareLock);
	return object;
}
