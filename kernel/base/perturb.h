/* perturb.h: a call at every spinlock, for whoever wants to disturb the order in which things happen.
 * SPDX-License-Identifier: MIT
 *
 * The torture tests delay a thread here, or have it lose its CPU, so that orders become common that
 * are rare by themselves. It hangs on the hooks of the checked profile; in the fast one nobody calls.
 */
#pragma once

#include <arch/barrier.h>

#include "lib/types.h"

/* [a] who is called, or NULL */
extern void (*perturb_function)(void);

/*
 * perturb_set - call @fn right after each spinlock was taken and right before it is released; NULL: nobody.
 * @fn never sleeps and takes no lock. It is called in any context, NMI included, and still may be for
 * a moment after it was replaced.
 */
static inline void perturb_set(void (*fn)(void))
{
	WRITE_ONCE(perturb_function, fn);
}

/* perturb - the place of such a call. Any context; a spinlock is held. */
static inline void perturb(void)
{
	void (*fn)(void) = READ_ONCE(perturb_function);

	if (unlikely(fn))
		fn();
}
