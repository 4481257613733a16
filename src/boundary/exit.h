/*
 * exit.h
 *		Side exits: objects that hand out what a domain holds, other than by its ports.
 *
 * A view runs with its owner's rights, a materialised view keeps what its owner read, a
 * SECURITY DEFINER function runs as its owner: each of them, made by somebody inside a domain
 * and opened to somebody outside, is a door beside the ports.
 */
#ifndef DM_BOUNDARY_EXIT_H
#define DM_BOUNDARY_EXIT_H

#include "catalog/objectaddress.h"
#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"
#include "utils/acl.h"
#include "utils/array.h"

#include "catalog/command.h"
#include "registry/domain.h"

/* One way in which an object hands out what a domain holds. */
typedef struct DmExit
{
	DmDomain *domain;
	AclMode privileges; /* who holds one of these on the object uses it */
	bool owner_too;		/* so does the object's owner: it holds data, and not only rights */
	char *how;			/* a sentence on it */
} DmExit;

/* The ways out that a relation is, that a function is, and that a publication is. */
extern List *dm_relation_exits(Oid relid);
extern List *dm_function_exits(Oid funcid);
extern List *dm_publication_exits(Oid publication);

/* Warns of publications that have a classified column of one of the relations. */
extern void dm_publication_warn(List *relids);

/* The domain that a relation belongs to, by its schema or its family; NULL for none. */
extern DmDomain *dm_relation_domain(Oid relid);

/* A column that carries a tag with a mask, among these (NULL: all); NULL if there is none. */
extern char *dm_guarded_column(Oid relid, Bitmapset *among);

/* A way out that somebody outside may use. */
typedef struct DmOpenExit
{
	ObjectAddress object;
	DmExit *exit;
	Oid role; /* ACL_ID_PUBLIC for everybody, and for the subscribers of a publication */
} DmOpenExit;

/*
 * The open ones among the ways out of a relation, function or publication: those that a role
 * outside of the domain may use.
 */
extern List *dm_object_exits(const ObjectAddress *object);

/* The open ones that lead through foreign servers. */
extern List *dm_server_exits(void);

/* Fails for the first of the open exits that nobody has accepted. */
extern void dm_refuse_exits(List *open);

/*
 * The relations and functions, as ObjectAddresses, that may hand out something else since these
 * objects (DmTouched) were touched: what reads or calls them, to any depth, and they themselves.
 */
extern List *dm_exit_dependents(List *touched);

/* The relations that the actions of a relation's rules write into. */
extern List *dm_rule_targets(Oid relid);

/* The functions of a relation's own triggers; *names are the triggers'. */
extern List *dm_trigger_functions(Oid relid, List **names);

/*
 * For commands on many relations: what there is in the database at all, found once, lets most of
 * them be passed over.
 */
typedef struct DmExitSurvey
{
	bool writers;  /* rules that write somewhere */
	bool children; /* inheritance */
	bool copies;   /* relations with a label of their own */
} DmExitSurvey;

extern void dm_exit_survey(DmExitSurvey *survey);

/* True if a relation surely hands out nothing but its own rows. */
extern bool dm_is_plain(Oid relid, DmExitSurvey *survey);

/* The owner of a relation or a function; InvalidOid if it is gone. */
extern Oid dm_owner_of(Oid classid, Oid objid);

/* True if a role is not of the domain; ACL_ID_PUBLIC and roles that are gone included. */
extern bool dm_is_outside(DmDomain *domain, Oid roleid);

/* For the lists of commands' listeners. */
extern void dm_exit_after(DmCommand *command);
extern void dm_exit_reassigned(DmCommand *command);

extern void dm_exit_init(void);

#endif /* DM_BOUNDARY_EXIT_H */
