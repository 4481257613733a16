/*
 * product.c
 *		Data products: reading them, and who may manage them.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "base/words.h"
#include "catalog/table.h"
#include "registry/portrow.h"
#include "registry/product.h"

static const char *const status_names[] = {
	[DM_PROPOSED] = "proposed",
	[DM_DRAFT] = "draft",
	[DM_ACTIVE] = "active",
	[DM_DEPRECATED] = "deprecated",
	[DM_RETIRED] = "retired",
};

const char *
dm_status_name(DmStatus status)
{
	return status_names[status];
}

static DmStatus
status_from_name(const char *name)
{
	for (int i = 0; i < lengthof(status_names); i++)
		if (strcmp(status_names[i], name) == 0)
			return (DmStatus) i;
	elog(ERROR, "unknown product status \"%s\"", name);
}

bool
dm_product_is_served(DmProduct *product)
{
	return product->status == DM_ACTIVE || product->status == DM_DEPRECATED;
}

static char *
literal_of(const char *domain, const char *name, int major)
{
	return major == 1 ? psprintf("%s.%s", domain, name) :
						psprintf("%s.%s@%d", domain, name, major);
}

int
dm_product_last_major(DmDomain *domain, const char *name)
{
	ScanKeyData keys[2];
	DmScan scan;
	HeapTuple tuple;
	int result = 0;

	dm_key_int8(&keys[0], Anum_dm_product_domain, domain->id);
	dm_key_text(&keys[1], Anum_dm_product_name, name);
	dm_scan_begin(&scan, DM_PRODUCT, "product_domain_name_major_key", 2, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
	{
		int major = dm_scan_int4(&scan, tuple, Anum_dm_product_major);

		result = Max(result, major);
	}
	dm_scan_end(&scan);
	return result;
}

static DmProduct *
read_product(DmScan *scan, HeapTuple tuple)
{
	DmProduct *product = palloc0(sizeof(DmProduct));
	Datum until;
	bool isnull;
	char *status = dm_scan_text(scan, tuple, Anum_dm_product_status);

	product->id = dm_scan_int8(scan, tuple, Anum_dm_product_id);
	product->domain = dm_domain_get_by_id(dm_scan_int8(scan, tuple, Anum_dm_product_domain));
	product->name = dm_scan_text(scan, tuple, Anum_dm_product_name);
	product->major = dm_scan_int4(scan, tuple, Anum_dm_product_major);
	product->literal = literal_of(product->domain->name, product->name, product->major);
	product->label = product->literal;
	if (product->major == 1 && dm_product_last_major(product->domain, product->name) > 1)
		product->label = psprintf("%s@1", product->literal);
	product->description = dm_scan_text(scan, tuple, Anum_dm_product_description);
	product->owner = dm_scan_oid(scan, tuple, Anum_dm_product_owner);
	product->status = status_from_name(status);
	product->open_ended = DatumGetBool(dm_scan_get(scan, tuple, Anum_dm_product_open_ended, NULL));
	until = dm_scan_get(scan, tuple, Anum_dm_product_deprecated_until, &isnull);
	product->has_until = !isnull;
	product->deprecated_until = isnull ? 0 : DatumGetDateADT(until);
	product->successor = dm_scan_text(scan, tuple, Anum_dm_product_successor);
	product->compatibility = dm_scan_text(scan, tuple, Anum_dm_product_compatibility);
	product->contract_mode = dm_scan_text(scan, tuple, Anum_dm_product_contract_mode);
	return product;
}

/* Products by a unique or other index, in its order. */
static List *
find_products(const char *index_name, int nkeys, ScanKey keys)
{
	DmScan scan;
	HeapTuple tuple;
	List *result = NIL;

	dm_scan_begin(&scan, DM_PRODUCT, index_name, nkeys, keys);
	while (HeapTupleIsValid(tuple = dm_scan_next(&scan)))
		result = lappend(result, read_product(&scan, tuple));
	dm_scan_end(&scan);
	return result;
}

List *
dm_product_list(int64 domain_id)
{
	ScanKeyData key;

	dm_key_int8(&key, Anum_dm_product_domain, domain_id);
	return find_products("product_domain_name_major_key", domain_id == 0 ? 0 : 1, &key);
}

List *
dm_product_majors(DmDomain *domain, const char *name)
{
	ScanKeyData keys[2];

	dm_key_int8(&keys[0], Anum_dm_product_domain, domain->id);
	dm_key_text(&keys[1], Anum_dm_product_name, name);
	return find_products("product_domain_name_major_key", 2, keys);
}

static int
cmp_products(const ListCell *a, const ListCell *b)
{
	return strcmp(((DmProduct *) lfirst(a))->label, ((DmProduct *) lfirst(b))->label);
}

/* Splits 'domain.name[@major]'; major 0 where the text has none.  False if malformed. */
static bool
parse_label(const char *text, char **domain, char **name, int *major)
{
	const char *dot = strchr(text, '.');
	const char *at = strchr(text, '@');
	char *end;

	*major = 0;
	if (dot == NULL || (at != NULL && at < dot))
		return false;
	*domain = pnstrdup(text, dot - text);
	*name = at ? pnstrdup(dot + 1, at - dot - 1) : pstrdup(dot + 1);
	if (at != NULL)
	{
		if (at[1] < '1' || at[1] > '9' || strlen(at + 1) > 5)
			return false;
		*major = strtol(at + 1, &end, 10);
		if (*end != '\0')
			return false;
	}
	return true;
}

