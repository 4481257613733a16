/*
 * column.c
 *		Columns by name.
 */
#include "postgres.h"

#include "access/relation.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "base/words.h"
#include "catalog/column.h"

int
dm_column_count(Oid relid)
{
	Relation rel = relation_open(relid, AccessShareLock);
	int result = RelationGetNumberOfAttributes(rel);

	relation_close(rel, AccessShareLock);
	return result;
}

List *
dm_column_names(Oid relid)
{
	Relation rel = relation_open(relid, AccessShareLock);
	List *result = NIL;

	for (int i = 0; i < RelationGetNumberOfAttributes(rel); i++)
	{
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(rel), i);

		if (!att->attisdropped)
			result = lappend(result, pstrdup(NameStr(att->attname)));
	}
	relation_close(rel, AccessShareLock);
	return result;
}

AttrNumber
dm_column_find(Oid relid, const char *name)
{
	AttrNumber attnum = get_attnum(relid, name);

	if (attnum <= 0)
	{
		char *nearest = dm_nearest(name, dm_column_names(relid));

		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist",
						name, get_rel_name(relid)),
				 nearest ? errhint("Perhaps you meant %s.", nearest) : 0));
	}
	return attnum;
}
