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


# Two threads, each with a mutex, wait for the other's; and exit for them.
DEADLOCK = source(
    """#include <linux/kthread.h>
static DEFINE_MUTEX(left);
static DEFINE_MUTEX(right);
static struct task_struct *threads[2];
static atomic_t ready = ATOMIC_INIT(0);
static int take(struct mutex *first, struct mutex *second)
{
	mutex_lock(first);
	atomic_inc(&ready);
	while (atomic_read(&ready) < 2)
		schedule_timeout_uninterruptible(1);
	mutex_lock(second);
	mutex_unlock(second);
	mutex_unlock(first);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return 0;
}
static int forth(void *unused) { return take(&left, &right); }
static int back(void *unused) { return take(&right, &left); }
""",
    'threads[0] = kthread_run(forth, NULL, "forth"); threads[1] = kthread_run(back, NULL, "back");',
    end="kthread_stop(threads[0]); kthread_stop(threads[1]);",
)

# Exit waits for what a thread completes with a lock that exit holds: nobody is left to wake either.
UNWOKEN = source(
    """#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
static DEFINE_MUTEX(guard);
static DECLARE_COMPLETION(told);
static int teller(void *unused)
{
	mutex_lock(&guard);
	complete(&told);
	mutex_unlock(&guard);
	return 0;
}
static irqreturn_t handler(int irq, void *dev) { return IRQ_HANDLED; }
""",
    end='if (request_irq(11, handler, IRQF_SHARED, "u", &told)) return;'
    'mutex_lock(&guard); kthread_run(teller, NULL, "teller"); wait_for_completion(&told);'
    "mutex_unlock(&guard); free_irq(11, &told);",
)

# Exit waits for a thread that waits awake, and has begun: who is stopped before never does.
AWAKE = source(
    """#include <linux/delay.h>
#include <linux/kthread.h>
static int flag, begun;
static int looker(void *unused)
{
	WRITE_ONCE(begun, 1);
	while (!READ_ONCE(flag))
		cpu_relax();
	return 0;
}
""",
    end='struct task_struct *thread = kthread_run(looker, NULL, "looker");'
    "while (!READ_ONCE(begun)) msleep(1); kthread_stop(thread);",
)

# What exit waits for comes, though nothing stirs for longer than a hang takes to be seen.
SLOW = source(
    """#include <linux/completion.h>
#include <linux/timer.h>
static DECLARE_COMPLETION(told);
static void tell(struct timer_list *unused) { complete(&told); }
static DEFINE_TIMER(timer, tell);
""",
    end="mod_timer(&timer, jiffies + 9 * HZ); wait_for_completion(&told);"
    "timer_delete_sync(&timer);",
)

