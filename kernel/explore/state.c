/* state.c: states of a whole scenario.
 * SPDX-License-Identifier: MIT
 *
 * The hash is the exclusive or of one for each local state and one for each word, so a step changes it by what it
 * changes.
 */
#include "kernel/explore/state.h"

#include "kernel/core/page.h"
#include "kernel/explore/object.h"
#include "kernel/explore/visible.h"
#include "kernel/sched/task.h"
#include "lib/string.h"

static u64 mix(u64 what, u64 where)
{
	u64 hash = (what ^ where * 0x9e3779b97f4a7c15ULL) * 0xbf58476d1ce4e5b9ULL;

	hash = (hash ^ hash >> 32) * 0x94d049bb133111ebULL;
	return hash ^ hash >> 29;
}

static u64 hash_of_word(u32 number, u64 value)
{
	return mix(value, number + 1);
}

static u64 hash_of_local(const struct local *local)
{
	return mix((u64)local, MEMORY_WORDS + 1);
}

size_t state_size(void)
{
	return offsetof(struct state, words) + memory_words() * sizeof(u64);
}

/* The words that the last move has changed; one that a store changes when its frame is gone is there twice. */
static u32 changed[2 * MEMORY_WORDS];
static u32 n_changed;

static void set_word(struct state *state, u32 number, u64 value)
{
	if (state->words[number] == value)
		return;
	changed[n_changed++] = number;
	state->hash ^= hash_of_word(number, state->words[number]) ^ hash_of_word(number, value);
	state->words[number] = value;
}

/* Whether a store of the thread's to the word is delayed. */
static bool is_stored(const struct local *local, u32 word)
{
	const struct vthread_state *state = local->bytes;

	for (u32 i = 0; i < state->n_stores; i++) {
		if (memory_word(state->stores[i].address) == word)
			return true;
	}
	return false;
}

/* Whether a thread may have looked at these bytes, and be about to act on that, or has stored there. */
static bool is_wanted(const struct state *state, u32 word, u64 mask)
{
	for (u32 t = 0; t < stage_n_threads; t++) {
		const struct local *local = state->local[t];

		if (local->interrupted || is_stored(local, word))
			return true;
		for (u32 i = 0; i < local->n_touches[DEED_STEP] && !local->looks_anew; i++) {
			if (local->touches[DEED_STEP][i].word == word &&
			    (local->touches[DEED_STEP][i].mask & mask))
				return true;
		}
	}
	return false;
}

u64 state_hash(const struct state *state)
{
	const struct ticket_word *locks;
	u32 n = memory_tickets(&locks);
	u64 hash = state->hash;

	for (u32 i = 0; i < n; i++) {
		u32 number = locks[i].word;
		u64 word = state->words[number], mask = 0xffffffffULL << locks[i].shift;
		u32 ticket = (u32)(word >> locks[i].shift);

		if (ticket && (u16)ticket == ticket >> 16 && locks[i].drawn && locks[i].served &&
		    !locks[i].spoiled && !is_wanted(state, number, mask))
			hash ^= hash_of_word(number, word) ^ hash_of_word(number, word & ~mask);
	}
	return hash;
}

/* What is shared of a stack frame that is gone counts as 0. */
static void clean_frames(struct state *state, const struct local *local)
{
	const struct vthread *thread = &stage_threads[local->thread];

	for (u32 i = 0; i < thread->n_stack_words; i++) {
		u32 word = thread->stack_words[i];

		if ((unsigned long)memory_at(word) < local->rsp)
			set_word(state, word, 0);
	}
}

enum outcome state_begin(const struct scenario *scenario, bool tso, struct state *state)
{
	enum outcome outcome = stage_begin(scenario, tso);

	if (outcome != STEP_OK)
		return outcome;
	state->hash = 0;
	for (u32 i = 0; i < memory_words(); i++) {
		state->words[i] = *memory_at(i);
		state->hash ^= hash_of_word(i, state->words[i]);
	}
	for (u32 t = 0; t < stage_n_threads; t++) {
		state->local[t] = local_now(t);
		if (!state->local[t])
			return STEP_NO_MEMORY;
		state->hash ^= hash_of_local(state->local[t]);
		n_changed = 0;
		clean_frames(state, state->local[t]);
	}
	local_leave_stage();
	return STEP_OK;
}

bool state_enabled(const struct state *state, u32 actor)
{
	const struct local *local = state->local[stage_thread_of(actor)];
	const struct touch *touch = &local->touches[DEED_STEP][0];

	switch (stage_deed_of(actor)) {
	case DEED_FLUSH:
		return local->n_touches[DEED_FLUSH];
	case DEED_INTERRUPT:
		return local->interruptible;
	default:
		break;
	}
	if (local->done || local->spins || local->must_flush)
		return false;
	if (!local->asleep || local->may_time_out)
		return true;
	return (u32)(state->words[touch->word] & touch->mask) == TASK_RUNNING;
}

