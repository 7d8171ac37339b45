/* kfifo: random operations against an array, and two threads without a lock. */
/* SPDX-License-Identifier: MIT */
// sources: lib/kfifo.c lib/string.c
// flags: -include rename.h -pthread
#include "lib/errno.h"
#include "lib/kfifo.h"
#include "lib/test/include/test.h"

#include <pthread.h>
#include <sched.h>

// In the test itself the plain names are libc's.
#undef memset

#define ROOM 8

struct pair {
	int number;
	short twice;
};

static void one_by_one(__unused void **state)
{
	DEFINE_KFIFO(fifo, struct pair, ROOM);
	struct pair pair;

	assert_true(kfifo_initialized(&fifo) && kfifo_is_empty(&fifo));
	assert_int_equal(kfifo_size(&fifo), ROOM);
	assert_int_equal(kfifo_esize(&fifo), sizeof(struct pair));
	assert_int_equal(kfifo_get(&fifo, &pair), 0);
	assert_int_equal(kfifo_peek(&fifo, &pair), 0);
	for (int i = 0; i < ROOM; i++)
		assert_int_equal(kfifo_put(&fifo, ((struct pair){ i, (short)(2 * i) })), 1);
	assert_true(kfifo_is_full(&fifo) && !kfifo_avail(&fifo));
	assert_int_equal(kfifo_put(&fifo, ((struct pair){ 9, 9 })), 0);
	kfifo_skip(&fifo);
	assert_int_equal(kfifo_avail(&fifo), 1);
	assert_int_equal(kfifo_peek(&fifo, &pair) + kfifo_get(&fifo, &pair), 2);
	assert_true(pair.number == 1 && pair.twice == 2);
	kfifo_skip_count(&fifo, 3);
	assert_int_equal(kfifo_get(&fifo, &pair), 1);
	assert_int_equal(pair.number, 5);
	kfifo_reset_out(&fifo);
	assert_true(kfifo_is_empty(&fifo));
	kfifo_put(&fifo, pair);
	kfifo_reset(&fifo);
	assert_true(kfifo_is_empty(&fifo));
}

static void rooms(__unused void **state)
{
	DECLARE_KFIFO(inside, int, 4);
	DECLARE_KFIFO_PTR(outside, int);
	struct kfifo bytes;
	int room[13];

	INIT_KFIFO(inside);
	assert_int_equal(kfifo_size(&inside), 4);
	assert_int_equal(kfifo_init(&outside, room, sizeof(room)), 0);
	assert_int_equal(kfifo_size(&outside), 8);
	assert_int_equal(kfifo_init(&bytes, room, sizeof(room)), 0);
	assert_int_equal(kfifo_size(&bytes), 32);
	assert_int_equal(kfifo_in(&bytes, "hello", 5), 5);
	assert_int_equal(kfifo_out(&bytes, room, 32), 5);
	assert_memory_equal(room, "hello", 5);
	assert_int_equal(kfifo_init(&outside, room, 7), -EINVAL);
	assert_false(kfifo_initialized(&outside));
}

/* Numbers go in and come out in order, over the end of the room and of the counts. */
static void random_operations(__unused void **state)
{
	DEFINE_KFIFO(fifo, u16, ROOM);
	u16 buffer[2 * ROOM], next_in = 0, next_out = 0;
	struct rand_state rand;

	rand_seed(&rand, test_seed());
	fifo.kfifo.in = fifo.kfifo.out = -100u;
	for (int round = 0; round < 100000; round++) {
		u32 n = rand_below(&rand, 2 * ROOM), length = (u16)(next_in - next_out), done;

		assert_int_equal(kfifo_len(&fifo), length);
		assert_int_equal(kfifo_avail(&fifo), ROOM - length);
		if (rand_below(&rand, 2)) {
			for (u32 i = 0; i < n; i++)
				buffer[i] = (u16)(next_in + i);
			done = kfifo_in(&fifo, buffer, n);
			assert_int_equal(done, min(n, ROOM - length));
			next_in += (u16)done;
			continue;
		}
		assert_int_equal(kfifo_out_peek(&fifo, buffer, n), min(n, length));
		memset(buffer, 0xff, sizeof(buffer));
		done = kfifo_out(&fifo, buffer, n);
		assert_int_equal(done, min(n, length));
		for (u32 i = 0; i < done; i++)
			assert_int_equal(buffer[i], (u16)(next_out + i));
		next_out += (u16)done;
	}
}

#define MESSAGES 300000U

static DEFINE_KFIFO(between, u32, ROOM);

static void *put_all(__unused void *arg)
{
	for (u32 i = 0; i < MESSAGES;) {
		if (kfifo_put(&between, i))
			i++;
		else
			sched_yield();
	}
	return NULL;
}

static void without_a_lock(__unused void **state)
{
	pthread_t writer;
	u32 got[3];

	assert_int_equal(pthread_create(&writer, NULL, put_all, NULL), 0);
	for (u32 i = 0; i < MESSAGES;) {
		u32 n = kfifo_out(&between, got, 3);

		for (u32 j = 0; j < n; j++)
			assert_int_equal(got[j], i++);
		if (!n)
			sched_yield();
	}
	pthread_join(writer, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_by_one),
		cmocka_unit_test(rooms),
		cmocka_unit_test(random_operations),
		cmocka_unit_test(without_a_lock),
	};

	return cmocka_run_group_tests_name("kfifo", tests, NULL, NULL);
}
