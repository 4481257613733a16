/*
 * model_terms.c
 *		Service levels, servers, roles, team, support and price.
 */
#include "postgres.h"

#include "base/json.h"
#include "contract/model_value.h"

/* the standard's names of service levels and their synonyms (trap T9) */
static const struct
{
	const char *synonym;
	const char *name;
} levels[] = {
	{ "av", "availability" },
	{ "th", "throughput" },
	{ "er", "errorRate" },
	{ "ga", "generalAvailability" },
	{ "es", "endOfSupport" },
	{ "el", "endOfLife" },
	{ "re", "retention" },
	{ "fy", "frequency" },
	{ "ly", "latency" },
	{ "freshness", "latency" },
	{ "td", "timeToDetect" },
	{ "tn", "timeToNotify" },
	{ "tr", "timeToRepair" },
	{ "", "timeOfAvailability" },
};

static const struct
{
	const char *spelling;
	DmTimeUnit unit;
} units[] = {
	{ "y", DM_UNIT_YEAR },
	{ "yr", DM_UNIT_YEAR },
	{ "yrs", DM_UNIT_YEAR },
	{ "year", DM_UNIT_YEAR },
	{ "years", DM_UNIT_YEAR },
	{ "mo", DM_UNIT_MONTH },
	{ "mon", DM_UNIT_MONTH },
	{ "month", DM_UNIT_MONTH },
	{ "months", DM_UNIT_MONTH },
	{ "w", DM_UNIT_WEEK },
	{ "week", DM_UNIT_WEEK },
	{ "weeks", DM_UNIT_WEEK },
	{ "d", DM_UNIT_DAY },
	{ "day", DM_UNIT_DAY },
	{ "days", DM_UNIT_DAY },
	{ "h", DM_UNIT_HOUR },
	{ "hr", DM_UNIT_HOUR },
	{ "hrs", DM_UNIT_HOUR },
	{ "hour", DM_UNIT_HOUR },
	{ "hours", DM_UNIT_HOUR },
	{ "min", DM_UNIT_MINUTE },
	{ "mins", DM_UNIT_MINUTE },
	{ "minute", DM_UNIT_MINUTE },
	{ "minutes", DM_UNIT_MINUTE },
	{ "s", DM_UNIT_SECOND },
	{ "sec", DM_UNIT_SECOND },
	{ "secs", DM_UNIT_SECOND },
	{ "second", DM_UNIT_SECOND },
	{ "seconds", DM_UNIT_SECOND },
	{ "ms", DM_UNIT_MILLISECOND },
	{ "millisecond", DM_UNIT_MILLISECOND },
	{ "milliseconds", DM_UNIT_MILLISECOND },
};

static const char *const unit_names[] = {
	[DM_UNIT_YEAR] = "y",
	[DM_UNIT_MONTH] = "mo",
	[DM_UNIT_WEEK] = "w",
	[DM_UNIT_DAY] = "d",
	[DM_UNIT_HOUR] = "h",
	[DM_UNIT_MINUTE] = "min",
	[DM_UNIT_SECOND] = "s",
	[DM_UNIT_MILLISECOND] = "ms",
};

DmTimeUnit
dm_time_unit(const char *unit, bool for_months)
{
	if (unit == NULL || *unit == '\0')
		return DM_UNIT_NONE;
	if (pg_strcasecmp(unit, "m") == 0)
		return for_months ? DM_UNIT_MONTH : DM_UNIT_MINUTE;
	for (int i = 0; i < lengthof(units); i++)
		if (pg_strcasecmp(unit, units[i].spelling) == 0)
			return units[i].unit;
	return DM_UNIT_OTHER;
}

const char *
dm_time_unit_name(DmTimeUnit unit)
{
	return unit > DM_UNIT_OTHER ? unit_names[unit] : NULL;
}

static const char *
level_name(const char *written)
{
	for (int i = 0; i < lengthof(levels); i++)
		if (pg_strcasecmp(written, levels[i].name) == 0 ||
			pg_strcasecmp(written, levels[i].synonym) == 0)
			return levels[i].name;
	return written;
}

