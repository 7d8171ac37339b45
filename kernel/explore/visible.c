/* visible.c: whose memory it is that a thread is about to touch, and so, whether others can see it.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/visible.h"

#include "kernel/core/page.h"
#include "kernel/explore/memory.h"

extern char text_start[], rodata_end[];

bool is_in_stack(const struct vthread *thread, unsigned long address)
{
	return address - thread->stack < STACK_SIZE;
}

static bool in_cpu(const struct vthread *thread, unsigned long address)
{
	return address - (unsigned long)thread->cpu < thread->cpu_size;
}

/* Whose the memory is. */
enum owner {
	OWNER_NOBODY, /* everybody's */
	OWNER_SELF,
	OWNER_OTHER,
	OWNER_CONSTANT,
};

static enum owner owner_of(const struct vthread *thread, unsigned long address,
			   const struct vthread **whose)
{
	if (address - (unsigned long)text_start < (unsigned long)(rodata_end - text_start))
		return OWNER_CONSTANT;
	for (u32 t = 0; t < stage_n_threads; t++) {
		*whose = &stage_threads[t];
		if (is_in_stack(*whose, address) || in_cpu(*whose, address))
			return *whose == thread ? OWNER_SELF : OWNER_OTHER;
	}
	return OWNER_NOBODY;
}

enum visibility visibility_of(const struct vthread *thread, const struct insn_access *access,
			      bool pushes)
{
	const struct vthread *whose;

	switch (owner_of(thread, access->address, &whose)) {
	case OWNER_CONSTANT:
		return PRIVATE;
	case OWNER_NOBODY:
		// What nobody ever writes, everybody can read unseen.
		if (memory_is_shared(access->address, access->size))
			return VISIBLE;
		return access->how & INSN_WRITE ? NEWLY_SHARED : PRIVATE;
	case OWNER_SELF:
		// smp_mb() is a locked instruction that adds 0 to what lies below %rsp.
		if (!pushes && !(access->how & INSN_LOCKED) &&
		    is_in_stack(thread, access->address) &&
		    access->address < thread->state.regs.gpr[STEP_RSP])
			return DEAD;
		return memory_is_shared(access->address, access->size) ? VISIBLE : PRIVATE;
	case OWNER_OTHER:
		if (is_in_stack(whose, access->address) &&
		    (whose->state.done || access->address < whose->state.regs.gpr[STEP_RSP]))
			return DEAD;
		return memory_is_shared(access->address, access->size) ? VISIBLE : NEWLY_SHARED;
	}
	return VISIBLE;
}
