/*
 * model_terms.h
 *		What a contract says beside its schema: service levels, servers, roles, people.
 */
#ifndef DM_CONTRACT_MODEL_TERMS_H
#define DM_CONTRACT_MODEL_TERMS_H

#include "contract/model_rule.h"

/* units of time, longest first */
typedef enum DmTimeUnit
{
	DM_UNIT_NONE,
	DM_UNIT_OTHER, /* something else: percent, a rate, or unknown */
	DM_UNIT_YEAR,
	DM_UNIT_MONTH,
	DM_UNIT_WEEK,
	DM_UNIT_DAY,
	DM_UNIT_HOUR,
	DM_UNIT_MINUTE,
	DM_UNIT_SECOND,
	DM_UNIT_MILLISECOND,
} DmTimeUnit;

typedef struct DmServiceLevel
{
	char *pointer;
	char *id;
	char *property;	  /* as written */
	const char *name; /* as the standard writes it ("ly" and "freshness": latency), or as written */
	DmValue value;	  /* pointer NULL if absent */
	DmValue value_ext;
	char *unit;
	DmTimeUnit time_unit;
	char *element;	/* as written, or slaDefaultElement */
	List *elements; /* DmReference * */
	char *driver;
	char *description;
	char *scheduler;
	char *schedule;
	JsonbContainer *node;
} DmServiceLevel;

typedef struct DmServer
{
	char *pointer;
	char *id;
	char *server;
	char *type;
	char *environment;
	char *description;
	char *host;
	char *port;
	char *database;
	char *schema;
	List *roles; /* DmRole * */
	JsonbContainer *node;
} DmServer;

typedef struct DmRole
{
	char *pointer;
	char *id;
	char *role;
	char *description;
	char *access;
	char *first_approvers;
	char *second_approvers;
	JsonbContainer *node;
} DmRole;

typedef struct DmMember
{
	char *pointer;
	char *id;
	char *username;
	char *name;
	char *description;
	char *role;
	char *date_in;
	char *date_out;
	char *replaced_by;
	JsonbContainer *node;
} DmMember;

typedef struct DmSupport
{
	char *pointer;
	char *id;
	char *channel;
	char *url;
	char *description;
	char *tool;
	char *scope;
	char *invitation_url;
	JsonbContainer *node;
} DmSupport;

/* the unit of time for a spelling; for_months tells what "m" means (trap T10) */
extern DmTimeUnit dm_time_unit(const char *unit, bool for_months);
extern const char *dm_time_unit_name(DmTimeUnit unit);

#endif /* DM_CONTRACT_MODEL_TERMS_H */
