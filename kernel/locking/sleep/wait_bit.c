/* wait_bit.c: the table of queues for those who wait for a bit or a variable.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/wait_bit.h"

#include "lib/errno.h"

#define TABLE_BITS 6
#define TABLE_SIZE (1 << TABLE_BITS)

#define QUEUE(n) WAIT_QUEUE_HEAD_INIT(table[n])
#define QUEUES_4(n)                                                                                \
	[(n)] = QUEUE(n), [(n) + 1] = QUEUE((n) + 1), [(n) + 2] = QUEUE((n) + 2),                  \
	[(n) + 3] = QUEUE((n) + 3)
#define QUEUES_16(n) QUEUES_4(n), QUEUES_4((n) + 4), QUEUES_4((n) + 8), QUEUES_4((n) + 12)

static wait_queue_head_t table[TABLE_SIZE] = { QUEUES_16(0), QUEUES_16(16), QUEUES_16(32),
					       QUEUES_16(48) };

wait_queue_head_t *bit_waitqueue(const void *word, int bit)
{
	// Fibonacci hashing (Knuth, TAOCP vol. 3, 6.4): 2^64 over the golden ratio; the upper bits are good.
	u64 hash = ((u64)word * 64 + (u64)(s64)bit) * 0x9e3779b97f4a7c15ULL;

	return &table[hash >> (64 - TABLE_BITS)];
}

/* Wake the entry's thread if the wake-up is for its bit or variable. */
static int wake_bit_function(wait_queue_entry_t *wq_entry, unsigned int mode, int flags, void *arg)
{
	struct wait_bit_queue_entry *entry =
		container_of(wq_entry, struct wait_bit_queue_entry, wq_entry);
	const struct wait_bit_key *key = arg;

	if (entry->key.word != key->word || entry->key.bit != key->bit)
		return 0;
	return autoremove_wake_function(wq_entry, mode, flags, arg);
}

void init_wait_bit_entry(struct wait_bit_queue_entry *entry, const void *word, int bit,
			 unsigned int flags)
{
	init_wait_entry(&entry->wq_entry, flags);
	entry->wq_entry.func = wake_bit_function;
	entry->key = (struct wait_bit_key){ .word = word, .bit = bit };
}

/* What to do with the bit: wait until it is clear, or set it. Return whether that is done. */
static bool bit_is_clear(unsigned long *word, int bit)
{
	return !(smp_load_acquire(word + bit / BITS_PER_LONG) & BIT(bit % BITS_PER_LONG));
}

static bool bit_is_ours(unsigned long *word, int bit)
{
	return !test_and_set_bit(bit, word);
}

typedef bool (*bit_test)(unsigned long *word, int bit);

static int wait_on(unsigned long *word, int bit, unsigned int state, long timeout, bit_test done,
		   unsigned int flags)
{
	wait_queue_head_t *wq = bit_waitqueue(word, bit);
	struct wait_bit_queue_entry entry;
	int result = 0;

	init_wait_bit_entry(&entry, word, bit, flags);
	for (;;) {
		long signal = prepare_to_wait_event(wq, &entry.wq_entry, state);

		if (done(word, bit))
			break;
		if (signal || !timeout) {
			result = signal ? -EINTR : -EAGAIN;
			break;
		}
		timeout = schedule_timeout(timeout);
	}
	finish_wait(wq, &entry.wq_entry);
	return result;
}

int wait_on_bit(unsigned long *word, int bit, unsigned int state)
{
	might_sleep();
	if (bit_is_clear(word, bit))
		return 0;
	return wait_on(word, bit, state, MAX_SCHEDULE_TIMEOUT, bit_is_clear, 0);
}

int wait_on_bit_timeout(unsigned long *word, int bit, unsigned int state, unsigned long timeout)
{
	might_sleep();
	if (bit_is_clear(word, bit))
		return 0;
	return wait_on(word, bit, state, (long)min_t(unsigned long, timeout, MAX_SCHEDULE_TIMEOUT),
		       bit_is_clear, 0);
}

int wait_on_bit_lock(unsigned long *word, int bit, unsigned int state)
{
	might_sleep();
	if (bit_is_ours(word, bit))
		return 0;
	return wait_on(word, bit, state, MAX_SCHEDULE_TIMEOUT, bit_is_ours, WQ_FLAG_EXCLUSIVE);
}

static void wake(const void *word, int bit)
{
	struct wait_bit_key key = { .word = word, .bit = bit };
	wait_queue_head_t *wq = bit_waitqueue(word, bit);

	if (waitqueue_active(wq))
		__wake_up(wq, TASK_NORMAL, 1, &key);
}

void wake_up_bit(const void *word, int bit)
{
	wake(word, bit);
}

void wake_up_var(const void *var)
{
	wake(var, WAIT_VAR);
}

void clear_and_wake_up_bit(int bit, unsigned long *word)
{
	clear_bit(bit, word);
	smp_mb__after_atomic(); // [M] pairs with [S] in prepare(): the barrier of rule 2.
	wake(word, bit);
}
