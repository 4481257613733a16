/*
 * typestep.c
 *		What a change of a type means to those who read the values.
 *
 * Wider is what the server converts without loss, and what no reader sees but by asking for the
 * type: integers of more bytes, floats of more bytes, longer texts, more digits before the point.
 * Integers are not wider as numeric or float: division, for one, gives other results.
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_type.h"
#include "utils/lsyscache.h"

#include "base/typename.h"
#include "contract/typestep.h"

/* types whose values are those of the next type, too, in the same text and order */
static const Oid wider[][2] = {
	{ INT2OID, INT4OID },
	{ INT2OID, INT8OID },
	{ INT4OID, INT8OID },
	{ FLOAT4OID, FLOAT8OID },
	{ VARCHAROID, TEXTOID },
	{ NAMEOID, TEXTOID },
	{ NAMEOID, VARCHAROID },
};

static DmTypeStep
step_of_order(int order)
{
	return order == 0 ? DM_TYPE_SAME : order < 0 ? DM_TYPE_WIDER :
												   DM_TYPE_NARROWER;
}

/* Lengths, where none is no limit. */
static DmTypeStep
length_step(int32 old_typmod, int32 new_typmod)
{
	if (new_typmod < 0)
		return old_typmod < 0 ? DM_TYPE_SAME : DM_TYPE_WIDER;
	if (old_typmod < 0)
		return DM_TYPE_NARROWER;
	return step_of_order(old_typmod - new_typmod);
}

/* numeric(p, s): the scale is the low 11 bits, with a sign; the precision is above. */
static DmTypeStep
numeric_step(int32 old_typmod, int32 new_typmod)
{
	int32 old = old_typmod - VARHDRSZ;
	int32 new = new_typmod - VARHDRSZ;

	if (old_typmod < 0 || new_typmod < 0)
		return DM_TYPE_OTHER;
	/* with another scale, the values print otherwise */
	if ((old & 0x7ff) != (new & 0x7ff))
		return DM_TYPE_OTHER;
	return step_of_order(((old >> 16) & 0xffff) - ((new >> 16) & 0xffff));
}

/* Fractional digits of seconds, six where none are stated. */
static DmTypeStep
second_step(int32 old_typmod, int32 new_typmod)
{
	return step_of_order((old_typmod < 0 ? 6 : old_typmod) - (new_typmod < 0 ? 6 : new_typmod));
}

static DmTypeStep
modifier_step(Oid typid, int32 old_typmod, int32 new_typmod)
{
	if (old_typmod == new_typmod)
		return DM_TYPE_SAME;
	switch (typid)
	{
		case VARCHAROID:
		case VARBITOID:
			return length_step(old_typmod, new_typmod);
		case NUMERICOID:
			return numeric_step(old_typmod, new_typmod);
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return second_step(old_typmod, new_typmod);
		default:
			/* character(n) among them, which is padded to its length */
			return DM_TYPE_OTHER;
	}
}

static bool
is_wider(Oid old, Oid new)
{
	for (int i = 0; i < lengthof(wider); i++)
		if (wider[i][0] == old && wider[i][1] == new)
			return true;
	return false;
}

/* Types that are no domains. */
static DmTypeStep
base_step(Oid old, int32 old_typmod, Oid new, int32 new_typmod)
{
	if (old == new)
		return modifier_step(old, old_typmod, new_typmod);
	if (old == TEXTOID && new == VARCHAROID)
		return new_typmod < 0 ? DM_TYPE_WIDER : DM_TYPE_NARROWER;
	if (is_wider(old, new))
		/* varchar(n) takes names that are no longer than n */
		return new_typmod < 0 ? DM_TYPE_WIDER : DM_TYPE_OTHER;
	return is_wider(new, old) ? DM_TYPE_NARROWER : DM_TYPE_OTHER;
}

/* A domain's values are some of those of the type below it. */
static DmTypeStep
known_step(Oid old, int32 old_typmod, Oid new, int32 new_typmod)
{
	Oid old_base = getBaseTypeAndTypmod(old, &old_typmod);
	Oid new_base = getBaseTypeAndTypmod(new, &new_typmod);
	Oid old_element = get_element_type(old_base);
	Oid new_element = get_element_type(new_base);
	DmTypeStep step;

	if (old == new)
		return modifier_step(old_base, old_typmod, new_typmod);
	if (OidIsValid(old_element) && OidIsValid(new_element) && old == old_base && new == new_base)
		return known_step(old_element, old_typmod, new_element, new_typmod);
	step = base_step(old_base, old_typmod, new_base, new_typmod);
	if (old != old_base && new == new_base)
		return step == DM_TYPE_SAME ? DM_TYPE_WIDER : step == DM_TYPE_WIDER ? step :
																			  DM_TYPE_OTHER;
	if (new != new_base)
		return old == old_base && (step == DM_TYPE_SAME || step == DM_TYPE_NARROWER) ?
				   DM_TYPE_NARROWER :
				   DM_TYPE_OTHER;
	return step;
}

/* The same but for case and spaces. */
static bool
same_spelling(const char *a, const char *b)
{
	for (;;)
	{
		while (isspace((unsigned char) *a))
			a++;
		while (isspace((unsigned char) *b))
			b++;
		if (pg_tolower((unsigned char) *a) != pg_tolower((unsigned char) *b))
			return false;
		if (*a == '\0')
			return true;
		a++;
		b++;
	}
}

DmTypeStep
dm_type_step(const char *old, const char *new)
{
	DmTypeName *old_type;
	DmTypeName *new_type;

	if (same_spelling(old, new))
		return DM_TYPE_SAME;
	old_type = dm_type_read(old, InvalidOid);
	new_type = dm_type_read(new, InvalidOid);
	if (old_type->state != DM_TYPE_KNOWN || new_type->state != DM_TYPE_KNOWN)
		return DM_TYPE_UNCLEAR;
	/* modifiers of types that are not the server's own have no order that we know */
	if (old_type->modifiers != NULL || new_type->modifiers != NULL)
		return old_type->oid == new_type->oid && old_type->modifiers != NULL &&
					   new_type->modifiers != NULL &&
					   strcmp(old_type->modifiers, new_type->modifiers) == 0 ?
				   DM_TYPE_SAME :
				   DM_TYPE_OTHER;
	return known_step(old_type->oid, old_type->typmod, new_type->oid, new_type->typmod);
}

DmTypeStep
dm_logical_type_step(const char *old, const char *new)
{
	if (strcmp(old, new) == 0)
		return DM_TYPE_SAME;
	if (strcmp(old, "integer") == 0 && strcmp(new, "number") == 0)
		return DM_TYPE_WIDER;
	if (strcmp(old, "number") == 0 && strcmp(new, "integer") == 0)
		return DM_TYPE_NARROWER;
	return DM_TYPE_OTHER;
}
