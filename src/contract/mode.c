/*
 * mode.c
 *		What a product promises of its changes, and how strictly that is watched.
 */
#include "postgres.h"

#include "contract/mode.h"

int dm_contract_mode = DM_CONTRACT_REFUSE;

const struct config_enum_entry dm_contract_mode_options[] = {
	{ "off", DM_CONTRACT_OFF, false },
	{ "warn", DM_CONTRACT_WARN, false },
	{ "refuse", DM_CONTRACT_REFUSE, false },
	{ NULL, 0, false }
};

static const char *const compatibility_names[] = {
	[DM_COMPATIBLE_NONE] = "NONE",
	[DM_COMPATIBLE_BACKWARD] = "BACKWARD",
	[DM_COMPATIBLE_BACKWARD_TRANSITIVE] = "BACKWARD_TRANSITIVE",
	[DM_COMPATIBLE_FORWARD] = "FORWARD",
	[DM_COMPATIBLE_FORWARD_TRANSITIVE] = "FORWARD_TRANSITIVE",
	[DM_COMPATIBLE_FULL] = "FULL",
	[DM_COMPATIBLE_FULL_TRANSITIVE] = "FULL_TRANSITIVE",
};

DmCompatibility
dm_compatibility_from_name(const char *name)
{
	for (int i = 0; i < lengthof(compatibility_names); i++)
		if (pg_strcasecmp(compatibility_names[i], name) == 0)
			return (DmCompatibility) i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown compatibility mode \"%s\"", name),
			 errhint("The modes are NONE, BACKWARD, BACKWARD_TRANSITIVE, FORWARD, FORWARD_TRANSITIVE, FULL and FULL_TRANSITIVE.")));
}

const char *
dm_compatibility_name(DmCompatibility mode)
{
	return compatibility_names[mode];
}

bool
dm_compatibility_is_transitive(DmCompatibility mode)
{
	return mode == DM_COMPATIBLE_BACKWARD_TRANSITIVE ||
		   mode == DM_COMPATIBLE_FORWARD_TRANSITIVE || mode == DM_COMPATIBLE_FULL_TRANSITIVE;
}

DmCompatibility
dm_product_compatibility(DmProduct *product)
{
	return dm_compatibility_from_name(product->compatibility);
}

DmContractMode
dm_product_contract_mode(DmProduct *product)
{
	return product->contract_mode ? dm_contract_mode_from_name(product->contract_mode) :
									(DmContractMode) dm_contract_mode;
}

const char *
dm_contract_mode_name(DmContractMode mode)
{
	return dm_contract_mode_options[mode].name;
}

DmContractMode
dm_contract_mode_from_name(const char *name)
{
	for (const struct config_enum_entry *option = dm_contract_mode_options; option->name; option++)
		if (pg_strcasecmp(option->name, name) == 0)
			return (DmContractMode) option->val;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown contract mode \"%s\"", name),
			 errhint("The modes are off, warn and refuse; default stands for the setting datamesh.contract_mode.")));
}
