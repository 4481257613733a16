/*
 * refusal.c
 *		Why a reader may not read a product, and what he can do.
 *
 * Reading raises it as an error, explaining shows it as a row.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/timestamp.h"

#include "access/agreement.h"
#include "access/purpose.h"
#include "access/refusal.h"
#include "base/errors.h"
#include "base/strings.h"
#include "base/words.h"
#include "registry/product.h"

/* The purposes that the role holds agreements for; expired ones are in *ended. */
static List *
held_purposes(Oid role, DmProduct *product, DmAgreement **ended)
{
	List *purposes = NIL;
	TimestampTz now = GetCurrentTimestamp();
	ListCell *lc;

	*ended = NULL;
	foreach(lc, dm_agreement_list(product->id, InvalidOid))
	{
		DmAgreement *agreement = lfirst(lc);

		if (!has_privs_of_role(role, agreement->consumer))
			continue;
		if (now >= agreement->valid_until || now < agreement->valid_from)
		{
			*ended = agreement;
			continue;
		}
		purposes = dm_string_append_unique(purposes, agreement->purpose);
	}
	return purposes;
}

static void
because_of_purpose(DmRefusal *refusal, DmReader reader, DmProduct *product)
{
	const char *purpose = reader.purpose;

	refusal->sqlerrcode = ERRCODE_DM_PURPOSE;
	refusal->detail = psprintf("Role \"%s\" may read %s for %s.",
							   GetUserNameFromId(reader.role, false),
							   purpose ? psprintf("product \"%s\"", product->label) : "it",
							   dm_quoted_list(refusal->purposes));
	if (purpose == NULL)
	{
		refusal->message = psprintf("no purpose is set for reading product \"%s\"", product->label);
		refusal->hint =
			psprintf("Use SET datamesh.purpose = '%s', or ALTER ROLE ... SET datamesh.purpose for a tool's login.",
					 (char *) linitial(refusal->purposes));
		return;
	}
	refusal->message = dm_purpose_lineage(purpose) == NIL ?
						   psprintf("purpose \"%s\" is not registered", purpose) :
						   psprintf("product \"%s\" is not agreed for purpose \"%s\"",
									product->label, purpose);
	refusal->hint = "Use SET datamesh.purpose, or dm_request_access for another purpose.";
}

static void
because_of_time(DmRefusal *refusal, DmProduct *product, DmAgreement *agreement)
{
	refusal->message = psprintf("access agreement " INT64_FORMAT
								" for product \"%s\" is not in force",
								agreement->id, product->label);
	refusal->detail = agreement->valid_until <= GetCurrentTimestamp() ?
						  psprintf("It ended at %s.", timestamptz_to_str(agreement->valid_until)) :
						  psprintf("It begins at %s.", timestamptz_to_str(agreement->valid_from));
	refusal->hint = psprintf("Use dm_request_access('%s', purpose) to ask for a new one.",
							 product->label);
}

DmRefusal *
dm_refusal(DmReader reader, const char *product_literal)
{
	DmProduct *product = dm_product_get_by_literal(product_literal);
	DmRefusal *refusal = palloc0(sizeof(DmRefusal));
	DmAgreement *ended;

	refusal->sqlerrcode = ERRCODE_DM_NO_AGREEMENT;
	if (product == NULL)
	{
		refusal->message = psprintf("product \"%s\" does not exist", product_literal);
		return refusal;
	}
	if (!dm_product_is_served(product))
	{
		refusal->message = psprintf("product \"%s\" is %s and is not read by consumers",
									product->label, dm_status_name(product->status));
		return refusal;
	}
	refusal->purposes = held_purposes(reader.role, product, &ended);
	if (refusal->purposes != NIL)
		because_of_purpose(refusal, reader, product);
	else if (ended != NULL)
		because_of_time(refusal, product, ended);
	else
	{
		refusal->message = psprintf("role \"%s\" has no access agreement for product \"%s\"",
									GetUserNameFromId(reader.role, false), product->label);
		refusal->hint = psprintf("Use dm_request_access('%s', purpose) to ask for one.",
								 product->label);
	}
	return refusal;
}
