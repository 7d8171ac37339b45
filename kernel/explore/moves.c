/* moves.c: which moves of a state lead to all that can go wrong.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Delayed stores multiply the states, since each can become visible at any time. But two steps
 *   of which none touches what the other one changes lead to the same state in either order, and
 *   then one order is enough.
 *
 *   A store concerns only its own thread until it becomes visible, so it does not matter when it
 *   is delayed: the move that leads to it does that too, and it is called *hidden*. Every step of
 *   another actor can be taken after it as well, with the same end; the thread's older stores
 *   become visible in the same order; no shared word changes, from which follows what must hold in
 *   every state; no stack grows or shrinks, or frames would be dead in one order and not in the
 *   other; nobody comes into a critical section or goes out; no interrupt can come before it. A
 *   thread cannot go on so for ever, since there is room for eight.
 *
 *   A store becomes visible when somebody is about to look. It is *unseen* if no other thread's next
 *   step touches its bytes, none has a store to them delayed, and they lie in no dead frame. As long
 *   as all stores of a thread are unseen, and it does not wait for them, they stay, unless nobody
 *   can do anything else. If not, all that come before the first that is seen become visible in one
 *   move.
 *   Why that is enough: take a way from here to something wrong, or to the end of all threads. It
 *   may begin with stores that are unseen, of any threads, and fewer than a move makes visible.
 *   The step after these was its thread's next one before them, does not wait for them, and touches
 *   none of them but its own, which it finds in the buffer or in memory (an interrupt, none at all).
 *   So it can come first; that is one of the moves, and the rest of the way is shorter. Without
 *   such a step the way ends with these stores: at nothing wrong, for that comes with a step, or
 *   with a store that is not unseen; and not at the end of all threads, for who could go on before
 *   can still do so.
 *   Nor is a state missed from which no way leads to the end, when from here, before these stores,
 *   one does. On that way somebody touches one of them, or they could come first. Just before, the
 *   store is seen, and a move makes it visible; what that leads to comes after the state that was
 *   in question, so no way leads to the end from there, either.
 *   A store whose frame dies while it is delayed is found to be wrong before another frame can lie
 *   there; one to an object that is freed, which stays so, at the end at the latest.
 *   With .holds, which is asked of the shared words in every state, each store becomes visible by
 *   itself, at any time.
 *   Sources: steps of which one order is enough, D. Peled, "All from one, one for all", CAV 1993;
 *   what may be left out as long as nothing else depends on it, P. Godefroid, "Partial-Order
 *   Methods for the Verification of Concurrent Systems", 1996 (persistent sets).
 */
#include "kernel/explore/moves.h"

#include "kernel/explore/visible.h"
#include "lib/string.h"

u32 moves_all(const struct state *state, struct move moves[MOVES_MAX])
{
	u32 actors = stage_actors(), n = 0;

	for (u32 actor = 0; actor < actors; actor++) {
		if (state_enabled(state, actor))
			moves[n++] = (struct move){ .actor = (u8)actor };
	}
	return n;
}

static bool overlap(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a < b + b_size && b < a + a_size;
}

static bool is_seen_by(const struct local *other, const struct store *store)
{
	const struct vthread_state *its = other->bytes;

	if (overlap(store->address, store->size, other->address[DEED_STEP],
		    other->length[DEED_STEP]))
		return true;
	for (u32 i = 0; i < its->n_stores; i++) {
		if (overlap(store->address, store->size, its->stores[i].address,
			    its->stores[i].size))
			return true;
	}
	return is_in_stack(&stage_threads[other->thread], store->address) &&
	       store->address < other->rsp;
}

/* How many of its thread's stores are unseen, before the first that is seen. */
static u32 count_unseen(const struct state *state, const struct local *local)
{
	const struct vthread_state *its = local->bytes;
	u32 n = 0;

	for (; n < its->n_stores; n++) {
		const struct store *store = &its->stores[n];

		for (u32 t = 0; t < stage_n_threads; t++) {
			if (t != local->thread && is_seen_by(state->local[t], store))
				return n;
		}
	}
	return n;
}

/* Whether @flush, of a store that becomes visible, is to be done now; and then, how many others are. */
static bool is_due(const struct state *state, struct move *flush)
{
	const struct local *local = state->local[stage_thread_of(flush->actor)];
	const struct vthread_state *its = local->bytes;
	u32 unseen = count_unseen(state, local);

	if (unseen == its->n_stores && !local->must_flush)
		return false;
	if (local->must_flush) // Who finds no room goes on when there is any.
		unseen = min_t(u32, unseen, local->must_flush);
	flush->first = (u8)(unseen ? unseen - 1 : 0);
	return true;
}

u32 moves_enough(const struct state *state, struct move moves[MOVES_MAX])
{
	struct move all[MOVES_MAX];
	u32 n_all = moves_all(state, all), n = 0;

	for (u32 i = 0; i < n_all; i++) {
		all[i].hides = true;
		moves[n] = all[i];
		if (stage_deed_of(all[i].actor) != DEED_FLUSH || stage_scenario->holds ||
		    is_due(state, &moves[n]))
			n++;
	}
	if (!n)
		memcpy(moves, all, sizeof(all));
	return n ?: n_all;
}
