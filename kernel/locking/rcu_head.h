/* rcu_head.h: what RCU and SRCU do alike with a callback: take it in, put a list in order, call.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/rcu.h"

/*
 * rcu_head_take_in - @head is to call @func, and is about to be queued, at @where. @func may be an offset
 *   as for kfree_rcu_at(). Returns whether it may be queued. Checked: not when it is queued already. Any context.
 * rcu_head_call - @head is in no queue any more: call its function, with softirqs off, or free what it
 *   is in. A function that changes the preempt count or the interrupt flag is reported. Thread context.
 * rcu_heads_in_order - put the list @newest, which begins with its newest, before @rest, the oldest
 *   first. Returns the list. Any context.
 * rcu_take_callbacks - what call_rcu() has queued on all CPUs, the oldest of each first. For RCU's thread, and the explorer.
 * rcu_func_check - whether @func, which @call is given at @where, is a function; if not, that is reported. Any context.
 * Never sleep.
 */
bool rcu_head_take_in(struct rcu_head *head, rcu_callback_t func, unsigned long where);
void rcu_head_call(struct rcu_head *head);
struct rcu_head *rcu_heads_in_order(struct rcu_head *newest, struct rcu_head *rest);
struct rcu_head *rcu_take_callbacks(void);
bool rcu_func_check(rcu_callback_t func, const char *call, unsigned long where);

/*
 * rcu_callbacks_begin - this thread is the one that calls back: call_rcu() wakes it. rcu_callbacks_turn - sleep until there is
 *   something to be done, and do that: one batch. Thread context; the second sleeps.
 */
void rcu_callbacks_begin(void);
void rcu_callbacks_turn(void);
