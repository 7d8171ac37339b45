/* lockdep_random_irq_test.c: random sequences of locks in threads, softirqs and interrupt handlers, judged by the
 * validator and by trying all ways.
 * SPDX-License-Identifier: MIT
 *
 * As lockdep_random_test.c, and the judge knows as well: where each lock was taken, with what turned on it was held, and
 * two locks of one kind. It asks after each step, from the beginning: is there a way on which threads wait for one another in a
 * circle, or from a lock that a handler wants to one whose holder that handler can interrupt? Subclasses are locks of
 * their own to it.
 */
#include "kernel/base/bh.h"
#include "kernel/base/irqflags.h"
#include "kernel/locking/lockdep.h"
#include "kernel/test/test.h"

#define KINDS     3
#define NODES     (2 * KINDS) /* a kind's two subclasses are two nodes */
#define SEQUENCES 2000
#define STEPS     40
#define MOST_HELD 5

enum place { THREAD, SOFTIRQ, HARDIRQ, HARDIRQ_ON_SOFTIRQ };
enum state { BY_HARDIRQ, BY_SOFTIRQ, STATES };

/* How the first is held, and the second wanted. */
#define HELD_SHARED    1U
#define WANT_RECURSIVE 2U

struct holding {
	u32 node, copy;
	bool reads;
	enum place place;
};

/* What is known since the sequence began; [2]: by who writes, by who reads. */
static struct facts {
	u8 ways[NODES][NODES];          /* a bit for each of the four combinations */
	bool used[NODES][STATES][2];    /* a handler has waited for it */
	bool enabled[NODES][STATES][2]; /* it was held where such a handler could come */
} facts;

static struct lockdep_map maps[NODES][2]; /* two locks of each */
static struct lock_class_key keys[KINDS];
static struct holding held[MOST_HELD];
static u32 depth;
static enum place place;
static bool irqs_off, softirqs_off; /* by the thread */

/* ---- The judge ---- */

static bool waits_for(u32 way, u32 next)
{
	return !((way & WANT_RECURSIVE) && (next & HELD_SHARED));
}

/* Whether who comes to @at by @way waits for a holder whom a handler of @state can interrupt. */
static bool ends_unsafe(u32 at, u32 way, enum state state)
{
	return facts.enabled[at][state][0] ||
	       (facts.enabled[at][state][1] && !(way & WANT_RECURSIVE));
}

/* Whether a way on from @at, which was come to by @way, leads to @home, left by @first; or, with no home, to an unsafe end. */
static bool leads(u32 at, u32 way, u32 been, u32 home, u32 first, enum state state)
{
	if (home == NODES ? ends_unsafe(at, way, state) : at == home && waits_for(way, first))
		return true;
	if (at == home)
		return false;
	for (u32 to = 0; to < NODES; to++) {
		for (u32 next = 0; next < 4 && !(been & 1U << to); next++) {
			if ((facts.ways[at][to] >> next & 1) && waits_for(way, next) &&
			    leads(to, next, been | 1U << to, home, first, state))
				return true;
		}
	}
	return false;
}

static bool has_circle(void)
{
	for (u32 home = 0; home < NODES; home++) {
		for (u32 to = 0; to < NODES; to++) {
			for (u32 first = 0; first < 4; first++) {
				if ((facts.ways[home][to] >> first & 1) &&
				    leads(to, first, 1U << to, home, first, STATES))
					return true;
			}
		}
	}
	return false;
}

/* A handler's readers recur: it comes to the lock as to the end of a way. */
static bool is_unsafe(u32 node, bool reads, enum state state)
{
	if (!facts.used[node][state][reads])
		return false;
	return leads(node, reads ? WANT_RECURSIVE : 0, 1U << node, NODES, 0, state);
}

static bool deadlock_is_possible(void)
{
	for (u32 node = 0; node < NODES; node++) {
		for (u32 i = 0; i < 2 * STATES; i++) {
			if (is_unsafe(node, i & 1, i >> 1))
				return true;
		}
	}
	return has_circle();
}

