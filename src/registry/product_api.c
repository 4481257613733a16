/*
 * product_api.c
 *		SQL functions on products.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "base/args.h"
#include "base/errors.h"
#include "base/words.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "registry/lifecycle.h"
#include "registry/portrow.h"
#include "registry/product.h"

PG_FUNCTION_INFO_V1(dm_register_product);
PG_FUNCTION_INFO_V1(dm_deprecate);

/* A product belongs to its domain, so its owner must be one of the domain's own roles. */
void
dm_product_check_owner(DmDomain *domain, Oid owner)
{
	if (superuser_arg(owner) || !dm_domain_is_producer(domain, owner))
		if (owner != domain->owner)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("role \"%s\" cannot own a product of domain \"%s\"",
							GetUserNameFromId(owner, false), domain->name),
					 errdetail("It is neither a member of role \"%s\" nor a producer of the domain.",
							   GetUserNameFromId(domain->owner, false)),
					 errhint("Use dm_add_producer('%s', '%s') first.", domain->name,
							 GetUserNameFromId(owner, false))));
}

/* The next major version of a name; asking for another one is an error. */
static int
next_major(DmDomain *domain, const char *name, int wanted)
{
	int next = dm_product_last_major(domain, name) + 1;

	if (wanted == 0 && next > 1)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("product \"%s.%s\" already exists", domain->name, name),
				 errhint("To begin its next major version, register \"%s.%s@%d\".",
						 domain->name, name, next)));
	if (wanted != 0 && wanted < next)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("product \"%s.%s@%d\" already exists", domain->name, name, wanted)));
	if (wanted > next)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the next major version of product \"%s.%s\" is %d",
						domain->name, name, next)));
	return next;
}

DmProduct *
dm_product_create(DmDomain *domain, const char *name, int major, const char *description,
				  Oid owner, bool open_ended)
{
	int64 id;
	DmRow row;

	dm_product_check_owner(domain, owner);
	/* find out now, not at the first port, that the name does not fit */
	(void) dm_port_schema_name(domain->name, name, major);

	id = dm_table_next_id(DM_PRODUCT);
	dm_row_init(&row);
	dm_row_set(&row, Anum_dm_product_id, Int64GetDatum(id));
	dm_row_set(&row, Anum_dm_product_domain, Int64GetDatum(domain->id));
	dm_row_set_text(&row, Anum_dm_product_name, name);
	dm_row_set(&row, Anum_dm_product_major, Int32GetDatum(major));
	dm_row_set_text(&row, Anum_dm_product_description, description);
	dm_row_set(&row, Anum_dm_product_owner, ObjectIdGetDatum(owner));
	dm_row_set_text(&row, Anum_dm_product_status, dm_status_name(DM_PROPOSED));
	dm_row_set(&row, Anum_dm_product_open_ended, BoolGetDatum(open_ended));
	dm_row_set(&row, Anum_dm_product_created_at, TimestampTzGetDatum(GetCurrentTimestamp()));
	dm_row_set(&row, Anum_dm_product_created_by, ObjectIdGetDatum(GetUserId()));
	dm_row_set_text(&row, Anum_dm_product_compatibility, DM_COMPATIBILITY_DEFAULT);
	dm_table_insert(DM_PRODUCT, &row);
	return dm_product_get_by_id(id);
}

Datum
dm_register_product(PG_FUNCTION_ARGS)
{
	char *text = dm_arg_text(fcinfo, 0, "product");
	char *description = dm_arg_text_or_null(fcinfo, 1, "description");
	Oid owner = dm_arg_role_or_invalid(fcinfo, 2, "owner");
	bool open_ended = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	char *domain_name;
	char *name;
	int major;
	DmDomain *domain;
	DmProduct *product;

	dm_product_parse(text, &domain_name, &name, &major);
	dm_check_word("product", name);
	domain = dm_domain_get_for_update(domain_name);
	major = next_major(domain, name, major);
	product = dm_product_create(domain, name, major, description,
								OidIsValid(owner) ? owner : domain->owner, open_ended);
	PG_RETURN_TEXT_P(cstring_to_text(product->literal));
}

Datum
dm_deprecate(PG_FUNCTION_ARGS)
{
	DmProduct *product = dm_product_get_for_update(dm_arg_text(fcinfo, 0, "product"));
	char *successor = dm_arg_text_or_null(fcinfo, 2, "successor");
	DmRow row;

	dm_lifecycle_check(product, DM_DEPRECATED);
	dm_row_init(&row);
	if (!PG_ARGISNULL(1))
	{
		DateADT until = PG_GETARG_DATEADT(1);
		Datum now = TimestampTzGetDatum(GetCurrentTimestamp());
		DateADT today = DatumGetDateADT(DirectFunctionCall1(timestamptz_date, now));

		if (DATE_NOT_FINITE(until) || until < today)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the end of product \"%s\" must be a date from today on", product->label)));
		dm_row_set(&row, Anum_dm_product_deprecated_until, DateADTGetDatum(until));
	}
	if (successor != NULL)
	{
		DmProduct *next = dm_product_get(successor, false);

		if (next->id == product->id || next->status == DM_DEPRECATED || next->status == DM_RETIRED)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("product \"%s\" cannot be the successor of product \"%s\"",
							next->label, product->label),
					 next->id == product->id ?
						 errdetail("A product cannot succeed itself.") :
						 errdetail("It is %s.", dm_status_name(next->status))));
		dm_row_set_text(&row, Anum_dm_product_successor, next->label);
	}
	dm_lifecycle_step(product, DM_DEPRECATED, &row);
	PG_RETURN_VOID();
}
