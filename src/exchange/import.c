/*
 * import.c
 *		Contracts into the mesh.
 *
 * The text of a contract is data: its names are looked up, its values are stored, nothing in it
 * is executed, read from a file or fetched.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

#include "base/args.h"
#include "base/attempt.h"
#include "base/errors.h"
#include "base/words.h"
#include "catalog/table.h"
#include "contract/version.h"
#include "exchange/contract_text.h"
#include "exchange/realise.h"
#include "registry/portrow.h"

PG_FUNCTION_INFO_V1(dm_import_contract);
PG_FUNCTION_INFO_V1(dm_plan_import);

/* Findings that are told right away; dm_contract_findings has the rest. */
#define MAX_TOLD 20

#define MAX_MAJOR 99999

/* Where the contract goes: product is NULL where there is none yet. */
typedef struct Target
{
	DmDomain *domain;
	char *name;
	int major;
	DmProduct *product;
} Target;

typedef struct Import
{
	const char *text;
	const char *domain; /* the argument, NULL if not given */
	DmDocument *document;
	DmContract *contract;
	DmProduct *product;
	List *steps;
	List *findings;
} Import;

/* The product that the mesh knows the contract as, by its id; any of its major versions. */
static DmProduct *
known_product(DmContract *contract)
{
	DmContractVersion *known;

	if (contract->id == NULL)
		return NULL;
	known = dm_contract_by_id(contract->id, contract->tenant);
	return known ? dm_product_get_by_id(known->product) : NULL;
}

/* The domain that the contract itself names, by its name or one that reads like it. */
static DmDomain *
domain_of(const char *text)
{
	DmDomain *domain = dm_domain_get(text, true);
	char *slug = domain == NULL ? dm_slug(text) : NULL;

	if (slug != NULL)
		domain = dm_domain_get(slug, true);
	if (domain == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("domain \"%s\", which the contract names, does not exist", text),
				 errhint("Register it with dm_register_domain, or say which one it is: domain => '...'.")));
	return domain;
}

static DmDomain *
target_domain(Import *import, DmProduct *known)
{
	DmDomain *domain;

	if (import->domain != NULL)
		domain = dm_domain_get(import->domain, false);
	else if (import->contract->domain != NULL && import->contract->domain[0] != '\0')
		domain = domain_of(import->contract->domain);
	else if (known != NULL)
		domain = known->domain;
	else
		ereport(ERROR,
				(errcode(ERRCODE_DM_DOCUMENT),
				 errmsg("the contract names no domain"),
				 errhint("Say to which one it belongs: domain => '...'.")));
	if (known != NULL && known->domain->id != domain->id)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("contract \"%s\" belongs to product \"%s\"",
						import->contract->id, known->label),
				 errdetail("Domain \"%s\" cannot have it, too.", domain->name),
				 errhint("Give the contract an id of its own.")));
	return domain;
}

static char *
target_name(DmContract *contract)
{
	const char *const candidates[] = { contract->data_product, contract->name, contract->id };

	for (int i = 0; i < lengthof(candidates); i++)
	{
		char *name = candidates[i] ? dm_slug(candidates[i]) : NULL;

		if (name != NULL)
		{
			dm_check_word("product", name);
			return name;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_DM_DOCUMENT),
			 errmsg("the contract has nothing that could name its product"),
			 errdetail("None of \"dataProduct\", \"name\" and \"id\" has a letter or a digit of the Latin alphabet.")));
	return NULL;
}

static int
target_major(DmContract *contract)
{
	if (!contract->semver.valid || contract->semver.major < 1)
		return 1;
	if (contract->semver.major > MAX_MAJOR)
		ereport(ERROR,
				(errcode(ERRCODE_DM_DOCUMENT),
				 errmsg("the contract's version %s is too great", contract->version),
				 errdetail("A product has at most %d major versions.", MAX_MAJOR)));
	return contract->semver.major;
}

static Target
find_target(Import *import)
{
	DmProduct *known = known_product(import->contract);
	Target target;

	target.domain = target_domain(import, known);
	target.name = known ? known->name : target_name(import->contract);
	target.major = target_major(import->contract);
	target.product = dm_product_get_by_literal(psprintf("%s.%s@%d", target.domain->name,
														target.name, target.major));
	return target;
}

