/*
 * finding.c
 *		What is wrong with a document or with what it promises, with its place.
 */
#include "postgres.h"

#include <stdarg.h>

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "base/finding.h"
#include "base/strings.h"

DmFinding *
dm_finding_add(List **findings, const char *source, DmSeverity severity, const char *pointer,
			   const char *fmt, ...)
{
	DmFinding *finding = palloc0(sizeof(DmFinding));
	va_list args;

	finding->source = source;
	finding->severity = severity;
	finding->pointer = pstrdup(pointer);
	va_start(args, fmt);
	finding->message = dm_vpsprintf(fmt, args);
	va_end(args);
	*findings = lappend(*findings, finding);
	return finding;
}

DmFinding *
dm_finding_first_error(List *findings)
{
	ListCell *lc;

	foreach(lc, findings)
	{
		DmFinding *finding = lfirst(lc);

		if (finding->severity == DM_ERROR)
			return finding;
	}
	return NULL;
}

int
dm_finding_errors(List *findings)
{
	ListCell *lc;
	int count = 0;

	foreach(lc, findings)
		count += ((DmFinding *) lfirst(lc))->severity == DM_ERROR;
	return count;
}

const char *
dm_severity_name(DmSeverity severity)
{
	switch (severity)
	{
		case DM_INFO:
			return "info";
		case DM_WARNING:
			return "warning";
		case DM_ERROR:
			return "error";
	}
	elog(ERROR, "unknown severity %d", (int) severity);
	return NULL; /* keeps the compiler quiet */
}

typedef struct Ordered
{
	DmFinding *finding;
	int number;
} Ordered;

/* by their place in the text; those of one place stay in the order in which they were made */
static int
by_place(const void *a, const void *b)
{
	const Ordered *left = a;
	const Ordered *right = b;

	if (left->finding->line != right->finding->line)
		return left->finding->line < right->finding->line ? -1 : 1;
	if (left->finding->col != right->finding->col)
		return left->finding->col < right->finding->col ? -1 : 1;
	return left->number < right->number ? -1 : 1;
}

List *
dm_findings_in_order(List *findings)
{
	Ordered *all = palloc(sizeof(Ordered) * (list_length(findings) + 1));
	List *result = NIL;
	ListCell *lc;

	foreach(lc, findings)
	{
		Ordered *one = &all[foreach_current_index(lc)];

		one->finding = lfirst(lc);
		one->number = foreach_current_index(lc);
	}
	qsort(all, list_length(findings), sizeof(Ordered), by_place);
	for (int i = 0; i < list_length(findings); i++)
		result = lappend(result, all[i].finding);
	return result;
}

void
dm_findings_return(FunctionCallInfo fcinfo, List *findings)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, findings)
	{
		DmFinding *finding = lfirst(lc);
		Datum values[6];
		bool nulls[6] = { false };

		CHECK_FOR_INTERRUPTS();
		values[0] = CStringGetTextDatum(finding->source);
		values[1] = CStringGetTextDatum(dm_severity_name(finding->severity));
		values[2] = CStringGetTextDatum(finding->pointer);
		values[3] = CStringGetTextDatum(finding->message);
		values[4] = Int32GetDatum(finding->line);
		values[5] = Int32GetDatum(finding->col);
		nulls[4] = finding->line == 0;
		nulls[5] = finding->col == 0;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
}

char *
dm_finding_place(const DmFinding *finding)
{
	if (finding->line == 0)
		return pstrdup("");
	return psprintf(" (line %d, column %d)", finding->line, finding->col);
}
