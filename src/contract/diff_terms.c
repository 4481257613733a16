/*
 * diff_terms.c
 *		The comparison of the terms: servers, roles, support, price, team.
 */
#include "postgres.h"

#include "base/json.h"
#include "contract/diff_rule.h"

static const char *const server_keys[] = {
	"id", "server", "type", "description", "environment", "customProperties", "roles", NULL
};
static const char *const role_keys[] = { "id", "role", "access", NULL };
static const char *const support_keys[] = { "id", "channel", "url", NULL };
static const char *const price_keys[] = { "priceAmount", "priceCurrency", "priceUnit", NULL };
static const char *const team_keys[] = { "members", NULL };

static const char *
server_id(const void *server)
{
	return ((const DmServer *) server)->id;
}

static const char *
server_name(const void *server)
{
	return ((const DmServer *) server)->server;
}

static const char *
role_id(const void *role)
{
	return ((const DmRole *) role)->id;
}

static const char *
role_name(const void *role)
{
	return ((const DmRole *) role)->role;
}

static const char *
support_id(const void *support)
{
	return ((const DmSupport *) support)->id;
}

static const char *
support_name(const void *support)
{
	return ((const DmSupport *) support)->channel;
}

static const char *
member_id(const void *member)
{
	return ((const DmMember *) member)->id;
}

static const char *
member_name(const void *member)
{
	return ((const DmMember *) member)->username;
}

/* --- roles --- */

static int
access_rank(const char *access)
{
	static const char *const ranks[] = { "read", "write", "readwrite", "admin" };

	for (int i = 0; access != NULL && i < lengthof(ranks); i++)
		if (pg_strcasecmp(ranks[i], access) == 0)
			return i;
	return -1;
}

static void
diff_role(DmDiff *diff, const char *path, DmRole *old, DmRole *new)
{
	int from = access_rank(old->access);
	int to = access_rank(new->access);
	bool wider = old->access == NULL || (from >= 0 && to > from);

	if (!dm_same_text(old->role, new->role))
		dm_diff_note(diff, path, "renamed", old->role, new->role, DM_IMPACT_ALL,
					 "who has the old role is not meant any more");
	dm_diff_text(diff, path, "access", old->access, new->access,
				 wider ? DM_IMPACT_ADDS : DM_IMPACT_ALL,
				 wider ? "the role may do more" : "the role may do less, or something else");
	dm_diff_describe(diff, path, old->node, new->node, role_keys);
}

static void
diff_roles(DmDiff *diff, const char *path, List *old_list, List *new_list)
{
	ListCell *lc;

	foreach(lc, dm_diff_match(old_list, new_list, role_id, role_name))
	{
		DmPair *pair = lfirst(lc);
		const char *name = role_name(pair->old ? pair->old : pair->new);
		char *place = dm_pointer(path, name ? name : "");

		if (pair->old == NULL)
			dm_diff_note(diff, place, "added", NULL, name, DM_IMPACT_ADDS, "a role more");
		else if (pair->new == NULL)
			dm_diff_note(diff, place, "removed", name, NULL, DM_IMPACT_ALL,
						 "who has the role loses his access");
		else
			diff_role(diff, place, pair->old, pair->new);
	}
}

/* --- servers --- */

/* What is not said of the server itself says where the data are. */
static void
diff_server(DmDiff *diff, const char *path, DmServer *old, DmServer *new)
{
	dm_diff_text(diff, path, "server", old->server, new->server, DM_IMPACT_ADDS,
				 "the ports keep their names");
	dm_diff_text(diff, path, "type", old->type, new->type, DM_IMPACT_ALL,
				 "another kind of server is spoken to in another way");
	dm_diff_text(diff, path, "environment", old->environment, new->environment, DM_IMPACT_ADDS,
				 "the server serves another environment");
	diff_roles(diff, dm_pointer(path, "roles"), old->roles, new->roles);
	dm_diff_json(diff, path, old->node, new->node, server_keys, DM_IMPACT_ADDS,
				 "the server moved; the ports keep their names");
	dm_diff_text(diff, path, "description", old->description, new->description, DM_IMPACT_NONE,
				 "describes, promises nothing");
}

static void
diff_servers(DmDiff *diff)
{
	ListCell *lc;

	foreach(lc, dm_diff_match(diff->old->servers, diff->new->servers, server_id, server_name))
	{
		DmPair *pair = lfirst(lc);
		DmServer *any = pair->old ? pair->old : pair->new;
		char *path = dm_pointer("/servers", any->server ? any->server : "");

		if (pair->old == NULL)
			dm_diff_note(diff, path, "added", NULL, any->type, DM_IMPACT_ADDS, "a server more");
		else if (pair->new == NULL)
			dm_diff_note(diff, path, "removed", any->type, NULL, DM_IMPACT_ALL,
						 "who reads there finds nothing");
		else
			diff_server(diff, path, pair->old, pair->new);
	}
}

