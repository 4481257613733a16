/*
 * names.h
 *		What is called how in a contract, for references to find.
 */
#ifndef DM_CONTRACT_NAMES_H
#define DM_CONTRACT_NAMES_H

#include "contract/model.h"

/* A name, or an id, in one list of objects or properties */
typedef struct DmNameKey
{
	List *list;
	const char *text;
	size_t len;
	uint32 hash; /* of the text, see below */
	bool by_id;
} DmNameKey;

/* Who has it: indexes into the list */
typedef struct DmNamed
{
	DmNameKey key;
	char status; /* of simplehash */
	int first;
	int last;
	List *parents; /* those that more can be named below; of objects all */
} DmNamed;

/* The hash of a name grows by its characters, so that one pass gives that of each beginning. */
#define DM_NAME_HASH_START		 UINT32_C(2166136261)
#define dm_name_hash(hash, byte) (((hash) ^ (unsigned char) (byte)) * UINT32_C(16777619))

/* NULL if nothing in the list is called so */
extern DmNamed *dm_named(DmContract *contract, DmNameKey key);
extern DmNamed *dm_named_by_id(DmContract *contract, List *list, const char *id);
/* What can be named below a property: through the elements of arrays and maps, too. */
extern List *dm_nested_properties(DmProperty *property);

#endif /* DM_CONTRACT_NAMES_H */
