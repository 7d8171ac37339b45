/* spin_fairness.c: four spinlocks under contention: who gets in how often, and who passes whom.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: all four keep the others out, and differ in whom they let in next.
 *
 *      test-and-set              spin on an exchange: whoever's comes first after the release
 *      test-and-test-and-set     spin reading, exchange when it looks free: the same, with less traffic
 *      ticket                    in the order of the tickets; all spin reading one word
 *      MCS                       in the order of the queue; each spins on a word of its own
 *
 * An overtaking is counted from when a thread has come: when its first exchange failed, or it has its ticket
 * or its place. From then until it is in, how many others went in? With the two queues only those who
 * stood before it, and each of them once: fewer than there are CPUs. With the other two there is no
 * bound, and who released last is near the word and often first again. Jain's index says how evenly the
 * acquisitions are shared: 1.000 is evenly, 1/n is all to one of n threads.
 *
 * The price of order: where there are more virtual CPUs than real ones, the next in line may not be
 * running, and everybody waits. So the first two get in far more often there, and less evenly.
 *
 * These are Interlock's own locks, and no module of Linux gets at that one's: see Kbuild.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/init.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "demo.h"
#include "kernel/locking/spin/mcs.h"
#include "kernel/locking/spin/ticket.h"

#define MAX_THREADS 4
#define WHILE       (HZ / 25) /* so long with each lock, */
#define LEAST       5         /* and so many acquisitions by each thread, however long they take */
#define INSIDE      5         /* pauses in the section, so that the others come meanwhile */

/* ---- The locks: come, and say whether that was enough; wait; release. Preemption is off. ---- */

static atomic_t word = ATOMIC_INIT(0); /* 1: taken */
static struct ticket_lock tickets = TICKET_LOCK_FREE;
static struct mcs_spinlock *queue;

union place {
	u16 ticket;
	struct mcs_spinlock node;
};

static bool word_come(union place *mine)
{
	return atomic_xchg(&word, 1) == 0;
}

static void tas_wait(union place *mine)
{
	while (atomic_xchg(&word, 1))
		cpu_relax();
}

static void ttas_wait(union place *mine)
{
	do {
		while (atomic_read(&word))
			cpu_relax();
	} while (atomic_xchg(&word, 1));
}

static void word_release(union place *mine)
{
	atomic_set_release(&word, 0); // The exchanges see what was done before.
}

static bool ticket_come(union place *mine)
{
	u32 drawn = ticket_draw(&tickets);

	mine->ticket = (u16)(drawn >> 16);
	return (u16)drawn == mine->ticket;
}

static void ticket_turn(union place *mine)
{
	ticket_wait(&tickets, mine->ticket);
}

static void ticket_release(union place *mine)
{
	ticket_unlock(&tickets);
}

static bool mcs_come(union place *mine)
{
	return mcs_join(&queue, &mine->node);
}

static void mcs_turn(union place *mine)
{
	mcs_wait(&mine->node);
}

static void mcs_release(union place *mine)
{
	mcs_spin_unlock(&queue, &mine->node);
}

static const struct kind {
	const char *name;
	bool is_fifo;
	bool (*come)(union place *mine);
	void (*wait)(union place *mine);
	void (*release)(union place *mine);
} kinds[] = {
	{ "test-and-set", false, word_come, tas_wait, word_release },
	{ "test-and-test-and-set", false, word_come, ttas_wait, word_release },
	{ "ticket", true, ticket_come, ticket_turn, ticket_release },
	{ "MCS", true, mcs_come, mcs_turn, mcs_release },
};

/* ---- What is measured ---- */

static struct stage {
	unsigned long total; /* acquisitions; changed under the lock, looked at by who waits */
	struct {
		unsigned long taken, waited, passed; /* `passed` at most, in one waiting */
	} by[MAX_THREADS];
	atomic_t arrived;
	unsigned long begin; /* [a] jiffies; 0: not begun */
	bool came;           /* all of them arrived at the line */
} stages[ARRAY_SIZE(kinds)];

