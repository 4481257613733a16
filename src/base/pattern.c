/*
 * pattern.c
 *		Regular expressions of contracts and schemas: ECMA-262, by PCRE2.
 *
 * The expressions come from documents that somebody sent.  What one of them can cost is bounded at
 * compile time (length, nesting, size of what is compiled) and at run time (steps and heap), by
 * limits far above what honest patterns need.
 *
 * PCRE2 counts steps anew from each place of the text, and a step over a run of characters is one
 * however long the run is.  So its limit does not end what is merely quadratic, and PCRE2 does not
 * ask whether a cancel has come.  It calls us back, though: where each attempt begins, and in
 * a long text, where a step can take long, before each item of the pattern.  In a short text all
 * attempts together are soon over, and it does not.
 */
#include "postgres.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "base/ascii.h"
#include "base/ecma.h"
#include "base/pattern.h"

#define MAX_PATTERN_LENGTH (64 * 1024) /* bytes, as PCRE2 reads it */
#define MAX_STEPS		   1000000	   /* a tenth of PCRE2's own limit: some 50 ms */
#define MAX_HEAP		   (32 * 1024) /* kB, of the interpreter */
#define SHOWN_BYTES		   60
#define SHORT_TEXT		   64	  /* bytes: so few attempts end without being asked to */
#define LONG_TEXT		   4096	  /* bytes: what a step can take */
#define CALL_BACK		   "(?C)" /* where an attempt begins */
#define TOO_EXPENSIVE	   "regular expression is too expensive"
#define JIT_STACK_START	   (32 * 1024)
#define JIT_STACK_MAX	   (1024 * 1024)

struct DmPattern
{
	MemoryContextCallback callback;
	char *regex;
	char *translated;
	pcre2_general_context *general;
	pcre2_code *code;
	pcre2_code *brief;	 /* that does not call back; NULL before the first short text */
	pcre2_code *patient; /* that calls back before each item; NULL before the first long text */
	pcre2_match_context *match;
	pcre2_match_data *data;
	pcre2_jit_stack *jit_stack;
	bool jit;
};

/* PCRE2 cannot be left by an error: it gets a NULL and reports that itself. */
static void *
pattern_malloc(PCRE2_SIZE size, void *context)
{
	if (!AllocHugeSizeIsValid(size))
		return NULL;
	return MemoryContextAllocExtended(context, size, MCXT_ALLOC_HUGE | MCXT_ALLOC_NO_OOM);
}

static void
pattern_free(void *pointer, void *context)
{
	if (pointer != NULL)
		pfree(pointer);
}

/* What the JIT compiler made lies outside of our contexts, so PCRE2 has to be asked to free it. */
static void
pattern_release(void *arg)
{
	DmPattern *pattern = arg;

	pcre2_jit_stack_free(pattern->jit_stack);
	pcre2_code_free(pattern->patient);
	pcre2_code_free(pattern->brief);
	pcre2_match_data_free(pattern->data);
	pcre2_match_context_free(pattern->match);
	pcre2_code_free(pattern->code);
	pcre2_general_context_free(pattern->general);
}

static int
stack_guard(uint32_t depth, void *arg)
{
	return stack_is_too_deep() ? 1 : 0;
}

static void
out_of_memory(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OUT_OF_MEMORY),
			 errmsg("out of memory"),
			 errdetail("Failed while compiling a regular expression.")));
}

static pcre2_code *
compile(DmPattern *pattern, const char *translated, uint32 options, int *errorcode)
{
	pcre2_compile_context *context = pcre2_compile_context_create(pattern->general);
	PCRE2_SIZE offset;
	pcre2_code *code;

	if (context == NULL)
		out_of_memory();
	pcre2_set_max_pattern_length(context, MAX_PATTERN_LENGTH + strlen(CALL_BACK));
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pcre2_set_compile_recursion_guard(context, stack_guard, NULL);
	code = pcre2_compile((PCRE2_SPTR) translated, PCRE2_ZERO_TERMINATED,
						 options | PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS |
							 PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C,
						 errorcode, &offset, context);
	pcre2_compile_context_free(context);
	return code;
}

/* PCRE2 cannot be left by an error here, either: it is told to end, and the error comes then. */
static int
called_back(pcre2_callout_block *block, void *arg)
{
	return INTERRUPTS_PENDING_CONDITION() && INTERRUPTS_CAN_BE_PROCESSED() ? PCRE2_ERROR_CALLOUT :
																			 0;
}

/* Everything that matching needs, made once. */
static void
prepare_match(DmPattern *pattern)
{
	pattern->match = pcre2_match_context_create(pattern->general);
	pattern->data = pcre2_match_data_create(1, pattern->general);
	if (pattern->match == NULL || pattern->data == NULL)
		out_of_memory();
	pcre2_set_callout(pattern->match, called_back, NULL);
	pcre2_set_match_limit(pattern->match, MAX_STEPS);
	pcre2_set_depth_limit(pattern->match, MAX_STEPS);
	pcre2_set_heap_limit(pattern->match, MAX_HEAP);

	/* servers may forbid memory that can be written and executed: then the interpreter does it */
	pattern->jit = pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE) == 0;
	if (pattern->jit)
	{
		pattern->jit_stack = pcre2_jit_stack_create(JIT_STACK_START, JIT_STACK_MAX,
													pattern->general);
		if (pattern->jit_stack != NULL)
			pcre2_jit_stack_assign(pattern->match, NULL, pattern->jit_stack);
	}
}