void
dm_product_parse(const char *text, char **domain, char **name, int *major)
{
	if (!parse_label(text, domain, name, major))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid product name \"%s\"", text),
				 errhint("A product is named by its domain and its name, as in \"sales.customers\", and by a major version where needed, as in \"sales.customers@2\".")));
}

/* The version that a name without '@' means. */
static DmProduct *
version_in_use(List *versions)
{
	static const DmStatus preference[] = {
		DM_ACTIVE, DM_DEPRECATED, DM_DRAFT, DM_PROPOSED, DM_RETIRED
	};

	for (int i = 0; i < lengthof(preference); i++)
	{
		/* the index gives them by major, the newest last */
		for (int j = list_length(versions) - 1; j >= 0; j--)
		{
			DmProduct *product = list_nth(versions, j);

			if (product->status == preference[i])
				return product;
		}
	}
	return NULL;
}

static DmProduct *
find_product(const char *domain_name, const char *name, int major)
{
	DmDomain *domain = dm_domain_get(domain_name, true);
	ScanKeyData keys[3];

	if (domain == NULL)
		return NULL;
	dm_key_int8(&keys[0], Anum_dm_product_domain, domain->id);
	dm_key_text(&keys[1], Anum_dm_product_name, name);
	dm_key_int4(&keys[2], Anum_dm_product_major, major);
	return version_in_use(find_products("product_domain_name_major_key", major == 0 ? 2 : 3, keys));
}

static void
no_such_product(const char *text)
{
	List *labels = NIL;
	List *products = dm_product_list(0);
	ListCell *lc;
	char *nearest;

	list_sort(products, cmp_products);
	foreach(lc, products)
		labels = lappend(labels, ((DmProduct *) lfirst(lc))->label);
	nearest = dm_nearest(text, labels);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("product \"%s\" does not exist", text),
			 nearest ? errhint("Perhaps you meant %s.", nearest) :
					   errhint("datamesh.products lists the products.")));
}

DmProduct *
dm_product_get(const char *text, bool missing_ok)
{
	char *domain;
	char *name;
	int major;
	DmProduct *product;

	dm_product_parse(text, &domain, &name, &major);
	product = find_product(domain, name, major);
	if (product == NULL && !missing_ok)
		no_such_product(text);
	return product;
}

DmProduct *
dm_product_get_by_literal(const char *literal)
{
	char *domain;
	char *name;
	int major;

	if (!parse_label(literal, &domain, &name, &major))
		return NULL;
	return find_product(domain, name, major == 0 ? 1 : major);
}

DmProduct *
dm_product_find_by_id(int64 id)
{
	ScanKeyData key;
	List *found;

	dm_key_int8(&key, Anum_dm_product_id, id);
	found = find_products("product_pkey", 1, &key);
	return found == NIL ? NULL : linitial(found);
}

DmProduct *
dm_product_get_by_id(int64 id)
{
	DmProduct *product = dm_product_find_by_id(id);

	if (product == NULL)
		elog(ERROR, "no product with id " INT64_FORMAT, id);
	return product;
}

bool
dm_product_may_manage(DmProduct *product, Oid roleid)
{
	return has_privs_of_role(roleid, product->domain->owner) ||
		   has_privs_of_role(roleid, product->owner);
}

void
dm_product_check_manage(DmProduct *product)
{
	if (dm_product_may_manage(product, GetUserId()))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied for product \"%s\"", product->label),
			 errdetail("Only members of role \"%s\", its owner, may do this.",
					   GetUserNameFromId(product->owner, false))));
}

DmProduct *
dm_product_get_for_update(const char *text)
{
	DmProduct *product = dm_product_get(text, false);

	dm_product_check_manage(product);
	dm_table_lock(DM_DOMAIN, product->domain->id, ExclusiveLock);

	/* it may have changed, or gone, while we waited; and another version may be in use now */
	product = dm_product_get_by_literal(product->literal);
	if (product == NULL)
		no_such_product(text);
	dm_product_check_manage(product);
	return product;
}

void
dm_product_update(DmProduct *product, DmRow *row)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_key_int8(&key, Anum_dm_product_id, product->id);
	dm_scan_begin(&scan, DM_PRODUCT, "product_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	dm_table_update(&scan, tuple, row);
	dm_scan_end(&scan);
}

void
dm_product_transfer(DmDomain *domain, Oid new_owner)
{
	ListCell *lc;

	foreach(lc, dm_product_list(domain->id))
	{
		DmProduct *product = lfirst(lc);
		DmRow row;

		if (product->owner != domain->owner)
			continue;
		dm_row_init(&row);
		dm_row_set(&row, Anum_dm_product_owner, ObjectIdGetDatum(new_owner));
		dm_product_update(product, &row);
	}
}

void
dm_product_forget(DmProduct *product)
{
	ScanKeyData key;
	DmScan scan;
	HeapTuple tuple;

	dm_port_rows_forget(product->id);
	dm_key_int8(&key, Anum_dm_product_id, product->id);
	dm_scan_begin(&scan, DM_PRODUCT, "product_pkey", 1, &key);
	tuple = dm_scan_next(&scan);
	dm_table_delete(&scan, tuple);
	dm_scan_end(&scan);
}
