/*
 * yaml_scalar.c
 *		What a plain scalar of YAML means.
 *
 * Reading follows the core schema of YAML 1.2 (chapter 10.3 of its specification) to the
 * letter.  Writing has to think of older readers, too: YAML 1.1 takes yes, 12:30, 1_000 and
 * 2022-08-02 for a boolean, a number in base 60, a number and a date.
 */
#include "postgres.h"

#include "format/yaml_scalar.h"

typedef struct Word
{
	const char *text;
	DmYamlType type;
} Word;

static const Word core_words[] = {
	{ "", DM_YAML_NULL },
	{ "~", DM_YAML_NULL },
	{ "null", DM_YAML_NULL },
	{ "Null", DM_YAML_NULL },
	{ "NULL", DM_YAML_NULL },
	{ "true", DM_YAML_TRUE },
	{ "True", DM_YAML_TRUE },
	{ "TRUE", DM_YAML_TRUE },
	{ "false", DM_YAML_FALSE },
	{ "False", DM_YAML_FALSE },
	{ "FALSE", DM_YAML_FALSE },
	{ ".nan", DM_YAML_NAN },
	{ ".NaN", DM_YAML_NAN },
	{ ".NAN", DM_YAML_NAN },
	{ ".inf", DM_YAML_INFINITY },
	{ ".Inf", DM_YAML_INFINITY },
	{ ".INF", DM_YAML_INFINITY },
	{ "+.inf", DM_YAML_INFINITY },
	{ "+.Inf", DM_YAML_INFINITY },
	{ "+.INF", DM_YAML_INFINITY },
	{ "-.inf", DM_YAML_INFINITY },
	{ "-.Inf", DM_YAML_INFINITY },
	{ "-.INF", DM_YAML_INFINITY }
};

/* In any case of letters; YAML 1.1 and readers that are freer than it */
static const char *const other_words[] = { "y", "yes", "n", "no", "on", "off", "true", "false",
										   "null", "nil", "none", "nan", ".nan", "inf", ".inf",
										   "infinity", "undefined", "<<", "=", "-", "?", ":" };

/* The length of the digits at the front of a text */
static int
span(const char *text, int len, const char *digits)
{
	int i = 0;

	while (i < len && text[i] != '\0' && strchr(digits, text[i]) != NULL)
		i++;
	return i;
}

#define DECIMAL "0123456789"

/*
 * [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?
 */
static DmYamlType
decimal_type(const char *text, int len)
{
	int i = 0;
	int integer;
	int fraction = 0;
	bool point;
	bool exponent;

	if (i < len && (text[i] == '-' || text[i] == '+'))
		i++;
	integer = span(text + i, len - i, DECIMAL);
	i += integer;
	point = i < len && text[i] == '.';
	if (point)
	{
		i++;
		fraction = span(text + i, len - i, DECIMAL);
		i += fraction;
	}
	if (integer + fraction == 0)
		return DM_YAML_TEXT;
	exponent = i < len && (text[i] == 'e' || text[i] == 'E');
	if (exponent)
	{
		int digits;

		i++;
		if (i < len && (text[i] == '-' || text[i] == '+'))
			i++;
		digits = span(text + i, len - i, DECIMAL);
		if (digits == 0)
			return DM_YAML_TEXT;
		i += digits;
	}
	if (i != len)
		return DM_YAML_TEXT;
	return point || exponent ? DM_YAML_FLOAT : DM_YAML_INT;
}

DmYamlType
dm_yaml_type(const char *text, int len)
{
	int i;

	for (i = 0; i < lengthof(core_words); i++)
		if (strlen(core_words[i].text) == len && memcmp(core_words[i].text, text, len) == 0)
			return core_words[i].type;
	if (len > 2 && text[0] == '0' && text[1] == 'o')
		return span(text + 2, len - 2, "01234567") == len - 2 ? DM_YAML_OCTAL : DM_YAML_TEXT;
	if (len > 2 && text[0] == '0' && text[1] == 'x')
		return span(text + 2, len - 2, DECIMAL "abcdefABCDEF") == len - 2 ? DM_YAML_HEX :
																			DM_YAML_TEXT;
	return decimal_type(text, len);
}

/*
 * Anything that begins like a number and goes on with what numbers, dates, times, versions in
 * base 60 and the like are made of is taken for one: a quote too many does no harm.
 */
bool
dm_yaml_ambiguous(const char *text, int len)
{
	int i;

	if (dm_yaml_type(text, len) != DM_YAML_TEXT)
		return true;
	for (i = 0; i < lengthof(other_words); i++)
		if (strlen(other_words[i]) == len && pg_strncasecmp(other_words[i], text, len) == 0)
			return true;
	i = text[0] == '-' || text[0] == '+' ? 1 : 0;
	if (i < len && text[i] == '.')
		i++;
	return i < len && text[i] >= '0' && text[i] <= '9' &&
		   span(text, len, DECIMAL "+-.,:_ abcdefxotzABCDEFXOTZ") == len;
}
