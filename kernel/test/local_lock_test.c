/* local_lock_test.c: local locks, locks in a bit, and queues with a lock.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/spin/local_lock.h"

#include "kernel/core/jiffies.h"
#include "kernel/core/kfifo.h"
#include "kernel/core/ktime.h"
#include "kernel/core/percpu.h"
#include "kernel/core/timex.h"
#include "kernel/locking/spin/bit_spinlock.h"
#include "kernel/test/lock_test.h"

struct counts {
	local_lock_t lock;
	unsigned long one, two;
};

static DEFINE_PER_CPU(struct counts, counts) = { .lock = INIT_LOCAL_LOCK(lock) };

TEST(local_lock_context)
{
	unsigned long flags;

	local_lock(&counts.lock);
	EXPECT_CONTEXT(false, 1);
	local_unlock(&counts.lock);
	EXPECT_CONTEXT(false, 0);
	local_lock_irqsave(&counts.lock, flags);
	EXPECT(irqs_disabled());
	local_unlock_irqrestore(&counts.lock, flags);
	local_lock_irq(&counts.lock);
	EXPECT(irqs_disabled());
	local_unlock_irq(&counts.lock);
	EXPECT_CONTEXT(false, 0);
}

/* Threads that preempt one another find the two counts of their CPU equal. */
static int count_both(void *arg)
{
	struct effort *effort = arg;
	unsigned int rounds = 0;
	long torn = 0;

	for (; effort_goes_on(effort, rounds); rounds++) {
		struct counts *mine;

		local_lock(&counts.lock);
		mine = this_cpu_ptr(&counts);
		torn += READ_ONCE(mine->one) != READ_ONCE(mine->two);
		WRITE_ONCE(mine->one, mine->one + 1);
		ndelay(500);
		WRITE_ONCE(mine->two, mine->two + 1);
		local_unlock(&counts.lock);
	}
	return (int)torn;
}

TEST(local_lock_keeps_threads_out)
{
	struct effort effort = effort_of(200, 1000, 1);
	u32 cpu;

	EXPECT_EQ(test_run_threads(3 * num_online_cpus(), count_both, &effort), 0);
	for_each_possible_cpu(cpu) EXPECT_EQ(per_cpu(counts, cpu).one, per_cpu(counts, cpu).two);
}

/* ---- A bit as a lock -------------------------------------------------------------------------------- */

#define LOCK_BIT 5

static unsigned long word;
static struct guarded guarded;

static int update(void *arg)
{
	struct effort *effort = arg;
	int rounds = 0;

	for (; effort_goes_on(effort, (unsigned int)rounds); rounds++) {
		bit_spin_lock(LOCK_BIT, &word);
		guarded_update(&guarded);
		bit_spin_unlock(LOCK_BIT, &word);
	}
	return rounds;
}

TEST(bit_spin_lock_excludes)
{
	struct effort effort = effort_of(200, 1000, 1);
	long updates;

	memset(&guarded, 0, sizeof(guarded));
	updates = test_run_threads(2 * num_online_cpus(), update, &effort);
	guarded_expect(&guarded, (unsigned long)updates);
	EXPECT_EQ(word, 0);
	EXPECT(bit_spin_trylock(LOCK_BIT, &word));
	EXPECT(!bit_spin_trylock(LOCK_BIT, &word));
	EXPECT_CONTEXT(false, 1);
	EXPECT(bit_spin_is_locked(LOCK_BIT, &word));
	__bit_spin_unlock(LOCK_BIT, &word);
	EXPECT_CONTEXT(false, 0);
}

/* ---- Queues ----------------------------------------------------------------------------------------- */

static DECLARE_KFIFO_PTR(queue, u32);
static DEFINE_SPINLOCK(queue_lock);
static atomic_t n_in, n_out, sum_in, sum_out;

static int put_and_take(void *arg)
{
	struct effort *effort = arg;
	u32 rounds = 0, item = 0;

	for (; effort_goes_on(effort, rounds); rounds++) {
		if (kfifo_in_spinlocked(&queue, &rounds, 1, &queue_lock)) {
			atomic_add((int)rounds, &sum_in);
			atomic_inc(&n_in);
		}
		if (rounds % 4 && kfifo_out_spinlocked(&queue, &item, 1, &queue_lock)) {
			atomic_add((int)item, &sum_out);
			atomic_inc(&n_out);
		}
	}
	return 0;
}

/* What goes in comes out, once, whoever puts and takes; what is left is taken at the end. */
TEST(kfifo_with_a_lock)
{
	struct effort effort = effort_of(100, 100, num_online_cpus());
	u32 item = 0;

	REQUIRE(kfifo_alloc(&queue, 10, GFP_KERNEL) == 0);
	EXPECT_EQ(kfifo_size(&queue), 16);
	atomic_set(&n_in, 0);
	atomic_set(&n_out, 0);
	atomic_set(&sum_in, 0);
	atomic_set(&sum_out, 0);
	test_run_threads(num_online_cpus(), put_and_take, &effort);
	EXPECT_EQ(atomic_read(&n_in) - atomic_read(&n_out), kfifo_len(&queue));
	for (u32 i = kfifo_size(&queue); i && kfifo_get(&queue, &item); i--)
		atomic_add((int)item, &sum_out);
	EXPECT_EQ(atomic_read(&sum_in), atomic_read(&sum_out));
	EXPECT(atomic_read(&n_in) > 10);
	EXPECT(kfifo_is_empty_spinlocked(&queue, &queue_lock));
	kfifo_free(&queue);
	EXPECT(!kfifo_initialized(&queue));
	EXPECT_EQ(kfifo_alloc(&queue, 1, GFP_KERNEL), -EINVAL);
}

/* ---- Clocks ----------------------------------------------------------------------------------------- */

TEST(times_apart)
{
	struct timespec64 a = { 5, 999999999 }, b = { 2, 1 }, c = timespec64_add(a, b);
	ktime_t before = ktime_get_real(), after;
	cycles_t cycles = get_cycles();

	EXPECT(c.tv_sec == 8 && c.tv_nsec == 0);
	c = timespec64_sub(b, a);
	EXPECT(c.tv_sec == -4 && c.tv_nsec == 2);
	EXPECT_EQ(timespec64_to_ns(&c), -3999999998);
	EXPECT_EQ(ktime_compare(1, 2) + 10 * ktime_compare(2, 1) + 100 * ktime_compare(2, 2), 9);
	EXPECT(ktime_add_safe(KTIME_MAX, 1) == KTIME_MAX && ktime_add_safe(1, 2) == 3);
	EXPECT_EQ(ktime_divns(us_to_ktime(7000), NSEC_PER_MSEC), 7);
	udelay(10);
	after = ktime_get_boottime();
	EXPECT(ktime_after(after, before) && ktime_to_ns(ktime_sub(after, before)) >= 10000);
	EXPECT(get_cycles() != cycles);
	EXPECT(time_after64(1, ~0ULL) && time_before_eq64(3, 3));
}
