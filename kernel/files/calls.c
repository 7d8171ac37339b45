/* calls.c: the programs of OPS=.
 * SPDX-License-Identifier: MIT
 *
 * They make the system calls that the programs of those names make on Linux: echo one write(); cat reads of 128 KiB, until one
 * returns 0. A cat that reads for ever is ended after READS_MAX of them, which it says.
 */
#include "kernel/files/calls.h"

#include "kernel/core/printk.h"
#include "kernel/core/vmalloc.h"
#include "kernel/files/chrdev.h"
#include "kernel/files/command.h"
#include "kernel/files/ioctl.h"
#include "kernel/files/poll.h"
#include "kernel/files/uaccess.h"
#include "kernel/irq_line.h"
#include "kernel/sched/signal.h"
#include "lib/ctype.h"
#include "lib/err.h"
#include "lib/format.h"
#include "lib/kstrtox.h"
#include "lib/string.h"

#define CAT_SIZE  (128 * 1024)
#define ECHO_SIZE 1024
#define READS_MAX 32

/* Say what a system call of this program returned, if that is an error. Returns whether it is. */
static bool complain(const char *file, const char *call, long result)
{
	if (result >= 0)
		return false;
	pr_plain("%s: %s: %s() returned %pe\n", current->comm, file, call, ERR_PTR(result));
	return true;
}

/* A driver that makes no file in /dev has a user who does: mknod, by the name of its number. */
static void make_node(const char *path)
{
	const struct node_info like = { .mode = S_IFCHR | 0666 };
	struct node_info info = like;
	struct dentry *node = node_find(path);

	if (node) {
		node_put(node);
		return;
	}
	if (strncmp(path, "/dev/", 5))
		return;
	info.device = chrdev_number(path + 5);
	if (!info.device || IS_ERR(node_add("/dev", path + 5, &info)))
		return;
	pr_plain("mknod %s c %u %u\n", path, MAJOR(info.device), MINOR(info.device));
}

static struct file *open_file(const char *path, int flags)
{
	struct file *file;

	make_node(path);
	file = filp_open(path, flags, 0);
	complain(path, "open", IS_ERR(file) ? PTR_ERR(file) : 0);
	return file;
}

/* Memory of the program's. */
static void *user_memory(size_t size)
{
	void *memory = vzalloc(size);

	if (memory && !user_area_add(memory, size)) {
		vfree(memory);
		memory = NULL;
	}
	return memory;
}

static void user_memory_free(void *memory)
{
	user_area_remove(memory);
	vfree(memory);
}

/* ---- echo ---- */

static size_t echo_text(char *to, const struct command *command)
{
	unsigned int i = 1;
	bool newline = true;
	size_t length = 0;

	if (command->n > 1 && !strcmp(command->words[1], "-n")) {
		newline = false;
		i++;
	}
	for (; i < command->n; i++)
		length += (size_t)scnprintf(to + length, ECHO_SIZE - length, "%s%s",
					    length ? " " : "", command->words[i]);
	if (newline)
		length += (size_t)scnprintf(to + length, ECHO_SIZE - length, "\n");
	return length;
}

void call_echo(const struct command *command)
{
	int flags = O_WRONLY | O_CREAT | (command->append ? O_APPEND : O_TRUNC);
	char *memory = user_memory(ECHO_SIZE);
	struct file *file = memory ? open_file(command->to, flags) : NULL;
	size_t done = 0, length;

	if (!IS_ERR_OR_NULL(file)) {
		length = echo_text(memory, command);
		while (done < length && !signal_pending(current)) {
			ssize_t n = file_write(file, memory + done, length - done);

			if (complain(command->to, "write", n) || !n)
				break;
			done += min((size_t)n, length - done);
		}
		filp_close(file, NULL);
	}
	if (memory)
		user_memory_free(memory);
}

/* ---- cat ---- */

/* Print what was read as lines, with a dot for what is no letter. */
static void print_text(const char *file, const char *text, size_t length)
{
	char line[PRINTK_LINE - 80];
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] != '\n')
			line[n++] = isprint(text[i]) ? text[i] : '.';
		if (text[i] == '\n' || i == length - 1 || n == sizeof(line) - 1) {
			line[n] = '\0';
			pr_plain("%s: %s: %s\n", current->comm, file, line);
			n = 0;
		}
	}
}

static void cat_file(const char *path, char *memory)
{
	struct file *file = open_file(path, O_RDONLY);
	unsigned int reads = 0;
	ssize_t n = 0;

	if (IS_ERR(file))
		return;
	while (!signal_pending(current) && reads++ < READS_MAX) {
		n = file_read(file, memory, CAT_SIZE);
		if (complain(path, "read", n) || !n)
			break;
		// What the module says to have written, and has not, is zeros: text ends there.
		print_text(path, memory, strnlen(memory, min((size_t)n, (size_t)CAT_SIZE)));
		memset(memory, 0, CAT_SIZE);
	}
	if (n > 0)
		pr_plain("%s: %s: ended after %u reads: none returned 0\n", current->comm, path,
			 reads);
	filp_close(file, NULL);
}

