/* wire.h: the second serial line, for programs: bytes as they are.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

/*
 * wire_init - find and set up the 16550 at COM2: 115200 baud, 8n1, FIFO on.
 * Never sleeps. Any context, one CPU at a time. Returns whether one answers.
 */
bool wire_init(void);

/*
 * wire_write - send @n bytes, and wait until the last has left.
 * Never sleeps. Any context, one CPU at a time, after wire_init(). Returns whether all was sent: the wait is bounded.
 */
bool wire_write(const void *bytes, size_t n);
