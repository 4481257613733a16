/*
 * propose_refer.c
 *		Columns whose values are all in a key of another table of the domain.
 *
 * Numbers that count from one are in every other column that does, so of numbers the names have to
 * speak for it, too.  What is left after names, types and numbers of values is counted exactly.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"

#include "base/sqlname.h"
#include "quality/propose.h"
#include "registry/schemalabel.h"

/* Exact counts, each of which reads both tables. */
#define MAX_COUNTS 50

/* A text with fewer values than these is in another column by chance. */
#define MIN_VALUES 5

/* A column that is unique by itself. */
typedef struct Key
{
	Oid relid;
	char *relation;
	char *column;
	Oid typid;
	double rows; /* as the server has counted them; 0 if it has not */
} Key;

static const char *const keys_query =
	"SELECT i.indrelid, c.relname, a.attname, a.atttypid, c.reltuples "
	"FROM pg_catalog.pg_index i "
	"JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indrelid "
	"JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid "
	"AND a.attnum OPERATOR(pg_catalog.=) i.indkey[0] "
	"WHERE i.indisunique AND i.indisvalid AND i.indnkeyatts OPERATOR(pg_catalog.=) 1 "
	"AND i.indpred IS NULL AND i.indkey[0] OPERATOR(pg_catalog.>) 0 "
	"AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}') "
	"AND c.relpersistence OPERATOR(pg_catalog.<>) 't' "
	"AND i.indrelid OPERATOR(pg_catalog.<>) %u "
	"AND c.relnamespace OPERATOR(pg_catalog.=) ANY ('{%s}'::pg_catalog.oid[]) "
	"AND pg_catalog.has_schema_privilege(c.relnamespace, 'USAGE') "
	"AND pg_catalog.has_column_privilege(i.indrelid, a.attnum, 'SELECT') "
	"ORDER BY c.relname, a.attname, i.indrelid";

/* The schema that the relation is in, with the others of its domain. */
static char *
schemas(Oid relid)
{
	Oid nspid = get_rel_namespace(relid);
	char *domain = dm_schema_domain(nspid);
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%u", nspid);
	foreach(lc, domain != NULL ? dm_schema_list(domain) : NIL)
		appendStringInfo(&buf, ",%u", lfirst_oid(lc));
	return buf.data;
}

static List *
find_keys(Oid relid, MemoryContext cxt)
{
	List *result = NIL;

	if (SPI_execute(psprintf(keys_query, relid, schemas(relid)), true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the keys of the domain");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple tuple = SPI_tuptable->vals[i];
		TupleDesc desc = SPI_tuptable->tupdesc;
		MemoryContext old = MemoryContextSwitchTo(cxt);
		Key *key = palloc(sizeof(Key));
		bool isnull;

		key->relid = DatumGetObjectId(SPI_getbinval(tuple, desc, 1, &isnull));
		key->relation = pstrdup(SPI_getvalue(tuple, desc, 2));
		key->column = pstrdup(SPI_getvalue(tuple, desc, 3));
		key->typid = DatumGetObjectId(SPI_getbinval(tuple, desc, 4, &isnull));
		key->rows = Max(DatumGetFloat4(SPI_getbinval(tuple, desc, 5, &isnull)), 0);
		result = lappend(result, key);
		MemoryContextSwitchTo(old);
	}
	SPI_freetuptable(SPI_tuptable);
	return result;
}

static bool
is_integer(Oid typid)
{
	return typid == INT2OID || typid == INT4OID || typid == INT8OID;
}

static bool
is_text(Oid typid)
{
	return typid == TEXTOID || typid == VARCHAROID || typid == BPCHAROID;
}

static bool
same_type(Oid a, Oid b)
{
	a = getBaseType(a);
	b = getBaseType(b);
	return a == b || (is_integer(a) && is_integer(b)) || (is_text(a) && is_text(b));
}

/* "customer_id" speaks of "id" of "customer" or "customers", "country" of "country". */
static bool
names_speak(const char *column, Key *key)
{
	size_t len = strlen(key->relation);

	if (pg_strcasecmp(column, key->column) == 0)
		return pg_strcasecmp(column, "id") != 0;
	if (pg_strcasecmp(column, key->relation) == 0)
		return true;
	/* the plural, at least in English */
	if (len > 1 && pg_tolower((unsigned char) key->relation[len - 1]) == 's' &&
		strlen(column) >= len - 1 && pg_strncasecmp(column, key->relation, len - 1) == 0 &&
		(column[len - 1] == '_' || column[len - 1] == '\0'))
		return true;
	return strlen(column) > len && column[len] == '_' &&
		   pg_strncasecmp(column, key->relation, len) == 0;
}

static bool
may_refer(DmMined *mined, DmMinedColumn *column, Key *key)
{
	if (column->refers || !column->comparable || column->present < DM_MINED_SUPPORT ||
		!same_type(column->typid, key->typid))
		return false;
	/* a table that was never counted may have any number of rows */
	if (key->rows > 0 && column->distinct * mined->confidence > key->rows)
		return false;
	if (names_speak(column->name, key))
		return true;
	return column->kind == DM_MINED_TEXT && column->distinct >= MIN_VALUES;
}

/* All rows of the relation, as of now. */
static void
count_rows(DmMined *mined, DmMinedColumn *column, Key *key, int64 *rows, int64 *kept)
{
	char *query =
		psprintf("SELECT pg_catalog.count(*), pg_catalog.count(k.%s) FROM %s r LEFT JOIN %s k "
				 "ON k.%s OPERATOR(pg_catalog.=) r.%s WHERE r.%s IS NOT NULL",
				 quote_identifier(key->column), dm_relation_sql(mined->relid),
				 dm_relation_sql(key->relid), quote_identifier(key->column),
				 quote_identifier(column->name), quote_identifier(column->name));
	bool isnull;

	if (SPI_execute(query, true, 0) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not count the rows that refer to another table");
	*rows = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	*kept = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	SPI_freetuptable(SPI_tuptable);
}

static char *
target_argument(Key *key)
{
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "{\"relation\": ");
	escape_json(&buf, dm_relation_sql(key->relid));
	appendStringInfoString(&buf, ", \"columns\": [");
	escape_json(&buf, key->column);
	appendStringInfoString(&buf, "]}");
	return buf.data;
}

/* The first key that has the column's values, those whose names speak for it before the others. */
static void
mine_reference(DmMined *mined, DmMinedColumn *column, List *keys, int *counts, MemoryContext cxt)
{
	for (int named = 1; named >= 0; named--)
	{
		ListCell *lc;

		foreach(lc, keys)
		{
			Key *key = lfirst(lc);
			int64 rows;
			int64 kept;
			MemoryContext old;

			CHECK_FOR_INTERRUPTS();
			if (!may_refer(mined, column, key) || names_speak(column->name, key) != (named == 1) ||
				*counts == MAX_COUNTS)
				continue;
			(*counts)++;
			count_rows(mined, column, key, &rows, &kept);
			if (rows < DM_MINED_SUPPORT || kept < mined->confidence * rows)
				continue;
			old = MemoryContextSwitchTo(cxt);
			dm_mine_propose(mined, "references", column, "reference", rows, kept)->arguments =
				target_argument(key);
			MemoryContextSwitchTo(old);
			return;
		}
	}
}

void
dm_mine_references(DmMined *mined)
{
	MemoryContext cxt = CurrentMemoryContext;
	int counts = 0;
	List *keys;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	keys = find_keys(mined->relid, cxt);
	for (int i = 0; i < mined->ncolumns; i++)
		mine_reference(mined, &mined->columns[i], keys, &counts, cxt);
	SPI_finish();
}
