/* percpu_rwsem_test.c: the reader-writer semaphore whose readers are counted on each CPU.
 * SPDX-License-Identifier: MIT
 */
#include "kernel/locking/sleep/percpu_rwsem.h"

#include "kernel/test/lock_test.h"

DEFINE_STATIC_PERCPU_RWSEM(static_sem);

static int sum_of_readers(const struct percpu_rw_semaphore *sem)
{
	int sum = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		sum += (int)READ_ONCE(sem->readers[cpu].count);
	return sum;
}

static void expect_free(struct percpu_rw_semaphore *sem)
{
	EXPECT_EQ(sum_of_readers(sem), 0);
	EXPECT(!percpu_is_write_locked(sem));
	EXPECT(!rwsem_is_locked(&sem->rwsem));
	EXPECT(!waitqueue_active(&sem->writer));
}

TEST(percpu_rwsem_alone)
{
	struct percpu_rw_semaphore *sem = &static_sem;

	EXPECT(!percpu_is_read_locked(sem));
	percpu_down_read(sem);
	EXPECT_CONTEXT(false, 0);
	EXPECT(percpu_is_read_locked(sem) && !percpu_is_write_locked(sem));
	EXPECT(percpu_down_read_trylock(sem));
	EXPECT_EQ(sum_of_readers(sem), 2);
	percpu_up_read(sem);
	percpu_up_read(sem);
	expect_free(sem);
	percpu_down_write(sem);
	EXPECT_CONTEXT(false, 0);
	EXPECT(percpu_is_write_locked(sem) && !percpu_is_read_locked(sem));
	EXPECT(!percpu_down_read_trylock(sem));
	EXPECT_EQ(sum_of_readers(sem), 0);
	percpu_up_write(sem);
	expect_free(sem);
}

struct scene {
	struct percpu_rw_semaphore sem;
	struct effort effort;
	struct guarded data;
	atomic_t threads;
	atomic_t inside;
	atomic_t clashes;
	bool wrote;
	bool read;
};

static int write_once(void *arg)
{
	struct scene *scene = arg;

	percpu_down_write(&scene->sem);
	WRITE_ONCE(scene->wrote, true);
	EXPECT(!READ_ONCE(scene->read));
	percpu_up_write(&scene->sem);
	return 0;
}

static int read_once(void *arg)
{
	struct scene *scene = arg;

	percpu_down_read(&scene->sem);
	EXPECT(READ_ONCE(scene->wrote));
	WRITE_ONCE(scene->read, true);
	percpu_up_read(&scene->sem);
	return 0;
}

/* A writer waits for a reader, also one that leaves on another CPU than it came on; and a reader that comes
 * after the writer waits for that. */
TEST(percpu_rwsem_reader_that_moves)
{
	struct cpumask all = current->cpus_allowed;
	struct cpumask first = cpumask_of_cpu(test_cpu(0));
	struct cpumask second = cpumask_of_cpu(test_cpu(1));
	struct scene scene = { .wrote = false };
	struct actor writer, reader;

	REQUIRE(percpu_init_rwsem(&scene.sem) == 0);
	EXPECT_EQ(set_cpus_allowed_ptr(current, &first), 0);
	percpu_down_read(&scene.sem);
	if (actor_start(&writer, write_once, &scene, ANY_CPU))
		actor_sleeps(&writer);
	if (actor_start(&reader, read_once, &scene, ANY_CPU))
		actor_sleeps(&reader);
	EXPECT(!READ_ONCE(scene.wrote) && !READ_ONCE(scene.read));
	EXPECT_EQ(set_cpus_allowed_ptr(current, &second), 0);
	percpu_up_read(&scene.sem);
	actor_join(&writer);
	actor_join(&reader);
	EXPECT_EQ(set_cpus_allowed_ptr(current, &all), 0);
	expect_free(&scene.sem);
	percpu_free_rwsem(&scene.sem);
}

static int write_for_long(void *arg)
{
	struct scene *scene = arg;

	percpu_down_write(&scene->sem);
	WRITE_ONCE(scene->wrote, true);
	EXPECT(SPIN_UNTIL(READ_ONCE(scene->read)));
	percpu_up_write(&scene->sem);
	return 0;
}

