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

/* Ten times in five seconds for each place. */
#define pr_emerg_ratelimited(fmt, ...)  printk_ratelimited(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert_ratelimited(fmt, ...)  printk_ratelimited(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit_ratelimited(fmt, ...)   printk_ratelimited(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err_ratelimited(fmt, ...)    printk_ratelimited(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn_ratelimited(fmt, ...)   printk_ratelimited(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice_ratelimited(fmt, ...) printk_ratelimited(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info_ratelimited(fmt, ...)   printk_ratelimited(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)

/* Compiled, so that it stays right, and never printed. */
#define no_printk(fmt, ...)                                                                        \
	({                                                                                         \
		if (0)                                                                             \
			printk(fmt, ##__VA_ARGS__);                                                \
		0;                                                                                 \
	})

/* As on Linux these are for who defines DEBUG before he includes anything; printk(KERN_DEBUG ...) is for all. */
#ifdef DEBUG
#define __IF_DEBUG(form, ...) form(__VA_ARGS__)
#else
#define __IF_DEBUG(form, ...) no_printk(__VA_ARGS__)
#endif
#define pr_debug(fmt, ...)      __IF_DEBUG(printk, KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_devel(fmt, ...)      pr_debug(fmt, ##__VA_ARGS__)
#define pr_debug_once(fmt, ...) __IF_DEBUG(printk_once, KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_devel_once(fmt, ...) pr_debug_once(fmt, ##__VA_ARGS__)
#define pr_debug_ratelimited(fmt, ...)                                                             \
	__IF_DEBUG(printk_ratelimited, KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)

/*
 * print_hex_dump - @size bytes at @bytes, @row (16 or 32) a line, in groups of @group, as characters too with
 *   @ascii; each line begins with @prefix and with the address, the offset or nothing.
 * print_hex_dump_bytes - the usual form of it, as KERN_DEBUG. print_hex_dump_debug - as pr_debug().
 * Never sleep. Any context.
 */
enum dump_prefix { DUMP_PREFIX_NONE, DUMP_PREFIX_ADDRESS, DUMP_PREFIX_OFFSET };

void print_hex_dump(const char *level, const char *prefix, enum dump_prefix kind, int row,
		    int group, const void *bytes, size_t size, bool ascii);
#define print_hex_dump_bytes(prefix, kind, bytes, size)                                            \
	print_hex_dump(KERN_DEBUG, prefix, kind, 16, 1, bytes, size, true)
#ifdef DEBUG
#define print_hex_dump_debug(prefix, kind, row, group, bytes, size, ascii)                         \
	print_hex_dump(KERN_DEBUG, prefix, kind, row, group, bytes, size, ascii)
#else
#define print_hex_dump_debug(prefix, kind, row, group, bytes, size, ascii)                         \
	do {                                                                                       \
		if (0)                                                                             \
			print_hex_dump(KERN_DEBUG, prefix, kind, row, group, bytes, size, ascii);  \
	} while (0)
#endif
