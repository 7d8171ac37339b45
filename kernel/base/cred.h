/* cred.h: who a thread runs for, under Linux's names. There are no users here: everything is root's, and root may do all.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "lib/macros.h"
#include "lib/types.h"

typedef unsigned int uid_t;
typedef unsigned int gid_t;

typedef struct {
	uid_t val;
} kuid_t;

typedef struct {
	gid_t val;
} kgid_t;

struct user_namespace;

struct cred {
	kuid_t uid, suid, euid, fsuid;
	kgid_t gid, sgid, egid, fsgid;
};

#define KUIDT_INIT(value) ((kuid_t){ (value) })
#define KGIDT_INIT(value) ((kgid_t){ (value) })
#define GLOBAL_ROOT_UID   KUIDT_INIT(0)
#define GLOBAL_ROOT_GID   KGIDT_INIT(0)
#define INVALID_UID       KUIDT_INIT((uid_t)-1)

#define current_uid()         GLOBAL_ROOT_UID
#define current_euid()        GLOBAL_ROOT_UID
#define current_suid()        GLOBAL_ROOT_UID
#define current_fsuid()       GLOBAL_ROOT_UID
#define current_gid()         GLOBAL_ROOT_GID
#define current_egid()        GLOBAL_ROOT_GID
#define current_fsgid()       GLOBAL_ROOT_GID
#define current_user_ns()     ((struct user_namespace *)NULL)
#define init_user_ns          (*(struct user_namespace *)NULL)
#define task_uid(task)        GLOBAL_ROOT_UID
#define task_euid(task)       GLOBAL_ROOT_UID
#define __kuid_val(user)      ((user).val)
#define __kgid_val(group)     ((group).val)
#define uid_eq(a, b)          ((a).val == (b).val)
#define gid_eq(a, b)          ((a).val == (b).val)
#define uid_valid(user)       ((user).val != (uid_t)-1)
#define from_kuid(ns, user)   ((void)(ns), (user).val)
#define from_kgid(ns, group)  ((void)(ns), (group).val)
#define make_kuid(ns, number) ((void)(ns), KUIDT_INIT(number))
#define make_kgid(ns, number) ((void)(ns), KGIDT_INIT(number))

#define CAP_SYS_ADMIN 21

/* capable - root may. prepare_creds - NULL: there is nobody else to become. commit_creds - so nothing to do. Any context. */
static inline bool capable(int capability)
{
	return true;
}

static inline struct cred *prepare_creds(void)
{
	return NULL;
}

static inline int commit_creds(struct cred *new)
{
	return 0;
}
