/* lockdep_unit.c: semaphores in the order of locks, as far as they are used as locks.
 * SPDX-License-Identifier: MIT
 *
 * THEORY
 *   A semaphore has no owner: who waits for a unit waits for whoever will call up(), and that may be anybody. But
 *   one that has a single unit, which each time its taker gave back, is used as a lock, and can deadlock as one:
 *
 *        thread 1                      thread 2
 *        down(S)                       mutex_lock(M)
 *        mutex_lock(M): waits          down(S): waits
 *
 *   The rule: a class of semaphores is in the order of locks until the first time that a unit of it is given back
 *   by another thread than took it, by a handler, or without having been taken. Then it signals events, which nobody who
 *   waits can be blamed for: all that was learnt of the class is forgotten, and it is left out for good.
 *   The end of such a section is what proves it, so nothing is learnt before. A thread that takes a unit notes of which
 *   classes it takes locks from then on (struct lockdep_section). If it gives the unit back itself, they become
 *   edges from the semaphore; if another does, nothing comes of them. That a thread waits for a unit with
 *   other locks held is an edge to the semaphore at once; alone it closes no circle.
 *   The same goes for a completion that it completes in there: an edge to the semaphore, if it was waited for (lockdep.c).
 *   So a circle is reported where its last step is taken: at a down(), or at an up().
 *
 *   Two units of one class are no recursion: such semaphores have no _nested forms to tell their order by. A wait with
 *   a time limit, and a trylock, end by themselves, and make no edge.
 *   kthread_stop() waits for the end of a thread's function. What that takes before it first asks whether it is to stop
 *   is taken once, and perhaps long over. But what it takes after it was told to go on, it may take while it is waited for:
 *
 *        thread                            stopper
 *        kthread_should_stop(): no
 *                                          mutex_lock(M)
 *        mutex_lock(M): waits              kthread_stop(): waits
 *
 *   So what is between two such questions is a section of the function, and what is taken there an edge from it; the wait
 *   is an edge to it. Loops that only call what others gave them do not ask so (__kthread_should_stop()).
 *
 *   It does not: look at semaphores of more units, whose circles may be broken by any holder.
 */
#include "kernel/locking/lockdep_unit.h"

#include "kernel/locking/lockdep_internal.h"

#if CONFIG_CHECKED

void lockdep_unit_init(struct lockdep_unit *unit, bool is_lock, const char *name, const char *site)
{
	*unit = (struct lockdep_unit){ .is_lock = is_lock };
	lockdep_init_lock(unit, name, site);
}

/* Go inside for @unit, if it is used as a lock: its class is *@class then. Else NULL. */
static struct lockdep_task *enter_unit(struct lockdep_unit *unit, u16 *class, unsigned long *flags)
{
	struct lockdep_task *task;

	if (!READ_ONCE(unit->is_lock))
		return NULL;
	task = lockdep_enter(flags);
	if (!task)
		return NULL;
	*class = lockdep_class_of(&unit->dep_map, unit->dep_map.subclass);
	if (*class && !READ_ONCE(lockdep_classes[*class].is_signal))
		return task;
	lockdep_leave(task, *flags);
	return NULL;
}

void lockdep_unit_wait(struct lockdep_unit *unit, unsigned long where)
{
	unsigned long flags;
	u16 class;
	struct lockdep_task *task = enter_unit(unit, &class, &flags);

	if (!task)
		return;
	lockdep_leave(task, flags);
	lockdep_waits_for(&unit->dep_map, where);
}

/* ---- Sections ------------------------------------------------------------------------------------- */

/* That of @unit, or a new one: in place of one that another thread has ended, if all are in use. NULL: none. */
static struct lockdep_section *section_for(struct lockdep_task *task, const void *unit)
{
	struct lockdep_section *unused = NULL;

	for (u32 i = 0; i < task->n_sections; i++) {
		struct lockdep_section *section = &task->sections[i];

		if (section->unit == unit)
			return section;
		if (READ_ONCE(lockdep_classes[section->class].is_signal))
			unused = section;
	}
	if (!unused && task->n_sections < LOCKDEP_SECTIONS)
		unused = &task->sections[task->n_sections++];
	return unused;
}

