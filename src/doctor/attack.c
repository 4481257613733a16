/*
 * attack.c
 *		dm_attack(product): does anything come out that the agreements do not give?
 *
 * Values of the classified columns behind a product's ports are looked for in what its consumers,
 * and everybody else, can read: through the ports, in many shapes, past them, and in what others
 * have made of the data.  What stands open without a value having come out yet is what
 * dm_doctor finds, and is listed as well.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/elog.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "base/args.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "catalog/table.h"
#include "doctor/attack.h"
#include "port/viewtext.h"
#include "registry/portrow.h"

PG_FUNCTION_INFO_V1(dm_attack);

/* A value of that many bytes is no coincidence; of shorter ones, several have to be seen. */
#define TELLING_LENGTH 6
#define SHORT_LENGTH   3
#define TELLING_NUMBER 3

typedef struct Attack
{
	ReturnSetInfo *rsinfo;
	DmProduct *product;
	List *secrets;
	DmReader reader;
	const char *role_name;
	bool consumer;
	DmAccess access;
	List *columns; /* of the port being read, DmPortColumn; NIL for other readings */
	Oid source;	   /* which these are of */
	bool counted;  /* a count was not 0 */
} Attack;

static void
report(Attack *attack, const char *path, const char *role, const char *verdict,
	   const char *statement, const char *detail)
{
	Datum values[5];
	bool nulls[5] = { false, role == NULL, false, statement == NULL, detail == NULL };

	values[0] = CStringGetTextDatum(path);
	values[1] = role ? CStringGetTextDatum(role) : (Datum) 0;
	values[2] = CStringGetTextDatum(verdict);
	values[3] = statement ? CStringGetTextDatum(statement) : (Datum) 0;
	values[4] = detail ? CStringGetTextDatum(detail) : (Datum) 0;
	tuplestore_putvalues(attack->rsinfo->setResult, attack->rsinfo->setDesc, values, nulls);
}

/* Is the reader cleared for all tags of the secret? */
static bool
is_cleared(Attack *attack, DmSecret *secret)
{
	ListCell *lc;

	if (attack->access.exempt)
		return true;
	if (!attack->access.admitted)
		return false;
	foreach(lc, secret->tags)
		if (!dm_access_covers(&attack->access, lfirst(lc), false))
			return false;
	return true;
}

/* Does the port show the secret in that column? */
static bool
is_shown_in(Attack *attack, DmSecret *secret, int column)
{
	return attack->columns != NIL && column <= list_length(attack->columns) &&
		   secret->relid == attack->source &&
		   secret->attnum == ((DmPortColumn *) list_nth(attack->columns, column - 1))->attnum;
}

/* Notes the secrets whose values are in a value of the output. */
static void
look(const char *value, int column, void *arg)
{
	Attack *attack = arg;
	ListCell *ls;
	ListCell *lv;

	foreach(ls, attack->secrets)
	{
		DmSecret *secret = lfirst(ls);

		foreach(lv, secret->values)
		{
			char *raw = lfirst(lv);
			size_t length = strlen(raw);

			if ((length >= SHORT_LENGTH && strcmp(raw, value) == 0) ||
				(length >= TELLING_LENGTH && strstr(value, raw) != NULL) ||
				(is_shown_in(attack, secret, column) && strcmp(raw, value) == 0))
				secret->seen = dm_string_append_unique(secret->seen, raw);
		}
	}
}

static void
look_at_count(const char *value, int column, void *arg)
{
	((Attack *) arg)->counted |= strcmp(value, "0") != 0;
}

/* Was enough of a secret seen?  A relation that reads it needs one value, any other one several. */
static bool
came_out(DmSecret *secret, bool related)
{
	ListCell *lc;

	if (secret->seen == NIL)
		return false;
	if (related)
		foreach(lc, secret->seen)
			if (strlen(lfirst(lc)) >= TELLING_LENGTH)
				return true;
	return list_length(secret->seen) >= Min(TELLING_NUMBER, list_length(secret->values));
}

/* What came out of a reading; NULL if nothing did that is hidden from the reader. */
static char *
findings(Attack *attack, bool related, bool whatever_clearance)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, attack->secrets)
	{
		DmSecret *secret = lfirst(lc);

		if (came_out(secret, related) && (whatever_clearance || !is_cleared(attack, secret)))
			appendStringInfo(&buf, "%s%d raw values of %s", buf.len > 0 ? ", " : "",
							 list_length(secret->seen), secret->name);
	}
	return buf.len > 0 ? buf.data : NULL;
}

static void
forget_seen(Attack *attack)
{
	ListCell *lc;

	foreach(lc, attack->secrets)
		((DmSecret *) lfirst(lc))->seen = NIL;
}

