/* rcu_scene.c: what the tests of RCU share: a reader that is held, an updater that waits for it, or does not.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/core/panic.h"
#include "kernel/test/rcu_test.h"
#include "lib/string.h"

/* As many looks are enough to see whether RCU takes a reader for none. */
#define ENOUGH_LOOKS 3

static void busted_sync(void)
{
}

static void busted_call(struct rcu_head *head, rcu_callback_t func)
{
	func(head);
}

const struct rcu_ops rcu_plain_ops = { "rcu", synchronize_rcu, call_rcu, rcu_barrier, true };
const struct rcu_ops rcu_expedited_ops = { "rcu_expedited", synchronize_rcu_expedited, call_rcu,
					   rcu_barrier, true };
const struct rcu_ops rcu_busted_ops = { "rcu_busted", busted_sync, busted_call, busted_sync,
					false };

/* ---- The scene ------------------------------------------------------------------------------------- */

void scene_init(struct scene *scene, const struct rcu_ops *ops)
{
	*scene = (struct scene){ .ops = ops, .cpu = test_cpu(1) };
	scene->objects[0].state = scene->objects[1].state = SCENE_ALIVE;
	RCU_INIT_POINTER(scene->shared, &scene->objects[0]);
}

noinline void scene_read(struct scene *scene)
{
	struct scene_object *object;

	rcu_read_lock();
	object = rcu_dereference(scene->shared);
	WRITE_ONCE(scene->inside, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(scene->leave)));
	WRITE_ONCE(scene->seen, READ_ONCE(object->state));
	WRITE_ONCE(scene->left, true);
	rcu_read_unlock();
}

static int scene_reader(void *arg)
{
	scene_read(arg);
	return 0;
}

bool scene_begin(struct scene *scene)
{
	return actor_start(&scene->reader, scene_reader, scene, scene->cpu) &&
	       EXPECT(WAIT_UNTIL(READ_ONCE(scene->inside)));
}

int scene_updater(void *arg)
{
	struct scene *scene = arg;
	struct scene_object *old;

	old = rcu_replace_pointer(scene->shared, &scene->objects[1], true);
	scene->ops->sync();
	WRITE_ONCE(old->state, SCENE_POISON);
	smp_store_release(&scene->reclaimed, true); // [R] pairs with [L] in scene_held()
	return 0;
}

void scene_held(const bool *done)
{
	unsigned long looks = rcu_looks();

	// [L] pairs with [R] in scene_updater()
	EXPECT(WAIT_UNTIL(smp_load_acquire(done) || rcu_looks() - looks >= ENOUGH_LOOKS));
}

void scene_leave(struct scene *scene)
{
	WRITE_ONCE(scene->leave, true);
	EXPECT(WAIT_UNTIL(READ_ONCE(scene->left)));
	actor_join(&scene->reader);
}

bool scene_update(struct scene *scene)
{
	bool early;

	if (!actor_start(&scene->updater, scene_updater, scene, test_cpu(0)))
		return false;
	scene_held(&scene->reclaimed);
	early = READ_ONCE(scene->reclaimed);
	scene_leave(scene);
	actor_join(&scene->updater);
	EXPECT_EQ(scene->seen, early ? SCENE_POISON : SCENE_ALIVE);
	EXPECT_EQ(scene->objects[0].state, SCENE_POISON);
	return early;
}

bool scene_run(struct scene *scene, const struct rcu_ops *ops)
{
	scene_init(scene, ops);
	return scene_begin(scene) && scene_update(scene);
}

/* ---- Panics in a thread that may be preempted ------------------------------------------------------- */

static struct {
	void (*fn)(void *arg);
	void *arg;
	struct task_struct *task; /* [a] */
	char message[256];
} alone;

static void end_alone(const char *message)
{
	if (READ_ONCE(alone.task) != current)
		return;
	strscpy(alone.message, message, sizeof(alone.message));
	WRITE_ONCE(alone.task, NULL);
	// Whatever it is in, or holds off, has no end any more.
	this_cpu()->rcu_nesting = 0;
	preempt_count_add(-preempt_count());
	kthread_exit(0);
}

static int run_alone(void *unused)
{
	WRITE_ONCE(alone.task, current);
	alone.fn(alone.arg);
	WRITE_ONCE(alone.task, NULL);
	return 0;
}

bool panics_alone(void (*fn)(void *arg), void *arg, const char *text)
{
	struct task_struct *task = kthread_create(run_alone, NULL, "alone");

	alone.fn = fn;
	alone.arg = arg;
	alone.message[0] = '\0';
	if (!EXPECT(!IS_ERR(task)))
		return false;
	get_task_struct(task);
	panic_set_filter(end_alone);
	wake_up_process(task);
	EXPECT(WAIT_UNTIL(READ_ONCE(task->__state) == TASK_DEAD));
	panic_set_filter(NULL);
	put_task_struct(task);
	if (strstr(alone.message, text))
		return true;
	test_note("expected a panic that says \"%s\"; got \"%s\"", text, alone.message);
	return false;
}
