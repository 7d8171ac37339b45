/* kobject.c: kobjects: a name, a directory and a count.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/kobject.h"

#include "kernel/base/hooks.h"
#include "kernel/core/kstrdup.h"
#include "kernel/core/slab.h"
#include "lib/err.h"

static struct kobject sys_kernel = { .name = "kernel", .path = "/sys/kernel" };
struct kobject *const kernel_kobj = &sys_kernel;

void kobject_init(struct kobject *kobj, const struct kobj_type *ktype)
{
	kref_init(&kobj->kref);
	kobj->ktype = ktype;
	kobj->path = NULL;
	kobj->node = NULL;
}

int kobject_set_name_vargs(struct kobject *kobj, const char *name, va_list args)
{
	const char *old = kobj->name;

	kobj->name = kvasprintf(GFP_KERNEL, name, args);
	kfree(old);
	return kobj->name ? 0 : -ENOMEM;
}

int kobject_set_name(struct kobject *kobj, const char *name, ...)
{
	va_list args;
	int error;

	va_start(args, name);
	error = kobject_set_name_vargs(kobj, name, args);
	va_end(args);
	return error;
}

/* Make the directory of @kobj, whose name and parent are known. */
int kobject_add_at(struct kobject *kobj, const char *undo, unsigned long made_at)
{
	const struct node_info info = { .mode = S_IFDIR | 0755, .undo = undo, .made_at = made_at };
	struct dentry *node;

	if (!kobj->parent && kobj->kset)
		kobj->parent = &kobj->kset->kobj;
	node = node_add(kobj->parent ? kobj->parent->path : "/sys", kobj->name, &info);
	if (IS_ERR(node))
		return (int)PTR_ERR(node);
	if (kobj->parent)
		kobject_get(kobj->parent);
	kref_get(&node->users); // For the path, which is used even when the directory is gone.
	kobj->node = node;
	kobj->path = node->path;
	return kobj->ktype ? sysfs_create_groups(kobj, kobj->ktype->default_groups) : 0;
}

int kobject_add(struct kobject *kobj, struct kobject *parent, const char *name, ...)
{
	va_list args;
	int error;

	va_start(args, name);
	error = kobject_set_name_vargs(kobj, name, args);
	va_end(args);
	kobj->parent = parent;
	return error ?: kobject_add_at(kobj, "kobject_put()", _RET_IP_);
}

int kobject_init_and_add(struct kobject *kobj, const struct kobj_type *ktype,
			 struct kobject *parent, const char *name, ...)
{
	va_list args;
	int error;

	kobject_init(kobj, ktype);
	va_start(args, name);
	error = kobject_set_name_vargs(kobj, name, args);
	va_end(args);
	kobj->parent = parent;
	return error ?: kobject_add_at(kobj, "kobject_put()", _RET_IP_);
}

void kobject_del(struct kobject *kobj)
{
	if (!kobj || !kobj->node)
		return;
	node_remove(kobj->node);
	node_put(kobj->node);
	kobj->node = NULL;
	kobj->path = NULL;
	kobject_put(kobj->parent);
	kobj->parent = NULL;
}

static void kobject_free(struct kref *kref)
{
	struct kobject *kobj = container_of(kref, struct kobject, kref);
	const char *name = kobj->name;

	kobject_del(kobj);
	if (kobj->ktype && kobj->ktype->release)
		kobj->ktype->release(kobj);
	kfree(name);
}

struct kobject *kobject_get(struct kobject *kobj)
{
	if (kobj && kobj != kernel_kobj)
		kref_get(&kobj->kref);
	return kobj;
}

void kobject_put(struct kobject *kobj)
{
	if (kobj && kobj != kernel_kobj)
		kref_put(&kobj->kref, kobject_free);
}

/* ---- Those that are nothing else ---- */

static ssize_t kobj_attr_show(struct kobject *kobj, struct attribute *attr, char *to)
{
	struct kobj_attribute *own = container_of(attr, struct kobj_attribute, attr);

	return own->show ? own->show(kobj, own, to) : -EIO;
}

static ssize_t kobj_attr_store(struct kobject *kobj, struct attribute *attr, const char *from,
			       size_t size)
{
	struct kobj_attribute *own = container_of(attr, struct kobj_attribute, attr);

	return own->store ? own->store(kobj, own, from, size) : -EIO;
}

const struct sysfs_ops kobj_sysfs_ops = { .show = kobj_attr_show, .store = kobj_attr_store };

static void dynamic_release(struct kobject *kobj)
{
	kfree(kobj);
}

static const struct kobj_type dynamic_type = { .release = dynamic_release,
					       .sysfs_ops = &kobj_sysfs_ops };

static struct kobject *create(const char *name, struct kobject *parent, const char *undo,
			      unsigned long made_at)
{
	struct kset *kset = kzalloc(sizeof(*kset), GFP_KERNEL);

	if (!kset)
		return NULL;
	kobject_init(&kset->kobj, &dynamic_type);
	kset->kobj.parent = parent;
	if (kobject_set_name(&kset->kobj, "%s", name) ||
	    kobject_add_at(&kset->kobj, undo, made_at)) {
		kobject_put(&kset->kobj);
		return NULL;
	}
	return &kset->kobj;
}

struct kobject *kobject_create_and_add(const char *name, struct kobject *parent)
{
	return create(name, parent, "kobject_put()", _RET_IP_);
}

struct kset *kset_create_and_add(const char *name, const struct kset_uevent_ops *ops,
				 struct kobject *parent)
{
	struct kobject *kobj = create(name, parent, "kset_unregister()", _RET_IP_);

	return kobj ? container_of(kobj, struct kset, kobj) : NULL;
}

void kset_unregister(struct kset *kset)
{
	if (kset)
		kobject_put(&kset->kobj);
}
