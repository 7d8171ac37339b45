/* printk.h: messages on the console, in whole lines, from any context.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <stdarg.h>

#include "kernel/base/upcalls.h"
#include "lib/types.h"

/* A message may begin with its level, as in Linux; without one it is KERN_INFO. */
#define KERN_SOH     "\001"
#define KERN_EMERG   KERN_SOH "0"
#define KERN_ALERT   KERN_SOH "1"
#define KERN_CRIT    KERN_SOH "2"
#define KERN_ERR     KERN_SOH "3"
#define KERN_WARNING KERN_SOH "4"
#define KERN_NOTICE  KERN_SOH "5"
#define KERN_INFO    KERN_SOH "6"
#define KERN_DEBUG   KERN_SOH "7"
#define KERN_DEFAULT ""           /* the level of what has none */
#define KERN_CONT    KERN_SOH "c" /* see _printk() */
#define KERN_PLAIN   KERN_SOH "p" /* ours: no time, no CPU, always shown: tables, KTAP */

#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif

#define pr_emerg(fmt, ...)  printk(KERN_EMERG pr_fmt(fmt), ##__VA_ARGS__)
#define pr_alert(fmt, ...)  printk(KERN_ALERT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_crit(fmt, ...)   printk(KERN_CRIT pr_fmt(fmt), ##__VA_ARGS__)
#define pr_err(fmt, ...)    printk(KERN_ERR pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn(fmt, ...)   printk(KERN_WARNING pr_fmt(fmt), ##__VA_ARGS__)
#define pr_notice(fmt, ...) printk(KERN_NOTICE pr_fmt(fmt), ##__VA_ARGS__)
#define pr_info(fmt, ...)   printk(KERN_INFO pr_fmt(fmt), ##__VA_ARGS__)
#define pr_cont(fmt, ...)   printk(KERN_CONT fmt, ##__VA_ARGS__)
#define pr_plain(fmt, ...)  printk(KERN_PLAIN fmt, ##__VA_ARGS__)

/* Compiled, so that it stays right, and never printed. */
#define no_printk(fmt, ...)                                                                        \
	({                                                                                         \
		if (0)                                                                             \
			printk(fmt, ##__VA_ARGS__);                                                \
		0;                                                                                 \
	})

/* Debug messages: as on Linux, those of a module only if it defines DEBUG. */
#if !defined(MODULE) || defined(DEBUG)
#define DEBUG_IS_PRINTED 1
#else
#define DEBUG_IS_PRINTED 0
#endif
#define pr_debug(fmt, ...)                                                                         \
	((void)(DEBUG_IS_PRINTED && printk(KERN_DEBUG pr_fmt(fmt), ##__VA_ARGS__)))

/*
 * vprintk - printk() with its arguments in a va_list.
 * Never sleeps. Any context, NMI and panic included. Returns the number of characters.
 * Each "\n"-separated part is a line of its own, with its own prefix; a missing last "\n" is added.
 * A line longer than PRINTK_LINE is continued on the next; a message of over 1023 characters is
 * cut, and says so. "" prints nothing. Lines appear in the order in which their printk() calls drew
 * their places. When it returns, the line is out or another CPU is about to print it. When the ring
 * is full the caller prints until there is room; only an NMI, an exception inside printk() or a
 * panic drops lines then, and the next line that gets through says how many.
 */
#define PRINTK_LINE 240
int vprintk(const char *fmt, va_list args);

/*
 * _printk - what printk() is for modules, as Linux's: a missing last "\n" is not added before the next message comes.
 * If that is a KERN_CONT of the same thread, or handler's CPU, it goes on the same line; else it begins a new one.
 */
int _printk(const char *fmt, ...) __printf(1, 2);
#ifdef MODULE
#define printk(fmt, ...) _printk(fmt, ##__VA_ARGS__)
#endif

/* printk_set_level - show messages of a level below @level only (0..8; 8 shows all, and is the default). */
void printk_set_level(unsigned int level);

/*
 * printk_flush - wait until every line printed so far is out.
 * printk_panic_takeover - the CPU that panics owns the console from now on, whoever held it: later
 * lines are written at once by it, and other CPUs' printk() only records.
 * Never sleep. Any context.
 */
void printk_flush(void);
void printk_panic_takeover(void);

/* printk_set_tap - who hears what goes to the console, with interrupts off; NULL: nobody. For tests. */
void printk_set_tap(void (*tap)(const char *text, size_t length));

/* printk_dropped - lines lost so far, for the tests. */
unsigned long printk_dropped(void);
