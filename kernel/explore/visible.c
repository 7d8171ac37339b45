/* visible.c: whose memory it is that a thread is about to touch, and so, whether others can see it.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/explore/visible.h"

#include "kernel/core/page.h"
#include "kernel/core/panic.h"
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

/* ---- The words of a thread's CPU -------------------------------------------------------------------------------- */

static struct cpu_word *cpu_word_of(struct vthread *thread, unsigned long address)
{
	u64 *at = (u64 *)(address & ~7UL);
	struct cpu_word *word = thread->cpu_words;

	for (u32 i = 0; i < thread->n_cpu_words; i++, word++) {
		if (word->at == at)
			return word;
	}
	BUG_ON(thread->n_cpu_words++ == CPU_WORDS_MAX);
	*word = (struct cpu_word){ .at = at, .first = *at };
	return word;
}

void cpu_words_note(struct vthread *thread, const struct insn_access *access)
{
	unsigned long end = access->address + access->size;

	if (!in_cpu(thread, access->address) || memory_is_shared(access->address, access->size))
		return;
	for (unsigned long at = access->address & ~7UL; at < end; at += 8)
		cpu_word_of(thread, at)->written = true;
}

void thread_add_preempt_count(struct vthread *thread, u32 n)
{
	cpu_words_note(thread,
		       &(struct insn_access){ (unsigned long)&thread->cpu->preempt_count,
					      sizeof(thread->cpu->preempt_count), INSN_WRITE });
	thread->cpu->preempt_count += n;
}

/*
 * A handler that runs on the thread's own CPU can come between any two of its instructions, so what both use and one
 * writes is shared between the two as between CPUs. Not the preempt count: each leaves it as it was, in one instruction
 * each time.
 */
static bool is_used_by_both(struct vthread *thread, const struct insn_access *access)
{
	struct cpu_word *word;

	if (is_in_stack(thread, access->address))
		return thread->state.interrupted && access->address >= thread->state.interrupted;
	if (access->address == (unsigned long)&thread->cpu->preempt_count)
		return false;
	word = cpu_word_of(thread, access->address);
	word->by_handler |= thread->state.interrupted != 0;
	word->by_thread |= !thread->state.interrupted;
	word->written |= (access->how & INSN_WRITE) != 0;
	return word->by_handler && word->by_thread && word->written;
}

/* ---- Whose it is ---------------------------------------------------------------------------------------------------- */

/* Whose the memory is. */
enum owner {
	OWNER_NOBODY, /* everybody's */
	OWNER_SELF,
	OWNER_OTHER,
	OWNER_CONSTANT,
};

static enum owner owner_of(const struct vthread *thread, unsigned long address)
{
	if (address - (unsigned long)text_start < (unsigned long)(rodata_end - text_start))
		return OWNER_CONSTANT;
	for (u32 t = 0; t < stage_n_threads; t++) {
		const struct vthread *whose = &stage_threads[t];

		if (is_in_stack(whose, address) || in_cpu(whose, address))
			return whose == thread ? OWNER_SELF : OWNER_OTHER;
	}
	return OWNER_NOBODY;
}

enum visibility visibility_of(struct vthread *thread, const struct insn_access *access, bool pushes)
{
	bool shared = memory_is_shared(access->address, access->size);

	// Whoever it is whose: what is half in a shared word must be in shared words with the other half, too.
	if (shared && !memory_is_all_shared(access->address, access->size))
		return NEWLY_SHARED;
	switch (owner_of(thread, access->address)) {
	case OWNER_CONSTANT:
		return PRIVATE;
	case OWNER_NOBODY:
		// What nobody ever writes, everybody can read unseen.
		if (shared)
			return VISIBLE;
		return access->how & INSN_WRITE ? NEWLY_SHARED : PRIVATE;
	case OWNER_SELF:
		// smp_mb() is a locked instruction that adds 0 to what lies below %rsp.
		if (!pushes && !(access->how & INSN_LOCKED) &&
		    is_in_stack(thread, access->address) &&
		    access->address < thread->state.regs.gpr[STEP_RSP])
			return DEAD;
		if (shared)
			return VISIBLE;
		if (stage_scenario->interrupt && is_used_by_both(thread, access))
			return NEWLY_SHARED;
		return PRIVATE;
	case OWNER_OTHER:
		return shared ? VISIBLE : NEWLY_SHARED;
	}
	return VISIBLE;
}
