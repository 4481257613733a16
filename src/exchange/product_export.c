/*
 * product_export.c
 *		Descriptions of products out of the mesh, and what is declared of their ports.
 *
 * What was imported comes back as it was.  A product that was never described in the wanted
 * standard is described from its description in the other one, or from the mesh itself.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "commands/comment.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/tuplestore.h"

#include "base/args.h"
#include "base/errors.h"
#include "classify/label.h"
#include "conform/describe.h"
#include "contract/version.h"
#include "exchange/product_document.h"
#include "exchange/visible.h"
#include "format/document.h"
#include "registry/portrow.h"

PG_FUNCTION_INFO_V1(dm_export_product);
PG_FUNCTION_INFO_V1(dm_declared_port_list);

/* --- the product as the mesh knows it --- */

static DmContractVersion *
contract_of(DmProduct *product)
{
	DmContractVersion *contract = dm_contract_active(product->id);

	return contract != NULL || !dm_contract_is_inside(product) ? contract :
																 dm_contract_draft(product->id);
}

static char *
contract_id(DmProduct *product)
{
	DmContractVersion *contract = contract_of(product);

	return contract != NULL ? contract->contract_id : NULL;
}

static char *
product_version(DmProduct *product)
{
	DmContractVersion *contract = contract_of(product);

	return contract != NULL ? contract->version : psprintf("%d.0.0", product->major);
}

static DmDeclaredPort *
declare_port(const char *kind, Oid view, DmProduct *product)
{
	DmDeclaredPort *port = palloc0(sizeof(DmDeclaredPort));

	port->pointer = "";
	port->kind = kind;
	port->name = get_rel_name(view);
	port->version = product_version(product);
	port->description = GetComment(view, RelationRelationId, 0);
	port->contract_id = contract_id(product);
	return port;
}

static int
cmp_ports(const ListCell *a, const ListCell *b)
{
	return strcmp(((DmDeclaredPort *) lfirst(a))->name, ((DmDeclaredPort *) lfirst(b))->name);
}

/* The ports of other products that a product's ports are computed from. */
static List *
input_ports(DmProduct *product)
{
	List *views = NIL;
	List *result = NIL;
	ListCell *lc;

	foreach(lc, dm_port_views(product->id))
		views = list_concat_unique_oid(views, dm_lineage(lfirst_oid(lc)));
	foreach(lc, views)
	{
		int64 id = dm_port_product(lfirst_oid(lc));

		if (id != 0 && id != product->id)
			result = lappend(result,
							 declare_port("input", lfirst_oid(lc), dm_product_get_by_id(id)));
	}
	list_sort(result, cmp_ports);
	return result;
}

static DmDeclaredProduct *
declare(DmProduct *product)
{
	DmDeclaredProduct *declared = palloc0(sizeof(DmDeclaredProduct));
	List *outputs = NIL;
	ListCell *lc;

	declared->id = dm_describe_contract_id(product->domain->name, product->name);
	declared->name = product->name;
	declared->version = product_version(product);
	declared->status = pstrdup(dm_status_name(product->status));
	declared->domain = product->domain->name;
	declared->description = product->description;
	declared->owner = GetUserNameFromId(product->owner, false);
	foreach(lc, dm_port_views(product->id))
		outputs = lappend(outputs, declare_port("output", lfirst_oid(lc), product));
	list_sort(outputs, cmp_ports);
	declared->ports = list_concat(input_ports(product), outputs);
	return declared;
}

/* --- export --- */

/* What others describe of a product that is served is for everybody, as its contract is. */
static bool
is_visible(DmProduct *product)
{
	return dm_product_is_served(product) || product->status == DM_RETIRED ||
		   dm_contract_is_inside(product);
}

static void
check_visible(DmProduct *product, bool original)
{
	if (original ? dm_contract_is_inside(product) : is_visible(product))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied for product \"%s\"", product->label),
			 original ? errdetail("Only roles of domain \"%s\" get the original text.",
								  product->domain->name) :
						errdetail("It is not published yet.")));
}

