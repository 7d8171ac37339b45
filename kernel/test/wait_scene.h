/* wait_scene.h: threads that wait for one another on purpose, for the tests of the wait-for graph.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/sched/task.h"
#include "kernel/test/sched_test.h"

/* What a player takes. All sleep killably but those with other words. */
enum scene_op {
	OP_NOTHING,
	OP_MUTEX,
	OP_MUTEX_FOR_EVER, /* no signal ends it */
	OP_RT_MUTEX,
	OP_READ,
	OP_WRITE,
	OP_PERCPU_READ, /* for ever, too */
	OP_PERCPU_WRITE,
	OP_SEMAPHORE,
	OP_SEMAPHORE_TIMED, /* for a long time, and no signal ends it */
	OP_COMPLETION,
	OP_COMPLETE, /* takes nothing: completes it */
};

struct scene_step {
	enum scene_op op;
	void *lock;
};

/*
 * A thread that takes its first lock; then, when it is told to, its second; and gives both back. The validator
 * does not look.
 *
 * player_begins - let it take its first; player_start - the same, and wait until it has. player_goes_on - let it take its second.
 * player_blocks - the same, for one that will have to wait; returns once it does.
 * player_end - end its wait, if it takes signals, and wait until it has ended; player_join - wait only.
 * Sleep. Thread context. Every player that was started must be ended or joined.
 */
struct player {
	struct scene_step first, second;
	struct actor actor;
	bool ready, go, has_both; /* [a] */
};

bool player_begins(struct player *player);
bool player_start(struct player *player);
void player_goes_on(struct player *player);
bool player_blocks(struct player *player);
void player_end(struct player *player);
void player_join(struct player *player);

/* scene_starts - start all of @n players, then let each block; returns whether all do. scene_ends - end all. */
bool scene_starts(struct player *players, u32 n);
void scene_ends(struct player *players, u32 n);

/*
 * What is heard from the watchdog, which does not look by itself meanwhile. Reports that contain @about are
 * noted, printed, and not counted as warnings.
 *
 * hear_begin, hear_end - begin and end to listen. hear_look, hear_look_at_cpus - have the watchdog look, at threads,
 *   CPUs, or from CPU 1 at CPU 0, as if @seconds (0: a moment) had passed.
 * heard - how many reports there were. heard_text - whether the last one contains @text; heard_thread - whether it
 *   names @task. heard_link - whether it
 *   says that @waiter waits, @tie, for @holder, on account of the lock, of that kind and name, of his second step.
 * Thread context.
 */
void hear_begin(const char *about);
void hear_end(void);
void hear_look(unsigned int seconds);
void hear_look_at_cpus(unsigned int seconds);
void hear_look_at_watcher(unsigned int seconds);
u32 heard(void);
bool heard_text(const char *text);
bool heard_thread(const struct task_struct *task);
bool heard_link(const struct player *waiter, const char *kind, const char *name, const char *tie,
		const struct task_struct *holder);

/* More than the watchdog waits until it believes in a circle that is a guess; less than it takes for a hang, even twice. */
#define GUESS_SECONDS 25

#define TIE_HELD_TEXT      "held by"
#define TIE_TAKEN_TEXT     "taken and not given back by"
#define TIE_COMPLETED_TEXT "last completed, or to be completed, by"
