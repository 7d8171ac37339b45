/* kthread_test.c: threads made, stopped and ended, at the worst moments and by the thousand.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/slab.h"
#include "kernel/test/sched_test.h"
#include "lib/string.h"

#define RESULT 4711

static int until_stopped(void *arg)
{
	atomic_inc(arg);
	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	return RESULT;
}

static int return_at_once(void *arg)
{
	atomic_inc(arg);
	return RESULT;
}

/* A thread of @fn that is not freed before its creator is done with it. */
static struct task_struct *make(int (*fn)(void *arg), void *arg)
{
	struct task_struct *task = kthread_create(fn, arg, "made");

	return EXPECT(!IS_ERR(task)) ? get_task_struct(task) : NULL;
}

TEST(kthread_stop_before_first_run)
{
	atomic_t called = ATOMIC_INIT(0);

	for (u32 i = 0; i < 50; i++) {
		struct task_struct *task = kthread_create(until_stopped, &called, "unborn/%u", i);

		REQUIRE(!IS_ERR(task));
		EXPECT_EQ(kthread_stop(task), -EINTR);
	}
	EXPECT_EQ(atomic_read(&called), 0);
}

TEST(kthread_stop_while_asleep)
{
	atomic_t called = ATOMIC_INIT(0);

	FOR_A_WHILE(i, 5, 50, 100) {
		struct task_struct *task = kthread_run(until_stopped, &called, "asleep");

		REQUIRE(!IS_ERR(task));
		EXPECT(WAIT_UNTIL(atomic_read(&called) == (int)i + 1 && !READ_ONCE(task->on_cpu)));
		EXPECT_EQ(kthread_stop(task), RESULT);
	}
}

static void stop(void *task)
{
	EXPECT_EQ(kthread_stop(task), RESULT);
}

/* Nobody keeps it: what is stopped is freed memory, and must not be taken for the threads that came later. */
TEST(kthread_stop_after_end)
{
	struct task_struct *ended, *later;
	unsigned int before = task_count();
	atomic_t called = ATOMIC_INIT(0);
	int result;

	ended = kthread_run(return_at_once, &called, "ended");
	REQUIRE(!IS_ERR(ended));
	EXPECT(WAIT_UNTIL(atomic_read(&called) == 1 && task_count() == before));
	later = kthread_run(until_stopped, &called, "later");
	REQUIRE(!IS_ERR(later));
	EXPECT(later != ended);
	EXPECT_EQ(test_warnings(stop, ended, "\"ended\", which has ended by itself and is freed"),
		  1);
	result = kthread_stop(later);
	EXPECT_EQ(result, atomic_read(&called) == 2 ? RESULT : -EINTR);
}

/* The first run and the stop at the same time: the result says whether the function was called. */
TEST(kthread_stop_races_with_start)
{
	struct rand_state rand = test_seed();
	atomic_t called = ATOMIC_INIT(0);
	int expected = 0;

	FOR_A_WHILE(i, 20, 1000, 200) {
		struct task_struct *task = kthread_run(until_stopped, &called, "starting");
		int result;

		REQUIRE(!IS_ERR(task));
		clock_delay_ns(rand_below(&rand, 40) * NSEC_PER_USEC);
		result = kthread_stop(task);
		EXPECT(result == RESULT || result == -EINTR);
		expected += result == RESULT;
	}
	EXPECT_EQ(atomic_read(&called), expected);
}

/* The thread ends by itself; who has a reference may stop it before, meanwhile and long after. */
TEST(kthread_stop_races_with_exit)
{
	struct rand_state rand = test_seed();
	atomic_t called = ATOMIC_INIT(0);
	int expected = 0;

	FOR_A_WHILE(i, 20, 1000, 200) {
		struct task_struct *task = make(return_at_once, &called);
		int result;

		REQUIRE(task);
		wake_up_process(task);
		clock_delay_ns(rand_below(&rand, 60) * NSEC_PER_USEC);
		result = kthread_stop(task);
		EXPECT(result == RESULT || result == -EINTR);
		expected += result == RESULT;
		put_task_struct(task);
	}
	EXPECT_EQ(atomic_read(&called), expected);
}

static int exit_from_within(void *result)
{
	kthread_exit(*(int *)result);
}

TEST(kthread_exit_gives_result)
{
	for (int i = -10; i <= 10; i++) {
		struct task_struct *task = make(exit_from_within, &i);

		REQUIRE(task);
		wake_up_process(task);
		EXPECT(WAIT_UNTIL(READ_ONCE(task->__state) == TASK_DEAD &&
				  !READ_ONCE(task->on_cpu)));
		EXPECT_EQ(kthread_stop(task), i);
		put_task_struct(task);
	}
}

