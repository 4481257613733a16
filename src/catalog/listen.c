/*
 * listen.c
 *		How a lower layer tells higher ones that something changed.
 */
#include "postgres.h"

#include "catalog/listen.h"

#define MAX_LISTENERS 64

static struct
{
	DmEvent event;
	DmListener listener;
} listeners[MAX_LISTENERS];
static int nlisteners = 0;

void
dm_listen(DmEvent event, DmListener listener)
{
	if (nlisteners >= MAX_LISTENERS)
		elog(FATAL, "too many listeners");
	listeners[nlisteners].event = event;
	listeners[nlisteners].listener = listener;
	nlisteners++;
}

void
dm_announce(DmEvent event, int64 id)
{
	for (int i = 0; i < nlisteners; i++)
		if (listeners[i].event == event)
			listeners[i].listener(event, id);
}

#define MAX_CLASSIFIED_LISTENERS 8

static DmRelationsListener before_classified[MAX_CLASSIFIED_LISTENERS];
static DmRelationsListener after_classified[MAX_CLASSIFIED_LISTENERS];
static int nclassified = 0;

void
dm_listen_classified(DmRelationsListener before, DmRelationsListener after)
{
	if (nclassified >= MAX_CLASSIFIED_LISTENERS)
		elog(FATAL, "too many listeners");
	before_classified[nclassified] = before;
	after_classified[nclassified] = after;
	nclassified++;
}

void
dm_announce_classifying(List *relids)
{
	for (int i = 0; i < nclassified; i++)
		if (before_classified[i] != NULL)
			before_classified[i](relids);
}

void
dm_announce_classified(List *relids)
{
	for (int i = 0; relids != NIL && i < nclassified; i++)
		if (after_classified[i] != NULL)
			after_classified[i](relids);
}

#define MAX_LOWERED 4

static DmLoweredListener lowered[MAX_LOWERED];
static int nlowered = 0;

void
dm_listen_lowered(DmLoweredListener listener)
{
	if (nlowered >= MAX_LOWERED)
		elog(FATAL, "too many listeners");
	lowered[nlowered++] = listener;
}

void
dm_announce_lowered(List *relids, List *tags, const char *change, bool relabelled)
{
	if (relids == NIL || tags == NIL)
		return;
	for (int i = 0; i < nlowered; i++)
		lowered[i](relids, tags, change, relabelled);
}

#define MAX_REMOVAL_LISTENERS 8

static DmRemovalListener removal_listeners[MAX_REMOVAL_LISTENERS];
static int nremoval_listeners = 0;

void
dm_listen_removal(DmRemovalListener listener)
{
	if (nremoval_listeners >= MAX_REMOVAL_LISTENERS)
		elog(FATAL, "too many listeners");
	removal_listeners[nremoval_listeners++] = listener;
}

List *
dm_announce_removal(bool dry_run)
{
	List *statements = NIL;

	for (int i = 0; i < nremoval_listeners; i++)
		statements = list_concat(statements, removal_listeners[i](dry_run));
	return statements;
}

#define MAX_BOUNDARY_LISTENERS 4

static DmBoundaryListener boundary_listeners[MAX_BOUNDARY_LISTENERS];
static int nboundary = 0;

void
dm_listen_boundary(DmBoundaryListener listener)
{
	if (nboundary >= MAX_BOUNDARY_LISTENERS)
		elog(FATAL, "too many listeners");
	boundary_listeners[nboundary++] = listener;
}

void
dm_announce_boundary(DmBoundaryEvent event, int64 domain_id, Oid oid)
{
	for (int i = 0; i < nboundary; i++)
		boundary_listeners[i](event, domain_id, oid);
}
