/*
 * event_api.c
 *		What producers tell of their products themselves: events, failures.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/args.h"
#include "base/words.h"
#include "event/event.h"
#include "event/incident.h"
#include "event/viewer.h"
#include "registry/product.h"
#include "registry/schemalabel.h"

PG_FUNCTION_INFO_V1(dm_emit_event);
PG_FUNCTION_INFO_V1(dm_report_failure);
PG_FUNCTION_INFO_V1(dm_report_healthy);

/* The product, if the current user is inside of it. */
static DmProduct *
arg_own_product(FunctionCallInfo fcinfo, int n)
{
	DmProduct *product = dm_product_get(dm_arg_text(fcinfo, n, "product"), false);

	if (dm_event_viewer(product, GetUserId()) != DM_VIEWER_INSIDE)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for product \"%s\"", product->label),
				 errdetail("Only its producers may say what happens to it.")));
	return product;
}

/* Nobody tells in our name what we would tell ourselves. */
static void
check_type(const char *type)
{
	static const char *const ours[] = { "access", "contract", "incident", "job", "product",
										"quality", "series", "slo" };

	dm_check_dotted("event type", type);
	if (strchr(type, '.') == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid event type \"%s\"", type),
				 errhint("Write at least two words, as in \"port.refreshed\".")));
	for (int i = 0; i < lengthof(ours); i++)
		if (dm_dotted_covers(ours[i], type))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("events of type \"%s\" are not for users to emit", type),
					 errdetail("Types that begin with \"%s.\" are the mesh's own.", ours[i])));
}

Datum
dm_emit_event(PG_FUNCTION_ARGS)
{
	DmProduct *product = arg_own_product(fcinfo, 0);
	char *type = dm_arg_text(fcinfo, 1, "type");
	char *subject = dm_arg_text_or_null(fcinfo, 2, "subject");

	check_type(type);
	dm_event_emit(product->id, type, subject,
				  PG_ARGISNULL(3) ? NULL : PG_GETARG_JSONB_P(3));
	PG_RETURN_VOID();
}

/* 'external:' and the name of a check that somebody else makes */
static char *
arg_cause(FunctionCallInfo fcinfo, int n)
{
	char *cause = dm_arg_text(fcinfo, n, "cause");

	if (strlen(cause) > 200)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"cause\" is longer than 200 bytes")));
	return psprintf("external:%s", cause);
}

/* The relation, of the product's domain, or InvalidOid for the product as a whole. */
static Oid
arg_relation_of(FunctionCallInfo fcinfo, int n, DmProduct *product)
{
	Oid relid = PG_ARGISNULL(n) ? InvalidOid : dm_arg_relation(fcinfo, n, "relation");
	char *domain;

	if (!OidIsValid(relid))
		return relid;
	domain = dm_schema_domain(get_rel_namespace(relid));
	if (domain == NULL || strcmp(domain, product->domain->name) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("relation \"%s\" does not belong to domain \"%s\"", get_rel_name(relid),
						product->domain->name)));
	return relid;
}

Datum
dm_report_failure(PG_FUNCTION_ARGS)
{
	DmProduct *product = arg_own_product(fcinfo, 0);
	char *cause = arg_cause(fcinfo, 1);
	char *title = dm_arg_text(fcinfo, 2, "title");
	Oid relid = arg_relation_of(fcinfo, 3, product);
	char *severity = dm_arg_text(fcinfo, 4, "severity");

	if (strcmp(severity, "error") != 0 && strcmp(severity, "warning") != 0 &&
		strcmp(severity, "info") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid severity \"%s\"", severity),
				 errhint("It is \"error\", \"warning\" or \"info\".")));
	PG_RETURN_INT64(dm_incident_failed(product->id, relid, cause, severity, title,
									   PG_ARGISNULL(5) ? NULL : PG_GETARG_JSONB_P(5), 0));
}

Datum
dm_report_healthy(PG_FUNCTION_ARGS)
{
	DmProduct *product = arg_own_product(fcinfo, 0);

	dm_incident_healthy(product->id, arg_relation_of(fcinfo, 2, product), arg_cause(fcinfo, 1));
	PG_RETURN_VOID();
}
