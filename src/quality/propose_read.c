/*
 * propose_read.c
 *		The rows that rules are mined from.
 *
 * Memory is bounded by the number of cells: a row has a number for each column, a dictionary a
 * few bytes for each different value, and texts only as long as they are short and not too many.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/transam.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "base/sqlname.h"
#include "classify/label.h"
#include "classify/tag.h"
#include "compat/pg_compat.h"
#include "quality/propose.h"

/* cells of a sample, and what a dictionary keeps of texts */
#define MAX_CELLS	   2000000
#define MAX_TEXT	   256
#define MAX_TEXT_BYTES (1024 * 1024)

#define FETCH_ROWS 1000

/* A dictionary: from the hash of a text to its number. */
typedef struct MinedEntry
{
	uint64 hash;
	int32 code;
	char status;
} MinedEntry;

#define SH_PREFIX			 mined
#define SH_ELEMENT_TYPE		 MinedEntry
#define SH_KEY_TYPE			 uint64
#define SH_KEY				 hash
#define SH_HASH_KEY(tb, key) ((uint32) (key))
#define SH_EQUAL(tb, a, b)	 ((a) == (b))
#define SH_SCOPE			 static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static DmMinedKind
kind_of(Oid typid)
{
	switch (getBaseType(typid))
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case NAMEOID:
			return DM_MINED_TEXT;
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case FLOAT4OID:
		case FLOAT8OID:
			return DM_MINED_NUMBER;
		case DATEOID:
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return DM_MINED_TIME;
		default:
			return DM_MINED_OTHER;
	}
}

/* A tag that is not known hides its column, too. */
static bool
is_guarded(Oid relid, AttrNumber attnum)
{
	ListCell *lc;

	foreach(lc, dm_column_tags(relid, attnum))
		if (dm_tag_get(lfirst(lc), true) == NULL || dm_tag_mask(lfirst(lc)) != NULL)
			return true;
	return false;
}

/* By an operator that nobody has written for the purpose. */
static bool
is_comparable(Oid typid)
{
	Oid eq_opr = lookup_type_cache(getBaseType(typid), TYPECACHE_EQ_OPR)->eq_opr;

	return OidIsValid(eq_opr) && eq_opr < FirstNormalObjectId;
}

static bool
may_read(Oid relid, AttrNumber attnum)
{
	return pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		   pg_attribute_aclcheck(relid, attnum, GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

/* Columns that the server keeps unique, each one by itself. */
static Bitmapset *
unique_columns(Relation rel)
{
	Bitmapset *result = NULL;
	ListCell *lc;

	foreach(lc, RelationGetIndexList(rel))
	{
		HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(lfirst_oid(lc)));
		Form_pg_index form;

		if (!HeapTupleIsValid(tuple))
			continue;
		form = (Form_pg_index) GETSTRUCT(tuple);
		if (form->indisunique && form->indisvalid && form->indnkeyatts == 1 &&
			form->indkey.values[0] > 0 && heap_attisnull(tuple, Anum_pg_index_indpred, NULL))
			result = bms_add_member(result, form->indkey.values[0]);
		ReleaseSysCache(tuple);
	}
	return result;
}

/* Columns with a foreign key of their own. */
static Bitmapset *
referring_columns(Relation rel)
{
	Bitmapset *result = NULL;
	ListCell *lc;

	foreach(lc, RelationGetFKeyList(rel))
	{
		ForeignKeyCacheInfo *key = lfirst(lc);

		if (key->nkeys == 1)
			result = bms_add_member(result, key->conkey[0]);
	}
	return result;
}

static void
list_columns(DmMined *mined)
{
	Relation rel = relation_open(mined->relid, AccessShareLock);
	TupleDesc desc = RelationGetDescr(rel);
	Bitmapset *unique = rel->rd_rel->relhasindex ? unique_columns(rel) : NULL;
	Bitmapset *referring = referring_columns(rel);

	mined->columns = palloc0(sizeof(DmMinedColumn) * DM_MINED_COLUMNS);
	for (int i = 0; i < desc->natts && mined->ncolumns < DM_MINED_COLUMNS; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		DmMinedColumn *column = &mined->columns[mined->ncolumns];

		if (att->attisdropped || !may_read(mined->relid, att->attnum))
			continue;
		column->name = pstrdup(NameStr(att->attname));
		column->attnum = att->attnum;
		column->typid = att->atttypid;
		column->kind = kind_of(att->atttypid);
		column->guarded = is_guarded(mined->relid, att->attnum);
		column->required = att->attnotnull;
		column->unique = bms_is_member(att->attnum, unique);
		column->comparable = is_comparable(att->atttypid);
		column->refers = bms_is_member(att->attnum, referring);
		column->all_text = true;
		mined->ncolumns++;
	}
	relation_close(rel, NoLock);
	if (mined->ncolumns == 0)
		aclcheck_error(ACLCHECK_NO_PRIV, get_relkind_objtype(get_rel_relkind(mined->relid)),
					   get_rel_name(mined->relid));
}

/* As far as the server has counted them; 0 if it has not. */
static double
counted_rows(Oid relid)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	double result = 0;

	if (HeapTupleIsValid(tuple))
	{
		char relkind = ((Form_pg_class) GETSTRUCT(tuple))->relkind;

		if (relkind == RELKIND_RELATION || relkind == RELKIND_MATVIEW)
			result = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;
		ReleaseSysCache(tuple);
	}
	return Max(result, 0);
}

