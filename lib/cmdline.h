/* The kernel's command line: words `key=value` and `flag`, parsed by a table of options. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

enum cmdline_type {
	CMDLINE_BOOL,   // target bool *: `key`, `key=on` or `key=off` (also 1, 0, y, n)
	CMDLINE_NUMBER, // target unsigned long *: decimal, or hexadecimal after 0x; min to max
	CMDLINE_STRING, // target char[max]: min to max - 1 characters
	CMDLINE_CHOICE, // target unsigned int *: the index of the value in `accepted`
};

struct cmdline_option {
	const char *key;
	enum cmdline_type type;
	void *target; // holds the default before, and is written only by a good value
	unsigned long min, max;
	const char *accepted; // CHOICE: "run|test|shell"; STRING: what it may be, for the error
};

/* The longest word, quotes not counted. */
#define CMDLINE_WORD_MAX 511

/*
 * Parses `line` by the table. Words are separated by spaces; "double quotes" keep spaces in a word,
 * around the whole word as GRUB passes them or around its value, and \" and \\ stand for " and \
 * in any word. Of a key that comes twice the last one counts.
 *
 * Never sleeps; any context; nothing is held. Returns 0 when every word was good.
 * Errors: -EINVAL at the first bad word, with one line in `error` that names the word and says what
 * is accepted; the words before it have been stored.
 */
int cmdline_parse(const char *line, const struct cmdline_option *options, size_t n, char *error,
		  size_t error_size);
