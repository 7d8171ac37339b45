/* shell.h: the shell on the serial console, and its commands.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

struct shell_command {
	const char *name;
	const char *args; /* what it takes, for help */
	const char *help;
	/* @args: the rest of the line, which it may cut up. Thread context; may sleep. Says itself what is wrong with it. */
	void (*run)(char *args);
	bool job; /* it may take long: it has a thread of its own, which Ctrl-C leaves alone or ends */
};

/* [I] ended by an entry without a name */
extern const struct shell_command shell_commands[];
