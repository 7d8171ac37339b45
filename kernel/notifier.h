/* notifier.h: chains of callbacks that are told of events.
 * SPDX-License-Identifier: MIT
 *
 * Blocks are called in the order of their priorities, the highest first, and of their registration among equals.
 * The value that one returns goes to the caller of the chain; with NOTIFY_STOP_MASK in it no other is called.
 *
 * RULES
 *   1. atomic: called in any context; its callbacks never sleep. Registering never sleeps; unregistering waits for
 *      callers that are under way, and so sleeps.
 *   2. blocking: called in threads; its callbacks may sleep. Registering waits for callers, too: a callback may not
 *      register or unregister on its own chain.
 *   3. raw: nothing is locked; whoever uses it does that.
 */
#pragma once

#include "kernel/locking/rcu.h"
#include "kernel/locking/sleep/rwsem.h"
#include "kernel/locking/spin/spinlock.h"

struct notifier_block;
typedef int (*notifier_fn_t)(struct notifier_block *block, unsigned long action, void *data);

/* Belongs to the chain from when it is registered until it is unregistered. */
struct notifier_block {
	notifier_fn_t notifier_call;
	struct notifier_block *next; /* the chain's */
	int priority;
};

struct atomic_notifier_head {
	spinlock_t lock; /* of who changes it; callers are RCU readers */
	struct notifier_block *head;
};

struct blocking_notifier_head {
	struct rw_semaphore rwsem;
	struct notifier_block *head;
};

struct raw_notifier_head {
	struct notifier_block *head;
};

// clang-format off
#define ATOMIC_NOTIFIER_INIT(name)   { .lock = SPIN_LOCK_UNLOCKED((name).lock), .head = NULL }
#define BLOCKING_NOTIFIER_INIT(name) { .rwsem = __RWSEM_INITIALIZER((name).rwsem), .head = NULL }
#define RAW_NOTIFIER_INIT(name)      { .head = NULL }
// clang-format on

#define ATOMIC_NOTIFIER_HEAD(name) struct atomic_notifier_head name = ATOMIC_NOTIFIER_INIT(name)
#define BLOCKING_NOTIFIER_HEAD(name)                                                               \
	struct blocking_notifier_head name = BLOCKING_NOTIFIER_INIT(name)
#define RAW_NOTIFIER_HEAD(name) struct raw_notifier_head name = RAW_NOTIFIER_INIT(name)

#define ATOMIC_INIT_NOTIFIER_HEAD(chain)                                                           \
	do {                                                                                       \
		spin_lock_init(&(chain)->lock);                                                    \
		(chain)->head = NULL;                                                              \
	} while (0)
#define BLOCKING_INIT_NOTIFIER_HEAD(chain)                                                         \
	do {                                                                                       \
		init_rwsem(&(chain)->rwsem);                                                       \
		(chain)->head = NULL;                                                              \
	} while (0)
#define RAW_INIT_NOTIFIER_HEAD(chain) ((void)((chain)->head = NULL))

#define NOTIFY_DONE      0x0000 /* not interested */
#define NOTIFY_OK        0x0001
#define NOTIFY_STOP_MASK 0x8000
#define NOTIFY_BAD       (NOTIFY_STOP_MASK | 0x0002)
#define NOTIFY_STOP      (NOTIFY_STOP_MASK | NOTIFY_OK)

/* An error as such a value, which stops, and back; 0 is NOTIFY_OK. */
static inline int notifier_from_errno(int error)
{
	return error ? NOTIFY_STOP_MASK | (NOTIFY_OK - error) : NOTIFY_OK;
}

static inline int notifier_to_errno(int value)
{
	value &= ~NOTIFY_STOP_MASK;
	return value > NOTIFY_OK ? NOTIFY_OK - value : 0;
}

/*
 * _register - add @block. Returns 0, or -EEXIST, with a warning, if it is in the chain already.
 * _unregister - take it out: on return nobody calls it. Returns 0, or -ENOENT if it is not there.
 * _call_chain - call the callbacks with @action and @data. Returns what the last one that was called returned,
 *   NOTIFY_DONE if there is none. Contexts: see the rules.
 */
int atomic_notifier_chain_register(struct atomic_notifier_head *chain,
				   struct notifier_block *block);
int blocking_notifier_chain_register(struct blocking_notifier_head *chain,
				     struct notifier_block *block);
int raw_notifier_chain_register(struct raw_notifier_head *chain, struct notifier_block *block);

int atomic_notifier_chain_unregister(struct atomic_notifier_head *chain,
				     struct notifier_block *block);
int blocking_notifier_chain_unregister(struct blocking_notifier_head *chain,
				       struct notifier_block *block);
int raw_notifier_chain_unregister(struct raw_notifier_head *chain, struct notifier_block *block);

int atomic_notifier_call_chain(struct atomic_notifier_head *chain, unsigned long action,
			       void *data);
int blocking_notifier_call_chain(struct blocking_notifier_head *chain, unsigned long action,
				 void *data);
int raw_notifier_call_chain(struct raw_notifier_head *chain, unsigned long action, void *data);
