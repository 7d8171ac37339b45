/* module_param.h: parameters of modules: variables that PARAMS="name=value" sets before init is called.
 * SPDX-License-Identifier: MIT
 *
 *	static int rounds = 10;
 *	module_param(rounds, int, 0444);
 *	MODULE_PARM_DESC(rounds, "how many rounds");
 *
 * A parameter is an entry in the section .module_params: its name, a variable, and the operations that know the
 * variable's type. The permissions are for Linux's /sys, which is not there: nothing changes a parameter later.
 */
#pragma once

#include "kernel/module.h"
#include "lib/types.h"

struct kernel_param;

#define KERNEL_PARAM_OPS_FL_NOARG 1u /* @set takes NULL: the name without a value */

/* How values of a type are read and written. Both may sleep: they are called by the loader's thread. */
struct kernel_param_ops {
	unsigned int flags;
	int (*set)(const char *val, const struct kernel_param *kp); /* 0, or an error */
	int (*get)(char *buffer, const struct kernel_param *kp);    /* characters written */
	void (*free)(void *arg);
};

struct kparam_string {
	unsigned int maxlen;
	char *string;
};

/* At most @max elements of @elemsize bytes; how many were given is stored to *@num, if that is not NULL. */
struct kparam_array {
	unsigned int max;
	unsigned int elemsize;
	unsigned int *num;
	const struct kernel_param_ops *ops; /* of an element */
	void *elem;
};

struct kernel_param {
	const char *name;
	struct module *mod; /* NULL: of what is built in */
	const struct kernel_param_ops *ops;
	u16 perm;
	const char *module; /* the name of the module */
	const char *type;   /* for a refusal */
	union {
		void *arg;
		const struct kparam_string *str;
		const struct kparam_array *arr;
	};
};

#define __MODULE_PARAM(param_name, type_text, param_ops, param_perm, ...)                          \
	static const struct kernel_param __UNIQUE_ID(__module_param) __used __aligned(8)           \
		__section(".module_params") = { .name = #param_name,                               \
						.mod = THIS_MODULE,                                \
						.ops = (param_ops),                                \
						.perm = (param_perm),                              \
						.module = KBUILD_MODNAME,                          \
						.type = (type_text),                               \
						__VA_ARGS__ }

/* The compiler looks whether a variable is of the parameter's type. */
#define __PARAM_CHECK(name, p, type)                                                               \
	static inline __maybe_unused type *__param_check_##name(void)                              \
	{                                                                                          \
		return (p);                                                                        \
	}                                                                                          \
	static_assert(1, "a semicolon follows")
#define param_check_byte(name, p)    __PARAM_CHECK(name, p, unsigned char)
#define param_check_short(name, p)   __PARAM_CHECK(name, p, short)
#define param_check_ushort(name, p)  __PARAM_CHECK(name, p, unsigned short)
#define param_check_int(name, p)     __PARAM_CHECK(name, p, int)
#define param_check_uint(name, p)    __PARAM_CHECK(name, p, unsigned int)
#define param_check_hexint(name, p)  param_check_uint(name, p)
#define param_check_long(name, p)    __PARAM_CHECK(name, p, long)
#define param_check_ulong(name, p)   __PARAM_CHECK(name, p, unsigned long)
#define param_check_ullong(name, p)  __PARAM_CHECK(name, p, unsigned long long)
#define param_check_charp(name, p)   __PARAM_CHECK(name, p, char *)
#define param_check_bool(name, p)    __PARAM_CHECK(name, p, bool)
#define param_check_invbool(name, p) __PARAM_CHECK(name, p, bool)

/*
 * module_param - the variable @name is a parameter, of @type: byte, short, ushort, int, uint, hexint, long, ulong, ullong,
 *   charp, bool, invbool, or one of the user's own with param_ops_type and param_check_type().
 * module_param_named - the parameter @name is the variable @value.
 * module_param_array - @name is an array of @type, given as a,b,c; how many were is stored to *@nump, unless NULL.
 * module_param_string - the characters go to the array @string, of @len.
 * module_param_cb - @ops sets it; kp->arg is @param. module_param_call - @set_fn and @get_fn do.
 */
