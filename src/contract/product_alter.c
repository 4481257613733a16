/*
 * product_alter.c
 *		dm_alter_product: above the registry, since weakening a promise is recorded.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"

#include "base/args.h"
#include "base/errors.h"
#include "catalog/listen.h"
#include "classify/change.h"
#include "contract/mode.h"
#include "registry/portrow.h"

PG_FUNCTION_INFO_V1(dm_alter_product);

/*
 * The product's own contract mode, or the setting's again.  Only what is then in force counts:
 * to say "warn" where the setting says it is no lowering.
 */
static void
alter_contract_mode(DmProduct *product, const char *name, DmRow *row)
{
	bool reset = pg_strcasecmp(name, "default") == 0;
	DmContractMode before = dm_product_contract_mode(product);
	DmContractMode after = reset ? (DmContractMode) dm_contract_mode :
								   dm_contract_mode_from_name(name);

	if (reset)
		dm_row_set_null(row, Anum_dm_product_contract_mode);
	else
		dm_row_set_text(row, Anum_dm_product_contract_mode, dm_contract_mode_name(after));
	if (after < before)
		dm_change_record_domain(product->domain->id, "contract_mode",
								psprintf("product %s", product->label),
								dm_contract_mode_name(before), dm_contract_mode_name(after), NULL);
}

/* How much a mode promises: nothing, one direction, both; each of them of one version or of all. */
static int
strength(DmCompatibility mode)
{
	switch (mode)
	{
		case DM_COMPATIBLE_NONE:
			return 0;
		case DM_COMPATIBLE_BACKWARD:
		case DM_COMPATIBLE_FORWARD:
			return 1;
		case DM_COMPATIBLE_BACKWARD_TRANSITIVE:
		case DM_COMPATIBLE_FORWARD_TRANSITIVE:
			return 2;
		case DM_COMPATIBLE_FULL:
			return 3;
		case DM_COMPATIBLE_FULL_TRANSITIVE:
			return 4;
	}
	return 0;
}

static bool
promises_backward(DmCompatibility mode)
{
	return mode == DM_COMPATIBLE_BACKWARD || mode == DM_COMPATIBLE_BACKWARD_TRANSITIVE;
}

static bool
promises_forward(DmCompatibility mode)
{
	return mode == DM_COMPATIBLE_FORWARD || mode == DM_COMPATIBLE_FORWARD_TRANSITIVE;
}

/* A mode that gives up something of what the old one promised is a lowering, too. */
static void
alter_compatibility(DmProduct *product, const char *name, DmRow *row)
{
	DmCompatibility before = dm_product_compatibility(product);
	DmCompatibility after = dm_compatibility_from_name(name);

	dm_row_set_text(row, Anum_dm_product_compatibility, dm_compatibility_name(after));
	if (strength(after) < strength(before) ||
		(dm_compatibility_is_transitive(before) && !dm_compatibility_is_transitive(after)) ||
		(promises_forward(before) && promises_backward(after)) ||
		(promises_backward(before) && promises_forward(after)))
		dm_change_record_domain(product->domain->id, "compatibility",
								psprintf("product %s", product->label),
								dm_compatibility_name(before), dm_compatibility_name(after),
								NULL);
}

Datum
dm_alter_product(PG_FUNCTION_ARGS)
{
	DmProduct *product = dm_product_get_for_update(dm_arg_text(fcinfo, 0, "product"));
	char *description = dm_arg_text_or_null(fcinfo, 1, "description");
	Oid owner = dm_arg_role_or_invalid(fcinfo, 2, "owner");
	char *compatibility = dm_arg_text_or_null(fcinfo, 4, "compatibility");
	char *contract_mode = dm_arg_text_or_null(fcinfo, 5, "contract_mode");
	DmRow row;

	if (product->status == DM_RETIRED)
		ereport(ERROR,
				(errcode(ERRCODE_DM_PRODUCT_STATUS),
				 errmsg("product \"%s\" is retired", product->label)));
	dm_row_init(&row);
	if (description != NULL)
		dm_row_set_text(&row, Anum_dm_product_description, description);
	if (OidIsValid(owner))
	{
		dm_domain_check_owner(product->domain);
		dm_product_check_owner(product->domain, owner);
		dm_row_set(&row, Anum_dm_product_owner, ObjectIdGetDatum(owner));
	}
	if (!PG_ARGISNULL(3))
		dm_row_set(&row, Anum_dm_product_open_ended, BoolGetDatum(PG_GETARG_BOOL(3)));
	if (compatibility != NULL)
		alter_compatibility(product, compatibility, &row);
	if (contract_mode != NULL)
		alter_contract_mode(product, contract_mode, &row);
	dm_product_update(product, &row);
	if (OidIsValid(owner))
		dm_announce(DM_EVENT_DOMAIN_MEMBERS, product->domain->id);
	dm_port_invalidate_product(product->id);
	PG_RETURN_VOID();
}
