/*
 * contract_rule.h
 *		The rules that a contract says: those of its quality sections, and those that its schema
 *		section means.
 *
 * They are made from the contract's document each time, and stored nowhere else.
 */
#ifndef DM_QUALITY_CONTRACT_RULE_H
#define DM_QUALITY_CONTRACT_RULE_H

#include "contract/model.h"
#include "contract/version.h"
#include "quality/rule.h"
#include "registry/product.h"

/* What is being read: the parts that all rules of an object have in common. */
typedef struct DmRuleReader
{
	DmProduct *product;
	DmContract *contract;
	char *author_problem; /* why what the contract has in SQL is not run; NULL if it may be */
	DmObject *object;
	Oid relid;
	Oid port;	   /* the view that shows it; InvalidOid if there is none yet */
	char *problem; /* why there is no relation; NULL if there is one */
	List *taken;   /* names of rules */
	List *rules;
} DmRuleReader;

/* The contract that a product is checked by: the one in force, else its draft; NULL for none. */
extern DmContractVersion *dm_checked_contract(int64 product_id);

/* All rules of that contract, in the order of the document; NIL if there is none. */
extern List *dm_contract_rules(DmProduct *product);

/* The relation that an object of the contract is about, by its port or else by its name. */
extern Oid dm_contract_relation(DmContract *contract, DmProduct *product, DmObject *object,
								char **problem);

/*
 * Adds a rule with that name, or one like it that is free.  A NULL must is that of the metric; the
 * arguments may be NULL for none.
 */
extern DmRule *dm_rule_add(DmRuleReader *reader, const char *name, const char *column,
						   const char *metric, Jsonb *arguments, DmMust *must, const char *source);

/* An empty object. */
extern Jsonb *dm_no_arguments(void);

/* --- schema_rule.c --- */

extern void dm_schema_rules(DmRuleReader *reader);

#endif /* DM_QUALITY_CONTRACT_RULE_H */
