/*
 * event.c
 *		Events of products: CloudEvents, numbered without gaps in the order of their commits.
 *
 * What is emitted waits in memory for the end of the transaction.  There the products are locked in
 * the order of their numbers, after every other lock, and the events get their numbers.  The locks
 * are held until the transaction has committed, so whoever sees event n sees all before it; and
 * they are held for the time of a commit only, however long the transaction is.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "commands/async.h"
#include "commands/dbcommands.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "base/json.h"
#include "catalog/data.h"
#include "event/event.h"

char *dm_mesh_name = NULL;

#define CHANNEL "datamesh"

typedef struct Pending
{
	int64 product;
	int64 order;
	SubTransactionId subid;
	TimestampTz at;
	char *name; /* of the product: what listeners are told */
	char *source;
	char *type;	   /* without prefix and suffix */
	char *subject; /* or NULL */
	Jsonb *data;   /* or NULL */
} Pending;

/* in the memory of the transaction, in the order in which they were emitted */
static List *pending = NIL;

/* their time has come: what is emitted from here on is written at once */
static bool committing = false;

static void write_events(List *events, bool notify);

/* --- the event itself --- */

/* The text as part of a path in a URI. */
static char *
uri_segment(const char *text)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (const char *p = text; *p != '\0'; p++)
	{
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9') ||
			strchr("-._~@", *p) != NULL)
			appendStringInfoChar(&buf, *p);
		else
			appendStringInfo(&buf, "%%%02X", (unsigned char) *p);
	}
	return buf.data;
}

/* CloudEvents knows no control characters in its attributes. */
static char *
printable(const char *text)
{
	StringInfoData buf;

	initStringInfo(&buf);
	while (*text != '\0')
	{
		int length = pg_mblen(text);

		if ((unsigned char) *text < 0x20 || *text == 0x7F ||
			(GetDatabaseEncoding() == PG_UTF8 && (unsigned char) text[0] == 0xC2 &&
			 (unsigned char) text[1] < 0xA0))
			appendStringInfoChar(&buf, '_');
		else
			appendBinaryStringInfo(&buf, text, length);
		text += length;
	}
	return buf.data;
}

static const char *
mesh_name(void)
{
	return dm_mesh_name != NULL && dm_mesh_name[0] != '\0' ? dm_mesh_name :
															 get_database_name(MyDatabaseId);
}

static char *
source_of(DmProduct *product)
{
	char *name = strchr(product->literal, '.') + 1;

	return psprintf("/%s/%s/%s", uri_segment(mesh_name()), product->domain->name,
					uri_segment(name));
}

