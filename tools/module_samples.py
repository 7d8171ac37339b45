# module_samples.py: the modules that module_test.py writes itself.
# SPDX-License-Identifier: MIT

from __future__ import annotations

MODULE = """\
#include <linux/module.h>
#include <linux/slab.h>
{before}
static int __init start(void) {{ {init} return {result}; }}
static void __exit end(void) {{ {exit} }}
module_init(start)
module_exit(end)
MODULE_LICENSE("GPL");
"""


def source(before: str = "", init: str = "", result: str = "0", end: str = "") -> str:
    return MODULE.format(before=before, init=init, result=result, exit=end)


# A directory with spaces in its name, in which kbuild finds four modules; one has two sources.
DIRECTORY = {
    "Makefile": "obj-m := user-b.o lender.o old.o clash.o\n"
    "lender-y := lender_main.o lender_more.o\n"
    "ccflags-y := -DGIVEN=7\nCFLAGS_old.o := -DOLD=8\n"
    "all:\n\tmake -C /lib/modules/$(shell uname -r)/build M=$(PWD) modules\n",
    "lender_main.c": source(
        "int lend(void);\nint shared_name(void);\nint shared_name(void) { return 1; }",
        'pr_info("lender is there, %d\\n", lend());',
        end='pr_info("lender goes\\n");',
    ),
    "lender_more.c": "#include <linux/module.h>\nint lend(void);\n"
    "int lend(void) { return GIVEN; }\nEXPORT_SYMBOL_GPL(lend);\n",
    "user-b.c": source(
        "extern int lend(void);\nint shared_name(void);\nint shared_name(void) { return 2; }\n"
        "static int x = 1;\nmodule_param(x, int, 0444);\nstatic char *s;\n"
        "module_param(s, charp, 0);\nstatic bool flag;\n"
        "#define given(type, name) module_param(name, type, 0)\ngiven(bool, flag);",
        'pr_info("%s has %d, %d, x=%d, s=%s, %d\\n", KBUILD_MODNAME, lend(), shared_name(), x, s,'
        " flag);",
        end='pr_info("%s goes\\n", THIS_MODULE->name);',
    ),
    "clash.c": source(
        "#include <linux/interrupt.h>\nstruct worker { int n; };\n"
        "static int timer_init(struct worker *w) { return w->n; }\n"
        "static int tasklet_schedule_slow(int n) { return n + 1; }\n"
        "static void ran(struct tasklet_struct *t)\n"
        '{ struct worker w = { 5 }; pr_info("%d\\n", tasklet_schedule_slow(timer_init(&w))); }\n'
        "static DECLARE_TASKLET(tasklet, ran);",
        "tasklet_schedule(&tasklet);",
        end='tasklet_kill(&tasklet); pr_info("the clash is over\\n");',
    ),
    "old.c": "#include <linux/module.h>\nint init_module(void)\n"
    '{ pr_info("old %d in %s\\n", OLD, current->comm); return 0; }\n'
    'void cleanup_module(void) { pr_info("old goes in %s\\n", current->comm); }\n',
}


# A device that returns what is written to it in capital letters.
DEVICE = r"""#include <linux/module.h>
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/proc_fs.h>
#include <linux/uaccess.h>
static int forget;
module_param(forget, int, 0);
static char text[16];
static int shouts;
static DEFINE_MUTEX(lock);
static ssize_t shout_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	ssize_t n;
	mutex_lock(&lock);
	n = simple_read_from_buffer(to, size, pos, text, strlen(text));
	mutex_unlock(&lock);
	return n;
}
static ssize_t shout_write(struct file *file, const char __user *from, size_t size, loff_t *pos)
{
	pr_info("%s writes %zu\n", current->comm, size);
	size = min(size, sizeof(text) - 1);
	mutex_lock(&lock);
	if (copy_from_user(text, from, size))
		size = 0;
	for (size_t i = 0; i < size; i++)
		text[i] = toupper(text[i]);
	shouts++;
	mutex_unlock(&lock);
	return size ?: -EFAULT;
}
static __poll_t shout_poll(struct file *file, poll_table *wait) { return EPOLLOUT; }
static const struct file_operations fops = {
	.owner = THIS_MODULE, .read = shout_read, .write = shout_write, .poll = shout_poll,
};
static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR, .name = "shout", .fops = &fops
};
static int shouts_show(struct seq_file *seq, void *unused)
{
	seq_printf(seq, "%d shouts\n", shouts);
	return 0;
}
static irqreturn_t handler(int irq, void *dev)
{
	pr_info("irq %d in an interrupt: %d\n", irq, in_hardirq());
	return IRQ_HANDLED;
}
static struct dentry *dir;
static u32 idle;
static int __init start(void)
{
	proc_create_single("shouts", 0, NULL, shouts_show);
	dir = debugfs_create_dir("shout", NULL);
	debugfs_create_u32("idle", 0444, dir, &idle);
	return request_irq(11, handler, IRQF_SHARED, "shout", &device) ?: misc_register(&device);
}
static void __exit end(void)
{
	remove_proc_entry("shouts", NULL);
	debugfs_remove(dir);
	if (forget)
		return;
	free_irq(11, &device);
	misc_deregister(&device);
}
module_init(start);
module_exit(end);
MODULE_LICENSE("GPL");
"""
