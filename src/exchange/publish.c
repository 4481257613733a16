/*
 * publish.c
 *		dm_publish: a product opens to its consumers, or its next contract comes into force.
 *
 * A product without a contract is published as it is.  With a draft of one, the product is made
 * as the draft says, what is there has to be what it promises, and its version has to be a step as
 * large as its changes.  Everything is one transaction: consumers see the old contract and ports,
 * or the new ones.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "base/args.h"
#include "base/errors.h"
#include "conform/conform.h"
#include "contract/diff.h"
#include "contract/version.h"
#include "exchange/hit.h"
#include "exchange/realise.h"
#include "registry/lifecycle.h"
#include "registry/portrow.h"

PG_FUNCTION_INFO_V1(dm_publish);

/* reasons in an error's detail; dm_diff_contract lists all of them */
#define MAX_REASONS 100

typedef struct Publishing
{
	DmProduct *product;
	DmContractVersion *draft; /* NULL for a product without a contract to publish */
	DmContractVersion *active;
	DmContract *contract; /* the draft's */
} Publishing;

static DmContract *
read_contract(DmContractVersion *version)
{
	return dm_contract_read(dm_contract_document(version), true, NULL);
}

static bool
same_version(DmContractVersion *a, DmContractVersion *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->id == b->id;
}

/*
 * Takes all locks in their order, which depends on what the draft says, and looks whether it is
 * still that draft.
 */
static Publishing
begin_publication(const char *text)
{
	Publishing result = { NULL };
	DmProduct *product = dm_product_get(text, false);

	dm_product_check_manage(product);
	result.draft = dm_contract_draft(product->id);
	if (result.draft != NULL)
	{
		result.contract = read_contract(result.draft);
		dm_realise_lock(product->domain, result.contract);
	}
	result.product = dm_product_get_for_update(psprintf("%s.%s@%d", product->domain->name,
														product->name, product->major));
	if (!same_version(result.draft, dm_contract_draft(result.product->id)))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("the contract of product \"%s\" has changed while dm_publish waited",
						result.product->label),
				 errhint("Look at it, and call dm_publish again.")));
	result.active = dm_contract_active(result.product->id);
	return result;
}

/* --- the step of the version --- */

/*
 * How large a step it is from one version to the next.  What is before 1.0.0, or a prerelease,
 * promises nothing of its changes.  Where the numbers cannot be read, the step may be a minor one.
 */
static DmBump
step_between(const DmSemver *old, const DmSemver *new)
{
	if (!old->valid || !new->valid)
		return DM_MINOR;
	if (old->major == 0 || old->prerelease != NULL || new->major > old->major)
		return DM_MAJOR;
	return new->minor > old->minor ? DM_MINOR : DM_PATCH;
}

static void
check_greater(Publishing *publication, DmContract *active)
{
	if (dm_semver_compare(&publication->contract->semver, &active->semver) > 0 ||
		(!publication->contract->semver.valid && !active->semver.valid))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DM_CONTRACT),
			 errmsg("version %s of the contract of product \"%s\" is not greater than %s, which is active",
					publication->draft->version, publication->product->label,
					publication->active->version),
			 errhint("Import the document again with a greater version.")));
}

static void
append_reason(StringInfo reasons, DmProduct *product, DmDifference *difference, const char *since)
{
	char *consumers = dm_consumer_names(dm_consumers_hit(product, difference));

	if (reasons->len > 0)
		appendStringInfoChar(reasons, '\n');
	appendStringInfo(reasons, "%s: %s %s", dm_bump_name(difference->verdict), difference->path,
					 difference->change);
	if (since != NULL)
		appendStringInfo(reasons, " since %s", since);
	if (difference->old_value != NULL && difference->new_value != NULL)
		appendStringInfo(reasons, " from %s to %s", difference->old_value,
						 difference->new_value);
	appendStringInfo(reasons, ": %s", difference->reason);
	if (consumers != NULL)
		appendStringInfo(reasons, "; hits %s", consumers);
}

/* Adds what is a larger change than the step from an old version; returns the largest of it. */
static DmBump
collect_reasons(Publishing *publication, DmContract *old, const char *since, StringInfo reasons,
				int *count)
{
	DmBump step = step_between(&old->semver, &publication->contract->semver);
	DmBump result = DM_PATCH;
	ListCell *lc;

	foreach(lc, dm_contract_diff(old, publication->contract,
								 dm_product_compatibility(publication->product)))
	{
		DmDifference *difference = lfirst(lc);

		if (difference->verdict <= step)
			continue;
		result = Max(result, difference->verdict);
		if ((*count)++ < MAX_REASONS)
			append_reason(reasons, publication->product, difference, since);
	}
	return result;
}

/* The least version that would admit the changes. */
static char *
version_for(const DmSemver *active, DmBump needed)
{
	return needed == DM_MAJOR ? psprintf("%d.0.0", active->major + 1) :
								psprintf("%d.%d.0", active->major, active->minor + 1);
}

static void
refuse_step(Publishing *publication, DmContract *active, DmBump needed, StringInfo reasons,
			int count)
{
	DmProduct *product = publication->product;
	int next = dm_product_last_major(product->domain, product->name) + 1;

	if (count > MAX_REASONS)
		appendStringInfo(reasons, "\nand %d more, which dm_diff_contract lists",
						 count - MAX_REASONS);
	ereport(ERROR,
			(errcode(ERRCODE_DM_CONTRACT),
			 errmsg("version %s of the contract of product \"%s\" is too small a step from %s: its changes are %s",
					publication->draft->version, product->label, publication->active->version,
					dm_bump_name(needed)),
			 errdetail_internal("%s", reasons->data),
			 needed == DM_MAJOR ?
				 errhint("Import the document as version %d.0.0: it is served as \"%s.%s@%d\" beside this one, until its consumers have moved.",
						 next, product->domain->name, product->name, next) :
				 errhint("Import the document as version %s.",
						 version_for(&active->semver, needed))));
}