/* By id and tenant, whose case does not count; what has no id is told by its product alone. */
static bool
is_same_contract(DmContractVersion *version, DmContract *contract)
{
	if (version->contract_id == NULL || contract->id == NULL)
		return true;
	return strcmp(version->contract_id, contract->id) == 0 &&
		   dm_same_tenant(version->tenant, contract->tenant);
}

/* A product has one contract: no version of it may have come with another id. */
static void
check_same_contract(Import *import, Target *target)
{
	ListCell *lc;

	foreach(lc, dm_product_majors(target->domain, target->name))
	{
		DmProduct *product = lfirst(lc);
		ListCell *lv;

		foreach(lv, dm_contract_list(product->id))
		{
			DmContractVersion *version = lfirst(lv);

			if (is_same_contract(version, import->contract))
				continue;
			ereport(ERROR,
					(errcode(ERRCODE_DUPLICATE_OBJECT),
					 errmsg("product \"%s\" has another contract", product->label),
					 errdetail("Its id is \"%s\"%s%s, that of the document is \"%s\"%s%s.",
							   version->contract_id ? version->contract_id : "",
							   version->tenant ? " of tenant " : "",
							   version->tenant ? version->tenant : "",
							   import->contract->id ? import->contract->id : "",
							   import->contract->tenant ? " of tenant " : "",
							   import->contract->tenant ? import->contract->tenant : ""),
					 errhint("If it is the same contract, keep its id; else give it a \"dataProduct\" or \"name\" of its own.")));
		}
	}
}

static void
check_status(Import *import, Target *target)
{
	int last = dm_product_last_major(target->domain, target->name);

	if (target->product == NULL && last > target->major)
		ereport(ERROR,
				(errcode(ERRCODE_DM_CONTRACT),
				 errmsg("product \"%s.%s\" is at major version %d already", target->domain->name,
						target->name, last),
				 errdetail("The contract has version %s.", import->contract->version)));
	if (target->product != NULL && target->product->status == DM_RETIRED)
		ereport(ERROR,
				(errcode(ERRCODE_DM_PRODUCT_STATUS),
				 errmsg("product \"%s\" is retired", target->product->label),
				 errhint("A contract of version %d.0.0 begins its next major version.", last + 1)));
}

static void
check_rights(Target *target)
{
	if (target->product != NULL)
		dm_product_check_manage(target->product);
	else
		dm_domain_check_owner(target->domain);
}

/*
 * Two domains must not get one contract at the same time.  This lock is taken before all others,
 * and nowhere else.
 */
static void
lock_contract_id(DmContract *contract)
{
	uint32 hash;

	if (contract->id == NULL)
		return;
	hash = DatumGetUInt32(hash_any((const unsigned char *) contract->id, strlen(contract->id)));
	dm_table_lock(DM_CONTRACT, Max(hash, 1), ExclusiveLock);
}

/* Locks, and looks again: names, rights and contracts may have changed while we waited. */
static Target
lock_target(Import *import)
{
	Target target = find_target(import);
	int64 domain = target.domain->id;

	check_rights(&target);
	lock_contract_id(import->contract);
	dm_realise_lock(target.domain, import->contract);
	target = find_target(import);
	if (target.domain->id != domain)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("the contract has just been imported into domain \"%s\"", target.domain->name)));
	check_rights(&target);
	check_same_contract(import, &target);
	check_status(import, &target);
	return target;
}

static DmProduct *
target_product(Import *import, Target *target)
{
	DmProduct *product;

	if (target->product != NULL)
		return target->product;
	/* find out now, not at the first port, that the name does not fit */
	(void) dm_port_schema_name(target->domain->name, target->name, target->major);
	product = dm_product_create(target->domain, target->name, target->major,
								import->contract->purpose, target->domain->owner, false);
	dm_step_add(&import->steps, "register product", product->label, NULL);
	return product;
}

/* The document, as it is stored for this version already; a repeated import changes nothing. */
static bool
is_published(Import *import)
{
	DmContractVersion *active = dm_contract_active(import->product->id);

	return active != NULL && strcmp(active->version, import->contract->version) == 0 &&
		   strcmp(dm_contract_source(active), import->text) == 0;
}

