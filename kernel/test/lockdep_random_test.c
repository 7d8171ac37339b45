/* lockdep_random_test.c: random sequences of locks, judged by the validator and by trying all circles.
 * SPDX-License-Identifier: MIT
 *
 * The judge knows nothing of classes, caches or searches. It keeps, for each two locks, in which ways the second
 * was ever wanted while the first was held, and tries every way round from the new order, lock by lock. With
 * few locks that is quick enough, and there is little in it that could be wrong.
 */
#include "kernel/locking/lockdep.h"
#include "kernel/test/test.h"

#define LOCKS     6
#define SEQUENCES 2000
#define STEPS     24
#define MOST_HELD 4

/* How the first is held, and the second wanted: by who excludes, or reads; by who waits for readers, or does not. */
#define HELD_SHARED    1U
#define WANT_RECURSIVE 2U

struct judge {
	u8 ways[LOCKS][LOCKS]; /* a bit for each of the four combinations */
};

struct holding {
	u32 lock;
	int read;
};

struct scene {
	struct lockdep_map maps[LOCKS];
	struct lock_class_key keys[LOCKS];
	struct judge judge;
	struct holding held[MOST_HELD];
	u32 depth;
	u32 n_locks; /* of this sequence */
};

static struct scene scene;

static u8 way_bit(u32 way)
{
	return (u8)(1U << way);
}

/* Who ends in @way waits for whoever goes on with @next: not a recursive reader for a reader. */
static bool waits_for(u32 way, u32 next)
{
	return !((way & WANT_RECURSIVE) && (next & HELD_SHARED));
}

/* Whether from @at, come to by @way, a circle closes at @home, which is left by @first. */
static bool closes(const struct judge *judge, u32 at, u32 way, u32 home, u32 first, u32 been)
{
	if (at == home)
		return waits_for(way, first);
	for (u32 to = 0; to < LOCKS; to++) {
		if (been & (1U << to))
			continue;
		for (u32 next = 0; next < 4; next++) {
			if ((judge->ways[at][to] & way_bit(next)) && waits_for(way, next) &&
			    closes(judge, to, next, home, first, been | 1U << to))
				return true;
		}
	}
	return false;
}

static u32 way_of(int held_as, int wanted_as)
{
	return (held_as ? HELD_SHARED : 0) | (wanted_as == LOCKDEP_READ_REC ? WANT_RECURSIVE : 0);
}

/* Whether wanting @lock now can close a circle; all that is held comes before it from now on. */
static bool judge_wants(struct scene *s, u32 lock, int read)
{
	bool found = false;

	for (u32 i = 0; i < s->depth; i++) {
		u32 way = way_of(s->held[i].read, read);

		found = closes(&s->judge, lock, way, s->held[i].lock, way, 1U << lock) || found;
	}
	for (u32 i = 0; i < s->depth; i++)
		s->judge.ways[s->held[i].lock][lock] |= way_bit(way_of(s->held[i].read, read));
	return found;
}

static bool is_held(const struct scene *s, u32 lock)
{
	for (u32 i = 0; i < s->depth; i++) {
		if (s->held[i].lock == lock)
			return true;
	}
	return false;
}

struct wish {
	u32 lock;
	int read, trylock;
};

static void acquire(void *arg)
{
	const struct wish *wish = arg;

	lock_acquire(&scene.maps[wish->lock], 0, wish->trylock, wish->read, 1, NULL, _THIS_IP_);
}

static void release(struct scene *s, u32 i)
{
	lock_release(&s->maps[s->held[i].lock], _THIS_IP_);
	s->depth--;
	for (; i < s->depth; i++)
		s->held[i] = s->held[i + 1];
}

static void start(struct scene *s, struct rand_state *rand)
{
	s->judge = (struct judge){ .ways = { { 0 } } };
	s->depth = 0;
	s->n_locks = 3 + rand_below(rand, LOCKS - 2);
	for (u32 i = 0; i < LOCKS; i++)
		lockdep_init_map(&s->maps[i], "random", &s->keys[i], 0);
}

static void end(struct scene *s)
{
	while (s->depth)
		release(s, s->depth - 1);
	for (u32 i = 0; i < LOCKS; i++)
		lockdep_unregister_key(&s->keys[i]);
}

/* One sequence, up to its first report; returns whether both said the same at each step. */
static bool agree(struct scene *s, struct rand_state *rand, u32 *reports)
{
	for (u32 step = 0; step < STEPS; step++) {
		struct wish wish = { .lock = rand_below(rand, s->n_locks) };
		bool said, judged;

		if (s->depth && (s->depth == MOST_HELD || rand_below(rand, 3) == 0)) {
			release(s, rand_below(rand, s->depth));
			continue;
		}
		if (is_held(s, wish.lock))
			continue;
		wish.read = (int)rand_below(rand, 3);
		wish.trylock = rand_below(rand, 6) == 0;
		judged = !wish.trylock && judge_wants(s, wish.lock, wish.read);
		said = test_warnings(acquire, &wish, "possible circular") != 0;
		s->held[s->depth++] = (struct holding){ wish.lock, wish.read };
		if (said != judged) {
			test_note("step %u: the validator said %s, all circles %s", step,
				  said ? "deadlock" : "nothing", judged ? "deadlock" : "nothing");
			return false;
		}
		if (said) {
			++*reports;
			return true;
		}
	}
	return true;
}

TEST(lockdep_agrees_with_all_circles)
{
	struct rand_state rand = test_seed();
	u32 reports = 0;

	if (!CONFIG_CHECKED)
		SKIP("the fast profile has no validator");
	for (u32 i = 0; i < SEQUENCES; i++) {
		bool same;

		start(&scene, &rand);
		same = agree(&scene, &rand, &reports);
		end(&scene);
		if (!EXPECT(same))
			break;
	}
	// Neither of them says the same all the time.
	EXPECT(reports > SEQUENCES / 10 && reports < SEQUENCES - SEQUENCES / 10);
}