/* From here on @unit signals events, and so do all of its class. */
static void becomes_event(struct lockdep_unit *unit)
{
	unsigned long flags;
	u16 class;
	struct lockdep_task *task = enter_unit(unit, &class, &flags);

	WRITE_ONCE(unit->is_lock, false);
	if (!task)
		return;
	lockdep_graph_lock();
	lockdep_remove_edges(class);
	WRITE_ONCE(lockdep_classes[class].is_signal, true);
	lockdep_graph_unlock();
	lockdep_leave(task, flags);
}

void lockdep_unit_taken(struct lockdep_unit *unit, bool waited, unsigned long where)
{
	struct lockdep_section *section;
	struct lockdep_task *task;
	unsigned long flags;
	u16 class;

	if (!in_task()) {
		WRITE_ONCE(unit->taker, NULL);
		becomes_event(unit);
		return;
	}
	WRITE_ONCE(unit->taker, current);
	task = enter_unit(unit, &class, &flags);
	if (!task)
		return;
	section = section_for(task, unit);
	if (section)
		*section = (struct lockdep_section){
			.unit = unit, .class = class, .where = where, .waited = waited
		};
	lockdep_leave(task, flags);
}

void lockdep_section_note(struct lockdep_task *task, const struct lockdep_held *held)
{
	for (u32 i = 0; held->context == 0 && i < task->n_sections; i++) {
		struct lockdep_section *section = &task->sections[i];
		u32 at = 0;

		while (at < section->n && (section->taken[at].class != held->class ||
					   section->taken[at].read != held->read))
			at++;
		if (at < section->n || at == LOCKDEP_SECTION_LOCKS)
			continue;
		section->taken[at].where = held->where;
		section->taken[at].class = held->class;
		section->taken[at].read = held->read;
		section->n++;
	}
}

/* Its taker has ended @section: what was taken in it was taken while the semaphore was held, and what was completed waits for
 * who takes the semaphore. */
static void learn(struct lockdep_task *task, const struct lockdep_section *section)
{
	struct lockdep_held semaphore = { .where = section->where, .class = section->class };

	if (!section->n)
		return;
	lockdep_graph_lock();
	for (u32 i = 0; i < section->n; i++) {
		struct lockdep_held other = { .where = section->taken[i].where,
					      .class = section->taken[i].class,
					      .read = section->taken[i].read };

		if (other.read != LOCKDEP_COMPLETES) {
			lockdep_add_edge(task, &semaphore, &other);
		} else if (section->waited) {
			other.read = LOCKDEP_EXCLUSIVE;
			lockdep_add_edge(task, &other, &semaphore);
		}
	}
	lockdep_graph_unlock();
}

static void end_section(struct lockdep_task *task, const void *unit)
{
	for (u32 i = 0; i < task->n_sections; i++) {
		if (task->sections[i].unit != unit)
			continue;
		learn(task, &task->sections[i]);
		task->sections[i] = task->sections[--task->n_sections];
		return;
	}
}

void lockdep_unit_given(struct lockdep_unit *unit)
{
	struct lockdep_task *task;
	unsigned long flags;
	u16 class;

	if (!in_task() || READ_ONCE(unit->taker) != current) {
		becomes_event(unit);
		return;
	}
	WRITE_ONCE(unit->taker, NULL);
	task = enter_unit(unit, &class, &flags);
	if (!task)
		return;
	end_section(task, unit);
	lockdep_leave(task, flags);
}

void lockdep_may_stop(const void *fn, bool stops, unsigned long where)
{
	struct lockdep_map map = LOCKDEP_FUNCTION_MAP("thread", fn);
	struct lockdep_section *section = NULL;
	unsigned long flags;
	struct lockdep_task *task = lockdep_enter(&flags);
	u16 class;

	if (!task)
		return;
	end_section(task, fn);
	class = lockdep_class_of(&map, 0);
	if (class && !stops)
		section = section_for(task, fn);
	if (section)
		*section = (struct lockdep_section){ .unit = fn, .class = class, .where = where };
	lockdep_leave(task, flags);
}

#endif
