/* module_test.c: modules: who uses them, and their parameters.
 * SPDX-License-Identifier: MIT
 *
 * That modules are built, started, ended and judged is tested from outside, by tools/module_test.py. This file is a
 * module itself, as far as the table of parameters is concerned.
 */
#define MODULE
#define KBUILD_MODNAME "module_test"

#include "kernel/module.h"

#include "kernel/core/panic.h"
#include "kernel/core/slab.h"
#include "kernel/module_list.h"
#include "kernel/module_param.h"
#include "kernel/test/lock_test.h"
#include "lib/errno.h"
#include "lib/string.h"

struct module __this_module = { .name = KBUILD_MODNAME };

/* ---- Users ---- */

TEST(module_users)
{
	struct module module = { .name = "users" };

	EXPECT(try_module_get(&module));
	EXPECT(try_module_get(&module));
	EXPECT_EQ(module_refcount(&module), 2);
	EXPECT(!module_stop(&module));
	module_put(&module);
	module_put(&module);
	EXPECT(module_is_live(&module));
	EXPECT(module_stop(&module));
	EXPECT(!try_module_get(&module));
	EXPECT(!module_is_live(&module));
	EXPECT(try_module_get(NULL));
}

static void put_module(void *module)
{
	module_put(module);
}

TEST(module_put_without_get)
{
	struct module module = { .name = "users" };

	EXPECT_EQ(test_warnings(put_module, &module, "users has no user"), 1);
}

/* ---- Its CPU ---- */

static DEFINE_PER_CPU(int, mine);

static void ask_for_cpu(void *unused)
{
	for (int i = 0; i < 2; i++)
		EXPECT(smp_processor_id() < nr_cpus);
}

static void ask_for_copy(void *unused)
{
	EXPECT(this_cpu_ptr(&mine));
}

static void ask_with_preemption_off(void *unused)
{
	EXPECT(get_cpu() == smp_processor_id());
	put_cpu();
}

static int ask_on_one_cpu(void *unused)
{
	EXPECT_EQ(test_warnings(ask_for_copy, NULL, ""), 0);
	return 0;
}

/* First from where it may be called: what is reported is so once per place. */
TEST(module_cpu_may_change)
{
	struct actor actor;

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not check this");
	if (num_online_cpus() < 2)
		SKIP("there is no other CPU to go to");
	EXPECT_EQ(test_warnings(ask_with_preemption_off, NULL, ""), 0);
	REQUIRE(actor_start(&actor, ask_on_one_cpu, NULL, 0));
	actor_join(&actor);
	EXPECT_EQ(test_warnings(ask_for_cpu, NULL, ""), 0); // It is noted.
	EXPECT_EQ(test_warnings(ask_for_copy, NULL, "this_cpu_ptr() is called at ask_for_copy"), 1);
}

/* ---- Parameters ---- */

static int number = 5;
module_param(number, int, 0444);
MODULE_PARM_DESC(number, "a number");
static unsigned char small;
module_param(small, byte, 0);
static unsigned long long wide;
module_param_named(broad, wide, ullong, S_IRUGO);
static bool yes, no = true;
module_param(yes, bool, 0);
module_param(no, bool, 0);
static char *text = "none";
module_param(text, charp, 0);
static int several[3];
static unsigned int nr_several;
module_param_array(several, int, &nr_several, 0);
static char copied[8];
module_param_string(copied, copied, sizeof(copied), 0);

static int set_even(const char *val, const struct kernel_param *kp)
{
	int error = param_set_int(val, kp);

	if (error)
		return error;
	return *(int *)kp->arg % 2 ? -EINVAL : 0;
}

static int even;
static const struct kernel_param_ops even_ops = { .set = set_even, .get = param_get_int };
module_param_cb(even, &even_ops, &even, 0);

static const struct kernel_param *find_param(const char *name)
{
	extern const struct kernel_param module_params_start[], module_params_end[];
	const struct kernel_param *param = module_params_start;

	while (param < module_params_end && strcmp(param->name, name))
		param++;
	BUG_ON(param == module_params_end);
	return param;
}

static int set(const char *name, const char *val)
{
	const struct kernel_param *param = find_param(name);

	return param->ops->set(val, param);
}

TEST(module_param_line)
{
	EXPECT(module_params_set("number=-7 module_test.small=0x1f  broad=18446744073709551615"));
	EXPECT_EQ(number, -7);
	EXPECT_EQ(small, 0x1f);
	EXPECT(wide == ~0ULL);
	EXPECT(module_params_set("yes no=off several=1,2 text=\"two words\" copied=abc"));
	EXPECT(yes && !no);
	EXPECT_EQ(nr_several, 2);
	EXPECT(several[0] == 1 && several[1] == 2);
	EXPECT(!strcmp(text, "two words"));
	EXPECT(!strcmp(copied, "abc"));
	kfree(text);
	text = "none";
	EXPECT(module_params_set(""));
}

TEST(module_param_refused)
{
	number = 5;
	EXPECT(!module_params_set("nomber=3"));
	EXPECT(!module_params_set("module.number=3"));
	EXPECT(!module_params_set("numbe=3"));
	EXPECT(!module_params_set("number"));
	EXPECT_EQ(set("number", "3x"), -EINVAL);
	EXPECT_EQ(set("number", "2147483648"), -ERANGE);
	EXPECT_EQ(set("small", "256"), -ERANGE);
	EXPECT_EQ(set("small", "-1"), -EINVAL);
	EXPECT_EQ(set("yes", "maybe"), -EINVAL);
	EXPECT_EQ(set("several", "1,2,3,4"), -ENOSPC);
	EXPECT_EQ(set("several", "1,x"), -EINVAL);
	EXPECT_EQ(set("copied", "12345678"), -ENOSPC);
	EXPECT_EQ(set("even", "3"), -EINVAL);
	EXPECT_EQ(number, 5);
}

TEST(module_param_get)
{
	char *buffer = kmalloc(PAGE_SIZE, GFP_KERNEL);
	const struct kernel_param *param = find_param("several");

	REQUIRE(buffer);
	EXPECT_EQ(set("several", "3,-4,5"), 0);
	EXPECT_EQ(param->ops->get(buffer, param), 7);
	EXPECT(!memcmp(buffer, "3,-4,5\n", 7));
	EXPECT_EQ(set("even", "12"), 0);
	EXPECT_EQ(even_ops.get(buffer, find_param("even")), 3);
	kfree(buffer);
}
