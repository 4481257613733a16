/*
 * lowering.c
 *		Who may lower what guards a relation that ports show.
 *
 * Classification knows neither ports nor agreements, so it announces what it is about to lower and
 * the check is made here.  The caller has the locks that its change needs anyway; the
 * domains' among them keep agreements from being made in between.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "base/strings.h"
#include "catalog/column.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/label.h"
#include "port/lift.h"
#include "port/lowering.h"
#include "port/port.h"
#include "registry/portrow.h"

/*
 * The ports that show something of the relations; or will, when the transaction ends: those that
 * are lifted come back with what guards their columns then.
 */
static List *
ports_of(List *relids)
{
	List *views;
	ListCell *lc;

	if (!OidIsValid(dm_catalog_schema()))
		return NIL;
	views = dm_lifted_ports();
	foreach(lc, relids)
		views = list_concat_unique_oid(views, dm_ports_showing(lfirst_oid(lc)));
	return views;
}

/* Checks the product of each port, once. */
static void
check_products(List *views, const char *change, DmProfits profits, void *arg)
{
	List *checked = NIL; /* the port that stands for each product */
	ListCell *lc;

	foreach(lc, views)
	{
		int64 product = dm_port_product(lfirst_oid(lc));
		Oid first = linitial_oid(dm_port_views(product));

		if (list_member_oid(checked, first))
			continue;
		checked = lappend_oid(checked, first);
		dm_separation_check(product, change, profits, arg);
	}
}

void
dm_lowering_check(List *relids, const char *change, DmProfits profits, void *arg)
{
	if (!superuser())
		check_products(ports_of(relids), change, profits, arg);
}

/* True if a column of the port is governed by one of the tags. */
static bool
shows_tags(Oid view, List *tags)
{
	int natts = dm_column_count(view);

	for (AttrNumber attnum = 1; attnum <= natts; attnum++)
	{
		ListCell *lc;

		foreach(lc, dm_column_tags(view, attnum))
			if (dm_string_member(tags, lfirst(lc)))
				return true;
	}
	return false;
}

static void
tags_lowered(List *relids, List *tags, const char *change, bool relabelled)
{
	List *lifted = dm_lifted_ports();
	List *views = NIL;
	ListCell *lc;

	if (superuser())
		return;
	foreach(lc, ports_of(relids))
		if (list_member_oid(lifted, lfirst_oid(lc)) || shows_tags(lfirst_oid(lc), tags))
			views = lappend_oid(views, lfirst_oid(lc));
	check_products(views, change, dm_profits_by_tags, tags);
}

void
dm_lowering_init(void)
{
	dm_listen_lowered(tags_lowered);
}
