/* rcu.h: readers that take no lock, and updaters that wait until the readers of what they replaced are gone.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. A reader does not sleep and is not preempted; it may be in any context, NMI included, and nest.
 *   2. It reads the pointer once, with rcu_dereference(), and uses what that gave inside the reader only.
 *   3. Readers do not keep updaters out, nor updaters each other: the latter take a lock of their own.
 *   4. An updater makes the new object ready, publishes it with rcu_assign_pointer(), and does not change
 *      what readers may look at any more: it replaces.
 *   5. What was replaced is freed after synchronize_rcu(), or by call_rcu() or kfree_rcu().
 *   6. synchronize_rcu() and rcu_barrier() sleep. Never inside a reader, which would wait for itself.
 *   7. A callback does not sleep. It may free its object, and may call call_rcu() again.
 *   8. A module ends with rcu_barrier(), or its callbacks run when it is gone.
 *   Theory: rcu.c. The lists: rculist.h. Readers that may sleep: sleep/srcu.h.
 */
#pragma once

#include <arch/barrier.h>
#include <arch/irqflags.h>

#include "kernel/base/bh.h"
#include "kernel/base/hooks.h"
#include "kernel/base/preempt.h"
#include "lib/types.h"

/* For the reader of a declaration: a pointer that readers may follow. */
#define __rcu

struct rcu_head;
typedef void (*rcu_callback_t)(struct rcu_head *head);

/* Stands in an object that will be freed, and belongs to RCU from call_rcu() until the callback. */
struct rcu_head {
	struct rcu_head *next;
	rcu_callback_t func;
#if CONFIG_CHECKED
	unsigned long queued; /* a mark while it is in a queue; anything else otherwise */
#endif
};

#if CONFIG_CHECKED
/* This CPU enters, or is about to leave, a reader at @where. The second returns whether it is in one; if not, that
 * is reported, and the caller does nothing. */
void rcu_note_enter(unsigned long where);
bool rcu_note_leave(unsigned long where);
/* Report, unless @fine: what is done at @where makes no sense there. */
void rcu_check(bool fine, const char *what, unsigned long where);
/* rcu_read_lock_held - whether this CPU is in a reader (in the fast profile: true). Any context. */
static inline bool rcu_read_lock_held(void)
{
	return READ_ONCE(this_cpu()->rcu_nesting) != 0;
}
#else
static inline void rcu_note_enter(unsigned long where)
{
}

static inline bool rcu_note_leave(unsigned long where)
{
	return true;
}

static inline bool rcu_read_lock_held(void)
{
	return true;
}

#define rcu_check(fine, what, where) ((void)sizeof(!(fine)))
#endif

/* The same of whatever holds grace periods up: preemption off for any reason does, interrupts off too. */
static inline bool rcu_read_lock_any_held(void)
{
	return !preemptible();
}

#define rcu_read_lock_sched_held() rcu_read_lock_any_held()
#define rcu_read_lock_bh_held()    rcu_read_lock_any_held()

/*
 * rcu_read_lock, rcu_read_unlock - begin and end a reader: what it finds by rcu_dereference() is not
 * reclaimed before its end. One instruction, and two. Never sleep; the end may switch threads, if that
 * became wanted meanwhile. Any context.
 * _sched - the same by another name: for readers whose updaters count on preemption being off.
 * _bh - the same, and no softirq runs on this CPU meanwhile.
 */
static __always_inline void rcu_read_lock(void)
{
	preempt_disable();
	rcu_note_enter(_THIS_IP_);
}

static __always_inline void rcu_read_unlock(void)
{
	if (likely(rcu_note_leave(_THIS_IP_)))
		preempt_enable();
}

static __always_inline void rcu_read_lock_sched(void)
{
	rcu_read_lock();
}

static __always_inline void rcu_read_unlock_sched(void)
{
	rcu_read_unlock();
}

static __always_inline void rcu_read_lock_bh(void)
{
	local_bh_disable();
	rcu_read_lock();
}

static __always_inline void rcu_read_unlock_bh(void)
{
	rcu_read_unlock();
	local_bh_enable();
}

/*
 * rcu_dereference - read the pointer @p once, to follow it inside this reader. What the object held when
 *   it was published is there: the load of the pointer comes before the loads through it, on x86 and on
 *   every machine but Alpha without a barrier, as long as the compiler reads it once.
 * _check(p, c) - or where @c says that it cannot change; _protected(p, c) - only there: by updaters.
 * _raw - without a check. rcu_access_pointer - only to compare it, not to follow it: needs no reader.
 * Never sleep. Any context. Checked: report that this is outside of a reader, and @c is false.
 */
