/* radix_tree_test.c: an xarray under its older names.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/radix_tree.h"

#include "kernel/test/test.h"

static int items[5];
static const unsigned long places[] = { 0, 5, 64, 4096, 1UL << 40 };

TEST(radix_tree)
{
	struct radix_tree_iter iter;
	void *found[8], **slot;
	RADIX_TREE(tree, GFP_KERNEL);
	unsigned int n = 0;

	EXPECT(radix_tree_empty(&tree));
	EXPECT_EQ(radix_tree_preload(GFP_KERNEL), 0);
	EXPECT(!preemptible());
	radix_tree_preload_end();
	for (int i = 4; i >= 0; i--)
		EXPECT_EQ(radix_tree_insert(&tree, places[i], &items[i]), 0);
	EXPECT_EQ(radix_tree_insert(&tree, 64, &items[0]), -EEXIST);
	EXPECT(radix_tree_lookup(&tree, 64) == &items[2] && !radix_tree_lookup(&tree, 63));
	EXPECT_EQ(radix_tree_gang_lookup(&tree, found, 1, 3), 3);
	EXPECT(found[0] == &items[1] && found[1] == &items[2] && found[2] == &items[3]);
	EXPECT_EQ(radix_tree_gang_lookup(&tree, found, 5, 8), 4);
	radix_tree_for_each_slot(slot, &tree, &iter, 1)
	{
		n++;
		EXPECT(iter.index == places[n] && radix_tree_deref_slot(slot) == &items[n]);
		if (n == 2)
			radix_tree_iter_delete(&tree, &iter, slot);
	}
	EXPECT_EQ(n, 4);
	EXPECT(!radix_tree_lookup(&tree, 64));
	EXPECT(!radix_tree_delete_item(&tree, 5, &items[0]));
	EXPECT(radix_tree_delete_item(&tree, 5, &items[1]) == &items[1]);
	EXPECT(!radix_tree_delete(&tree, 5) && radix_tree_delete(&tree, 0) == &items[0]);
	radix_tree_delete(&tree, 4096);
	radix_tree_delete(&tree, 1UL << 40);
	EXPECT(radix_tree_empty(&tree));
}
