/* Bytes as hexadecimal text. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/types.h"

/*
 * hex_dump_to_buffer - one line of a dump: `row` bytes (16 or 32) of the `size` at `memory` at most, in groups of
 * `group` bytes (1, 2, 4 or 8, each group a number), and with `ascii` as characters behind. Always terminated,
 * unless `room` is 0. Never sleeps. Any context. Returns the length the whole line has.
 */
int hex_dump_to_buffer(const void *memory, size_t size, int row, int group, char *line, size_t room,
		       bool ascii);

/* bin2hex - two digits a byte, not terminated; returns the end. hex2bin - the reverse; 0 or -EINVAL. */
char *bin2hex(char *to, const void *from, size_t size);
int hex2bin(u8 *to, const char *from, size_t size);
