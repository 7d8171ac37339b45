/* cmpxchg.h: exchange, and compare and exchange, of any object of 1, 2, 4 or 8 bytes.
 * SPDX-License-Identifier: MIT
 *
 * Names and orders are Linux's: all are fully ordered. xchg with memory is locked with or without a
 * prefix, and a locked instruction is a full barrier (Intel SDM vol. 3A, 9.2.5), so the forms that
 * ask for less order are the same instruction.
 * cmpxchg takes a LOCK and writes whether or not it finds what it expects; whoever spins with it
 * reads first.
 */
#pragma once

#include "lib/instrument.h"
#include "lib/macros.h"
#include "lib/types.h"

/* Make *@p @v; the value is what it was. */
#define xchg(p, v)                                                                                 \
	({                                                                                         \
		typeof(*(p)) __x = (v);                                                            \
		__assert_one_access(__x);                                                          \
		__auto_type __at = (p);                                                            \
		instrument_atomic_read_write((const void *)__at, sizeof(__x));                     \
		asm volatile("xchg %0, %1" : "+r"(__x), "+m"(*__at)::"memory");                    \
		__x;                                                                               \
	})

/* If *@p is @old make it @new; the value is what it was. */
#define cmpxchg(p, old, new) __cmpxchg("lock ", p, old, new)
#define __cmpxchg(lock, p, old, new)                                                               \
	({                                                                                         \
		typeof(*(p)) __o = (old);                                                          \
		typeof(*(p)) __n = (new);                                                          \
		__assert_one_access(__o);                                                          \
		__auto_type __at = (p);                                                            \
		instrument_atomic_read_write((const void *)__at, sizeof(__o));                     \
		asm volatile(lock "cmpxchg %2, %1"                                                 \
			     : "+a"(__o), "+m"(*__at)                                              \
			     : "r"(__n)                                                            \
			     : "memory", "cc");                                                    \
		__o;                                                                               \
	})

/* If *@p is *@oldp make it @new: the value is true; else put what it is in *@oldp: false. */
#define try_cmpxchg(p, oldp, new) __try_cmpxchg("lock ", p, oldp, new)
#define __try_cmpxchg(lock, p, oldp, new)                                                          \
	({                                                                                         \
		typeof(*(p)) __n = (new);                                                          \
		bool __done;                                                                       \
		__assert_one_access(__n);                                                          \
		static_assert(sizeof(__n) == sizeof(*(oldp)), "two sizes of object");              \
		__auto_type __at = (p);                                                            \
		instrument_atomic_read_write((const void *)__at, sizeof(__n));                     \
		asm volatile(lock "cmpxchg %3, %0"                                                 \
			     : "+m"(*__at), "+a"(*(oldp)), "=@ccz"(__done)                         \
			     : "r"(__n)                                                            \
			     : "memory");                                                          \
		__done;                                                                            \
	})

#define xchg_relaxed        xchg
#define xchg_acquire        xchg
#define xchg_release        xchg
#define cmpxchg_relaxed     cmpxchg
#define cmpxchg_acquire     cmpxchg
#define cmpxchg_release     cmpxchg
#define try_cmpxchg_relaxed try_cmpxchg
#define try_cmpxchg_acquire try_cmpxchg
#define try_cmpxchg_release try_cmpxchg

/* On 8 bytes only. */
#define cmpxchg64(p, old, new)                                                                     \
	({                                                                                         \
		static_assert(sizeof(*(p)) == 8, "cmpxchg64() is for 8 bytes");                    \
		cmpxchg(p, old, new);                                                              \
	})

/* Without the LOCK: whole for this CPU's own interrupts, and for no other CPU. For data that only
 * this CPU writes. */
#define cmpxchg_local(p, old, new)      __cmpxchg("", p, old, new)
#define try_cmpxchg_local(p, oldp, new) __try_cmpxchg("", p, oldp, new)
