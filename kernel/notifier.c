/* notifier.c: chains of callbacks that are told of events.
 * SPDX-License-Identifier: MIT
 *
 * All three kinds are the same sorted list; who may walk it while it changes differs. Links are stored so that a
 * walker sees a block whole, whatever keeps the others out [N].
 */
#include "kernel/notifier.h"

#include "kernel/core/panic.h"
#include "lib/errno.h"

static int add(struct notifier_block **link, struct notifier_block *block)
{
	for (; *link && (*link)->priority >= block->priority; link = &(*link)->next) {
		if (WARN(*link == block, "notifier: %ps is registered already",
			 block->notifier_call))
			return -EEXIST;
	}
	block->next = *link;
	rcu_assign_pointer(*link, block); // [N] pairs with [N] in call()
	return 0;
}

static int take_out(struct notifier_block **link, struct notifier_block *block)
{
	for (; *link; link = &(*link)->next) {
		if (*link == block) {
			WRITE_ONCE(*link, block->next);
			return 0;
		}
	}
	return -ENOENT;
}

/* The next is looked up first: a callback of a raw chain may take its own block out. */
static int call(struct notifier_block *const *head, unsigned long action, void *data)
{
	struct notifier_block *block = smp_load_acquire(head), *next; // [N] pairs with [N] in add()
	int value = NOTIFY_DONE;

	for (; block && !(value & NOTIFY_STOP_MASK); block = next) {
		next = smp_load_acquire(&block->next); // [N]
		value = block->notifier_call(block, action, data);
	}
	return value;
}

int atomic_notifier_chain_register(struct atomic_notifier_head *chain, struct notifier_block *block)
{
	unsigned long flags;
	int error;

	spin_lock_irqsave(&chain->lock, flags);
	error = add(&chain->head, block);
	spin_unlock_irqrestore(&chain->lock, flags);
	return error;
}

int atomic_notifier_chain_unregister(struct atomic_notifier_head *chain,
				     struct notifier_block *block)
{
	unsigned long flags;
	int error;

	spin_lock_irqsave(&chain->lock, flags);
	error = take_out(&chain->head, block);
	spin_unlock_irqrestore(&chain->lock, flags);
	synchronize_rcu();
	return error;
}

int atomic_notifier_call_chain(struct atomic_notifier_head *chain, unsigned long action, void *data)
{
	int value;

	rcu_read_lock();
	value = call(&chain->head, action, data);
	rcu_read_unlock();
	return value;
}

int blocking_notifier_chain_register(struct blocking_notifier_head *chain,
				     struct notifier_block *block)
{
	int error;

	down_write(&chain->rwsem);
	error = add(&chain->head, block);
	up_write(&chain->rwsem);
	return error;
}

int blocking_notifier_chain_unregister(struct blocking_notifier_head *chain,
				       struct notifier_block *block)
{
	int error;

	down_write(&chain->rwsem);
	error = take_out(&chain->head, block);
	up_write(&chain->rwsem);
	return error;
}

int blocking_notifier_call_chain(struct blocking_notifier_head *chain, unsigned long action,
				 void *data)
{
	int value;

	down_read(&chain->rwsem);
	value = call(&chain->head, action, data);
	up_read(&chain->rwsem);
	return value;
}

int raw_notifier_chain_register(struct raw_notifier_head *chain, struct notifier_block *block)
{
	return add(&chain->head, block);
}

int raw_notifier_chain_unregister(struct raw_notifier_head *chain, struct notifier_block *block)
{
	return take_out(&chain->head, block);
}

int raw_notifier_call_chain(struct raw_notifier_head *chain, unsigned long action, void *data)
{
	return call(&chain->head, action, data);
}