/* Errors by which a reading is refused; others say that it was not tried. */
static const char *
verdict_of_error(int sqlstate)
{
	static const int refusals[] = {
		ERRCODE_INSUFFICIENT_PRIVILEGE, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE
	};
	char *code = unpack_sql_state(sqlstate);

	for (int i = 0; i < lengthof(refusals); i++)
		if (sqlstate == refusals[i])
			return "held";
	return strncmp(code, "MD", 2) == 0 ? "held" : "error";
}

static void
read_and_judge(Attack *attack, const char *path, const char *statement)
{
	bool table = strcmp(path, "table") == 0;
	bool related = strcmp(path, "copy") != 0;
	DmAttackResult result;
	char *found;

	forget_seen(attack);
	result = dm_attack_run(attack->reader, statement, look, attack);
	found = findings(attack, related, table || strcmp(path, "statistics") == 0);
	if (result.sqlstate == ERRCODE_FEATURE_NOT_SUPPORTED && strcmp(path, "xml") == 0)
		report(attack, path, attack->role_name, "held", statement, "this server is built without XML");
	else if (result.sqlstate != 0)
		report(attack, path, attack->role_name, verdict_of_error(result.sqlstate), statement,
			   unpack_sql_state(result.sqlstate));
	else if (found != NULL)
		report(attack, path, attack->role_name, "leaked", statement, found);
	else if (table)
		report(attack, path, attack->role_name, "leaked", statement,
			   "a relation of the domain can be read past its ports");
	else
		report(attack, path, attack->role_name, "held", statement, NULL);
}

/* A condition on a hidden value: neither a count nor an error may tell whether it is there. */
static void
guess(Attack *attack, Oid view, DmPortColumn *column, DmSecret *secret)
{
	char *raw = quote_literal_cstr(linitial(secret->values));
	const char *name = quote_identifier(column->name);
	char *port = dm_relation_sql(view);
	char *statement = psprintf("SELECT count(*) FROM %s WHERE %s::pg_catalog.text = %s", port, name, raw);
	DmAttackResult result;

	attack->counted = false;
	result = dm_attack_run(attack->reader, statement, look_at_count, attack);
	report(attack, "condition", attack->role_name,
		   result.sqlstate != 0 ? verdict_of_error(result.sqlstate) :
		   attack->counted		? "leaked" :
								  "held",
		   statement, attack->counted ? psprintf("it tells a right guess of %s", secret->name) : NULL);

	statement = psprintf("SELECT count(1 / CASE WHEN %s::pg_catalog.text = %s THEN 0 ELSE 1 END) FROM %s",
						 name, raw, port);
	result = dm_attack_run(attack->reader, statement, NULL, NULL);
	report(attack, "oracle", attack->role_name,
		   result.sqlstate == ERRCODE_DIVISION_BY_ZERO ? "leaked" :
		   result.sqlstate != 0						   ? verdict_of_error(result.sqlstate) :
														 "held",
		   statement,
		   result.sqlstate == ERRCODE_DIVISION_BY_ZERO ?
			   psprintf("an error tells a right guess of %s", secret->name) :
			   NULL);
}

/* "min(a::text), max(a::text), ..." */
static char *
aggregates(List *columns)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach(lc, columns)
	{
		const char *name = quote_identifier(((DmPortColumn *) lfirst(lc))->name);

		appendStringInfo(&buf, "%smin(%s::pg_catalog.text), max(%s::pg_catalog.text)",
						 buf.len > 0 ? ", " : "", name, name);
	}
	return buf.data;
}

static void
attack_port(Attack *attack, Oid view)
{
	char *port = dm_relation_sql(view);
	List *columns = dm_port_columns(view, &attack->source);
	ListCell *lc;
	ListCell *ls;

	attack->columns = columns;
	read_and_judge(attack, "port", psprintf("SELECT * FROM %s LIMIT 1000", port));
	attack->columns = NIL;
	if (!attack->consumer || columns == NIL)
		return;
	read_and_judge(attack, "row", psprintf("SELECT p::pg_catalog.text FROM (SELECT * FROM %s LIMIT 1000) p", port));
	read_and_judge(attack, "json", psprintf("SELECT pg_catalog.to_jsonb(p) FROM %s p LIMIT 1000", port));
	read_and_judge(attack, "xml", psprintf("SELECT pg_catalog.table_to_xml(%s, true, false, '')", quote_literal_cstr(port)));
	read_and_judge(attack, "aggregate", psprintf("SELECT %s FROM %s", aggregates(columns), port));
	foreach(lc, columns)
		foreach(ls, attack->secrets)
		{
			DmSecret *secret = lfirst(ls);
			DmPortColumn *column = lfirst(lc);

			if (secret->relid == attack->source && secret->attnum == column->attnum &&
				secret->values != NIL && !is_cleared(attack, secret))
				guess(attack, view, column, secret);
		}
}

