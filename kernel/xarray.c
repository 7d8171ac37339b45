/* xarray.c: arrays of pointers with large gaps.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A tree of nodes of 64 slots. An index is cut into digits of 6 bits; a node at the height h (its shift is
 *   6h) is indexed by digit h, and its slots are nodes, or, at height 0, entries. The tree is as high as its largest
 *   index needs, and grows at the root:
 *
 *       head -> [ 0 | 1 | ... ]           shift 6: index / 64
 *                 |   `-> [ 64 | 65 ... ] shift 0
 *                 `-> [ 0 | 1 | ... | 63 ]
 *
 *   Writers hold xa_lock. Readers hold nothing, and are RCU readers: a node is filled before it is stored into its
 *   slot [X], and freed after a grace period. The nodes on a reader's way may be taken out meanwhile; then it sees
 *   what was there. A node without entries is taken out at once, so an empty tree is NULL.
 *
 *   There is no room kept for later: allocating is done under the lock, by GFP_ATOMIC.
 */
#include "kernel/xarray.h"

#include "lib/errno.h"

#define SHIFT  6
#define SLOTS  (1U << SHIFT)
#define HEIGHT (DIV_ROUND_UP(BITS_PER_LONG, SHIFT))

/* [I] set once  [x] under xa_lock, read by anybody */
struct xa_node {
	unsigned int shift; /* [I] */
	unsigned int count; /* [x] slots that are not NULL; readers do not look */
	void *slots[SLOTS]; /* [x] */
	struct rcu_head rcu;
};

/* Whether @index lies below @node, as the head. */
static bool covers(const struct xa_node *node, unsigned long index)
{
	return index >> node->shift < SLOTS;
}

static void **slot_of(struct xa_node *node, unsigned long index)
{
	return &node->slots[index >> node->shift & (SLOTS - 1)];
}

/* Reader, or writer. What is stored at @index, reserved too; *@shift is that of the node that had no way further. */
static void *look_up(struct xarray *xa, unsigned long index, unsigned int *shift)
{
	struct xa_node *node = smp_load_acquire(&xa->xa_head); // [X] pairs with [X] in put()
	void *entry = NULL;

	*shift = BITS_PER_LONG;
	if (!node || !covers(node, index))
		return NULL;
	for (;; node = entry) {
		entry = smp_load_acquire(slot_of(node, index)); // [X]
		*shift = node->shift;
		if (!entry || !node->shift)
			return entry;
	}
}

static void *visible(void *entry)
{
	return entry == XA_ZERO_ENTRY ? NULL : entry;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	unsigned int shift;
	void *entry;

	rcu_read_lock();
	entry = look_up(xa, index, &shift);
	rcu_read_unlock();
	return visible(entry);
}

/* Each look-up that finds nothing says how large the gap is at least, from a multiple of its size on. */
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max, unsigned int filter)
{
	unsigned long i = *index, next;
	unsigned int shift;
	void *entry;

	while (i <= max) {
		rcu_read_lock();
		entry = visible(look_up(xa, i, &shift));
		rcu_read_unlock();
		if (entry) {
			*index = i;
			return entry;
		}
		if (shift >= BITS_PER_LONG)
			return NULL;
		next = ((i >> shift) + 1) << shift;
		if (next <= i)
			return NULL;
		i = next;
	}
	return NULL;
}

void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max, unsigned int filter)
{
	unsigned long next = *index + 1;
	void *entry = next ? xa_find(xa, &next, max, filter) : NULL;

	if (entry)
		*index = next;
	return entry;
}

static struct xa_node *new_node(unsigned int shift)
{
	struct xa_node *node = kzalloc(sizeof(*node), GFP_ATOMIC);

	if (node)
		node->shift = shift;
	return node;
}

/* What a head that covers @index has at least. */
static unsigned int shift_for(unsigned long index)
{
	unsigned int shift = 0;

	while (index >> shift >= SLOTS)
		shift += SHIFT;
	return shift;
}

/* Writer. Returns whether the tree is high enough for @index. */
static bool grow(struct xarray *xa, unsigned long index)
{
	while (!xa->xa_head || !covers(xa->xa_head, index)) {
		struct xa_node *head = xa->xa_head, *node;

		node = new_node(head ? head->shift + SHIFT : shift_for(index));
		if (!node)
			return false;
		if (head) {
			node->slots[0] = head;
			node->count = 1;
		}
		smp_store_release(&xa->xa_head, node); // [X] pairs with [X] in look_up()
	}
	return true;
}

