# sources.mk: files as modules make them, and who opens them: part of the Makefile.
# SPDX-License-Identifier: MIT
SRCS += $(addprefix kernel/files/, \
	node.c chrdev.c file.c uaccess.c simple_attr.c seq_file.c kobject.c sysfs.c device.c devres.c \
	miscdevice.c proc_fs.c debugfs.c kfifo_user.c platform_device.c command.c calls.c programs.c)
