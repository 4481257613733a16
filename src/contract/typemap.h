/*
 * typemap.h
 *		Types of a contract and types of columns.
 */
#ifndef DM_CONTRACT_TYPEMAP_H
#define DM_CONTRACT_TYPEMAP_H

/*
 * How well a column's type keeps what a contract says.  "Near" is what contracts in the wild mean
 * as well, such as date for a timestamp: told, and no failure, but the day on which a column
 * that fitted turns into one that is near is a change for its readers.
 */
typedef enum DmFit
{
	DM_FITS,
	DM_FITS_NEARLY,
	DM_FITS_UNKNOWN, /* the contract's type says nothing to this server */
	DM_FITS_NOT
} DmFit;

/*
 * The logicalType of ODCS that a type of the server has: string, integer, number, boolean, date,
 * timestamp, time, object or array.  A domain has that of what it is made of.
 */
extern const char *dm_logical_type(Oid typid, int32 typmod);

/*
 * Does a column's type satisfy a logicalType?  map is known, too; a word that ODCS does not have is
 * DM_FITS_UNKNOWN.  *note tells what is near or unknown, and may be NULL.
 */
extern DmFit dm_fits_logical(const char *logical, Oid typid, int32 typmod, const char **note);

/*
 * The same for a physicalType; home is the schema of the column's relation.  A modifier counts
 * only where the contract states one.
 */
extern DmFit dm_fits_physical(const char *physical, Oid home, Oid typid, int32 typmod,
							  const char **note);

#endif /* DM_CONTRACT_TYPEMAP_H */
