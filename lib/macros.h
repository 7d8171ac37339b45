/* The macros every file needs: attributes, constant arithmetic, accesses to shared words. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

/* Attributes. The undefined ones also exist in the host's libc, with the same meaning. */
#undef __always_inline
#undef __attribute_const__
#define __always_inline         inline __attribute__((__always_inline__))
#define __attribute_const__     __attribute__((__const__))
#define __aligned(n)            __attribute__((__aligned__(n)))
#define __cold                  __attribute__((__cold__))
#define __maybe_unused          __attribute__((__unused__))
#define __must_check            __attribute__((__warn_unused_result__))
#define __noreturn              __attribute__((__noreturn__))
#define __packed                __attribute__((__packed__))
#define __keeps_registers       __attribute__((__no_caller_saved_registers__))
#define __printf(format, first) __attribute__((__format__(__printf__, format, first)))
#define __section(name)         __attribute__((__section__(name)))
#define __unused                __attribute__((__unused__))
#define __used                  __attribute__((__used__))
#define __weak                  __attribute__((__weak__))
#define fallthrough             __attribute__((__fallthrough__))
#define noinline                __attribute__((__noinline__))

/* More of Linux's, for modules. Those with nothing behind them are for its checkers, or for the reader. */
#define __pure             __attribute__((__pure__))
#define __visible          __attribute__((__externally_visible__))
#define __always_unused    __attribute__((__unused__))
#define noinline_for_stack noinline
#define notrace            __attribute__((__no_instrument_function__))
#define asmlinkage
#define __read_mostly
#define __ro_after_init
#define __user
#define __kernel
#define __iomem
#define __force
#define __nocast
#define __rcu
#define __acquires(lock)
#define __releases(lock)
#define __must_hold(lock)
#define __acquire(lock)              ((void)0)
#define __release(lock)              ((void)0)
#define unreachable()                __builtin_unreachable()
#define L1_CACHE_SHIFT               6
#define L1_CACHE_BYTES               (1 << L1_CACHE_SHIFT)
#define SMP_CACHE_BYTES              L1_CACHE_BYTES
#define ____cacheline_aligned        __aligned(L1_CACHE_BYTES)
#define ____cacheline_aligned_in_smp ____cacheline_aligned
#define __cacheline_aligned          ____cacheline_aligned
#define __cacheline_aligned_in_smp   ____cacheline_aligned

#define likely(condition)   __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

/* Names that are new at each use, so that a macro nested in itself shadows nothing. */
#define __CONCAT_EXPANDED(a, b) a##b
#define __CONCATENATE(a, b)     __CONCAT_EXPANDED(a, b)
#define __UNIQUE_ID(prefix)     __CONCATENATE(prefix, __COUNTER__)

#define __stringify_expanded(...) #__VA_ARGS__
#define __stringify(...)          __stringify_expanded(__VA_ARGS__)

/* static_assert(condition) or static_assert(condition, "why"), at file scope or in a function. */
#undef static_assert
#define static_assert(condition, ...)        __static_assert(condition, ##__VA_ARGS__, #condition)
#define __static_assert(condition, why, ...) _Static_assert(condition, why)
#define BUILD_BUG_ON(condition)              static_assert(!(condition), "bug: " #condition)
#define BUILD_BUG_ON_MSG(condition, why)     static_assert(!(condition), why)
#define BUILD_BUG_ON_ZERO(condition)         __must_be_zero(condition)
#define BUILD_BUG_ON_NOT_POWER_OF_2(n)       BUILD_BUG_ON((n) == 0 || ((n) & ((n)-1)) != 0)

/* A variable that is not of the type does not compile. */
#define typecheck(type, variable) ((void)sizeof((type *)1 == (__typeof__(variable) *)1), 1)

/* An array's length; a pointer in its place does not compile. */
#define ARRAY_SIZE(array)                                                                          \
	(sizeof(array) / sizeof((array)[0]) + __must_be_zero(__same_type(array, &(array)[0])))
#define __same_type(a, b)         __builtin_types_compatible_p(__typeof__(a), __typeof__(b))
#define __must_be_zero(condition) (sizeof(struct { int : -!!(condition); }) * 0)

