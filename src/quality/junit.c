/*
 * junit.c
 *		Checks as JUnit XML, which tools for continuous integration read.
 *
 * The file leaves the database, so that it holds what the history holds: no value of a classified
 * column, and no rows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/sqlname.h"
#include "quality/check_api.h"

PG_FUNCTION_INFO_V1(dm_junit);

/* XML 1.0 has no way to say most of the control characters. */
static void
append_escaped(StringInfo buf, const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		switch (*p)
		{
			case '&':
				appendStringInfoString(buf, "&amp;");
				break;
			case '<':
				appendStringInfoString(buf, "&lt;");
				break;
			case '>':
				appendStringInfoString(buf, "&gt;");
				break;
			case '"':
				appendStringInfoString(buf, "&quot;");
				break;
			case '\n':
			case '\t':
			case '\r':
				appendStringInfo(buf, "&#%d;", *p);
				break;
			default:
				appendStringInfoChar(buf, (unsigned char) *p < ' ' ? '?' : *p);
		}
}

static void
append_attribute(StringInfo buf, const char *name, const char *value)
{
	if (value == NULL)
		return;
	appendStringInfo(buf, " %s=\"", name);
	append_escaped(buf, value);
	appendStringInfoChar(buf, '"');
}

static char *
relation_of(const DmRule *rule)
{
	if (OidIsValid(rule->relid) && get_rel_name(rule->relid) != NULL)
		return dm_relation_sql(rule->relid);
	return rule->relation != NULL ? rule->relation : pstrdup("-");
}

/* What was measured, and what it must be, as a sentence. */
static char *
finding_of(const DmChecked *checked)
{
	const DmMeasured *measured = &checked->measured;
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%s%s%s", checked->rule->metric->name,
					 checked->rule->column != NULL ? " of " : "",
					 checked->rule->column != NULL ? checked->rule->column : "");
	if (checked->verdict != DM_CHECK_ERROR && !measured->isnull && !checked->private)
		appendStringInfo(&buf, " is %s", measured->measured_text);
	appendStringInfo(&buf, ", must be %s", dm_must_text(checked->rule->must));
	if (checked->message != NULL && !(checked->private && checked->verdict == DM_CHECK_ERROR))
		appendStringInfo(&buf, ": %s", checked->message);
	return buf.data;
}

static void
append_outcome(StringInfo buf, const char *element, const DmChecked *checked)
{
	appendStringInfo(buf, "      <%s", element);
	append_attribute(buf, "message", finding_of(checked));
	if (checked->verdict != DM_CHECK_SKIPPED)
		append_attribute(buf, "type", checked->rule->metric->name);
	appendStringInfoString(buf, "/>\n");
}

static void
append_case(StringInfo buf, const DmChecked *checked)
{
	appendStringInfoString(buf, "    <testcase");
	append_attribute(buf, "classname", relation_of(checked->rule));
	append_attribute(buf, "name", checked->rule->name);
	appendStringInfo(buf, " time=\"%.3f\">\n", checked->measured.ms / 1000.0);
	switch (checked->verdict)
	{
		case DM_CHECK_PASSED:
			break;
		case DM_CHECK_WARNING:
			appendStringInfoString(buf, "      <system-out>warning: ");
			append_escaped(buf, finding_of(checked));
			appendStringInfoString(buf, "</system-out>\n");
			break;
		case DM_CHECK_FAILED:
			append_outcome(buf, "failure", checked);
			break;
		case DM_CHECK_ERROR:
			append_outcome(buf, "error", checked);
			break;
		case DM_CHECK_SKIPPED:
			append_outcome(buf, "skipped", checked);
			break;
	}
	appendStringInfoString(buf, "    </testcase>\n");
}

static void
append_counts(StringInfo buf, List *checks)
{
	int count[DM_CHECK_SKIPPED + 1] = { 0 };
	double ms = 0;
	ListCell *lc;

	foreach(lc, checks)
	{
		DmChecked *checked = lfirst(lc);

		count[checked->verdict]++;
		/* rules that were measured by one statement all have its time */
		ms = Max(ms, checked->measured.ms);
	}
	appendStringInfo(buf, " tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\"",
					 list_length(checks), count[DM_CHECK_FAILED], count[DM_CHECK_ERROR],
					 count[DM_CHECK_SKIPPED], ms / 1000.0);
}

Datum
dm_junit(PG_FUNCTION_ARGS)
{
	DmProduct *product = dm_check_product(dm_arg_text(fcinfo, 0, "product"));
	List *checks = dm_check_and_record(product->id, dm_product_rules(product), GetUserId());
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite");
	append_attribute(&buf, "name", product->label);
	append_counts(&buf, checks);
	appendStringInfoString(&buf, ">\n");
	foreach(lc, checks)
		append_case(&buf, lfirst(lc));
	appendStringInfoString(&buf, "  </testsuite>\n</testsuites>\n");
	PG_RETURN_TEXT_P(cstring_to_text(buf.data));
}
