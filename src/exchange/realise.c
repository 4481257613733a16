/*
 * realise.c
 *		Making a product as its contract says: ports, classification, descriptions.
 *
 * The contract may come before the data: what is not there yet is left out and told, and the
 * product is completed when its contract is published.  What belongs to others is refused.
 */
#include "postgres.h"

#include "access/genam.h"
#include "catalog/pg_class.h"
#include "commands/comment.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

#include "base/errors.h"
#include "base/finding.h"
#include "base/seen.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "base/words.h"
#include "catalog/column.h"
#include "catalog/listen.h"
#include "catalog/table.h"
#include "classify/label.h"
#include "compat/pg_compat.h"
#include "contract/locate.h"
#include "exchange/classification.h"
#include "exchange/realise.h"
#include "port/lift.h"
#include "port/port.h"
#include "port/viewtext.h"
#include "registry/lifecycle.h"
#include "registry/portrow.h"

/* An object of the contract whose relation is there. */
typedef struct Shown
{
	DmObject *object;
	Oid relid;
	List *columns; /* names of the relation's columns that the port shows; NIL for all */
	Oid view;	   /* its port */
} Shown;

typedef struct Realisation
{
	DmProduct *product;
	DmContract *contract;
	List **steps;
	List **findings;
	List *shown;
} Realisation;

void
dm_step_add(List **steps, const char *action, char *object, const char *fmt, ...)
{
	DmStep *step = palloc(sizeof(DmStep));

	step->action = action;
	step->object = object;
	step->detail = NULL;
	if (fmt != NULL)
	{
		va_list args;

		va_start(args, fmt);
		step->detail = dm_vpsprintf(fmt, args);
		va_end(args);
	}
	*steps = lappend(*steps, step);
}

static void
refuse_location(DmProduct *product, DmObject *object, DmLocation *location)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("object \"%s\" of the contract cannot be shown by product \"%s\"",
					object->name, product->label),
			 errdetail("%s", dm_location_problem(product->domain, object->physical_name, location)),
			 location->place == DM_PLACE_OUTSIDE ?
				 errhint("A product shows relations of its own domain. Use dm_alter_domain to give a schema to the domain.") :
				 errhint("Say which relation is meant by \"physicalName\", as in \"schema.relation\".")));
}

/* The column that stands for a property in a port: not the one in clear where it is encrypted. */
static char *
shown_column(DmProperty *property)
{
	return property->encrypted_name ? property->encrypted_name : property->physical_name;
}

/* The columns that the port of an object shows. */
static List *
object_columns(Realisation *r, DmObject *object, Oid relid)
{
	List *columns = NIL;
	ListCell *lc;

	foreach(lc, object->properties)
	{
		DmProperty *property = lfirst(lc);
		char *column = shown_column(property);

		CHECK_FOR_INTERRUPTS();
		if (get_attnum(relid, column) <= 0)
			dm_finding_add(r->findings, "import", DM_WARNING, property->pointer,
						   "relation %s has no column \"%s\"", dm_relation_sql(relid), column);
		else if (dm_string_member(columns, column))
			dm_finding_add(r->findings, "import", DM_WARNING, property->pointer,
						   "column \"%s\" is the column of another property, too", column);
		else
			columns = lappend(columns, column);
	}
	return columns;
}

/* Extra columns are no breach, but nobody gets to see them. */
static void
tell_other_columns(Realisation *r, Shown *shown)
{
	List *others = NIL;
	ListCell *lc;

	foreach(lc, dm_column_names(shown->relid))
		if (!dm_string_member(shown->columns, lfirst(lc)))
			others = lappend(others, lfirst(lc));
	if (others != NIL)
		dm_finding_add(r->findings, "import", DM_INFO, shown->object->pointer,
					   "the port does not show what the contract does not name: %s of relation %s",
					   dm_quoted_list(others), dm_relation_sql(shown->relid));
}

static void
look_up_object(Realisation *r, DmObject *object)
{
	DmDomain *domain = r->product->domain;
	DmLocation location;
	Shown *shown;

	dm_object_locate(domain, r->contract, object, &location);
	if (location.place == DM_PLACE_MISSING)
	{
		dm_finding_add(r->findings, "import", DM_WARNING, object->pointer, "%s",
					   dm_location_problem(domain, object->physical_name, &location));
		return;
	}
	if (location.place != DM_PLACE_FOUND)
		refuse_location(r->product, object, &location);
	shown = palloc0(sizeof(Shown));
	shown->object = object;
	shown->relid = location.relid;
	shown->columns = object_columns(r, object, location.relid);
	/* an object that names no columns promises none, and shows all */
	if (shown->columns == NIL && object->properties != NIL)
		return;
	if (shown->columns != NIL)
		tell_other_columns(r, shown);
	r->shown = lappend(r->shown, shown);
}

