/*
 * catalogrule.c
 *		Rules that the server's catalog answers: columns that must be there, and their types.
 */
#include "postgres.h"

#include "access/attnum.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "base/strings.h"
#include "base/words.h"
#include "catalog/column.h"
#include "contract/typemap.h"
#include "quality/catalogrule.h"

/* The place of a column among those of the relation, from 1; 0 if it has none of that name. */
static int
place_of(Oid relid, const char *column)
{
	ListCell *lc;

	if (column == NULL)
		return 0;
	foreach(lc, dm_column_names(relid))
		if (strcmp(lfirst(lc), column) == 0)
			return foreach_current_index(lc) + 1;
	return 0;
}

static int
measure_present(const DmRule *rule, char **note)
{
	int place = place_of(rule->relid, rule->column);
	int wanted = (int) dm_rule_number(rule, "position", 0);

	if (place == 0)
		*note = psprintf("there is no column \"%s\"", rule->column);
	else if (wanted != 0 && place != wanted)
		*note = psprintf("column \"%s\" is number %d", rule->column, place);
	else
		return 0;
	return 1;
}

static int
measure_columns(const DmRule *rule, char **note)
{
	List *wanted = dm_rule_texts(rule, "names");
	List *there = dm_column_names(rule->relid);
	List *missing = NIL;
	List *extra = NIL;
	ListCell *lc;

	foreach(lc, wanted)
		if (!dm_string_member(there, lfirst(lc)))
			missing = dm_string_append_unique(missing, lfirst(lc));
	if (dm_rule_truth(rule, "exact"))
		foreach(lc, there)
			if (!dm_string_member(wanted, lfirst(lc)))
				extra = lappend(extra, lfirst(lc));
	if (missing != NIL && extra != NIL)
		*note = psprintf("missing: %s; not expected: %s", dm_quoted_list(missing),
						 dm_quoted_list(extra));
	else if (missing != NIL)
		*note = psprintf("missing: %s", dm_quoted_list(missing));
	else if (extra != NIL)
		*note = psprintf("not expected: %s", dm_quoted_list(extra));
	return list_length(missing) + list_length(extra);
}

/*
 * The relation whose column has the type that was promised: a port may cast what it shows, so
 * that its readers notice nothing of another type below.
 */
static Oid
typed_relation(const DmRule *rule)
{
	if (OidIsValid(rule->port) && get_attnum(rule->port, rule->column) > 0)
		return rule->port;
	return rule->relid;
}

/* *unknown tells that nobody can say: the contract names a type of another system. */
static int
measure_type(const DmRule *rule, char **note, bool *unknown)
{
	bool physical = strcmp(rule->metric->name, "physicalType") == 0;
	char *wanted = dm_rule_text(rule, "type");
	Oid relid = typed_relation(rule);
	AttrNumber attnum = get_attnum(relid, rule->column);
	const char *why = NULL;
	Oid type;
	int32 typmod;
	Oid collation;
	DmFit fit;

	if (attnum == InvalidAttrNumber)
	{
		*note = psprintf("there is no column \"%s\"", rule->column);
		return 1;
	}
	get_atttypetypmodcoll(relid, attnum, &type, &typmod, &collation);
	if (physical)
		fit = dm_fits_physical(wanted, get_rel_namespace(rule->relid), type, typmod, &why);
	else
		fit = dm_fits_logical(wanted, type, typmod, &why);
	if (fit == DM_FITS_NOT)
		*note = psprintf("the column has type %s", format_type_with_typemod(type, typmod));
	else if (why != NULL)
		*note = pstrdup(why);
	*unknown = fit == DM_FITS_UNKNOWN;
	return fit == DM_FITS_NOT;
}

void
dm_catalog_rule_measure(const DmRule *rule, DmMeasured *measured, char **note)
{
	const char *name = rule->metric->name;
	bool unknown = false;
	int count;

	if (strcmp(name, "present") == 0)
		count = measure_present(rule, note);
	else if (strcmp(name, "columns") == 0)
		count = measure_columns(rule, note);
	else
		count = measure_type(rule, note, &unknown);
	memset(measured, 0, sizeof(DmMeasured));
	measured->isnull = unknown;
	measured->measured = int64_to_numeric(count);
	measured->measured_text = psprintf("%d", count);
	measured->measured_type = NUMERICOID;
}
