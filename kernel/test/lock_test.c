/* lock_test.c: data to guard and threads to watch, for the tests of the locks.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/test/lock_test.h"

#include "kernel/core/panic.h"
#include "kernel/wait_report.h"

void guarded_look(struct guarded *data)
{
	unsigned long first = READ_ONCE(data->words[0]);

	for (unsigned int i = 1; i < GUARDED_WORDS; i++) {
		cpu_relax();
		if (READ_ONCE(data->words[i]) != first)
			atomic_inc(&data->torn);
	}
}

void guarded_update(struct guarded *data)
{
	unsigned long n = READ_ONCE(data->words[0]) + 1;

	guarded_look(data);
	for (unsigned int i = 0; i < GUARDED_WORDS; i++) {
		WRITE_ONCE(data->words[i], n);
		cpu_relax();
	}
}

void guarded_expect(const struct guarded *data, unsigned long updates)
{
	for (unsigned int i = 0; i < GUARDED_WORDS; i++)
		EXPECT_EQ(data->words[i], updates);
	EXPECT_EQ(atomic_read(&data->torn), 0);
}

struct effort effort_of(unsigned int ms, unsigned int total, unsigned int threads)
{
	return (struct effort){ .ms = ms, .least = DIV_ROUND_UP(total, threads) };
}

bool effort_goes_on(struct effort *effort, unsigned int done)
{
	u64 now = clock_ns();
	u64 end = READ_ONCE(effort->end);

	if (!end)
		end = cmpxchg(&effort->end, 0, now + effort->ms * NSEC_PER_MSEC);
	return !end || done < effort->least || now < end;
}

void start_line_wait(struct start_line *line, unsigned int n)
{
	atomic_inc(&line->arrived);
	EXPECT(SPIN_UNTIL(atomic_read(&line->arrived) >= (int)n));
}

u32 test_cpu(unsigned int i)
{
	u32 cpu;

	i %= num_online_cpus();
	for_each_online_cpu(cpu)
		if (i-- == 0)
			return cpu;
	return 0;
}

static int actor_run(void *arg)
{
	struct actor *actor = arg;

	actor->result = actor->fn(actor->arg);
	smp_store_release(&actor->ended, true); // [E] pairs with [J] in actor_join()
	return 0;
}

bool actor_start(struct actor *actor, int (*fn)(void *arg), void *arg, u32 cpu)
{
	struct task_struct *task;

	*actor = (struct actor){ .fn = fn, .arg = arg };
	task = kthread_create(actor_run, actor, "actor");
	if (!EXPECT(!IS_ERR(task)))
		return false;
	actor->task = get_task_struct(task);
	if (cpu != ANY_CPU)
		kthread_bind(task, cpu);
	wake_up_process(task);
	return true;
}

bool actor_is_asleep(const struct actor *actor, unsigned int states)
{
	const struct task_struct *task = actor->task;

	return (READ_ONCE(task->__state) & states) && READ_ONCE(task->on_rq) == ON_RQ_NO;
}

bool actor_sleeps(struct actor *actor)
{
	return EXPECT(WAIT_UNTIL(actor_is_asleep(actor, TASK_NORMAL)));
}

static void __noreturn actor_hangs(const struct actor *actor)
{
	task_print_all();
	wait_graph_report();
	panic("thread %d \"%s\" hangs, and the test with it; above is what each thread was doing",
	      actor->task->pid, actor->task->comm);
}

int actor_join(struct actor *actor)
{
	if (!actor->task)
		return 0;
	// [J] pairs with [E] in actor_run()
	if (!WAIT_UNTIL(smp_load_acquire(&actor->ended))) {
		EXPECT(!"a thread that has what it waits for ends");
		task_print_all(); // Before the wake-up, which changes what there is to see.
		wake_up_process(actor->task);
		if (!WAIT_UNTIL(smp_load_acquire(&actor->ended)))
			actor_hangs(actor);
	}
	put_task_struct(actor->task);
	return actor->result;
}
