/*
 * describe_value.c
 *		Constants of conditions, and values as contracts write them.
 */
#include "postgres.h"

#include <ctype.h>

#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"

#include "conform/described.h"

static bool
is_foreign_function(Oid funcid, void *context)
{
	return funcid >= FirstNormalObjectId || func_volatile(funcid) != PROVOLATILE_IMMUTABLE;
}

/* Constants and casts of them: any other function may take its time, or much memory. */
static bool
is_not_constant(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_FuncExpr:
			if (((FuncExpr *) node)->funcformat != COERCE_IMPLICIT_CAST &&
				((FuncExpr *) node)->funcformat != COERCE_EXPLICIT_CAST)
				return true;
			break;
		case T_List:
			return expression_tree_walker(node, is_not_constant, context);
		case T_Const:
		case T_RelabelType:
		case T_ArrayExpr:
		case T_ArrayCoerceExpr:
		case T_CaseTestExpr:
		case T_CoerceViaIO:
			break;
		default:
			return true;
	}
	if (check_functions_in_node(node, is_foreign_function, context))
		return true;
	return expression_tree_walker(node, is_not_constant, context);
}

Const *
dm_described_constant(Node *node)
{
	if (is_not_constant(node, NULL))
		return NULL;
	node = eval_const_expressions(NULL, node);
	/* a cast to varchar leaves a relabelling around the constant */
	while (IsA(node, RelabelType))
		node = (Node *) ((RelabelType *) node)->arg;
	return IsA(node, Const) && !((Const *) node)->constisnull ? (Const *) node : NULL;
}

/* A timestamp as ISO 8601 has it, from the server's ISO style in UTC. */
static char *
iso_timestamp(char *text)
{
	char *blank = strchr(text, ' ');
	size_t len = strlen(text);

	if (blank != NULL)
		*blank = 'T';
	if (len > 3 && strcmp(text + len - 3, "+00") == 0)
		strcpy(text + len - 3, "Z");
	return text;
}

char *
dm_described_value(Oid typid, Datum value)
{
	Oid output;
	bool is_varlena;
	char *text;

	getTypeOutputInfo(typid, &output, &is_varlena);
	if (output >= FirstNormalObjectId)
		return NULL;
	text = OidOutputFunctionCall(output, value);
	switch (typid)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case NUMERICOID:
		case FLOAT4OID:
		case FLOAT8OID:
			/* neither NaN nor infinity is a number in JSON */
			return strspn(text, "0123456789+-.e") == strlen(text) ? text : NULL;
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			if (!isdigit((unsigned char) text[0]) || strstr(text, "BC") != NULL)
				return NULL;
			return iso_timestamp(text);
		default:
			return text;
	}
}

bool
dm_is_number_type(Oid typid)
{
	return typid == INT2OID || typid == INT4OID || typid == INT8OID || typid == NUMERICOID ||
		   typid == FLOAT4OID || typid == FLOAT8OID;
}
