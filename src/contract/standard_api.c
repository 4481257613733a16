/*
 * standard_api.c
 *		SQL functions on JSON schemas.
 */
#include "postgres.h"

#include "access/xact.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/errors.h"
#include "base/finding.h"
#include "base/words.h"
#include "catalog/table.h"
#include "contract/standard.h"
#include "jsonschema/schema.h"

PG_FUNCTION_INFO_V1(dm_json_schema_validate);
PG_FUNCTION_INFO_V1(dm_add_contract_schema);
PG_FUNCTION_INFO_V1(dm_remove_contract_schema);

/* What a call site keeps: the schema that it was called with last. */
typedef struct CallSite
{
	MemoryContext context;
	Jsonb *text; /* a copy, which the compiled schema points into */
	DmJsonSchema *schema;
	uint64 epoch; /* of the stored schemas, which it may refer to */
} CallSite;

static Jsonb *
arg_jsonb(FunctionCallInfo fcinfo, int n, const char *argname)
{
	if (PG_ARGISNULL(n))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", argname)));
	return PG_GETARG_JSONB_P(n);
}

DmJsonSchema *
dm_contract_schema_compile(Jsonb *schema, const char *uri)
{
	List *findings = NIL;
	DmJsonSchema *result = dm_json_schema_compile(schema, uri, &findings,
												  dm_contract_schema_resolve, NULL);
	StringInfoData detail;
	ListCell *lc;

	if (result != NULL)
		return result;
	initStringInfo(&detail);
	foreach(lc, findings)
	{
		DmFinding *finding = lfirst(lc);

		appendStringInfo(&detail, "%s%s: %s", lc == list_head(findings) ? "" : "\n",
						 finding->pointer, finding->message);
	}
	ereport(ERROR,
			(errcode(ERRCODE_DM_DOCUMENT),
			 errmsg("the JSON schema cannot be used"),
			 errdetail_internal("%s", detail.data),
			 errhint("A $ref leads to a place in the schema or to a schema in datamesh.contract_schemas; dm_add_contract_schema adds one.")));
}

static DmJsonSchema *
call_site_schema(FunctionCallInfo fcinfo, Jsonb *schema)
{
	CallSite *site = fcinfo->flinfo->fn_extra;
	uint64 epoch = dm_contract_schema_epoch();
	MemoryContext caller;

	if (site != NULL && site->schema != NULL && site->epoch == epoch &&
		VARSIZE(site->text) == VARSIZE(schema) &&
		memcmp(site->text, schema, VARSIZE(schema)) == 0)
		return site->schema;

	caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	if (site == NULL)
	{
		site = palloc0_object(CallSite);
		site->context = AllocSetContextCreate(CurrentMemoryContext, "datamesh JSON schema of a call",
											  ALLOCSET_DEFAULT_SIZES);
		fcinfo->flinfo->fn_extra = site;
	}
	site->schema = NULL;
	MemoryContextReset(site->context);
	MemoryContextSwitchTo(site->context);
	site->text = palloc(VARSIZE(schema));
	memcpy(site->text, schema, VARSIZE(schema));
	site->schema = dm_contract_schema_compile(site->text, NULL);
	site->epoch = epoch;
	MemoryContextSwitchTo(caller);
	return site->schema;
}

