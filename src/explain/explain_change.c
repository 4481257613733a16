/*
 * explain_change.c
 *		What would change a verdict, as statements to run.
 */
#include "postgres.h"

#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "access/purpose.h"
#include "access/refusal.h"
#include "base/args.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "classify/label.h"
#include "classify/tag.h"
#include "explain/explain.h"
#include "explain/explain_change.h"
#include "fmgr.h"
#include "port/port.h"
#include "registry/portrow.h"

/* The statement that asks for access; clearance is a list of its items. */
static char *
request_text(DmExplanation *explanation, DmProduct *product, List *clearance)
{
	const char *purpose = explanation->reading->reader.purpose;
	Oid out;
	bool varlena;

	/* an unknown purpose can be had for no product */
	if (purpose == NULL || dm_purpose_lineage(purpose) == NIL)
		purpose = "...";
	if (clearance == NIL)
		return psprintf("SELECT dm_request_access(%s, %s)", quote_literal_cstr(product->label),
						quote_literal_cstr(purpose));
	getTypeOutputInfo(TEXTARRAYOID, &out, &varlena);
	return psprintf("SELECT dm_request_access(%s, %s, clearance => %s)",
					quote_literal_cstr(product->label), quote_literal_cstr(purpose),
					quote_literal_cstr(OidOutputFunctionCall(out, dm_text_array(clearance))));
}

/* A reader who is not admitted to a port. */
static void
change_admission(DmExplanation *explanation, DmPortRead *port)
{
	DmRefusal *refusal = dm_refusal(explanation->reading->reader, port->product->literal);
	char *label = quote_literal_cstr(port->product->label);
	ListCell *lc;

	foreach(lc, refusal->purposes)
		dm_explain_row(explanation, NULL, "change", "admitted",
					   psprintf("SET datamesh.purpose = %s", quote_literal_cstr(lfirst(lc))));
	switch (port->product->status)
	{
		case DM_DRAFT:
			dm_explain_row(explanation, NULL, "change", "served",
						   psprintf("SELECT dm_publish(%s)", label));
			break;
		case DM_ACTIVE:
			dm_explain_row(explanation, NULL, "change", "admitted",
						   request_text(explanation, port->product, NIL));
			break;
		default:
			/* who has no agreement for what is deprecated gets none; retired is for good */
			if (port->product->successor != NULL)
				dm_explain_row(explanation, NULL, "change", "successor", port->product->successor);
			break;
	}
}

/* The tags that guard a column and that the reader is not cleared for, for values or tokens. */
static List *
uncleared(DmPortRead *port, Oid relid, AttrNumber attnum, bool token)
{
	List *items = NIL;
	ListCell *lc;

	foreach(lc, dm_column_tags(relid, attnum))
	{
		char *tag = lfirst(lc);

		if (dm_tag_mask(tag) == NULL || dm_access_covers(&port->access, tag, token))
			continue;
		items = dm_string_append_unique(items, token ? psprintf("%s:token", tag) : tag);
	}
	return items;
}

static void
change_column(DmExplanation *explanation, DmPortRead *port, AttrNumber attnum, DmVerdict verdict)
{
	Oid relid = explanation->reading->relid;
	char *column = get_attname(relid, attnum, false);
	List *tokens = uncleared(port, relid, attnum, true);
	List *items = uncleared(port, relid, attnum, false);

	if (port->product->status != DM_ACTIVE)
		return;
	if (verdict > DM_SEEN_TOKEN && tokens != NIL && port->view == relid &&
		dm_explain_has_token(relid, attnum))
		dm_explain_row(explanation, column, "change", "token",
					   request_text(explanation, port->product, tokens));
	if (items != NIL)
		dm_explain_row(explanation, column, "change", "clear",
					   request_text(explanation, port->product, items));
}

/* Which ports show a relation that the reader may not read. */
static void
change_relation(DmExplanation *explanation)
{
	ListCell *lc;

	foreach(lc, dm_ports_showing(explanation->reading->relid))
		dm_explain_row(explanation, NULL, "change", "port",
					   psprintf("SELECT * FROM %s", dm_relation_sql(lfirst_oid(lc))));
}

void
dm_explain_changes(DmExplanation *explanation)
{
	DmReading *reading = explanation->reading;
	bool admitted = true;
	ListCell *lc;
	ListCell *lc2;

	foreach(lc, reading->ports)
	{
		DmPortRead *port = lfirst(lc);

		if (port->access.admitted)
			continue;
		admitted = false;
		change_admission(explanation, port);
	}
	if (!admitted)
		return;
	if (reading->refused && reading->ports == NIL)
		change_relation(explanation);
	foreach(lc, reading->missing)
	{
		DmMissing *missing = lfirst(lc);
		DmPortRead *port = reading->ports ? linitial(reading->ports) : NULL;

		/* the privilege on a port is its agreement; what is lost comes back with the next one */
		if (port != NULL && OidIsValid(missing->role))
			dm_explain_row(explanation, NULL, "change", "admitted",
						   request_text(explanation, port->product, NIL));
	}
	if (reading->refused)
		return;
	dm_explain_row_changes(explanation);
	forboth(lc, explanation->attnums, lc2, explanation->verdicts)
	{
		ListCell *lc3;

		if (lfirst_int(lc2) == DM_SEEN_CLEAR || lfirst_int(lc2) == DM_SEEN_REFUSED)
			continue;
		foreach(lc3, reading->ports)
			change_column(explanation, lfirst(lc3), lfirst_int(lc), lfirst_int(lc2));
	}
}
