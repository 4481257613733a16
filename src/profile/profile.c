/*
 * profile.c
 *		What is in the columns of a relation, in one pass.
 *
 * One statement with aggregates of ours, run with the rights of the caller: the executor brings
 * parallel workers, partitions, foreign tables, views, row security, and a port shows him what it
 * shows him anyway.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/relation.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/relcache.h"
#include "utils/syscache.h"

#include "base/sqlname.h"
#include "catalog/relation.h"
#include "compat/pg_compat.h"
#include "profile/profile.h"
#include "registry/domain.h"
#include "registry/schemalabel.h"

/* An aggregate takes a place, and as many columns. */
#define COLUMNS_AT_ONCE 90

void
dm_profile_check_inside(Oid relid)
{
	if (!dm_is_insider(relid, GetUserId()))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for stored profiles of relation \"%s\"",
						get_rel_name(relid)),
				 errdetail("They are for its owner, and for the owner and producers of its domain.")));
}

double
dm_profile_arg_percent(FunctionCallInfo fcinfo, int n)
{
	double percent;

	if (PG_ARGISNULL(n))
		return 100;
	percent = PG_GETARG_FLOAT8(n);
	if (isnan(percent) || percent <= 0 || percent > 100)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a sample is more than 0 and at most 100 percent of the rows")));
	return percent;
}

static void
check_kind(Relation rel)
{
	if (!dm_has_rows(RelationGetRelid(rel)))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" has no profile", RelationGetRelationName(rel)),
				 errdetail("Tables, foreign tables, views and materialized views have one.")));
}

/* The columns that an index alone promises to be different, checked at once and for all rows. */
static Bitmapset *
unique_columns(Relation rel)
{
	List *indexes = RelationGetIndexList(rel);
	Bitmapset *result = NULL;
	ListCell *lc;

	foreach(lc, indexes)
	{
		HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(lc)));
		Form_pg_index index;

		if (!HeapTupleIsValid(tuple))
			continue;
		index = (Form_pg_index) GETSTRUCT(tuple);
		if (index->indisunique && index->indisvalid && index->indimmediate &&
			index->indnkeyatts == 1 && index->indkey.values[0] > 0 &&
			heap_attisnull(tuple, Anum_pg_index_indpred, NULL))
			result = bms_add_member(result, index->indkey.values[0]);
		ReleaseSysCache(tuple);
	}
	list_free(indexes);
	return result;
}

DmProfile *
dm_profile_columns(Oid relid)
{
	Relation rel = relation_open(relid, AccessShareLock);
	TupleDesc desc = RelationGetDescr(rel);
	bool whole = pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
	DmProfile *profile = palloc0(sizeof(DmProfile));
	Bitmapset *unique;

	check_kind(rel);
	unique = unique_columns(rel);
	profile->relid = relid;
	profile->percent = 100;
	profile->columns = palloc0(desc->natts * sizeof(DmProfiledColumn) + 1);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		DmProfiledColumn *column = &profile->columns[profile->ncolumns];

		if (att->attisdropped ||
			(!whole && pg_attribute_aclcheck(relid, att->attnum, GetUserId(), ACL_SELECT) !=
						   ACLCHECK_OK))
			continue;
		column->name = pstrdup(NameStr(att->attname));
		column->attnum = att->attnum;
		column->typid = att->atttypid;
		column->unique = bms_is_member(att->attnum, unique);
		profile->ncolumns++;
	}
	if (profile->ncolumns == 0 && !whole)
		aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(rel->rd_rel->relkind),
					   RelationGetRelationName(rel));
	relation_close(rel, NoLock);
	return profile;
}

/*
 * Places are those of one table: not of partitions, children or what a view reads.  The column
 * ctid is of the table as a whole, and so is the privilege on it.
 */
