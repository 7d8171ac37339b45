# linux_api_absent.py: Linux's headers that are not here, with the reason.
# SPDX-License-Identifier: MIT
"""For docs/linux-api.md, and for who explains why a module does not compile."""

from __future__ import annotations

ABSENT: dict[str, list[str]] = {
    "There are no programs and no user space: nobody would open, read or write it. What a module"
    " shows that way, it can print": [
        "linux/fdtable.h",
        "linux/eventfd.h", "linux/namei.h", "linux/mount.h",
        "linux/binfmts.h", "linux/futex.h", "linux/sysctl.h", "linux/dirent.h", "linux/elf.h",
        "linux/fs_struct.h", "linux/uio.h", "linux/aio.h", "linux/splice.h", "linux/nsproxy.h",
        "linux/configfs.h", "asm/syscall.h",
    ],
    "There are no processes, only kernel threads, and no users": [
        "linux/pid_namespace.h",
        "linux/mman.h", "linux/highmem.h", "linux/pagemap.h", "linux/rmap.h",
        "linux/cgroup.h", "linux/ptrace.h", "linux/kmod.h", "linux/umh.h", "linux/security.h",
        "linux/swap.h", "linux/mmzone.h", "linux/oom.h", "linux/pgtable.h", "linux/audit.h",
        "asm/pgtable.h", "asm/cacheflush.h", "asm/tlbflush.h", "asm/ptrace.h", "asm/segment.h",
    ],
    "There are no drivers, and no devices but the timer and the serial line": [
        "linux/pci.h", "linux/usb.h", "linux/gpio.h",
        "linux/i2c.h", "linux/spi/spi.h", "linux/of.h", "linux/leds.h", "linux/input.h",
        "linux/tty.h", "linux/serial.h", "linux/keyboard.h", "linux/blkdev.h", "linux/bio.h",
        "linux/dma-mapping.h", "linux/dmaengine.h", "linux/firmware.h",
        "linux/ioport.h", "linux/irqdomain.h",
        "linux/pm_runtime.h", "linux/rtc.h", "linux/hwmon.h", "linux/acpi.h",
        "linux/serial_core.h", "linux/tty_driver.h", "linux/tty_flip.h", "linux/hdreg.h",
        "linux/clk.h", "linux/regmap.h", "linux/regulator/consumer.h", "linux/pwm.h",
        "linux/gpio/consumer.h", "linux/gpio/driver.h", "linux/of_device.h", "linux/of_gpio.h",
        "linux/of_irq.h", "linux/of_address.h", "linux/property.h", "linux/scatterlist.h",
        "linux/vt_kern.h", "linux/console_struct.h", "linux/kd.h", "linux/cpufreq.h",
        "linux/clocksource.h", "linux/clockchips.h", "linux/dmi.h", "linux/efi.h",
        "asm/desc.h", "asm/apic.h", "asm/fpu/api.h",
    ],
    "There is no network": [
        "linux/skbuff.h", "linux/netdevice.h", "linux/etherdevice.h", "linux/net.h",
        "linux/socket.h", "linux/in.h", "linux/inet.h", "linux/ip.h", "linux/tcp.h", "linux/udp.h",
        "linux/netfilter.h", "linux/netfilter_ipv4.h", "linux/netlink.h", "net/sock.h",
        "net/genetlink.h", "linux/if_ether.h", "linux/icmp.h", "linux/inetdevice.h", "net/tcp.h",
        "net/ip.h", "net/netlink.h", "net/net_namespace.h",
    ],
    "The machine stops when the run ends: nobody suspends, reboots or takes CPUs away": [
        "linux/reboot.h", "linux/suspend.h", "linux/cpuhotplug.h",
        "linux/panic_notifier.h", "linux/tick.h",
    ],
    "Looking into a running kernel is done by gdb (make debug) and by the checks": [
        "linux/kprobes.h", "linux/ftrace.h", "linux/tracepoint.h", "linux/trace_events.h",
        "linux/perf_event.h", "linux/kallsyms.h", "linux/stacktrace.h", "linux/kgdb.h",
        "linux/livepatch.h", "linux/kmemleak.h", "linux/kasan.h", "linux/kdebug.h",
        "linux/uprobes.h", "linux/bpf.h", "linux/moduleloader.h", "linux/vermagic.h",
        "linux/kernel_stat.h", "linux/sched/cputime.h",
        "linux/sched/loadavg.h", "linux/getcpu.h", "linux/nmi.h", "linux/hw_breakpoint.h",
    ],
    "Not about synchronization; there may be room for it": [
        "linux/rhashtable.h", "linux/genalloc.h", "linux/crypto.h",
        "linux/uuid.h", "linux/rculist_nulls.h", "linux/list_nulls.h", "linux/rculist_bl.h",
        "linux/list_bl.h", "linux/lockref.h", "linux/percpu-refcount.h",
        "linux/interval_tree.h", "linux/rbtree_augmented.h", "linux/stringhash.h",
        "linux/parser.h", "linux/timerqueue.h", "linux/posix-timers.h", "linux/alarmtimer.h",
    ],
}

# All of them. A module that includes one and needs nothing of it is compiled all the same.
NAMES = frozenset(name for names in ABSENT.values() for name in names)
