/* rcu_test.h: what the tests of RCU share: grace periods that wait and one that does not, and a reader to hold.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/locking/rcu.h"
#include "kernel/test/sched_test.h"

/*
 * The ways to wait for readers. `busted` does not wait at all: whatever a test finds with the others, it
 * must find this one out, or it has not looked. (Linux's rcutorture has a type of that name.)
 */
struct rcu_ops {
	const char *name;
	void (*sync)(void);
	void (*call)(struct rcu_head *head, rcu_callback_t func);
	void (*flush)(void);
	bool waits; /* what is expected of it */
};

extern const struct rcu_ops rcu_plain_ops, rcu_expedited_ops, rcu_busted_ops;

/*
 * A reader that is inside until it may leave, and an updater that replaces the object it looks at. All is
 * ordered by events: the reader is inside before the updater begins, and leaves only when the updater
 * has reclaimed, which is wrong, or RCU has looked at the reader several times and still waits.
 */
#define SCENE_ALIVE  0x600dcafeUL
#define SCENE_POISON 0xdeadbeefUL

struct scene_object {
	unsigned long state; /* [a] SCENE_ALIVE, or SCENE_POISON once it is reclaimed */
	struct rcu_head head;
};

struct scene {
	const struct rcu_ops *ops;
	struct scene_object objects[2];
	struct scene_object __rcu *shared;
	u32 cpu;            /* [I] where the reader is */
	bool inside, leave; /* [a] */
	bool left;          /* [a] stored inside the reader, last */
	bool reclaimed;     /* [a] by the updater */
	unsigned long seen; /* the object's state, at the reader's end */
	struct actor reader, updater;
};

/*
 * scene_init - a new scene: nobody is inside. scene_read - be the reader. Any context, spins.
 * scene_begin - start a thread as the reader, and wait until it is inside. Returns whether it is.
 * scene_update - start the updater, let the reader leave when it must have been waited for, and wait
 *   until both have ended. Returns whether the object was reclaimed under the reader.
 * scene_run - all of it. scene_held - wait until RCU has looked at the reader, or @done.
 * scene_updater - what the updater's thread runs.
 * All but the first two sleep. They run on test_cpu(0), the reader on test_cpu(1).
 */
void scene_init(struct scene *scene, const struct rcu_ops *ops);
void scene_read(struct scene *scene);
bool scene_begin(struct scene *scene);
bool scene_update(struct scene *scene);
int scene_updater(void *scene);
bool scene_run(struct scene *scene, const struct rcu_ops *ops);
void scene_held(const bool *done);

/* scene_leave - let the reader leave, and wait until it has. Sleeps. */
void scene_leave(struct scene *scene);

/*
 * panics_alone - run @fn(@arg) in a thread of its own, preemption on; it must panic with a message that
 *   contains @text, which ends that thread and nothing else. For what test_panics(), which holds preemption
 *   off, hides. Nothing may be held. Sleeps. Returns whether it did.
 */
bool panics_alone(void (*fn)(void *arg), void *arg, const char *text);
