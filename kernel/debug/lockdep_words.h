/* lockdep_words.h: how the lock validator's reports call things; and the part of them that is drawn in columns.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/lockdep_internal.h"

#if CONFIG_CHECKED

#define LOCKDEP_NAME_LEN 80

struct lockdep_name {
	char text[LOCKDEP_NAME_LEN];
};

/* lockdep_class_name - "name", "name/subclass", or "name function". Caller is inside the validator, as of all here. */
struct lockdep_name lockdep_class_name(u16 class);

/*
 * What a class is of: completions; the calls of a function, which is waited for; or locks.
 * lockdep_wanted - what is done with it. lockdep_interrupt_of - what kind of interrupt this bit of a usage is about.
 */
bool lockdep_is_event(u16 class);
bool lockdep_is_function(u16 class);
bool lockdep_is_lock(u16 class);
const char *lockdep_wanted(u16 class);
const char *lockdep_interrupt_of(u32 bit);

/* lockdep_print_circle, lockdep_print_interruption - "How it deadlocks", a column for each CPU. */
void lockdep_print_circle(const struct lockdep_report *report);
void lockdep_print_interruption(const struct lockdep_report *report);

#endif
