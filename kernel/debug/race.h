/* race.h: the race detector (PROFILE=race): what it finds, and who may ask about it.
 * SPDX-License-Identifier: MIT
 *
 * How code speaks to it is in lib/instrument.h; how it works, in race.c.
 */
#pragma once

#include "kernel/base/config.h"
#include "lib/instrument.h"
#include "lib/types.h"

#define RACE_FRAMES      24
#define RACE_SKIP        500UL /* one of so many plain accesses is watched, unless told otherwise */
#define RACE_SKIP_MAX    1000000000UL
#define RACE_WATCH_BYTES 8UL /* of an access that is longer, so many bytes are watched */

/* Of a race, one who took part: who, where, and what he did. */
struct race_side {
	unsigned long at; /* the bytes that he accesses */
	size_t size;
	unsigned int type;   /* RACE_WRITE ... */
	u32 cpu;             /* on which he was at the time */
	const char *context; /* "in a thread", "in an interrupt handler" ... */
	char task[72];       /* the thread that ran, or was interrupted */
	unsigned long claim; /* where he claimed it, if not here: a return address; or 0 */
	unsigned int depth;  /* of the backtrace */
	unsigned long frames[RACE_FRAMES]; /* return addresses; the first is in who accesses */
};

struct race_report {
	struct race_side watcher; /* whose access was in progress when the other came */
	struct race_side other;
	bool other_known;      /* false: only the value says that there was one */
	unsigned long watched; /* where the bytes are that were watched: at most RACE_WATCH_BYTES */
	unsigned long before;  /* their value when the access began */
	unsigned long after;   /* and before it was made */
};

/*
 * race_init - begin to look for races: of @skip plain accesses of a CPU, about, one is watched; which
 *   one, @seed says. Boot CPU, once the others are up.
 * race_set_skip - from here on one of @skip, 1 to RACE_SKIP_MAX. Returns what it was.
 * race_set_filter - who is asked about each race found, in any context, and told whether it is the first of
 *   its two places; true: it was expected, and is not reported. NULL: nobody.
 * Never sleep. Thread or boot context. Without PROFILE=race they do nothing.
 */
#if CONFIG_RACE
/* race_side_place - the address in who accesses: not in memcpy() and its kin, but in their caller; of a
 *   claim, in who made it.
 * race_side_function - the function that this is in; "?" where that has no name. Any context. */
unsigned long race_side_place(const struct race_side *side);
const char *race_side_function(const struct race_side *side);

void race_init(u64 seed, unsigned long skip);
unsigned long race_set_skip(unsigned long skip);
void race_set_filter(bool (*filter)(const struct race_report *report, bool first));
#else
static inline const char *race_side_function(const struct race_side *side)
{
	return "?";
}

static inline void race_init(u64 seed, unsigned long skip)
{
}

static inline unsigned long race_set_skip(unsigned long skip)
{
	return skip;
}

static inline void race_set_filter(bool (*filter)(const struct race_report *report, bool first))
{
}
#endif
