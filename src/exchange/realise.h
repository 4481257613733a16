/*
 * realise.h
 *		Making a product as its contract says.
 */
#ifndef DM_EXCHANGE_REALISE_H
#define DM_EXCHANGE_REALISE_H

#include "nodes/pg_list.h"

#include "contract/model.h"
#include "registry/product.h"

/* One thing that was done, for people to read. */
typedef struct DmStep
{
	const char *action; /* "add port" */
	char *object;		/* "customer" */
	char *detail;		/* "shows 4 columns of sales.customer", or NULL */
} DmStep;

extern void dm_step_add(List **steps, const char *action, char *object, const char *fmt, ...)
	pg_attribute_printf(4, 5);

/*
 * Takes the locks for dm_realise that come before those of domains (see catalog/table.h), and that
 * of the domain.  The caller may manage the product or the domain.
 */
extern void dm_realise_lock(DmDomain *domain, DmContract *contract);

/*
 * Gives the product the ports, the description, the classification and the comments that the
 * contract speaks of, as far as its relations and columns are there; what is missing is a finding
 * (source "import").  before is the contract that the product was made from last, NULL for none:
 * ports that it had and the new one has not are dropped.  The product is locked; its status becomes
 * draft once there are ports, and all relations of the contract.  Everything is done with the
 * rights of the current user and the domain's owner.
 */
extern void dm_realise(DmProduct *product, DmContract *contract, DmContract *before,
					   List **steps, List **findings);

/*
 * The findings that dm_realise would have, but for missing relations and columns, which are
 * breaches of the contract (see conform/conform.h); changes nothing.
 */
extern void dm_realise_survey(DmProduct *product, DmContract *contract, List **findings);

#endif /* DM_EXCHANGE_REALISE_H */
