/* race_tsan.c: what the compiler calls before each access to memory (-fsanitize=thread).
 * SPDX-License-Identifier: MIT
 *
 * The names and arguments are the compilers', the same in gcc 12 and clang 14. Told to distinguish
 * volatile accesses, they call other functions for those: these are the marked ones, if the machine can
 * make them in one piece. The builtin atomic operations of C are calls, too, which have to do what they
 * are called for.
 */
#define CONFIG_INSTRUMENTED 1 // to have the declarations of what is defined here; nothing here is

#include "kernel/base/race_context.h"
#include "kernel/debug/race_watch.h"
#include "lib/string.h"

/* Declared and defined at once: nobody but the compiler calls these. */
#define ENTRY(result, name, ...)                                                                   \
	result name(__VA_ARGS__);                                                                  \
	result name(__VA_ARGS__)

#define ALL_BITS (~0UL)

/* To be inlined: the frame is the entry point's, whose caller accesses. */
static __always_inline void access_at(const void *at, size_t size, unsigned int type,
				      unsigned long mask)
{
	struct race_access access = {
		(unsigned long)at, size, type, mask, (unsigned long)__builtin_frame_address(0), 0
	};

	race_access(&access);
}

/* A volatile access is whole only if one aligned instruction makes it. */
static __always_inline unsigned int marked_if_whole(const void *at, size_t size)
{
	return size <= sizeof(long) && (unsigned long)at % size == 0 ? RACE_MARKED : 0;
}

