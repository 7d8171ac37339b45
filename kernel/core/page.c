/* page.c: memory by the page: a buddy system.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   Free memory is kept in blocks of 2^order pages that begin at a multiple of their size. Two
 *   blocks of one order whose addresses differ in that order's bit alone are buddies: together they
 *   are the block of the next order from which they were split.
 *
 *       order 2   |               0                |   to allocate a page of this free block:
 *       order 1   |       0       |       2        |   split it, free its upper half (2, order 1);
 *       order 0   |   0   |   1   |   2   |   3    |   split 0, free its upper half (1, order 0)
 *
 *   To free is the same backward: while the buddy is free too, and whole, the two become one. Both
 *   take at most PAGE_MAX_ORDER steps, and no search.
 *
 *   What the allocator knows of a page is in its struct page and not in the page, so a stray write
 *   to a free page destroys nothing but that page. A region of RAM has its entries in a row; holes
 *   between regions have none, and cost nothing. A buddy that lies outside the region is no page.
 *
 *   One raw spinlock guards it all; it is held for a few steps, with interrupts off. Nothing here
 *   sleeps: memory that is not there is reported, and the caller deals with it.
 *   It does not: cache pages by CPU, move pages, or ever map or unmap anything.
 *   Source: Knowlton, "A fast storage allocator", CACM 1965; Knuth, TAOCP vol. 1, 2.5.
 */
#include "kernel/core/page.h"

#include "kernel/core/page_boot.h"
#include "kernel/core/panic.h"
#include "kernel/locking/spin/raw_spinlock.h"
#include "lib/list.h"
#include "lib/string.h"

/* What is written at the beginning of a free page (checked): it shows whether somebody kept it. */
#define PAGE_POISON       0x6b6b6b6b6b6b6b6bUL
#define PAGE_POISON_WORDS 8

/* [q] under page_lock  [I] set by page_add_region()  [o] the block's owner, if there is one */
struct page {
	struct list_head link; /* [q] in the free list of its order */
	void *owner;           /* [o] see page_set_owner() */
	u16 region;            /* [I] an index into regions[] */
	u8 order;              /* [q] of the block that begins here */
	u8 state;              /* [q] enum page_state */
	bool poisoned;         /* [q] PAGE_POISON was written at its beginning */
};

enum page_state {
	PAGE_INSIDE, /* of a block that begins before it, or not the allocator's */
	PAGE_FREE,   /* the first of a free block */
	PAGE_USED,   /* the first of an allocated block */
};

/* [I] A stretch of RAM without holes, and its entries. */
struct region {
	unsigned long start, end;
	struct page *pages;
};

static struct region regions[PAGE_REGIONS_MAX]; /* [I] sorted */
static u32 n_regions;                           /* [I] */

static raw_spinlock_t page_lock = RAW_SPIN_LOCK_UNLOCKED;
static struct list_head free_blocks[PAGE_MAX_ORDER + 1]; /* [q] */
static size_t n_free;                                    /* [q] pages */
static size_t n_total;                                   /* [I] pages that were ever free */

/* ---- From an address to its entry and back --------------------------------------------------- */

/* The entry of the page that @address lies in, or NULL where there is no RAM. */
static struct page *page_at(unsigned long address)
{
	u32 low = 0, high = n_regions;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (address < regions[middle].start)
			high = middle;
		else if (address >= regions[middle].end)
			low = middle + 1;
		else
			return regions[middle].pages +
			       ((address - regions[middle].start) >> PAGE_SHIFT);
	}
	return NULL;
}

static unsigned long page_address(const struct page *page)
{
	const struct region *region = &regions[page->region];

	return region->start + ((unsigned long)(page - region->pages) << PAGE_SHIFT);
}

/* ---- The buddy system. Caller holds page_lock. ----------------------------------------------- */

static void block_insert(struct page *page, unsigned int order)
{
	page->order = (u8)order;
	page->state = PAGE_FREE;
	list_add(&page->link, &free_blocks[order]);
}

/* The free block with which the one at @page makes one of the next order, or NULL. */
static struct page *block_buddy(const struct page *page, unsigned int order)
{
	struct page *buddy = page_at(page_address(page) ^ (PAGE_SIZE << order));

	if (!buddy || buddy->region != page->region || buddy->state != PAGE_FREE ||
	    buddy->order != order)
		return NULL;
	return buddy;
}

static void block_free(struct page *page, unsigned int order)
{
	struct page *buddy;

	page->state = PAGE_INSIDE;
	for (; order < PAGE_MAX_ORDER && (buddy = block_buddy(page, order)); order++) {
		list_del(&buddy->link);
		buddy->state = PAGE_INSIDE;
		page = min(page, buddy);
	}
	block_insert(page, order);
}

static struct page *block_alloc(unsigned int order)
{
	unsigned int found = order;
	struct page *page;

	while (found <= PAGE_MAX_ORDER && list_empty(&free_blocks[found]))
		found++;
	if (found > PAGE_MAX_ORDER)
		return NULL;
	page = list_first_entry(&free_blocks[found], struct page, link);
	list_del(&page->link);
	while (found > order) {
		found--;
		block_insert(page + (1UL << found), found);
	}
	page->order = (u8)order;
	page->state = PAGE_USED;
	return page;
}

/* ---- Checks (checked profile) ---------------------------------------------------------------- */

