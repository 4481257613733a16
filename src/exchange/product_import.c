/*
 * product_import.c
 *		Descriptions of products into the mesh.
 *
 * A descriptor says that a product exists, what it is for and which contracts its ports keep.  The
 * product is registered; its ports come with its contract or with dm_add_port, because a
 * descriptor does not know relations.  Everything it says is kept for the way back.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "base/args.h"
#include "base/attempt.h"
#include "base/errors.h"
#include "base/json.h"
#include "base/words.h"
#include "catalog/table.h"
#include "contract/semver.h"
#include "contract/standard.h"
#include "contract/version.h"
#include "exchange/contract_text.h"
#include "exchange/product_document.h"
#include "format/document.h"
#include "registry/portrow.h"

PG_FUNCTION_INFO_V1(dm_import_product);

/* Findings that are told. */
#define MAX_TOLD 20

#define MAX_MAJOR 99999

typedef struct Import
{
	const char *text;
	const char *domain_name; /* the argument, NULL if not given */
	bool strict;
	DmProductStandard standard;
	DmDocument *document;
	DmDeclaredProduct *declared;
	DmProduct *product;
	bool registered; /* by this import */
	List *findings;
} Import;

static void
refuse(Import *import)
{
	int count = dm_findings_count(import->findings, DM_ERROR);

	ereport(ERROR,
			(errcode(ERRCODE_DM_DOCUMENT),
			 errmsg_plural("the description of the product has %d error",
						   "the description of the product has %d errors", count, count),
			 errdetail_internal("%s", dm_findings_text(import->findings, DM_ERROR, MAX_TOLD))));
}

static void
refuse_if_wrong(Import *import)
{
	if (import->document != NULL)
		dm_findings_locate(import->document, import->findings);
	if (import->document == NULL || dm_finding_errors(import->findings) > 0)
		refuse(import);
}

/* --- which standard, which version --- */

static DmProductStandard
recognise(Jsonb *document)
{
	char *kind = dm_json_text(&document->root, "kind");

	if (dm_json_text(&document->root, "dataProductDescriptor") != NULL)
		return DM_DPDS;
	if (kind != NULL && strcmp(kind, "DataProduct") == 0)
		return DM_ODPS;
	ereport(ERROR,
			(errcode(ERRCODE_DM_DOCUMENT),
			 errmsg("the document describes no data product"),
			 errdetail("It has neither \"kind: DataProduct\" (ODPS) nor \"dataProductDescriptor\" (DPDS)."),
			 kind != NULL && strcmp(kind, "DataContract") == 0 ?
				 errhint("It is a contract: use dm_import_contract.") :
				 0));
}

/* Findings that are no reason to refuse. */
static void
soften(List *findings)
{
	ListCell *lc;

	foreach(lc, findings)
		if (((DmFinding *) lfirst(lc))->severity == DM_ERROR)
			((DmFinding *) lfirst(lc))->severity = DM_WARNING;
}

/*
 * Holds the document against the schema of the version that it declares.  Official examples
 * declare 0.9.0 and are written in 1.0.0, so what fits the newest version is taken for that.
 */
static void
check_schema(Import *import)
{
	const char *standard = dm_product_standard_name(import->standard);
	List *versions = dm_contract_schema_versions(standard);
	char *newest = versions != NIL ? llast(versions) : "";
	char *declared = import->declared->api_version ? import->declared->api_version : "";
	Jsonb *value = import->document->value;
	List *findings = NIL;
	List *others = NIL;

	if (!dm_contract_schema_check(standard, declared, value, &findings))
		dm_finding_add(&findings, "schema", DM_ERROR, "",
					   "no schema of version \"%s\" is known: there are %s", declared,
					   dm_quoted_list(versions));
	if (dm_finding_errors(findings) > 0 && !import->strict &&
		dm_contract_schema_check(standard, newest, value, &others) &&
		dm_finding_errors(others) == 0)
	{
		findings = NIL;
		dm_finding_add(&findings, "schema", DM_WARNING, "",
					   "the document declares version %s, but has the form of %s", declared,
					   newest);
	}
	if (!import->strict)
		soften(findings);
	import->findings = list_concat(import->findings, findings);
}

static void
read_text(Import *import, const char *format)
{
	import->document = dm_document_read(import->text, strlen(import->text), !import->strict,
										&import->findings);
	refuse_if_wrong(import);
	import->standard = recognise(import->document->value);
	if (pg_strcasecmp(format, "auto") != 0 && dm_product_standard(format) != import->standard)
		ereport(ERROR,
				(errcode(ERRCODE_DM_DOCUMENT),
				 errmsg("the document is not of format \"%s\"", format),
				 errdetail("It is of format \"%s\".", dm_product_standard_name(import->standard))));
	import->declared = dm_product_document_read(import->standard, import->document->value,
												&import->findings);
	check_schema(import);
	refuse_if_wrong(import);
}

/* --- which product --- */

static char *
domain_name(Import *import)
{
	char *text = import->declared->domain;
	char *slug;

	if (import->domain_name != NULL)
		return pstrdup(import->domain_name);
	if (text == NULL || text[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_DM_DOCUMENT),
				 errmsg("the document names no domain"),
				 errhint("Say to which one the product belongs: domain => '...'.")));
	if (dm_domain_get(text, true) != NULL)
		return text;
	slug = dm_slug(text);
	if (slug == NULL || dm_domain_get(slug, true) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("domain \"%s\", which the document names, does not exist", text),
				 errhint("Register it with dm_register_domain, or say which one it is: domain => '...'.")));
	return slug;
}

