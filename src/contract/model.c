/*
 * model.c
 *		A data contract out of its document.
 */
#include "postgres.h"

#include "base/json.h"
#include "contract/model_value.h"

static const char *const lifecycle[] = { "proposed", "draft", "active", "deprecated", "retired" };

static DmApiVersion
api_version(const char *text)
{
	DmSemver version = dm_semver_parse(text);

	if (!version.valid)
		return DM_API_UNKNOWN;
	if (version.major == 2)
		return DM_API_V2;
	if (version.major != 3)
		return DM_API_UNKNOWN;
	switch (version.minor)
	{
		case 0:
			return DM_API_V30;
		case 1:
			return DM_API_V31;
		case 2:
			return DM_API_V32;
		default:
			return DM_API_UNKNOWN;
	}
}

/* free text in the standard; what is no known state has promised nothing yet (trap T11) */
static const char *
lifecycle_state(const char *status)
{
	if (status != NULL)
		for (int i = 0; i < lengthof(lifecycle); i++)
			if (pg_strcasecmp(status, lifecycle[i]) == 0)
				return lifecycle[i];
	return "draft";
}

/* false if the document says that it is something else */
static bool
read_kind(DmModelReader *reader, DmNode root)
{
	DmContract *contract = reader->contract;

	contract->kind = dm_read_text(reader, root, "kind");
	if (contract->kind == NULL)
		dm_model_bend(reader, "", "a document without \"kind\" is read as a DataContract");
	else if (strcmp(contract->kind, "DataContract") != 0)
	{
		dm_model_error(reader, "/kind", "\"%s\" is not the kind of a contract: DataContract",
					   contract->kind);
		return false;
	}
	return true;
}

/* text alone was the description of version 2, and still is met */
static void
read_description(DmModelReader *reader, DmNode root)
{
	DmContract *contract = reader->contract;
	JsonbValue value;
	DmNode node;

	if (dm_json_find(root.object, "description", &value) && value.type == jbvString)
	{
		dm_model_bend(reader, "/description", "text is read as the purpose");
		contract->purpose = dm_read_text(reader, root, "description");
		return;
	}
	node = dm_read_object(reader, root, "description");
	if (node.object == NULL)
		return;
	contract->purpose = dm_read_text(reader, node, "purpose");
	contract->usage = dm_read_text(reader, node, "usage");
	contract->limitations = dm_read_text(reader, node, "limitations");
}

static void
read_fundamentals(DmModelReader *reader, DmNode root)
{
	DmContract *contract = reader->contract;

	contract->id = dm_read_text(reader, root, "id");
	contract->name = dm_read_text(reader, root, "name");
	contract->version = dm_read_text(reader, root, "version");
	contract->semver = dm_semver_parse(contract->version);
	contract->status = dm_read_text(reader, root, "status");
	contract->lifecycle = lifecycle_state(contract->status);
	contract->tenant = dm_read_text(reader, root, "tenant");
	contract->domain = dm_read_text(reader, root, "domain");
	contract->data_product = dm_read_text(reader, root, "dataProduct");
	contract->created_ts = dm_read_text(reader, root, "contractCreatedTs");
	contract->tags = dm_read_texts(reader, root, "tags");
	read_description(reader, root);
}

DmContract *
dm_contract_read(Jsonb *document, bool lenient, List **findings)
{
	DmContract *contract = palloc0(sizeof(DmContract));
	DmModelReader reader = { contract, findings, lenient };
	DmNode root = { &document->root, pstrdup("") };

	contract->document = document;
	if (!JsonContainerIsObject(root.object))
	{
		dm_model_error(&reader, "", "a contract is an object with keys, and this is none");
		return NULL;
	}
	contract->api_version = dm_read_text(&reader, root, "apiVersion");
	contract->api = api_version(contract->api_version);
	if (!read_kind(&reader, root))
		return NULL;
	read_fundamentals(&reader, root);
	dm_model_terms(&reader, root);
	contract->objects = dm_read_list(&reader, root, "schema", dm_model_object);
	return contract;
}