DmPattern *
dm_pattern_compile(const char *regex, char **error)
{
	char *utf8 = pg_server_to_any(regex, strlen(regex), PG_UTF8);
	char *translated = dm_ecma_to_pcre(utf8, error);
	DmPattern *pattern;
	int errorcode;

	if (translated == NULL)
		return NULL;

	pattern = palloc0(sizeof(DmPattern));
	pattern->translated = psprintf("%s%s", CALL_BACK, translated);
	pfree(translated);
	pattern->general = pcre2_general_context_create(pattern_malloc, pattern_free,
													CurrentMemoryContext);
	if (pattern->general == NULL)
		out_of_memory();
	pattern->code = compile(pattern, pattern->translated, 0, &errorcode);
	if (pattern->code == NULL)
	{
		PCRE2_UCHAR message[256];

		pcre2_get_error_message(errorcode, message, lengthof(message));
		*error = pstrdup((char *) message);
		pcre2_general_context_free(pattern->general);
		pfree(pattern->translated);
		pfree(pattern);
		return NULL;
	}
	pattern->regex = pstrdup(regex);
	pattern->callback.func = pattern_release;
	pattern->callback.arg = pattern;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &pattern->callback);
	prepare_match(pattern);
	return pattern;
}

/* The beginning of a pattern, for messages. */
static char *
shown(const char *regex)
{
	return pnstrdup(regex, pg_mbcliplen(regex, strlen(regex), SHOWN_BYTES));
}

static bool
is_too_expensive(int result)
{
	return result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_DEPTHLIMIT ||
		   result == PCRE2_ERROR_HEAPLIMIT;
}

static void
match_failed(DmPattern *pattern, int result)
{
	PCRE2_UCHAR message[256];

	if (is_too_expensive(result))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg(TOO_EXPENSIVE),
				 errdetail("Searching for \"%s\" takes more than %d steps or %d MB.",
						   shown(pattern->regex), MAX_STEPS, MAX_HEAP / 1024),
				 errhint("Write it without a repetition within a repetition.")));
	if (result == PCRE2_ERROR_NOMEMORY)
		out_of_memory();
	pcre2_get_error_message(result, message, lengthof(message));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
			 errmsg("could not search for regular expression \"%s\": %s",
					shown(pattern->regex), (char *) message)));
}

/* The same pattern, compiled in another way when it is first needed so. */
static pcre2_code *
variant(DmPattern *pattern, pcre2_code **code, const char *translated, uint32 options)
{
	int errorcode;

	if (*code == NULL)
	{
		*code = compile(pattern, translated, options, &errorcode);
		/* larger than the plain one, it may be too large */
		if (*code == NULL)
			match_failed(pattern, errorcode);
		if (pattern->jit)
			(void) pcre2_jit_compile(*code, PCRE2_JIT_COMPLETE);
	}
	return *code;
}

static inline pcre2_code *
code_for(DmPattern *pattern, PCRE2_SIZE size)
{
	if (size <= SHORT_TEXT)
		return variant(pattern, &pattern->brief, pattern->translated + strlen(CALL_BACK), 0);
	if (size <= LONG_TEXT)
		return pattern->code;
	return variant(pattern, &pattern->patient, pattern->translated, PCRE2_AUTO_CALLOUT);
}

/* The short way to compiled code does not look whether the text is UTF-8, as ASCII always is. */
static int
match(DmPattern *pattern, pcre2_code *code, const char *utf8, PCRE2_SIZE size)
{
	int result = pattern->jit && dm_is_ascii(utf8, size) ?
					 pcre2_jit_match(code, (PCRE2_SPTR) utf8, size, 0, 0, pattern->data,
									 pattern->match) :
					 pcre2_match(code, (PCRE2_SPTR) utf8, size, 0, 0, pattern->data,
								 pattern->match);

	/* the interpreter keeps its stack on the heap, within the limit */
	if (result == PCRE2_ERROR_JIT_STACKLIMIT || result == PCRE2_ERROR_JIT_BADOPTION)
		result = pcre2_match(code, (PCRE2_SPTR) utf8, size, 0, PCRE2_NO_JIT, pattern->data,
							 pattern->match);
	return result;
}

/* What PCRE2 says. */
static int
search(DmPattern *pattern, const char *text, int len)
{
	char *utf8 = pg_server_to_any(text, len, PG_UTF8);
	PCRE2_SIZE size = utf8 == text ? (PCRE2_SIZE) len : strlen(utf8);
	int result;

	do
	{
		/* an interrupt that is no cancel is served, and it begins again */
		CHECK_FOR_INTERRUPTS();
		result = match(pattern, code_for(pattern, size), utf8, size);
	} while (result == PCRE2_ERROR_CALLOUT);
	if (utf8 != text)
		pfree(utf8);
	return result;
}

bool
dm_pattern_search(DmPattern *pattern, const char *text, int len)
{
	int result = search(pattern, text, len);

	if (result == PCRE2_ERROR_NOMATCH)
		return false;
	/* 0: it matched, and there is no room for the groups, which nobody asks for */
	if (result < 0)
		match_failed(pattern, result);
	return true;
}

bool
dm_pattern_try(DmPattern *pattern, const char *text, int len, ErrorData **error)
{
	int result = search(pattern, text, len);

	if (result >= 0)
		return true;
	if (is_too_expensive(result))
	{
		*error = palloc0(sizeof(ErrorData));
		(*error)->elevel = ERROR;
		(*error)->sqlerrcode = ERRCODE_PROGRAM_LIMIT_EXCEEDED;
		(*error)->message = psprintf(TOO_EXPENSIVE ": \"%s\"", shown(pattern->regex));
	}
	else if (result != PCRE2_ERROR_NOMATCH)
		match_failed(pattern, result);
	return false;
}
