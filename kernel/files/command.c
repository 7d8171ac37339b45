/* command.c: splitting OPS= into commands.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/command.h"

#include "lib/ctype.h"
#include "lib/errno.h"
#include "lib/kstrtox.h"
#include "lib/string.h"

#define MAX_COPIES 16u

static bool is_end(char c)
{
	return !c || c == ';' || c == '&' || c == '\n';
}

/* Take a word off *@at, in place, without its quotes. Returns NULL if a quote is open. */
static char *take_word(char **at)
{
	char *from = *at, *word = *at, *to = *at;
	char quote = 0;

	while (quote || (!is_end(*from) && !isspace(*from) && *from != '>' && *from != '<')) {
		if (!*from)
			return NULL;
		if (*from == quote)
			quote = 0;
		else if (!quote && (*from == '\'' || *from == '"'))
			quote = *from;
		else
			*to++ = *from;
		from++;
	}
	*at = from;
	if (to < from)
		*to = '\0'; // Else what follows the word ends it: command_next() does.
	return word;
}

/* A first word such as 4x says how many. */
static bool is_count(const char *word, unsigned int *copies)
{
	char digits[4];
	size_t n = strlen(word);
	unsigned int number;

	if (n < 2 || n > sizeof(digits) || word[n - 1] != 'x')
		return false;
	strscpy(digits, word, n);
	if (kstrtouint(digits, 10, &number) || !number || number > MAX_COPIES)
		return false;
	*copies = number;
	return true;
}

static bool store(struct command *command, char *word, char redirected)
{
	if (redirected == '>')
		command->to = word;
	else if (redirected == '<')
		command->from = word;
	else if (!command->n && is_count(word, &command->copies))
		return true;
	else if (command->n == COMMAND_WORDS)
		return false;
	else
		command->words[command->n++] = word;
	return true;
}

/* One command, up to *@at's end of it. */
static int take_command(char **at, struct command *command)
{
	char redirected = 0;

	for (;;) {
		while (isspace(**at) && **at != '\n')
			*(*at)++ = '\0';
		if (is_end(**at))
			return redirected ? -EINVAL : 0;
		if (**at == '>' || **at == '<') {
			command->append = redirected == '>' && **at == '>';
			redirected = **at;
			*(*at)++ = '\0';
			continue;
		}
		char *word = take_word(at), next = **at;
		bool stored;

		**at = '\0'; // For store(), which looks at the whole word.
		stored = word && store(command, word, redirected);
		**at = next;
		if (!stored)
			return -EINVAL;
		redirected = 0;
	}
}

int command_next(char **rest, struct command *command)
{
	int error;
	char end;

	do {
		*command = (struct command){ .copies = 1 };
		if (!**rest)
			return 0;
		error = take_command(rest, command);
		if (error)
			return error;
		end = **rest;
		command->background = end == '&';
		if (end)
			*(*rest)++ = '\0';
	} while (!command->n && !command->to && !command->from);
	return command->n ? 1 : -EINVAL;
}