/* "tab.a, tab.b" */
static List *
read_elements(const char *element, const char *pointer)
{
	List *result = NIL;

	while (element != NULL && *element != '\0')
	{
		size_t len = strcspn(element, ",");
		const char *start = element + strspn(element, " \t");
		const char *end = element + len;

		while (end > start && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		if (end > start)
			result = lappend(result,
							 dm_reference_parse(pnstrdup(start, end - start), pointer));
		element += len;
		if (*element == ',')
			element++;
	}
	return result;
}

/* "m" means minutes for a delay and months for a retention (trap T10) */
static void
read_unit(DmModelReader *reader, DmNode node, DmServiceLevel *level)
{
	level->unit = dm_read_text(reader, node, "unit");
	level->time_unit = dm_time_unit(level->unit, strcmp(level->name, "retention") == 0);
	if (level->unit != NULL && pg_strcasecmp(level->unit, "m") == 0)
		dm_model_warning(reader, dm_pointer(node.pointer, "unit"), "\"%s\" is read as %s",
						 level->unit,
						 level->time_unit == DM_UNIT_MONTH ? "months (\"mo\")" : "minutes (\"min\")");
}

static void *
read_level(DmModelReader *reader, DmNode node)
{
	DmServiceLevel *level = palloc0(sizeof(DmServiceLevel));

	level->pointer = node.pointer;
	level->node = node.object;
	level->id = dm_read_text(reader, node, "id");
	level->property = dm_read_text(reader, node, "property");
	if (level->property == NULL)
	{
		dm_model_error(reader, node.pointer, "a service level has no \"property\"");
		return NULL;
	}
	level->name = level_name(level->property);
	dm_read_value(reader, node, "value", &level->value);
	dm_read_value(reader, node, "valueExt", &level->value_ext);
	read_unit(reader, node, level);
	level->element = dm_read_text(reader, node, "element");
	if (level->element != NULL)
		level->elements = read_elements(level->element, dm_pointer(node.pointer, "element"));
	else
	{
		level->element = reader->contract->sla_default_element;
		level->elements = read_elements(level->element, "/slaDefaultElement");
	}
	level->driver = dm_read_text(reader, node, "driver");
	level->description = dm_read_text(reader, node, "description");
	level->scheduler = dm_read_text(reader, node, "scheduler");
	level->schedule = dm_read_text(reader, node, "schedule");
	return level;
}

static void *
read_role(DmModelReader *reader, DmNode node)
{
	DmRole *role = palloc0(sizeof(DmRole));

	role->pointer = node.pointer;
	role->node = node.object;
	role->id = dm_read_text(reader, node, "id");
	role->role = dm_read_text(reader, node, "role");
	if (role->role == NULL)
	{
		dm_model_error(reader, node.pointer, "a role has no \"role\"");
		return NULL;
	}
	role->description = dm_read_text(reader, node, "description");
	role->access = dm_read_text(reader, node, "access");
	role->first_approvers = dm_read_text(reader, node, "firstLevelApprovers");
	role->second_approvers = dm_read_text(reader, node, "secondLevelApprovers");
	return role;
}

/* a port is a number, but other kinds of servers have other things under that name */
static char *
read_scalar(DmModelReader *reader, DmNode node, const char *key)
{
	DmValue value;

	return dm_read_value(reader, node, key, &value) ? value.text : NULL;
}

static void *
read_server(DmModelReader *reader, DmNode node)
{
	DmServer *server = palloc0(sizeof(DmServer));

	server->pointer = node.pointer;
	server->node = node.object;
	server->id = dm_read_text(reader, node, "id");
	server->server = dm_read_text(reader, node, "server");
	server->type = dm_read_text(reader, node, "type");
	server->environment = dm_read_text(reader, node, "environment");
	server->description = dm_read_text(reader, node, "description");
	server->host = read_scalar(reader, node, "host");
	server->port = read_scalar(reader, node, "port");
	server->database = read_scalar(reader, node, "database");
	server->schema = read_scalar(reader, node, "schema");
	server->roles = dm_read_list(reader, node, "roles", read_role);
	return server;
}

static void *
read_member(DmModelReader *reader, DmNode node)
{
	DmMember *member = palloc0(sizeof(DmMember));

	member->pointer = node.pointer;
	member->node = node.object;
	member->id = dm_read_text(reader, node, "id");
	member->username = dm_read_text(reader, node, "username");
	if (member->username == NULL)
	{
		dm_model_bend(reader, node.pointer, "a member of the team without \"username\" is left out");
		return NULL;
	}
	member->name = dm_read_text(reader, node, "name");
	member->description = dm_read_text(reader, node, "description");
	member->role = dm_read_text(reader, node, "role");
	member->date_in = dm_read_text(reader, node, "dateIn");
	member->date_out = dm_read_text(reader, node, "dateOut");
	member->replaced_by = dm_read_text(reader, node, "replacedByUsername");
	return member;
}

/* an object since 3.1, before that the list of the members (trap T8) */
static void
read_team(DmModelReader *reader, DmNode root)
{
	DmContract *contract = reader->contract;
	JsonbContainer *list;
	DmNode team;

	if (dm_json_array(root.object, "team", &list))
	{
		contract->team_is_list = true;
		contract->members = dm_read_list(reader, root, "team", read_member);
		return;
	}
	team = dm_read_object(reader, root, "team");
	if (team.object == NULL)
		return;
	contract->team_name = dm_read_text(reader, team, "name");
	contract->team_description = dm_read_text(reader, team, "description");
	contract->members = dm_read_list(reader, team, "members", read_member);
}

static void *
read_support(DmModelReader *reader, DmNode node)
{
	DmSupport *support = palloc0(sizeof(DmSupport));

	support->pointer = node.pointer;
	support->node = node.object;
	support->id = dm_read_text(reader, node, "id");
	support->channel = dm_read_text(reader, node, "channel");
	support->url = dm_read_text(reader, node, "url");
	if (support->channel == NULL && support->url != NULL)
	{
		dm_model_bend(reader, node.pointer, "the url is read as the name of the channel");
		support->channel = support->url;
	}
	if (support->channel == NULL)
	{
		dm_model_bend(reader, node.pointer, "a support channel without \"channel\" is left out");
		return NULL;
	}
	support->description = dm_read_text(reader, node, "description");
	support->tool = dm_read_text(reader, node, "tool");
	support->scope = dm_read_text(reader, node, "scope");
	support->invitation_url = dm_read_text(reader, node, "invitationUrl");
	return support;
}

static void
read_price(DmModelReader *reader, DmNode root)
{
	DmNode price = dm_read_object(reader, root, "price");

	if (price.object == NULL)
		return;
	reader->contract->price_amount = dm_read_bound(reader, price, "priceAmount");
	reader->contract->price_currency = dm_read_text(reader, price, "priceCurrency");
	reader->contract->price_unit = dm_read_text(reader, price, "priceUnit");
}

void
dm_model_terms(DmModelReader *reader, DmNode root)
{
	DmContract *contract = reader->contract;

	contract->servers = dm_read_list(reader, root, "servers", read_server);
	contract->support = dm_read_list(reader, root, "support", read_support);
	read_price(reader, root);
	read_team(reader, root);
	contract->roles = dm_read_list(reader, root, "roles", read_role);
	contract->sla_default_element = dm_read_text(reader, root, "slaDefaultElement");
	contract->sla = dm_read_list(reader, root, "slaProperties", read_level);
}
