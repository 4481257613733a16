/*
 * copymark.c
 *		The mark of a copy: a relation that was made from classified columns or from ports.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_seclabel.h"
#include "commands/seclabel.h"

#include "classify/copymark.h"
#include "classify/label.h"

#define COPY_PREFIX	  "copy:"
#define DOMAIN_PREFIX "domain:"

bool
dm_copy_is_mark(const char *label)
{
	return strncmp(label, COPY_PREFIX, strlen(COPY_PREFIX)) == 0;
}

/* What follows the prefix, NULL if there is no mark. */
static char *
get_mark(Oid relid)
{
	ObjectAddress address;
	char *label;

	ObjectAddressSet(address, RelationRelationId, relid);
	label = GetSecurityLabel(&address, "datamesh");
	return label != NULL && dm_copy_is_mark(label) ? label + strlen(COPY_PREFIX) : NULL;
}

bool
dm_copy_is_marked(Oid relid)
{
	return get_mark(relid) != NULL;
}

/* The parts of the mark that are domains, or those that are products. */
static List *
parts_of(Oid relid, bool domains)
{
	char *mark = get_mark(relid);
	List *result = NIL;
	ListCell *lc;

	if (mark == NULL || *mark == '\0')
		return NIL;
	foreach(lc, dm_label_split(mark))
	{
		char *part = lfirst(lc);
		bool is_domain = strncmp(part, DOMAIN_PREFIX, strlen(DOMAIN_PREFIX)) == 0;

		if (is_domain == domains)
			result = lappend(result, is_domain ? part + strlen(DOMAIN_PREFIX) : part);
	}
	return result;
}

List *
dm_copy_products(Oid relid)
{
	return parts_of(relid, false);
}

List *
dm_copy_domains(Oid relid)
{
	return parts_of(relid, true);
}

bool
dm_copy_exists(void)
{
	Relation rel = table_open(SecLabelRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(rel, InvalidOid, false, NULL, 0, NULL);
	HeapTuple tuple;
	bool result = false;

	while (!result && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		FormData_pg_seclabel *form = (FormData_pg_seclabel *) GETSTRUCT(tuple);

		result = form->classoid == RelationRelationId && form->objsubid == 0 &&
				 dm_copy_products(form->objoid) != NIL;
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return result;
}

void
dm_copy_mark(Oid relid, List *literals, List *domains)
{
	ObjectAddress address;
	StringInfoData label;
	const char *separator = "";
	ListCell *lc;

	initStringInfo(&label);
	appendStringInfoString(&label, COPY_PREFIX);
	foreach(lc, literals)
	{
		appendStringInfo(&label, "%s%s", separator, (char *) lfirst(lc));
		separator = ", ";
	}
	foreach(lc, domains)
	{
		appendStringInfo(&label, "%s" DOMAIN_PREFIX "%s", separator, (char *) lfirst(lc));
		separator = ", ";
	}
	ObjectAddressSet(address, RelationRelationId, relid);
	SetSecurityLabel(&address, "datamesh", label.data);
	CommandCounterIncrement();
}