static void release_of_another(void *sem)
{
	percpu_up_write(sem);
}

/* Who does not write lets no readers in to the writer. */
TEST(percpu_rwsem_released_by_another)
{
	struct scene scene = { .wrote = false };
	struct actor writer;

	if (!CONFIG_CHECKED)
		SKIP("the fast profile does not check this");
	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	REQUIRE(percpu_init_rwsem(&scene.sem) == 0);
	if (actor_start(&writer, write_for_long, &scene, ANY_CPU)) {
		EXPECT(WAIT_UNTIL(READ_ONCE(scene.wrote)));
		EXPECT_EQ(test_warnings(release_of_another, &scene.sem,
					"by another than its writer"),
			  1);
		EXPECT(!percpu_down_read_trylock(&scene.sem));
		WRITE_ONCE(scene.read, true);
		actor_join(&writer);
	}
	expect_free(&scene.sem);
	percpu_free_rwsem(&scene.sem);
}

static void read_in_race(struct scene *scene, unsigned int round)
{
	if (round % 4 || !percpu_down_read_trylock(&scene->sem))
		percpu_down_read(&scene->sem);
	atomic_inc(&scene->inside);
	guarded_look(&scene->data);
	if (round % 8 == 0)
		usleep_range(10, 20);
	else if (round % 3 == 0)
		yield();
	guarded_look(&scene->data);
	atomic_dec(&scene->inside);
	percpu_up_read(&scene->sem);
}

static void write_in_race(struct scene *scene)
{
	percpu_down_write(&scene->sem);
	if (atomic_read(&scene->inside))
		atomic_inc(&scene->clashes);
	guarded_update(&scene->data);
	percpu_up_write(&scene->sem);
}

static int contend(void *arg)
{
	struct scene *scene = arg;
	unsigned int me = (unsigned int)atomic_fetch_add(1, &scene->threads);
	unsigned int round = 0;
	int writes = 0;

	for (; effort_goes_on(&scene->effort, round); round++) {
		if ((round + me) % 6) {
			read_in_race(scene, round);
		} else {
			write_in_race(scene);
			writes++;
		}
	}
	return writes;
}

TEST(percpu_rwsem_excludes)
{
	unsigned int threads = 2 * num_online_cpus();
	struct scene scene = { .effort = effort_of(200, 100, threads) };
	long writes;

	REQUIRE(percpu_init_rwsem(&scene.sem) == 0);
	writes = test_run_threads(threads, contend, &scene);
	guarded_expect(&scene.data, (unsigned long)writes);
	EXPECT_EQ(atomic_read(&scene.clashes), 0);
	expect_free(&scene.sem);
	percpu_free_rwsem(&scene.sem);
}

/* Short reads against one writer on another CPU: they meet at any moment of each other's. */
static int read_shortly(void *arg)
{
	struct scene *scene = arg;

	while (!READ_ONCE(scene->wrote)) {
		percpu_down_read(&scene->sem);
		guarded_look(&scene->data);
		percpu_up_read(&scene->sem);
	}
	return 0;
}

TEST(percpu_rwsem_short_reads_meet_a_writer)
{
	struct scene scene = { .effort = effort_of(150, 50, 1) };
	struct actor reader;
	unsigned int writes = 0;

	if (num_online_cpus() < 2)
		SKIP("there is no other CPU");
	REQUIRE(percpu_init_rwsem(&scene.sem) == 0);
	if (actor_start(&reader, read_shortly, &scene, test_cpu(1))) {
		for (; effort_goes_on(&scene.effort, writes); writes++) {
			percpu_down_write(&scene.sem);
			guarded_update(&scene.data);
			percpu_up_write(&scene.sem);
		}
	}
	WRITE_ONCE(scene.wrote, true);
	actor_join(&reader);
	guarded_expect(&scene.data, writes);
	expect_free(&scene.sem);
	percpu_free_rwsem(&scene.sem);
}
