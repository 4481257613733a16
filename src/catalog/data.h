/*
 * data.h
 *		Writes to tables of ours that hold data rather than governance.
 *
 * Consents come by the million and change while the mesh stands still.  No plan and no cache
 * is made from them, so their writes send no relcache invalidation, and become visible to
 * the transaction together, when the writer ends.
 */
#ifndef DM_CATALOG_DATA_H
#define DM_CATALOG_DATA_H

#include "catalog/indexing.h"

#include "catalog/table.h"

typedef struct DmWriter
{
	Relation rel;
	CatalogIndexState indexes;
} DmWriter;

extern void dm_data_begin(DmWriter *writer, DmTable table);
extern void dm_data_insert(DmWriter *writer, DmRow *row);
extern void dm_data_update(DmWriter *writer, HeapTuple tuple, DmRow *row);
extern void dm_data_delete(DmWriter *writer, HeapTuple tuple);
extern void dm_data_end(DmWriter *writer);

#endif /* DM_CATALOG_DATA_H */
