/*
 * lint_terms.c
 *		Semantic checks of team, roles, servers, support and price.
 */
#include "postgres.h"

#include "base/json.h"
#include "contract/isotime.h"
#include "contract/lint_part.h"

static const char *const tools[] = { "email", "slack", "teams", "discord",
									 "ticket", "googlechat", "other" };
static const char *const scopes[] = { "interactive", "announcements", "issues", "notifications" };

static bool
is_member(const char *word, const char *const *words, int count)
{
	for (int i = 0; i < count; i++)
		if (pg_strcasecmp(word, words[i]) == 0)
			return true;
	return false;
}

/* a scheme, a colon, and no blank behind it */
static bool
looks_like_url(const char *url)
{
	size_t scheme = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
								"0123456789+.-");

	return scheme > 0 && url[scheme] == ':' && url[scheme + 1] != '\0' &&
		   url[strcspn(url, " \t\r\n")] == '\0';
}

/* one @ with something before it and behind it */
static bool
looks_like_email(const char *email)
{
	const char *at = strchr(email, '@');

	return at != NULL && at > email && at[1] != '\0' && strchr(at + 1, '@') == NULL &&
		   email[strcspn(email, " \t\r\n")] == '\0';
}

static void
check_url(DmLint *lint, const char *pointer, const char *key, const char *url)
{
	if (url == NULL)
		return;
	if (pg_strncasecmp(url, "mailto:", 7) == 0)
	{
		if (!looks_like_email(url + 7))
			dm_lint_warning(lint, dm_pointer(pointer, key), "\"%s\" is no address of mail", url);
	}
	else if (!looks_like_url(url))
		dm_lint_warning(lint, dm_pointer(pointer, key), "\"%s\" is no URL", url);
}

static void
check_support(DmLint *lint)
{
	ListCell *lc;

	foreach(lc, lint->contract->support)
	{
		DmSupport *support = lfirst(lc);
		bool email = support->tool != NULL && pg_strcasecmp(support->tool, "email") == 0;

		/* an address alone is what people write for mail */
		if (!email || support->url == NULL || !looks_like_email(support->url))
			check_url(lint, support->pointer, "url", support->url);
		check_url(lint, support->pointer, "invitationUrl", support->invitation_url);
		if (support->tool != NULL && !is_member(support->tool, tools, lengthof(tools)))
			dm_lint_info(lint, dm_pointer(support->pointer, "tool"),
						 "\"%s\" is no tool that the standard names", support->tool);
		if (support->scope != NULL && !is_member(support->scope, scopes, lengthof(scopes)))
			dm_lint_info(lint, dm_pointer(support->pointer, "scope"),
						 "\"%s\" is no scope that the standard names", support->scope);
	}
}

/*
 * Members of whom it is known whether they were replaced in a loop.  Each is
 * walked through once, so that a long chain costs no more than its length.
 */
typedef enum Chain
{
	UNKNOWN,
	ON_THE_WAY,
	ENDS,
	LOOPS,
} Chain;

typedef struct Place
{
	DmMember *member;
	Chain chain;
} Place;

/* follows a chain from its start; what it meets on the way that is not known yet gets known */
static void
follow_chain(DmSeen *places, Place *start)
{
	Place *place = start;
	Place *loop = NULL;

	while (place != NULL && place->chain == UNKNOWN)
	{
		place->chain = ON_THE_WAY;
		place = place->member->replaced_by != NULL ?
					dm_seen_find(places, place->member->replaced_by) :
					NULL;
	}
	if (place != NULL && place->chain == ON_THE_WAY)
		for (loop = place; loop->chain == ON_THE_WAY;
			 loop = dm_seen_find(places, loop->member->replaced_by))
			loop->chain = LOOPS;
	for (place = start; place != NULL && place->chain == ON_THE_WAY;
		 place = place->member->replaced_by != NULL ?
					 dm_seen_find(places, place->member->replaced_by) :
					 NULL)
		place->chain = ENDS;
}

