/* module.c: the modules that were linked in: put together from their entries, found, and their users counted.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   refcnt is the number of users; a module that is being unloaded has GONE, which is negative whatever is
 *   added to it by those who try in vain. try_module_get() adds only to what is not negative, and unloading
 *   exchanges 0, and nothing else, for GONE: each in one step, so there is no user of a module that goes.
 */
#include "kernel/module.h"

#include <arch/atomic.h>

#include "kernel/core/panic.h"
#include "kernel/core/printk.h"
#include "kernel/module_list.h"
#include "lib/string.h"

#define MAX_MODULES 64
#define GONE        (-1)

/* From the linker script. */
extern const struct module_entry modules_start[], modules_end[];

static struct linked_module modules[MAX_MODULES];
static unsigned int nr_modules;

static struct linked_module *find(const char *name)
{
	for (unsigned int i = 0; i < nr_modules; i++) {
		if (!strcmp(modules[i].info.name, name))
			return &modules[i];
	}
	return NULL;
}

static void merge(struct linked_module *module, const struct module_entry *entry)
{
	struct module_entry *info = &module->info;

	info->module = entry->module;
	info->init = entry->init ?: info->init;
	info->exit = entry->exit ?: info->exit;
	info->checks = entry->checks ?: info->checks;
	info->threads = entry->threads ?: info->threads;
	info->reads_jiffies |= entry->reads_jiffies;
}

static void collect(void)
{
	if (nr_modules)
		return;
	for (const struct module_entry *entry = modules_start; entry < modules_end; entry++) {
		struct linked_module *module = find(entry->name);

		if (!module) {
			BUG_ON(nr_modules == MAX_MODULES);
			module = &modules[nr_modules++];
			module->info.name = entry->name;
		}
		merge(module, entry);
	}
}

struct linked_module *module_at(unsigned int i)
{
	collect();
	return i < nr_modules ? &modules[i] : NULL;
}

struct linked_module *module_find(const char *name)
{
	collect();
	return find(name);
}

const struct module *module_of_code(unsigned long address)
{
	for (unsigned int i = 0; i < nr_modules; i++) {
		const struct module *module = modules[i].info.module;

		if (module && address >= (unsigned long)module->code_begin &&
		    address < (unsigned long)module->code_end)
			return module;
	}
	return NULL;
}

bool module_check(const char *name, bool held, const char *what, const char *file, int line)
{
	struct linked_module *module = find(name);

	BUG_ON(!module);
	atomic_inc(held ? &module->checks_held : &module->checks_failed);
	if (!held)
		printk(KERN_ERR "%s: CHECK FAILED: %s (%s:%d)\n", name, what, file, line);
	return held;
}

/* ---- Users ---- */

bool try_module_get(struct module *module)
{
	int seen;

	if (!module)
		return true;
	seen = atomic_read(&module->refcnt);
	do {
		if (seen < 0)
			return false;
	} while (!atomic_try_cmpxchg(&module->refcnt, &seen, seen + 1));
	return true;
}

void __module_get(struct module *module)
{
	WARN_ON(!try_module_get(module));
}

void module_put(struct module *module)
{
	if (module && atomic_dec_return(&module->refcnt) < 0)
		warn_report("module_put(): %s has no user", module->name);
}

int module_refcount(struct module *module)
{
	return module ? atomic_read(&module->refcnt) : 0;
}

bool module_stop(struct module *module)
{
	return atomic_cmpxchg(&module->refcnt, 0, GONE) == 0;
}
