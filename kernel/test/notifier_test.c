/* notifier_test.c: chains of callbacks: their order, who ends them, and who is still called.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/notifier.h"

#include "kernel/test/lock_test.h"
#include "lib/errno.h"

/* What the callbacks note: their names, as digits, in the order in which they are called. */
struct listener {
	struct notifier_block block;
	int name, answer;
};

static long calls;

static int hear(struct notifier_block *block, unsigned long action, void *data)
{
	struct listener *listener = container_of(block, struct listener, block);

	calls = calls * 10 + listener->name;
	*(unsigned long *)data += action;
	return listener->answer;
}

static struct listener listeners[4];

static void make(void)
{
	static const int priorities[4] = { 0, 5, 0, -3 };

	for (int i = 0; i < 4; i++)
		listeners[i] = (struct listener){
			.block = { .notifier_call = hear, .priority = priorities[i] },
			.name = i + 1,
			.answer = i == 3 ? NOTIFY_OK : NOTIFY_DONE,
		};
	calls = 0;
}

/* The same for each kind of chain. */
#define DEFINE_CHAIN_CHECK(kind, define)                                                           \
	static define(kind##_chain);                                                               \
	static void kind##_register_twice(void *arg)                                               \
	{                                                                                          \
		EXPECT_EQ(kind##_notifier_chain_register(&kind##_chain, &listeners[0].block),      \
			  -EEXIST);                                                                \
	}                                                                                          \
	static void kind##_check(void)                                                             \
	{                                                                                          \
		unsigned long sum = 0;                                                             \
                                                                                                   \
		make();                                                                            \
		EXPECT_EQ(kind##_notifier_call_chain(&kind##_chain, 1, &sum), NOTIFY_DONE);        \
		for (int i = 0; i < 4; i++)                                                        \
			EXPECT_EQ(kind##_notifier_chain_register(&kind##_chain,                    \
								 &listeners[i].block),             \
				  0);                                                              \
		EXPECT_EQ(kind##_notifier_call_chain(&kind##_chain, 7, &sum), NOTIFY_OK);          \
		EXPECT_EQ(calls, 2134);                                                            \
		EXPECT_EQ(sum, 28);                                                                \
		listeners[0].answer = NOTIFY_BAD;                                                  \
		calls = 0;                                                                         \
		EXPECT_EQ(kind##_notifier_call_chain(&kind##_chain, 7, &sum), NOTIFY_BAD);         \
		EXPECT_EQ(calls, 21);                                                              \
		EXPECT_EQ(test_warnings(kind##_register_twice, NULL, "registered already"), 1);    \
		for (int i = 0; i < 4; i++)                                                        \
			EXPECT_EQ(kind##_notifier_chain_unregister(&kind##_chain,                  \
								   &listeners[i].block),           \
				  0);                                                              \
		EXPECT_EQ(kind##_notifier_chain_unregister(&kind##_chain, &listeners[0].block),    \
			  -ENOENT);                                                                \
		EXPECT_EQ(kind##_notifier_call_chain(&kind##_chain, 7, &sum), NOTIFY_DONE);        \
	}

DEFINE_CHAIN_CHECK(raw, RAW_NOTIFIER_HEAD)
DEFINE_CHAIN_CHECK(atomic, ATOMIC_NOTIFIER_HEAD)
DEFINE_CHAIN_CHECK(blocking, BLOCKING_NOTIFIER_HEAD)

TEST(notifier_raw)
{
	raw_check();
}

TEST(notifier_atomic)
{
	atomic_check();
}

TEST(notifier_blocking)
{
	blocking_check();
}

TEST(notifier_errors)
{
	for (int error = 0; error > -200; error--)
		EXPECT_EQ(notifier_to_errno(notifier_from_errno(error)), error);
	EXPECT(notifier_from_errno(-EINVAL) & NOTIFY_STOP_MASK);
	EXPECT(!(notifier_from_errno(0) & NOTIFY_STOP_MASK));
	EXPECT_EQ(notifier_to_errno(NOTIFY_OK) + notifier_to_errno(NOTIFY_DONE), 0);
}

/* ---- After unregistering nobody is called ----------------------------------------------------------- */

struct visitor {
	struct notifier_block block;
	bool there; /* [a] registered */
	atomic_t late;
};

static int visit(struct notifier_block *block, unsigned long action, void *data)
{
	struct visitor *visitor = container_of(block, struct visitor, block);

	for (int i = 0; i < 20; i++) {
		if (!READ_ONCE(visitor->there))
			atomic_inc(&visitor->late);
		cpu_relax();
	}
	return NOTIFY_OK;
}

static ATOMIC_NOTIFIER_HEAD(visited);
static bool visits_end;

static int call_on(void *arg)
{
	while (!READ_ONCE(visits_end))
		atomic_notifier_call_chain(&visited, 0, NULL);
	return 0;
}

TEST(notifier_unregistered_is_not_called)
{
	struct visitor visitor = { .block = { .notifier_call = visit } };
	struct effort effort = effort_of(200, 20, 1);
	struct actor caller;

	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	WRITE_ONCE(visits_end, false);
	REQUIRE(actor_start(&caller, call_on, NULL, test_cpu(1)));
	for (unsigned int i = 0; effort_goes_on(&effort, i); i++) {
		WRITE_ONCE(visitor.there, true);
		atomic_notifier_chain_register(&visited, &visitor.block);
		usleep_range(100, 200);
		atomic_notifier_chain_unregister(&visited, &visitor.block);
		WRITE_ONCE(visitor.there, false);
	}
	WRITE_ONCE(visits_end, true);
	actor_join(&caller);
	EXPECT_EQ(atomic_read(&visitor.late), 0);
}
