/* The names of error numbers. */
/* SPDX-License-Identifier: MIT */
#include "lib/errname.h"
#include "lib/errno.h"
#include "lib/macros.h"
#include "lib/types.h"

// clang-format off
#define ERROR(error) { error, #error }
static const struct {
	int number;
	const char *name;
} errors[] = {
	ERROR(EPERM), ERROR(ENOENT), ERROR(ESRCH), ERROR(EINTR), ERROR(EIO), ERROR(ENXIO),
	ERROR(E2BIG), ERROR(ENOEXEC), ERROR(EBADF), ERROR(ECHILD), ERROR(EAGAIN), ERROR(ENOMEM),
	ERROR(EACCES), ERROR(EFAULT), ERROR(EBUSY), ERROR(EEXIST), ERROR(ENODEV), ERROR(EINVAL),
	ERROR(ENFILE), ERROR(ENOTTY), ERROR(EFBIG), ERROR(ENOSPC), ERROR(EPIPE), ERROR(EDOM),
	ERROR(ERANGE), ERROR(EDEADLK), ERROR(ENAMETOOLONG), ERROR(ENOSYS), ERROR(ENODATA),
	ERROR(ETIME), ERROR(EPROTO), ERROR(EOVERFLOW), ERROR(EOPNOTSUPP), ERROR(ETIMEDOUT),
	ERROR(EALREADY), ERROR(EINPROGRESS), ERROR(ECANCELED), ERROR(EOWNERDEAD),
	ERROR(ERESTARTSYS),
};
// clang-format on

const char *errname(int error)
{
	for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
		if (errors[i].number == error)
			return errors[i].name;
	}
	return NULL;
}