static struct task_struct *threads[MAX_THREADS];
static unsigned int n;
static DECLARE_COMPLETION(finished);

static void take_once(struct stage *s, const struct kind *kind, unsigned int who)
{
	unsigned long before = 0, passed = 0;
	union place mine;
	bool waits;

	preempt_disable();
	waits = !kind->come(&mine);
	if (waits) {
		before = READ_ONCE(s->total);
		kind->wait(&mine);
		passed = s->total - before;
	}
	for (unsigned int i = 0; i < INSIDE; i++)
		cpu_relax();
	WRITE_ONCE(s->total, s->total + 1);
	kind->release(&mine);
	preempt_enable();
	s->by[who].taken++;
	s->by[who].waited += waits;
	if (passed > s->by[who].passed)
		s->by[who].passed = passed;
}

/* All begin together, each on its CPU, and go on for the same time. */
static void contend(struct stage *s, const struct kind *kind, unsigned int who)
{
	atomic_inc(&s->arrived);
	if (demo_spin(atomic_read(&s->arrived) == (int)n))
		WRITE_ONCE(s->came, true);
	cmpxchg(&s->begin, 0, jiffies | 1);
	while (s->by[who].taken < LEAST || time_before(jiffies, READ_ONCE(s->begin) + WHILE)) {
		take_once(s, kind, who);
		cond_resched();
	}
}

static int run_thread(void *number)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		contend(&stages[i], &kinds[i], (unsigned int)(unsigned long)number);
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

/* ---- The table ---- */

/* The square of the sum by n times the sum of the squares, in thousandths. */
static unsigned long jain(const struct stage *s)
{
	u64 sum = 0, squares = 0;

	for (unsigned int i = 0; i < n; i++) {
		sum += s->by[i].taken;
		squares += (u64)s->by[i].taken * s->by[i].taken;
	}
	return (unsigned long)(1000 * sum * sum / (n * squares));
}

static void tell(const struct stage *s, const struct kind *kind)
{
	unsigned long taken = 0, waited = 0, passed = 0, index = jain(s);

	for (unsigned int i = 0; i < n; i++) {
		taken += s->by[i].taken;
		waited += s->by[i].waited;
		passed = max(passed, s->by[i].passed);
	}
	pr_info("%-22s %12lu %8lu %5lu.%03lu %9lu\n", kind->name, taken, waited, index / 1000,
		index % 1000, passed);
	demo_check(s->came);
	demo_check(taken == s->total);
	if (kind->is_fifo)
		demo_check(passed < n);
}

static int __init spin_fairness_init(void)
{
	int error;

	n = min_t(unsigned int, MAX_THREADS, num_online_cpus());
	error = demo_create(threads, n, run_thread, "fairness");
	if (error)
		return error;
	demo_spread(threads, n);
	pr_info("%u threads on as many CPUs take each lock as often as they can, for %u ms.\n", n,
		jiffies_to_msecs(WHILE));
	demo_wake(threads, n);
	return 0;
}

static void __exit spin_fairness_exit(void)
{
	demo_wait_for(&finished, n);
	demo_stop(threads, n);
	pr_info("lock                   acquisitions   waited   Jain  longest overtaking\n");
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++)
		tell(&stages[i], &kinds[i]);
	if (n == 1)
		pr_info("with one CPU nobody waits for a spinlock: who holds it keeps the CPU. Try SMP=4.\n");
	else
		pr_info("ticket and MCS: nobody was passed by more than the %u who stood before.\n",
			n - 1);
}

module_init(spin_fairness_init);
module_exit(spin_fairness_exit);
DEMO("test-and-set, ticket and MCS locks: shares and overtakings", MAX_THREADS);
MODULE_LICENSE("Dual MIT/GPL");
