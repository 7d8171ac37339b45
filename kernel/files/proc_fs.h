/* proc_fs.h: files in /proc.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/cred.h"
#include "kernel/files/file.h"
#include "kernel/files/seq_file.h"

/* What a module implements of a file in /proc; as in file_operations. */
struct proc_ops {
	unsigned int proc_flags;
	int (*proc_open)(struct inode *inode, struct file *file);
	ssize_t (*proc_read)(struct file *file, char __user *to, size_t size, loff_t *pos);
	ssize_t (*proc_read_iter)(struct kiocb *iocb, struct iov_iter *to);
	ssize_t (*proc_write)(struct file *file, const char __user *from, size_t size, loff_t *pos);
	loff_t (*proc_lseek)(struct file *file, loff_t offset, int whence);
	int (*proc_release)(struct inode *inode, struct file *file);
	__poll_t (*proc_poll)(struct file *file, struct poll_table_struct *wait);
	long (*proc_ioctl)(struct file *file, unsigned int command, unsigned long argument);
	int (*proc_mmap)(struct file *file, struct vm_area_struct *vma);
};

/*
 * A file or directory in /proc: of @parent, or NULL for the top.
 * proc_create_data - a file; pde_data(inode) is @data. proc_create - without data. proc_create_single(_data) - one whose whole
 *   text @show prints; proc_create_seq(_data) - one that @ops walks through; proc_create_seq_private - with @size bytes of
 *   zeros as private data of each that is opened. proc_mkdir - a directory; proc_mkdir_mode, _data - with this mode and data.
 * proc_remove, remove_proc_subtree - take it away, with what is in it; remove_proc_entry - the same, and a directory must be
 *   empty. They wait for the functions that run, and release what is open: the caller must hold no lock that these take.
 * proc_set_size, proc_set_user - what ls -l would show. Sleep. Thread context. Return it, or NULL.
 */
struct proc_dir_entry *proc_create_data(const char *name, umode_t mode,
					struct proc_dir_entry *parent, const struct proc_ops *ops,
					void *data);
struct proc_dir_entry *proc_create(const char *name, umode_t mode, struct proc_dir_entry *parent,
				   const struct proc_ops *ops);
struct proc_dir_entry *proc_create_single_data(const char *name, umode_t mode,
					       struct proc_dir_entry *parent,
					       int (*show)(struct seq_file *seq, void *unused),
					       void *data);
struct proc_dir_entry *proc_create_seq_private(const char *name, umode_t mode,
					       struct proc_dir_entry *parent,
					       const struct seq_operations *ops, unsigned int size,
					       void *data);
#define proc_create_single(name, mode, parent, show)                                               \
	proc_create_single_data((name), (mode), (parent), (show), NULL)
#define proc_create_seq_data(name, mode, parent, ops, data)                                        \
	proc_create_seq_private((name), (mode), (parent), (ops), 0, (data))
#define proc_create_seq(name, mode, parent, ops)                                                   \
	proc_create_seq_private((name), (mode), (parent), (ops), 0, NULL)
struct proc_dir_entry *proc_mkdir_data(const char *name, umode_t mode,
				       struct proc_dir_entry *parent, void *data);
#define proc_mkdir_mode(name, mode, parent) proc_mkdir_data((name), (mode), (parent), NULL)
#define proc_mkdir(name, parent)            proc_mkdir_data((name), 0, (parent), NULL)
void proc_remove(struct proc_dir_entry *entry);
void remove_proc_entry(const char *name, struct proc_dir_entry *parent);
int remove_proc_subtree(const char *name, struct proc_dir_entry *parent);
void *pde_data(const struct inode *inode);
void proc_set_size(struct proc_dir_entry *entry, loff_t size);

static inline void proc_set_user(struct proc_dir_entry *entry, kuid_t user, kgid_t group)
{
}
