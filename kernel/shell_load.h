/* shell_load.h: load beside what the shell runs.
 * SPDX-License-Identifier: MIT
 */
#pragma once

/* shell_load - the command `load`: "irq": all CPUs are interrupted a thousand times a second; "signal": so is a thread
 * that waits for a mutex; "off": no more, and says what there was. May sleep. Thread context. */
void shell_load(char *args);
