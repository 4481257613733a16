/*
 * ecma.c
 *		Regular expressions of ECMA-262 in the words of PCRE2.
 *
 * The two languages share most of their letters and differ in what some of them mean: "." and \s
 * know Unicode's line ends and spaces in ECMA-262, \v is one character and no class, "[" within a
 * class is a character, and so on.  Whatever means something in PCRE2 alone (\A, \Z, possessive
 * quantifiers, recursion, verbs, flags) is no expression of ECMA-262 and refused.  We write every
 * escape anew, in a form of PCRE2 that depends on no option.
 *
 * Not as ECMA-262 has it: PCRE2 wants lookbehinds whose alternatives have a fixed length.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "base/ecma.h"

/* WhiteSpace and LineTerminator of ECMA-262, and all other characters */
#define SPACES                                                                           \
	"\\x{9}-\\x{d}\\x{20}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}" \
	"\\x{205f}\\x{3000}\\x{feff}"
#define OTHER_THAN_SPACES                                                                    \
	"\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}"         \
	"\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-" \
	"\\x{fefe}\\x{ff00}-\\x{10ffff}"

#define MAX_BACKREFERENCE 65535

typedef struct Translation
{
	const char *at;
	StringInfoData out;
	char *error;
} Translation;

/* the long names of general categories, which PCRE2 does not know */
static const struct
{
	const char *name;
	const char *category;
} categories[] = {
	{ "Letter", "L" },
	{ "Cased_Letter", "L&" },
	{ "LC", "L&" },
	{ "Uppercase_Letter", "Lu" },
	{ "Lowercase_Letter", "Ll" },
	{ "Titlecase_Letter", "Lt" },
	{ "Modifier_Letter", "Lm" },
	{ "Other_Letter", "Lo" },
	{ "Mark", "M" },
	{ "Combining_Mark", "M" },
	{ "Nonspacing_Mark", "Mn" },
	{ "Spacing_Mark", "Mc" },
	{ "Enclosing_Mark", "Me" },
	{ "Number", "N" },
	{ "Decimal_Number", "Nd" },
	{ "digit", "Nd" },
	{ "Letter_Number", "Nl" },
	{ "Other_Number", "No" },
	{ "Punctuation", "P" },
	{ "punct", "P" },
	{ "Connector_Punctuation", "Pc" },
	{ "Dash_Punctuation", "Pd" },
	{ "Open_Punctuation", "Ps" },
	{ "Close_Punctuation", "Pe" },
	{ "Initial_Punctuation", "Pi" },
	{ "Final_Punctuation", "Pf" },
	{ "Other_Punctuation", "Po" },
	{ "Symbol", "S" },
	{ "Math_Symbol", "Sm" },
	{ "Currency_Symbol", "Sc" },
	{ "Modifier_Symbol", "Sk" },
	{ "Other_Symbol", "So" },
	{ "Separator", "Z" },
	{ "Space_Separator", "Zs" },
	{ "Line_Separator", "Zl" },
	{ "Paragraph_Separator", "Zp" },
	{ "Other", "C" },
	{ "Control", "Cc" },
	{ "cntrl", "Cc" },
	{ "Format", "Cf" },
	{ "Surrogate", "Cs" },
	{ "Private_Use", "Co" },
	{ "Unassigned", "Cn" }
};

static bool
refuse(Translation *t, const char *fmt, const char *what, int len)
{
	char *text = pnstrdup(what, len);

	t->error = psprintf(fmt, text);
	pfree(text);
	return false;
}

/* Length of the character at the place, also where the text is broken. */
static int
character_length(const char *at)
{
	return Min(pg_utf_mblen((const unsigned char *) at), (int) strlen(at));
}

static bool
hex_digits(const char *at, int n, uint32 *value)
{
	*value = 0;
	for (int i = 0; i < n; i++)
	{
		const char *digits = "0123456789abcdef";
		const char *digit = strchr(digits, pg_tolower((unsigned char) at[i]));

		if (at[i] == '\0' || digit == NULL)
			return false;
		*value = *value * 16 + (digit - digits);
	}
	return true;
}

/* \u{1F600}: at the brace */
static bool
braced_code(Translation *t, uint32 *code)
{
	const char *end = strchr(t->at, '}');
	int digits = end == NULL ? 0 : end - t->at - 1;

	/* more than eight digits would not fit, and no character has that many but for zeros */
	if (digits < 1 || digits > 8 || !hex_digits(t->at + 1, digits, code) || *code > 0x10FFFF)
		return refuse(t, "\"\\u%s\" is no character", t->at,
					  end == NULL ? strlen(t->at) : end - t->at + 1);
	t->at = end + 1;
	return true;
}

