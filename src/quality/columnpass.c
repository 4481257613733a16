/*
 * columnpass.c
 *		What lets a value pass all probes of its column at once.
 *
 * Most values break no rule.  So the bounds that rules set to a column are drawn together to the
 * narrowest ones, and rules that ask for a value are asked where there is none.  Only a row that
 * does not pass so is shown to each probe, which counts it or not as it would have done alone.
 */
#include "postgres.h"

#include "quality/probe.h"

static DmPassKind
pass_kind(const DmScanType *type)
{
	switch (type->kind)
	{
		case DM_SCAN_INT16:
			return DM_PASS_INT16;
		case DM_SCAN_INT32:
			return DM_PASS_INT32;
		case DM_SCAN_INT64:
			return DM_PASS_INT64;
		case DM_SCAN_FLOAT4:
			return DM_PASS_FLOAT4;
		case DM_SCAN_FLOAT8:
			return DM_PASS_FLOAT8;
		default:
			return DM_PASS_TEXT;
	}
}

/* Is it a test of values by bounds, and nothing else? */
static bool
is_bounds(const DmProbe *probe)
{
	if (probe->missing != NULL || probe->ntests == 0 || probe->ncolumns > 0)
		return false;
	for (int i = 0; i < probe->ntests; i++)
		if (dm_value_test_bounds(&probe->tests[i]) == DM_BOUNDS_NONE)
			return false;
	return true;
}

static void
narrow(DmColumnPass *pass, const DmProbe *probe)
{
	for (int i = 0; i < probe->ntests; i++)
	{
		const DmValueTest *test = &probe->tests[i];

		if (pass->kind == DM_PASS_ALL)
		{
			pass->kind = pass_kind(probe->type);
			pass->within = test->is.bounds;
		}
		else
			dm_bounds_narrow(dm_value_test_bounds(test), &pass->within, &test->is.bounds);
	}
}

static DmColumnPass *
pass_of(DmProgram *program, const DmProbe *probe)
{
	DmColumnPass *pass = program->passes;

	while (pass < program->passes + program->npasses && pass->value != probe->value)
		pass++;
	if (pass == program->passes + program->npasses)
	{
		program->npasses++;
		pass->value = probe->value;
		pass->type = probe->type;
		pass->of_null = palloc(program->nprobes * sizeof(DmProbe *));
		pass->of_value = palloc(program->nprobes * sizeof(DmProbe *));
	}
	return pass;
}

void
dm_program_gather(DmProgram *program, int nargs)
{
	program->passes = palloc0((nargs + 1) * sizeof(DmColumnPass));
	program->single = palloc((program->nprobes + 1) * sizeof(DmProbe *));
	for (int i = 0; i < program->nprobes; i++)
	{
		DmProbe *probe = &program->probes[i];
		DmColumnPass *pass;

		if (probe->where < 0 && probe->step == dm_step_rows)
			continue; /* rows are counted for all */
		if (probe->where < 0 && probe->step == dm_step_null)
		{
			pass = pass_of(program, probe);
			pass->of_null[pass->nnull++] = probe;
		}
		else if (probe->where < 0 && is_bounds(probe))
		{
			pass = pass_of(program, probe);
			pass->of_value[pass->nvalue++] = probe;
			narrow(pass, probe);
		}
		else
			program->single[program->nsingle++] = probe;
	}
}
