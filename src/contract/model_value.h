/*
 * model_value.h
 *		Typed reads out of a contract's document, for the readers of the model.
 */
#ifndef DM_CONTRACT_MODEL_VALUE_H
#define DM_CONTRACT_MODEL_VALUE_H

#include "base/finding.h"
#include "contract/model.h"

typedef struct DmModelReader
{
	DmContract *contract;
	List **findings; /* NULL: nobody wants to know */
	bool lenient;
} DmModelReader;

/* an object of the document and where it stands */
typedef struct DmNode
{
	JsonbContainer *object;
	char *pointer;
} DmNode;

/* read otherwise than written: a warning if lenient, else an error */
extern void dm_model_bend(DmModelReader *reader, const char *pointer, const char *fmt, ...)
	pg_attribute_printf(3, 4);

/* as written, but it may mean something else */
extern void dm_model_warning(DmModelReader *reader, const char *pointer, const char *fmt, ...)
	pg_attribute_printf(3, 4);

/* cannot be read at all */
extern void dm_model_error(DmModelReader *reader, const char *pointer, const char *fmt, ...)
	pg_attribute_printf(3, 4);

/* one key; each leaves a finding for a value of another type */
extern char *dm_read_text(DmModelReader *reader, DmNode node, const char *key);
extern bool dm_read_bool(DmModelReader *reader, DmNode node, const char *key, bool absent);
extern int64 dm_read_int(DmModelReader *reader, DmNode node, const char *key, int64 absent);

/* a number, or the text of a date: as written */
extern char *dm_read_bound(DmModelReader *reader, DmNode node, const char *key);

/* any type; false and a pointer of NULL if it is absent */
extern bool dm_read_value(DmModelReader *reader, DmNode node, const char *key, DmValue *value);

/* an object; its container is NULL if it is absent or none, its pointer if it is absent */
extern DmNode dm_read_object(DmModelReader *reader, DmNode node, const char *key);

/* lists; a scalar in the place of a list counts as a list of one if lenient */
extern List *dm_read_texts(DmModelReader *reader, DmNode node, const char *key);
extern List *dm_read_values(DmModelReader *reader, DmNode node, const char *key);

/* the objects of a list, each given to read(); what read() gives is collected */
typedef void *(*DmNodeReader)(DmModelReader *reader, DmNode node);
extern List *dm_read_list(DmModelReader *reader, DmNode node, const char *key, DmNodeReader read);

/* what a key holds, in words */
extern const char *dm_json_kind(const JsonbValue *value);

extern bool dm_node_has(DmNode node, const char *key);

/* the readers of the parts */
extern void *dm_model_object(DmModelReader *reader, DmNode node);
extern void *dm_model_property(DmModelReader *reader, DmNode node);
extern void *dm_model_relationship(DmModelReader *reader, DmNode node);
extern void *dm_model_quality(DmModelReader *reader, DmNode node);
extern void dm_model_options(DmModelReader *reader, DmNode property, DmOptions *options);
extern void dm_model_terms(DmModelReader *reader, DmNode root);

#endif /* DM_CONTRACT_MODEL_VALUE_H */
