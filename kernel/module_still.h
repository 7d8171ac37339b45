/* module_still.h: whether anything is left that can end a wait of a module's.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/module_left.h"

/*
 * module_is_still - whether all that came after @mark has been asleep for some seconds, without a time limit, and nothing is
 *   pending that could wake it. If it seems so, it sleeps for a second and looks again and again. Thread context.
 * module_report_still - report that this is so, with @doing, which names who waits in vain, and with what each thread does.
 */
bool module_is_still(const struct module_mark *mark);
void module_report_still(const struct module_mark *mark, const char *doing);
