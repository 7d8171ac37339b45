/* rcu_list.c: readers walk a list while a writer replaces its nodes: freed too early, and in time.
 * SPDX-License-Identifier: MIT
 *
 * What to learn: a reader under RCU takes no lock and stops no writer. The writer swings one pointer to the
 * new node, and readers find the one or the other. But who stands on the old node still reads it:
 *
 *      reader                              writer
 *      rcu_read_lock()
 *      p = the node with key 2
 *                                          list_replace_rcu(2, new 2)
 *                                          the wrong way: free the old 2 at once
 *      reads p->value: poison
 *                                          the right way: synchronize_rcu() waits here
 *      rcu_read_unlock()
 *                                          ... and returns: free the old 2
 *
 * The wrong way is right as long as no reader stands there, which is nearly always: that is what makes
 * the bug so hard to find. So the demo puts a reader there, and lets it go on when the writer is either
 * done or seen to be waiting. Nodes are not really freed here, but poisoned, and used again.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "demo.h"

#define NODES    4
#define THREADS  3  /* two read, the last one writes */
#define REPLACED 60 /* nodes, in the second half */
#define GOOD     1234
#define POISON   0xdead

struct node {
	int key;
	int value; /* GOOD, or POISON when it has been reclaimed */
	struct list_head list;
	struct rcu_head rcu;
};

static LIST_HEAD(nodes);
static DEFINE_SPINLOCK(writers); /* keeps writers apart; readers do not know of it */

static struct task_struct *threads[THREADS];
static DECLARE_COMPLETION(finished);
static atomic_t poison_seen = ATOMIC_INIT(0);
static atomic_t walks = ATOMIC_INIT(0), short_walks = ATOMIC_INIT(0);
static atomic_t reclaimed = ATOMIC_INIT(0); /* by callbacks */
static bool writing_over;

/* ---- One reader, held on a node ---- */

static bool standing, go_on; /* the reader stands on node 2; it may go on */
static int value_seen;

static struct node *find(int key)
{
	struct node *node;

	list_for_each_entry_rcu(node, &nodes, list)
	{
		if (node->key == key)
			return node;
	}
	return NULL;
}

static void stand_on_node(void)
{
	struct node *node;

	rcu_read_lock();
	node = find(2);
	WRITE_ONCE(standing, true);
	demo_spin(READ_ONCE(go_on));
	WRITE_ONCE(value_seen, READ_ONCE(node->value));
	rcu_read_unlock();
}

/* Put a new node in the place of the one with @key; returns the old one, on which readers may stand. */
static struct node *replace(int key)
{
	struct node *new = kmalloc(sizeof(*new), GFP_KERNEL);
	struct node *old;

	if (!new)
		return NULL;
	new->key = key;
	new->value = GOOD;
	spin_lock(&writers);
	list_for_each_entry(old, &nodes, list) {
		if (old->key == key)
			break;
	}
	list_replace_rcu(&old->list, &new->list);
	spin_unlock(&writers);
	return old;
}

static void reclaim(struct node *node)
{
	WRITE_ONCE(node->value, POISON);
}

static DECLARE_COMPLETION(reader_left);
static DECLARE_COMPLETION(writer_done);
static struct node *replaced;

static int reader_once(void *unused)
{
	stand_on_node();
	complete(&reader_left);
	demo_wait_for_stop();
	return 0;
}

static int writer_once(void *wait)
{
	replaced = replace(2);
	if (wait)
		synchronize_rcu();
	reclaim(replaced);
	complete(&writer_done);
	demo_wait_for_stop();
	return 0;
}

/* The order of the picture above, made sure. Returns what the reader read. */
static int read_while_replaced(bool wait)
{
	struct task_struct *reader, *writer;

	standing = go_on = false;
	reader = kthread_create(reader_once, NULL, "reader");
	writer = kthread_create(writer_once, (void *)(unsigned long)wait, "writer");
	if (!demo_check(!IS_ERR(reader) && !IS_ERR(writer)))
		return 0;
	wake_up_process(reader);
	demo_check(demo_wait(READ_ONCE(standing)));
	wake_up_process(writer);
	if (wait)
		demo_check(demo_wait(demo_asleep(writer)));
	else
		wait_for_completion(&writer_done);
	WRITE_ONCE(go_on, true);
	wait_for_completion(&reader_left);
	if (wait)
		wait_for_completion(&writer_done);
	kthread_stop(reader);
	kthread_stop(writer);
	demo_check(replaced->value == POISON);
	kfree(replaced);
	return value_seen;
}