static bool
has_places(Oid relid)
{
	char relkind = get_rel_relkind(relid);

	return (relkind == RELKIND_RELATION || relkind == RELKIND_MATVIEW) && !has_subclass(relid) &&
		   pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

static bool
can_be_sampled(Oid relid)
{
	char relkind = get_rel_relkind(relid);

	return relkind == RELKIND_RELATION || relkind == RELKIND_MATVIEW ||
		   relkind == RELKIND_PARTITIONED_TABLE;
}

static char *
profile_query(DmProfile *profile)
{
	bool places = has_places(profile->relid);
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int i = 0; i < profile->ncolumns; i++)
	{
		if (i % COLUMNS_AT_ONCE == 0)
			appendStringInfo(&sql, "%sdatamesh.profile(%s", i == 0 ? "" : "), ",
							 places ? "t.ctid" : "NULL::pg_catalog.tid");
		appendStringInfo(&sql, ", t.%s", quote_identifier(profile->columns[i].name));
	}
	appendStringInfo(&sql, ") FROM %s t", dm_relation_sql(profile->relid));
	if (profile->percent < 100 && can_be_sampled(profile->relid))
		appendStringInfo(&sql, " TABLESAMPLE pg_catalog.bernoulli (%.17g) REPEATABLE (1)",
						 profile->percent);
	else if (profile->percent < 100)
		appendStringInfo(&sql, " WHERE datamesh.is_sampled(%.17g)", profile->percent);
	return sql.data;
}

static void
take_sketches(DmProfile *profile, MemoryContext context)
{
	for (int i = 0; i < profile->ncolumns; i += COLUMNS_AT_ONCE)
	{
		bool isnull;
		Datum datum = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
									1 + i / COLUMNS_AT_ONCE, &isnull);
		Datum *sketches;
		int n;

		if (isnull)
			return;
		deconstruct_array(DatumGetArrayTypeP(datum),
						  ARR_ELEMTYPE(DatumGetArrayTypeP(datum)), -1, false, TYPALIGN_INT,
						  &sketches, NULL, &n);
		if (n != Min(COLUMNS_AT_ONCE, profile->ncolumns - i))
			elog(ERROR, "profile has %d sketches", n);
		for (int k = 0; k < n; k++)
			profile->columns[i + k].sketch =
				dm_sketch_unpack(DatumGetByteaPP(sketches[k]), context);
	}
}

DmProfile *
dm_profile_relation(Oid relid, double percent)
{
	DmProfile *profile = dm_profile_columns(relid);
	MemoryContext context = CurrentMemoryContext;
	char *sql;

	profile->percent = percent;
	if (profile->ncolumns == 0)
		return profile;
	sql = profile_query(profile);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(sql, true, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "no profile came from: %s", sql);
	take_sketches(profile, context);
	SPI_finish();
	return profile;
}

DmKeyKind
dm_profile_key(const DmProfile *profile, const DmProfiledColumn *column)
{
	const DmSketch *sketch = column->sketch;
	DmHeavyItem **top;
	double values;
	int n;

	if (column->unique)
		return DM_KEY_DECLARED;
	if (sketch == NULL || sketch->nulls > 0 || sketch->rows < 2 || !sketch->has_distinct)
		return DM_KEY_NONE;
	values = (double) sketch->rows;
	if (dm_sketch_distinct_is_exact(sketch))
		return dm_sketch_distinct(sketch) < values ? DM_KEY_NONE :
			   profile->percent < 100			   ? DM_KEY_LIKELY :
													 DM_KEY_EXACT;
	/* a value that certainly came twice is none of a key; else three standard errors are allowed */
	top = dm_heavy_top(&sketch->heavy, 1, &n);
	if (n > 0 && top[0]->count > 1 + dm_heavy_error(&sketch->heavy, top[0]->count, sketch->rows))
		return DM_KEY_NONE;
	return dm_sketch_distinct(sketch) >= values * (1 - 3 * DM_HLL_ERROR) ? DM_KEY_LIKELY :
																		   DM_KEY_NONE;
}
