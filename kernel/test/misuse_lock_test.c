/* misuse_lock_test.c: after misuse of a lock, which is reported, the kernel goes on: all in one boot.
 * SPDX-License-Identifier: MIT
 *
 * Each case is run as any code is, comes back, and has been reported once, by what its text says. It leaves no trace:
 * nothing is held, the counts are as before, and the lock works.
 */
#include "kernel/core/panic.h"
#include "kernel/locking/lockdep.h"
#include "kernel/locking/sleep/mutex.h"
#include "kernel/locking/sleep/percpu_rwsem.h"
#include "kernel/locking/sleep/rtmutex.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/sleep/semaphore.h"
#include "kernel/locking/spin/rwlock.h"
#include "kernel/locking/spin/seqlock.h"
#include "kernel/test/lock_test.h"
#include "lib/string.h"

#define NO_CHECKS "the fast profile does not check this"

static raw_spinlock_t raw = RAW_SPIN_LOCK_UNLOCKED;
static DEFINE_SPINLOCK(spinlock);
static DEFINE_RWLOCK(rwlock);
static DEFINE_MUTEX(mutex);
static DECLARE_RWSEM(rwsem);
static DEFINE_RT_MUTEX(rt_mutex);
DEFINE_STATIC_PERCPU_RWSEM(percpu_rwsem);
static seqcount_t seqcount = SEQCNT_ZERO(seqcount);

/* Memory in which nothing was initialized. */
static union {
	spinlock_t spin;
	rwlock_t rw;
	struct mutex mutex;
	struct rw_semaphore rwsem;
	struct rt_mutex rt_mutex;
	struct semaphore semaphore;
} raw_memory;

/* ---- Released by who does not hold it ---- */

static void raw_twice(void)
{
	raw_spin_lock(&raw);
	raw_spin_unlock(&raw);
	raw_spin_unlock(&raw);
}

static void spin_twice(void)
{
	spin_lock(&spinlock);
	spin_unlock(&spinlock);
	spin_unlock(&spinlock);
}

static void spin_irq_twice(void)
{
	spin_lock_irq(&spinlock);
	spin_unlock_irq(&spinlock);
	spin_unlock_irq(&spinlock);
}

static void spin_bh_twice(void)
{
	spin_lock_bh(&spinlock);
	spin_unlock_bh(&spinlock);
	spin_unlock_bh(&spinlock);
}

/* The second unlock is wrong, and its flags are right. */
static void spin_irqsave_after_plain(void)
{
	unsigned long flags;

	spin_lock_irqsave(&spinlock, flags);
	spin_unlock(&spinlock);
	spin_unlock_irqrestore(&spinlock, flags);
}

static void read_twice(void)
{
	read_lock(&rwlock);
	read_unlock(&rwlock);
	read_unlock(&rwlock);
}

static void write_ended_as_read(void)
{
	write_lock_irq(&rwlock);
	read_unlock(&rwlock);
	write_unlock_irq(&rwlock);
}

static void read_ended_as_write(void)
{
	read_lock_bh(&rwlock);
	write_unlock_bh(&rwlock);
	read_unlock_bh(&rwlock);
}

static void mutex_twice(void)
{
	mutex_lock(&mutex);
	mutex_unlock(&mutex);
	mutex_unlock(&mutex);
}

static void rt_mutex_twice(void)
{
	rt_mutex_lock(&rt_mutex);
	rt_mutex_unlock(&rt_mutex);
	rt_mutex_unlock(&rt_mutex);
}

static void rwsem_write_ended_as_read(void)
{
	down_write(&rwsem);
	up_read(&rwsem);
	up_write(&rwsem);
}

static void rwsem_read_ended_as_write(void)
{
	down_read(&rwsem);
	up_write(&rwsem);
	up_read(&rwsem);
}

static void rwsem_downgraded_by_reader(void)
{
	down_read(&rwsem);
	downgrade_write(&rwsem);
	up_read(&rwsem);
}

static void percpu_rwsem_twice(void)
{
	percpu_down_read(&percpu_rwsem);
	percpu_up_read(&percpu_rwsem);
	percpu_up_read(&percpu_rwsem);
}

/* ---- Destroyed while held: it is not ---- */

static void mutex_destroyed(void)
{
	mutex_lock(&mutex);
	mutex_destroy(&mutex);
	mutex_unlock(&mutex);
}