/* The rows of a query of ours on the catalogs, each a list of texts. */
static List *
fetch(const char *sql)
{
	MemoryContext cxt = CurrentMemoryContext;
	MemoryContext old;
	List *result = NIL;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(sql, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "SPI_execute failed: %s", sql);
	old = MemoryContextSwitchTo(cxt);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		List *row = NIL;

		for (int column = 1; column <= SPI_tuptable->tupdesc->natts; column++)
			row = lappend(row, SPI_getvalue(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, column));
		result = lappend(result, row);
	}
	MemoryContextSwitchTo(old);
	SPI_finish();
	return result;
}

static void
attack_as(Attack *attack, List *role)
{
	char *kind = lthird(role);
	char *domain;
	ListCell *lc;

	attack->reader.role = atooid(linitial(role));
	attack->reader.purpose = lsecond(role);
	attack->consumer = strcmp(kind, "consumer") == 0;
	attack->role_name = strcmp(kind, "public") == 0 ? "PUBLIC" :
													  GetUserNameFromId(attack->reader.role, false);
	attack->access = dm_decide_access(attack->reader, attack->product->literal);
	if (attack->access.clearance != NULL)
	{
		const char *end = attack->access.clearance;
		char *copy;

		/* it is good until the next decision, and ours are still to come */
		while (*end != '\0')
			end += strlen(end) + 1;
		copy = palloc(end - attack->access.clearance + 1);
		memcpy(copy, attack->access.clearance, end - attack->access.clearance + 1);
		attack->access.clearance = copy;
	}
	foreach(lc, dm_port_views(attack->product->id))
		attack_port(attack, lfirst_oid(lc));
	domain = quote_literal_cstr(attack->product->domain->name);
	foreach(lc, fetch(psprintf("SELECT path, statement FROM datamesh.attack_readings(%s, %u)",
							   domain, attack->reader.role)))
	{
		CHECK_FOR_INTERRUPTS();
		read_and_judge(attack, linitial(lfirst(lc)), lsecond(lfirst(lc)));
	}
}

/* A mask that leaves nearly all values as they are hides nothing. */
static void
judge_masks(Attack *attack)
{
	ListCell *lc;

	foreach(lc, attack->secrets)
	{
		DmSecret *secret = lfirst(lc);

		if (secret->total >= TELLING_NUMBER && secret->unchanged * 10 >= secret->total * 9)
			report(attack, "mask", NULL, "leaked", NULL,
				   psprintf("the mask of %s leaves %d of %d values as they are", secret->name,
							secret->unchanged, secret->total));
	}
}

/* What stands open, although no value has come out yet. */
static void
list_open_doors(Attack *attack)
{
	ListCell *lc;

	foreach(lc, fetch(psprintf("SELECT f.\"check\", f.object || ': ' || f.finding, f.remedy FROM datamesh.finding f "
							   "WHERE f.severity = 'error' AND (f.domain IS NULL OR f.domain = %s) ORDER BY 1, 2",
							   quote_literal_cstr(attack->product->domain->name))))
	{
		List *row = lfirst(lc);

		report(attack, psprintf("doctor: %s", (char *) linitial(row)), NULL, "open", lthird(row), lsecond(row));
	}
}

Datum
dm_attack(PG_FUNCTION_ARGS)
{
	Attack attack = { 0 };
	Oid save_userid;
	int save_sec_context;
	int save_nestlevel;
	ListCell *lc;

	attack.rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	attack.product = dm_product_get(dm_arg_text(fcinfo, 0, "product"), false);
	InitMaterializedSRF(fcinfo, 0);

	/* who may call this may know; the catalogs are read as the extension's owner, by our names */
	save_nestlevel = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	GetUserIdAndSecContext(&save_userid, &save_sec_context);
	SetUserIdAndSecContext(dm_extension_owner(), save_sec_context | SECURITY_LOCAL_USERID_CHANGE);
	attack.secrets = dm_attack_secrets(attack.product);
	judge_masks(&attack);
	foreach(lc, fetch(psprintf("SELECT role, purpose, kind FROM datamesh.attack_roles(" INT64_FORMAT ")",
							   attack.product->id)))
		attack_as(&attack, lfirst(lc));
	list_open_doors(&attack);
	SetUserIdAndSecContext(save_userid, save_sec_context);
	AtEOXact_GUC(false, save_nestlevel);
	PG_RETURN_NULL();
}
