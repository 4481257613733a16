/*
 * contract_text.c
 *		Contracts out of texts, and what their findings tell the user.
 */
#include "postgres.h"

#include "base/errors.h"
#include "exchange/contract_text.h"
#include "exchange/lint_text.h"

/* What fits into the detail of an error that people read; dm_lint_contract has the rest. */
#define MAX_LINES 200

int
dm_findings_count(List *findings, DmSeverity least)
{
	int count = 0;
	ListCell *lc;

	foreach(lc, findings)
		if (((DmFinding *) lfirst(lc))->severity >= least)
			count++;
	return count;
}

char *
dm_findings_text(List *findings, DmSeverity least, int most)
{
	StringInfoData buf;
	int count = 0;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, findings)
	{
		DmFinding *finding = lfirst(lc);

		if (finding->severity < least || count++ >= most)
			continue;
		if (buf.len > 0)
			appendStringInfoChar(&buf, '\n');
		if (finding->line > 0)
			appendStringInfo(&buf, "line %d: ", finding->line);
		if (finding->pointer[0] != '\0')
			appendStringInfo(&buf, "%s: ", finding->pointer);
		appendStringInfoString(&buf, finding->message);
	}
	if (count > most)
		appendStringInfo(&buf, "\n... and %d more", count - most);
	return buf.data;
}

static void
refuse(List *findings)
{
	int count = dm_findings_count(findings, DM_ERROR);

	ereport(ERROR,
			(errcode(ERRCODE_DM_DOCUMENT),
			 errmsg_plural("the contract has %d error", "the contract has %d errors", count, count),
			 errdetail_internal("%s", dm_findings_text(findings, DM_ERROR, MAX_LINES)),
			 errhint("dm_lint_contract lists all findings with their lines.")));
}

/* What import cannot do without, whatever the standard says of it. */
static void
check_fundamentals(DmContract *contract, List **findings)
{
	if (contract->api == DM_API_V2)
		dm_finding_add(findings, "import", DM_ERROR, "/apiVersion",
					   "version %s of the standard is not read; 3.0.0 and later are",
					   contract->api_version);
	if (contract->version == NULL || contract->version[0] == '\0')
		dm_finding_add(findings, "import", DM_ERROR, "/version", "the contract has no version");
}

DmContract *
dm_contract_from_text(const char *text, bool strict, DmDocument **document, List **findings)
{
	DmContract *contract;

	if (strict)
	{
		*findings = dm_contract_lint_text(text);
		if (dm_finding_errors(*findings) > 0)
			refuse(*findings);
		*findings = NIL;
	}
	*document = dm_document_read(text, strlen(text), !strict, findings);
	if (*document == NULL)
		refuse(*findings);
	contract = dm_contract_read((*document)->value, !strict, findings);
	if (contract != NULL)
		check_fundamentals(contract, findings);
	dm_findings_locate(*document, *findings);
	*findings = dm_findings_in_order(*findings);
	if (contract == NULL || dm_finding_errors(*findings) > 0)
		refuse(*findings);
	return contract;
}
