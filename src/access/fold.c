/*
 * fold.c
 *		The functions that ports ask, and folding them while planning.
 *
 * datamesh.admits(product), datamesh.clear(product, tag) and datamesh.token(product, tag)
 * stand in the text of every port.  Their planner support function replaces
 * the call by its answer for the current user, so that constant folding removes
 * the CASE around a column and the plan is that of the bare table.  The plan
 * is then good for this user alone, which dependsOnRole says.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "access/decide.h"
#include "access/fold.h"
#include "catalog/table.h"

PG_FUNCTION_INFO_V1(dm_admits);
PG_FUNCTION_INFO_V1(dm_clear);
PG_FUNCTION_INFO_V1(dm_clear_or_token);
PG_FUNCTION_INFO_V1(dm_decide_support);

Datum
dm_admits(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(dm_decide_admits(text_to_cstring(PG_GETARG_TEXT_PP(0))));
}

Datum
dm_clear(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(dm_decide_clear(text_to_cstring(PG_GETARG_TEXT_PP(0)),
								   text_to_cstring(PG_GETARG_TEXT_PP(1))));
}

Datum
dm_clear_or_token(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(dm_decide_token(text_to_cstring(PG_GETARG_TEXT_PP(0)),
								   text_to_cstring(PG_GETARG_TEXT_PP(1))));
}

/* C string of a constant text argument, NULL if it is no such thing. */
static char *
const_text(List *args, int n)
{
	Const	   *con;

	if (n >= list_length(args))
		return NULL;
	con = list_nth(args, n);
	return IsA(con, Const) && con->consttype == TEXTOID && !con->constisnull ? TextDatumGetCString(con->constvalue) : NULL;
}

Node *
dm_fold_call(FuncExpr *call)
{
	char	   *name;
	char	   *product;
	char	   *tag;

	if (call->funcresulttype != BOOLOID || get_func_namespace(call->funcid) != dm_catalog_schema())
		return NULL;
	product = const_text(call->args, 0);
	tag = const_text(call->args, 1);
	if (product == NULL)
		return NULL;
	name = get_func_name(call->funcid);
	if (strcmp(name, "admits") == 0)
		return makeBoolConst(dm_decide_admits(product), false);
	if (tag == NULL)
		return NULL;
	if (strcmp(name, "clear") == 0)
		return makeBoolConst(dm_decide_clear(product, tag), false);
	if (strcmp(name, "token") == 0)
		return makeBoolConst(dm_decide_token(product, tag), false);
	return NULL;
}

Datum
dm_decide_support(PG_FUNCTION_ARGS)
{
	Node	   *rawreq = (Node *) PG_GETARG_POINTER(0);
	SupportRequestSimplify *req;
	Node	   *result;

	if (!IsA(rawreq, SupportRequestSimplify))
		PG_RETURN_POINTER(NULL);
	req = (SupportRequestSimplify *) rawreq;

	/* without a plan there is nothing that could be marked as made for one role */
	if (req->root == NULL)
		PG_RETURN_POINTER(NULL);
	result = dm_fold_call(req->fcall);
	if (result != NULL)
		req->root->glob->dependsOnRole = true;
	PG_RETURN_POINTER(result);
}
