/*
 * explain_access.c
 *		dm_explain_access: what a role sees of a relation, and why.
 *
 * The verdict comes from the reading of the relation (reading.c).  The rows after it name what
 * went into it; they are found in the catalog and decide nothing.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "access/agreement.h"
#include "access/purpose.h"
#include "access/refusal.h"
#include "base/args.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "base/words.h"
#include "catalog/column.h"
#include "classify/label.h"
#include "classify/tag.h"
#include "explain/explain.h"
#include "explain/explain_change.h"
#include "registry/portrow.h"

PG_FUNCTION_INFO_V1(dm_explain_access);
PG_FUNCTION_INFO_V1(dm_explain_access_named);

void
dm_explain_row(DmExplanation *explanation, const char *column, const char *kind,
			   const char *outcome, const char *detail)
{
	Datum values[5];
	bool nulls[5] = { false, column == NULL, false, outcome == NULL, detail == NULL };

	values[0] = Int32GetDatum(++explanation->step);
	values[1] = column ? CStringGetTextDatum(column) : (Datum) 0;
	values[2] = CStringGetTextDatum(kind);
	values[3] = outcome ? CStringGetTextDatum(outcome) : (Datum) 0;
	values[4] = detail ? CStringGetTextDatum(detail) : (Datum) 0;
	tuplestore_putvalues(explanation->rsinfo->setResult, explanation->rsinfo->setDesc, values,
						 nulls);
}

char *
dm_explain_missing(DmMissing *missing)
{
	const char *who = OidIsValid(missing->role) ?
						  psprintf("role %s", dm_role_sql(missing->role)) :
						  "the owner of the view that is read through";

	if (OidIsValid(missing->nspid))
		return psprintf("%s has no USAGE on schema %s", who, dm_schema_sql(missing->nspid));
	return psprintf("%s has no SELECT on %s", who, dm_relation_sql(missing->relid));
}

/* The one sentence that says why he is refused. */
static char *
refusal_text(DmReading *reading)
{
	ListCell *lc;

	/* who has no agreement has no privileges either: the one is the cause of the other */
	foreach(lc, reading->ports)
	{
		DmPortRead *port = lfirst(lc);

		if (!port->access.admitted)
			return dm_refusal(reading->reader, port->product->literal)->message;
	}
	if (reading->refusal != NULL)
		return reading->refusal;
	return reading->missing ? dm_explain_missing(linitial(reading->missing)) : NULL;
}

static void
tell_verdict(DmExplanation *explanation, AttrNumber attnum)
{
	DmReading *reading = explanation->reading;
	char *column = get_attname(reading->relid, attnum, false);
	char *shown;
	DmVerdict verdict = dm_reading_column(reading, attnum, &shown);

	switch (verdict)
	{
		case DM_SEEN_CLEAR:
			shown = "as it is stored";
			break;
		case DM_SEEN_HIDDEN:
			shown = "NULL in place of every value";
			break;
		case DM_SEEN_REFUSED:
			shown = refusal_text(reading);
			if (shown == NULL)
				shown = psprintf("role %s has no SELECT on the column, or no EXECUTE on its mask",
								 dm_role_sql(reading->reader.role));
			break;
		default:
			break;
	}
	explanation->verdicts = lappend_int(explanation->verdicts, verdict);
	dm_explain_row(explanation, column, "verdict", dm_verdict_name(verdict), shown);
}

static void
tell_rows(DmExplanation *explanation)
{
	DmReading *reading = explanation->reading;
	List *texts = NIL;
	ListCell *lc;
	StringInfoData buf;

	foreach(lc, reading->conditions)
	{
		DmCondition *condition = lfirst(lc);

		/* two ways to a relation have the same conditions */
		if (condition->text != NULL)
			texts = dm_string_append_unique(texts, condition->text);
	}
	initStringInfo(&buf);
	foreach(lc, texts)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? " AND " : "", (char *) lfirst(lc));
	dm_explain_row(explanation, NULL, "rows", dm_reading_rows(reading),
				   strcmp(dm_reading_rows(reading), "some") == 0 ? buf.data : NULL);
}

static void
tell_reader(DmExplanation *explanation)
{
	DmReader reader = explanation->reading->reader;
	List *lineage = reader.purpose ? dm_purpose_lineage(reader.purpose) : NIL;

	dm_explain_row(explanation, NULL, "role", GetUserNameFromId(reader.role, false),
				   superuser_arg(reader.role) ? "superuser: belongs to every domain" : NULL);
	if (explanation->reading->ports == NIL)
		return;
	if (reader.purpose == NULL)
		dm_explain_row(explanation, NULL, "purpose", NULL, "no purpose is set");
	else if (lineage == NIL)
		dm_explain_row(explanation, NULL, "purpose", reader.purpose, "not registered");
	else
		dm_explain_row(explanation, NULL, "purpose", reader.purpose,
					   list_length(lineage) == 1 ?
						   NULL :
						   psprintf("served by agreements for %s", dm_quoted_list(lineage)));
}

