/* percpu_test.c: each CPU's own copy: single instructions, copies made at run time, counters.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/percpu_counter.h"

#include "kernel/test/lock_test.h"
#include "kernel/test/sched_test.h"

#define BATCH 200 /* rounds between two looks at the clock */

/* ---- One instruction on this CPU's copy ------------------------------------------------------- */

struct numbers {
	u8 byte;
	u16 word;
	u32 dword;
	u64 qword;
	s64 sum;
	void *pointer;
};

static DEFINE_PER_CPU(struct numbers, numbers);

#define CHECK_SIZE(var, high)                                                                      \
	do {                                                                                       \
		typeof(var) __old = 1;                                                             \
		this_cpu_write(var, high);                                                         \
		this_cpu_inc(var);                                                                 \
		EXPECT_EQ(this_cpu_read(var), 0);                                                  \
		this_cpu_dec(var);                                                                 \
		EXPECT(this_cpu_read(var) == (high));                                              \
		this_cpu_sub(var, (high)-5);                                                       \
		EXPECT_EQ(this_cpu_add_return(var, 10), 15);                                       \
		EXPECT_EQ(this_cpu_sub_return(var, 3), 12);                                        \
		EXPECT_EQ(this_cpu_inc_return(var) + this_cpu_dec_return(var), 13 + 12);           \
		this_cpu_and(var, 8);                                                              \
		this_cpu_or(var, 1);                                                               \
		EXPECT_EQ(this_cpu_read(var), 9);                                                  \
		EXPECT_EQ(this_cpu_xchg(var, 7), 9);                                               \
		EXPECT_EQ(this_cpu_cmpxchg(var, 6, 1), 7);                                         \
		EXPECT_EQ(this_cpu_cmpxchg(var, 7, 2), 7);                                         \
		EXPECT(!this_cpu_try_cmpxchg(var, &__old, 3));                                     \
		EXPECT_EQ(__old, 2);                                                               \
		EXPECT(this_cpu_try_cmpxchg(var, &__old, 3));                                      \
		EXPECT_EQ(raw_cpu_add_return(var, 1) + __this_cpu_read(var), 8);                   \
		this_cpu_write(var, 0);                                                            \
	} while (0)

static bool all_zero(const struct numbers *n)
{
	return !n->byte && !n->word && !n->dword && !n->qword && !n->pointer;
}

TEST(this_cpu_values)
{
	struct numbers *mine = get_cpu_ptr(&numbers);
	u32 cpu;

	CHECK_SIZE(numbers.byte, (u8)0xff);
	CHECK_SIZE(numbers.word, (u16)0xffff);
	CHECK_SIZE(numbers.dword, 0xffffffffU);
	CHECK_SIZE(numbers.qword, 0xffffffffffffffffULL);
	this_cpu_write(numbers.pointer, &cpu);
	EXPECT(this_cpu_xchg(numbers.pointer, NULL) == &cpu);
	for_each_possible_cpu(cpu) EXPECT(all_zero(per_cpu_ptr(&numbers, cpu)));
	get_cpu_var(numbers).word = 5;
	EXPECT(mine->word == 5 && per_cpu(numbers, raw_smp_processor_id()).word == 5);
	mine->word = 0;
	put_cpu_var(numbers);
	put_cpu_ptr(&numbers);
	EXPECT_EQ(preempt_count(), 0);
}

/* Threads that are preempted and moved count in whichever copy is theirs at the moment. */
static int count_anywhere(void *arg)
{
	struct effort *effort = arg;
	unsigned int batches = 0;

	for (; effort_goes_on(effort, batches); batches++) {
		for (unsigned int i = 0; i < BATCH; i++) {
			s64 was = this_cpu_read(numbers.sum);

			this_cpu_add(numbers.sum, 2);
			while (!this_cpu_try_cmpxchg(numbers.sum, &was, was + 1))
				;
			this_cpu_dec_return(numbers.sum);
			this_cpu_sub(numbers.sum, 1);
		}
		yield();
	}
	return (int)batches;
}