/* \u00e9, \ud83d\ude00, \u{1F600}: behind the u */
static bool
unicode_escape(Translation *t)
{
	uint32 code;
	uint32 low;

	if (*t->at == '{')
	{
		if (!braced_code(t, &code))
			return false;
	}
	else if (hex_digits(t->at, 4, &code))
	{
		t->at += 4;
		if (is_utf16_surrogate_first(code) && t->at[0] == '\\' && t->at[1] == 'u' &&
			hex_digits(t->at + 2, 4, &low) && is_utf16_surrogate_second(low))
		{
			code = surrogate_pair_to_codepoint(code, low);
			t->at += 6;
		}
	}
	else
		return refuse(t, "\"\\u%s\" has no four hexadecimal digits", t->at, Min(strlen(t->at), 4));
	if (code >= 0xD800 && code <= 0xDFFF)
		return refuse(t, "half of a surrogate pair matches nothing%s", "", 0);
	appendStringInfo(&t->out, "\\x{%x}", code);
	return true;
}

/* \p{...} and \P{...}: at the brace */
static bool
property_escape(Translation *t, char letter)
{
	const char *end = strchr(t->at, '}');
	const char *value;
	char *name;
	bool general;

	if (*t->at != '{' || end == NULL)
		return refuse(t, "\"\\%s\" has no property in braces", &letter, 1);
	name = pnstrdup(t->at + 1, end - t->at - 1);
	value = strchr(name, '=');
	general = value == NULL || strncmp(name, "gc=", 3) == 0 ||
			  strncmp(name, "General_Category=", 17) == 0;
	if (general)
	{
		value = value == NULL ? name : value + 1;
		for (int i = 0; i < lengthof(categories); i++)
			if (strcmp(value, categories[i].name) == 0)
				value = categories[i].category;
		appendStringInfo(&t->out, "\\%c{%s}", letter, value);
	}
	else if (strncmp(name, "Script=", 7) == 0 || strncmp(name, "sc=", 3) == 0)
		appendStringInfo(&t->out, "\\%c{sc:%s}", letter, value + 1);
	else if (strncmp(name, "Script_Extensions=", 18) == 0 || strncmp(name, "scx=", 4) == 0)
		appendStringInfo(&t->out, "\\%c{scx:%s}", letter, value + 1);
	else
		return refuse(t, "unknown property \"%s\"", name, strlen(name));
	t->at = end + 1;
	pfree(name);
	return true;
}

/* \1 to \65535, a group that was matched before: at the digit */
static bool
back_reference(Translation *t)
{
	const char *start = t->at;
	int number = 0;

	while (*t->at >= '0' && *t->at <= '9')
	{
		if (number <= MAX_BACKREFERENCE)
			number = number * 10 + (*t->at - '0');
		t->at++;
	}
	if (number > MAX_BACKREFERENCE)
		return refuse(t, "there is no group %s", start, t->at - start);
	appendStringInfo(&t->out, "\\g{%d}", number);
	return true;
}

/* \k<name>: at the <; PCRE2 checks the name */
static bool
named_reference(Translation *t)
{
	const char *end = strchr(t->at, '>');

	if (*t->at != '<' || end == NULL)
		return refuse(t, "\"\\k\" has no group in angle brackets%s", "", 0);
	appendStringInfoString(&t->out, "\\k");
	appendBinaryStringInfo(&t->out, t->at, end - t->at + 1);
	t->at = end + 1;
	return true;
}

/* \cA, \x41, \0: behind the letter */
static bool
code_escape(Translation *t, char letter)
{
	uint32 code;

	if (letter == '0')
	{
		if (*t->at >= '0' && *t->at <= '9')
			return refuse(t, "\"\\0%s\" is an octal number", t->at, 1);
		code = 0;
	}
	else if (letter == 'x')
	{
		if (!hex_digits(t->at, 2, &code))
			return refuse(t, "\"\\x%s\" has no two hexadecimal digits", t->at, Min(strlen(t->at), 2));
		t->at += 2;
	}
	else
	{
		char control = pg_toupper((unsigned char) *t->at);

		if (control < 'A' || control > 'Z')
			return refuse(t, "\"\\c\" has no letter%s", "", 0);
		code = control - 'A' + 1;
		t->at++;
	}
	appendStringInfo(&t->out, "\\x{%x}", code);
	return true;
}

/* A character that stands for itself, whatever it means elsewhere. */
static void
literal(Translation *t)
{
	int len = character_length(t->at);

	if (len == 1 && !isalnum((unsigned char) *t->at) && (unsigned char) *t->at < 0x80)
		appendStringInfoChar(&t->out, '\\');
	appendBinaryStringInfo(&t->out, t->at, len);
	t->at += len;
}