static char *
clearance_text(List *clearance)
{
	return clearance == NIL ? "no clearance" :
							  psprintf("clearance %s", dm_quoted_list(clearance));
}

static void
tell_agreements(DmExplanation *explanation, DmPortRead *port)
{
	DmReader reader = explanation->reading->reader;
	List *lineage = reader.purpose ? dm_purpose_lineage(reader.purpose) : NIL;
	TimestampTz now = GetCurrentTimestamp();
	ListCell *lc;

	foreach(lc, dm_agreement_list(port->product->id, InvalidOid))
	{
		DmAgreement *agreement = lfirst(lc);
		bool open_ended = agreement->valid_until == DT_NOEND;

		if (!has_privs_of_role(reader.role, agreement->consumer))
			continue;
		dm_explain_row(explanation, NULL, "agreement",
					   now >= agreement->valid_until				  ? "ended" :
					   now < agreement->valid_from					  ? "not yet" :
					   !dm_string_member(lineage, agreement->purpose) ? "other purpose" :
																		"in force",
					   psprintf("agreement " INT64_FORMAT " of role %s for purpose \"%s\", %s%s%s",
								agreement->id, dm_role_sql(agreement->consumer),
								agreement->purpose, clearance_text(agreement->clearance),
								open_ended ? "" : ", until ",
								open_ended ? "" :
											 pstrdup(timestamptz_to_str(agreement->valid_until))));
	}
}

static void
tell_port(DmExplanation *explanation, DmPortRead *port)
{
	DmReader reader = explanation->reading->reader;

	dm_explain_row(explanation, NULL, "port", dm_relation_sql(port->view),
				   psprintf("product \"%s\", %s", port->product->label,
							dm_status_name(port->product->status)));
	if (port->access.exempt)
	{
		dm_explain_row(explanation, NULL, "inside", "sees everything",
					   dm_explain_inside(reader.role, port->product));
		return;
	}
	tell_agreements(explanation, port);
	if (!port->access.admitted)
		dm_explain_row(explanation, NULL, "refusal", "not admitted",
					   dm_refusal(reader, port->product->literal)->message);
	else if (port->access.until != DT_NOEND)
		dm_explain_row(explanation, NULL, "expiry", timestamptz_to_str(port->access.until),
					   "an agreement begins or ends then");
}

/* What the clearance of the outermost port that does not clear a tag gives. */
static const char *
tag_outcome(DmReading *reading, const char *tag)
{
	const char *outcome = "cleared";
	ListCell *lc;

	if (dm_tag_get(tag, true) == NULL)
		return "unknown";
	if (dm_tag_mask(tag) == NULL)
		return "describes";
	if (reading->ports == NIL)
		return "guards at ports";
	foreach(lc, reading->ports)
	{
		DmPortRead *port = lfirst(lc);

		if (!dm_access_covers(&port->access, tag, true))
			return "not cleared";
		if (!dm_access_covers(&port->access, tag, false))
			outcome = "cleared as token";
	}
	return outcome;
}

static char *
trail_text(DmTagOrigin *origin, DmReading *reading)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, origin->trail)
	{
		DmColumn *column = lfirst(lc);

		if (column->relid == reading->relid && list_length(origin->trail) > 1)
			continue;
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? " from " : "",
						 dm_column_text(column->relid, column->attnum));
	}
	return buf.data;
}

/* The ancestor that a tag has its mask from. */
static char *
mask_owner(const char *tag)
{
	char *name = pstrdup(tag);

	for (; name != NULL; name = dm_dotted_parent(name))
	{
		DmTag *found = dm_tag_get(name, true);

		if (found != NULL && found->mask != NULL)
			break;
	}
	return name;
}

/* A clearance for tokens is of no use where the port has none for the column. */
static void
tell_token(DmExplanation *explanation, AttrNumber attnum)
{
	DmReading *reading = explanation->reading;
	ListCell *lc;

	if (dm_port_product(reading->relid) == 0 || dm_explain_has_token(reading->relid, attnum))
		return;
	foreach(lc, dm_column_tags(reading->relid, attnum))
		if (dm_tag_mask(lfirst(lc)) != NULL && dm_tag_token_key(lfirst(lc)) != NULL)
		{
			dm_explain_row(explanation, get_attname(reading->relid, attnum, false), "token",
						   "not shown",
						   "the tags have no one key that the domain's owner may use, or a token does not fit the column");
			return;
		}
}

