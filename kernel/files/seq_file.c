/* seq_file.c: reading what show() prints.
 * SPDX-License-Identifier: MIT
 *
 * A read that finds the buffer empty runs the records from index on, as many as fit, between one start() and one stop();
 * the next reads take what is left of them. A first record that does not fit makes the buffer twice as long.
 */
#define pr_fmt(fmt) "seq_file: " fmt

#include "kernel/files/seq_file.h"

#include "kernel/core/printk_forms.h"
#include "kernel/core/slab.h"
#include "kernel/files/uaccess.h"
#include "lib/err.h"
#include "lib/format.h"
#include "lib/string.h"

#define FIRST_SIZE 4096u

/* ---- Opening and closing ---- */

int seq_open(struct file *file, const struct seq_operations *ops)
{
	struct seq_file *seq = kzalloc(sizeof(*seq), GFP_KERNEL);

	if (!seq)
		return -ENOMEM;
	mutex_init(&seq->lock);
	seq->op = ops;
	seq->file = file;
	file->private_data = seq;
	return 0;
}

void *__seq_open_private(struct file *file, const struct seq_operations *ops, int size)
{
	void *private = kzalloc((size_t)size, GFP_KERNEL);

	if (!private || seq_open(file, ops)) {
		kfree(private);
		return NULL;
	}
	((struct seq_file *)file->private_data)->private = private;
	return private;
}

int seq_open_private(struct file *file, const struct seq_operations *ops, int size)
{
	return __seq_open_private(file, ops, size) ? 0 : -ENOMEM;
}

int seq_release(struct inode *inode, struct file *file)
{
	struct seq_file *seq = file->private_data;

	kfree(seq->buf);
	kfree(seq);
	return 0;
}

int seq_release_private(struct inode *inode, struct file *file)
{
	kfree(((struct seq_file *)file->private_data)->private);
	return seq_release(inode, file);
}

/* ---- One record ---- */

static void *single_start(struct seq_file *seq, loff_t *pos)
{
	return *pos ? NULL : SEQ_START_TOKEN;
}

static void *single_next(struct seq_file *seq, void *record, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void single_stop(struct seq_file *seq, void *record)
{
}

int single_open(struct file *file, int (*show)(struct seq_file *seq, void *unused), void *data)
{
	struct seq_operations *ops = kmalloc(sizeof(*ops), GFP_KERNEL);

	if (!ops)
		return -ENOMEM;
	*ops = (struct seq_operations){ single_start, single_stop, single_next, show };
	if (seq_open(file, ops)) {
		kfree(ops);
		return -ENOMEM;
	}
	((struct seq_file *)file->private_data)->private = data;
	return 0;
}

int single_release(struct inode *inode, struct file *file)
{
	kfree(((struct seq_file *)file->private_data)->op);
	return seq_release(inode, file);
}

/* ---- Reading ---- */

static bool grow(struct seq_file *seq)
{
	size_t size = seq->size ? seq->size * 2 : FIRST_SIZE;
	char *buf = kmalloc(size, GFP_KERNEL);

	if (!buf)
		return false;
	kfree(seq->buf);
	seq->buf = buf;
	seq->size = size;
	return true;
}

/* Show one record, or undo what did not fit. Returns whether to go on; an error is stored. */
static bool show_one(struct seq_file *seq, void *record, int *error)
{
	size_t before = seq->count;
	int result = seq->op->show(seq, record);

	if (result < 0)
		*error = result;
	if (result == SEQ_SKIP)
		seq->count = before;
	if (!seq_has_overflowed(seq))
		return result >= 0;
	seq->count = before;
	return false;
}

/* Fill the buffer, which is empty. Returns 0 or an error; at the end there is nothing in it. */
static int fill(struct seq_file *seq)
{
	int error = 0;
	void *record;
	bool more;

	do {
		if (!grow(seq))
			return -ENOMEM;
		seq->count = seq->from = 0;
		record = seq->op->start(seq, &seq->index);
		more = !IS_ERR_OR_NULL(record);
		while (!IS_ERR_OR_NULL(record) && show_one(seq, record, &error)) {
			loff_t index = seq->index;

			record = seq->op->next(seq, record, &seq->index);
			if (seq->index == index) {
				pr_info_ratelimited("buggy .next function %ps did not update "
						    "position index\n",
						    seq->op->next);
				seq->index++;
			}
		}
		if (IS_ERR(record))
			error = (int)PTR_ERR(record);
		more = more && record && !error && !seq->count;
		seq->op->stop(seq, record);
	} while (more);
	return seq->count ? 0 : error;
}

ssize_t seq_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct seq_file *seq = file->private_data;
	ssize_t result = 0;
	size_t n;

	mutex_lock(&seq->lock);
	if (!*pos) {
		seq->index = 0;
		seq->count = seq->from = 0;
	}
	if (seq->from == seq->count) {
		seq->size = seq->size / 2; // As large as it was: grow() doubles it.
		result = fill(seq);
	}
	n = min(size, seq->count - seq->from);
	if (result >= 0 && n) {
		n -= copy_to_user(to, seq->buf + seq->from, n);
		result = n ? (ssize_t)n : -EFAULT;
		seq->from += n;
		*pos += (loff_t)n;
	}
	mutex_unlock(&seq->lock);
	return result;
}

loff_t seq_lseek(struct file *file, loff_t offset, int whence)
{
	if (whence != SEEK_SET || offset)
		return -EINVAL;
	file->f_pos = 0;
	return 0;
}

/* ---- Printing: what does not fit leaves the buffer full ---- */

int seq_write(struct seq_file *seq, const void *data, size_t size)
{
	if (size >= seq->size - seq->count) {
		seq->count = seq->size;
		return -1;
	}
	memcpy(seq->buf + seq->count, data, size);
	seq->count += size;
	return 0;
}

void seq_vprintf(struct seq_file *seq, const char *format, va_list args)
{
	size_t room = seq->size - seq->count;

	seq->count += min((size_t)vsnprintf(seq->buf + seq->count, room, format, args), room);
}

void seq_printf(struct seq_file *seq, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	seq_vprintf(seq, format, args);
	va_end(args);
}

void seq_puts(struct seq_file *seq, const char *text)
{
	seq_write(seq, text, strlen(text));
}

void seq_putc(struct seq_file *seq, char c)
{
	seq_write(seq, &c, 1);
}

/* ---- Lists ---- */

struct list_head *seq_list_start(struct list_head *head, loff_t pos)
{
	struct list_head *each;

	list_for_each(each, head) {
		if (pos-- == 0)
			return each;
	}
	return NULL;
}

struct list_head *seq_list_start_head(struct list_head *head, loff_t pos)
{
	return pos ? seq_list_start(head, pos - 1) : head;
}

struct list_head *seq_list_next(void *record, struct list_head *head, loff_t *pos)
{
	struct list_head *next = ((struct list_head *)record)->next;

	++*pos;
	return next == head ? NULL : next;
}