static void note_enabled(const struct holding *h, bool hard, bool soft)
{
	facts.enabled[h->node][BY_HARDIRQ][h->reads] |= hard;
	facts.enabled[h->node][BY_SOFTIRQ][h->reads] |= hard && soft;
}

static bool irqs_are_on(void)
{
	return !irqs_off && place != HARDIRQ && place != HARDIRQ_ON_SOFTIRQ;
}

static bool softirqs_are_on(void)
{
	return !softirqs_off && place == THREAD;
}

/* ---- Steps: each returns whether the judge says that what it is about to do is wrong at once ---- */

struct wish {
	u32 node, copy;
	int read, trylock;
};

/* Two of one kind: only a recursive reader is welcome among readers. */
static bool wants_its_own(const struct wish *wish)
{
	for (u32 i = 0; i < depth; i++) {
		if (held[i].node == wish->node &&
		    !(wish->read == LOCKDEP_READ_REC && held[i].reads))
			return true;
	}
	return false;
}

static bool judge_wish(const struct wish *wish)
{
	struct holding next = { wish->node, wish->copy, wish->read != 0, place };

	note_enabled(&next, irqs_are_on(), softirqs_are_on());
	if (wish->trylock)
		return false;
	if (place & HARDIRQ)
		facts.used[wish->node][BY_HARDIRQ][next.reads] = true;
	if (place & SOFTIRQ)
		facts.used[wish->node][BY_SOFTIRQ][next.reads] = true;
	for (u32 i = 0; i < depth; i++) {
		u32 way = (held[i].reads ? HELD_SHARED : 0) |
			  (wish->read == LOCKDEP_READ_REC ? WANT_RECURSIVE : 0);

		if (held[i].place == place && held[i].node != wish->node)
			facts.ways[held[i].node][wish->node] |= (u8)(1U << way);
	}
	return wants_its_own(wish);
}

static void judge_turned_on(bool hard, bool soft)
{
	for (u32 i = 0; i < depth; i++)
		note_enabled(&held[i], hard, soft);
}

static void acquire(const struct wish *wish)
{
	lock_acquire(&maps[wish->node][wish->copy], wish->node & 1, wish->trylock, wish->read, 1,
		     NULL, _THIS_IP_);
	held[depth++] = (struct holding){ wish->node, wish->copy, wish->read != 0, place };
}

static bool is_held(u32 node, u32 copy)
{
	for (u32 i = 0; i < depth; i++) {
		if (held[i].node == node && held[i].copy == copy)
			return true;
	}
	return false;
}

static bool step_acquire(struct rand_state *rand)
{
	struct wish wish = { .node = rand_below(rand, NODES), .copy = rand_below(rand, 8) == 0 };
	bool wrong;

	if (depth == MOST_HELD || is_held(wish.node, wish.copy))
		return false;
	wish.read = (int)rand_below(rand, 3);
	if (wish.read == LOCKDEP_READ && place != THREAD)
		wish.read = LOCKDEP_READ_REC;
	wish.trylock = rand_below(rand, 6) == 0;
	wrong = judge_wish(&wish);
	acquire(&wish);
	return wrong;
}

/* Give back one that was taken where we are; those below it are not ours to give. */
static bool step_release(struct rand_state *rand)
{
	u32 first = depth, i;

	while (first > 0 && held[first - 1].place == place)
		first--;
	if (first == depth)
		return false;
	i = first + rand_below(rand, depth - first);
	lock_release(&maps[held[i].node][held[i].copy], _THIS_IP_);
	for (depth--; i < depth; i++)
		held[i] = held[i + 1];
	return false;
}

