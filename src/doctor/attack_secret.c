/*
 * attack_secret.c
 *		What an attack looks for: values of the classified columns behind a product's ports.
 *
 * They are read as the domain's owner, from whom nothing is hidden.  A value that a mask leaves as
 * it is says nothing when it is seen; where that is nearly all of them, the mask hides nothing.
 * Nor does one that the ports show openly in a column without a tag, such as a common date.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "base/sqlname.h"
#include "base/strings.h"
#include "catalog/column.h"
#include "classify/label.h"
#include "classify/maskspec.h"
#include "classify/tag.h"
#include "doctor/attack.h"
#include "port/viewtext.h"
#include "registry/portrow.h"

/* Values that are looked for, of each column; rows among which they are found. */
#define MAX_VALUES 20
#define MAX_ROWS   1000

/* The tags of a column that hide it: those with a mask, and those that nobody knows. */
static List *
hiding_tags(Oid relid, AttrNumber attnum)
{
	List *result = NIL;
	ListCell *lc;

	foreach(lc, dm_column_tags(relid, attnum))
	{
		char *tag = lfirst(lc);

		if (dm_tag_get(tag, true) == NULL || dm_tag_mask(tag) != NULL)
			result = lappend(result, tag);
	}
	return result;
}

static void
keep_value(const char *value, int column, void *arg)
{
	List **values = arg;

	*values = lappend(*values, pstrdup(value));
}

/* Appends the distinct values of an expression over a column, of the relation's first rows. */
static List *
sample(DmReader owner, Oid relid, const char *column, const char *expression, List *values)
{
	char *sql = psprintf("SELECT DISTINCT (%s)::pg_catalog.text FROM (SELECT %s FROM %s LIMIT %d) s",
						 expression, column, dm_relation_sql(relid), MAX_ROWS);

	(void) dm_attack_run(owner, sql, keep_value, &values);
	return values;
}

/* The column's values under the masks of its tags. */
static List *
masked_values(DmReader owner, DmSecret *secret, const char *column)
{
	Oid typid;
	int32 typmod;
	Oid collation;
	List *result = NIL;
	ListCell *lc;

	get_atttypetypmodcoll(secret->relid, secret->attnum, &typid, &typmod, &collation);
	foreach(lc, secret->tags)
	{
		char *spec = dm_tag_get(lfirst(lc), true) != NULL ? dm_tag_mask(lfirst(lc)) : NULL;
		char *why;
		char *expression;

		if (spec == NULL || dm_mask_is_null(spec))
			continue;
		expression = dm_mask_expression(spec, column, typid, typmod, &why);
		if (expression != NULL)
			result = sample(owner, secret->relid, column, expression, result);
	}
	return result;
}

/* Reads the values; false if there are none. */
static bool
read_values(DmReader owner, DmSecret *secret)
{
	const char *column = quote_identifier(get_attname(secret->relid, secret->attnum, false));
	List *values;
	List *masked;
	ListCell *lc;

	values = list_truncate(sample(owner, secret->relid, column, column, NIL), MAX_VALUES);
	masked = masked_values(owner, secret, column);
	secret->total = list_length(values);
	foreach(lc, values)
	{
		if (dm_string_member(masked, lfirst(lc)))
			secret->unchanged++;
		else
			secret->values = lappend(secret->values, lfirst(lc));
	}
	return values != NIL;
}

static List *
secrets_of(DmReader owner, Oid relid)
{
	List *result = NIL;
	int natts = dm_column_count(relid);

	for (AttrNumber attnum = 1; attnum <= natts; attnum++)
	{
		char *column = get_attname(relid, attnum, true);
		List *tags = column != NULL ? hiding_tags(relid, attnum) : NIL;
		DmSecret *secret;

		CHECK_FOR_INTERRUPTS();
		if (tags == NIL)
			continue;
		secret = palloc0(sizeof(DmSecret));
		secret->relid = relid;
		secret->attnum = attnum;
		secret->name = psprintf("%s.%s", dm_relation_sql(relid), quote_identifier(column));
		secret->tags = tags;
		if (read_values(owner, secret))
			result = lappend(result, secret);
	}
	return result;
}

/* What a port shows in columns that nothing hides. */
static List *
open_values(DmReader owner, Oid view, List *values)
{
	Oid source;
	ListCell *lc;

	foreach(lc, dm_port_columns(view, &source))
	{
		AttrNumber attnum = ((DmPortColumn *) lfirst(lc))->attnum;
		const char *column = quote_identifier(get_attname(source, attnum, false));

		if (hiding_tags(source, attnum) == NIL)
			values = sample(owner, source, column, column, values);
	}
	return values;
}

static void
leave_out(DmSecret *secret, List *values)
{
	List *left = NIL;
	ListCell *lc;

	foreach(lc, secret->values)
		if (!dm_string_member(values, lfirst(lc)))
			left = lappend(left, lfirst(lc));
	secret->values = left;
}

List *
dm_attack_secrets(DmProduct *product)
{
	DmReader owner = { product->domain->owner, NULL };
	List *relids = NIL;
	List *shown = NIL;
	List *result = NIL;
	ListCell *lc;

	foreach(lc, dm_port_views(product->id))
	{
		Oid source = dm_port_source(lfirst_oid(lc));

		if (OidIsValid(source))
			relids = list_concat_unique_oid(relids, dm_lineage(source));
		shown = open_values(owner, lfirst_oid(lc), shown);
	}
	foreach(lc, relids)
		if (get_rel_name(lfirst_oid(lc)) != NULL)
			result = list_concat(result, secrets_of(owner, lfirst_oid(lc)));
	foreach(lc, result)
		leave_out(lfirst(lc), shown);
	return result;
}
