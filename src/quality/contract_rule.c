/*
 * contract_rule.c
 *		The rules that a contract says in its quality sections.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

#include "base/json.h"
#include "base/sqlname.h"
#include "base/strings.h"
#include "contract/locate.h"
#include "quality/nested_rule.h"
#include "registry/portrow.h"

/* Severities of the standard's examples and of tools that do not make a product worse. */
static const char *const mild[] = { "info", "warning", "warn", "low", "minor", "trivial" };

static char *
severity_of(const char *text)
{
	for (int i = 0; text != NULL && i < lengthof(mild); i++)
		if (pg_strcasecmp(text, mild[i]) == 0)
			return pstrdup(DM_SEVERITY_WARNING);
	return pstrdup(DM_SEVERITY_ERROR);
}

static char *
free_name(DmRuleReader *reader, const char *name)
{
	char *result = pstrdup(name);

	for (int i = 2; dm_string_member(reader->taken, result); i++)
		result = psprintf("%s_%d", name, i);
	reader->taken = lappend(reader->taken, result);
	return result;
}

Jsonb *
dm_no_arguments(void)
{
	DmJsonBuilder b = { NULL };

	dm_json_begin_object(&b, NULL);
	dm_json_end_object(&b);
	return dm_json_done(&b);
}

DmRule *
dm_rule_add(DmRuleReader *reader, const char *name, const char *column, const char *metric,
			Jsonb *arguments, DmMust *must, const char *source)
{
	DmRule *rule = palloc0(sizeof(DmRule));

	rule->name = free_name(reader, name);
	rule->relid = reader->relid;
	rule->relation = reader->object->physical_name;
	rule->column = column == NULL ? NULL : pstrdup(column);
	rule->metric = dm_metric_get(metric, false);
	rule->arguments = arguments != NULL ? arguments : dm_no_arguments();
	rule->must = must;
	if (must == NULL)
		rule->must = dm_must_parse(rule->metric->must != NULL ? rule->metric->must : "= 0");
	rule->severity = pstrdup(DM_SEVERITY_ERROR);
	rule->mode = pstrdup(DM_MODE_OBSERVE);
	rule->dimension = rule->metric->dimension == NULL ? NULL : pstrdup(rule->metric->dimension);
	rule->source = source;
	rule->product = reader->product->id;
	rule->port = reader->port;
	rule->problem = reader->problem;
	reader->rules = lappend(reader->rules, rule);
	return rule;
}

static DmOperand *
operand_of(const DmValue *value)
{
	DmOperand *operand = palloc0(sizeof(DmOperand));

	operand->text = value->text == NULL ? pstrdup("") : value->text;
	if (value->json.type == jbvNumeric)
	{
		operand->kind = DM_OPERAND_NUMBER;
		operand->number = value->json.val.numeric;
	}
	else
		operand->kind = value->json.type == jbvBool ? DM_OPERAND_TRUTH : DM_OPERAND_TEXT;
	return operand;
}

static DmMustTerm *
term_of(const DmExpectation *expectation)
{
	static const DmMustOp ops[] = {
		[DM_MUST_BE] = DM_MUST_EQUAL,
		[DM_MUST_NOT_BE] = DM_MUST_DIFFER,
		[DM_MUST_BE_GREATER_THAN] = DM_MUST_BE_GREATER,
		[DM_MUST_BE_GREATER_OR_EQUAL] = DM_MUST_BE_AT_LEAST,
		[DM_MUST_BE_LESS_THAN] = DM_MUST_BE_LESS,
		[DM_MUST_BE_LESS_OR_EQUAL] = DM_MUST_BE_AT_MOST,
		[DM_MUST_BE_BETWEEN] = DM_MUST_LIE_BETWEEN,
		[DM_MUST_NOT_BE_BETWEEN] = DM_MUST_NOT_LIE_BETWEEN,
	};
	DmMustTerm *term = palloc0(sizeof(DmMustTerm));

	term->op = ops[expectation->op];
	term->operands = list_make1(operand_of(&expectation->operand));
	if (expectation->op == DM_MUST_BE_BETWEEN || expectation->op == DM_MUST_NOT_BE_BETWEEN)
		term->operands = lappend(term->operands, operand_of(&expectation->upper));
	return term;
}

/* All of a rule's operators must hold (trap T1); NULL if it has none. */
static DmMust *
must_of(const DmQuality *quality)
{
	DmMust *must;
	ListCell *lc;

	if (quality->expectations == NIL)
		return NULL;
	must = palloc0(sizeof(DmMust));
	foreach(lc, quality->expectations)
		must->terms = lappend(must->terms, term_of(lfirst(lc)));
	return must;
}

static void
add_values(DmJsonBuilder *b, const char *key, List *values)
{
	ListCell *lc;

	dm_json_begin_array(b, key);
	foreach(lc, values)
		dm_json_add_value(b, NULL, &((DmValue *) lfirst(lc))->json);
	dm_json_end_array(b);
}

