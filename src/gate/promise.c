/*
 * promise.c
 *		What a contract admits of a port's column.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "utils/lsyscache.h"

#include "contract/locate.h"
#include "contract/model.h"
#include "contract/typemap.h"
#include "contract/version.h"
#include "gate/promise.h"
#include "port/port.h"
#include "registry/portrow.h"

/* The property that a contract has for the port's column; NULL if it says nothing of it. */
static DmProperty *
find_property(DmContract *contract, DmProduct *product, Oid view, const char *column)
{
	ListCell *lo;
	ListCell *lp;

	foreach(lo, contract->objects)
	{
		DmObject *object = lfirst(lo);

		if (dm_contract_port(product->id, object->name) != view)
			continue;
		foreach(lp, object->properties)
		{
			DmProperty *property = lfirst(lp);

			if (strcmp(property->physical_name, column) == 0 ||
				(property->encrypted_name != NULL &&
				 strcmp(property->encrypted_name, column) == 0))
				return property;
		}
	}
	return NULL;
}

/*
 * A type that fits nearly is a change for readers of one that fitted, but not for those of one
 * that was no better.
 */
static bool
no_worse(DmFit now, DmFit before)
{
	return now == DM_FITS || now == DM_FITS_UNKNOWN ||
		   (now == DM_FITS_NEARLY && before != DM_FITS);
}

typedef struct ColumnType
{
	Oid typid;
	int32 typmod;
} ColumnType;

static bool
admits(DmProperty *property, Oid home, ColumnType now, ColumnType before)
{
	/* nothing is said of the type of a ciphertext */
	if (property->encrypted_name != NULL)
		return true;
	if (property->physical_type != NULL &&
		!no_worse(dm_fits_physical(property->physical_type, home, now.typid, now.typmod, NULL),
				  dm_fits_physical(property->physical_type, home, before.typid, before.typmod,
								   NULL)))
		return false;
	return property->logical_type == NULL ||
		   no_worse(dm_fits_logical(property->logical_type, now.typid, now.typmod, NULL),
					dm_fits_logical(property->logical_type, before.typid, before.typmod, NULL));
}

/* Does this version admit it?  *silent tells that it says nothing of the column. */
static bool
version_admits(DmContractVersion *version, DmProduct *product, Oid view, const char *column,
			   Oid home, ColumnType now, bool *silent)
{
	DmContract *contract = NULL;
	DmProperty *property = NULL;
	ColumnType before;
	Oid collation;

	if (version != NULL)
		contract = dm_contract_read(dm_contract_document(version), true, NULL);
	if (contract != NULL)
		property = find_property(contract, product, view, column);
	*silent = property == NULL;
	if (property == NULL)
		return true;
	get_atttypetypmodcoll(view, get_attnum(view, column), &before.typid, &before.typmod,
						  &collation);
	return admits(property, home, now, before);
}

bool
dm_promise_admits_type(DmProduct *product, Oid view, const char *column, Oid home, Oid typid,
					   int32 typmod)
{
	ColumnType now = { typid, typmod };
	bool silent;

	/* what is waiting to be published says what the column is to become */
	if (version_admits(dm_contract_draft(product->id), product, view, column, home, now,
					   &silent) &&
		!silent)
		return true;
	return version_admits(dm_contract_active(product->id), product, view, column, home, now,
						  &silent);
}
