/* model.h: the functions that a thread of the explorer does not execute but that are modelled.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/explore/thread.h"

struct model {
	const void *function;
	const char *name;
	/* Do what it does. Returns STEP_OK, and has set *result unless the thread is not to return yet. */
	enum outcome (*call)(struct vthread *thread, u64 *result);
	/* Calling it is a step, which touches these bytes of what this returns; or NULL. */
	const void *(*datum)(const struct vthread *thread);
	size_t offset, size;
};

/* model_at - what stands for the function that begins at @rip, or NULL. model_op - what others see of it. model_call - do it,
 * and have it return. */
const struct model *model_at(unsigned long rip);
struct op model_op(const struct model *model, const struct vthread *thread);
enum outcome model_call(const struct model *model, struct vthread *thread);

/* stage.c, for the models. */
enum outcome stage_ends(struct vthread *thread);

void explore_thread_ends(void);    /* where a scenario's function returns to */
void explore_interrupt_ends(void); /* and a handler */