static bool step_turn(struct rand_state *rand)
{
	if (place != THREAD)
		return false;
	if (rand_below(rand, 2) && !irqs_off) {
		softirqs_off = !softirqs_off;
		if (!softirqs_off)
			judge_turned_on(true, true);
		softirqs_off ? local_bh_disable() : local_bh_enable();
		return false;
	}
	irqs_off = !irqs_off;
	if (!irqs_off)
		judge_turned_on(true, !softirqs_off);
	irqs_off ? local_irq_disable() : local_irq_enable();
	return false;
}

/* Interrupts are off in a handler, and were on around it, so its end turns on nothing that was not. */
static void enter(enum place where)
{
	if (where & HARDIRQ)
		arch_local_irq_disable();
	preempt_count_add(where & HARDIRQ ? HARDIRQ_OFFSET : SOFTIRQ_OFFSET);
	place |= where;
}

static void leave(void)
{
	bool hard = place & HARDIRQ;

	preempt_count_sub(hard ? HARDIRQ_OFFSET : SOFTIRQ_OFFSET);
	place &= ~(hard ? HARDIRQ : SOFTIRQ);
	if (hard)
		arch_local_irq_enable();
}

static bool step_place(struct rand_state *rand)
{
	if (place != THREAD && rand_below(rand, 2)) {
		if (!depth || held[depth - 1].place != place)
			leave();
	} else if (irqs_are_on()) {
		if (rand_below(rand, 2))
			enter(HARDIRQ);
		else if (softirqs_are_on())
			enter(SOFTIRQ);
	}
	return false;
}

static bool step(struct rand_state *rand)
{
	static bool (*const steps[])(
		struct rand_state *) = { step_acquire, step_acquire, step_acquire, step_release,
					 step_release, step_turn,    step_place };

	return steps[rand_below(rand, ARRAY_SIZE(steps))](rand);
}

/* ---- A sequence ---- */

static void start(void)
{
	facts = (struct facts){ .ways = { { 0 } } };
	depth = 0;
	for (u32 i = 0; i < 2 * NODES; i++)
		lockdep_init_map(&maps[i / 2][i % 2], "random", &keys[i / 4], 0);
}

static void end(void)
{
	while (depth > 0) {
		depth--;
		lock_release(&maps[held[depth].node][held[depth].copy], _THIS_IP_);
	}
	// Only now: out of the handlers an interrupt may preempt us, and the validator looks at what we hold.
	while (place != THREAD)
		leave();
	if (irqs_off)
		local_irq_enable();
	if (softirqs_off)
		local_bh_enable();
	irqs_off = softirqs_off = false;
	for (u32 i = 0; i < KINDS; i++)
		lockdep_unregister_key(&keys[i]);
}

struct sequence {
	struct rand_state *rand;
	bool wrong; /* the judge says so of the last step */
};

static void next_step(void *arg)
{
	struct sequence *sequence = arg;

	sequence->wrong = step(sequence->rand);
}

/* Up to its first report; returns whether both said the same at each step. */
static bool agree(struct rand_state *rand, u32 *reports)
{
	struct sequence sequence = { .rand = rand };

	for (u32 i = 0; i < STEPS; i++) {
		bool said = test_warnings(next_step, &sequence, "") != 0;
		bool judged = sequence.wrong || deadlock_is_possible();

		if (said != judged) {
			end();
			test_note("step %u: the validator said %s, all ways %s", i,
				  said ? "deadlock" : "nothing", judged ? "deadlock" : "nothing");
			return false;
		}
		if (said) {
			++*reports;
			break;
		}
	}
	end();
	return true;
}

TEST(lockdep_agrees_with_all_interrupts)
{
	struct rand_state rand = test_seed();
	u32 reports = 0;

	if (!CONFIG_CHECKED)
		SKIP("the fast profile has no validator");
	for (u32 i = 0; i < SEQUENCES; i++) {
		start();
		if (!EXPECT(agree(&rand, &reports)))
			break;
	}
	// Neither of them says the same all the time.
	EXPECT(reports > SEQUENCES / 10 && reports < SEQUENCES - SEQUENCES / 20);
}
