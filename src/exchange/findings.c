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
#include "exchange/comments.h"
#include "exchange/lint_text.h"
#include "exchange/realise.h"
#include "exchange/visible.h"
#include "format/document.h"

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

/* What the document says of itself, as dm_lint_contract tells it; NULL if it is no contract. */
static DmContract *
survey_document(DmContractVersion *version, List **findings)
{
	*findings = list_concat(*findings, dm_contract_lint_text(dm_contract_source(version)));
	return dm_contract_read(dm_contract_document(version), true, NULL);
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
	dm_comment_findings(product, contract, findings);
}

/* The places of what the database says, in the text that was imported. */
static void
locate(DmContractVersion *version, List *findings)
{
	char *source = dm_contract_source(version);
	List *ignored = NIL;
	DmDocument *document = dm_document_read_all(source, strlen(source), true, &ignored);

	if (document != NULL)
		dm_findings_locate(document, findings);
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
		DmContract *contract = survey_document(version, &findings);

		if (contract != NULL)
			survey_database(product, contract, &findings);
		locate(version, findings);
	}
	dm_findings_return(fcinfo, findings);
	PG_RETURN_NULL();
}
