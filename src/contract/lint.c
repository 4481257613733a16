/*
 * lint.c
 *		Semantic checks of a contract: what its schema cannot see.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/json.h"
#include "base/strings.h"
#include "contract/lint.h"
#include "contract/lint_part.h"

static const char *const states[] = { "proposed", "draft", "active", "deprecated", "retired" };

void
dm_lint_add(DmLint *lint, DmSeverity severity, const char *pointer, const char *fmt, ...)
{
	MemoryContext caller = MemoryContextSwitchTo(lint->result);
	char *message;
	va_list args;

	va_start(args, fmt);
	message = dm_vpsprintf(fmt, args);
	va_end(args);
	dm_finding_add(lint->findings, "semantic", severity, pointer, "%s", message);
	pfree(message);
	MemoryContextSwitchTo(caller);
}

bool
dm_is_type(const DmProperty *property, const char *logical_type)
{
	return property->logical_type != NULL && strcmp(property->logical_type, logical_type) == 0;
}

static void
check_version(DmLint *lint)
{
	DmContract *contract = lint->contract;

	if (contract->version == NULL)
		return; /* the schema says so */
	if (!contract->semver.valid)
		dm_lint_error(lint, "/version",
					  "\"%s\" is no semantic version, so no later one can be compared with it",
					  contract->version);
	else if (!contract->semver.exact)
		dm_lint_warning(lint, "/version",
						"\"%s\" is no full semantic version; it is read as %d.%d.%d",
						contract->version, contract->semver.major, contract->semver.minor,
						contract->semver.patch);
}

static void
check_status(DmLint *lint)
{
	const char *status = lint->contract->status;

	if (status == NULL)
		return;
	for (int i = 0; i < lengthof(states); i++)
		if (pg_strcasecmp(status, states[i]) == 0)
			return;
	dm_lint_warning(lint, "/status",
					"\"%s\" is none of proposed, draft, active, deprecated and retired; "
					"it is kept, and treated as draft",
					status);
}

/* what a later version of the standard gave up */
static void
check_deprecated(DmLint *lint)
{
	DmContract *contract = lint->contract;

	if (contract->api < DM_API_V31)
		return;
	if (contract->team_is_list)
		dm_lint_info(lint, "/team",
					 "since 3.1 a team is an object; a list of its members is deprecated");
	if (contract->sla_default_element != NULL)
		dm_lint_info(lint, "/slaDefaultElement",
					 "deprecated since 3.1: name the element in each service level");
	if (contract->data_product != NULL && contract->api == DM_API_V31)
		dm_lint_info(lint, "/dataProduct", "deprecated in 3.1, and back in 3.2");
}

void
dm_lint_fundamentals(DmLint *lint)
{
	DmContract *contract = lint->contract;

	if (contract->id != NULL && *contract->id == '\0')
		dm_lint_error(lint, "/id", "the id is empty");
	check_version(lint);
	check_status(lint);
	if (contract->domain == NULL)
		dm_lint_info(lint, "", "no domain is named; an import needs one as its argument");
	check_deprecated(lint);
}

/* where values of any shape stand, in which an "id" is not one of the contract's */
static bool
is_opaque(const char *key)
{
	static const char *const opaque[] = { "value", "valueExt", "implementation", "examples",
										  "arguments", "context" };

	for (int i = 0; i < lengthof(opaque); i++)
		if (strcmp(key, opaque[i]) == 0)
			return true;
	return false;
}

static bool
well_formed_id(const char *id)
{
	return *id != '\0' && id[strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
										"0123456789_-")] == '\0';
}

/*
 * Ids below one value.  Two elements of one list must differ: a reference could
 * not tell them apart.  Elsewhere a reference can, by its path; still a reader
 * may not.
 */
static void
check_id(DmLint *lint, JsonbContainer *object, const char *pointer, DmSeen *all, DmSeen *siblings)
{
	JsonbValue value;
	const char *before;
	char *place;
	char *id;

	if (!dm_json_find(object, "id", &value) || value.type != jbvString)
		return;
	id = dm_json_scalar_text(&value);
	place = dm_pointer(pointer, "id");
	if (!well_formed_id(id))
		dm_lint_error(lint, place,
					  "\"%s\" is no id: letters, digits, \"_\" and \"-\" may be in it", id);
	before = siblings != NULL ? dm_seen(siblings, id, place) : NULL;
	if (before != NULL)
		dm_lint_error(lint, place, "the id \"%s\" is that of %s, too", id, before);
	else if ((before = dm_seen(all, id, place)) != NULL)
		dm_lint_warning(lint, place, "the id \"%s\" is that of %s, too", id, before);
}

static void
walk_ids(DmLint *lint, JsonbContainer *container, const char *pointer, DmSeen *all)
{
	DmSeen *siblings = NULL;
	DmJsonEach each;

	check_stack_depth();
	dm_json_each(&each, container);
	while (dm_json_next(&each))
	{
		char *place;

		if (each.value.type != jbvBinary || (each.key != NULL && is_opaque(each.key)))
			continue;
		place = each.key != NULL ? dm_pointer(pointer, each.key) :
								   dm_pointer_i(pointer, each.index);
		if (each.key == NULL && siblings == NULL)
			siblings = dm_seen_create();
		check_id(lint, dm_json_as_object(&each.value), place, all, siblings);
		walk_ids(lint, each.value.val.binary.data, place, all);
	}
	if (siblings != NULL)
		dm_seen_free(siblings);
}

void
dm_lint_ids(DmLint *lint)
{
	MemoryContext caller = MemoryContextSwitchTo(lint->scratch);

	/* the contract's own id is another kind of name, and free text */
	walk_ids(lint, &lint->contract->document->root, "", dm_seen_create());
	MemoryContextSwitchTo(caller);
	MemoryContextReset(lint->scratch);
}

void
dm_contract_lint(DmContract *contract, List **findings)
{
	DmLint lint = {
		.contract = contract,
		.findings = findings,
		.result = CurrentMemoryContext,
		.scratch = AllocSetContextCreate(CurrentMemoryContext, "datamesh lint of an element",
										 ALLOCSET_DEFAULT_SIZES),
	};

	dm_lint_fundamentals(&lint);
	dm_lint_ids(&lint);
	dm_lint_objects(&lint);
	dm_lint_terms(&lint);
	dm_lint_levels(&lint);
	MemoryContextDelete(lint.scratch);
}
