/* Hash tables of fixed size: arrays of 2^n chains. */
/* SPDX-License-Identifier: MIT */
#pragma once

#include "lib/hash.h"
#include "lib/hlist.h"
#include "lib/math.h"

/* A table is an array: it must be visible as one where these are used. Nothing here locks. */
#define DEFINE_HASHTABLE(name, bits)  struct hlist_head name[1 << (bits)] = { HLIST_HEAD_INIT }
#define DECLARE_HASHTABLE(name, bits) struct hlist_head name[1 << (bits)]

#define HASH_SIZE(table) ARRAY_SIZE(table)
#define HASH_BITS(table) ((unsigned int)ilog2(HASH_SIZE(table)))

/* The chain of `key`, a number. */
#define hash_min(key, bits)                                                                        \
	(sizeof(key) <= 4 ? hash_32((u32)(key), bits) : hash_64((u64)(key), bits))
#define hash_chain(table, key) (&(table)[hash_min(key, HASH_BITS(table))])

static inline void __hash_init(struct hlist_head *table, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++)
		INIT_HLIST_HEAD(&table[i]);
}

static inline bool __hash_empty(const struct hlist_head *table, unsigned int size)
{
	for (unsigned int i = 0; i < size; i++) {
		if (!hlist_empty(&table[i]))
			return false;
	}
	return true;
}

#define hash_init(table)           __hash_init(table, HASH_SIZE(table))
#define hash_empty(table)          __hash_empty(table, HASH_SIZE(table))
#define hash_add(table, node, key) hlist_add_head(node, hash_chain(table, key))

/* hash_hashed - whether the node is in a table. hash_del - take it out; then it is in none. */
static inline bool hash_hashed(const struct hlist_node *node)
{
	return !hlist_unhashed(node);
}

static inline void hash_del(struct hlist_node *node)
{
	hlist_del_init(node);
}

/*
 * Walks of all elements, and of those that may have `key`: others, too, whose hash is the same. In the
 * _safe forms the body may remove `element`, and `after` is a struct hlist_node * for scratch.
 */
#define hash_for_each(table, bucket, element, member)                                              \
	for ((bucket) = 0, element = NULL; !element && (size_t)(bucket) < HASH_SIZE(table);        \
	     (bucket)++)                                                                           \
		hlist_for_each_entry(element, &(table)[bucket], member)

#define hash_for_each_safe(table, bucket, after, element, member)                                  \
	for ((bucket) = 0, element = NULL; !element && (size_t)(bucket) < HASH_SIZE(table);        \
	     (bucket)++)                                                                           \
		hlist_for_each_entry_safe(element, after, &(table)[bucket], member)

#define hash_for_each_possible(table, element, member, key)                                        \
	hlist_for_each_entry(element, hash_chain(table, key), member)

#define hash_for_each_possible_safe(table, element, after, member, key)                            \
	hlist_for_each_entry_safe(element, after, hash_chain(table, key), member)