static void rt_mutex_destroyed(void)
{
	rt_mutex_lock(&rt_mutex);
	rt_mutex_destroy(&rt_mutex);
	rt_mutex_unlock(&rt_mutex);
}

/* ---- Used and never initialized: from then on it is a lock ---- */

static void spin_never(void)
{
	spin_lock(&raw_memory.spin);
	EXPECT(!SPIN_HAS_WORD || !spin_trylock(&raw_memory.spin));
	spin_unlock(&raw_memory.spin);
}

static void spin_try_never(void)
{
	EXPECT(spin_trylock(&raw_memory.spin));
	spin_unlock(&raw_memory.spin);
}

/* Its zeroes say that CPU 0 holds it. */
static void spin_release_never(void)
{
	struct cpumask all = current->cpus_allowed;
	struct cpumask cpu0 = cpumask_of_cpu(0);

	EXPECT_EQ(set_cpus_allowed_ptr(current, &cpu0), 0);
	spin_unlock(&raw_memory.spin);
	EXPECT_EQ(set_cpus_allowed_ptr(current, &all), 0);
}

static void rwlock_never(void)
{
	write_lock(&raw_memory.rw);
	write_unlock(&raw_memory.rw);
}

static void mutex_never(void)
{
	mutex_lock(&raw_memory.mutex);
	EXPECT(!mutex_trylock(&raw_memory.mutex));
	mutex_unlock(&raw_memory.mutex);
}

static void rwsem_never(void)
{
	down_write(&raw_memory.rwsem);
	EXPECT(!down_read_trylock(&raw_memory.rwsem));
	up_write(&raw_memory.rwsem);
}

static void rt_mutex_never(void)
{
	rt_mutex_lock(&raw_memory.rt_mutex);
	rt_mutex_unlock(&raw_memory.rt_mutex);
}

static void semaphore_never(void)
{
	up(&raw_memory.semaphore);
	EXPECT_EQ(down_trylock(&raw_memory.semaphore), 0);
	EXPECT_EQ(down_trylock(&raw_memory.semaphore), 1);
}

/* ---- Sequence counts ---- */

static void seqcount_preemptible(void)
{
	write_seqcount_begin(&seqcount);
	write_seqcount_end(&seqcount);
}

/* The inner end is the end of the outer one, whose own has none to end. */
static void seqcount_nested(void)
{
	preempt_disable();
	write_seqcount_begin(&seqcount);
	write_seqcount_begin(&seqcount);
	write_seqcount_end(&seqcount);
	preempt_enable();
}

static void seqcount_ended_twice(void)
{
	preempt_disable();
	write_seqcount_begin(&seqcount);
	write_seqcount_end(&seqcount);
	write_seqcount_end(&seqcount);
	preempt_enable();
}

static const struct {
	const char *name;
	void (*run)(void);
	const char *text;
} cases[] = {
	{ "raw_twice", raw_twice, "which this CPU does not hold" },
	{ "spin_twice", spin_twice, "its holder is nobody" },
	{ "spin_irq_twice", spin_irq_twice, "spinlock \"spinlock\"" },
	{ "spin_bh_twice", spin_bh_twice, "spinlock \"spinlock\"" },
	{ "spin_irqsave_after_plain", spin_irqsave_after_plain, "spinlock \"spinlock\"" },
	{ "read_twice", read_twice, "does not hold it for reading" },
	{ "write_ended_as_read", write_ended_as_read, "does not hold it for reading" },
	{ "read_ended_as_write", read_ended_as_write, "does not hold it for writing" },
	{ "mutex_twice", mutex_twice, "its owner is \"nobody\"" },
	{ "rt_mutex_twice", rt_mutex_twice, "its owner is \"nobody\"" },
	{ "rwsem_write_ended_as_read", rwsem_write_ended_as_read, "released for reading" },
	{ "rwsem_read_ended_as_write", rwsem_read_ended_as_write, "by another than its writer" },
	{ "rwsem_downgraded_by_reader", rwsem_downgraded_by_reader, "by another than its writer" },
	{ "percpu_rwsem_twice", percpu_rwsem_twice, "which has not taken it" },
	{ "mutex_destroyed", mutex_destroyed, "destroyed while it is held" },
	{ "rt_mutex_destroyed", rt_mutex_destroyed, "destroyed while it is held" },
	{ "spin_never_initialized", spin_never, "never initialized" },
	{ "spin_try_never_initialized", spin_try_never, "never initialized" },
	{ "spin_release_never_initialized", spin_release_never, "its holder is nobody" },
	{ "rwlock_never_initialized", rwlock_never, "never initialized" },
	{ "mutex_never_initialized", mutex_never, "not initialized" },
	{ "rwsem_never_initialized", rwsem_never, "not initialized" },
	{ "rt_mutex_never_initialized", rt_mutex_never, "not initialized" },
	{ "semaphore_never_initialized", semaphore_never, "never initialized" },
	{ "seqcount_preemptible", seqcount_preemptible, "can be preempted" },
	{ "seqcount_nested", seqcount_nested, "while cpu" },
	{ "seqcount_ended_twice", seqcount_ended_twice, "which did not begin it" },
};