/* Caller owns the block. */
static void poison(struct page *page, unsigned int order)
{
	unsigned long *words = (unsigned long *)page_address(page);

	for (size_t i = 0; i < 1UL << order; i++, words += PAGE_SIZE / sizeof(*words)) {
		for (u32 n = 0; n < PAGE_POISON_WORDS; n++)
			words[n] = PAGE_POISON;
		page[i].poisoned = true;
	}
}

/* Somebody wrote into free pages. They are in use from here on, so that does no more harm: report the first word. */
static void poison_verify(struct page *page, unsigned int order)
{
	bool fine = true;
	const unsigned long *words = (const unsigned long *)page_address(page);

	for (size_t i = 0; i < 1UL << order; i++, words += PAGE_SIZE / sizeof(*words)) {
		for (u32 n = 0; page[i].poisoned && n < PAGE_POISON_WORDS; n++) {
			if (fine && words[n] != PAGE_POISON)
				misuse(NULL,
				       "page %px was written to after it was freed: %lx at byte %zu",
				       words, words[n], n * sizeof(*words));
			fine = fine && words[n] == PAGE_POISON;
		}
		page[i].poisoned = false;
	}
}

/* What is wrong with freeing @address, or NULL. Caller holds page_lock. */
static const char *free_fault(const struct page *page, unsigned long address, unsigned int order)
{
	if (!page || !IS_ALIGNED(address, PAGE_SIZE))
		return "it is no page of memory";
	if (page->state == PAGE_FREE)
		return "it is free already";
	if (page->state != PAGE_USED)
		return "no allocated block begins there";
	if (page->order != order)
		return "it was allocated with another order";
	return NULL;
}

/* ---- What others call ------------------------------------------------------------------------ */

void *page_alloc(unsigned int order)
{
	unsigned long flags;
	struct page *page;

	raw_spin_lock_irqsave(&page_lock, flags);
	page = block_alloc(order);
	if (page)
		n_free -= 1UL << order;
	raw_spin_unlock_irqrestore(&page_lock, flags);
	if (!page)
		return NULL;
	if (CONFIG_CHECKED)
		poison_verify(page, order);
	return (void *)page_address(page);
}

void page_free(void *at, unsigned int order)
{
	struct page *page = page_at((unsigned long)at);
	const char *fault = NULL;
	unsigned long flags;

	raw_spin_lock_irqsave(&page_lock, flags);
	if (CONFIG_CHECKED)
		fault = free_fault(page, (unsigned long)at, order);
	if (!fault) {
		if (CONFIG_CHECKED)
			poison(page, order);
		for (size_t i = 0; i < 1UL << order; i++)
			WRITE_ONCE(page[i].owner, NULL);
		block_free(page, order);
		n_free += 1UL << order;
	}
	raw_spin_unlock_irqrestore(&page_lock, flags);
	// Only now, so that a test of this can go on afterwards.
	if (fault)
		misuse(NULL, "page_free(%px, order %u): %s", at, order, fault);
}

size_t page_free_count(void)
{
	return READ_ONCE(n_free);
}

size_t page_total_count(void)
{
	return n_total;
}

void page_set_owner(void *at, void *owner)
{
	struct page *page = page_at((unsigned long)at);

	for (size_t i = 0; i < 1UL << page->order; i++)
		WRITE_ONCE(page[i].owner, owner);
}

void *page_owner(const void *address)
{
	const struct page *page = page_at((unsigned long)address);

	return page ? READ_ONCE(page->owner) : NULL;
}

int page_order(const void *at)
{
	const struct page *page = page_at((unsigned long)at);

	if (!page || !IS_ALIGNED((unsigned long)at, PAGE_SIZE) ||
	    READ_ONCE(page->state) != PAGE_USED)
		return -1;
	return READ_ONCE(page->order);
}

/* The first used block of @region that begins at @address or behind it, or NULL. */
static void *next_used_in(const struct region *region, unsigned long address)
{
	unsigned long at = max(region->start, ALIGN_UP(address, PAGE_SIZE));

	for (; at < region->end; at += PAGE_SIZE) {
		if (page_order((void *)at) >= 0)
			return (void *)at;
	}
	return NULL;
}

void *page_next_used(const void *address)
{
	void *found = NULL;

	for (u32 i = 0; i < n_regions && !found; i++)
		found = next_used_in(&regions[i], (unsigned long)address + 1);
	return found;
}

/* ---- What page_boot.c calls ------------------------------------------------------------------ */

size_t page_entries_size(size_t pages)
{
	return pages * sizeof(struct page);
}

void page_add_region(unsigned long start, unsigned long end, void *entries)
{
	size_t pages = (end - start) >> PAGE_SHIFT;
	struct page *page = entries;

	memset(page, 0, page_entries_size(pages));
	for (size_t i = 0; i < pages; i++)
		page[i].region = (u16)n_regions;
	regions[n_regions++] = (struct region){ start, end, page };
}

void page_add_range(unsigned long from, unsigned long end)
{
	if (n_total == 0) {
		for (u32 order = 0; order <= PAGE_MAX_ORDER; order++)
			INIT_LIST_HEAD(&free_blocks[order]);
	}
	// From the top, so that low memory is handed out first: at the top of RAM the firmware has run,
	// and an emulator goes on treating stores to pages that it once executed as changes of code.
	while (from < end) {
		unsigned int order = PAGE_MAX_ORDER;

		while (!IS_ALIGNED(end, PAGE_SIZE << order) || end - from < PAGE_SIZE << order)
			order--;
		end -= PAGE_SIZE << order;
		block_free(page_at(end), order);
		n_free += 1UL << order;
		n_total += 1UL << order;
	}
}
