/*
 * export.c
 *		Contracts out of the mesh.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "base/args.h"
#include "base/errors.h"
#include "base/words.h"
#include "contract/key_order.h"
#include "contract/version.h"
#include "exchange/visible.h"
#include "format/document.h"

PG_FUNCTION_INFO_V1(dm_export_contract);

static void
no_contract(DmProduct *product)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("product \"%s\" has no contract", product->label),
			 dm_contract_is_inside(product) ?
				 errhint("SELECT dm_import_contract(dm_describe_contract('%s')) gives it one.",
						 product->label) :
				 0));
}

static void
no_version(DmProduct *product, const char *wanted)
{
	List *versions = NIL;
	ListCell *lc;

	foreach(lc, dm_contract_list(product->id))
	{
		DmContractVersion *version = lfirst(lc);

		if (version->state != DM_CONTRACT_DRAFT || dm_contract_is_inside(product))
			versions = lappend(versions, version->version);
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("the contract of product \"%s\" has no version \"%s\"", product->label, wanted),
			 versions != NIL ? errhint("There are %s.", dm_quoted_list(versions)) : 0));
}

/* The version that is asked for, NULL where nothing can be shown to the current user. */
static DmContractVersion *
find_version(DmProduct *product, const char *wanted)
{
	DmContractVersion *version;

	if (wanted != NULL)
		version = dm_contract_get(product->id, wanted);
	else
	{
		version = dm_contract_active(product->id);
		if (version == NULL)
			version = dm_contract_draft(product->id);
		/* of a retired product, the last that was promised */
		if (version == NULL && dm_contract_list(product->id) != NIL)
			version = llast(dm_contract_list(product->id));
	}
	if (version != NULL && version->state == DM_CONTRACT_DRAFT && !dm_contract_is_inside(product))
		version = NULL;
	return version;
}

/* A version may be one of another major of the product. */
static DmContractVersion *
find_in_majors(DmProduct **product, const char *wanted)
{
	ListCell *lc;

	foreach(lc, dm_product_majors((*product)->domain, (*product)->name))
	{
		DmProduct *other = lfirst(lc);
		DmContractVersion *version = find_version(other, wanted);

		if (version != NULL)
		{
			*product = other;
			return version;
		}
	}
	return NULL;
}

static char *
export_original(DmProduct *product, DmContractVersion *version)
{
	if (!dm_contract_is_inside(product))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for the original text of the contract of product \"%s\"",
						product->label),
				 errdetail("Only roles of domain \"%s\" get it: it may hold values of classified columns.",
						   product->domain->name),
				 errhint("The contract itself is exported without original => true.")));
	return dm_contract_source(version);
}

Datum
dm_export_contract(PG_FUNCTION_ARGS)
{
	char *text = dm_arg_text(fcinfo, 0, "product");
	char *format = dm_arg_text(fcinfo, 1, "format");
	char *wanted = dm_arg_text_or_null(fcinfo, 2, "version");
	bool original = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	DmProduct *product = dm_product_get(text, false);
	DmContractVersion *version;
	Jsonb *document;

	if (pg_strcasecmp(format, "yaml") != 0 && pg_strcasecmp(format, "json") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown format \"%s\"", format),
				 errhint("Contracts are exported as \"yaml\" or \"json\".")));
	version = find_version(product, wanted);
	if (version == NULL && wanted != NULL && strchr(text, '@') == NULL)
		version = find_in_majors(&product, wanted);
	if (version == NULL && wanted != NULL)
		no_version(product, wanted);
	if (version == NULL)
		no_contract(product);
	if (original)
		PG_RETURN_TEXT_P(cstring_to_text(export_original(product, version)));
	document = dm_contract_visible(product, version);
	if (document == NULL)
		no_contract(product);
	if (pg_strcasecmp(format, "json") == 0)
		PG_RETURN_TEXT_P(cstring_to_text(JsonbToCStringIndent(NULL, &document->root,
															  VARSIZE(document))));
	PG_RETURN_TEXT_P(cstring_to_text(dm_yaml_write(document, dm_odcs_key_order)));
}