#define PLAIN(size)                                                                                \
	ENTRY(void, __tsan_read##size, void *at)                                                   \
	{                                                                                          \
		access_at(at, size, 0, ALL_BITS);                                                  \
	}                                                                                          \
	ENTRY(void, __tsan_write##size, void *at)                                                  \
	{                                                                                          \
		access_at(at, size, RACE_WRITE, ALL_BITS);                                         \
	}                                                                                          \
	ENTRY(void, __tsan_read_write##size, void *at)                                             \
	{                                                                                          \
		access_at(at, size, RACE_WRITE | RACE_COMPOUND, ALL_BITS);                         \
	}                                                                                          \
	ENTRY(void, __tsan_volatile_read##size, void *at)                                          \
	{                                                                                          \
		access_at(at, size, marked_if_whole(at, size), ALL_BITS);                          \
	}                                                                                          \
	ENTRY(void, __tsan_volatile_write##size, void *at)                                         \
	{                                                                                          \
		access_at(at, size, RACE_WRITE | marked_if_whole(at, size), ALL_BITS);             \
	}

PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

#define UNALIGNED(size)                                                                            \
	ENTRY(void, __tsan_unaligned_read##size, void *at)                                         \
	{                                                                                          \
		access_at(at, size, 0, ALL_BITS);                                                  \
	}                                                                                          \
	ENTRY(void, __tsan_unaligned_write##size, void *at)                                        \
	{                                                                                          \
		access_at(at, size, RACE_WRITE, ALL_BITS);                                         \
	}                                                                                          \
	ENTRY(void, __tsan_unaligned_read_write##size, void *at)                                   \
	{                                                                                          \
		access_at(at, size, RACE_WRITE | RACE_COMPOUND, ALL_BITS);                         \
	}                                                                                          \
	ENTRY(void, __tsan_unaligned_volatile_read##size, void *at)                                \
	{                                                                                          \
		access_at(at, size, marked_if_whole(at, size), ALL_BITS);                          \
	}                                                                                          \
	ENTRY(void, __tsan_unaligned_volatile_write##size, void *at)                               \
	{                                                                                          \
		access_at(at, size, RACE_WRITE | marked_if_whole(at, size), ALL_BITS);             \
	}

UNALIGNED(2)
UNALIGNED(4)
UNALIGNED(8)
UNALIGNED(16)

ENTRY(void, __tsan_read_range, void *at, size_t size)
{
	access_at(at, size, 0, ALL_BITS);
}

ENTRY(void, __tsan_write_range, void *at, size_t size)
{
	access_at(at, size, RACE_WRITE, ALL_BITS);
}

/* Where clang calls these, it has called the functions proper before version 16; they are instrumented. */
ENTRY(void *, __tsan_memcpy, void *to, const void *from, size_t size)
{
	return memcpy(to, from, size);
}

ENTRY(void *, __tsan_memmove, void *to, const void *from, size_t size)
{
	return memmove(to, from, size);
}

ENTRY(void *, __tsan_memset, void *to, int byte, size_t size)
{
	return memset(to, byte, size);
}

ENTRY(void, __tsan_init, void)
{
}

/* clang also says where the pointers to virtual functions are written; there are none in C. */
ENTRY(void, __tsan_func_entry, void *caller)
{
}

ENTRY(void, __tsan_func_exit, void)
{
}

/* ---- The builtin atomics of C, which have to be done ------------------------------------------ */

#define MARKED_RMW (RACE_WRITE | RACE_COMPOUND | RACE_MARKED)

#define FETCH(bits, op)                                                                            \
	ENTRY(u##bits, __tsan_atomic##bits##_fetch_##op, u##bits *at, u##bits value, int order)    \
	{                                                                                          \
		access_at(at, sizeof(*at), MARKED_RMW, ALL_BITS);                                  \
		return __atomic_fetch_##op(at, value, __ATOMIC_SEQ_CST);                           \
	}

#define COMPARE_EXCHANGE(bits, kind)                                                               \
	ENTRY(int, __tsan_atomic##bits##_compare_exchange_##kind, u##bits *at, u##bits *expected,  \
	      u##bits value, int order, int failure_order)                                         \
	{                                                                                          \
		access_at(at, sizeof(*at), MARKED_RMW, ALL_BITS);                                  \
		return __atomic_compare_exchange_n(at, expected, value, false, __ATOMIC_SEQ_CST,   \
						   __ATOMIC_SEQ_CST);                              \
	}

#define BUILTINS(bits)                                                                             \
	ENTRY(u##bits, __tsan_atomic##bits##_load, const u##bits *at, int order)                   \
	{                                                                                          \
		access_at(at, sizeof(*at), RACE_MARKED, ALL_BITS);                                 \
		return __atomic_load_n(at, __ATOMIC_SEQ_CST);                                      \
	}                                                                                          \
	ENTRY(void, __tsan_atomic##bits##_store, u##bits *at, u##bits value, int order)            \
	{                                                                                          \
		access_at(at, sizeof(*at), RACE_WRITE | RACE_MARKED, ALL_BITS);                    \
		__atomic_store_n(at, value, __ATOMIC_SEQ_CST);                                     \
	}                                                                                          \
	ENTRY(u##bits, __tsan_atomic##bits##_exchange, u##bits *at, u##bits value, int order)      \
	{                                                                                          \
		access_at(at, sizeof(*at), MARKED_RMW, ALL_BITS);                                  \
		return __atomic_exchange_n(at, value, __ATOMIC_SEQ_CST);                           \
	}                                                                                          \
	ENTRY(u##bits, __tsan_atomic##bits##_compare_exchange_val, u##bits *at, u##bits expected,  \
	      u##bits value, int order, int failure_order)                                         \
	{                                                                                          \
		access_at(at, sizeof(*at), MARKED_RMW, ALL_BITS);                                  \
		__atomic_compare_exchange_n(at, &expected, value, false, __ATOMIC_SEQ_CST,         \
					    __ATOMIC_SEQ_CST);                                     \
		return expected;                                                                   \
	}                                                                                          \
	COMPARE_EXCHANGE(bits, strong)                                                             \
	COMPARE_EXCHANGE(bits, weak)                                                               \
	FETCH(bits, add)                                                                           \
	FETCH(bits, sub)                                                                           \
	FETCH(bits, and)                                                                           \
	FETCH(bits, or)                                                                            \
	FETCH(bits, xor)                                                                           \
	FETCH(bits, nand)

BUILTINS(8)
BUILTINS(16)
BUILTINS(32)
BUILTINS(64)

ENTRY(void, __tsan_atomic_thread_fence, int order)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

ENTRY(void, __tsan_atomic_signal_fence, int order)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* ---- What code calls itself (lib/instrument.h) ------------------------------------------------ */

void race_check(const void *at, size_t size, unsigned int type)
{
	access_at(at, size, type, ALL_BITS);
}

/* The access that follows, which may be plain, is the one that the claim is about. */
void race_claim_bits(const void *at, size_t size, unsigned long mask)
{
	access_at(at, size, RACE_ASSERT, mask);
}

void race_pause(void)
{
	race_context()->paused++;
}

void race_resume(void)
{
	race_context()->paused--;
}

void race_atomic_begin(void)
{
	race_context()->atomic++;
}

void race_atomic_end(void)
{
	race_context()->atomic--;
}

void race_atomic_next(unsigned int looks)
{
	race_context()->atomic_looks = looks;
}

struct race_claim *race_claim_begin(struct race_claim *claim)
{
	struct race_context *context = race_context();

	claim->place = (unsigned long)__builtin_return_address(0);
	claim->outer = context->claims;
	context->claims = claim;
	return claim;
}

void race_claim_end(struct race_claim **claim)
{
	race_context()->claims = (*claim)->outer;
}
