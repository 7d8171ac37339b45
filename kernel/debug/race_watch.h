/* race_watch.h: what the parts of the race detector have of one another.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/race_context.h"
#include "kernel/debug/race.h"

/* An access that is about to be made. */
struct race_access {
	unsigned long at;
	size_t size;
	unsigned int type;   /* RACE_WRITE ... */
	unsigned long mask;  /* the bits that count; a claim about some has others off */
	unsigned long frame; /* of the function that the accessing one called: its caller accesses */
	unsigned long
		claim; /* the place of a claim up to a block's end, which is looked at here; 0: none */
};

/*
 * race_access - see whether @access meets one that is being watched; and now and then, watch it.
 * Never sleeps; may take tens of microseconds. Any context.
 */
void race_access(const struct race_access *access);

/* race_context - of what runs here: a thread, a softirq, or an interrupt. Never sleeps. Any context. */
struct race_context *race_context(void);

/*
 * race_side_fill - note who the caller is, and his access.
 * race_report_begin - room for a report; NULL: there is none, and the race is counted only.
 * race_report_end - it is filled: ask the filter, or print it, which may take milliseconds.
 * Never sleep. Any context.
 */
void race_side_fill(struct race_side *side, const struct race_access *access);
struct race_report *race_report_begin(void);
void race_report_end(struct race_report *report);
