/* local.c: what a thread has for itself, and what its steps make of it, each kept once.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   What a step does follows from what its thread has for itself (registers, stack, the variables of its CPU, delayed
 *   stores), and from the shared bytes that it touches: at most eight, whose address its registers say. It cannot depend
 *   on anything else, for what is touched besides is not shared. So the same step is executed once, and remembered:
 *   a million states of three threads are made of a few thousand local states, and of some words.
 *   What depends on other threads' local states (two in the critical section, a stack frame that is gone) is asked for
 *   each state anew, in state.c.
 *   Local states are compared byte by byte, not by their hash.
 */
#include "kernel/explore/local.h"

#include <arch/insn.h>

#include "kernel/core/page.h"
#include "kernel/core/panic.h"
#include "kernel/core/vmalloc.h"
#include "kernel/explore/memory.h"
#include "kernel/explore/visible.h"
#include "lib/string.h"

#define SLOTS     16384U
#define PIECE     (1UL << 20)
#define MAX_BYTES (STACK_SIZE + sizeof(struct vthread_state) + 2 * CPU_WORDS_MAX * sizeof(u64))

static struct local *table[SLOTS];
static struct local *newest;
static u32 n_locals;
static const struct local
	*on_stage[EXPLORE_THREADS]; /* what each thread's memory holds; NULL: else */
static u64 buffer[MAX_BYTES / sizeof(u64)];

/* ---- Memory that is given back all at once ------------------------------------------------------------------------ */

static struct piece {
	struct piece *next;
} * pieces, *spare;
static size_t used = PIECE;

static void *allocate(size_t size)
{
	size = (size + 7) & ~7UL;
	if (used + size > PIECE) {
		struct piece *piece = spare ?: vmalloc(PIECE);

		if (!piece)
			return NULL;
		spare = spare ? spare->next : NULL;
		piece->next = pieces;
		pieces = piece;
		used = sizeof(*piece);
	}
	used += size;
	return (char *)pieces + used - size;
}

void *local_allocate(size_t size)
{
	return allocate(size);
}

void local_forget(void)
{
	for (; newest; newest = newest->previous)
		table[newest->hash % SLOTS] = NULL;
	while (pieces) {
		struct piece *piece = pieces;

		pieces = piece->next;
		piece->next = spare;
		spare = piece;
	}
	used = PIECE;
	n_locals = 0;
	memset(on_stage, 0, sizeof(on_stage));
}

u32 local_count(void)
{
	return n_locals;
}

/* ---- To bytes, and back ---------------------------------------------------------------------------------------- */

static u64 live_stack(const struct vthread *thread)
{
	return thread->state.done ? 0 :
				    thread->stack + STACK_SIZE - thread->state.regs.gpr[STEP_RSP];
}

/* The state, the stack from %rsp up, then the words of its CPU's memory that are not as at first, each after its number.
 * Words that are shared count as 0: they are no part of it. */
static u32 collect(const struct vthread *thread)
{
	u64 live = live_stack(thread);
	unsigned long end = thread->stack + STACK_SIZE;
	char *stack = (char *)buffer + sizeof(thread->state);
	u64 *at = (u64 *)(stack + live);

	memcpy(buffer, &thread->state, sizeof(thread->state));
	memcpy(stack, (const void *)(end - live), live);
	for (u32 i = 0; i < memory_words(); i++) {
		unsigned long address = (unsigned long)memory_at(i);

		if (end - address <= live && address < end)
			memset(stack + (address - (end - live)), 0, sizeof(u64));
	}
	for (u32 i = 0; i < thread->n_cpu_words; i++) {
		const struct cpu_word *word = &thread->cpu_words[i];

		if (*word->at == word->first)
			continue;
		*at++ = i;
		*at++ = *word->at;
	}
	return (u32)((char *)at - (char *)buffer);
}

static void load(struct vthread *thread, const struct local *local)
{
	const char *bytes = local->bytes;
	const u64 *at, *end = (const u64 *)(bytes + local->size);
	u64 live;

	memcpy(&thread->state, bytes, sizeof(thread->state));
	thread_clean_stack(thread);
	live = live_stack(thread);
	memcpy((void *)(thread->stack + STACK_SIZE - live), bytes + sizeof(thread->state), live);
	for (u32 i = 0; i < thread->n_cpu_words; i++)
		*thread->cpu_words[i].at = thread->cpu_words[i].first;
	for (at = (const u64 *)(bytes + sizeof(thread->state) + live); at < end; at += 2)
		*thread->cpu_words[at[0]].at = at[1];
}

/* ---- Local states ---------------------------------------------------------------------------------------------- */

static u64 hash_of(const u64 *words, u32 size)
{
	u64 hash = 0;

	for (u32 i = 0; i < size / sizeof(*words); i++) {
		hash = (hash ^ words[i]) * 0xbf58476d1ce4e5b9ULL;
		hash ^= hash >> 29;
	}
	return hash;
}

/* The shared bytes among these. */
static void note_touches(struct local *local, enum deed deed, unsigned long address, u32 size)
{
	for (unsigned long at = address & ~7UL; at < address + size; at += 8) {
		u32 word = memory_word(at), first = at < address ? (u32)(address - at) : 0;
		u32 last = min_t(u32, 8, (u32)(address + size - at));
		u64 mask = (~0ULL >> (64 - 8 * (last - first))) << (8 * first);

		if (word == MEMORY_NONE)
			continue;
		BUG_ON(local->n_touches[deed] == MAX_TOUCHES);
		local->touches[deed][local->n_touches[deed]++] = (struct touch){ word, mask };
	}
	local->address[deed] = address;
	local->length[deed] = size;
}