static char *
product_name(Import *import)
{
	DmDeclaredProduct *declared = import->declared;
	char *name = declared->name != NULL ? dm_slug(declared->name) : NULL;

	if (name == NULL && declared->id != NULL)
		name = dm_slug(declared->id);
	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DM_DOCUMENT),
				 errmsg("the document has nothing that could name its product"),
				 errdetail("Neither name nor id has a letter or a digit of the Latin alphabet.")));
	dm_check_word("product", name);
	return name;
}

static int
product_major(Import *import)
{
	DmSemver semver = dm_semver_parse(import->declared->version);

	if (!semver.valid || semver.major < 1)
		return 1;
	if (semver.major > MAX_MAJOR)
		ereport(ERROR,
				(errcode(ERRCODE_DM_DOCUMENT),
				 errmsg("the product's version %s is too great", import->declared->version),
				 errdetail("A product has at most %d major versions.", MAX_MAJOR)));
	return semver.major;
}

static DmProduct *
register_product(Import *import, const char *domain_name, const char *name, int major)
{
	DmDomain *domain = dm_domain_get_for_update(domain_name);
	int last = dm_product_last_major(domain, name);

	if (last >= major)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("product \"%s.%s\" is at major version %d already", domain->name, name,
						last)));
	/* find out now, not at the first port, that the name does not fit */
	(void) dm_port_schema_name(domain->name, name, major);
	import->registered = true;
	return dm_product_create(domain, name, major, import->declared->description, domain->owner,
							 false);
}

static void
find_product(Import *import)
{
	char *domain = domain_name(import);
	char *name = product_name(import);
	int major = product_major(import);
	char *literal = psprintf("%s.%s@%d", domain, name, major);

	/* an unknown domain is told here */
	(void) dm_domain_get(domain, false);
	if (dm_product_get_by_literal(literal) == NULL)
		import->product = register_product(import, domain, name, major);
	else
		import->product = dm_product_get_for_update(literal);
	if (import->product->status == DM_RETIRED)
		ereport(ERROR,
				(errcode(ERRCODE_DM_PRODUCT_STATUS),
				 errmsg("product \"%s\" is retired", import->product->label)));
}

/* --- what becomes of it --- */

static void
describe(Import *import)
{
	DmProduct *product = import->product;
	char *description = import->declared->description;
	DmRow row;

	if (description == NULL ||
		(product->description != NULL && strcmp(product->description, description) == 0))
		return;
	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_product_description, description);
	dm_product_update(product, &row);
}

/* A port's contract should be this product's, an input's one that the mesh knows. */
static void
check_contracts(Import *import)
{
	ListCell *lc;

	foreach(lc, import->declared->ports)
	{
		DmDeclaredPort *port = lfirst(lc);
		bool output = strcmp(port->kind, "output") == 0;
		DmContractVersion *contract;
		DmProduct *owner;

		if (port->contract_id == NULL)
			continue;
		contract = dm_contract_by_id(port->contract_id, import->declared->tenant);
		if (contract == NULL)
		{
			dm_finding_add(&import->findings, "import", DM_INFO, port->pointer,
						   "the mesh has no contract \"%s\"", port->contract_id);
			continue;
		}
		owner = dm_product_get_by_id(contract->product);
		if (output && (owner->domain->id != import->product->domain->id ||
					   strcmp(owner->name, import->product->name) != 0))
			dm_finding_add(&import->findings, "import", DM_WARNING, port->pointer,
						   "contract \"%s\" is that of product \"%s\"", port->contract_id,
						   owner->label);
	}
}

/* Against the descriptor that the product had, of this major version or the one before. */
static void
check_versions(Import *import)
{
	DmProductDocument *before;

	if (import->standard != DM_DPDS)
		return;
	before = dm_product_document_get(import->product->id, DM_DPDS);
	if (before != NULL)
		dm_dpds_compare(dm_product_document_read(DM_DPDS, before->document, NULL),
						import->declared, &import->findings);
	refuse_if_wrong(import);
}

static void
import_product(void *arg)
{
	Import *import = arg;
	DmProductDocument stored;

	find_product(import);
	check_versions(import);
	check_contracts(import);
	describe(import);
	stored.standard = import->standard;
	stored.version = import->declared->api_version ? import->declared->api_version : "";
	stored.document = import->document->value;
	stored.source = (char *) import->text;
	stored.format = import->document->json ? "json" : "yaml";
	dm_product_document_put(import->product->id, &stored);
}

static void
tell(Import *import, bool dry_run)
{
	int count = dm_findings_count(import->findings, DM_WARNING);

	dm_findings_locate(import->document, import->findings);
	if (dry_run)
		ereport(NOTICE,
				(errmsg("nothing was changed"),
				 import->registered ?
					 errdetail("The import would register product \"%s\".",
							   import->product->label) :
					 errdetail("The import would update product \"%s\".",
							   import->product->label)));
	if (count > 0)
		ereport(WARNING,
				(errmsg_plural("the description of product \"%s\" has %d finding",
							   "the description of product \"%s\" has %d findings", count,
							   import->product->label, count),
				 errdetail_internal("%s",
									dm_findings_text(import->findings, DM_WARNING, MAX_TOLD))));
}

Datum
dm_import_product(PG_FUNCTION_ARGS)
{
	Import import = { 0 };
	bool dry_run = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
	char *format;

	dm_check_writable();
	import.text = dm_arg_text(fcinfo, 0, "document");
	format = dm_arg_text_or_null(fcinfo, 1, "format");
	import.domain_name = dm_arg_text_or_null(fcinfo, 2, "domain");
	import.strict = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	read_text(&import, format != NULL ? format : "auto");
	if (dry_run)
		dm_rehearse(import_product, &import);
	else
		import_product(&import);
	tell(&import, dry_run);
	PG_RETURN_TEXT_P(cstring_to_text(import.product->label));
}