/* RFC 3339, in UTC */
static char *
rfc3339(TimestampTz at)
{
	struct pg_tm tm;
	fsec_t fsec;

	if (timestamp2tm(at, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return psprintf("%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", tm.tm_year, tm.tm_mon, tm.tm_mday,
					tm.tm_hour, tm.tm_min, tm.tm_sec, fsec);
}

static Jsonb *
cloud_event(Pending *p, int64 sequence)
{
	DmJsonBuilder b = { NULL };

	dm_json_begin_object(&b, NULL);
	dm_json_add_text(&b, "specversion", "1.0");
	dm_json_add_text(&b, "id",
					 DatumGetCString(DirectFunctionCall1(uuid_out,
														 OidFunctionCall0(F_GEN_RANDOM_UUID))));
	dm_json_add_text(&b, "source", p->source);
	dm_json_add_text(&b, "type", psprintf(DM_EVENT_PREFIX "%s" DM_EVENT_SUFFIX, p->type));
	dm_json_add_text(&b, "subject", p->subject);
	dm_json_add_text(&b, "time", rfc3339(p->at));
	/* the extension attribute "sequence" orders as text */
	dm_json_add_text(&b, "sequence", psprintf("%019lld", (long long) sequence));
	if (p->data != NULL)
	{
		JsonbValue data;

		dm_json_add_text(&b, "datacontenttype", "application/json");
		dm_json_root(p->data, &data);
		dm_json_add_value(&b, "data", &data);
	}
	dm_json_end_object(&b);
	return dm_json_done(&b);
}

/* --- emitting --- */

void
dm_event_emit(int64 product_id, const char *type, const char *subject, Jsonb *data)
{
	DmProduct *product;
	MemoryContext old;
	Pending *p;

	if (product_id == 0)
		return;
	dm_check_writable();
	product = dm_product_find_by_id(product_id);
	if (product == NULL)
		return;

	old = MemoryContextSwitchTo(TopTransactionContext);
	p = palloc0(sizeof(Pending));
	p->product = product_id;
	p->order = list_length(pending);
	p->subid = GetCurrentSubTransactionId();
	p->at = GetCurrentTimestamp();
	p->name = pstrdup(product->literal);
	p->source = source_of(product);
	p->type = pstrdup(type);
	p->subject = subject ? printable(subject) : NULL;
	if (data != NULL)
	{
		p->data = palloc(VARSIZE_ANY(data));
		memcpy(p->data, data, VARSIZE_ANY(data));
	}
	if (committing)
		write_events(list_make1(p), false);
	else
		pending = lappend(pending, p);
	MemoryContextSwitchTo(old);
}

void
dm_event_forget(int64 product_id)
{
	ListCell *lc;

	foreach(lc, pending)
		if (((Pending *) lfirst(lc))->product == product_id)
			pending = foreach_delete_current(pending, lc);
}

/* --- writing --- */

int64
dm_event_last(int64 product_id)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;
	int64 result = 0;

	dm_key_int8(&key, Anum_dm_event_position_product, product_id);
	dm_scan_begin(&scan, DM_EVENT_POSITION, "event_position_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		result = dm_scan_int8(&scan, tuple, Anum_dm_event_position_sequence);
	dm_scan_end(&scan);
	return result;
}

static void
set_last(int64 product_id, int64 sequence)
{
	ScanKeyData key;
	DmScan scan;
	DmWriter writer;
	HeapTuple tuple;
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_event_position_product, Int64GetDatum(product_id));
	dm_row_set(&row, Anum_dm_event_position_sequence, Int64GetDatum(sequence));
	dm_key_int8(&key, Anum_dm_event_position_product, product_id);
	dm_data_begin(&writer, DM_EVENT_POSITION);
	dm_scan_begin(&scan, DM_EVENT_POSITION, "event_position_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	if (HeapTupleIsValid(tuple))
		dm_data_update(&writer, tuple, &row);
	else
		dm_data_insert(&writer, &row);
	dm_scan_end(&scan);
	dm_data_end(&writer);
}

static void
insert_event(DmWriter *writer, Pending *p, int64 sequence)
{
	DmRow row;

	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_event_product, Int64GetDatum(p->product));
	dm_row_set(&row, Anum_dm_event_sequence, Int64GetDatum(sequence));
	dm_row_set_text(&row, Anum_dm_event_type, p->type);
	dm_row_set(&row, Anum_dm_event_at, TimestampTzGetDatum(p->at));
	dm_row_set(&row, Anum_dm_event_event, JsonbPGetDatum(cloud_event(p, sequence)));
	dm_data_insert(writer, &row);
}

static int
cmp_pending(const ListCell *a, const ListCell *b)
{
	Pending *pa = lfirst(a);
	Pending *pb = lfirst(b);

	if (pa->product != pb->product)
		return pa->product < pb->product ? -1 : 1;
	return (pa->order > pb->order) - (pa->order < pb->order);
}

static void
write_events(List *events, bool notify)
{
	ListCell *lc;
	int64 product = 0;
	int64 sequence = 0;
	DmWriter writer;

	list_sort(events, cmp_pending);
	dm_data_begin(&writer, DM_EVENT);
	foreach(lc, events)
	{
		Pending *p = lfirst(lc);

		if (p->product != product)
		{
			if (product != 0)
				set_last(product, sequence);
			product = p->product;
			dm_table_lock(DM_EVENT_POSITION, product, ExclusiveLock);
			sequence = dm_event_last(product);
			/* who listens need not be allowed to know more than that there is something */
			if (notify)
				Async_Notify(CHANNEL, p->name);
		}
		insert_event(&writer, p, ++sequence);
	}
	dm_data_end(&writer);
	set_last(product, sequence);
}

bool
dm_event_is_for_consumers(const char *type)
{
	static const char *const kinds[] = { "contract.", "product.", "port.", "slo.", "sla." };

	for (int i = 0; i < lengthof(kinds); i++)
		if (strncmp(type, kinds[i], strlen(kinds[i])) == 0)
			return true;
	return false;
}

/* --- the end of transactions --- */

/* False where the extension was dropped in the meantime. */
static bool
has_events(void)
{
	Oid nspid = dm_catalog_schema();

	return OidIsValid(nspid) && OidIsValid(get_relname_relid("event_position", nspid));
}

static void
write_pending(bool notify)
{
	MemoryContext context;
	MemoryContext old;

	committing = true;
	if (!has_events())
		return;
	context = AllocSetContextCreate(CurrentMemoryContext, "datamesh events",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(context);
	PushActiveSnapshot(GetTransactionSnapshot());
	write_events(pending, notify);
	PopActiveSnapshot();
	MemoryContextSwitchTo(old);
	MemoryContextDelete(context);
	pending = NIL;
}

static void
at_xact_event(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			/* a prepared transaction cannot notify */
			if (pending != NIL)
				write_pending(event == XACT_EVENT_PRE_COMMIT);
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			pending = NIL;
			committing = false;
			break;
		default:
			break;
	}
}

static void
at_subxact_event(SubXactEvent event, SubTransactionId mySubid, SubTransactionId parentSubid,
				 void *arg)
{
	ListCell *lc;

	if (event == SUBXACT_EVENT_COMMIT_SUB)
	{
		foreach(lc, pending)
			if (((Pending *) lfirst(lc))->subid == mySubid)
				((Pending *) lfirst(lc))->subid = parentSubid;
	}
	else if (event == SUBXACT_EVENT_ABORT_SUB)
		foreach(lc, pending)
			if (((Pending *) lfirst(lc))->subid == mySubid)
				pending = foreach_delete_current(pending, lc);
}

void
dm_event_init(void)
{
	RegisterXactCallback(at_xact_event, NULL);
	RegisterSubXactCallback(at_subxact_event, NULL);
}
