/* printk_forms.h: messages that are printed once, or not too often; dumps of memory.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/atomic.h>

#include "kernel/core/printk.h"
#include "kernel/core/ratelimit.h"
#include "lib/hexdump.h"

/* True the first time that this place is reached, on whatever CPU. */
#define __first_time()                                                                             \
	({                                                                                         \
		static bool __was_here;                                                            \
		!READ_ONCE(__was_here) && !xchg(&__was_here, true);                                \
	})

#define printk_once(fmt, ...) __printk_if(__first_time(), fmt, ##__VA_ARGS__)
#define printk_ratelimited(fmt, ...)                                                               \
	__printk_if(({                                                                             \
			    static DEFINE_RATELIMIT_STATE(__limit, DEFAULT_RATELIMIT_INTERVAL,     \
							  DEFAULT_RATELIMIT_BURST);                \
			    __ratelimit(&__limit);                                                 \
		    }),                                                                            \
		    fmt, ##__VA_ARGS__)
#define __printk_if(may, fmt, ...)                                                                 \
	do {                                                                                       \
		if (may)                                                                           \
			printk(fmt, ##__VA_ARGS__);                                                \
	} while (0)

/* Once for each place in the source. */
#define pr_emerg_once(fmt, ...)  printk_once(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert_once(fmt, ...)  printk_once(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit_once(fmt, ...)   printk_once(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_once(fmt, ...)    printk_once(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_once(fmt, ...)   printk_once(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice_once(fmt, ...) printk_once(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_once(fmt, ...)   printk_once(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug_once(fmt, ...)                                                                    \
	do {                                                                                       \
		if (DEBUG_IS_PRINTED)                                                              \
			printk_once(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__);                        \
	} while (0)

/* Ten times in five seconds for each place. */
#define pr_emerg_ratelimited(fmt, ...)  printk_ratelimited(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert_ratelimited(fmt, ...)  printk_ratelimited(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit_ratelimited(fmt, ...)   printk_ratelimited(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_ratelimited(fmt, ...)    printk_ratelimited(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_ratelimited(fmt, ...)   printk_ratelimited(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice_ratelimited(fmt, ...) printk_ratelimited(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_ratelimited(fmt, ...)   printk_ratelimited(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_debug_ratelimited(fmt, ...)                                                             \
	do {                                                                                       \
		if (DEBUG_IS_PRINTED)                                                              \
			printk_ratelimited(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__);                 \
	} while (0)

#ifdef DEBUG
#define pr_devel(fmt, ...) pr_debug(fmt, ##__VA_ARGS__)
#else
#define pr_devel(fmt, ...) no_printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#endif

/*
 * print_hex_dump - @size bytes at @bytes, @row (16 or 32) a line, in groups of @group, as characters too with
 *   @ascii; each line begins with @prefix and with the address, the offset or nothing.
 * print_hex_dump_debug - as a debug message. print_hex_dump_bytes - the usual form of that.
 * Never sleep. Any context.
 */
enum dump_prefix { DUMP_PREFIX_NONE, DUMP_PREFIX_ADDRESS, DUMP_PREFIX_OFFSET };

void print_hex_dump(const char *level, const char *prefix, enum dump_prefix kind, int row,
		    int group, const void *bytes, size_t size, bool ascii);
#define print_hex_dump_bytes(prefix, kind, bytes, size)                                            \
	print_hex_dump_debug(prefix, kind, 16, 1, bytes, size, true)
#define print_hex_dump_debug(prefix, kind, row, group, bytes, size, ascii)                         \
	do {                                                                                       \
		if (DEBUG_IS_PRINTED)                                                              \
			print_hex_dump(KERN_DEBUG, prefix, kind, row, group, bytes, size, ascii);  \
	} while (0)