TEST(this_cpu_loses_nothing)
{
	struct effort effort = effort_of(40, 1, 1);
	s64 counted, sum = 0;
	u32 cpu;

	for_each_possible_cpu(cpu) per_cpu(numbers, cpu).sum = 0;
	counted = test_run_threads(2 * num_online_cpus(), count_anywhere, &effort) * BATCH;
	for_each_possible_cpu(cpu) sum += per_cpu(numbers, cpu).sum;
	EXPECT_EQ(sum, counted);
}

/* ---- Copies made at run time ------------------------------------------------------------------- */

struct big {
	u64 words[20];
};

TEST(alloc_percpu_gives_own_copies)
{
	size_t in_use = percpu_in_use();
	u64 __percpu *small = alloc_percpu(u64);
	struct big __percpu *big = alloc_percpu(struct big);
	u32 cpu;

	REQUIRE(small && big);
	EXPECT(percpu_in_use() - in_use >= sizeof(u64) + sizeof(struct big));
	for_each_possible_cpu(cpu)
	{
		EXPECT_EQ(*per_cpu_ptr(small, cpu), 0);
		*per_cpu_ptr(small, cpu) = 1000 + cpu;
		for (u32 i = 0; i < ARRAY_SIZE(big->words); i++)
			per_cpu_ptr(big, cpu)->words[i] = cpu;
	}
	preempt_disable();
	EXPECT_EQ(this_cpu_read(*small), 1000 + raw_smp_processor_id());
	this_cpu_add(big->words[3], 7);
	EXPECT_EQ(this_cpu_ptr(big)->words[3], raw_smp_processor_id() + 7);
	preempt_enable();
	for_each_possible_cpu(cpu) EXPECT_EQ(*per_cpu_ptr(small, cpu), 1000 + cpu);
	free_percpu(small);
	free_percpu(big);
	free_percpu(NULL);
	EXPECT_EQ(percpu_in_use(), in_use);
}

#define PIECES 2000

/* Until there is no room, in all sizes and alignments; then every second is freed, and used again. */
TEST(alloc_percpu_room)
{
	static void __percpu *pieces[PIECES];
	size_t in_use = percpu_in_use();
	u32 n = 0;

	for (; n < PIECES; n++) {
		size_t align = 8UL << n % 4;

		pieces[n] = __alloc_percpu(1 + n % 100, align);
		if (!pieces[n])
			break;
		EXPECT(IS_ALIGNED((unsigned long)pieces[n], align));
		*per_cpu_ptr((u32 *)pieces[n], 0) = n;
	}
	EXPECT(n > 10 && n < PIECES);
	EXPECT(!__alloc_percpu(1UL << 20, 8) && !__alloc_percpu(8, 128));
	for (u32 i = 0; i < n; i++)
		EXPECT_EQ(*per_cpu_ptr((u32 *)pieces[i], 0), i);
	for (u32 i = 0; i < n; i += 2)
		free_percpu(pieces[i]);
	for (u32 i = 0; i < n; i += 2)
		EXPECT((pieces[i] = __alloc_percpu(1 + i % 100, 8UL << i % 4)) != NULL);
	for (u32 i = 0; i < n; i++)
		free_percpu(pieces[i]);
	EXPECT_EQ(percpu_in_use(), in_use);
}

static void free_it(void *ptr)
{
	free_percpu(ptr);
}

static void free_inside(void *ptr)
{
	free_percpu((char *)ptr + 16);
}

TEST(free_percpu_misuse)
{
	struct big __percpu *big = alloc_percpu(struct big);

	REQUIRE(big);
	EXPECT(test_panics(free_inside, big, "did not give this out"));
	EXPECT(test_panics(free_it, &numbers, "did not give this out"));
	free_percpu(big);
	EXPECT(test_panics(free_it, big, "free already"));
}

/* ---- Counters ---------------------------------------------------------------------------------- */