/* --- support, price, team --- */

static void
diff_support(DmDiff *diff)
{
	ListCell *lc;

	foreach(lc, dm_diff_match(diff->old->support, diff->new->support, support_id, support_name))
	{
		DmPair *pair = lfirst(lc);
		DmSupport *old = pair->old;
		DmSupport *new = pair->new;
		const char *name = support_name(old ? old : new);
		char *path = dm_pointer("/support", name ? name : "");

		if (old == NULL)
			dm_diff_note(diff, path, "added", NULL, name, DM_IMPACT_ADDS, "support in a place more");
		else if (new == NULL)
			dm_diff_note(diff, path, "removed", name, NULL,
						 diff->new->support == NIL ? DM_IMPACT_ALL : DM_IMPACT_ADDS, "%s",
						 diff->new->support == NIL ? "support ended" :
													 "support goes on in other places");
		else
		{
			dm_diff_text(diff, path, "channel", old->channel, new->channel, DM_IMPACT_ADDS,
						 "support goes on in another place");
			dm_diff_text(diff, path, "url", old->url, new->url, DM_IMPACT_ADDS,
						 "support goes on in another place");
			dm_diff_describe(diff, path, old->node, new->node, support_keys);
		}
	}
}

static void
diff_price(DmDiff *diff)
{
	DmContract *old = diff->old;
	DmContract *new = diff->new;
	const char *from = old->price_amount ? old->price_amount : "0";
	const char *to = new->price_amount ? new->price_amount : "0";
	bool both = old->price_amount != NULL && new->price_amount != NULL;
	DmImpact impact = DM_IMPACT_ALL;
	const char *reason = "the price, which cannot be compared";
	JsonbContainer *old_node = NULL;
	JsonbContainer *new_node = NULL;
	int order;

	dm_diff_text(diff, "/price", "priceCurrency", old->price_currency, new->price_currency,
				 both ? DM_IMPACT_ALL : DM_IMPACT_NONE,
				 both ? "prices in another currency cannot be compared" : "belongs to the price");
	dm_diff_text(diff, "/price", "priceUnit", old->price_unit, new->price_unit,
				 both ? DM_IMPACT_ALL : DM_IMPACT_NONE,
				 both ? "something else is paid for" : "belongs to the price");
	if (dm_compare_bounds(from, to, &order))
	{
		impact = order < 0 ? DM_IMPACT_ALL : DM_IMPACT_NONE;
		reason = order < 0 ? "a higher price" : order > 0 ? "a lower price" :
															"the same price";
	}
	dm_diff_text(diff, "/price", "priceAmount", old->price_amount, new->price_amount, impact,
				 reason);
	dm_json_object(&old->document->root, "price", &old_node);
	dm_json_object(&new->document->root, "price", &new_node);
	dm_diff_describe(diff, "/price", old_node, new_node, price_keys);
}

/* A list before 3.1, an object since then: the same members. */
static void
diff_team(DmDiff *diff)
{
	JsonbContainer *old_node = NULL;
	JsonbContainer *new_node = NULL;
	ListCell *lc;

	dm_json_object(&diff->old->document->root, "team", &old_node);
	dm_json_object(&diff->new->document->root, "team", &new_node);
	dm_diff_describe(diff, "/team", old_node, new_node, team_keys);
	foreach(lc, dm_diff_match(diff->old->members, diff->new->members, member_id, member_name))
	{
		DmPair *pair = lfirst(lc);
		const char *name = member_name(pair->old ? pair->old : pair->new);
		char *path = dm_pointer("/team/members", name ? name : "");

		if (pair->old == NULL || pair->new == NULL)
			dm_diff_note(diff, path, dm_diff_change(pair->old, pair->new), pair->old ? name : NULL,
						 pair->new ? name : NULL, DM_IMPACT_NONE, "describes, promises nothing");
		else
			dm_diff_describe(diff, path, ((DmMember *) pair->old)->node,
							 ((DmMember *) pair->new)->node, NULL);
	}
}

void
dm_diff_terms(DmDiff *diff)
{
	diff_servers(diff);
	diff_roles(diff, "/roles", diff->old->roles, diff->new->roles);
	diff_support(diff);
	diff_price(diff);
	diff_team(diff);
}
