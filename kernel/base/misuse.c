/* misuse.c: where every report of misuse goes through.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/base/misuse.h"

#include "kernel/base/upcalls.h"
#include "lib/format.h"

static bool (*forgives_function)(void); /* [a] */
static void (*report_function)(const struct task_struct *holder, unsigned long frame,
			       const char *fmt, va_list args); /* [I] */

void hook_register_forgives(bool (*forgives)(void))
{
	WRITE_ONCE(forgives_function, forgives);
}

void misuse_register(void (*report)(const struct task_struct *holder, unsigned long frame,
				    const char *fmt, va_list args))
{
	WRITE_ONCE(report_function, report);
}

static bool is_forgiven(void)
{
	bool (*forgives)(void) = READ_ONCE(forgives_function);

	return forgives && forgives();
}

/* Nobody can report it yet. */
static void __printf(1, 0) stop(const char *fmt, va_list args)
{
	char text[256];

	vsnprintf(text, sizeof(text), fmt, args);
	panic("%s", text);
}

noinline void misuse(const struct task_struct *holder, const char *fmt, ...)
{
	va_list args;

	if (is_forgiven())
		return;
	va_start(args, fmt);
	if (!READ_ONCE(report_function))
		stop(fmt, args);
	else
		report_function(holder, (unsigned long)__builtin_frame_address(0), fmt, args);
	va_end(args);
}
