/* shell_explore.h: the shell's command `explore`.
 * SPDX-License-Identifier: MIT
 */
#pragma once

/* shell_explore - explore the scenarios in @args, all of them if there are none. May sleep; does not return if all is well. */
void shell_explore(char *args);
