/*
 * typename.h
 *		Types as contracts write them, read by the server's own parser.
 *
 * Contracts are written by people and tools for many databases.  A text that is no type here is
 * no error: whoever asks says what it means that nothing can be told.
 */
#ifndef DM_BASE_TYPENAME_H
#define DM_BASE_TYPENAME_H

typedef enum DmTypeState
{
	DM_TYPE_KNOWN,	   /* a type of this database */
	DM_TYPE_UNKNOWN,   /* has the form of a type, but there is none of that name, or several */
	DM_TYPE_UNREADABLE /* the server's parser takes it for no type at all */
} DmTypeState;

/*
 * typmod is -1 where the text states none, so "char" has none either, although the server reads
 * char(1).  The modifiers of types that are not the server's own, such as geometry(Point,4326),
 * are not computed, which would execute foreign code: they are kept as text in the form in
 * which dm_typmod_text writes those of a column.
 */
typedef struct DmTypeName
{
	DmTypeState state;
	Oid oid;			 /* valid if known; of the array type for an array */
	int32 typmod;		 /* of the server's own types */
	char *modifiers;	 /* of others, NULL for none */
	char *schema;		 /* as written, "pg_catalog" for the types of the grammar; or NULL */
	char *name;			 /* folded as SQL does, of the element of an array; NULL if unreadable */
	bool array;			 /* one or more dimensions, which are all the same to the server */
	const char *bent;	 /* what was read otherwise than it is written, NULL for nothing */
	const char *problem; /* why it is not known, NULL if it is */
} DmTypeName;

/*
 * Reads the text of a type.  A name without a schema is looked for in pg_catalog, in the schema
 * home (InvalidOid for none), and in the whole database if it is there but once: never by
 * the search_path, so that the answer is the same in every session.
 */
extern DmTypeName *dm_type_read(const char *text, Oid home);

/* The modifiers of a column's type that is not the server's own, NULL for none. */
extern char *dm_typmod_text(Oid typid, int32 typmod);

#endif /* DM_BASE_TYPENAME_H */
