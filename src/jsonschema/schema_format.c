/*
 * schema_format.c
 *		The formats of JSON Schema that can be asserted.
 *
 * Each is a regular expression, from the grammar that the format's own standard gives, and for some
 * a look at the numbers.  Compiled when a session first needs it.  Internationalised formats
 * (idn-..., iri...) are not known: a format that is not known says nothing.
 */
#include "postgres.h"

#include "utils/datetime.h"
#include "utils/memutils.h"

#include "base/pattern.h"
#include "jsonschema/schema_format.h"

#define DATE  "[0-9]{4}-[0-9]{2}-[0-9]{2}"
#define TIME  "[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
#define OCTET "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
#define IPV4  OCTET "(?:\\." OCTET "){3}"
#define H16	  "[0-9A-Fa-f]{1,4}"
#define LS32  "(?:" H16 ":" H16 "|" IPV4 ")"
#define IPV6                                                                                  \
	"(?:(?:" H16 ":){6}" LS32 "|::(?:" H16 ":){5}" LS32 "|(?:" H16 ")?::(?:" H16 ":){4}" LS32 \
	"|(?:(?:" H16 ":){0,1}" H16 ")?::(?:" H16 ":){3}" LS32 "|(?:(?:" H16 ":){0,2}" H16        \
	")?::(?:" H16 ":){2}" LS32 "|(?:(?:" H16 ":){0,3}" H16 ")?::" H16 ":" LS32                \
	"|(?:(?:" H16 ":){0,4}" H16 ")?::" LS32 "|(?:(?:" H16 ":){0,5}" H16 ")?::" H16            \
	"|(?:(?:" H16 ":){0,6}" H16 ")?::)"
#define LABEL "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
#define HOST  LABEL "(?:\\." LABEL ")*"

/* RFC 3986, appendix A */
#define UNRESERVED "A-Za-z0-9._~\\-"
#define SUB_DELIMS "!$&'()*+,;="
#define ESCAPED	   "%[0-9A-Fa-f]{2}"
#define PCHAR	   "(?:[" UNRESERVED SUB_DELIMS ":@]|" ESCAPED ")"
#define IP_LITERAL "\\[(?:" IPV6 "|[Vv][0-9A-Fa-f]+\\.[" UNRESERVED SUB_DELIMS ":]+)\\]"
#define REG_NAME   "(?:[" UNRESERVED SUB_DELIMS "]|" ESCAPED ")*"
#define USERINFO   "(?:[" UNRESERVED SUB_DELIMS ":]|" ESCAPED ")*@"
#define AUTHORITY  "(?:" USERINFO ")?(?:" IP_LITERAL "|" REG_NAME ")(?::[0-9]*)?"
#define SEGMENTS   "(?:/" PCHAR "*)*"
#define TAIL	   "(?:\\?(?:" PCHAR "|[/?])*)?(?:#(?:" PCHAR "|[/?])*)?"
#define HIERARCHY(first) \
	"(?://" AUTHORITY SEGMENTS "|/(?:" PCHAR "+" SEGMENTS ")?|(?:" first SEGMENTS ")?)"
#define URI		 "[A-Za-z][A-Za-z0-9+.-]*:" HIERARCHY(PCHAR "+") TAIL
#define NO_COLON "(?:[" UNRESERVED SUB_DELIMS "@]|" ESCAPED ")+"
#define RELATIVE HIERARCHY(NO_COLON) TAIL

#define ATOM	"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
#define POINTER "(?:/(?:[^~/]|~[01])*)*"

typedef bool (*JsFormatCheck)(const char *text);

static bool check_date(const char *text);
static bool check_time(const char *text);
static bool check_date_time(const char *text);
static bool check_hostname(const char *text);
static bool check_regex(const char *text);

