/*
 * profilerow.c
 *		Profiles that are kept, to be compared with later ones.
 *
 * A profile is as many rows as it has columns, all with one number.  Columns are known by name:
 * one that was renamed is another one to whoever compares, as it is to whoever reads.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/timestamp.h"

#include "catalog/data.h"
#include "classify/label.h"
#include "profile/profilerow.h"

int64
dm_profile_keep(DmProfile *profile, const char *label)
{
	TimestampTz now = GetCurrentTimestamp();
	DmWriter writer;
	int64 id;

	dm_data_begin(&writer, DM_PROFILE);
	id = dm_table_next_id(DM_PROFILE);
	for (int i = 0; i < profile->ncolumns; i++)
	{
		DmProfiledColumn *column = &profile->columns[i];
		DmRow row;

		if (column->sketch == NULL)
			continue;
		if (dm_column_tags(profile->relid, column->attnum) != NIL)
			dm_sketch_forget_values(column->sketch);
		dm_row_init(&row);
		dm_row_set(&row, Anum_dm_profile_id, Int64GetDatum(id));
		dm_row_set(&row, Anum_dm_profile_relation, ObjectIdGetDatum(profile->relid));
		dm_row_set_text(&row, Anum_dm_profile_column_name, column->name);
		dm_row_set_text(&row, Anum_dm_profile_label, label);
		dm_row_set(&row, Anum_dm_profile_percent, Float8GetDatum(profile->percent));
		dm_row_set(&row, Anum_dm_profile_stored_at, TimestampTzGetDatum(now));
		dm_row_set(&row, Anum_dm_profile_stored_by, ObjectIdGetDatum(GetUserId()));
		dm_row_set(&row, Anum_dm_profile_sketch,
				   PointerGetDatum(dm_sketch_pack(column->sketch)));
		dm_data_insert(&writer, &row);
	}
	dm_data_end(&writer);
	return id;
}

/* The number of the newest profile with that label, or stored up to that time; 0 for none. */
static int64
find_profile(Oid relid, const char *label, TimestampTz upto)
{
	ScanKeyData key[1];
	DmScan scan;
	HeapTuple tuple;
	int64 found = 0;

	dm_key_oid(&key[0], Anum_dm_profile_relation, relid);
	dm_scan_begin(&scan, DM_PROFILE, "profile_relation_idx", 1, key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		int64 id = dm_scan_int8(&scan, tuple, Anum_dm_profile_id);
		char *its_label;

		CHECK_FOR_INTERRUPTS();
		if (id <= found)
			continue;
		if (label == NULL)
		{
			Datum at = dm_scan_get(&scan, tuple, Anum_dm_profile_stored_at, NULL);

			if (DatumGetTimestampTz(at) <= upto)
				found = id;
			continue;
		}
		its_label = dm_scan_text(&scan, tuple, Anum_dm_profile_label);
		if (its_label != NULL && strcmp(its_label, label) == 0)
			found = id;
	}
	dm_scan_end(&scan);
	return found;
}

static DmProfile *
read_profile(Oid relid, int64 id)
{
	DmProfile *profile = palloc0(sizeof(DmProfile));
	int room = 8;
	ScanKeyData key[1];
	DmScan scan;
	HeapTuple tuple;

	profile->relid = relid;
	profile->columns = palloc(room * sizeof(DmProfiledColumn));
	dm_key_int8(&key[0], Anum_dm_profile_id, id);
	dm_scan_begin(&scan, DM_PROFILE, "profile_pkey", 1, key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		Datum sketch = dm_scan_get(&scan, tuple, Anum_dm_profile_sketch, NULL);
		Datum percent = dm_scan_get(&scan, tuple, Anum_dm_profile_percent, NULL);
		DmProfiledColumn *column;

		if (profile->ncolumns == room)
		{
			room *= 2;
			profile->columns = repalloc(profile->columns, room * sizeof(DmProfiledColumn));
		}
		column = &profile->columns[profile->ncolumns++];
		memset(column, 0, sizeof(DmProfiledColumn));
		column->name = dm_scan_text(&scan, tuple, Anum_dm_profile_column_name);
		column->sketch = dm_sketch_unpack(DatumGetByteaPP(sketch), CurrentMemoryContext);
		profile->percent = DatumGetFloat8(percent);
	}
	dm_scan_end(&scan);
	return profile;
}

DmProfile *
dm_profile_by_label(Oid relid, const char *label)
{
	int64 id = find_profile(relid, label, 0);

	return id == 0 ? NULL : read_profile(relid, id);
}

DmProfile *
dm_profile_by_time(Oid relid, TimestampTz upto)
{
	int64 id = find_profile(relid, NULL, upto);

	return id == 0 ? NULL : read_profile(relid, id);
}

int64
dm_profile_drop(Oid relid, const char *label, TimestampTz before)
{
	ScanKeyData key[1];
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;
	int64 last = 0;
	int64 dropped = 0;

	dm_data_begin(&writer, DM_PROFILE);
	dm_key_oid(&key[0], Anum_dm_profile_relation, relid);
	dm_scan_begin(&scan, DM_PROFILE, "profile_relation_idx", 1, key);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		Datum at = dm_scan_get(&scan, tuple, Anum_dm_profile_stored_at, NULL);
		char *its_label = dm_scan_text(&scan, tuple, Anum_dm_profile_label);
		int64 id = dm_scan_int8(&scan, tuple, Anum_dm_profile_id);

		if (DatumGetTimestampTz(at) >= before ||
			(label != NULL && (its_label == NULL || strcmp(its_label, label) != 0)))
			continue;
		dropped += id != last;
		last = id;
		dm_data_delete(&writer, tuple);
	}
	dm_scan_end(&scan);
	dm_data_end(&writer);
	return dropped;
}