static void
tell_tags(DmExplanation *explanation, AttrNumber attnum)
{
	DmReading *reading = explanation->reading;
	char *column = get_attname(reading->relid, attnum, false);
	List *told = NIL;
	ListCell *lc;

	tell_token(explanation, attnum);
	foreach(lc, dm_column_tag_origins(reading->relid, attnum))
	{
		DmTagOrigin *origin = lfirst(lc);
		char *owner = mask_owner(origin->tag);

		dm_explain_row(explanation, column, "tag", tag_outcome(reading, origin->tag),
					   psprintf("\"%s\" on %s", origin->tag, trail_text(origin, reading)));
		if (owner == NULL || dm_string_member(told, origin->tag))
			continue;
		told = lappend(told, origin->tag);
		dm_explain_row(explanation, column, "mask", dm_tag_mask(origin->tag),
					   psprintf("of tag \"%s\"", owner));
	}
}

/* The ports that show a relation of a domain: the way in for those outside. */
static void
tell_domain(DmExplanation *explanation)
{
	DmDomain *domain = dm_explain_domain(explanation->reading->relid);
	bool inside;

	if (domain == NULL)
		return;
	inside = dm_domain_is_producer(domain, explanation->reading->reader.role);
	dm_explain_row(explanation, NULL, "domain", domain->name,
				   inside ? "the role belongs to it: the server's privileges decide" :
							"the role is outside: its way in are ports");
}

static void
tell_all(DmExplanation *explanation)
{
	DmReading *reading = explanation->reading;
	ListCell *lc;

	foreach(lc, explanation->attnums)
		tell_verdict(explanation, lfirst_int(lc));
	tell_rows(explanation);
	tell_reader(explanation);
	tell_domain(explanation);
	foreach(lc, reading->ports)
		tell_port(explanation, lfirst(lc));
	dm_explain_rows(explanation);
	foreach(lc, reading->missing)
		dm_explain_row(explanation, NULL, "privilege", "missing", dm_explain_missing(lfirst(lc)));
	foreach(lc, explanation->attnums)
		tell_tags(explanation, lfirst_int(lc));
	dm_explain_changes(explanation);
}

/* A reader may ask about himself and the roles whose rights he has, others only if it is theirs. */
static void
check_may_ask(Oid role, Oid relid)
{
	if (has_privs_of_role(GetUserId(), role) || dm_explain_may_audit(relid))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to explain the access of role \"%s\"",
					GetUserNameFromId(role, false)),
			 errdetail("Members of that role, those who manage the relation and auditors may ask."),
			 errhint("Without a role dm_explain_access explains your own access.")));
}

static List *
all_columns(Oid relid)
{
	List *attnums = NIL;
	ListCell *lc;

	foreach(lc, dm_column_names(relid))
		attnums = lappend_int(attnums, get_attnum(relid, lfirst(lc)));
	return attnums;
}

static Datum
explain_access(FunctionCallInfo fcinfo, Oid relid)
{
	DmExplanation explanation = { (ReturnSetInfo *) fcinfo->resultinfo };
	DmReader reader = dm_decide_session();
	char *column;
	char *purpose;

	if (!PG_ARGISNULL(0))
		reader.role = dm_arg_role(fcinfo, 0, "role");
	dm_explain_check_relation(relid);
	check_may_ask(reader.role, relid);
	if (!PG_ARGISNULL(3))
	{
		purpose = text_to_cstring(PG_GETARG_TEXT_PP(3));
		reader.purpose = purpose[0] != '\0' ? purpose : NULL;
	}
	if (PG_ARGISNULL(2))
		explanation.attnums = all_columns(relid);
	else
	{
		column = dm_arg_name(fcinfo, 2, "column");
		explanation.attnums = list_make1_int(dm_column_find(relid, column));
	}

	InitMaterializedSRF(fcinfo, 0);
	explanation.reading = dm_reading(reader, relid, false);
	tell_all(&explanation);
	PG_RETURN_NULL();
}

Datum
dm_explain_access(PG_FUNCTION_ARGS)
{
	return explain_access(fcinfo, dm_arg_relation(fcinfo, 1, "relation"));
}

/* The same with the relation's name as text. */
Datum
dm_explain_access_named(PG_FUNCTION_ARGS)
{
	return explain_access(fcinfo, dm_explain_relation(fcinfo, 1));
}
