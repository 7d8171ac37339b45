/* refscale.h: what ends Linux's refscale.c when it has measured, and not before: included ahead of it.
 * SPDX-License-Identifier: MIT
 *
 * The file ends the machine when it is done, or waits for its exit to be called, which anybody may do at any time.
 * Here that waits for the last line that the file prints: the table, in one piece, behind the line "Runs...".
 */
#pragma once

#include "kernel/core/printk.h"
#include "kernel/locking/sleep/completion.h"
#include "kernel/module.h"

static DECLARE_COMPLETION(__refscale_done);

static inline void __refscale_printed(const char *fmt)
{
	static bool table_follows;

	if (table_follows)
		complete_all(&__refscale_done);
	table_follows = fmt[0] == 'R';
}

#undef pr_alert
#define pr_alert(fmt, ...)                                                                         \
	do {                                                                                       \
		printk(KERN_ALERT fmt, ##__VA_ARGS__);                                             \
		__refscale_printed(fmt);                                                           \
	} while (0)

#undef module_exit
#define module_exit(fn)                                                                            \
	static void __end_of_scale(void)                                                           \
	{                                                                                          \
		wait_for_completion(&__refscale_done);                                             \
		fn();                                                                              \
	}                                                                                          \
	__MODULE_ENTRY(__UNIQUE_ID(__module_exit), .exit = __end_of_scale)