// clang-format off
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))
// clang-format on
#define sizeof_field(type, member)  sizeof(((type *)0)->member)
#define offsetofend(type, member)   (offsetof(type, member) + sizeof_field(type, member))
#define typeof_member(type, member) __typeof__(((type *)0)->member)

/*
 * The smaller and the larger of two values of one type; each argument is evaluated once. Two types
 * do not compile, because the usual conversions would make -1 the larger of -1 and 1u: min_t() and
 * max_t() say which type is meant.
 */
#define min(a, b)               __pick(<, a, b, __UNIQUE_ID(__a), __UNIQUE_ID(__b))
#define max(a, b)               __pick(>, a, b, __UNIQUE_ID(__a), __UNIQUE_ID(__b))
#define min_t(type, a, b)       min((type)(a), (type)(b))
#define max_t(type, a, b)       max((type)(a), (type)(b))
#define clamp(value, low, high) min((__typeof__(value))max(value, low), high)
#define __pick(op, a, b, value_a, value_b)                                                         \
	({                                                                                         \
		__typeof__(a) value_a = (a);                                                       \
		__typeof__(b) value_b = (b);                                                       \
		(void)sizeof((__typeof__(a) *)1 == (__typeof__(b) *)1);                            \
		value_a op value_b ? value_a : value_b;                                            \
	})

#define swap(a, b)                                                                                 \
	do {                                                                                       \
		__typeof__(a) __swapped = (a);                                                     \
		(a) = (b);                                                                         \
		(b) = __swapped;                                                                   \
	} while (0)

/* Whether a type of numbers has negative ones; a bool has not, for its -1 is 1. */
#define is_signed_type(type) ((type)-1 < (type)1)

/* Constant arithmetic. `step` is a power of two in the ALIGN family; the value's type is kept. */
// clang-format off
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define ALIGN_DOWN(value, step) ((value) & ~((__typeof__(value))(step) - 1))
#define ALIGN_UP(value, step) ALIGN_DOWN((value) + ((__typeof__(value))(step) - 1), step)
#define ALIGN(value, step) ALIGN_UP(value, step)
#define IS_ALIGNED(value, step) (((value) & ((__typeof__(value))(step) - 1)) == 0)
// clang-format on
#define PTR_ALIGN(pointer, step) ((__typeof__(pointer))ALIGN((unsigned long)(pointer), (step)))
#define BIT(n)                   (1UL << (n))
#define BIT_ULL(n)               (1ULL << (n))
#define BIT_MASK(n)              (1UL << ((n) % BITS_PER_LONG))
#define BIT_WORD(n)              ((n) / BITS_PER_LONG)
#define GENMASK_ULL(high, low)   GENMASK(high, low)
#define GENMASK(high, low)       ((~0UL >> (BITS_PER_LONG - 1 - (high))) & (~0UL << (low)))
#define BITS_PER_BYTE            8
#define BITS_PER_TYPE(type)      (sizeof(type) * BITS_PER_BYTE)
#define BITS_PER_LONG            64

/* The compiler moves no memory access across this; the CPU still may. */
#define barrier() __asm__ __volatile__("" ::: "memory")

/*
 * One access, whole and exactly once, to a word that another CPU may touch at the same time. The
 * compiler may neither tear nor repeat nor drop it. It orders nothing else: barriers do that. A
 * type that the CPU cannot move in one instruction does not compile.
 */
#define READ_ONCE(word)                                                                            \
	({                                                                                         \
		__assert_one_access(word);                                                         \
		*(const volatile __typeof__(word) *)&(word);                                       \
	})
#define WRITE_ONCE(word, value)                                                                    \
	do {                                                                                       \
		__assert_one_access(word);                                                         \
		*(volatile __typeof__(word) *)&(word) = (value);                                   \
	} while (0)
#define __assert_one_access(word)                                                                  \
	static_assert(sizeof(word) == 1 || sizeof(word) == 2 || sizeof(word) == 4 ||               \
			      sizeof(word) == 8,                                                   \
		      "no single instruction reads or writes this type")
