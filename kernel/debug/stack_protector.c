/* stack_protector.c: the word that functions with arrays keep below their return address, and look
 * at before they return (-fstack-protector-strong).
 * SPDX-License-Identifier: MIT
 *
 *      higher   | return address |
 *               | saved rbp      |
 *               | the word       |  <- whoever writes past the end of the array meets this first
 *               | arrays         |
 *      lower    | other locals   |
 *
 * Its lowest byte is 0, so that a string function that runs over the end stops there, and cannot
 * restore the word. It differs from boot to boot as the counter does, which is enough to find bugs;
 * it is no defence against an attacker, and there is none here.
 */
#include "kernel/debug/stack_protector.h"

#include <arch/cpu.h>

#include "kernel/core/panic.h"

/* The names are the compiler's. Until it is chosen, any word that no string ends with will do. */
extern unsigned long __stack_chk_guard;
unsigned long __stack_chk_guard = 0x57ac6a2d0b0e1d00UL;

void __stack_chk_fail(void) __noreturn;

__attribute__((__no_stack_protector__)) void stack_protector_init(void)
{
	// Spread the low bits, which alone differ between boots, over the word (an odd constant:
	// the golden ratio, Knuth, TAOCP vol. 3, 6.4).
	__stack_chk_guard = (rdtsc_ordered() * 0x9e3779b97f4a7c15UL) & ~0xffUL;
}

/* Called instead of the return: that address cannot be trusted, but ours is in the function. */
void __stack_chk_fail(void)
{
	panic("%pB wrote past the end of an array on its stack", __builtin_return_address(0));
}
