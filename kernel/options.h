/* options.h: what the kernel's command line asks for.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/types.h"

struct boot_info;
struct mode;

/* [I] all set by options_parse(), with the defaults of options.c. */
struct options {
	const struct mode *mode; /* mode=name: what to do; see mode.h */
	char run[512];           /* run=a,b: the demos or tests to run; all without it */
	unsigned long seed;      /* seed=n: where pseudo-random choices start */
	unsigned long timeout;   /* timeout=seconds: when a run counts as hung; 0: never */
	unsigned long seconds;   /* seconds=n: how long what has no end of its own goes on */
	unsigned long
		hung_task; /* hung_task=seconds: when a blocked thread counts as hung; 0: never */
	unsigned long runtime; /* runtime=seconds: how long mode=module lets modules live */
	char params[512]; /* params="a=1 b.c=2": what mode=module sets modules' parameters to */
	char ops[512];    /* ops="cat /dev/foo": what programs mode=module runs meanwhile */
	unsigned long race_skip; /* race_skip=n: PROFILE=race watches one access of so many, about */
	unsigned long panic_on_warn; /* panic_on_warn=1: a report that is counted ends the run */
	unsigned long stats; /* stats=1: count what becomes of each lock, and print it at the end */
	unsigned long
		trace; /* trace=1: note down what happens, and send it at the end (kernel/base/trace.h) */
	unsigned long maxcpus; /* maxcpus=n: no more CPUs are started */
	char then[32]; /* then=name: the kernel in this module of the loader's goes on at the end */
	unsigned long table; /* table=1: mode=explore writes for people, not for its tools */
	unsigned long gdb;   /* gdb=1: wait for a debugger on the second serial line at the start */
	char model[8];       /* model=sc or tso: mode=explore explores only in that one */
	unsigned long bound; /* bound=n: mode=explore takes no way with more preemptions */
	unsigned long cpus;  /* cpus=n: mode=explore explores what has so many threads; 0: all */
	char replay[512];    /* replay=0x3,1x2: mode=explore takes these steps and no others */
	char watch[512];     /* watch=name@address:bytes,...: the data that mode=explore shows */
	unsigned long loglevel; /* loglevel=0..8: messages below it are shown */
};
extern struct options options;

/*
 * options_parse - read the command line in @boot.
 * Never sleeps. Boot CPU, console up. A word that it does not know, a bad value, or a name that the
 * mode does not know ends the run with one line that says what is accepted, and VERDICT_USAGE.
 */
void options_parse(const struct boot_info *boot);