/* Refuses a version that promises, by its number, less of a change than it is. */
static void
check_step(Publishing *publication)
{
	DmCompatibility mode = dm_product_compatibility(publication->product);
	DmContract *active = read_contract(publication->active);
	StringInfoData reasons;
	int count = 0;
	DmBump needed;
	ListCell *lc;

	check_greater(publication, active);
	if (mode == DM_COMPATIBLE_NONE)
		return;
	initStringInfo(&reasons);
	needed = collect_reasons(publication, active, NULL, &reasons, &count);
	if (dm_compatibility_is_transitive(mode))
		foreach(lc, dm_contract_list(publication->product->id))
		{
			DmContractVersion *version = lfirst(lc);
			DmBump larger;

			if (version->state != DM_CONTRACT_SUPERSEDED)
				continue;
			larger = collect_reasons(publication, read_contract(version), version->version,
									 &reasons, &count);
			needed = Max(needed, larger);
		}
	if (count > 0)
		refuse_step(publication, active, needed, &reasons, count);
}

/* --- what is there, and what is promised --- */

static void
append_line(StringInfo lines, DmPromise *promise)
{
	appendStringInfo(lines, "%s%s: %s", lines->len > 0 ? "\n" : "", promise->path,
					 promise->message);
}

/* Refuses what is not there; tells of what nothing holds. */
static List *
check_promises(Publishing *publication)
{
	DmProduct *product = publication->product;
	List *promises = dm_conform_promises(publication->contract, product);
	StringInfoData broken;
	StringInfoData loose;
	int nbroken = 0;
	int nloose = 0;
	ListCell *lc;

	initStringInfo(&broken);
	initStringInfo(&loose);
	foreach(lc, promises)
	{
		DmPromise *promise = lfirst(lc);

		if (promise->kept != DM_NOT_KEPT)
			continue;
		if (!promise->data && nbroken++ < MAX_REASONS)
			append_line(&broken, promise);
		if (promise->data && nloose++ < MAX_REASONS)
			append_line(&loose, promise);
	}
	if (nbroken > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DM_CONTRACT),
				 errmsg("product \"%s\" is not what version %s of its contract promises",
						product->label, publication->draft->version),
				 errdetail_internal("%s", broken.data),
				 errhint("Change the relations or the contract; dm_contract_findings('%s') lists what is missing.",
						 product->label)));
	if (nloose > 0)
		ereport(NOTICE,
				(errmsg_plural("%d promise of the contract of product \"%s\" is held by no constraint",
							   "%d promises of the contract of product \"%s\" are held by no constraint",
							   nloose, nloose, product->label),
				 errdetail_internal("%s", loose.data),
				 errhint("Use dm_enforce('%s') to have the server hold them.", product->label)));
	return dm_conform_held(promises);
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/*
 * What was held, and is promised as before, must stay held: else a small step of the version
 * would be the way round the gate, which judges by this list at COMMIT.
 */
static List *
keep_held(Publishing *publication, DmContract *before, List *held)
{
	List *promises = dm_conform_promises(publication->contract, publication->product);
	List *carried = NIL;
	ListCell *lc;
	ListCell *lb;

	foreach(lb, dm_conform_broken(dm_conform_promises(before, publication->product),
								  publication->active->held))
	{
		DmPromise *broken = lfirst(lb);

		foreach(lc, promises)
		{
			DmPromise *promise = lfirst(lc);

			if (strcmp(promise->kind, broken->kind) == 0 &&
				strcmp(promise->path, broken->path) == 0 &&
				same_text(promise->expected, broken->expected))
				carried = lappend(carried, promise);
		}
	}
	return list_concat(held, dm_conform_keys(carried));
}

/* --- publishing --- */

static void
open_product(DmProduct *product)
{
	if (product->status == DM_DRAFT && dm_port_views(product->id) == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_DM_PRODUCT_STATUS),
				 errmsg("product \"%s\" has no port to publish", product->label),
				 errhint("Use dm_add_port first.")));
	dm_lifecycle_step(product, DM_ACTIVE, NULL);
}

static void
publish_contract(Publishing *publication)
{
	DmProduct *product = publication->product;
	DmContract *before = publication->active ? read_contract(publication->active) : NULL;
	List *steps = NIL;
	List *findings = NIL;
	List *held;

	if (publication->active != NULL)
		check_step(publication);
	dm_realise(product, publication->contract, before, &steps, &findings);
	publication->product = product = dm_product_get_by_id(product->id);
	held = check_promises(publication);
	if (before != NULL && dm_product_contract_mode(product) == DM_CONTRACT_REFUSE)
		held = keep_held(publication, before, held);
	if (!dm_product_is_served(product))
		open_product(product);
	dm_contract_activate(publication->draft, held);
}

Datum
dm_publish(PG_FUNCTION_ARGS)
{
	Publishing publication = begin_publication(dm_arg_text(fcinfo, 0, "product"));

	if (publication.draft != NULL)
		publish_contract(&publication);
	else
		open_product(publication.product);
	PG_RETURN_VOID();
}
