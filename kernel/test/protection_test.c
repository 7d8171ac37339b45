/* protection_test.c: code cannot be written to, data cannot be executed, and NULL is nothing.
 * SPDX-License-Identifier: MIT
 */
#include <arch/paging.h>
#include <arch/trap.h>

#include "kernel/core/page.h"
#include "kernel/core/slab.h"
#include "kernel/test/sched_test.h"

#define PAGE_FAULT    14
#define FAULT_PRESENT 1
#define FAULT_WRITE   2
#define FAULT_FETCH   16

/* From the linker script. */
extern char text_start[], text_end[], rodata_start[], rodata_end[], data_start[], data_end[];
extern char symtab_image_start[], kernel_end[];

/* A write that changes nothing, should it succeed. */
static void touch(void *at)
{
	asm volatile("lock orb $0, %0" : "+m"(*(char *)at)::"memory", "cc");
}

/* Returns how many pages of [@from, @end) can be written to, or refuse for another reason. */
static u32 writable_pages(const char *from, const char *end)
{
	unsigned long address;
	struct trap_frame frame;
	u32 n = 0;

	for (; from < end; from += PAGE_SIZE)
		n += trap_catch(touch, (void *)from, &frame, &address) != PAGE_FAULT ||
		     frame.error != (FAULT_PRESENT | FAULT_WRITE) || address != (unsigned long)from;
	return n;
}

static void expect_constant(const char *from, const char *end)
{
	EXPECT(from < end);
	EXPECT_EQ(writable_pages(from, end), 0);
}

static int write_to_constants(void *unused)
{
	expect_constant(text_start, text_end);
	expect_constant(rodata_start, rodata_end);
	expect_constant(symtab_image_start, kernel_end);
	EXPECT_EQ(trap_catch(touch, data_start, NULL, NULL), -1);
	return 1;
}

TEST(protection_constants_are_not_writable)
{
	EXPECT_EQ(test_run_on_cpus(write_to_constants, NULL), num_online_cpus());
}

/* ---- Execution ------------------------------------------------------------------------------------- */

#define RETURN_INSTRUCTION 0xc3

static const u8 code_in_rodata[] = { RETURN_INSTRUCTION };
static u8 code_in_data[] = { RETURN_INSTRUCTION };
static u8 code_in_bss[1];

static void execute(void *at)
{
	((void (*)(void))at)();
}

static void expect_no_execution(const u8 *at)
{
	struct trap_frame frame;
	unsigned long address;

	EXPECT_EQ(trap_catch(execute, (void *)at, &frame, &address), PAGE_FAULT);
	EXPECT_EQ(frame.error, FAULT_PRESENT | FAULT_FETCH);
	EXPECT_EQ(frame.rip, at);
	EXPECT_EQ(address, at);
}

static int execute_data(void *arg)
{
	u8 code_on_stack[1] = { RETURN_INSTRUCTION };
	u8 *page = page_alloc(0);
	u8 *object = kmalloc(16, GFP_KERNEL);

	if (EXPECT(page && object)) {
		page[0] = object[0] = RETURN_INSTRUCTION;
		expect_no_execution(page);
		expect_no_execution(object);
	}
	if (page)
		page_free(page, 0);
	kfree(object);
	expect_no_execution(code_in_rodata);
	expect_no_execution(code_in_data);
	expect_no_execution(code_in_bss);
	expect_no_execution(code_on_stack);
	return 1;
}

TEST(protection_data_is_not_executable)
{
	code_in_bss[0] = RETURN_INSTRUCTION;
	EXPECT_EQ(test_run_on_cpus(execute_data, NULL), num_online_cpus());
}

static void call_null(void *unused)
{
	void (*nowhere)(void) = NULL;

	asm("" : "+r"(nowhere)); // Hidden from the compiler, which knows better than to do this.
	nowhere();
}

TEST(protection_null)
{
	struct trap_frame frame;
	unsigned long address = 1;

	EXPECT(!paging_is_mapped(0) && !paging_is_mapped(PAGE_SIZE - 1));
	EXPECT_EQ(trap_catch(call_null, NULL, &frame, &address), PAGE_FAULT);
	EXPECT_EQ(address, 0);
	EXPECT_EQ(frame.error & ~(u64)FAULT_FETCH,
		  0); // Not every emulator says that it was a fetch.
	EXPECT_EQ(trap_catch(touch, (void *)8, &frame, &address), PAGE_FAULT);
	EXPECT_EQ(address, 8);
}
