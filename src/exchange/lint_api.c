/*
 * lint_api.c
 *		dm_lint_contract: everything that is wrong with a contract's text.
 *
 * Three look at it: the reader of YAML and JSON, the standard's own schema of the
 * version that the contract declares, and the semantic checks.  None of them
 * stops at what another one found.
 */
#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "base/args.h"
#include "base/errors.h"
#include "base/finding.h"
#include "base/json.h"
#include "base/seen.h"
#include "base/words.h"
#include "contract/lint.h"
#include "contract/standard.h"
#include "exchange/lint_text.h"
#include "format/document.h"

PG_FUNCTION_INFO_V1(dm_lint_contract);

/*
 * What the reader of the model had to bend is a semantic finding, unless the
 * schema has refused the same place: that is said once.
 */
static List *
without_repetitions(List *schema, List *reading)
{
	DmSeen *places = dm_seen_create();
	List *result = NIL;
	ListCell *lc;

	foreach(lc, schema)
		dm_seen(places, ((DmFinding *) lfirst(lc))->pointer, lfirst(lc));
	foreach(lc, reading)
	{
		DmFinding *finding = lfirst(lc);

		if (dm_seen_find(places, finding->pointer) != NULL)
			continue;
		finding->source = "semantic";
		result = lappend(result, finding);
	}
	return result;
}

/* what the newest schema says of a version that it does not know is said better */
static List *
without_version(List *findings)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, findings)
		if (strcmp(((DmFinding *) lfirst(lc))->pointer, "/apiVersion") != 0)
			result = lappend(result, lfirst(lc));
	return result;
}

/*
 * The schema of the declared version.  A document that declares none, or one that
 * is not known, is held against the newest, so that its other mistakes show, too.
 */
static List *
check_schema(DmDocument *document)
{
	JsonbValue version;
	List *findings = NIL;
	List *known;
	char *declared;

	if (!dm_json_find(&document->value->root, "apiVersion", &version) || version.type != jbvString)
		declared = NULL;
	else
		declared = dm_json_scalar_text(&version);
	if (declared != NULL &&
		dm_contract_schema_check("odcs", declared, document->value, &findings))
		return findings;
	known = dm_contract_schema_versions("odcs");
	if (known == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_DM_DOCUMENT), errmsg("no schema of a contract is stored"),
				 errhint("dm_add_contract_schema('odcs', ...) stores one.")));
	dm_contract_schema_check("odcs", llast(known), document->value, &findings);
	if (declared == NULL)
		return findings;
	findings = without_version(findings);
	dm_finding_add(&findings, "schema", DM_ERROR, "/apiVersion",
				   "no schema of version \"%s\" is known (there are %s), so it was held against %s",
				   declared, dm_quoted_list(known), (char *) llast(known));
	return findings;
}

List *
dm_contract_lint_text(const char *text)
{
	List *findings = NIL;
	List *reading = NIL;
	List *schema;
	DmDocument *document = dm_document_read_all(text, strlen(text), false, &findings);
	DmContract *contract;

	if (document == NULL)
		return findings;
	schema = check_schema(document);
	contract = dm_contract_read(document->value, false, &reading);
	findings = list_concat(findings, schema);
	findings = list_concat(findings, without_repetitions(schema, reading));
	if (contract != NULL)
		dm_contract_lint(contract, &findings);
	dm_findings_locate(document, findings);
	return dm_findings_in_order(findings);
}

Datum
dm_lint_contract(PG_FUNCTION_ARGS)
{
	char *text = dm_arg_text(fcinfo, 0, "odcs");
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext work = AllocSetContextCreate(caller, "datamesh lint", ALLOCSET_DEFAULT_SIZES);
	List *findings;

	MemoryContextSwitchTo(work);
	findings = dm_contract_lint_text(text);
	MemoryContextSwitchTo(caller);
	dm_findings_return(fcinfo, findings);
	MemoryContextDelete(work);
	return (Datum) 0;
}