static Jsonb *
describe(DmProduct *product, DmProductStandard standard)
{
	DmProductDocument *stored = dm_product_document_get(product->id, standard);
	DmProductDocument *other;
	DmDeclaredProduct *declared;

	if (stored != NULL)
		return stored->document;
	other = dm_product_document_get(product->id, standard == DM_ODPS ? DM_DPDS : DM_ODPS);
	declared = other != NULL ? dm_product_document_read(other->standard, other->document, NULL) :
							   declare(product);
	/* what one standard can leave out, the other one may ask for */
	if (declared->domain == NULL)
		declared->domain = product->domain->name;
	if (declared->owner == NULL)
		declared->owner = GetUserNameFromId(product->owner, false);
	if (declared->id == NULL)
		declared->id = dm_describe_contract_id(product->domain->name, product->name);
	return standard == DM_ODPS ? dm_odps_write(declared) : dm_dpds_write(declared);
}

Datum
dm_export_product(PG_FUNCTION_ARGS)
{
	DmProduct *product = dm_product_get(dm_arg_text(fcinfo, 0, "product"), false);
	char *format = dm_arg_text(fcinfo, 1, "format");
	char *encoding = dm_arg_text_or_null(fcinfo, 2, "encoding");
	bool original = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	DmProductStandard standard = dm_product_standard(format);
	Jsonb *document;

	if (encoding == NULL)
		encoding = standard == DM_ODPS ? "yaml" : "json";
	if (pg_strcasecmp(encoding, "yaml") != 0 && pg_strcasecmp(encoding, "json") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unknown encoding \"%s\"", encoding),
				 errhint("Documents are written as \"yaml\" or \"json\".")));
	check_visible(product, original);
	if (original)
	{
		DmProductDocument *stored = dm_product_document_get(product->id, standard);

		if (stored == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("no document of format \"%s\" was imported for product \"%s\"",
							dm_product_standard_name(standard), product->label)));
		PG_RETURN_TEXT_P(cstring_to_text(stored->source));
	}
	document = describe(product, standard);
	if (pg_strcasecmp(encoding, "json") == 0)
		PG_RETURN_TEXT_P(cstring_to_text(
			JsonbToCStringIndent(NULL, &document->root, VARSIZE(document))));
	PG_RETURN_TEXT_P(cstring_to_text(
		dm_yaml_write(document, standard == DM_ODPS ? dm_odps_key_order : dm_dpds_key_order)));
}

/* --- what the views are made from --- */

static void
put_text(Datum *values, bool *nulls, int i, const char *text)
{
	nulls[i] = text == NULL;
	values[i] = text != NULL ? CStringGetTextDatum(text) : (Datum) 0;
}

static void
put_port(ReturnSetInfo *rsinfo, DmDeclaredPort *port, const char *tenant)
{
	Datum values[6];
	bool nulls[6];
	DmContractVersion *contract =
		port->contract_id != NULL ? dm_contract_by_id(port->contract_id, tenant) : NULL;

	put_text(values, nulls, 0, port->kind);
	put_text(values, nulls, 1, port->name);
	put_text(values, nulls, 2, port->version);
	put_text(values, nulls, 3, port->description);
	put_text(values, nulls, 4, port->contract_id);
	put_text(values, nulls, 5,
			 contract != NULL ? dm_product_get_by_id(contract->product)->label : NULL);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* datamesh.declared_port_list(product, standard): what datamesh.declared_ports is made from. */
Datum
dm_declared_port_list(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	DmProduct *product = dm_product_get_by_id(PG_GETARG_INT64(0));
	DmProductStandard standard = dm_product_standard(dm_arg_text(fcinfo, 1, "standard"));
	DmProductDocument *stored;
	DmDeclaredProduct *declared;
	ListCell *lc;

	InitMaterializedSRF(fcinfo, 0);
	stored = is_visible(product) ? dm_product_document_get(product->id, standard) : NULL;
	if (stored == NULL)
		PG_RETURN_NULL();
	declared = dm_product_document_read(standard, stored->document, NULL);
	foreach(lc, declared->ports)
		put_port(rsinfo, lfirst(lc), declared->tenant);
	PG_RETURN_NULL();
}
