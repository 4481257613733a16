/*
 * key_order.c
 *		The order in which contracts are written for people.
 *
 * jsonb keeps no order of keys.  One list serves all depths: a key stands at the
 * same place of it in a property, a rule or a server.
 */
#include "postgres.h"

#include "contract/key_order.h"

const char *const dm_odcs_key_order[] = {
	/* what names a thing */
	"apiVersion", "kind", "id", "server", "property", "username", "channel", "synonym", "question",
	"constraint", "name", "role", "version", "status", "tenant", "domain", "dataProduct", "value",
	"valueExt", "unit", "element", "driver", "physicalName", "label", "type", "businessName",
	"url", "description", "purpose", "usage", "limitations", "access", "firstLevelApprovers",
	"secondLevelApprovers", "tool", "scope", "invitationUrl", "dateIn", "dateOut",
	"replacedByUsername", "environment", "host", "port", "database",
	/* the sections of a contract */
	"contractCreatedTs", "servers", "schema",
	/* objects and properties */
	"primaryKey", "primaryKeyPosition", "logicalType", "format", "minLength", "maxLength",
	"pattern", "minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf",
	"timezone", "defaultTimezone", "minItems", "maxItems", "uniqueItems", "minProperties",
	"maxProperties", "logicalTypeOptions", "physicalType", "semanticType", "required", "unique",
	"partitioned", "partitionKeyPosition", "classification", "encryptedName",
	"criticalDataElement", "transformSourceObjects", "transformLogic", "transformDescription",
	"dataGranularityDescription", "enum", "examples", "key", "items", "map", "properties", "from",
	"to", "relationships",
	/* quality rules */
	"metric", "rule", "arguments", "query", "engine", "implementation", "mustBe", "mustNotBe",
	"mustBeGreaterThan", "mustBeGreaterOrEqualTo", "mustBeLessThan", "mustBeLessOrEqualTo",
	"mustBeBetween", "mustNotBeBetween", "dimension", "method", "severity", "businessImpact",
	"scheduler", "schedule", "quality",
	/* the other sections */
	"support", "priceAmount", "priceCurrency", "priceUnit", "price", "members", "team", "roles",
	"slaDefaultElement", "slaProperties", "synonyms", "context", "tags", "customProperties",
	"authoritativeDefinitions", NULL
};
