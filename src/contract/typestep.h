/*
 * typestep.h
 *		What a change of a type means to those who read the values.
 */
#ifndef DM_CONTRACT_TYPESTEP_H
#define DM_CONTRACT_TYPESTEP_H

typedef enum DmTypeStep
{
	DM_TYPE_SAME,	  /* another spelling at most */
	DM_TYPE_WIDER,	  /* every old value is one of the new type and prints the same */
	DM_TYPE_NARROWER, /* the other way round */
	DM_TYPE_OTHER,	  /* values, their text or their order differ */
	DM_TYPE_UNCLEAR	  /* at least one of the two is no type of this database */
} DmTypeStep;

/* The step from one physicalType to another. */
extern DmTypeStep dm_type_step(const char *old, const char *new);

/* The step from one logicalType of ODCS to another. */
extern DmTypeStep dm_logical_type_step(const char *old, const char *new);

#endif /* DM_CONTRACT_TYPESTEP_H */
