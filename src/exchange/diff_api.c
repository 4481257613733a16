/*
 * diff_api.c
 *		dm_diff_contract: what changed between two contracts.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/args.h"
#include "base/errors.h"
#include "base/finding.h"
#include "contract/diff.h"
#include "contract/version.h"
#include "exchange/hit.h"
#include "exchange/visible.h"
#include "format/document.h"

PG_FUNCTION_INFO_V1(dm_diff_contract);

/* One of the two sides. */
typedef struct Side
{
	DmContract *contract;
	DmProduct *product; /* NULL for a document that the mesh does not know */
} Side;

/*
 * "sales.customers", "sales.customers@2": two words and perhaps a number.  Read as YAML, that is a
 * text, never a contract.
 */
static bool
is_product_name(const char *text)
{
	static const char *const word = "abcdefghijklmnopqrstuvwxyz0123456789_";
	size_t len = strspn(text, word);

	if (len == 0 || text[len] != '.')
		return false;
	text += len + 1;
	len = strspn(text, word);
	if (len == 0)
		return false;
	text += len;
	if (*text == '\0')
		return true;
	return *text == '@' && text[1] != '\0' && strspn(text + 1, "0123456789") == strlen(text + 1);
}

/* A finding as the sentence that a detail is, with its place where that is known. */
static char *
sentence(const DmFinding *finding)
{
	char *text = psprintf("%s%s.", finding->message, dm_finding_place(finding));

	text[0] = pg_toupper((unsigned char) text[0]);
	return text;
}

static DmContract *
read_model(Jsonb *document, const char *what)
{
	List *findings = NIL;
	DmContract *contract = dm_contract_read(document, true, &findings);
	DmFinding *finding = dm_finding_first_error(findings);

	if (contract == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DM_DOCUMENT),
				 errmsg("%s is no data contract", what),
				 finding ? errdetail_internal("%s", sentence(finding)) : 0,
				 errhint("dm_lint_contract lists all that is wrong with it.")));
	return contract;
}

/* The contract that is in force; for who manages the product also one that waits. */
static DmContract *
contract_of(DmProduct *product)
{
	DmContractVersion *version = dm_contract_active(product->id);
	Jsonb *document;

	if (version == NULL)
		version = dm_contract_draft(product->id);
	document = version ? dm_contract_visible(product, version) : NULL;
	if (document == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("product \"%s\" has no contract", product->label),
				 errhint("dm_describe_contract('%s') writes one.", product->label)));
	return read_model(document,
					  psprintf("the contract of product \"%s\"", product->label));
}

static DmContract *
contract_in(const char *text, const char *argname)
{
	char *what = psprintf("argument \"%s\"", argname);
	List *findings = NIL;
	DmDocument *document = dm_document_read(text, strlen(text), true, &findings);
	DmFinding *finding = dm_finding_first_error(findings);

	if (document == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DM_DOCUMENT),
				 errmsg("%s cannot be read", what),
				 finding ? errdetail_internal("%s", sentence(finding)) : 0,
				 errhint("It is the name of a product or the text of a contract.")));
	return read_model(document->value, what);
}

static Side
read_side(const char *text, const char *argname)
{
	Side side = { NULL, NULL };

	if (is_product_name(text))
	{
		side.product = dm_product_get(text, false);
		side.contract = contract_of(side.product);
	}
	else
	{
		DmContractVersion *known;

		side.contract = contract_in(text, argname);
		known = side.contract->id ?
					dm_contract_by_id(side.contract->id, side.contract->tenant) :
					NULL;
		if (known != NULL)
			side.product = dm_product_get_by_id(known->product);
	}
	return side;
}

static void
return_difference(ReturnSetInfo *rsinfo, DmProduct *product, DmDifference *difference)
{
	Datum values[7];
	bool nulls[7] = { false };
	List *consumers = product ? dm_consumers_hit(product, difference) : NIL;

	values[0] = CStringGetTextDatum(difference->path);
	values[1] = CStringGetTextDatum(difference->change);
	nulls[2] = difference->old_value == NULL;
	values[2] = nulls[2] ? (Datum) 0 : CStringGetTextDatum(difference->old_value);
	nulls[3] = difference->new_value == NULL;
	values[3] = nulls[3] ? (Datum) 0 : CStringGetTextDatum(difference->new_value);
	values[4] = CStringGetTextDatum(dm_bump_name(difference->verdict));
	values[5] = CStringGetTextDatum(difference->reason);
	values[6] = dm_role_array(consumers);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

Datum
dm_diff_contract(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char *old_text = dm_arg_text(fcinfo, 0, "old");
	char *new_text = dm_arg_text(fcinfo, 1, "new");
	char *compatibility = dm_arg_text_or_null(fcinfo, 2, "compatibility");
	Side old;
	Side new;
	DmCompatibility mode;
	ListCell *lc;

	old = read_side(old_text, "old");
	new = read_side(new_text, "new");
	if (compatibility != NULL)
		mode = dm_compatibility_from_name(compatibility);
	else if (old.product != NULL)
		mode = dm_product_compatibility(old.product);
	else
		mode = dm_compatibility_from_name(DM_COMPATIBILITY_DEFAULT);

	InitMaterializedSRF(fcinfo, 0);
	foreach(lc, dm_contract_diff(old.contract, new.contract, mode))
	{
		CHECK_FOR_INTERRUPTS();
		return_difference(rsinfo, old.product, lfirst(lc));
	}
	PG_RETURN_NULL();
}
