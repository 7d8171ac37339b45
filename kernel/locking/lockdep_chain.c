/* lockdep_chain.c: which sequences of locks were seen already, and the backtraces of first times.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   What a thread holds, in the order in which it took it and in one context, is a chain. Whether taking
 *   one more lock is right depends on the chain and on nothing else, so each chain is judged once. It
 *   is known by a 64-bit key, made of the key of the chain before it, the class, and how it is taken.
 *
 *      held: A, B(read)        key(A, B read) = mix(key(A), B read)
 *      takes C                 key(A, B read, C): in the table? then it was right, or was reported
 *
 *   The table holds keys, not chains: two chains with one key would be taken for one. Of 32,768 random
 *   keys some two are equal with probability 2^-35.
 *   It is read without a lock: a slot goes from 0 to a key once, and all at once. Forgetting clears all
 *   slots; who reads meanwhile finds a chain new that is not, and judges it again.
 *   A full table costs time and nothing else: what does not fit is judged each time.
 *
 *   Backtraces are kept once, however often they are saved: found by hash, compared word by word.
 */
#include <arch/trap.h>

#include "kernel/locking/lockdep_internal.h"

#if CONFIG_CHECKED

#define CHAIN_SLOTS 32768U
#define CHAIN_MAX   (CHAIN_SLOTS / 4 * 3) /* beyond, searching takes longer than judging */

#define TRACE_WORDS 65536U
#define TRACE_DEPTH 12U
#define TRACE_HEADS 1024U

static u64 chains[CHAIN_SLOTS]; /* [a] written under the graph lock */
static u32 n_chains;            /* [g] */

/* A trace is: its length, the next one in its list, and that many addresses, all below 4 GiB. Number 0 is none.
 * [g] */
static unsigned int words[TRACE_WORDS];
static u32 n_words = 1;
static u32 heads[TRACE_HEADS];

/* A bijection that spreads each bit over all (Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
 * OOPSLA 2014). */
static u64 mix(u64 x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

u64 lockdep_chain_next(u64 key, const struct lockdep_held *held)
{
	u64 next = mix(key + 0x9e3779b97f4a7c15ULL + ((u64)held->class << 2 | held->read));

	return next ?: 1; // 0 is a free slot.
}

bool lockdep_chain_is_new(u64 key)
{
	u32 slot = (u32)key % CHAIN_SLOTS;
	u64 found;

	while ((found = READ_ONCE(chains[slot])) != 0) {
		if (found == key)
			return false;
		slot = (slot + 1) % CHAIN_SLOTS;
	}
	lockdep_graph_lock();
	while (chains[slot] && chains[slot] != key)
		slot = (slot + 1) % CHAIN_SLOTS;
	if (!chains[slot] && n_chains < CHAIN_MAX) {
		WRITE_ONCE(chains[slot], key);
		n_chains++;
	}
	lockdep_graph_unlock();
	return true;
}

void lockdep_chains_forget(void)
{
	for (u32 slot = 0; n_chains && slot < CHAIN_SLOTS; slot++)
		WRITE_ONCE(chains[slot], 0);
	n_chains = 0;
}

static bool same_trace(u32 trace, const unsigned long *addresses, u32 n)
{
	if (words[trace] != n)
		return false;
	for (u32 i = 0; i < n; i++) {
		if (words[trace + 2 + i] != (unsigned int)addresses[i])
			return false;
	}
	return true;
}

u32 lockdep_save_trace(unsigned long frame)
{
	unsigned long addresses[TRACE_DEPTH];
	u32 n = backtrace(frame, addresses, TRACE_DEPTH);
	u64 hash = n;
	u32 *head;
	u32 trace;

	for (u32 i = 0; i < n; i++)
		hash = mix(hash ^ addresses[i]);
	head = &heads[hash % TRACE_HEADS];
	for (trace = *head; trace; trace = words[trace + 1]) {
		if (same_trace(trace, addresses, n))
			return trace;
	}
	if (n_words + 2 + n > TRACE_WORDS)
		return 0;
	trace = n_words;
	n_words += 2 + n;
	words[trace] = n;
	words[trace + 1] = *head;
	for (u32 i = 0; i < n; i++)
		words[trace + 2 + i] = (unsigned int)addresses[i];
	*head = trace;
	return trace;
}

u32 lockdep_trace(u32 trace, const unsigned int **addresses)
{
	*addresses = &words[trace + 2];
	return trace ? words[trace] : 0;
}

#endif
