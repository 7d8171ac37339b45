/* calls.h: the programs of OPS=: what each does with its file. For programs.c.
 * SPDX-License-Identifier: MIT
 */
#pragma once

struct command;

/* call_... - do what programs.h says of the program. Sleep. Called by the program's thread. */
void call_echo(const struct command *command);
void call_cat(const struct command *command);
void call_ioctl(const struct command *command);
void call_poll(const struct command *command);
void call_irq(const struct command *command);
