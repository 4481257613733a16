/*
 * findings.c
 *		Everything there is to say about the contract of a product, as it is now.
 *
 * Nothing of it is stored: the contract is read again, and held against the database again, so
 * that a finding is gone when its cause is.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"

#include "base/args.h"
#include "base/finding.h"
#include "conform/conform.h"
#include "contract/version.h"
#include "exchange/realise.h"
#include "exchange/visible.h"
#include "format/document.h"
#include "contract/standard.h"

PG_FUNCTION_INFO_V1(dm_contract_findings);

/* Messages quote the contract and tell of the domain's own relations. */
static void
check_inside(DmProduct *product)
{
	if (!dm_contract_is_inside(product))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for product \"%s\"", product->label),
				 errdetail("Only roles of domain \"%s\" see the findings of its contracts.",
						   product->domain->name)));
}

/* What the document says, as dm_lint_contract tells it. */
static DmContract *
survey_document(DmContractVersion *version, DmDocument **document, List **findings)
{
	char *source = dm_contract_source(version);
	DmContract *contract = NULL;

	*document = dm_document_read(source, strlen(source), true, findings);
	if (*document == NULL)
		return NULL;
	contract = dm_contract_read((*document)->value, true, findings);
	if (contract != NULL)
		(void) dm_contract_schema_check("odcs", version->api_version ? version->api_version : "",
										(*document)->value, findings);
	return contract;
}

/* What the database says. */
static void
survey_database(DmProduct *product, DmContract *contract, List **findings)
{
	ListCell *lc;

	foreach(lc, dm_conform_promises(contract, product))
	{
		static const DmSeverity severities[2][4] = {
			{ DM_INFO, DM_INFO, DM_WARNING, DM_ERROR },
			{ DM_INFO, DM_INFO, DM_WARNING, DM_WARNING },
		};
		DmPromise *promise = lfirst(lc);

		if (promise->kept != DM_KEPT)
			dm_finding_add(findings, "conform", severities[promise->data ? 1 : 0][promise->kept],
						   promise->pointer, "%s: %s", promise->path, promise->message);
	}
	dm_realise_survey(product, contract, findings);
}

Datum
dm_contract_findings(PG_FUNCTION_ARGS)
{
	DmProduct *product = dm_product_get(dm_arg_text(fcinfo, 0, "product"), false);
	DmContractVersion *version = dm_contract_draft(product->id);
	List *findings = NIL;

	check_inside(product);
	/* a draft is what there is still work to do on */
	if (version == NULL)
		version = dm_contract_active(product->id);
	if (version != NULL)
	{
		DmDocument *document;
		DmContract *contract = survey_document(version, &document, &findings);

		if (contract != NULL)
			survey_database(product, contract, &findings);
		if (document != NULL)
			dm_findings_locate(document, findings);
	}
	dm_findings_return(fcinfo, findings);
	PG_RETURN_NULL();
}
