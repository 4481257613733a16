/*
 * explain_rows.c
 *		Which rows a reader sees, and why: row policies, attributes, consent.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"

#include "access/attribute.h"
#include "access/consent.h"
#include "access/policy.h"
#include "access/subject.h"
#include "base/args.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "base/words.h"
#include "explain/explain.h"
#include "explain/explain_change.h"

static char *
role_list(List *roles)
{
	List *names = NIL;
	ListCell *lc;

	foreach(lc, roles)
		names = lappend(names, GetUserNameFromId(lfirst_oid(lc), true));
	return dm_quoted_list(list_delete_ptr(names, NULL));
}

/* Of whom a policy speaks, as words. */
static char *
applies_to(DmPolicy *policy)
{
	StringInfoData buf;

	initStringInfo(&buf);
	if (policy->purposes != NIL)
		appendStringInfo(&buf, "; for purposes %s", dm_quoted_list(policy->purposes));
	if (policy->roles != NIL)
		appendStringInfo(&buf, "; for members of %s", role_list(policy->roles));
	if (policy->tags != NIL)
		appendStringInfo(&buf, "; for readers not cleared for %s", dm_quoted_list(policy->tags));
	return buf.data;
}

static void
tell_policy(DmExplanation *explanation, DmPolicyRead *read)
{
	DmReader reader = explanation->reading->reader;
	DmPolicy *policy = dm_policy_get_by_id(read->id);
	char *relation = dm_relation_sql(read->relid);
	/* who cannot read at all learns no predicate from EXPLAIN either */
	bool may_know = explanation->reading->missing == NIL ||
					dm_explain_may_audit(read->relid);
	const char *text = may_know ? read->text : NULL;

	if (policy == NULL)
		dm_explain_row(explanation, NULL, "policy", "unknown",
					   psprintf(INT64_FORMAT " on %s: it restricts everybody", read->id, relation));
	else if (!dm_policy_restricts(reader, read->id, read->product))
		dm_explain_row(explanation, NULL, "policy", "does not restrict",
					   psprintf("\"%s\" on %s%s", policy->name, relation,
								dm_policy_exempts(reader.role, policy->relation, read->product) ?
									": he belongs to the domain" :
									applies_to(policy)));
	else
		dm_explain_row(explanation, NULL, "policy", "restricts",
					   psprintf("\"%s\" on %s%s%s%s", policy->name, relation, applies_to(policy),
								text ? ": " : "", text ? text : ""));
}

static void
tell_attribute(DmExplanation *explanation, const char *key)
{
	Oid role = explanation->reading->reader.role;
	List *values = dm_attribute_values(role, key);

	dm_explain_row(explanation, NULL, "attribute", key,
				   values == NIL ? "no value" :
								   psprintf("%s, from %s", dm_quoted_list(values),
											role_list(dm_attribute_sources(role, key))));
}

static void
tell_consent(DmExplanation *explanation, DmConsentRead *read)
{
	DmSubject *subject = dm_subject_get_by_id(read->subject);
	DmKind *kind = subject ? dm_kind_get_by_id(subject->kind_id, true) : NULL;
	char *relation = dm_relation_sql(read->relid);
	List *purposes;

	if (!dm_consent_needed(explanation->reading->reader, read->subject, read->product, &purposes))
		dm_explain_row(explanation, NULL, "consent", "not needed",
					   psprintf("of the subjects of %s", relation));
	else
		dm_explain_row(explanation, NULL, "consent", "needed",
					   psprintf("of the subjects of %s, kind \"%s\", for %s", relation,
								kind ? kind->name : "?",
								purposes ? dm_quoted_list(purposes) : "a purpose that is known"));
}

void
dm_explain_rows(DmExplanation *explanation)
{
	DmReading *reading = explanation->reading;
	List *told = NIL;
	ListCell *lc;

	foreach(lc, reading->policies)
	{
		DmPolicyRead *read = lfirst(lc);
		char *key = psprintf(INT64_FORMAT " %s", read->id, read->product ? read->product : "");

		/* partitions have the policies of their parents */
		if (dm_string_member(told, key))
			continue;
		told = lappend(told, key);
		tell_policy(explanation, read);
	}
	foreach(lc, reading->consents)
	{
		DmConsentRead *read = lfirst(lc);
		char *key = psprintf("c" INT64_FORMAT " %s", read->subject,
							 read->product ? read->product : "");

		if (dm_string_member(told, key))
			continue;
		told = lappend(told, key);
		tell_consent(explanation, read);
	}
	foreach(lc, reading->attributes)
		tell_attribute(explanation, lfirst(lc));
}

void
dm_explain_row_changes(DmExplanation *explanation)
{
	DmReading *reading = explanation->reading;
	ListCell *lc;

	if (reading->conditions == NIL)
		return;
	foreach(lc, reading->attributes)
		dm_explain_row(explanation, NULL, "change", "other rows",
					   psprintf("SELECT dm_set_attribute(%s, %s, ...)",
								quote_literal_cstr(GetUserNameFromId(reading->reader.role, false)),
								quote_literal_cstr(lfirst(lc))));
}
