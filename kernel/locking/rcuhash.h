/* rcuhash.h: the forms of lib/hashtable.h for RCU's readers.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/rculist.h"
#include "lib/hashtable.h"

/*
 * hash_add_rcu, hash_del_rcu - like hash_add() and hash_del() while RCU readers walk; what was removed is freed after
 *   a grace period. The writers' lock is held.
 * hash_for_each_rcu, hash_for_each_possible_rcu - the walks, by an RCU reader.
 */
#define hash_add_rcu(table, node, key) hlist_add_head_rcu(node, hash_chain(table, key))
#define hash_del_rcu(node)             hlist_del_init_rcu(node)

#define hash_for_each_rcu(table, bucket, element, member)                                          \
	for ((bucket) = 0, element = NULL; !element && (size_t)(bucket) < HASH_SIZE(table);        \
	     (bucket)++)                                                                           \
	hlist_for_each_entry_rcu(element, &(table)[bucket], member)

#define hash_for_each_possible_rcu(table, element, member, key, ...)                               \
	hlist_for_each_entry_rcu(element, hash_chain(table, key), member, ##__VA_ARGS__)
