/* visible.h: whether others can see what a thread touches. Internal to the explorer's stage.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include <arch/insn.h>

#include "kernel/explore/thread.h"

/* What is to be done about an access. */
enum visibility {
	PRIVATE,
	VISIBLE,
	NEWLY_SHARED,
	DEAD, /* a stack frame that is gone */
};

/*
 * is_in_stack - @address is in the stack of @thread.
 * visibility_of - what it means that @thread makes @access; @pushes: by a push, of what is below %rsp until then.
 * cpu_words_note - @thread is about to make @access, a write.
 * Never sleep. One CPU, interrupts off.
 */
void cpu_words_note(struct vthread *thread, const struct insn_access *access);
bool is_in_stack(const struct vthread *thread, unsigned long address);
enum visibility visibility_of(struct vthread *thread, const struct insn_access *access,
			      bool pushes);