/* Two objects must not become one port. */
static void
check_names(DmContract *contract)
{
	DmSeen *names = dm_seen_create();
	ListCell *lc;

	foreach(lc, contract->objects)
	{
		DmObject *object = lfirst(lc);
		char *name = dm_contract_port_name(object->name);

		CHECK_FOR_INTERRUPTS();
		if (dm_seen(names, name, object) != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_DM_DOCUMENT),
					 errmsg("two objects of the contract would be port \"%s\"", name),
					 errdetail("The name of a port is that of the object in lower case, with underscores for what is neither letter nor digit.")));
	}
}

/*
 * The text of a COMMENT, which pg_dump writes out: what does not differ is not written, to
 * leave the row as it is.
 */
static bool
set_comment(Oid view, AttrNumber attnum, const char *comment)
{
	char *before;

	if (comment == NULL)
		return false;
	before = GetComment(view, RelationRelationId, attnum);
	if (before != NULL && strcmp(before, comment) == 0)
		return false;
	CreateComments(view, RelationRelationId, attnum, comment);
	return true;
}

static void
comment_port(Realisation *r, Shown *shown)
{
	int count = set_comment(shown->view, 0, shown->object->description) ? 1 : 0;
	ListCell *lc;

	foreach(lc, shown->object->properties)
	{
		DmProperty *property = lfirst(lc);
		AttrNumber attnum = get_attnum(shown->view, shown_column(property));

		if (attnum > 0 && set_comment(shown->view, attnum, property->description))
			count++;
	}
	if (count > 0)
		dm_step_add(r->steps, "comment", get_rel_name(shown->view),
					"%d descriptions of port and columns", count);
}

/* True if the port shows these columns of the relation already. */
static bool
is_as_shown(Shown *shown)
{
	List *columns = shown->columns ? shown->columns : dm_column_names(shown->relid);
	Oid source;
	List *present = dm_port_columns(shown->view, &source);
	ListCell *lc;
	ListCell *lp;

	if (source != shown->relid || list_length(present) != list_length(columns))
		return false;
	forboth(lc, columns, lp, present)
	{
		DmPortColumn *column = lfirst(lp);

		if (strcmp(get_attname(source, column->attnum, false), lfirst(lc)) != 0)
			return false;
	}
	return true;
}

static void
make_port(Realisation *r, Shown *shown)
{
	DmProduct *product = r->product;
	Oid view = dm_contract_port(product->id, shown->object->name);
	int count = list_length(shown->columns ? shown->columns : dm_column_names(shown->relid));

	shown->view = view;
	if (!OidIsValid(view))
	{
		shown->view = dm_port_create(product, shown->relid,
									 dm_contract_port_name(shown->object->name), shown->columns);
		dm_step_add(r->steps, "add port", get_rel_name(shown->view), "shows %d column%s of %s", count,
					count == 1 ? "" : "s", dm_relation_sql(shown->relid));
	}
	else if (!is_as_shown(shown))
	{
		dm_lift_check_shown(view);
		shown->view = dm_port_change(product, view, shown->relid, shown->columns);
		dm_step_add(r->steps, "change port", get_rel_name(shown->view), "shows %d column%s of %s",
					count, count == 1 ? "" : "s", dm_relation_sql(shown->relid));
	}
	comment_port(r, shown);
}

/* Ports that somebody added by hand stay, but nothing is promised of them. */
static void
tell_other_ports(Realisation *r, List *wanted)
{
	ListCell *lc;

	foreach(lc, dm_port_views(r->product->id))
		if (!list_member_oid(wanted, lfirst_oid(lc)))
			dm_finding_add(r->findings, "import", DM_INFO, "",
						   "port \"%s\" is not in the contract", get_rel_name(lfirst_oid(lc)));
}

/* Ports of objects that the last contract had and this one has not. */
static void
drop_ports(Realisation *r, DmContract *before)
{
	List *wanted = NIL;
	ListCell *lc;

	foreach(lc, r->contract->objects)
	{
		CHECK_FOR_INTERRUPTS();
		wanted = list_append_unique_oid(wanted,
										dm_contract_port(r->product->id,
														 ((DmObject *) lfirst(lc))->name));
	}
	foreach(lc, before ? before->objects : NIL)
	{
		Oid view = dm_contract_port(r->product->id, ((DmObject *) lfirst(lc))->name);

		if (!OidIsValid(view) || list_member_oid(wanted, view))
			continue;
		dm_step_add(r->steps, "drop port", get_rel_name(view), NULL);
		dm_port_drop(r->product, view, false);
	}
	tell_other_ports(r, wanted);
}