static int say_cpu(void *cpu)
{
	*(u32 *)cpu = raw_smp_processor_id();
	return 0;
}

TEST(kthread_on_cpu_and_name)
{
	struct task_struct *task;
	u32 cpu, at = NR_CPUS;

	for_each_online_cpu(cpu) {
		task = kthread_create_on_cpu(say_cpu, &at, cpu, "on/%u");
		REQUIRE(!IS_ERR(task));
		get_task_struct(task);
		EXPECT(!strncmp(task->comm, "on/", 3) && task->comm[3] == '0' + (char)(cpu % 10));
		wake_up_process(task);
		EXPECT(WAIT_UNTIL(READ_ONCE(task->__state) == TASK_DEAD));
		EXPECT_EQ(kthread_stop(task), 0);
		EXPECT_EQ(at, cpu);
		put_task_struct(task);
		if (cpu == 9)
			break;
	}
	task = kthread_create(say_cpu, &at, "%s", "a name that is longer than there is room for");
	REQUIRE(!IS_ERR(task));
	EXPECT(!strcmp(task->comm, "a name that is "));
	EXPECT_EQ(kthread_stop(task), -EINTR);
}

/* ---- Without memory -------------------------------------------------------------------------------- */

/* Take all stacks there are; the list of them is in themselves. Returns how many. */
static size_t take_all_stacks(void **list)
{
	size_t n = 0;
	void **stack;

	while ((stack = stack_alloc()) != NULL) {
		stack[1] = *list; // The lowest word is watched by stack_free().
		*list = stack;
		n++;
	}
	return n;
}

static void give_stacks_back(void *list)
{
	while (list) {
		void *next = ((void **)list)[1];

		stack_free(list);
		list = next;
	}
}

TEST(kthread_without_stacks)
{
	atomic_t called = ATOMIC_INIT(0);
	size_t objects = kmalloc_in_use();
	unsigned int tasks = task_count();
	void *list = NULL;

	EXPECT(take_all_stacks(&list) > 0);
	for (u32 i = 0; i < 10; i++)
		EXPECT_EQ(PTR_ERR(kthread_create(return_at_once, &called, "too many")), -ENOMEM);
	EXPECT_EQ(kmalloc_in_use(), objects);
	EXPECT_EQ(task_count(), tasks);
	give_stacks_back(list);
	EXPECT_EQ(test_run_threads(4, return_at_once, &called), 4 * RESULT);
}

/* ---- By the thousand -------------------------------------------------------------------------------- */

#define CHURN_ROUNDS 3

/* Returns how many threads it made. */
static int churn(void *unused)
{
	atomic_t called = ATOMIC_INIT(0);
	int made = 0;

	FOR_A_WHILE(i, 4, 500, 200) {
		struct task_struct *task = make(i % 2 ? return_at_once : until_stopped, &called);

		if (!task)
			break;
		made++;
		wake_up_process(task);
		if (i % 3)
			yield();
		kthread_stop(task);
		put_task_struct(task);
	}
	return made;
}

static bool only_tasks_left(void *tasks)
{
	return task_count() == *(unsigned int *)tasks;
}

/* A page lost with every second thread would be seen; a few may stay in caches that grew. */
TEST(kthread_churn)
{
	unsigned int tasks = task_count();
	size_t stacks = stack_free_count();
	size_t pages = page_free_count();
	long made = 0;

	for (u32 round = 0; round < CHURN_ROUNDS; round++) {
		made += test_run_threads(num_online_cpus() + 2, churn, NULL);
		EXPECT(test_wait_for(only_tasks_left, &tasks));
	}
	EXPECT_EQ(stack_free_count(), stacks);
	EXPECT(page_free_count() + (size_t)made / 2 > pages);
}

static int sleeper(void *unused)
{
	set_current_state(TASK_INTERRUPTIBLE);
	if (!kthread_should_stop())
		schedule();
	__set_current_state(TASK_RUNNING);
	return 0;
}

/* Each thread is found once, in the order of their numbers; and its state is told. */
TEST(process_walk)
{
	struct task_struct *task, *own = kthread_run(sleeper, NULL, "walk_me");
	unsigned int found = 0;
	int last = 0;

	while (task_state_to_char(own) != 'S')
		msleep(1);
	EXPECT_EQ(task_state_to_char(current), 'R');
	for_each_process(task)
	{
		EXPECT(task->pid > last);
		last = task->pid;
		found += task == own || task == current;
	}
	EXPECT_EQ(found, 2);
	kthread_stop(own);
}
