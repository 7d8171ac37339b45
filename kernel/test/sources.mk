# The tests and what they share, in the order in which they run: by the layer of what they test; then
# the benchmarks.
# SPDX-License-Identifier: MIT
SRCS += $(addprefix kernel/test/, \
	lockdep_table.c lockdep_table_locks.c lockdep_table_test.c lockdep_test.c lockdep_nest_test.c \
	lockdep_address_test.c lockdep_class_test.c lockdep_random_test.c \
	lockdep_random_irq_test.c misuse_lock_test.c forgive_test.c lockstat_test.c \
	lockstat_wait_test.c trace_test.c atomic_test.c \
	atomic64_test.c xchg_test.c bitops_test.c atomic_forms_test.c barrier_test.c lock_test.c \
	ticket_test.c litmus.c raw_spinlock_test.c mcs_test.c osq_test.c spinlock_test.c dec_and_lock_test.c \
	spinlock_misuse_test.c local_lock_test.c rwlock_test.c rwlock_word_test.c \
	rwlock_order_test.c rwlock_misuse_test.c seqlock_test.c seqlock_misuse_test.c seqcount_lock_test.c \
	printk_test.c printk_forms_test.c trap_test.c nmi_test.c registers_test.c \
	protection_test.c page_test.c stack_test.c slab_test.c kmalloc_test.c slab_misuse_test.c \
	held_test.c held_sleep_test.c percpu_test.c random_test.c refcount_test.c clock_test.c \
	timer_test.c smpcall_test.c cpumask_test.c irq_work_test.c softirq_test.c bh_test.c \
	tasklet_test.c timer_list_test.c hrtimer_test.c workqueue_test.c workqueue_race_test.c \
	workqueue_late_test.c deferred_misuse_test.c deferred_order_test.c function_order_test.c \
	kthread_test.c kthread_park_test.c kthread_park_race_test.c kthread_worker_test.c \
	signal_test.c kthread_worker_race_test.c sleep_test.c sched_test.c sched_switch_test.c \
	sched_prio_test.c sched_slice_test.c sched_place_test.c sched_idle_test.c \
	sched_remote_test.c sched_wake_test.c sched_misuse_test.c sleep_misuse_test.c \
	misuse_context_test.c misuse_gone_test.c misuse_wait_test.c wait_test.c wait_event_test.c \
	wait_race_test.c wait_entry_test.c wait_bit_test.c notifier_test.c completion_test.c \
	completion_race_test.c semaphore_test.c semaphore_race_test.c semaphore_order_test.c \
	leak_test.c module_test.c module_left_test.c module_spin_test.c warn_test.c \
	files_test.c files_gone_test.c seq_file_test.c device_test.c irq_line_test.c \
	mempool_test.c swait_test.c stop_machine_test.c pid_test.c init_misuse_test.c \
	list_misuse_test.c mutex_test.c mutex_fair_test.c mutex_race_test.c rwsem_test.c \
	rwsem_fair_test.c rwsem_race_test.c rwsem_misuse_test.c percpu_rwsem_test.c \
	rtmutex_test.c rtmutex_pi_test.c rtmutex_deadlock_test.c rtmutex_race_test.c wait_scene.c \
	wait_graph_test.c wait_last_test.c wait_spin_test.c watchdog_test.c lockup_test.c cpu_stack_test.c \
	window_test.c bench_test.c rcu_scene.c rcu_test.c rcu_callback_test.c rcu_order_test.c \
	rcu_misuse_test.c rcu_stress_test.c rculist_test.c xarray_test.c radix_tree_test.c \
	srcu_test.c srcu_order_test.c srcu_callback_test.c rculist_publish_test.c race_test.c race_plain_test.c \
	race_marked_test.c race_claim_test.c race_interrupt_test.c torture.c torture_thread.c \
	torture_stir.c torture_wait.c torture_mode.c torture_spin.c torture_seqlock.c \
	torture_sleep.c torture_rwsem.c torture_rtmutex.c torture_handover.c \
	torture_percpu_rwsem.c torture_rcu.c)
SRCS += $(addprefix kernel/bench/, \
	bench.c count.c validator.c uncontended.c contest.c textbook.c fifo.c spinning.c \
	sleeping.c reading.c locks.c trips.c)
