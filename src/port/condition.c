/*
 * condition.c
 *		Conditions on rows that stand in a port's own text.
 */
#include "postgres.h"

#include "port/condition.h"

#define MAX_PROVIDERS 4

static DmConditionProvider providers[MAX_PROVIDERS];
static int nproviders = 0;

void
dm_port_provide_conditions(DmConditionProvider provider)
{
	if (nproviders >= MAX_PROVIDERS)
		elog(ERROR, "too many providers of conditions");
	providers[nproviders++] = provider;
}

List *
dm_port_conditions(Oid source)
{
	List *result = NIL;

	for (int i = 0; i < nproviders; i++)
		result = list_concat(result, providers[i](source));
	return result;
}
