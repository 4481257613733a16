/*
 * drift_api.c
 *		dm_drift: a row for each column, and one for the whole relation.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/namespace.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/varlena.h"

#include "base/args.h"
#include "compat/pg_compat.h"
#include "profile/drift.h"
#include "profile/profilerow.h"
#include "registry/domain.h"

PG_FUNCTION_INFO_V1(dm_drift);

#define FIELDS 9

/* The relation that a text names; InvalidOid for none. */
static Oid
named_relation(const char *text)
{
	List *names = NIL;
	ListCell *lc;

	if (!SplitIdentifierString(pstrdup(text), '.', &names) || names == NIL ||
		list_length(names) > 2)
		return InvalidOid;
	foreach(lc, names)
		lfirst(lc) = makeString(lfirst(lc));
	return RangeVarGetRelid(makeRangeVarFromNameList(names), NoLock, true);
}

static bool
is_time(const char *text)
{
	return text[0] >= '0' && text[0] <= '9';
}

/*
 * What a text stands for: the relation as it is now, the label of a profile, a time, another
 * relation.
 */
static DmProfile *
find_side(Oid relid, const char *text, double percent)
{
	DmProfile *profile = NULL;
	Oid other;

	if (strcmp(text, "now") == 0)
		return dm_profile_relation(relid, percent);
	if (dm_is_insider(relid, GetUserId()))
		profile = dm_profile_by_label(relid, text);
	if (profile != NULL)
		return profile;
	other = named_relation(text);
	if (OidIsValid(other))
		return dm_profile_relation(other, percent);
	dm_profile_check_inside(relid);
	if (is_time(text))
	{
		Datum at = DirectFunctionCall3(timestamptz_in, CStringGetDatum(text),
									   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));

		profile = dm_profile_by_time(relid, DatumGetTimestampTz(at));
	}
	if (profile == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no profile \"%s\" of relation \"%s\"", text, get_rel_name(relid)),
				 errdetail("A side of a comparison is the label of a kept profile, a time, a relation, or 'now'."),
				 errhint("See datamesh.profiles, and dm_store_profile().")));
	return profile;
}

static DmProfiledColumn *
find_column(DmProfile *profile, const char *name)
{
	for (int i = 0; i < profile->ncolumns; i++)
		if (strcmp(profile->columns[i].name, name) == 0)
			return &profile->columns[i];
	return NULL;
}

static void
put_row(FunctionCallInfo fcinfo, const char *column, const DmDrift *drift)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	double numbers[] = { drift->divergence.psi, drift->divergence.js, drift->divergence.ks,
						 drift->divergence.cramer, drift->reference_nulls, drift->current_nulls };
	Datum values[FIELDS] = { 0 };
	bool nulls[FIELDS] = { false };

	nulls[0] = column == NULL;
	if (column != NULL)
		values[0] = DirectFunctionCall1(namein, CStringGetDatum(column));
	values[1] = CStringGetTextDatum(dm_drift_name(drift->verdict));
	nulls[2] = drift->reason == NULL;
	if (drift->reason != NULL)
		values[2] = CStringGetTextDatum(drift->reason);
	for (int i = 0; i < lengthof(numbers); i++)
	{
		values[3 + i] = Float8GetDatum(numbers[i]);
		nulls[3 + i] = !isfinite(numbers[i]);
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* A column that is on one side only is as different as can be. */
static void
put_missing(FunctionCallInfo fcinfo, const char *column, const char *reason)
{
	DmDrift drift = { { NAN, NAN, NAN, NAN, NAN }, DM_DRIFT_LARGE, reason, NAN, NAN };

	put_row(fcinfo, column, &drift);
}

/* The whole is as bad as its worst column, which is named. */
static void
worsen(DmDrift *whole, const char *column, DmDriftVerdict verdict)
{
	if (verdict <= whole->verdict)
		return;
	whole->verdict = verdict;
	whole->reason = psprintf("column %s", quote_identifier(column));
}

static void
put_all(FunctionCallInfo fcinfo, DmProfile *reference, DmProfile *current)
{
	DmDrift whole = { { NAN, NAN, NAN, NAN, NAN }, DM_DRIFT_NONE, NULL, NAN, NAN };

	for (int i = 0; i < current->ncolumns; i++)
	{
		DmProfiledColumn *now = &current->columns[i];
		DmProfiledColumn *then = find_column(reference, now->name);
		DmDrift drift;

		if (then == NULL)
		{
			put_missing(fcinfo, now->name, "the reference does not have it");
			worsen(&whole, now->name, DM_DRIFT_LARGE);
			continue;
		}
		dm_drift_columns(then->sketch, now->sketch, &drift);
		put_row(fcinfo, now->name, &drift);
		worsen(&whole, now->name, drift.verdict);
	}
	for (int i = 0; i < reference->ncolumns; i++)
		if (find_column(current, reference->columns[i].name) == NULL)
		{
			put_missing(fcinfo, reference->columns[i].name, "it is gone");
			worsen(&whole, reference->columns[i].name, DM_DRIFT_LARGE);
		}
	put_row(fcinfo, NULL, &whole);
}

Datum
dm_drift(PG_FUNCTION_ARGS)
{
	Oid relid = dm_arg_relation(fcinfo, 0, "relation");
	char *reference = dm_arg_text(fcinfo, 1, "reference");
	char *current = dm_arg_text(fcinfo, 2, "current");
	double percent = dm_profile_arg_percent(fcinfo, 3);
	DmProfile *then;

	InitMaterializedSRF(fcinfo, 0);
	then = find_side(relid, reference, percent);
	put_all(fcinfo, then, find_side(relid, current, percent));
	return (Datum) 0;
}