#define rcu_dereference_raw(p) READ_ONCE(p)
#define rcu_access_pointer(p)  READ_ONCE(p)
#define rcu_dereference_check(p, c)                                                                \
	({                                                                                         \
		rcu_check((c) || rcu_read_lock_any_held(), "rcu_dereference() of " #p, _THIS_IP_); \
		READ_ONCE(p);                                                                      \
	})
#define rcu_dereference_protected(p, c)                                                            \
	({                                                                                         \
		rcu_check((c), "rcu_dereference_protected() of " #p " where not " #c, _THIS_IP_);  \
		READ_ONCE(p);                                                                      \
	})
#define rcu_dereference(p)                rcu_dereference_check(p, false)
#define rcu_dereference_bh(p)             rcu_dereference_check(p, false)
#define rcu_dereference_sched(p)          rcu_dereference_check(p, false)
#define rcu_dereference_bh_check(p, c)    rcu_dereference_check(p, c)
#define rcu_dereference_sched_check(p, c) rcu_dereference_check(p, c)
#define rcu_pointer_handoff(p)            (p)
#define unrcu_pointer(p)                  (p)
#define RCU_LOCKDEP_WARN(c, s)            rcu_check(!(c), (s), _THIS_IP_)

/*
 * rcu_assign_pointer - publish @v: whoever finds it finds what was stored in it before [P].
 * RCU_INIT_POINTER - the same where no order is needed: NULL, or nobody can look yet.
 * rcu_replace_pointer - publish @v and return what was there; @c as in rcu_dereference_protected().
 * Never sleep. Any context; caller keeps other updaters out.
 */
#define rcu_assign_pointer(p, v)      smp_store_release(&(p), (typeof(p))(v))
#define RCU_INIT_POINTER(p, v)        WRITE_ONCE(p, (typeof(p))(v))
#define RCU_INITIALIZER(v)            (v)
#define RCU_POINTER_INITIALIZER(p, v) .p = (v)
#define rcu_replace_pointer(p, v, c)                                                               \
	({                                                                                         \
		typeof(p) __old = rcu_dereference_protected(p, c);                                 \
		rcu_assign_pointer(p, v);                                                          \
		__old;                                                                             \
	})

/*
 * synchronize_rcu - wait until every reader that was under way at the call has ended.
 * synchronize_rcu_expedited - the same sooner: CPUs that are busy are interrupted at once.
 * Sleep. Thread context, outside of readers. Full barriers: who sees what the caller stored afterwards
 * sees no such reader still at work.
 */
void synchronize_rcu(void);
void synchronize_rcu_expedited(void);

/*
 * get_state_synchronize_rcu - a cookie for the moment of the call; start_poll_ - and begin a grace period.
 * poll_state_synchronize_rcu - whether every reader that was under way then has ended.
 * cond_synchronize_rcu - wait until that is so. Sleeps if it is not; thread context, outside of readers.
 * The others never sleep; any context but NMI.
 */
unsigned long get_state_synchronize_rcu(void);
unsigned long start_poll_synchronize_rcu(void);
bool poll_state_synchronize_rcu(unsigned long cookie);
void cond_synchronize_rcu(unsigned long cookie);

/*
 * call_rcu - call @func(@head) when every reader that is under way now has ended: in a thread of RCU's,
 *   with preemption off, after those that were queued on this CPU before. @head is RCU's until then.
 *   call_rcu_hurry is the same.
 * Never sleeps. Any context but NMI, interrupts on or off, spinlocks held or not; not with a run queue's
 * lock or a thread's wake_lock held, because it may wake the thread. Checked: does nothing but
 * report it when @head is queued.
 */
void call_rcu(struct rcu_head *head, rcu_callback_t func);
#define call_rcu_hurry(head, func) call_rcu(head, func)

/*
 * rcu_barrier - wait until every callback that was queued before the call, on any CPU, has returned.
 * Sleeps. Thread context, outside of readers and of callbacks.
 */
void rcu_barrier(void);

/*
 * kfree_rcu(ptr, member) - kfree(@ptr) when every reader that is under way now has ended; @member is
 *   its rcu_head. Never sleeps; context as for call_rcu().
 * kfree_rcu(ptr), kfree_rcu_mightsleep(ptr) - the same for an object without one. May sleep.
 * Either does nothing when @ptr is NULL.
 */
#define kfree_rcu(...)                        __KFREE_RCU(__VA_ARGS__, __kfree_rcu_head, __kfree_rcu_plain)(__VA_ARGS__)
#define kfree_rcu_mightsleep(ptr)             kfree_rcu_sleep(ptr)
#define kvfree_rcu(...)                       kfree_rcu(__VA_ARGS__)
#define kvfree_rcu_mightsleep(ptr)            kfree_rcu_sleep(ptr)
#define __KFREE_RCU(ptr, member, chosen, ...) chosen
#define __kfree_rcu_plain(ptr)                kfree_rcu_sleep(ptr)
#define __kfree_rcu_head(ptr, member)                                                              \
	do {                                                                                       \
		typeof(ptr) __object = (ptr);                                                      \
		static_assert(offsetof(typeof(*__object), member) < KFREE_RCU_OFFSETS);            \
		if (__object)                                                                      \
			kfree_rcu_at(&__object->member, offsetof(typeof(*__object), member));      \
	} while (0)

#define KFREE_RCU_OFFSETS 4096 /* page 0 is not mapped: no function has an address below this */
void kfree_rcu_at(struct rcu_head *head, size_t offset);
void kfree_rcu_sleep(const void *ptr);

/* Linux's notes for its object debugger: here call_rcu() needs no preparation. */
static inline void init_rcu_head(struct rcu_head *head)
{
}

static inline void destroy_rcu_head(struct rcu_head *head)
{
}

#define init_rcu_head_on_stack(head)    init_rcu_head(head)
#define destroy_rcu_head_on_stack(head) destroy_rcu_head(head)

/*
 * What RCU has done, for tests and reports. Old at once. Any context.
 * rcu_grace_periods - those that have ended. rcu_looks - how often one looked and found readers.
 */
unsigned long rcu_grace_periods(void);
unsigned long rcu_looks(void);

/* The grace period that waited too long: which CPU held it up, and what that did. */
struct rcu_stall {
	unsigned long reports; /* how many so far; the rest is of the last one */
	u32 cpu;
	int pid;
	unsigned long where; /* where its reader begins; 0: not known (fast profile, or no reader) */
};

struct rcu_stall rcu_last_stall(void);

/* rcu_set_stall_limit - report a grace period after @ns, and again each @ns. Any context. */
void rcu_set_stall_limit(u64 ns);

/* rcu_init - start RCU's threads. rcu_callbacks_init - its part. Boot thread, the scheduler up. */
void rcu_init(void);
void rcu_callbacks_init(void);
