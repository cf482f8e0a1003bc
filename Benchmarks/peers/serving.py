"""How every peer talks to Benchmarks/run.

A peer stays alive so that its samples can be taken in turn with another program's. When it has
compiled and warmed up it prints one JSON line that describes it; then, for each line on standard
input with a number of steps, it runs them and prints one JSON line:

    {"milliseconds": median of the steps, "peakMemoryBytes": VmHWM so far}
"""

import contextlib
import json
import resource
import statistics
import sys
import time


def peak_memory():
    """The most memory this process has had resident, in bytes."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def peak_memory_of_children():
    """The most memory a program that this process ran has had resident, in bytes."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024


def sample(step, steps, scale, wakes, memory):
    if wakes:
        step()  # wakes the threads and fills the caches after the pause
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    milliseconds = statistics.median(times) * 1e3 * scale
    return {"milliseconds": milliseconds, "peakMemoryBytes": memory()}


def serve(step, program, warm_up, scale=1, wakes=True, memory=peak_memory):
    """Warms `step` up, then takes a sample for each line on standard input.

    `scale` makes the time of the work in question from that of a step. Where it `wakes`, one more
    step goes before each sample; steps of many seconds need none. `memory` gives the bytes of what
    does the work.
    """
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # what libraries print is no answer
        for _ in range(warm_up):
            step()
        print(json.dumps({"program": program}), file=answers, flush=True)
        for line in sys.stdin:
            print(json.dumps(sample(step, int(line), scale, wakes, memory)), file=answers, flush=True)
