/* devres.c: what goes with a device, or with its driver: memory, interrupts, and what else a function undoes.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/files/device.h"

#include "kernel/core/kstrdup.h"
#include "kernel/core/panic.h"
#include "kernel/irq_line.h"
#include "lib/errno.h"
#include "lib/string.h"

/* One thing, in front of its memory. */
struct managed {
	struct list_head list;
	void (*action)(void *data); /* NULL: it is memory */
	void *data;
};

static DEFINE_SPINLOCK(lock); /* the lists of all devices */

static void add(struct device *dev, struct managed *one)
{
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	list_add(&one->list, &dev->managed);
	spin_unlock_irqrestore(&lock, flags);
}

/* Take the youngest that @fits off the list, or NULL. */
static struct managed *
take(struct device *dev, bool (*fits)(const struct managed *one, const void *arg), const void *arg)
{
	struct managed *one, *found = NULL;
	unsigned long flags;

	spin_lock_irqsave(&lock, flags);
	list_for_each_entry(one, &dev->managed, list) {
		if (!found && fits(one, arg))
			found = one;
	}
	if (found)
		list_del(&found->list);
	spin_unlock_irqrestore(&lock, flags);
	return found;
}

static void undo(struct managed *one)
{
	if (one->action)
		one->action(one->data);
	kfree(one);
}

static bool is_any(const struct managed *one, const void *arg)
{
	return true;
}

void devres_release_all(struct device *dev)
{
	struct managed *one;

	while ((one = take(dev, is_any, NULL)))
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

static bool is_memory(const struct managed *one, const void *memory)
{
	return !one->action && one + 1 == memory;
}

void devm_kfree(struct device *dev, const void *memory)
{
	struct managed *one;

	if (!memory)
		return;
	one = take(dev, is_memory, memory);
	WARN(!one, "devm_kfree() of %p, which is not of %s's memory", memory, dev_name(dev));
	kfree(one);
}

char *devm_kstrdup(struct device *dev, const char *string, gfp_t flags)
{
	char *copy = string ? devm_kmalloc(dev, strlen(string) + 1, flags) : NULL;

	return copy ? strcpy(copy, string) : NULL;
}

void *devm_kmemdup(struct device *dev, const void *from, size_t size, gfp_t flags)
{
	void *copy = devm_kmalloc(dev, size, flags);

	return copy ? memcpy(copy, from, size) : NULL;
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

static bool is_action(const struct managed *one, const void *arg)
{
	const struct managed *wanted = arg;

	return one->action == wanted->action && one->data == wanted->data;
}

static struct managed *take_action(struct device *dev, void (*action)(void *data), void *data)
{
	const struct managed wanted = { .action = action, .data = data };
	struct managed *one = take(dev, is_action, &wanted);

	WARN(!one, "%s has no action %ps(%p), or has it no more", dev_name(dev), action, data);
	return one;
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

static bool is_irq(const struct managed *one, const void *arg)
{
	const struct managed_irq *own = one->data, *wanted = arg;

	return one->action == irq_free && own->irq == wanted->irq && own->dev_id == wanted->dev_id;
}

void devm_free_irq(struct device *dev, unsigned int irq, void *dev_id)
{
	const struct managed_irq wanted = { irq, dev_id };
	struct managed *one = take(dev, is_irq, &wanted);

	WARN(!one, "%s has not requested interrupt %u", dev_name(dev), irq);
	if (one)
		undo(one);
}
