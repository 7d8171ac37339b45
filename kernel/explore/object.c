/* object.c: memory that a scenario's threads free, and who touches it afterwards.
 * SPDX-License-Identifier: MIT
 *
 * The objects are static, and are not really freed: that would be the slab's business, and would be forgotten with each
 * state. Whether an object is freed is a word of its own that is shared, as all of the object is: so each access to
 * it is a step, and is looked at. To free one is a step too, which waits for the thread's stores: a real
 * kfree() locks. A store of another thread's that becomes visible afterwards is an access.
 */
#include "kernel/explore/object.h"

#include "kernel/core/panic.h"
#include "kernel/explore/memory.h"

static struct object {
	unsigned long address;
	size_t size;
	u64 freed;
} objects[EXPLORE_OBJECTS];
static u32 n_objects;

void objects_forget(void)
{
	n_objects = 0;
}

void explore_object(const void *object, size_t size)
{
	if (n_objects == EXPLORE_OBJECTS)
		panic("explore: a scenario has more than %u objects", EXPLORE_OBJECTS);
	objects[n_objects++] = (struct object){ (unsigned long)object, size, 0 };
}

bool objects_share(void)
{
	bool fits = true;

	for (u32 i = 0; i < n_objects; i++)
		fits &= memory_share(objects[i].address, (u32)objects[i].size) &&
			memory_share((unsigned long)&objects[i].freed, sizeof(objects[i].freed));
	return fits;
}

u64 *object_freed(unsigned long address)
{
	for (u32 i = 0; i < n_objects; i++) {
		if (address - objects[i].address < objects[i].size)
			return &objects[i].freed;
	}
	return NULL;
}

unsigned long object_of(unsigned long address)
{
	for (u32 i = 0; i < n_objects; i++) {
		if (address == (unsigned long)&objects[i].freed)
			return objects[i].address;
	}
	return address;
}

void explore_counts(const void *word)
{
	if (!memory_count((unsigned long)word))
		panic("explore: a scenario shares too many words");
}

noinline void explore_free(const void *object)
{
	asm volatile("" ::"r"(object));
}
