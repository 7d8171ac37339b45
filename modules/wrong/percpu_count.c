/* percpu_count.c: a counter for each CPU, counted up in three steps.
 * SPDX-License-Identifier: MIT
 *
 * Each CPU has its own counter, so nobody on another CPU counts there. But any thread can be preempted between its load and its
 * store, and then another one counts on the same CPU; or go on on another CPU, with the first one's counter.
 *
 *      thread 1, on CPU 0            thread 2, on CPU 0
 *      loads 5
 *                                    loads 5, stores 6
 *      stores 6
 *
 * Look for: how many were lost. The right one counts in one instruction, which no preemption can divide.
 * diagnosis: found: sum != workers * ROUNDS
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>

#define THREADS 4
#define ROUNDS  5000

static DEFINE_PER_CPU(long, count);
static DECLARE_COMPLETION(done);

static void count_one(int i)
{
	long *mine = this_cpu_ptr(&count);
	long seen = READ_ONCE(*mine);

	if (i % 16 == 0)
		yield(); // A preemption comes when it likes.
	WRITE_ONCE(*mine, seen + 1);
}

static int worker(void *unused)
{
	for (int i = 0; i < ROUNDS; i++)
		count_one(i);
	kthread_complete_and_exit(&done, 0);
}

static bool start_on_cpu0(int i)
{
	struct task_struct *task = kthread_create(worker, NULL, "worker/%d", i);

	if (IS_ERR(task))
		return false;
	kthread_bind(task, 0);
	wake_up_process(task);
	return true;
}

static int __init percpu_count_init(void)
{
	int workers = 0;
	long sum = 0;
	int cpu;

	for (int i = 0; i < THREADS; i++)
		workers += start_on_cpu0(i);
	for (int i = 0; i < workers; i++)
		wait_for_completion(&done);
	for_each_possible_cpu(cpu) sum += per_cpu(count, cpu);
	pr_info("percpu_count: %ld of %d\n", sum, workers * ROUNDS);
	WARN_ON(sum != workers * ROUNDS);
	return 0;
}

static void __exit percpu_count_exit(void)
{
}

module_init(percpu_count_init);
module_exit(percpu_count_exit);
MODULE_LICENSE("Dual MIT/GPL");