static void
store(Import *import)
{
	DmContract *contract = import->contract;
	DmContractDraft draft = {
		.version = contract->version,
		.api_version = contract->api_version,
		.contract_id = contract->id,
		.tenant = contract->tenant,
		.document = import->document->value,
		.source = import->text,
		.format = import->document->json ? "json" : "yaml",
	};

	(void) dm_contract_store_draft(import->product, &draft);
	dm_step_add(&import->steps, "store contract", pstrdup(contract->version), "as a draft of %s",
				import->product->label);
}

/* The contract that the product was made from last: a draft, else the active one. */
static DmContract *
contract_before(DmProduct *product)
{
	DmContractVersion *version = dm_contract_draft(product->id);

	if (version == NULL)
		version = dm_contract_active(product->id);
	return version ? dm_contract_read(dm_contract_document(version), true, NULL) : NULL;
}

static void
import_contract(void *arg)
{
	Import *import = arg;
	Target target = lock_target(import);
	DmContract *before;

	import->product = target_product(import, &target);
	if (is_published(import))
	{
		dm_step_add(&import->steps, "keep contract", pstrdup(import->contract->version),
					"it is the published one of %s", import->product->label);
		return;
	}
	before = contract_before(import->product);
	store(import);
	if (dm_product_is_served(import->product))
	{
		dm_step_add(&import->steps, "wait", import->product->label,
					"consumers are served the published contract until dm_publish");
		return;
	}
	dm_realise(import->product, import->contract, before, &import->steps, &import->findings);
}

static char *
steps_text(List *steps)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, steps)
	{
		DmStep *step = lfirst(lc);

		appendStringInfo(&buf, "%s%s %s", buf.len > 0 ? "\n" : "", step->action, step->object);
		if (step->detail != NULL)
			appendStringInfo(&buf, ": %s", step->detail);
	}
	return buf.data;
}

/* What was bent or is missing; infos would only make the rest harder to see. */
static void
tell_findings(Import *import, bool stored)
{
	int count = dm_findings_count(import->findings, DM_WARNING);

	if (count > 0)
		ereport(WARNING,
				(errmsg_plural("the contract of product \"%s\" has %d finding",
							   "the contract of product \"%s\" has %d findings", count,
							   import->product->label, count),
				 errdetail_internal("%s", dm_findings_text(import->findings, DM_WARNING, MAX_TOLD)),
				 stored ? errhint("SELECT * FROM dm_contract_findings('%s') lists all of them.",
								  import->product->label) :
						  0));
}

static void
read_arguments(FunctionCallInfo fcinfo, Import *import)
{
	bool strict = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);

	memset(import, 0, sizeof(Import));
	import->text = dm_arg_text(fcinfo, 0, "odcs");
	import->domain = dm_arg_text_or_null(fcinfo, 2, "domain");
	import->contract = dm_contract_from_text(import->text, strict, &import->document,
											 &import->findings);
}

Datum
dm_import_contract(PG_FUNCTION_ARGS)
{
	bool dry_run = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	Import import;

	dm_check_writable();
	read_arguments(fcinfo, &import);
	if (dry_run)
		dm_rehearse(import_contract, &import);
	else
		import_contract(&import);
	dm_findings_locate(import.document, import.findings);
	if (dry_run)
		ereport(NOTICE,
				(errmsg("nothing was changed: this is what the import would do"),
				 errdetail_internal("%s", steps_text(import.steps))));
	tell_findings(&import, !dry_run);
	PG_RETURN_TEXT_P(cstring_to_text(import.product->label));
}

Datum
dm_plan_import(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Import import;
	ListCell *lc;

	dm_check_writable();
	read_arguments(fcinfo, &import);
	InitMaterializedSRF(fcinfo, 0);
	dm_rehearse(import_contract, &import);
	foreach(lc, import.steps)
	{
		DmStep *step = lfirst(lc);
		Datum values[3] = { 0 };
		bool nulls[3] = { false };

		values[0] = CStringGetTextDatum(step->action);
		values[1] = CStringGetTextDatum(step->object);
		nulls[2] = step->detail == NULL;
		if (!nulls[2])
			values[2] = CStringGetTextDatum(step->detail);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	tell_findings(&import, false);
	PG_RETURN_NULL();
}
