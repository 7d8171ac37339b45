/* module.h: what makes a file a module, and the modules that were linked in.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A module is a file of Linux's kind, or several. It is linked into the kernel's image, not loaded: there is no
 *   file system to load it from. What a module says of itself are entries in the section .modules, an
 *   array that the linker puts together; each entry has the module's name, and module.c makes one record of
 *   all that have the same.
 *
 *   There are two kinds, as in Linux. The demos are built in: compiled without MODULE, their THIS_MODULE is NULL, and
 *   mode=run calls what module_init() and module_exit() name. What MODULE= names is compiled with MODULE and
 *   linked by tools/module.py, which makes all its names its own but those that it exports, adds a
 *   struct module, and says where its code begins and ends. mode=module runs those (module_run.c).
 */
#pragma once

#include "kernel/base/atomic.h"
#include "lib/macros.h"
#include "lib/types.h"

#define MODULE_NAME_LEN 56

/* [I] made at link time  [a] atomic */
struct module {
	char name[MODULE_NAME_LEN]; /* [I] */
	const char *code_begin;     /* [I] */
	const char *code_end;       /* [I] */
	atomic_t refcnt;            /* [a] see try_module_get() */
};

/* One fact about the module @name: the fields that it does not state are NULL or 0. */
struct module_entry {
	const char *name;
	struct module *module; /* NULL: it is built in */
	int (*init)(void);
	void (*exit)(void);
	const char *checks;   /* what a demo checks, for the table */
	unsigned int threads; /* how many threads it runs */
	bool reads_jiffies;   /* the variable: kernel/jiffies_variable.h */
};

#ifdef MODULE
extern struct module __this_module;
#define THIS_MODULE (&__this_module)
#else
#define THIS_MODULE ((struct module *)NULL)
#endif

#define MODULE_ENTRY(...) __MODULE_ENTRY(__UNIQUE_ID(__module_entry), __VA_ARGS__)
#define __MODULE_ENTRY(id, ...)                                                                    \
	static const struct module_entry id __used __aligned(8) __section(                         \
		".modules") = { .name = KBUILD_MODNAME, .module = THIS_MODULE, __VA_ARGS__ }

/* A module's two functions have these names too, as Linux's linker knows them: once, for a module has one of each. */
#ifdef MODULE
int init_module(void);
void cleanup_module(void);
#define __MODULE_ALIAS(type, name, fn) type name(void) __attribute__((alias(#fn)));
#else
#define __MODULE_ALIAS(type, name, fn)
#endif

/* By the names of the entries tools/module.py sees what a module has. As Linux's they need no semicolon behind. */
#define module_init(fn)                                                                            \
	__MODULE_ENTRY(__UNIQUE_ID(__module_init), .init = (fn));                                  \
	__MODULE_ALIAS(int, init_module, fn)
#define module_exit(fn)                                                                            \
	__MODULE_ENTRY(__UNIQUE_ID(__module_exit), .exit = (fn));                                  \
	__MODULE_ALIAS(void, cleanup_module, fn)

/* What built-in code calls at several stages of the boot, a module calls when it is loaded: as in Linux. */
#define early_initcall(fn)       module_init(fn)
#define pure_initcall(fn)        module_init(fn)
#define core_initcall(fn)        module_init(fn)
#define core_initcall_sync(fn)   module_init(fn)
#define postcore_initcall(fn)    module_init(fn)
#define arch_initcall(fn)        module_init(fn)
#define subsys_initcall(fn)      module_init(fn)
#define subsys_initcall_sync(fn) module_init(fn)
#define fs_initcall(fn)          module_init(fn)
#define rootfs_initcall(fn)      module_init(fn)
#define device_initcall(fn)      module_init(fn)
#define device_initcall_sync(fn) module_init(fn)
#define late_initcall(fn)        module_init(fn)
#define late_initcall_sync(fn)   module_init(fn)
#define console_initcall(fn)     module_init(fn)
#define security_initcall(fn)    module_init(fn)
#define __initcall(fn)           module_init(fn)
#define __exitcall(fn)           module_exit(fn)

typedef int (*initcall_t)(void);
typedef void (*exitcall_t)(void);

/* Linux's marks for what is needed only at the beginning, or only at the end. Here all stays. */
#define __init
#define __exit
#define __initdata
#define __initconst
#define __exitdata
#define __exit_p(fn) (fn)
#define __init_or_module
#define __initdata_or_module
#define __initconst_or_module
#define __ref
#define __refdata
#define __refconst
#define __meminit
#define __cpuinit

/* What a module says of itself. Linux keeps it in the file; here the source is enough, but it must be
 * text. */
#define MODULE_INFO_TEXT(text)          static_assert(sizeof("" text) >= 1, "a text")
#define MODULE_LICENSE(text)            MODULE_INFO_TEXT(text)
#define MODULE_AUTHOR(text)             MODULE_INFO_TEXT(text)
#define MODULE_DESCRIPTION(text)        MODULE_INFO_TEXT(text)
#define MODULE_VERSION(text)            MODULE_INFO_TEXT(text)
#define MODULE_ALIAS(text)              MODULE_INFO_TEXT(text)
#define MODULE_SOFTDEP(text)            MODULE_INFO_TEXT(text)
#define MODULE_FIRMWARE(text)           MODULE_INFO_TEXT(text)
#define MODULE_IMPORT_NS(namespace)     MODULE_INFO_TEXT(__stringify(namespace))
#define MODULE_INFO(tag, text)          MODULE_INFO_TEXT(text)
#define MODULE_PARM_DESC(param, text)   MODULE_INFO_TEXT(text)
#define MODULE_DEVICE_TABLE(type, name) MODULE_INFO_TEXT(#type #name)
#define MODULE_SUPPORTED_DEVICE(text)   MODULE_INFO_TEXT(text)

/* EXPORT_SYMBOL - other modules may use @name: tools/module.py finds the mark, and leaves the name global. */
#define EXPORT_SYMBOL(name)                   static const void *const __export_##name __used = (const void *)&(name)
#define EXPORT_SYMBOL_GPL(name)               EXPORT_SYMBOL(name)
#define EXPORT_SYMBOL_NS(name, namespace)     EXPORT_SYMBOL(name)
#define EXPORT_SYMBOL_NS_GPL(name, namespace) EXPORT_SYMBOL(name)
#define EXPORT_PER_CPU_SYMBOL(name)           EXPORT_SYMBOL(name)
#define EXPORT_PER_CPU_SYMBOL_GPL(name)       EXPORT_SYMBOL(name)

/*
 * try_module_get - count one more user of @module, which cannot be unloaded meanwhile; NULL, what is built in, never is.
 * __module_get - the same, by who has one already. module_put - count one less.
 * Never sleep. Any context. try_module_get() returns false of a module that is being unloaded.
 */
bool try_module_get(struct module *module);
void __module_get(struct module *module);
void module_put(struct module *module);

/* module_refcount - users counted; -1 of one that is being unloaded. Old at once. Any context. */
int module_refcount(struct module *module);

/* module_is_live - whether it is not being unloaded. module_name - what it is called. Any context. */
static inline bool module_is_live(struct module *module)
{
	return module_refcount(module) >= 0;
}

static inline const char *module_name(const struct module *module)
{
	return module ? module->name : "kernel";
}

/*
 * module_check - note that a check of module @name held, or did not: then say so, with the place.
 * Never sleeps. Any context but NMI. Returns @held.
 */
bool module_check(const char *name, bool held, const char *what, const char *file, int line);