static void
describe_product(Realisation *r)
{
	DmProduct *product = r->product;
	DmRow row;

	if (r->contract->purpose == NULL ||
		(product->description != NULL && strcmp(product->description, r->contract->purpose) == 0))
		return;
	dm_row_init(&row);
	dm_row_set_text(&row, Anum_dm_product_description, r->contract->purpose);
	dm_product_update(product, &row);
	product->description = pstrdup(r->contract->purpose);
	dm_step_add(r->steps, "describe product", product->label, NULL);
}

static void
classify_shown(Realisation *r)
{
	ListCell *lc;

	foreach(lc, r->shown)
	{
		Shown *shown = lfirst(lc);
		ListCell *lp;

		foreach(lp, shown->object->properties)
			dm_property_classify(lfirst(lp), shown->relid, r->steps, r->findings);
	}
}

void
dm_realise(DmProduct *product, DmContract *contract, DmContract *before, List **steps,
		   List **findings)
{
	Realisation r = { product, contract, steps, findings, NIL };
	ListCell *lc;

	check_names(contract);
	foreach(lc, contract->objects)
	{
		CHECK_FOR_INTERRUPTS();
		look_up_object(&r, lfirst(lc));
	}
	describe_product(&r);
	/* ports that are made afterwards need not follow */
	classify_shown(&r);
	drop_ports(&r, before);
	foreach(lc, r.shown)
	{
		CHECK_FOR_INTERRUPTS();
		make_port(&r, lfirst(lc));
	}
	if (product->status == DM_PROPOSED && dm_port_views(product->id) != NIL &&
		dm_contract_is_located(product->domain, contract))
		dm_lifecycle_step(product, DM_DRAFT, NULL);
}

void
dm_realise_survey(DmProduct *product, DmContract *contract, List **findings)
{
	Realisation r = { product, contract, NULL, findings, NIL };
	List *wanted = NIL;
	ListCell *lc;

	foreach(lc, contract->objects)
	{
		DmObject *object = lfirst(lc);
		DmLocation location;
		Shown shown = { object, InvalidOid, NIL, InvalidOid };
		ListCell *lp;

		CHECK_FOR_INTERRUPTS();
		wanted = lappend_oid(wanted, dm_contract_port(product->id, object->name));
		dm_object_locate(product->domain, contract, object, &location);
		if (location.place != DM_PLACE_FOUND)
			continue;
		foreach(lp, object->properties)
		{
			dm_property_survey(lfirst(lp), location.relid, findings);
			shown.columns = lappend(shown.columns, shown_column(lfirst(lp)));
		}
		shown.relid = location.relid;
		if (shown.columns != NIL)
			tell_other_columns(&r, &shown);
	}
	tell_other_ports(&r, wanted);
}

/* Relations that the contract will have labelled, before any lock: at worst one too few. */
static bool
wants_labels(DmObject *object, Oid relid)
{
	ListCell *lc;

	foreach(lc, object->properties)
		if (dm_property_missing_tags(lfirst(lc), relid) != NIL)
			return true;
	return false;
}

/* Locks the domain and those of the ports that show something of the relations, by number. */
static void
lock_domains(DmDomain *domain, List *relids)
{
	List *ids = list_make1_oid((Oid) domain->id);
	ListCell *lc;

	foreach(lc, relids)
	{
		ListCell *lp;

		foreach(lp, dm_ports_showing(lfirst_oid(lc)))
		{
			DmProduct *product = dm_product_get_by_id(dm_port_product(lfirst_oid(lp)));

			ids = list_append_unique_oid(ids, (Oid) product->domain->id);
		}
	}
	list_sort(ids, list_oid_cmp);
	foreach(lc, ids)
		dm_table_lock(DM_DOMAIN, lfirst_oid(lc), ExclusiveLock);
}

void
dm_realise_lock(DmDomain *domain, DmContract *contract)
{
	List *lineage = NIL;
	List *labelled = NIL;
	ListCell *lc;

	foreach(lc, contract->objects)
	{
		DmObject *object = lfirst(lc);
		DmLocation location;

		dm_object_locate(domain, contract, object, &location);
		if (location.place != DM_PLACE_FOUND)
			continue;
		lineage = list_concat_unique_oid(lineage, dm_lineage(location.relid));
		/* who may not label it shall not hold anybody up */
		if (wants_labels(object, location.relid) &&
			dm_class_ownercheck(location.relid, GetUserId()))
			labelled = list_append_unique_oid(labelled, location.relid);
	}
	dm_table_lock(DM_TAG, 0, ShareLock);
	/* all of them in one go and in one mode, so that two imports cannot deadlock */
	dm_lineage_lock(lineage, labelled != NIL ? ExclusiveLock : ShareLock);
	lock_domains(domain, labelled);
	if (labelled != NIL)
		dm_announce_classifying(labelled);
}