/* A table that is much larger than the sample is sampled by the server, with some to spare. */
static char *
query_text(DmMined *mined, int32 max_rows, int32 seed)
{
	double rows = counted_rows(mined->relid);
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "SELECT ");
	for (int i = 0; i < mined->ncolumns; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "", quote_identifier(mined->columns[i].name));
	appendStringInfo(&buf, " FROM %s", dm_relation_sql(mined->relid));
	if (rows > 4.0 * max_rows)
	{
		appendStringInfo(&buf, " TABLESAMPLE bernoulli (%.6f) REPEATABLE (%d)",
						 200.0 * max_rows / rows, seed);
		mined->complete = false;
	}
	return buf.data;
}

static double
number_of(Oid typid, Datum value)
{
	switch (getBaseType(typid))
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		case INT8OID:
			return (double) DatumGetInt64(value);
		case NUMERICOID:
			return DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, value));
		case FLOAT4OID:
			return DatumGetFloat4(value);
		default:
			return DatumGetFloat8(value);
	}
}

static int32
add_value(DmMinedColumn *column, char *text, size_t len, Datum value)
{
	DmMinedValue *added;

	if (column->nvalues == column->allocated)
	{
		column->allocated = Max(64, column->allocated * 2);
		column->values = column->values == NULL ?
							 palloc(sizeof(DmMinedValue) * column->allocated) :
							 repalloc_huge(column->values,
										   sizeof(DmMinedValue) * column->allocated);
	}
	added = &column->values[column->nvalues];
	added->count = 0;
	added->text = NULL;
	added->number = column->kind == DM_MINED_NUMBER ? number_of(column->typid, value) : 0;
	if (len <= MAX_TEXT && column->kept + len < MAX_TEXT_BYTES)
	{
		added->text = pstrdup(text);
		column->kept += len + 1;
	}
	else
		column->all_text = false;
	return column->nvalues++;
}

/* The number of a value in the column's dictionary. */
static int32
encode(DmMinedColumn *column, MemoryContext cxt, char *text, Datum value)
{
	size_t len = strlen(text);
	uint64 hash = DatumGetUInt64(hash_any_extended((unsigned char *) text, len, 0));
	bool found;
	MinedEntry *entry = mined_insert(column->dictionary, hash, &found);

	if (!found)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);

		entry->code = add_value(column, text, len, value);
		MemoryContextSwitchTo(old);
	}
	return entry->code;
}

static void
set_row(DmMined *mined, int32 row, HeapTuple tuple, TupleDesc desc, MemoryContext cxt)
{
	for (int i = 0; i < mined->ncolumns; i++)
	{
		DmMinedColumn *column = &mined->columns[i];
		bool isnull;
		Datum value = SPI_getbinval(tuple, desc, i + 1, &isnull);
		int32 code = -1;

		if (!isnull)
			code = encode(column, cxt, SPI_getvalue(tuple, desc, i + 1), value);
		/* what a row of the reservoir had before */
		if (row < mined->nrows && column->codes[row] >= 0)
		{
			column->values[column->codes[row]].count--;
			column->present--;
		}
		column->codes[row] = code;
		if (code >= 0)
		{
			column->values[code].count++;
			column->present++;
		}
	}
	if (row >= mined->nrows)
		mined->nrows = row + 1;
}

/* Each row gets into the sample with the same probability, however many there are. */
static void
read_rows(DmMined *mined, Portal portal, int32 max_rows, int32 seed, MemoryContext cxt)
{
	pg_prng_state random;
	uint64 seen = 0;
	MemoryContext batch = AllocSetContextCreate(CurrentMemoryContext, "datamesh rows mined",
												ALLOCSET_DEFAULT_SIZES);

	pg_prng_seed(&random, (uint64) (uint32) seed);
	for (;;)
	{
		MemoryContext old;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, FETCH_ROWS);
		if (SPI_processed == 0)
			break;
		old = MemoryContextSwitchTo(batch);
		for (uint64 i = 0; i < SPI_processed; i++, seen++)
		{
			uint64 row = seen < (uint64) max_rows ? seen : pg_prng_uint64_range(&random, 0, seen);

			if (row < (uint64) max_rows)
				set_row(mined, (int32) row, SPI_tuptable->vals[i], SPI_tuptable->tupdesc, cxt);
		}
		MemoryContextSwitchTo(old);
		MemoryContextReset(batch);
		SPI_freetuptable(SPI_tuptable);
	}
	if (seen > (uint64) max_rows)
		mined->complete = false;
	MemoryContextDelete(batch);
}

static void
count_values(DmMined *mined)
{
	for (int i = 0; i < mined->ncolumns; i++)
		for (int32 j = 0; j < mined->columns[i].nvalues; j++)
			if (mined->columns[i].values[j].count > 0)
				mined->columns[i].distinct++;
}

DmMined *
dm_mine_read(Oid relid, int32 max_rows, int32 seed)
{
	MemoryContext cxt = CurrentMemoryContext;
	DmMined *mined = palloc0(sizeof(DmMined));
	Portal portal;
	char *query;

	mined->relid = relid;
	mined->complete = true;
	list_columns(mined);
	max_rows = Max(DM_MINED_SUPPORT, Min(max_rows, MAX_CELLS / mined->ncolumns));
	for (int i = 0; i < mined->ncolumns; i++)
	{
		mined->columns[i].codes = palloc(sizeof(int32) * max_rows);
		mined->columns[i].dictionary = mined_create(cxt, 64, NULL);
	}
	query = query_text(mined, max_rows, seed);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	portal = SPI_cursor_parse_open(NULL, query, &(SPIParseOpenOptions){ .read_only = true });
	read_rows(mined, portal, max_rows, seed, cxt);
	SPI_cursor_close(portal);
	SPI_finish();
	for (int i = 0; i < mined->ncolumns; i++)
		mined_destroy(mined->columns[i].dictionary);
	count_values(mined);
	return mined;
}