/* An escape, at its backslash; in_class: between brackets. */
static bool
escape(Translation *t, bool in_class)
{
	char letter = t->at[1];

	if (letter == '\0')
		return refuse(t, "it ends with a backslash%s", "", 0);
	t->at += 2;
	switch (letter)
	{
		case 'd':
		case 'D':
		case 'w':
		case 'W':
		case 'f':
		case 'n':
		case 'r':
		case 't':
			appendStringInfo(&t->out, "\\%c", letter);
			return true;
		case 'b':
			appendStringInfoString(&t->out, in_class ? "\\x{8}" : "\\b");
			return true;
		case 'v':
			appendStringInfoString(&t->out, "\\x{b}");
			return true;
		case 's':
			appendStringInfoString(&t->out, in_class ? SPACES : "[" SPACES "]");
			return true;
		case 'S':
			appendStringInfoString(&t->out, in_class ? OTHER_THAN_SPACES : "[^" SPACES "]");
			return true;
		case 'u':
			return unicode_escape(t);
		case 'p':
		case 'P':
			return property_escape(t, letter);
		case '0':
		case 'x':
		case 'c':
			return code_escape(t, letter);
	}
	if (!in_class && letter == 'B')
	{
		appendStringInfoString(&t->out, "\\B");
		return true;
	}
	if (!in_class && letter == 'k')
		return named_reference(t);
	t->at--;
	if (!in_class && letter >= '1' && letter <= '9')
		return back_reference(t);
	if (isalnum((unsigned char) letter) && (unsigned char) letter < 0x80)
		return refuse(t, "ECMA-262 knows no \"\\%s\"", t->at, 1);
	literal(t);
	return true;
}

/* [...], at the bracket */
static bool class(Translation *t)
{
	appendStringInfoChar(&t->out, *t->at++);
	if (*t->at == '^')
		appendStringInfoChar(&t->out, *t->at++);
	while (*t->at != ']')
	{
		if (*t->at == '\0')
			return refuse(t, "a class of characters does not end%s", "", 0);
		if (*t->at == '\\')
		{
			if (!escape(t, true))
				return false;
		}
		else if (*t->at == '-')
			appendStringInfoChar(&t->out, *t->at++);
		else
			literal(t);
	}
	appendStringInfoChar(&t->out, *t->at++);
	return true;
}

/* What may follow "(?": anything else is of PCRE2 alone. */
static bool
group(Translation *t)
{
	static const char *const starts[] = { "(?:", "(?=", "(?!", "(?<=", "(?<!" };
	int len = 1;

	if (t->at[1] == '*')
		return refuse(t, "there is nothing that \"%s\" could repeat", "*", 1);
	if (t->at[1] == '?')
	{
		for (int i = 0; i < lengthof(starts) && len == 1; i++)
			if (strncmp(t->at, starts[i], strlen(starts[i])) == 0)
				len = strlen(starts[i]);
		if (len == 1 && t->at[2] == '<')
			len = strcspn(t->at, ">") + 1; /* PCRE2 checks the name */
		if (len > strlen(t->at))
			return refuse(t, "the name of a group does not end%s", "", 0);
		if (len == 1)
			return refuse(t, "ECMA-262 knows no group \"%s\"", t->at,
						  t->at[2] == '\0' ? 2 : 2 + character_length(t->at + 2));
	}
	appendBinaryStringInfo(&t->out, t->at, len);
	t->at += len;
	return true;
}

/* Length of {n}, {n,} or {n,m} at the place, 0 for a brace that is none of them. */
static int
braces_length(const char *at)
{
	const char *p = at + 1;

	if (*at != '{' || *p < '0' || *p > '9')
		return 0;
	while (*p >= '0' && *p <= '9')
		p++;
	if (*p == ',')
		p++;
	while (*p >= '0' && *p <= '9')
		p++;
	return *p == '}' ? p + 1 - at : 0;
}

/* A quantifier and the "?" that makes it lazy; one more would be PCRE2's. */
static bool
quantifier(Translation *t, int len)
{
	appendBinaryStringInfo(&t->out, t->at, len);
	t->at += len;
	if (*t->at == '?')
		appendStringInfoChar(&t->out, *t->at++);
	if ((*t->at != '\0' && strchr("*+?", *t->at) != NULL) || braces_length(t->at) > 0)
		return refuse(t, "there is nothing that \"%s\" could repeat", t->at, 1);
	return true;
}

static bool
term(Translation *t)
{
	int braces;

	switch (*t->at)
	{
		case '\\':
			return escape(t, false);
		case '[':
			return class(t);
		case '(':
			return group(t);
		case '.':
			appendStringInfoString(&t->out, "[^\\n\\r\\x{2028}\\x{2029}]");
			t->at++;
			return true;
		case '*':
		case '+':
		case '?':
			return quantifier(t, 1);
		case '{':
			braces = braces_length(t->at);
			if (braces > 0)
				return quantifier(t, braces);
			literal(t);
			return true;
		case '^':
		case '$':
		case '|':
		case ')':
			appendStringInfoChar(&t->out, *t->at++);
			return true;
	}
	literal(t);
	return true;
}

char *
dm_ecma_to_pcre(const char *regex, char **error)
{
	Translation t = { regex };

	initStringInfo(&t.out);
	while (*t.at != '\0')
	{
		if (!term(&t))
		{
			*error = t.error;
			pfree(t.out.data);
			return NULL;
		}
	}
	return t.out.data;
}
