/* lockdep_report.h: who prints what the lock validator finds.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/core/printk.h"

/* The first line of a report. */
struct lockdep_heading {
	char text[PRINTK_LINE];
};

#if CONFIG_CHECKED
/* lockdep_report_init - print them from now on. Boot, once. */
void lockdep_report_init(void);

/* lockdep_print_held - print which locks the running thread holds, as far as they are validated. Any context. */
void lockdep_print_held(void);
#else
static inline void lockdep_report_init(void)
{
}

static inline void lockdep_print_held(void)
{
}
#endif
