"""The machine that is measured on: what it is, who uses it, and how to come first."""

import os
import platform
import time

FOREIGN_SHARE = 0.1  # of the machine, above which a sample is taken again


class BenchmarkError(Exception):
    """A sentence for the user."""


def busy_and_total():
    """Processor time since the start, in ticks: in use, and all there is."""
    with open("/proc/stat") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)  # less idle and waiting for input


def wait_until_quiet(limit):
    """Waits, `limit` seconds at most, until other programs leave the machine to us."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        busy, total = busy_and_total()
        time.sleep(min(0.1, limit))
        busy, total = (now - then for now, then in zip(busy_and_total(), (busy, total)))
        if busy <= FOREIGN_SHARE * total:
            return


def raise_priority():
    """Before the programs that are measured: a better nice value, where that is allowed."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    except OSError:
        pass  # not root: both sides run as they are


def take_real_time():
    """Before the programs that are measured: real-time priority, ahead of all ordinary ones."""
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(5))


def may_take_real_time():
    policy, setting = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        take_real_time()
        os.sched_setscheduler(0, policy, setting)
    except OSError:
        return False
    return True


def processor_name():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.machine()


def description():
    return {"processor": processor_name(), "cores": os.cpu_count(), "system": platform.platform()}