void call_cat(const struct command *command)
{
	char *memory = user_memory(CAT_SIZE);

	if (!memory)
		return;
	for (unsigned int i = 1; i < command->n; i++)
		cat_file(command->words[i], memory);
	user_memory_free(memory);
}

/* ---- ioctl ---- */

static unsigned long ioctl_argument(const char *word, char *memory)
{
	long long number;

	if (!kstrtoll(word, 0, &number))
		return (unsigned long)number;
	if (*word == '*' && !kstrtoll(word + 1, 0, &number))
		memcpy(memory, &number, sizeof(number));
	else
		strscpy(memory, word, ECHO_SIZE);
	return (unsigned long)memory;
}

static void ioctl_file(struct file *file, const struct command *command, unsigned int number,
		       char *memory)
{
	const char *word = command->n > 3 ? command->words[3] : "0";
	unsigned long argument = ioctl_argument(word, memory);
	long result = vfs_ioctl(file, number, argument);

	if (complain(command->words[1], "ioctl", result))
		return;
	if (argument != (unsigned long)memory)
		pr_plain("ioctl: %s: returned %ld\n", command->words[1], result);
	else if (*word == '*')
		pr_plain("ioctl: %s: returned %ld, and *%d\n", command->words[1], result,
			 *(int *)memory);
	else
		pr_plain("ioctl: %s: returned %ld, and \"%s\"\n", command->words[1], result,
			 memory);
}

void call_ioctl(const struct command *command)
{
	char *memory = user_memory(ECHO_SIZE);
	struct file *file = NULL;
	unsigned int number;

	if (!memory)
		return;
	if (kstrtouint(command->words[2], 0, &number))
		pr_plain("ioctl: %s is no number\n", command->words[2]);
	else
		file = open_file(command->words[1], O_RDWR);
	if (!IS_ERR_OR_NULL(file)) {
		ioctl_file(file, command, number, memory);
		filp_close(file, NULL);
	}
	user_memory_free(memory);
}

/* ---- poll ---- */

#define POLL_QUEUES 4

/* Who polls, and its places in the queues that the module has named. */
struct poller {
	poll_table table;
	bool triggered; /* one of them was woken: poll() is to be asked again */
	unsigned int n;
	struct poll_place {
		struct wait_queue_entry entry;
		struct wait_queue_head *queue;
		struct poller *poller;
	} places[POLL_QUEUES];
};

static int poll_wake(struct wait_queue_entry *entry, unsigned int mode, int flags, void *key)
{
	struct poll_place *place = container_of(entry, struct poll_place, entry);

	WRITE_ONCE(place->poller->triggered,
		   true); // Ordered before the wake-up, which is a full barrier.
	return default_wake_function(entry, mode, flags, key);
}

static void queue_up(struct file *file, struct wait_queue_head *queue, poll_table *table)
{
	struct poller *poller = container_of(table, struct poller, table);
	struct poll_place *place = &poller->places[poller->n];

	if (poller->n == POLL_QUEUES)
		return;
	poller->n++;
	place->poller = poller;
	place->queue = queue;
	init_waitqueue_func_entry(&place->entry, poll_wake);
	place->entry.private = current;
	add_wait_queue(queue, &place->entry);
}

/* Ask the module until something is possible, or a signal comes. */
static __poll_t poll_file(struct file *file)
{
	struct poller poller = { .table = { queue_up } };
	__poll_t mask;

	for (;;) {
		WRITE_ONCE(poller.triggered, false);
		mask = vfs_poll(file, &poller.table);
		if (mask || signal_pending(current))
			break;
		poller.table._qproc = NULL; // It is in the queues now.
		set_current_state(TASK_INTERRUPTIBLE);
		if (!READ_ONCE(poller.triggered))
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	while (poller.n--)
		remove_wait_queue(poller.places[poller.n].queue, &poller.places[poller.n].entry);
	return mask;
}

void call_poll(const struct command *command)
{
	struct file *file = open_file(command->words[1], O_RDWR);
	__poll_t mask;

	if (IS_ERR(file))
		return;
	mask = poll_file(file);
	pr_plain("poll: %s:%s%s%s\n", command->words[1], mask & EPOLLIN ? " it can be read" : "",
		 mask & EPOLLOUT ? " it can be written" : "", mask ? "" : " not in this time");
	filp_close(file, NULL);
}

/* ---- irq ---- */

void call_irq(const struct command *command)
{
	unsigned int irq;

	if (kstrtouint(command->words[1], 10, &irq) || !irq_line_raise(irq))
		pr_plain("irq: nobody has requested %s\n", command->words[1]);
}