/* A list may be empty: then nothing is missing but NULL, and nothing is valid. */
static Jsonb *
arguments_of(DmRuleReader *reader, const DmQuality *quality)
{
	DmJsonBuilder b = { NULL };
	ListCell *lc;

	dm_json_begin_object(&b, NULL);
	if (quality->has_missing_values)
		add_values(&b, "missingValues", quality->missing_values);
	if (quality->has_valid_values)
		add_values(&b, "validValues", quality->valid_values);
	dm_json_add_text(&b, "pattern", quality->pattern);
	if (quality->properties != NIL)
	{
		dm_json_begin_array(&b, "properties");
		foreach(lc, quality->properties)
		{
			DmValue *name = lfirst(lc);
			DmProperty *property = name->text == NULL ?
									   NULL :
									   dm_object_property(reader->object, name->text);

			dm_json_add_text(&b, NULL,
							 property != NULL ? property->physical_name : name->text);
		}
		dm_json_end_array(&b);
	}
	dm_json_end_object(&b);
	return dm_json_done(&b);
}

static Jsonb *
one_argument(const char *name, const char *value)
{
	DmJsonBuilder b = { NULL };

	dm_json_begin_object(&b, NULL);
	dm_json_add_text(&b, name, value);
	dm_json_end_object(&b);
	return dm_json_done(&b);
}

/* The name of the rule's own, or one made of what it is about. */
static char *
name_of(const DmQuality *quality, const char *column)
{
	const char *what = quality->metric != NULL ? quality->metric : quality->type;

	if (quality->name != NULL)
		return quality->name;
	if (quality->id != NULL)
		return quality->id;
	return column == NULL ? pstrdup(what) : psprintf("%s.%s", column, what);
}

static DmRule *
library_rule(DmRuleReader *reader, const DmQuality *quality, const char *name, const char *column)
{
	const char *metric = quality->metric == NULL ? "" : quality->metric;
	const DmMetric *known = dm_metric_get(metric, true);
	DmMust *must = must_of(quality);
	DmRule *rule;

	if (known == NULL || known->how == DM_BY_QUERY || known->how == DM_BY_NOBODY)
	{
		rule = dm_rule_add(reader, name, column, "text", NULL, must, DM_SOURCE_CONTRACT);
		rule->problem = psprintf("there is no metric \"%s\"", metric);
		return rule;
	}
	rule = dm_rule_add(reader, name, column, metric, arguments_of(reader, quality), must,
					   DM_SOURCE_CONTRACT);
	if (must == NULL && known->must == NULL && rule->problem == NULL)
		rule->problem = "the rule does not say what the value must be";
	return rule;
}

static DmRule *
add_quality(DmRuleReader *reader, const char *column, const char *called, const DmQuality *quality)
{
	char *name = name_of(quality, called);
	DmRule *rule;

	if (strcmp(quality->type, "sql") == 0)
		rule = dm_rule_add(reader, name, column, "sql", one_argument("query", quality->query),
						   must_of(quality), DM_SOURCE_CONTRACT);
	else if (strcmp(quality->type, "library") == 0)
		rule = library_rule(reader, quality, name, column);
	else
		rule = dm_rule_add(reader, name, column, "text",
						   one_argument("description", quality->description), NULL,
						   DM_SOURCE_CONTRACT);
	rule->percent = quality->percent;
	rule->severity = severity_of(quality->severity);
	if (quality->dimension != NULL)
		rule->dimension = quality->dimension;
	rule->description = quality->description;
	if (quality->schedule != NULL && quality->scheduler != NULL &&
		pg_strcasecmp(quality->scheduler, "cron") == 0)
		rule->schedule = quality->schedule;
	if (rule->problem == NULL && rule->metric->how == DM_BY_QUERY)
		rule->problem = quality->query == NULL ? "the rule has no query" : reader->author_problem;
	return rule;
}

/*
 * A rule about a part of a column is one about its rows, where that can be said of each row by
 * itself.  That there are others is not passed over.
 */
static void
add_part_quality(DmRuleReader *reader, const DmPart *part, const DmQuality *quality)
{
	Jsonb *arguments = dm_part_quality_arguments(part, quality);
	DmRule *rule = add_quality(reader, part->column, part->name, quality);

	if (rule->problem != NULL)
		return;
	if (arguments == NULL && rule->metric->how != DM_BY_NOBODY)
	{
		rule->problem = psprintf("it is about a part of a column, \"%s\"", part->name);
		return;
	}
	if (arguments == NULL)
		return;
	rule->metric = dm_metric_get("jsonSchema", false);
	rule->arguments = arguments;
}

static void
add_nested(DmRuleReader *reader, DmProperty *property)
{
	ListCell *lc;
	ListCell *lq;

	foreach(lc, dm_parts_inside(dm_part_of_column(property)))
		foreach(lq, ((DmPart *) lfirst(lc))->property->quality)
			add_part_quality(reader, lfirst(lc), lfirst(lq));
}