TEST(percpu_counter_values)
{
	struct percpu_counter counter;

	REQUIRE(percpu_counter_init(&counter, 100, GFP_KERNEL) == 0);
	EXPECT(percpu_counter_initialized(&counter));
	percpu_counter_inc(&counter);
	percpu_counter_sub(&counter, 5);
	EXPECT_EQ(percpu_counter_sum(&counter), 96);
	EXPECT_EQ(percpu_counter_read(&counter), 100); // a share is not in the common count
	percpu_counter_add(&counter, 1L << 40);
	EXPECT_EQ(percpu_counter_sum(&counter), (1L << 40) + 96);
	EXPECT_EQ(percpu_counter_compare(&counter, 1L << 40), 1);
	EXPECT_EQ(percpu_counter_compare(&counter, (1L << 40) + 96), 0);
	EXPECT_EQ(percpu_counter_compare(&counter, (1L << 40) + 97), -1);
	EXPECT_EQ(percpu_counter_compare(&counter, 0), 1);
	EXPECT_EQ(percpu_counter_compare(&counter, 1L << 50), -1);
	percpu_counter_set(&counter, -7);
	percpu_counter_dec(&counter);
	EXPECT_EQ(percpu_counter_sum(&counter), -8);
	EXPECT_EQ(percpu_counter_sum_positive(&counter) + percpu_counter_read_positive(&counter),
		  0);
	for (int i = 0; i < 1000; i++)
		percpu_counter_dec(&counter);
	EXPECT_EQ(percpu_counter_sum(&counter), -1008);
	EXPECT(percpu_counter_read(&counter) <= -1008 + percpu_counter_batch * (s64)nr_cpus);
	percpu_counter_destroy(&counter);
	EXPECT(!percpu_counter_initialized(&counter));
}

struct counting {
	struct percpu_counter counter;
	struct effort effort;
	bool ended;
	atomic_t far_off;
};

/* Up by 3 and down by 1, wherever the thread happens to run. Returns the batches. */
static int count(void *arg)
{
	struct counting *counting = arg;
	unsigned int batches = 0;

	for (; effort_goes_on(&counting->effort, batches); batches++) {
		for (unsigned int i = 0; i < BATCH; i++) {
			percpu_counter_add_batch(&counting->counter, 3, 16);
			percpu_counter_add_batch(&counting->counter, -1, 16);
		}
		yield();
	}
	return (int)batches;
}

/* With two threads a CPU, and interrupts; nothing is lost, and the rough count is as near as promised. */
TEST(percpu_counter_counts)
{
	struct counting counting = { .effort = effort_of(60, 1, 1) };
	s64 counted, error;

	REQUIRE(percpu_counter_init(&counting.counter, 0, GFP_KERNEL) == 0);
	counted = test_run_threads(2 * num_online_cpus(), count, &counting) * BATCH * 2;
	EXPECT_EQ(percpu_counter_sum(&counting.counter), counted);
	error = percpu_counter_read(&counting.counter) - counted;
	EXPECT(error <= 16 * (s64)nr_cpus && error >= -16 * (s64)nr_cpus);
	percpu_counter_destroy(&counting.counter);
}

/* ---- The sum while others count ------------------------------------------------------------------ */

/* One thread only counts up: every sum is at least the one before, and at most what was counted. */
struct growing {
	struct percpu_counter counter;
	unsigned long counted; /* [a] stored before each step */
	bool stop;
};

static int count_up(void *arg)
{
	struct growing *growing = arg;

	for (unsigned long n = 1; !READ_ONCE(growing->stop); n++) {
		WRITE_ONCE(growing->counted, n);
		percpu_counter_add_batch(&growing->counter, 1, 8);
	}
	return 0;
}

TEST(percpu_counter_sum_is_whole)
{
	struct growing growing = { .stop = false };
	s64 sum, before = 0;
	struct actor actor;
	int wrong = 0;

	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	REQUIRE(percpu_counter_init(&growing.counter, 0, GFP_KERNEL) == 0);
	if (actor_start(&actor, count_up, &growing, test_cpu(1))) {
		FOR_A_WHILE(i, 30, 20000, 200) {
			sum = percpu_counter_sum(&growing.counter);
			wrong += sum < before || sum > (s64)READ_ONCE(growing.counted);
			before = sum;
		}
		WRITE_ONCE(growing.stop, true);
		actor_join(&actor);
	}
	EXPECT_EQ(wrong, 0);
	percpu_counter_destroy(&growing.counter);
}
