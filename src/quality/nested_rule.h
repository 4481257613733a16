/*
 * nested_rule.h
 *		What a contract says of the parts of a column: properties of objects, items of arrays, keys
 *		and values of maps.
 *
 * A rule about a part is one about its column, of metric "jsonSchema": a row fails if some such part
 * in it is not as it must be.  What is not there, or null, breaks only what asks for a value.
 */
#ifndef DM_QUALITY_NESTED_RULE_H
#define DM_QUALITY_NESTED_RULE_H

#include "quality/contract_rule.h"

typedef struct DmPart
{
	DmProperty *property;
	char *column;
	char *name;	 /* address.city, lines[].price, attributes{} */
	List *steps; /* from the column to it; NIL for the column itself */
} DmPart;

/* The column itself, and all that is inside of it, outermost first. */
extern DmPart *dm_part_of_column(DmProperty *property);
extern List *dm_parts_inside(const DmPart *part);

/* Whether the column is there, and its type has parts. */
extern bool dm_part_is_measured(const DmRuleReader *reader, const DmPart *part);

/* The rules that the options of a part mean which are about parts of it in turn. */
extern void dm_part_count_rules(DmRuleReader *reader, const DmPart *part, bool items);

/* All that the schema section says of a part that is inside of a column. */
extern void dm_part_rules(DmRuleReader *reader, const DmPart *part);

/*
 * The schema that a rule of the contract about a part means; NULL if its metric is none of one
 * value.
 */
extern Jsonb *dm_part_quality_arguments(const DmPart *part, const DmQuality *quality);

#endif /* DM_QUALITY_NESTED_RULE_H */
