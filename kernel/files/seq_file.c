/* seq_file.c: reading what show() prints.
 * SPDX-License-Identifier: MIT
 *
 * A read that finds the buffer empty runs the records from index on, as many as fit and are wanted, between one start() and one
 * stop(); the next reads take what is left of them. A first record that does not fit makes the buffer twice as long, and it stays so.
 */
#define pr_fmt(fmt) "seq_file: " fmt

#include "kernel/files/seq_file.h"

#include "kernel/core/printk_forms.h"
#include "kernel/core/slab.h"
#include "kernel/core/vmalloc.h"
#include "kernel/files/uaccess.h"
#include "kernel/locking/rculist.h"
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

	kvfree(seq->buf);
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

int single_open_size(struct file *file, int (*show)(struct seq_file *seq, void *unused), void *data,
		     size_t size)
{
	char *buf = kvmalloc(size, GFP_KERNEL);
	struct seq_file *seq;

	if (!buf || single_open(file, show, data)) {
		kvfree(buf);
		return -ENOMEM;
	}
	seq = file->private_data;
	seq->buf = buf;
	seq->size = size;
	return 0;
}

int single_release(struct inode *inode, struct file *file)
{
	kfree(((struct seq_file *)file->private_data)->op);
	return seq_release(inode, file);
}

/* ---- Reading ---- */

/* Make room for twice as much. The buffer is empty. */
static bool grow(struct seq_file *seq)
{
	size_t size = seq->size ? seq->size * 2 : FIRST_SIZE;
	char *buf = kvmalloc(size, GFP_KERNEL);

	if (!buf)
		return false;
	kvfree(seq->buf);
	seq->buf = buf;
	seq->size = size;
	return true;
}

#define TOO_LONG 1

/* Show one record. What of it must not be read is taken back. Returns 0, TOO_LONG, or the error of show(). */
static int show_one(struct seq_file *seq, void *record)
{
	size_t before = seq->count;
	int result = seq->op->show(seq, record);

	if (!result && !seq_has_overflowed(seq))
		return 0;
	seq->count = before;
	if (result)
		return min(result, 0); // SEQ_SKIP is no error.
	return TOO_LONG;
}

static void *next_of(struct seq_file *seq, void *record)
{
	loff_t index = seq->index;

	record = seq->op->next(seq, record, &seq->index);
	if (seq->index == index) {
		pr_info_ratelimited("buggy .next function %ps did not update position index\n",
				    seq->op->next);
		seq->index++;
	}
	return record;
}

/*
 * Show records until there are @wanted bytes, or the next one does not fit. One that cannot be shown stays the next one, so its
 * error comes again when it is the first. Returns why it ended: 0, TOO_LONG, or an error.
 */
static int show_records(struct seq_file *seq, size_t wanted)
{
	void *record = seq->op->start(seq, &seq->index);
	int result = 0;

	while (!IS_ERR_OR_NULL(record) && seq->count < wanted) {
		result = show_one(seq, record);
		if (result)
			break;
		record = next_of(seq, record);
	}
	if (IS_ERR(record))
		result = (int)PTR_ERR(record);
	seq->op->stop(seq, record);
	return result;
}

/* Fill the buffer, which is empty. Returns 0 or an error; at the end there is nothing in it. */
static int fill(struct seq_file *seq, size_t wanted)
{
	int result = TOO_LONG;

	seq->from = seq->count = 0;
	if (seq->buf)
		result = show_records(seq, wanted);
	while (result == TOO_LONG && !seq->count) {
		if (!grow(seq))
			return -ENOMEM;
		result = show_records(seq, wanted);
	}
	return seq->count ? 0 : result;
}

ssize_t seq_read(struct file *file, char __user *to, size_t size, loff_t *pos)
{
	struct seq_file *seq = file->private_data;
	ssize_t result = 0;
	size_t n;

	if (!size)
		return 0;
	mutex_lock(&seq->lock);
	if (!*pos) {
		seq->index = 0;
		seq->count = seq->from = 0;
	}
	if (seq->from == seq->count)
		result = fill(seq, size);
	n = min(size, seq->count - seq->from);
	if (!result && n) {
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

void seq_setwidth(struct seq_file *seq, size_t size)
{
	seq->pad_until = seq->count + size;
}

void seq_pad(struct seq_file *seq, char c)
{
	while (seq->count < seq->pad_until && !seq_has_overflowed(seq))
		seq_putc(seq, ' ');
	if (c)
		seq_putc(seq, c);
}

void seq_escape(struct seq_file *seq, const char *text, const char *special)
{
	for (; *text; text++) {
		if (strchr(special, *text))
			seq_printf(seq, "\\%03o", (unsigned char)*text);
		else
			seq_putc(seq, *text);
	}
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

/* The loads are as RCU's readers need them; who holds the lock loses nothing by that. */

struct hlist_node *seq_hlist_start(struct hlist_head *head, loff_t pos)
{
	struct hlist_node *node = rcu_dereference_raw(hlist_first_rcu(head));

	while (node && pos--)
		node = rcu_dereference_raw(hlist_next_rcu(node));
	return node;
}

struct hlist_node *seq_hlist_start_head(struct hlist_head *head, loff_t pos)
{
	return pos ? seq_hlist_start(head, pos - 1) : SEQ_START_TOKEN;
}

struct hlist_node *seq_hlist_next(void *record, struct hlist_head *head, loff_t *pos)
{
	struct hlist_node *node = record;

	++*pos;
	if (record == SEQ_START_TOKEN)
		return rcu_dereference_raw(hlist_first_rcu(head));
	return rcu_dereference_raw(hlist_next_rcu(node));
}

struct hlist_node *seq_hlist_start_rcu(struct hlist_head *head, loff_t pos)
{
	__list_check_rcu();
	return seq_hlist_start(head, pos);
}

struct hlist_node *seq_hlist_start_head_rcu(struct hlist_head *head, loff_t pos)
{
	__list_check_rcu();
	return seq_hlist_start_head(head, pos);
}

struct hlist_node *seq_hlist_next_rcu(void *record, struct hlist_head *head, loff_t *pos)
{
	__list_check_rcu();
	return seq_hlist_next(record, head, pos);
}
