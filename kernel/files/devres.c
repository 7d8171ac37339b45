/* devres.c: what goes with a device, or with its driver: memory, interrupts, and what else a function undoes.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/device.h"

#include "kernel/core/kstrdup.h"
#include "kernel/irq_line.h"
#include "lib/errno.h"
#include "lib/string.h"

/* One thing, in front of its memory. */
struct managed {
	struct list_head list;
	void (*action)(void *data); /* NULL: it is memory */
	void *data;
};

static DEFINE_MUTEX(lock); /* the lists of all devices */

static void add(struct device *dev, struct managed *one)
{
	mutex_lock(&lock);
	list_add(&one->list, &dev->managed);
	mutex_unlock(&lock);
}

static void undo(struct managed *one)
{
	if (one->action)
		one->action(one->data);
	kfree(one);
}

static struct managed *take_youngest(struct device *dev)
{
	struct managed *one;

	mutex_lock(&lock);
	one = list_first_entry_or_null(&dev->managed, struct managed, list);
	if (one)
		list_del(&one->list);
	mutex_unlock(&lock);
	return one;
}

void devres_release_all(struct device *dev)
{
	struct managed *one;

	while ((one = take_youngest(dev)))
		undo(one);
}

/* ---- Memory ---- */

void *devm_kmalloc(struct device *dev, size_t size, gfp_t flags)
{
	struct managed *one = size > SIZE_MAX - sizeof(*one) ? NULL :
							       kmalloc(sizeof(*one) + size, flags);

	if (!one)
		return NULL;
	one->action = NULL;
	add(dev, one);
	return one + 1;
}

void devm_kfree(struct device *dev, const void *memory)
{
	struct managed *one;

	if (!memory)
		return;
	one = (struct managed *)memory - 1;
	mutex_lock(&lock);
	list_del(&one->list);
	mutex_unlock(&lock);
	kfree(one);
}

char *devm_kstrdup(struct device *dev, const char *string, gfp_t flags)
{
	char *copy = string ? devm_kmalloc(dev, strlen(string) + 1, flags) : NULL;

	return copy ? strcpy(copy, string) : NULL;
}

char *devm_kasprintf(struct device *dev, gfp_t flags, const char *format, ...)
{
	va_list args;
	char *text, *copy;

	va_start(args, format);
	text = kvasprintf(flags, format, args);
	va_end(args);
	copy = devm_kstrdup(dev, text, flags);
	kfree(text);
	return copy;
}

/* ---- What a function undoes ---- */

int devm_add_action(struct device *dev, void (*action)(void *data), void *data)
{
	struct managed *one = kmalloc(sizeof(*one), GFP_KERNEL);

	if (!one)
		return -ENOMEM;
	*one = (struct managed){ .action = action, .data = data };
	add(dev, one);
	return 0;
}

int devm_add_action_or_reset(struct device *dev, void (*action)(void *data), void *data)
{
	int error = devm_add_action(dev, action, data);

	if (error)
		action(data);
	return error;
}

static struct managed *take_action(struct device *dev, void (*action)(void *data), const void *data)
{
	struct managed *one, *found = NULL;

	mutex_lock(&lock);
	list_for_each_entry(one, &dev->managed, list) {
		if (!found && one->action == action && one->data == data)
			found = one;
	}
	if (found)
		list_del(&found->list);
	mutex_unlock(&lock);
	return found;
}

void devm_remove_action(struct device *dev, void (*action)(void *data), void *data)
{
	kfree(take_action(dev, action, data));
}

void devm_release_action(struct device *dev, void (*action)(void *data), void *data)
{
	struct managed *one = take_action(dev, action, data);

	if (one)
		undo(one);
}

/* ---- Interrupts ---- */

struct managed_irq {
	unsigned int irq;
	void *dev_id;
};

static void irq_free(void *data)
{
	struct managed_irq *own = data;

	free_irq(own->irq, own->dev_id);
	kfree(own);
}

int devm_request_threaded_irq(struct device *dev, unsigned int irq, irq_handler_t handler,
			      irq_handler_t thread_fn, unsigned long flags, const char *name,
			      void *dev_id)
{
	struct managed_irq *own = kmalloc(sizeof(*own), GFP_KERNEL);
	int error;

	if (!own)
		return -ENOMEM;
	*own = (struct managed_irq){ irq, dev_id };
	error = request_threaded_irq(irq, handler, thread_fn, flags, name ?: dev_name(dev), dev_id);
	if (error) {
		kfree(own);
		return error;
	}
	return devm_add_action_or_reset(dev, irq_free, own);
}

void devm_free_irq(struct device *dev, unsigned int irq, void *dev_id)
{
	struct managed *one, *found = NULL;

	mutex_lock(&lock);
	list_for_each_entry(one, &dev->managed, list) {
		const struct managed_irq *own = one->data;

		if (one->action == irq_free && own->irq == irq && own->dev_id == dev_id)
			found = one;
	}
	if (found)
		list_del(&found->list);
	mutex_unlock(&lock);
	if (found)
		undo(found);
}
