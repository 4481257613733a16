/*
 * exit_publication.c
 *		Publications: who subscribes is outside of the server, and asks nobody.
 *
 * A publication of a domain's table is the domain's way to feed other systems, and is let be as
 * long as no classified column is in it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_rel.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "base/sqlname.h"
#include "boundary/exit_accept.h"
#include "catalog/column.h"
#include "classify/label.h"
#include "classify/tag.h"

/* A tag that guards its columns: one with a mask, or one that nobody knows. */
static bool
is_guarding(const char *tag)
{
	return dm_tag_mask(tag) != NULL || dm_tag_get(tag, true) == NULL;
}

char *
dm_guarded_column(Oid relid, Bitmapset *among)
{
	int ncolumns = dm_column_count(relid);

	for (AttrNumber attnum = 1; attnum <= ncolumns; attnum++)
	{
		char *name = get_attname(relid, attnum, true);
		ListCell *lc;

		if (name == NULL || (among != NULL && !bms_is_member(attnum, among)))
			continue;
		foreach(lc, dm_column_tags(relid, attnum))
			if (is_guarding(lfirst(lc)))
				return name;
	}
	return NULL;
}

/* The columns that a publication has of a relation; NULL for all. */
static Bitmapset *
published_columns(Oid publication, Oid relid)
{
	HeapTuple tuple = SearchSysCache2(PUBLICATIONRELMAP, ObjectIdGetDatum(relid),
									  ObjectIdGetDatum(publication));
	Bitmapset *result = NULL;
	bool isnull;
	Datum datum;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	datum = SysCacheGetAttr(PUBLICATIONRELMAP, tuple, Anum_pg_publication_rel_prattrs, &isnull);
	if (!isnull)
	{
		int2vector *listed = (int2vector *) PG_DETOAST_DATUM(datum);

		for (int i = 0; i < listed->dim1; i++)
			result = bms_add_member(result, listed->values[i]);
	}
	ReleaseSysCache(tuple);
	return result;
}

List *
dm_publication_exits(Oid publication)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, GetPublicationRelations(publication, PUBLICATION_PART_ROOT))
	{
		Oid relid = lfirst_oid(lc);
		DmDomain *domain = dm_relation_domain(relid);
		char *column;
		DmExit *exit;

		if (domain == NULL)
			continue;
		column = dm_guarded_column(relid, published_columns(publication, relid));
		if (column == NULL)
			continue;
		exit = palloc0(sizeof(DmExit));
		exit->domain = domain;
		exit->how = psprintf("It publishes column \"%s\" of %s, which is classified.", column,
							 dm_relation_sql(relid));
		result = lappend(result, exit);
	}
	return result;
}

/*
 * A column that is published already is classified: nothing is refused, for the classification is
 * right and the publication is what has to go.
 */
void
dm_publication_warn(List *relids)
{
	ListCell *lr;
	ListCell *lp;
	ListCell *le;

	foreach(lr, relids)
	{
		foreach(lp, GetRelationPublications(lfirst_oid(lr)))
		{
			ObjectAddress publication;

			ObjectAddressSet(publication, PublicationRelationId, lfirst_oid(lp));
			foreach(le, dm_exits_unaccepted(dm_object_exits(&publication)))
				ereport(WARNING,
						(errmsg("%s hands out data of domain \"%s\" to its subscribers",
								getObjectDescription(&publication, false),
								((DmOpenExit *) lfirst(le))->exit->domain->name),
						 errdetail("%s", ((DmOpenExit *) lfirst(le))->exit->how),
						 errhint("Take the column out with ALTER PUBLICATION.")));
		}
	}
}