/* Writer. Take out the nodes on the way to @index that have nothing in them; from the lowest up. */
static void prune(struct xarray *xa, unsigned long index)
{
	struct xa_node *path[HEIGHT], *node = xa->xa_head;
	unsigned int n = 0;

	while (node) {
		path[n++] = node;
		node = node->shift ? *slot_of(node, index) : NULL;
	}
	for (; n && !path[n - 1]->count; n--) {
		if (n > 1) {
			WRITE_ONCE(*slot_of(path[n - 2], index), NULL);
			path[n - 2]->count--;
		} else {
			WRITE_ONCE(xa->xa_head, NULL);
		}
		kfree_rcu(path[n - 1], rcu);
	}
}

/* Writer. The slot of @index, with the way to it made; NULL: no memory. */
static void **make_slot(struct xarray *xa, unsigned long index, struct xa_node **leaf)
{
	struct xa_node *node;
	void **slot;

	if (!grow(xa, index))
		return NULL;
	for (node = xa->xa_head; node->shift; node = *slot) {
		slot = slot_of(node, index);
		if (*slot)
			continue;
		*leaf = new_node(node->shift - SHIFT);
		if (!*leaf)
			return NULL;
		smp_store_release(slot, *leaf); // [X] pairs with [X] in look_up()
		node->count++;
	}
	*leaf = node;
	return slot_of(node, index);
}

/* Writer. Returns 0 or -ENOMEM. NULL always succeeds. */
static int put(struct xarray *xa, unsigned long index, void *entry)
{
	struct xa_node *leaf;
	unsigned int shift;
	void **slot;
	int error = 0;

	if (!entry && !look_up(xa, index, &shift))
		return 0;
	slot = make_slot(xa, index, &leaf);
	if (slot) {
		leaf->count += (entry != NULL) - (*slot != NULL);
		smp_store_release(slot, entry); // [X] pairs with [X] in look_up()
	} else {
		error = -ENOMEM;
	}
	if (!slot || !leaf->count)
		prune(xa, index);
	return error;
}

void *__xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry, gfp_t flags)
{
	unsigned int shift;
	void *was = look_up(xa, index, &shift);
	int error;

	if (was != old)
		return visible(was);
	error = put(xa, index, entry);
	return error ? ERR_PTR(error) : visible(was);
}

void *__xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t flags)
{
	unsigned int shift;

	return __xa_cmpxchg(xa, index, look_up(xa, index, &shift), entry, flags);
}

void *__xa_erase(struct xarray *xa, unsigned long index)
{
	return __xa_store(xa, index, NULL, 0);
}

bool __xa_is_used(struct xarray *xa, unsigned long index)
{
	unsigned int shift;

	return look_up(xa, index, &shift) != NULL;
}

int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t flags)
{
	if (__xa_is_used(xa, index))
		return -EBUSY;
	return put(xa, index, entry ?: XA_ZERO_ENTRY);
}

/* Writer. The lowest free index from @i to @max goes to *@id. A full leaf is passed in one step. */
static bool find_free(struct xarray *xa, u64 i, u32 max, u32 *id)
{
	for (; i <= max; i++) {
		struct xa_node *node = xa->xa_head;

		if (node && !covers(node, i))
			node = NULL;
		while (node && node->shift)
			node = *slot_of(node, i);
		if (node && node->count == SLOTS) {
			i |= SLOTS - 1;
		} else if (!node || !*slot_of(node, i)) {
			*id = (u32)i;
			return true;
		}
	}
	return false;
}

int __xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, gfp_t flags)
{
	u32 min = limit.min, free;
	int error;

	if (!min && (xa->xa_flags & XA_FLAGS_ALLOC1))
		min = 1;
	if (!find_free(xa, min, limit.max, &free))
		return -EBUSY;
	error = put(xa, free, entry ?: XA_ZERO_ENTRY);
	if (!error)
		*id = free;
	return error;
}

int __xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit, u32 *next,
		      gfp_t flags)
{
	struct xa_limit rest = { .min = max(limit.min, *next), .max = limit.max };
	int error = __xa_alloc(xa, id, entry, rest, flags), again = 0;

	if (error == -EBUSY && rest.min > limit.min) {
		error = __xa_alloc(xa, id, entry, limit, flags);
		again = 1;
	}
	if (error)
		return error;
	*next = *id + 1;
	return again;
}

void xa_destroy(struct xarray *xa)
{
	unsigned long index = 0, flags;
	unsigned int shift;

	xa_lock_irqsave(xa, flags);
	while (xa->xa_head) {
		// The lowest leaf that there is: empty it, and the rest follows.
		while (!look_up(xa, index, &shift))
			index = ((index >> shift) + 1) << shift;
		put(xa, index, NULL);
	}
	xa_unlock_irqrestore(xa, flags);
}
