/*
 * conform_option.c
 *		Promises of the options of properties, as far as types hold them.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "base/strings.h"
#include "compat/pg_compat.h"
#include "conform/conform_part.h"

/* varchar(n) and char(n), below any domains */
static bool
type_limits_length(DmColumnType *column, int64 length)
{
	int32 typmod = column->typmod;
	Oid base = getBaseTypeAndTypmod(column->typid, &typmod);

	return (base == VARCHAROID || base == BPCHAROID) && typmod >= (int32) VARHDRSZ &&
		   typmod - (int32) VARHDRSZ <= length;
}

static bool
is_listed(List *enumeration, const char *text)
{
	ListCell *lc;

	foreach(lc, enumeration)
	{
		char *listed = ((DmEnumValue *) lfirst(lc))->value.text;

		if (listed != NULL && strcmp(listed, text) == 0)
			return true;
	}
	return false;
}

/* An enum type all of whose labels are listed. */
static bool
type_limits_values(DmColumnType *column, List *enumeration)
{
	Oid base = getBaseType(column->typid);
	CatCList *list;
	bool result = true;

	if (get_typtype(base) != TYPTYPE_ENUM)
		return false;
	list = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(base));
	for (int i = 0; i < list->n_members && result; i++)
	{
		Form_pg_enum form = (Form_pg_enum) GETSTRUCT(&list->members[i]->tuple);

		result = is_listed(enumeration, NameStr(form->enumlabel));
	}
	ReleaseSysCacheList(list);
	return result;
}

static void
add_option(DmConforming *c, DmProperty *property, const char *kind, bool held)
{
	DmPromise *promise = dm_promise_add(c, property, property->options.pointer, kind, true,
										held ? DM_KEPT : DM_NOT_KEPT);

	if (!held)
		promise->message = psprintf("No type and no CHECK constraint holds %s of column \"%s\"",
									kind, dm_property_column(property));
}

void
dm_conform_options(DmConforming *c, DmProperty *property, DmColumnType *column)
{
	DmOptions *options = &property->options;

	if (options->max_length >= 0)
		add_option(c, property, "maxLength", type_limits_length(column, options->max_length));
	if (options->enumeration != NIL)
		add_option(c, property, "enum", type_limits_values(column, options->enumeration));
}
