/* seq_file.h: files whose text a module prints, record by record, when they are read.
 * SPDX-License-Identifier: MIT
 *
 * RULES
 *   1. A reading begins with start(), which returns the record at *pos, or NULL; show() prints it, next() returns the one after
 *      it and moves *pos; stop() ends it, whatever start() returned. So start() may take a lock, and stop() release it.
 *   2. show() may return SEQ_SKIP: what it printed does not count; or an error: neither does that, and once the records before
 *      it were read, read() returns the error.
 */
#pragma once

#include <stdarg.h>

#include "kernel/files/file.h"

struct seq_operations;

#define SEQ_SKIP        1
#define SEQ_START_TOKEN ((void *)1)

/* [p] by the reader, who holds lock */
struct seq_file {
	char *buf;        /* [p] */
	size_t size;      /* [p] of buf */
	size_t count;     /* [p] bytes in it */
	size_t from;      /* [p] of which these were read */
	loff_t index;     /* [p] of the next record */
	size_t pad_until; /* [p] where seq_pad() ends */
	struct mutex lock;
	const struct seq_operations *op;
	struct file *file;
	void *private; /* the module's */
};

struct seq_operations {
	void *(*start)(struct seq_file *seq, loff_t *pos);
	void (*stop)(struct seq_file *seq, void *record);
	void *(*next)(struct seq_file *seq, void *record, loff_t *pos);
	int (*show)(struct seq_file *seq, void *record);
};

/*
 * seq_open - for an open() to call: file->private_data is then the seq_file. seq_open_private, __seq_open_private - with zeroed
 *   memory as its private data, freed by seq_release_private(). single_open - of one record, which @show prints;
 *   single_open_size - with room for @size bytes at once, so that @show is not called again for want of it.
 * seq_read, seq_lseek, seq_release, single_release - for a file's operations. Sleep. Thread context. Return 0 or -ENOMEM.
 */
int seq_open(struct file *file, const struct seq_operations *ops);
void *__seq_open_private(struct file *file, const struct seq_operations *ops, int size);
int seq_open_private(struct file *file, const struct seq_operations *ops, int size);
int single_open(struct file *file, int (*show)(struct seq_file *seq, void *unused), void *data);
int single_open_size(struct file *file, int (*show)(struct seq_file *seq, void *unused), void *data,
		     size_t size);
ssize_t seq_read(struct file *file, char __user *to, size_t size, loff_t *pos);
loff_t seq_lseek(struct file *file, loff_t offset, int whence);
int seq_release(struct inode *inode, struct file *file);
int seq_release_private(struct inode *inode, struct file *file);
int single_release(struct inode *inode, struct file *file);

/*
 * seq_printf, seq_puts, seq_putc, seq_write - print, in show(). seq_vprintf - with a va_list. seq_has_overflowed - whether
 *   it did not fit: the record is then shown again with more room.
 * seq_setwidth - what comes is to be @size characters wide; seq_pad - fill it up with spaces, and print @c, unless it is '\0'.
 * seq_escape - print @text, and those of its characters that are in @special as \\ooo. Never sleep.
 */
void seq_printf(struct seq_file *seq, const char *format, ...) __printf(2, 3);
void seq_vprintf(struct seq_file *seq, const char *format, va_list args) __printf(2, 0);
void seq_puts(struct seq_file *seq, const char *text);
void seq_putc(struct seq_file *seq, char c);
int seq_write(struct seq_file *seq, const void *data, size_t size);

void seq_setwidth(struct seq_file *seq, size_t size);
void seq_pad(struct seq_file *seq, char c);
void seq_escape(struct seq_file *seq, const char *text, const char *special);

static inline bool seq_has_overflowed(const struct seq_file *seq)
{
	return seq->count == seq->size;
}

/*
 * seq_list_start, seq_list_next - for start() and next(), where the records are a list; its lock is held by start(). ..._start_head -
 *   the first is the head itself, or SEQ_START_TOKEN for an hlist, for show() to print a headline. seq_hlist_... - the same of an
 *   hlist; ..._rcu - by who is in an RCU read-side section instead of holding a lock. Never sleep.
 */
struct list_head *seq_list_start(struct list_head *head, loff_t pos);
struct list_head *seq_list_start_head(struct list_head *head, loff_t pos);
struct list_head *seq_list_next(void *record, struct list_head *head, loff_t *pos);
struct hlist_node *seq_hlist_start(struct hlist_head *head, loff_t pos);
struct hlist_node *seq_hlist_start_head(struct hlist_head *head, loff_t pos);
struct hlist_node *seq_hlist_next(void *record, struct hlist_head *head, loff_t *pos);
struct hlist_node *seq_hlist_start_rcu(struct hlist_head *head, loff_t pos);
struct hlist_node *seq_hlist_start_head_rcu(struct hlist_head *head, loff_t pos);
struct hlist_node *seq_hlist_next_rcu(void *record, struct hlist_head *head, loff_t *pos);

/* A module's file operations NAME_fops of a file that NAME_show(seq, unused) prints, with its open function. */
#define DEFINE_SHOW_ATTRIBUTE(name)                                                                \
	static int name##_open(struct inode *inode, struct file *file)                             \
	{                                                                                          \
		return single_open(file, name##_show, inode->i_private);                           \
	}                                                                                          \
	static const struct file_operations name##_fops = { .owner = THIS_MODULE,                  \
							    .open = name##_open,                   \
							    .read = seq_read,                      \
							    .llseek = seq_lseek,                   \
							    .release = single_release }
#define DEFINE_PROC_SHOW_ATTRIBUTE(name)                                                           \
	static int name##_open(struct inode *inode, struct file *file)                             \
	{                                                                                          \
		return single_open(file, name##_show, pde_data(inode));                            \
	}                                                                                          \
	static const struct proc_ops name##_proc_ops = { .proc_open = name##_open,                 \
							 .proc_read = seq_read,                    \
							 .proc_lseek = seq_lseek,                  \
							 .proc_release = single_release }
#define DEFINE_SEQ_ATTRIBUTE(name)                                                                 \
	static int name##_open(struct inode *inode, struct file *file)                             \
	{                                                                                          \
		int __error = seq_open(file, &name##_sops);                                        \
		if (!__error && inode->i_private)                                                  \
			((struct seq_file *)file->private_data)->private = inode->i_private;       \
		return __error;                                                                    \
	}                                                                                          \
	static const struct file_operations name##_fops = { .owner = THIS_MODULE,                  \
							    .open = name##_open,                   \
							    .read = seq_read,                      \
							    .llseek = seq_lseek,                   \
							    .release = seq_release }
