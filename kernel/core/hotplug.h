/* hotplug.h: what Linux asks where CPUs come and go, and memory is near or far. Here none goes, and all is near.
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "kernel/base/cpumask_ops.h"

/* cpus_read_lock - no CPU goes away until cpus_read_unlock(): none ever does. Any context, though Linux's sleeps. */
static inline void cpus_read_lock(void)
{
}

static inline void cpus_read_unlock(void)
{
}

#define cpu_hotplug_disable() cpus_read_lock()
#define cpu_hotplug_enable()  cpus_read_unlock()
#define cpu_is_offline(cpu)   (!cpu_online(cpu))
#define get_online_cpus()     cpus_read_lock()
#define put_online_cpus()     cpus_read_unlock()

/* One node, with all CPUs and all memory. */
#define numa_node_id()             0
#define cpu_to_node(cpu)           ((void)(cpu), 0)
#define num_online_nodes()         1
#define cpumask_of_node(node)      ((void)(node), cpu_possible_mask)
#define for_each_online_node(node) for ((node) = 0; (node) < 1; (node)++)
#define for_each_node(node)        for_each_online_node(node)
