/* command.h: what OPS= says: commands as a shell has them, as far as programs.c knows them.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

#define COMMAND_WORDS 12

/* One command: its words, and where its input and output are to go. */
struct command {
	char *words[COMMAND_WORDS];
	unsigned int n;
	char *from;          /* behind <, or NULL */
	char *to;            /* behind >, or NULL */
	bool append;         /* it was >> */
	bool background;     /* & is behind it */
	unsigned int copies; /* 4x before it: so many of it at once */
};

/*
 * command_next - take the next command off *@rest, which is written to. `;`, `&` and newlines separate commands; '...' and "..." keep
 *   what is in them together. Never sleeps. Any context. Returns 1, 0 at the end, or -EINVAL: too many words, an open quote.
 */
int command_next(char **rest, struct command *command);