# A directory with spaces in its name, in which kbuild finds four modules; one has two sources.
DIRECTORY = {
    "Makefile": "obj-m := user-b.o lender.o old.o clash.o brought.o\n"
    "lender-y := lender_main.o lender_more.o\n"
    "ccflags-y := -DGIVEN=7\nCFLAGS_old.o := -DOLD=8\n"
    "all:\n\tmake -C /lib/modules/$(shell uname -r)/build M=$(PWD) modules\n",
    "lender_main.c": source(
        "int lend(void);\nint shared_name(void);\nint shared_name(void) { return 1; }",
        'pr_info("lender is there, %d\\n", lend());',
        end='pr_info("lender goes\\n");',
    ),
    "lender_more.c": "#define DEBUG\n#include <linux/module.h>\nint lend(void);\n"
    'int lend(void) { pr_debug("%d is lent\\n", GIVEN); return GIVEN; }\n'
    "EXPORT_SYMBOL_GPL(lend);\n",
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
    # It includes what it needs nothing of, and needs what other headers bring along.
    "brought.c": source(
        "#include <linux/fs.h>\n#include <linux/kallsyms.h>\n#include <linux/gpio/consumer.h>\n"
        "static RAW_NOTIFIER_HEAD(chain);\nstatic DEFINE_IDR(idr);\nstatic struct semaphore sem;\n"
        "static struct kobject *kobj;\nstatic DECLARE_WAIT_QUEUE_HEAD(queue);\n"
        "static struct { unsigned long jiffies; } then;",
        'sema_init(&sem, 1); kobj = kobject_create_and_add("brought", kernel_kobj);'
        'pr_debug("brought debugs\\n"); printk(KERN_DEBUG "brought logs\\n");'
        "wake_up_interruptible_poll(&queue, 1); then.jiffies = jiffies;"
        "while (!time_after(jiffies, then.jiffies + 1)) cpu_relax();"
        'pr_info("brought %d %lu %d %d\\n", down_trylock(&sem), in_irq(), idr_is_empty(&idr),'
        " raw_notifier_call_chain(&chain, 0, NULL) == NOTIFY_DONE);",
        end='kobject_put(kobj); pr_info("brought goes %d\\n", cleanup_module == end);',
    ),
    "old.c": "#include <linux/module.h>\nint init_module(void)\n"
    '{ pr_info("old %d in %s\\n", OLD, current->comm); printk(KERN_DEBUG "old is told\\n");\n'
    'pr_debug("old is not told\\n"); return 0; }\n'
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
	pr_info("irq %d in an interrupt: %lu\n", irq, in_hardirq());
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


# A driver that has all it needs from devm_, and what else drivers include.
DRIVER = r"""#include <linux/module.h>
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/jhash.h>
#include <linux/mempool.h>
#include <linux/pid.h>
#include <linux/platform_device.h>
#include <linux/proc_fs.h>
#include <linux/radix-tree.h>
#include <linux/seq_file.h>
#include <linux/stop_machine.h>
#include <linux/swait.h>
#include <linux/uaccess.h>
static RADIX_TREE(tree, GFP_KERNEL);
static DECLARE_SWAIT_QUEUE_HEAD(queue);
static struct class *class;
static struct cdev cdev;
static struct device device;
static mempool_t *pool;
static ssize_t hash_show(struct class *class, struct class_attribute *attr, char *to)
{
	return sysfs_emit(to, "%08x\n", jhash("hash", 4, 0));
}
static CLASS_ATTR_RO(hash);
static void *one_start(struct seq_file *seq, loff_t *pos) { return *pos ? NULL : seq->private; }
static void *one_next(struct seq_file *seq, void *v, loff_t *pos) { ++*pos; return NULL; }
static void one_stop(struct seq_file *seq, void *v) { }
static int one_show(struct seq_file *seq, void *v)
{
	seq_setwidth(seq, 6);
	seq_printf(seq, "%d", *(int *)v);
	seq_pad(seq, '|');
	seq_escape(seq, " \n", " ");
	return 0;
}
static const struct seq_operations one = { one_start, one_stop, one_next, one_show };
static long refuse(struct file *file, unsigned int command, unsigned long arg)
{
	return -ENOIOCTLCMD;
}
static const struct file_operations fops = { .owner = THIS_MODULE, .unlocked_ioctl = refuse };
static irqreturn_t handler(int irq, void *dev)
{
	dev_info_once(dev, "irq\n");
	return IRQ_HANDLED;
}
static void undone(void *what) { pr_info("undone: %s\n", (char *)what); }
static int probe(struct platform_device *pdev)
{
	char *name = devm_kasprintf(&pdev->dev, GFP_KERNEL, "%s-%d", "driven", 1);
	return devm_add_action_or_reset(&pdev->dev, undone, name) ?:
	       devm_request_irq(&pdev->dev, 9, handler, 0, name, &pdev->dev);
}
static struct platform_driver driver = { .probe = probe, .driver = { .name = "driven" } };
static struct platform_device *driven;
static void gone(struct device *dev) { }
static int stopped(void *unused) { return irqs_disabled(); }
static int __init start(void)
{
	struct pid *pid = find_get_pid(current->pid);
	bool found = pid_task(pid, PIDTYPE_PID) == current;
	pr_info("%d %d\n", found, stop_machine(stopped, NULL, NULL));
	put_pid(pid);
	pool = mempool_create_kmalloc_pool(1, 10);
	mempool_free(mempool_alloc(pool, GFP_KERNEL), pool);
	swake_up_all(&queue);
	radix_tree_insert(&tree, 1, pool);
	class = class_create(THIS_MODULE, "driven");
	if (class_create_file(class, &class_attr_hash))
		return -ENOMEM;
	proc_create_seq_private("one", 0, proc_mkdir_mode("driven", 0500, NULL), &one, 4, NULL);
	device_initialize(&device);
	device.class = class;
	device.release = gone;
	dev_set_name(&device, "driven");
	cdev_init(&cdev, &fops);
	driven = platform_device_register_simple("driven", -1, NULL, 0);
	return alloc_chrdev_region(&device.devt, 0, 1, "numbers") ?:
	       cdev_device_add(&cdev, &device) ?: platform_driver_register(&driver);
}
static void __exit end(void)
{
	platform_driver_unregister(&driver);
	platform_device_unregister(driven);
	cdev_device_del(&cdev, &device);
	unregister_chrdev_region(device.devt, 1);
	put_device(&device);
	remove_proc_subtree("driven", NULL);
	class_destroy(class);
	mempool_destroy(radix_tree_delete(&tree, 1));
}
module_init(start);
module_exit(end);
MODULE_LICENSE("GPL");
"""