/* whoever was replaced must lead to somebody who was not: else nobody is left */
static void
check_replaced(DmLint *lint)
{
	DmSeen *places = dm_seen_create();
	List *all = NIL;
	ListCell *lc;

	foreach(lc, lint->contract->members)
	{
		Place *place = palloc0(sizeof(Place));

		place->member = lfirst(lc);
		dm_seen(places, place->member->username, place);
		all = lappend(all, place);
	}
	foreach(lc, all)
	{
		Place *place = lfirst(lc);
		DmMember *member = place->member;

		follow_chain(places, place);
		if (place->chain == LOOPS)
			dm_lint_error(lint, dm_pointer(member->pointer, "replacedByUsername"),
						  "\"%s\" was replaced in a loop: nobody is left", member->username);
		else if (member->replaced_by != NULL && dm_seen_find(places, member->replaced_by) == NULL)
			dm_lint_warning(lint, dm_pointer(member->pointer, "replacedByUsername"),
							"\"%s\" is no member of the team", member->replaced_by);
	}
}

static bool
is_date(const char *text, DmIsoTime *time)
{
	return text != NULL && dm_iso_time(text, time) && time->has_date;
}

static void
check_member(DmLint *lint, DmMember *member)
{
	DmIsoTime in;
	DmIsoTime out;

	if (is_date(member->date_in, &in) && is_date(member->date_out, &out) &&
		out.microseconds < in.microseconds)
		dm_lint_error(lint, dm_pointer(member->pointer, "dateOut"), "%s is before \"dateIn\" %s",
					  member->date_out, member->date_in);
}

static void
check_team(DmLint *lint)
{
	DmSeen *seen = dm_seen_create();
	ListCell *lc;

	foreach(lc, lint->contract->members)
	{
		DmMember *member = lfirst(lc);
		/* who left may come back, and have another role, too */
		char *who = psprintf("%s\n%s\n%s", member->username, member->role ? member->role : "",
							 member->date_in ? member->date_in : "");
		const char *before = dm_seen(seen, who, member->pointer);

		check_member(lint, member);
		if (before != NULL)
			dm_lint_warning(lint, member->pointer, "\"%s\" is in the team by %s already",
							member->username, before);
	}
	check_replaced(lint);
}

static void
check_roles(DmLint *lint, List *roles)
{
	DmSeen *seen = dm_seen_create();
	ListCell *lc;

	foreach(lc, roles)
	{
		DmRole *role = lfirst(lc);
		char *what = psprintf("%s\n%s", role->role, role->access ? role->access : "");
		const char *before = dm_seen(seen, what, role->pointer);

		if (*role->role == '\0')
			dm_lint_error(lint, dm_pointer(role->pointer, "role"), "the role is empty");
		if (before != NULL)
			dm_lint_error(lint, role->pointer, "the role \"%s\" has the same access by %s already",
						  role->role, before);
	}
}

static void
check_servers(DmLint *lint)
{
	DmSeen *seen = dm_seen_create();
	ListCell *lc;

	foreach(lc, lint->contract->servers)
	{
		DmServer *server = lfirst(lc);
		const char *before;
		double port;

		if (server->server != NULL &&
			(before = dm_seen(seen, server->server, server->pointer)) != NULL)
			dm_lint_error(lint, dm_pointer(server->pointer, "server"),
						  "\"%s\" is the name of %s, too", server->server, before);
		if (server->port != NULL && dm_lint_number(server->port, &port) &&
			(port < 1 || port > 65535))
			dm_lint_error(lint, dm_pointer(server->pointer, "port"), "%s is no port", server->port);
		check_roles(lint, server->roles);
	}
}

static void
check_price(DmLint *lint)
{
	DmContract *contract = lint->contract;
	const char *currency = contract->price_currency;
	double amount;

	if (contract->price_amount != NULL && dm_lint_number(contract->price_amount, &amount) &&
		amount < 0)
		dm_lint_error(lint, "/price/priceAmount", "a price is not below 0");
	if (currency != NULL &&
		(strlen(currency) != 3 || strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3))
		dm_lint_warning(lint, "/price/priceCurrency",
						"\"%s\" is no code of a currency such as EUR (ISO 4217)", currency);
}

void
dm_lint_terms(DmLint *lint)
{
	check_servers(lint);
	check_support(lint);
	check_price(lint);
	check_team(lint);
	check_roles(lint, lint->contract->roles);
}