/* Is what @deed of @local touches in a frame of another thread's stack that is gone? */
static bool is_in_dead_frame(const struct state *state, const struct local *local, enum deed deed)
{
	for (u32 t = 0; t < stage_n_threads; t++) {
		if (t != local->thread && is_in_stack(&stage_threads[t], local->address[deed]))
			return local->address[deed] < state->local[t]->rsp;
	}
	return false;
}

/* Or in an object that is freed? */
static bool is_in_freed(const struct state *state, const struct local *local, enum deed deed)
{
	const u64 *freed = object_freed(local->address[deed]);

	return freed && state->words[memory_word((unsigned long)freed)];
}

static void put_on_stage(const struct state *state)
{
	for (u32 t = 0; t < stage_n_threads; t++)
		local_enter_stage(state->local[t]);
	for (u32 i = 0; i < memory_words(); i++)
		*memory_at(i) = state->words[i];
}

/* What must hold in every state: it follows from the words that are shared. */
static enum outcome check(const struct state *state, const struct local *last)
{
	enum outcome outcome;

	if (!stage_scenario->holds)
		return STEP_OK;
	put_on_stage(state);
	outcome = stage_check(&stage_threads[last->thread]);
	local_leave_stage();
	return outcome;
}

static enum outcome fail(const struct local *local, enum fault fault)
{
	stage_threads[local->thread].state.regs.rip = local->rip;
	return stage_fails(&stage_threads[local->thread], fault, NULL);
}

/* @deed of thread @t, as a part of @move; which ends before it, if it is to be @hidden and is not. */
static enum outcome take(struct state *state, u32 t, enum deed deed, bool hidden, struct move *move)
{
	struct local *from = state->local[t];
	struct transition *made;
	enum outcome outcome;

	move->steps++;
	if (deed != DEED_INTERRUPT && is_in_dead_frame(state, from, deed))
		return fail(from, FAULT_DEAD_FRAME);
	if (deed != DEED_INTERRUPT && is_in_freed(state, from, deed))
		return fail(from, FAULT_FREED);
	outcome = local_do(from, deed, state->words, &made);
	if (outcome != STEP_OK)
		return outcome;
	if (!made)
		return STEP_NO_MEMORY;
	if (hidden && !made->hidden) {
		move->hides = false;
		move->steps--;
		return STEP_OK;
	}
	for (u32 i = 0; deed != DEED_INTERRUPT && i < from->n_touches[deed]; i++) {
		const struct touch *touch = &from->touches[deed][i];

		if (memory_counts(touch->word))
			continue;
		set_word(state, touch->word,
			 (state->words[touch->word] & ~touch->mask) | made->after[i]);
	}
	state->hash ^= hash_of_local(from) ^ hash_of_local(made->to);
	state->local[t] = made->to;
	// A store may become visible when its own frame is gone.
	if (made->to->rsp > from->rsp || deed != DEED_STEP)
		clean_frames(state, made->to);
	move->yielded = made->yielded;
	move->instructions += made->instructions;
	for (u32 other = 0; other < stage_n_threads && made->to->inside; other++) {
		if (other != t && state->local[other]->inside)
			return fail(made->to, FAULT_EXCLUSION);
	}
	return n_changed ? check(state, made->to) : STEP_OK;
}

enum outcome state_step(struct state *state, struct move *move)
{
	u32 t = stage_thread_of(move->actor);
	enum outcome outcome = STEP_OK;

	n_changed = 0;
	move->steps = move->instructions = 0;
	for (u32 i = 0; i < move->first && outcome == STEP_OK; i++)
		outcome = take(state, t, DEED_FLUSH, false, move);
	if (outcome == STEP_OK)
		outcome = take(state, t, stage_deed_of(move->actor), false, move);
	while (outcome == STEP_OK && move->hides && state->local[t]->delays)
		outcome = take(state, t, DEED_STEP, true, move);
	return outcome;
}

void state_back(struct state *state, const struct state *before)
{
	memcpy(state, before, offsetof(struct state, words));
	for (u32 i = 0; i < n_changed; i++)
		state->words[changed[i]] = before->words[changed[i]];
	n_changed = 0;
}

enum outcome state_end(const struct state *state)
{
	bool all_sleep = true;
	const struct local *left = NULL;

	put_on_stage(state);
	for (u32 t = 0; t < stage_n_threads; t++) {
		if (state->local[t]->done)
			continue;
		left = state->local[t];
		all_sleep &= left->asleep;
	}
	return stage_judge(left ? left->thread : EXPLORE_THREADS, all_sleep);
}
