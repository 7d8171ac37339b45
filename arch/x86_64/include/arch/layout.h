/* layout.h: the numbers that C and assembly must agree on.
 * SPDX-License-Identifier: MIT
 *
 * The build makes layout.inc from this file, for nasm: every line that begins with `#define` becomes
 * a %define. So a definition is one name and one plain number, and comments have lines of their own.
 */
#pragma once

/* Interrupt vectors. 0-31 are the CPU's exceptions; a higher number is served first. */
#define VECTOR_WATCH         1
#define VECTOR_BREAKPOINT    3
#define VECTOR_NMI           2
#define VECTOR_DOUBLE_FAULT  8
#define VECTOR_PROTECTION    13
#define VECTOR_PAGE_FAULT    14
#define VECTOR_MACHINE_CHECK 18
#define VECTOR_FIRST_IRQ     0x20
#define VECTOR_SERIAL        0x30
#define VECTOR_TIMER         0xe0
#define VECTOR_RESCHEDULE    0xe1
#define VECTOR_CALL          0xe2
#define VECTOR_TIMER_KICK    0xe3
#define VECTOR_IRQ_WORK      0xe4
#define VECTOR_ADMIT         0xe5
#define VECTOR_APIC_ERROR    0xfe
#define VECTOR_SPURIOUS      0xff
#define NR_VECTORS           256

/* struct trap_frame.vector of a frame that no interrupt made: panic() was called. */
#define VECTOR_NONE 0x100

/* The exceptions that push an error code: a bit for each of 8, 10-14, 17, 21, 29 and 30. */
#define VECTORS_WITH_ERROR 0x60227d00

/* The distance between two entry stubs, in bytes. */
#define TRAP_STUB_SIZE 16

/* Segment selectors: the same in the boot GDT, the trampoline's and the per-CPU one. */
#define SELECTOR_CODE   0x08
#define SELECTOR_DATA   0x10
#define SELECTOR_CODE32 0x18
#define SELECTOR_TSS    0x18

/* Which of the TSS's seven extra stacks an exception is taken on. */
#define IST_NMI           1
#define IST_DOUBLE_FAULT  2
#define IST_MACHINE_CHECK 3
#define NR_IST            3

/* The boot CPU's stacks, in .bss: slots of one guard page and four pages of stack. Slot 0 is the
 * one it boots on, slot n the one of IST n. */
#define BOOT_STACK_GUARD 0x1000
#define BOOT_STACK_SIZE  0x4000
#define NR_BOOT_STACKS   4

/* Offsets in struct trap_frame (arch/trap.h), and its size. */
#define FRAME_RBP  64
#define FRAME_RIP  136
#define FRAME_SIZE 176

/* CR0 while the kernel runs: PE (0) protected mode, MP (1) and TS (3) any x87 or SSE instruction
 * traps, since the kernel has none, ET (4) always 1, NE (5) x87 errors are exceptions, WP (16) the
 * kernel too may not write to read-only pages, PG (31) paging. CD and NW are 0: caches on. */
#define CR0_KERNEL 0x8001003b

/* CR4 on entry to C: PAE (5), which long mode needs. trap_init_cpu() adds MCE (6). */
#define CR4_KERNEL 0x20

/* The EFER MSR, and what is set in it: LME (8) long mode, NXE (11) no-execute pages. */
#define EFER_NUMBER 0xc0000080
#define EFER_KERNEL 0x900

/* The MSR that holds the base of %gs. */
#define GS_BASE_NUMBER 0xc0000101

/* The bits of a page-table entry. */
#define PTE_PRESENT       0x1
#define PTE_WRITE         0x2
#define PTE_WRITE_THROUGH 0x8
#define PTE_NO_CACHE      0x10
#define PTE_LARGE         0x80

/* The two serial ports, and the two ports of QEMU's that take a character and an exit status. */
#define COM1_PORT          0x3f8
#define COM2_PORT          0x2f8
#define DEBUG_CONSOLE_PORT 0xe9
#define DEBUG_EXIT_PORT    0xf4

/* What start.asm writes there when the kernel cannot run on this CPU: VERDICT_FAIL (arch/cpu.h). */
#define BOOT_VERDICT 0x11

/* Memory below this is the firmware's and the trampoline's: the allocator hands none of it out, and
 * apart from the trampoline's two pages it is not mapped. */
#define LOW_MEMORY_END 0x100000

/* Where the other CPUs start, in real mode: a page of code, mapped readable and executable. The
 * number that a start-up IPI carries is this address >> 12. */
#define TRAMPOLINE_ADDRESS 0x8000

/* The page after it, readable and writable, begins with struct ap_params (trampoline.h). */
#define AP_PARAMS_ADDRESS 0x9000
#define AP_PARAMS_CR3     0
#define AP_PARAMS_SLOTS   8
#define AP_PARAMS_ENTRY   16
#define AP_PARAMS_COUNT   24

/* What a multiboot2 loader leaves in eax, to say that ebx points at its information. */
#define LOADER_MAGIC 0x36d76289

/* Behind struct ap_params, for a kernel that takes this one's place: struct handover (arch/x86_64/handover.c), and the
 * information that a multiboot2 loader would leave, up to the end of the page. */
#define HANDOVER_ADDRESS    0x9100
#define HANDOVER_ENTRY      0
#define HANDOVER_PIECES     8
#define HANDOVER_PIECE_SIZE 16
#define HANDOVER_INFO       0x9200
#define HANDOVER_END        0xa000

/* struct ap_slot (trampoline.h), one for each CPU that is to be started. */
#define AP_SLOT_APIC_ID   0
#define AP_SLOT_STATE     4
#define AP_SLOT_STACK_TOP 8
#define AP_SLOT_CPU       16
#define AP_SLOT_SIZE      24

/* The values of ap_slot.state. A CPU may come up only from KICKED, by a locked compare-exchange. */
#define AP_STATE_IDLE     0
#define AP_STATE_KICKED   1
#define AP_STATE_ALIVE    2
#define AP_STATE_GIVEN_UP 3
