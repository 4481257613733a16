/*
 * commit.h
 *		The gate: a transaction that breaks a contract does not commit.
 */
#ifndef DM_GATE_COMMIT_H
#define DM_GATE_COMMIT_H

#include "catalog/command.h"
#include "contract/mode.h"
#include "contract/version.h"
#include "registry/product.h"

/* What the gate has to say of one product. */
typedef struct DmVerdictOfGate
{
	DmProduct *product;
	DmContractVersion *version;
	DmContractMode mode;
	List *broken; /* DmBreach *; empty if all is well */
} DmVerdictOfGate;

/*
 * Judges a product's active contract by the state of the catalogs as this transaction sees it;
 * NULL if nobody is promised anything.  index, if valid, is taken for dropped.
 */
extern DmVerdictOfGate *dm_gate_judge(int64 product_id, Oid index);

/* Refuses what cannot be refused at COMMIT, since the command commits in between. */
extern void dm_gate_before(DmCommand *command);

extern void dm_gate_init(void);

#endif /* DM_GATE_COMMIT_H */