/* dm_json_schema_validate(schema, document, formats): all that is wrong with the document */
Datum
dm_json_schema_validate(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Jsonb *schema = arg_jsonb(fcinfo, 0, "schema");
	Jsonb *document = arg_jsonb(fcinfo, 1, "document");
	bool formats = !PG_ARGISNULL(2) && PG_GETARG_BOOL(2);
	List *errors;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	errors = dm_json_schema_errors(call_site_schema(fcinfo, schema), document, formats, INT_MAX);
	foreach(lc, errors)
	{
		DmSchemaError *error = lfirst(lc);
		Datum values[4] = {
			CStringGetTextDatum(error->pointer), CStringGetTextDatum(error->keyword),
			CStringGetTextDatum(error->schema_pointer), CStringGetTextDatum(error->message)
		};
		bool nulls[4] = { false };

		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* Standards are one word each ("json-schema" is ours); versions have no form that all share. */
static void
check_key(const char *standard, const char *version)
{
	if (strcmp(standard, "json-schema") != 0)
		dm_check_word("standard", standard);
	if (strlen(version) >= NAMEDATALEN || strspn(version, " \t\r\n") > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is no version", version),
				 errhint("Write it as documents do, such as v3.1.0.")));
}

/* The URI under which other schemas find this one: $id without an empty fragment. */
static char *
schema_uri(Jsonb *schema)
{
	JsonbValue value;
	char *uri;
	size_t len;

	if (!JB_ROOT_IS_OBJECT(schema) ||
		getKeyJsonValueFromContainer(&schema->root, "$id", 3, &value) == NULL ||
		value.type != jbvString)
		return NULL;
	uri = pnstrdup(value.val.string.val, value.val.string.len);
	len = strlen(uri);
	if (len > 0 && uri[len - 1] == '#')
		uri[len - 1] = '\0';
	return uri;
}

/* Begins a scan of governance's row of a version; what comes with the extension is not written. */
static HeapTuple
find_added(DmScan *scan, const char *standard, const char *version)
{
	static ScanKeyData keys[3];

	dm_key_text(&keys[0], Anum_dm_contract_schema_standard, standard);
	dm_key_text(&keys[1], Anum_dm_contract_schema_version, version);
	ScanKeyInit(&keys[2], Anum_dm_contract_schema_built_in, BTEqualStrategyNumber, F_BOOLEQ,
				BoolGetDatum(false));
	dm_scan_begin(scan, DM_CONTRACT_SCHEMA, "contract_schema_pkey", 3, keys);
	return dm_scan_next(scan);
}

/* dm_add_contract_schema(standard, version, schema, uri) */
Datum
dm_add_contract_schema(PG_FUNCTION_ARGS)
{
	char *standard = dm_arg_text(fcinfo, 0, "standard");
	char *version = dm_arg_text(fcinfo, 1, "version");
	Jsonb *schema = arg_jsonb(fcinfo, 2, "schema");
	char *uri = dm_arg_text_or_null(fcinfo, 3, "uri");
	DmRow row;
	DmScan scan;
	HeapTuple tuple;

	check_key(standard, version);
	if (uri == NULL)
		uri = schema_uri(schema);
	dm_check_writable();
	dm_json_schema_free(dm_contract_schema_compile(schema, uri));
	dm_table_lock(DM_CONTRACT_SCHEMA, 0, ExclusiveLock);

	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_contract_schema_standard, standard);
	dm_row_set_text(&row, Anum_dm_contract_schema_version, version);
	dm_row_set(&row, Anum_dm_contract_schema_built_in, BoolGetDatum(false));
	if (uri != NULL)
		dm_row_set_text(&row, Anum_dm_contract_schema_uri, uri);
	dm_row_set(&row, Anum_dm_contract_schema_document, JsonbPGetDatum(schema));
	dm_row_set(&row, Anum_dm_contract_schema_added_at,
			   TimestampTzGetDatum(GetCurrentTransactionStartTimestamp()));
	dm_row_set_text(&row, Anum_dm_contract_schema_added_by, GetUserNameFromId(GetUserId(), false));

	tuple = find_added(&scan, standard, version);
	if (HeapTupleIsValid(tuple))
		dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
	dm_table_insert(DM_CONTRACT_SCHEMA, &row);
	PG_RETURN_VOID();
}

/* dm_remove_contract_schema(standard, version): takes back what dm_add_contract_schema stored */
Datum
dm_remove_contract_schema(PG_FUNCTION_ARGS)
{
	char *standard = dm_arg_text(fcinfo, 0, "standard");
	char *version = dm_arg_text(fcinfo, 1, "version");
	DmScan scan;
	HeapTuple tuple;

	dm_check_writable();
	dm_table_lock(DM_CONTRACT_SCHEMA, 0, ExclusiveLock);
	tuple = find_added(&scan, standard, version);
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("no schema of %s %s was added", standard, version),
				 errhint("datamesh.contract_schemas lists them; those that are built in stay.")));
	dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
	PG_RETURN_VOID();
}