static void show_both_ways(void)
{
	int wrong = read_while_replaced(false);
	int right = read_while_replaced(true);

	pr_info("a reader stands on node 2, a writer replaces it.\n");
	pr_info("  reclaimed at once:             the reader reads %#x: that is poison.\n", wrong);
	pr_info("  reclaimed after a grace period: the reader reads %d: the node was whole.\n",
		right);
	demo_check(wrong == POISON);
	demo_check(right == GOOD);
}

/* ---- Two that walk, and one that replaces, all the time ---- */

static void walk(void)
{
	struct node *node;
	int found = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(node, &nodes, list)
	{
		found++;
		if (READ_ONCE(node->value) != GOOD)
			atomic_inc(&poison_seen);
		cpu_relax();
	}
	rcu_read_unlock();
	atomic_inc(&walks);
	if (found != NODES)
		atomic_inc(&short_walks);
}

static void reclaim_later(struct rcu_head *head)
{
	struct node *node = container_of(head, struct node, rcu);

	reclaim(node);
	kfree(node);
	atomic_inc(&reclaimed);
}

static void replace_on_and_on(void)
{
	for (int i = 0; i < REPLACED; i++) {
		struct node *old = replace(i % NODES);

		if (demo_check(old))
			call_rcu(&old->rcu, reclaim_later);
		usleep_range(100, 200);
	}
	WRITE_ONCE(writing_over, true);
}

static int run_thread(void *number)
{
	if ((unsigned long)number == THREADS - 1)
		replace_on_and_on();
	else
		while (!READ_ONCE(writing_over)) {
			walk();
			yield();
		}
	complete(&finished);
	demo_wait_for_stop();
	return 0;
}

/* ---- The module ---- */

static void free_nodes(void)
{
	struct node *node, *next;

	list_for_each_entry_safe(node, next, &nodes, list) {
		list_del(&node->list);
		kfree(node);
	}
}

static int __init rcu_list_init(void)
{
	int error;

	for (int key = 0; key < NODES; key++) {
		struct node *node = kmalloc(sizeof(*node), GFP_KERNEL);

		if (!node) {
			free_nodes();
			return -ENOMEM;
		}
		node->key = key;
		node->value = GOOD;
		list_add_tail_rcu(&node->list, &nodes);
	}
	error = demo_create(threads, THREADS, run_thread, "rcu");
	if (error)
		free_nodes();
	return error;
}

static void __exit rcu_list_exit(void)
{
	if (num_online_cpus() > 1)
		show_both_ways();
	else
		pr_info("with one CPU no writer runs while a reader does. Try SMP=4.\n");
	demo_wake(threads, THREADS);
	demo_wait_for(&finished, THREADS);
	demo_stop(threads, THREADS);
	rcu_barrier();
	pr_info("two readers walked %d times while %d nodes were replaced under them, without a lock:\n",
		atomic_read(&walks), REPLACED);
	pr_info("  all %d nodes in every walk: %s; poison read: %d; reclaimed by callbacks: %d.\n",
		NODES, atomic_read(&short_walks) ? "no" : "yes", atomic_read(&poison_seen),
		atomic_read(&reclaimed));
	demo_check(atomic_read(&walks) > 0);
	demo_check(atomic_read(&short_walks) == 0);
	demo_check(atomic_read(&poison_seen) == 0);
	demo_check(atomic_read(&reclaimed) == REPLACED);
	free_nodes();
}

module_init(rcu_list_init);
module_exit(rcu_list_exit);
DEMO("RCU: freed at once it is poison, after a grace period not", THREADS);
MODULE_LICENSE("Dual MIT/GPL");
