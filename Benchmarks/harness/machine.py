"""The machine that is measured on: what it is, who uses it, and how to come first."""

import json
import os
import platform
import subprocess
import time

FOREIGN_SHARE = 0.1  # of the machine, above which a sample is taken again


class BenchmarkError(Exception):
    """A sentence for the user."""


class PeerError(BenchmarkError):
    """Why a variant of a peer did not run, and the sentence that names it, too."""

    def __init__(self, name, reason):
        super().__init__(f"{name} failed: {reason}")
        self.name, self.reason = name, reason


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


def processor():
    """What /proc/cpuinfo says of the first processor."""
    with open("/proc/cpuinfo") as file:
        lines = file.read().split("\n\n")[0].splitlines()
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def instructions(flags):
    """Which instructions there are of those that decide how fast products are."""
    names = ["avx2", "avx512f", "avx512_bf16", "amx_bf16"]
    return ", ".join(name for name in names if name in flags) or "neither AVX2 nor AVX-512"


def description():
    fields = processor()
    return {
        "processor": fields.get("model name", platform.machine()),
        "family": fields.get("cpu family"), "model": fields.get("model"),
        "instructions": instructions(fields.get("flags", "").split()),
        "cores": len(os.sched_getaffinity(0)), "system": platform.platform(),
    }


def doctor(apus):
    """What `apus doctor` says of the program and the machine; none where it does not run."""
    try:
        result = subprocess.run([apus, "doctor", "--json"], capture_output=True, text=True,
                                timeout=60)
        return json.loads(result.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
