/* The kernel's command line, parsed by a table of options. */
/* SPDX-License-Identifier: MIT */
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/format.h"
#include "lib/kstrtox.h"
#include "lib/macros.h"
#include "lib/string.h"

/* Where a parse is: the rest of the line, the current word, and where an error's text goes. */
struct parser {
	const char *at;
	char word[CMDLINE_WORD_MAX + 1];
	size_t length;
	char *error;
	size_t error_size;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Appends to the word; control characters would garble the console that shows an error. */
static bool append(struct parser *parser, char c)
{
	if (parser->length == CMDLINE_WORD_MAX)
		return false;
	parser->word[parser->length++] = c < ' ' || c > '~' ? '?' : c;
	return true;
}

/* What a backslash makes ordinary: the characters that GRUB puts one in front of. */
static bool is_escaped(const char *at)
{
	return at[0] == '\\' && (at[1] == '"' || at[1] == '\'' || at[1] == '\\');
}

/*
 * Takes the next word, without its quotes, from the line. Returns 1, or 0 at the line's end.
 * Errors: -EINVAL, when the word is too long or a quote stays open.
 */
static int next_word(struct parser *parser)
{
	bool quoted = false, fits = true;

	while (is_space(*parser->at))
		parser->at++;
	if (!*parser->at)
		return 0;
	parser->length = 0;
	for (; *parser->at && fits && (quoted || !is_space(*parser->at)); parser->at++) {
		if (*parser->at == '"') {
			quoted = !quoted;
			continue;
		}
		if (is_escaped(parser->at))
			parser->at++;
		fits = append(parser, *parser->at);
	}
	parser->word[parser->length] = '\0';
	if (fits && !quoted)
		return 1;
	snprintf(parser->error, parser->error_size, "%.40s: %s", parser->word,
		 fits ? "a quote is not closed" : "the word is too long");
	return -EINVAL;
}

/* The setters store a good value in the option's target; `value` is NULL in a word without `=`. */
static bool set_bool(const struct cmdline_option *option, const char *value)
{
	static const char *const words[] = { "off", "on", "0", "1", "n", "y" };

	if (!value)
		value = "on";
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcmp(value, words[i]) == 0) {
			*(bool *)option->target = i % 2;
			return true;
		}
	}
	return false;
}

static bool set_number(const struct cmdline_option *option, const char *value)
{
	unsigned long number;
	unsigned int base;

	if (!value)
		return false;
	base = value[0] == '0' && value[1] == 'x' ? 16 : 10;
	if (kstrtoul(value, base, &number) || number < option->min || number > option->max)
		return false;
	*(unsigned long *)option->target = number;
	return true;
}

static bool set_string(const struct cmdline_option *option, const char *value)
{
	size_t length;

	if (!value)
		return false;
	length = strlen(value);
	if (length < option->min || length >= option->max)
		return false;
	memcpy(option->target, value, length + 1);
	return true;
}

static bool set_choice(const struct cmdline_option *option, const char *value)
{
	const char *choice = option->accepted, *end;
	size_t length;

	if (!value)
		return false;
	for (unsigned int i = 0; choice; i++, choice = end ? end + 1 : NULL) {
		end = strchr(choice, '|');
		length = end ? (size_t)(end - choice) : strlen(choice);
		if (strlen(value) == length && strncmp(choice, value, length) == 0) {
			*(unsigned int *)option->target = i;
			return true;
		}
	}
	return false;
}

static bool set(const struct cmdline_option *option, const char *value)
{
	static bool (*const setters[])(const struct cmdline_option *, const char *) = {
		[CMDLINE_BOOL] = set_bool,
		[CMDLINE_NUMBER] = set_number,
		[CMDLINE_STRING] = set_string,
		[CMDLINE_CHOICE] = set_choice,
	};

	return setters[option->type](option, value);
}

/* Says what the option accepts in place of the value that was given. */
static void explain_value(const struct parser *parser, const struct cmdline_option *option)
{
	char accepted[80];

	switch (option->type) {
	case CMDLINE_BOOL:
		strscpy(accepted, "on or off", sizeof(accepted));
		break;
	case CMDLINE_NUMBER:
		snprintf(accepted, sizeof(accepted), "a number from %lu to %lu", option->min,
			 option->max);
		break;
	case CMDLINE_STRING:
		snprintf(accepted, sizeof(accepted), "%s (%lu to %lu characters)",
			 option->accepted ?: "text", option->min, option->max - 1);
		break;
	case CMDLINE_CHOICE:
		strscpy(accepted, option->accepted, sizeof(accepted));
		break;
	}
	snprintf(parser->error, parser->error_size, "%.80s: accepted is %s", parser->word,
		 accepted);
}

/* Lists the keys there are. */
static void explain_key(const struct parser *parser, const struct cmdline_option *options, size_t n)
{
	size_t used = (size_t)scnprintf(parser->error, parser->error_size,
					"%.80s: unknown; accepted are", parser->word);

	for (size_t i = 0; i < n; i++)
		used += (size_t)scnprintf(parser->error + used, parser->error_size - used, "%s %s",
					  i ? "," : "", options[i].key);
}

/* The option whose key is the first `length` characters of the word; NULL when there is none. */
static const struct cmdline_option *find_option(const struct cmdline_option *options, size_t n,
						const char *word, size_t length)
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(options[i].key) == length && strncmp(options[i].key, word, length) == 0)
			return &options[i];
	}
	return NULL;
}

static int parse_word(struct parser *parser, const struct cmdline_option *options, size_t n)
{
	const char *equals = strchr(parser->word, '=');
	size_t length = equals ? (size_t)(equals - parser->word) : parser->length;
	const struct cmdline_option *option = find_option(options, n, parser->word, length);

	if (!option) {
		explain_key(parser, options, n);
		return -EINVAL;
	}
	if (!set(option, equals ? equals + 1 : NULL)) {
		explain_value(parser, option);
		return -EINVAL;
	}
	return 0;
}

int cmdline_parse(const char *line, const struct cmdline_option *options, size_t n, char *error,
		  size_t error_size)
{
	struct parser parser = { .at = line, .error = error, .error_size = error_size };
	int result;

	while ((result = next_word(&parser)) > 0) {
		result = parse_word(&parser, options, n);
		if (result)
			return result;
	}
	return result;
}