/* Each can be taken and given back, so none is held; and nothing is wrong with any. */
static void use_all(void *unused)
{
	mutex_lock(&mutex);
	down_write(&rwsem);
	rt_mutex_lock(&rt_mutex);
	percpu_down_write(&percpu_rwsem);
	spin_lock_irq(&spinlock);
	raw_spin_lock(&raw);
	write_lock(&rwlock);
	write_seqcount_begin(&seqcount);
	write_seqcount_end(&seqcount);
	write_unlock(&rwlock);
	raw_spin_unlock(&raw);
	spin_unlock_irq(&spinlock);
	percpu_up_write(&percpu_rwsem);
	rt_mutex_unlock(&rt_mutex);
	up_write(&rwsem);
	mutex_unlock(&mutex);
}

static void run_case(void *run)
{
	((void (*)(void))run)();
}

TEST(misuse_of_locks_goes_on)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	test_parts(ARRAY_SIZE(cases));
	for (u32 i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int told;

		memset(&raw_memory, 0, sizeof(raw_memory));
		told = test_warnings(run_case, (void *)cases[i].run, cases[i].text);
		test_part(told == 1 && !irqs_disabled() && preempt_count() == 0 &&
				  lockdep_depth() == 0 && test_warnings(use_all, NULL, "") == 0,
			  "%s", cases[i].name);
	}
}

/* ---- Whoever holds it goes on holding it, and is named ---- */

struct holder {
	spinlock_t spin;
	struct mutex mutex;
	bool spins; /* which of the two it holds */
	bool holds;
	bool may_release;
};

static int hold(void *arg)
{
	struct holder *holder = arg;

	if (holder->spins)
		spin_lock(&holder->spin);
	else
		mutex_lock(&holder->mutex);
	WRITE_ONCE(holder->holds, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(holder->may_release)));
	if (holder->spins)
		spin_unlock(&holder->spin);
	else
		mutex_unlock(&holder->mutex);
	return 0;
}

static void release_spin(void *holder)
{
	spin_unlock(&((struct holder *)holder)->spin);
}

static void release_mutex(void *holder)
{
	mutex_unlock(&((struct holder *)holder)->mutex);
}

static void check_other_holder(bool spins, void (*release)(void *), const char *text)
{
	struct holder holder = { .spins = spins };
	struct actor actor;

	spin_lock_init(&holder.spin);
	mutex_init(&holder.mutex);
	REQUIRE(actor_start(&actor, hold, &holder, ANY_CPU));
	EXPECT(WAIT_UNTIL(READ_ONCE(holder.holds)));
	EXPECT_EQ(warn_expect(release, &holder, text), 1); // printed: with the holder's backtrace
	EXPECT_EQ(warn_expect(release, &holder, text), 1);
	EXPECT(spins ? !spin_trylock(&holder.spin) : !mutex_trylock(&holder.mutex));
	WRITE_ONCE(holder.may_release, true);
	actor_join(&actor);
	EXPECT(spins ? spin_trylock(&holder.spin) : mutex_trylock(&holder.mutex));
	EXPECT_EQ(test_warnings(release, &holder, ""), 0);
}

TEST(misuse_of_locks_of_others)
{
	if (!CONFIG_CHECKED)
		SKIP(NO_CHECKS);
	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	check_other_holder(true, release_spin, "its holder is cpu");
	check_other_holder(false, release_mutex, "its owner is \"actor\"");
}
