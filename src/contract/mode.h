/*
 * mode.h
 *		What a product promises of its changes, and how strictly that is watched.
 *
 * The compatibility modes have the names that schema registries use.  There, the data outlive
 * the schema; here, queries do.  A consumer is a query, and data written under an old version
 * are the rows that were there before the change:
 *
 *	FORWARD		queries written for the old version run on the new one, with the same result
 *	BACKWARD	queries written for the new version run on rows that the old one admitted
 *	FULL		both, for clients that care about the exact types, too
 *	..._TRANSITIVE	the same for all versions published so far, not for the last one alone
 *	NONE		nothing is promised of changes
 */
#ifndef DM_CONTRACT_MODE_H
#define DM_CONTRACT_MODE_H

#include "utils/guc.h"

#include "registry/product.h"

typedef enum DmCompatibility
{
	DM_COMPATIBLE_NONE,
	DM_COMPATIBLE_BACKWARD,
	DM_COMPATIBLE_BACKWARD_TRANSITIVE,
	DM_COMPATIBLE_FORWARD,
	DM_COMPATIBLE_FORWARD_TRANSITIVE,
	DM_COMPATIBLE_FULL,
	DM_COMPATIBLE_FULL_TRANSITIVE
} DmCompatibility;

/* what happens at COMMIT to a change that breaks a contract; ordered by strictness */
typedef enum DmContractMode
{
	DM_CONTRACT_OFF,
	DM_CONTRACT_WARN,
	DM_CONTRACT_REFUSE
} DmContractMode;

/* Value of datamesh.contract_mode, and its options. */
extern int dm_contract_mode;
extern const struct config_enum_entry dm_contract_mode_options[];

/* The mode of that name in any case; an error that lists them if there is none. */
extern DmCompatibility dm_compatibility_from_name(const char *name);
extern const char *dm_compatibility_name(DmCompatibility mode);

/* True for the modes that compare with all published versions. */
extern bool dm_compatibility_is_transitive(DmCompatibility mode);

extern DmCompatibility dm_product_compatibility(DmProduct *product);

/* The mode in force for a product: its own, else the setting. */
extern DmContractMode dm_product_contract_mode(DmProduct *product);
extern const char *dm_contract_mode_name(DmContractMode mode);

/* The mode of that name in any case; an error that lists them if there is none. */
extern DmContractMode dm_contract_mode_from_name(const char *name);

#endif /* DM_CONTRACT_MODE_H */