static const struct
{
	const char *name;
	const char *regex;
	JsFormatCheck check;
} formats[] = {
	{ "date", "^" DATE "$", check_date },
	{ "time", "^" TIME "$", check_time },
	{ "date-time", "^" DATE "[Tt]" TIME "$", check_date_time },
	{ "duration",
	  "^P(?:[0-9]+W|(?=.)(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)?"
	  "(?:T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S))?)$",
	  NULL },
	{ "uuid", "^[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$", NULL },
	{ "uri", "^" URI "$", NULL },
	{ "uri-reference", "^(?:" URI "|" RELATIVE ")$", NULL },
	{ "email",
	  "^(?:" ATOM "(?:\\." ATOM ")*|\"(?:[ !#-\\[\\]-~]|\\\\[ -~])*\")@"
	  "(?:" HOST "|\\[(?:" IPV4 "|IPv6:" IPV6 ")\\])$",
	  NULL },
	{ "hostname", "^" HOST "$", check_hostname },
	{ "ipv4", "^" IPV4 "$", NULL },
	{ "ipv6", "^" IPV6 "$", NULL },
	{ "json-pointer", "^" POINTER "$", NULL },
	{ "relative-json-pointer", "^(?:0|[1-9][0-9]*)(?:[+-][1-9][0-9]*)?(?:#|" POINTER ")$", NULL },
	{ "regex", NULL, check_regex },
};

static DmPattern *patterns[lengthof(formats)];

int
dm_js_format_number(const char *name)
{
	for (int i = 0; i < lengthof(formats); i++)
		if (strcmp(formats[i].name, name) == 0)
			return i;
	return -1;
}

static int
number_at(const char *text, int digits)
{
	int number = 0;

	while (digits-- > 0)
		number = number * 10 + (*text++ - '0');
	return number;
}

static bool
check_date(const char *text)
{
	int year = number_at(text, 4);
	int month = number_at(text + 5, 2);
	int day = number_at(text + 8, 2);

	return month >= 1 && month <= 12 && day >= 1 &&
		   day <= day_tab[isleap(year)][month - 1];
}

/* A leap second is the last one of a day in UTC. */
static bool
check_time(const char *text)
{
	int hour = number_at(text, 2);
	int minute = number_at(text + 3, 2);
	int second = number_at(text + 6, 2);
	const char *zone = text + strcspn(text, "Zz+-");
	int offset_hour = 0;
	int offset_minute = 0;
	int utc;

	if (*zone == '+' || *zone == '-')
	{
		offset_hour = number_at(zone + 1, 2);
		offset_minute = number_at(zone + 4, 2);
	}
	if (hour > 23 || minute > 59 || second > 60 || offset_hour > 23 || offset_minute > 59)
		return false;
	utc = hour * 60 + minute - (*zone == '-' ? -1 : 1) * (offset_hour * 60 + offset_minute);
	return second < 60 || (utc + 24 * 60) % (24 * 60) == 24 * 60 - 1;
}

static bool
check_date_time(const char *text)
{
	return check_date(text) && check_time(text + 11);
}

static bool
check_hostname(const char *text)
{
	return strlen(text) <= 253;
}

static bool
check_regex(const char *text)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "datamesh format regex",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext caller = MemoryContextSwitchTo(context);
	char *error;
	bool valid = dm_pattern_compile(text, &error) != NULL;

	MemoryContextSwitchTo(caller);
	MemoryContextDelete(context);
	return valid;
}

/* The format's pattern, kept until the session ends. */
static DmPattern *
format_pattern(int format)
{
	if (patterns[format] == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
		char *error;

		patterns[format] = dm_pattern_compile(formats[format].regex, &error);
		MemoryContextSwitchTo(caller);
		if (patterns[format] == NULL)
			elog(ERROR, "the pattern of format \"%s\" does not compile: %s",
				 formats[format].name, error);
	}
	return patterns[format];
}

bool
dm_js_format_check(int format, const char *text, int len)
{
	char *terminated;
	bool valid;

	if (formats[format].regex != NULL &&
		!dm_pattern_search(format_pattern(format), text, len))
		return false;
	if (formats[format].check == NULL)
		return true;
	terminated = pnstrdup(text, len);
	valid = formats[format].check(terminated);
	pfree(terminated);
	return valid;
}