/* The second half of a read-modify-write is a store, too. */
static bool delays(const struct vthread *thread)
{
	const struct op *next = &thread->next;

	return stage_tso && !next->model && next->size &&
	       (next->how == INSN_WRITE ||
		(next->how == (INSN_READ | INSN_WRITE) && thread->state.halfway));
}

static void describe(struct local *local, struct vthread *thread)
{
	const struct vthread_state *state = &thread->state;

	local->thread = (u8)(thread - stage_threads);
	local->rip = state->regs.rip;
	local->rsp = state->done ? thread->stack + STACK_SIZE : state->regs.gpr[STEP_RSP];
	local->done = state->done;
	local->spins = state->spins;
	local->asleep = state->asleep;
	local->may_time_out = state->may_time_out;
	local->inside = state->inside;
	local->must_flush = (u8)thread_must_flush(thread);
	local->interrupted = state->interrupted;
	local->interruptible = thread_is_interruptible(thread);
	if (!state->done && !state->spins) {
		thread_describe(thread);
		local->looks_anew = thread->next.size == 4 &&
				    (thread->next.how == INSN_READ ||
				     insn_at(state->regs.rip)->kind == INSN_XADD);
		local->delays = !local->must_flush && !local->interruptible && delays(thread);
		if (thread->next.size)
			note_touches(local, DEED_STEP, thread->next.address, thread->next.size);
	}
	if (state->n_stores)
		note_touches(local, DEED_FLUSH, state->stores[0].address,
			     (u32)state->stores[0].size);
}

struct local *local_now(u32 t)
{
	struct vthread *thread = &stage_threads[t];
	u32 size = collect(thread);
	u64 hash = hash_of(buffer, size) + t;
	struct local **slot = &table[hash % SLOTS], *local;

	for (local = *slot; local; local = local->same) {
		if (local->hash == hash && local->size == size && local->thread == t &&
		    !memcmp(local->bytes, buffer, size))
			return local;
	}
	local = allocate(sizeof(*local) + size);
	if (!local)
		return NULL;
	*local = (struct local){ .same = *slot, .hash = hash, .size = size, .bytes = local + 1 };
	memcpy(local + 1, buffer, size);
	describe(local, thread);
	local->previous = newest;
	newest = local;
	*slot = local;
	n_locals++;
	return local;
}

/* ---- Transitions ------------------------------------------------------------------------------------------------- */

static struct transition *find(const struct local *from, enum deed deed, const u64 *words)
{
	const struct touch *touches = from->touches[deed];
	struct transition *made = from->made[deed];
	u32 n = from->n_touches[deed];

	// What a store makes of its own bytes does not depend on what was there; but whether it makes one more of it
	// does, which is how ticket locks are known.
	if (deed == DEED_FLUSH && n && !memory_has_ticket(touches[0].word) &&
	    !memory_has_ticket(touches[n - 1].word))
		return made;
	for (; made; made = made->next) {
		if ((!n || (words[touches[0].word] & touches[0].mask) == made->before[0]) &&
		    (n < 2 || (words[touches[1].word] & touches[1].mask) == made->before[1]))
			return made;
	}
	return NULL;
}

/* On the stage, shared words of stacks are 0 but while they are used: a thread that is elsewhere in its stack may find
 * one of them in a frame to come, which must not hold anything. */
static void clear_in_stacks(u32 word)
{
	for (u32 t = 0; t < stage_n_threads; t++) {
		if (is_in_stack(&stage_threads[t], (unsigned long)memory_at(word)))
			*memory_at(word) = 0;
	}
}

void local_enter_stage(const struct local *local)
{
	if (on_stage[local->thread] != local)
		load(&stage_threads[local->thread], local);
	on_stage[local->thread] = local;
}

static enum outcome execute(struct local *from, enum deed deed, const u64 *words,
			    struct transition **made)
{
	struct vthread *thread = &stage_threads[from->thread];
	const struct touch *touches = from->touches[deed];
	u64 steps = stage_steps(), after[MAX_TOUCHES];
	struct local *to;
	enum outcome outcome;

	local_enter_stage(from);
	on_stage[from->thread] = NULL;
	for (u32 i = 0; i < from->n_touches[deed]; i++)
		*memory_at(touches[i].word) = words[touches[i].word];
	outcome = thread_do(thread, deed);
	for (u32 i = 0; i < from->n_touches[deed]; i++) {
		after[i] = *memory_at(touches[i].word) & touches[i].mask;
		clear_in_stacks(touches[i].word);
	}
	*made = NULL;
	if (outcome != STEP_OK)
		return outcome;
	to = local_now(from->thread);
	on_stage[from->thread] = to;
	*made = to ? allocate(sizeof(**made)) : NULL;
	if (!*made)
		return STEP_OK;
	**made = (struct transition){ .next = from->made[deed],
				      .to = to,
				      .instructions = (u32)(stage_steps() - steps),
				      .yielded = thread->yielded,
				      .hidden = deed == DEED_STEP && from->delays &&
						from->inside == to->inside &&
						from->rsp == to->rsp };
	for (u32 i = 0; i < from->n_touches[deed]; i++) {
		(*made)->before[i] = words[touches[i].word] & touches[i].mask;
		(*made)->after[i] = after[i];
	}
	from->made[deed] = *made;
	return STEP_OK;
}

void local_leave_stage(void)
{
	for (u32 i = 0; i < memory_words(); i++)
		clear_in_stacks(i);
}

enum outcome local_do(struct local *from, enum deed deed, const u64 *words,
		      struct transition **made)
{
	*made = find(from, deed, words);
	return *made ? STEP_OK : execute(from, deed, words, made);
}