static void
object_rules(DmRuleReader *reader)
{
	ListCell *lc;

	dm_schema_rules(reader);
	foreach(lc, reader->object->quality)
		(void) add_quality(reader, NULL, NULL, lfirst(lc));
	foreach(lc, reader->object->properties)
	{
		DmProperty *property = lfirst(lc);
		ListCell *lq;

		foreach(lq, property->quality)
			(void) add_quality(reader, property->physical_name, property->physical_name,
							   lfirst(lq));
		add_nested(reader, property);
	}
}

Oid
dm_contract_relation(DmContract *contract, DmProduct *product, DmObject *object, char **problem)
{
	Oid view = dm_contract_port(product->id, object->name);
	Oid source = OidIsValid(view) ? dm_port_source(view) : InvalidOid;
	DmLocation location;

	if (OidIsValid(source))
		return source;
	dm_object_locate(product->domain, contract, object, &location);
	if (location.place == DM_PLACE_FOUND)
		return location.relid;
	if (problem != NULL)
		*problem = dm_location_problem(product->domain, object->physical_name, &location);
	return InvalidOid;
}

DmContractVersion *
dm_checked_contract(int64 product_id)
{
	DmContractVersion *version = dm_contract_active(product_id);

	return version != NULL ? version : dm_contract_draft(product_id);
}

/*
 * Queries run with the rights of the product's owner.  That is not for others to use who may
 * change the contract.
 */
static char *
author_problem(DmProduct *product, DmContractVersion *version)
{
	Oid author = get_role_oid(version->author, true);

	if (!OidIsValid(author))
		return psprintf("the contract is by role \"%s\", which is gone; import it anew",
						version->author);
	if (!has_privs_of_role(author, product->owner))
		return psprintf("the contract is by role \"%s\", which does not have the rights of \"%s\", the product's owner",
						version->author, GetUserNameFromId(product->owner, false));
	return NULL;
}

static bool
may_read(Oid relid, List *columns, Oid role)
{
	ListCell *lc;

	if (pg_class_aclcheck(relid, role, ACL_SELECT) == ACLCHECK_OK)
		return true;
	if (columns == NIL)
		return pg_attribute_aclcheck_all(relid, role, ACL_SELECT, ACLMASK_ANY) == ACLCHECK_OK;
	foreach(lc, columns)
	{
		AttrNumber attnum = get_attnum(relid, lfirst(lc));

		/* one that is not there cannot be measured */
		if (attnum != InvalidAttrNumber &&
			pg_attribute_aclcheck(relid, attnum, role, ACL_SELECT) != ACLCHECK_OK)
			return false;
	}
	return true;
}

/*
 * Rules are measured as the owners of what they are about.  What a rule asks must not be what its
 * author may not know: a pattern, a bound and a list ask for values, too.
 */
static void
check_reading(const DmRuleReader *reader, const char *author)
{
	Oid role = get_role_oid(author, true);
	ListCell *lc;

	foreach(lc, reader->rules)
	{
		DmRule *rule = lfirst(lc);
		DmMetricHow how = rule->metric->how;
		Oid unread = InvalidOid;
		Oid other;

		if (!OidIsValid(role) || !OidIsValid(rule->relid) || rule->problem != NULL ||
			how == DM_BY_CATALOG || how == DM_BY_NOBODY || how == DM_BY_QUERY)
			continue;
		other = dm_rule_other_relation(rule, "relation");
		if (OidIsValid(other) && !may_read(other, dm_rule_texts(rule, "columns"), role))
			unread = other;
		if (!may_read(rule->relid, dm_rule_columns(rule), role))
			unread = rule->relid;
		if (OidIsValid(unread))
			rule->problem = psprintf("the contract is by role \"%s\", which may not read %s",
									 author, dm_relation_sql(unread));
	}
}

/* The names of stored rules are theirs. */
static List *
stored_names(Oid relid)
{
	List *result = NIL;
	ListCell *lc;

	if (OidIsValid(relid))
		foreach(lc, dm_rule_list(relid))
			result = lappend(result, ((DmRule *) lfirst(lc))->name);
	return result;
}

List *
dm_contract_rules(DmProduct *product)
{
	DmContractVersion *version = dm_checked_contract(product->id);
	DmRuleReader reader = { .product = product };
	ListCell *lc;

	if (version == NULL)
		return NIL;
	reader.contract = dm_contract_read(dm_contract_document(version), true, NULL);
	if (reader.contract == NULL)
		return NIL;
	reader.author_problem = author_problem(product, version);
	foreach(lc, reader.contract->objects)
	{
		reader.object = lfirst(lc);
		reader.problem = NULL;
		reader.port = dm_contract_port(product->id, reader.object->name);
		reader.relid = dm_contract_relation(reader.contract, product, reader.object,
											&reader.problem);
		reader.taken = stored_names(reader.relid);
		object_rules(&reader);
	}
	check_reading(&reader, version->author);
	return reader.rules;
}
