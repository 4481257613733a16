/*
 * classification.h
 *		What a contract says of the sensitivity of columns, as tags of the mesh.
 */
#ifndef DM_EXCHANGE_CLASSIFICATION_H
#define DM_EXCHANGE_CLASSIFICATION_H

#include "nodes/pg_list.h"

#include "contract/model.h"

/* The tags of the mesh that a property names, by "classification" or "tags", nested ones included. */
extern List *dm_property_tags(DmProperty *property);

/* Those of them that do not govern its column in the relation; NIL if there is no such column. */
extern List *dm_property_missing_tags(DmProperty *property, Oid relid);

/*
 * Gives the column of the property the tags that are missing.  Nothing is taken off: tags that
 * the contract does not name, and classifications that are no tags, are findings.
 */
extern void dm_property_classify(DmProperty *property, Oid relid, List **steps, List **findings);

/* The findings of dm_property_classify, and the tags that are missing; changes nothing. */
extern void dm_property_survey(DmProperty *property, Oid relid, List **findings);

/* True if values of the property's column are shown to cleared readers only. */
extern bool dm_property_is_guarded(DmProperty *property, Oid relid);

#endif /* DM_EXCHANGE_CLASSIFICATION_H */