#define module_param(name, type, perm) module_param_named(name, name, type, perm)
#define module_param_named(name, value, type, perm)                                                \
	param_check_##type(name, &(value));                                                        \
	__MODULE_PARAM(name, #type, &param_ops_##type, perm, .arg = &(value))
#define module_param_array(name, type, nump, perm)                                                 \
	module_param_array_named(name, name, type, nump, perm)
#define module_param_array_named(name, array, type, nump, perm)                                    \
	param_check_##type(name, &(array)[0]);                                                     \
	static const struct kparam_array __param_arr_##name = {                                    \
		.max = ARRAY_SIZE(array),                                                          \
		.elemsize = sizeof((array)[0]),                                                    \
		.num = (nump),                                                                     \
		.ops = &param_ops_##type,                                                          \
		.elem = (array),                                                                   \
	};                                                                                         \
	__MODULE_PARAM(name, "several " #type ", with commas between", &param_array_ops, perm,     \
		       .arr = &__param_arr_##name)
#define module_param_string(name, text, len, perm)                                                 \
	static const struct kparam_string __param_str_##name = { .maxlen = (len),                  \
								 .string = (text) };               \
	__MODULE_PARAM(name, "string", &param_ops_string, perm, .str = &__param_str_##name)
#define module_param_cb(name, ops, param, perm)                                                    \
	__MODULE_PARAM(name, "its own type", ops, perm, .arg = (param))
#define module_param_call(name, set_fn, get_fn, param, perm)                                       \
	static const struct kernel_param_ops __param_ops_##name = { .set = (set_fn),               \
								    .get = (get_fn) };             \
	module_param_cb(name, &__param_ops_##name, param, perm)

/* Linux marks what taints it, or is hardware's. The same here. */
#define module_param_unsafe(name, type, perm) module_param(name, type, perm)
#define module_param_named_unsafe(name, value, type, perm)                                         \
	module_param_named(name, value, type, perm)
#define module_param_hw(name, type, hwtype, perm) module_param(name, type, perm)

/* Permissions, of which no use is made. */
#define S_IRUSR 0400
#define S_IWUSR 0200
#define S_IXUSR 0100
#define S_IRGRP 0040
#define S_IWGRP 0020
#define S_IXGRP 0010
#define S_IROTH 0004
#define S_IWOTH 0002
#define S_IXOTH 0001
#define S_IRUGO (S_IRUSR | S_IRGRP | S_IROTH)
#define S_IWUGO (S_IWUSR | S_IWGRP | S_IWOTH)
#define S_IXUGO (S_IXUSR | S_IXGRP | S_IXOTH)
#define S_IRWXU (S_IRUSR | S_IWUSR | S_IXUSR)
#define S_IRWXG (S_IRGRP | S_IWGRP | S_IXGRP)
#define S_IRWXO (S_IROTH | S_IWOTH | S_IXOTH)

extern const struct kernel_param_ops param_ops_byte, param_ops_short, param_ops_ushort;
extern const struct kernel_param_ops param_ops_int, param_ops_uint, param_ops_hexint;
extern const struct kernel_param_ops param_ops_long, param_ops_ulong, param_ops_ullong;
extern const struct kernel_param_ops param_ops_bool, param_ops_invbool, param_ops_charp;
extern const struct kernel_param_ops param_array_ops, param_ops_string;

/*
 * param_set_TYPE - read @val into the variable at kp->arg. param_set_uint_minmax - if it is in the range.
 * Return 0, -EINVAL (no such value) or -ERANGE (the type, or the range, cannot hold it).
 * param_get_TYPE - write it to @buffer, of a page, and a newline. Return how many characters.
 * May sleep. Thread context.
 */
#define __PARAM_FUNCTIONS(type)                                                                    \
	int param_set_##type(const char *val, const struct kernel_param *kp);                      \
	int param_get_##type(char *buffer, const struct kernel_param *kp)
__PARAM_FUNCTIONS(byte);
__PARAM_FUNCTIONS(short);
__PARAM_FUNCTIONS(ushort);
__PARAM_FUNCTIONS(int);
__PARAM_FUNCTIONS(uint);
__PARAM_FUNCTIONS(hexint);
__PARAM_FUNCTIONS(long);
__PARAM_FUNCTIONS(ulong);
__PARAM_FUNCTIONS(ullong);
__PARAM_FUNCTIONS(bool);
__PARAM_FUNCTIONS(invbool);
__PARAM_FUNCTIONS(charp);
int param_set_copystring(const char *val, const struct kernel_param *kp);
int param_get_string(char *buffer, const struct kernel_param *kp);
int param_set_uint_minmax(const char *val, const struct kernel_param *kp, unsigned int min,
			  unsigned int max);

/*
 * module_params_set - set what @line says, words name=value or module.name=value with spaces between; quotes keep
 *   spaces in a value. A bare name sets the parameter of every module, not built in, that has it.
 * Returns false after printing one line, which says what is accepted, about the first that is refused.
 * May sleep. Thread context, before the modules' init.
 */
bool module_params_set(const char *line);
