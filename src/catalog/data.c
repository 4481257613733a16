/*
 * data.c
 *		Writes to tables of ours that hold data rather than governance.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"

#include "catalog/data.h"

void
dm_data_begin(DmWriter *writer, DmTable table)
{
	dm_check_writable();
	writer->rel = table_open(dm_table_oid(table), RowExclusiveLock);
	dm_table_check(writer->rel, table);
	writer->indexes = CatalogOpenIndexes(writer->rel);
}

void
dm_data_insert(DmWriter *writer, DmRow *row)
{
	HeapTuple tuple = heap_form_tuple(RelationGetDescr(writer->rel), row->values, row->nulls);

	CatalogTupleInsertWithInfo(writer->rel, tuple, writer->indexes);
	heap_freetuple(tuple);
}

void
dm_data_update(DmWriter *writer, HeapTuple tuple, DmRow *row)
{
	HeapTuple newtuple = heap_modify_tuple(tuple, RelationGetDescr(writer->rel),
										   row->values, row->nulls, row->changed);

	CatalogTupleUpdateWithInfo(writer->rel, &tuple->t_self, newtuple, writer->indexes);
	heap_freetuple(newtuple);
}

void
dm_data_delete(DmWriter *writer, HeapTuple tuple)
{
	CatalogTupleDelete(writer->rel, &tuple->t_self);
}

void
dm_data_end(DmWriter *writer)
{
	CatalogCloseIndexes(writer->indexes);
	table_close(writer->rel, NoLock);
	CommandCounterIncrement();
}
