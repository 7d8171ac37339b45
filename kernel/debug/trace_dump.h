/* trace_dump.h: turning the trace on and off, and where its records go.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/config.h"
#include "lib/types.h"

#if CONFIG_CHECKED

/*
 * trace_start - note down from now on, on all CPUs; what was noted before is dropped. Returns 0, or -ENOMEM: each CPU
 *   needs TRACE_RECORDS records, which it keeps.
 * trace_stop - note down no more; returns when every CPU has written its last record. trace_nr_records - how many
 *   there are in the rings of all CPUs. trace_nr_lost - how many were written over.
 * Never sleep. Thread context, interrupts on; one thread at a time.
 */
int trace_start(void);
void trace_stop(void);
u64 trace_nr_records(void);
u64 trace_nr_lost(void);

/*
 * trace_dump - send all there is over the second serial line, and say so.
 * Never sleeps. After trace_stop(); or any context in which no other CPU runs: a panic. Does nothing if the trace was
 * never on; warns where no UART answers, or it stops taking bytes.
 */
void trace_dump(void);

#else

static inline int trace_start(void)
{
	return 0;
}

static inline void trace_stop(void)
{
}

static inline void trace_dump(void)
{
}

#endif
