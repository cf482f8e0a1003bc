"""What every peer does alike: its arguments, its samples, and how it talks to Benchmarks/run.

A peer stays alive so that its samples can be taken in turn with another program's. When it has
compiled and warmed up it prints one JSON line that describes it; then, for each line on standard
input with a number of steps, it runs them and prints one JSON line:

    {"milliseconds": median of the steps, "peakMemoryBytes": VmHWM so far}
"""

import argparse
import contextlib
import json
import statistics
import sys
import time

import torch


def parser(description, layouts=("nchw", "nhwc"), modes=("eager", "compile")):
    """The arguments of every peer; a peer adds its own."""
    result = argparse.ArgumentParser(description=description.splitlines()[0])
    result.add_argument("--mode", choices=modes, default=modes[0])
    result.add_argument("--layout", choices=layouts, default=layouts[0])
    result.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    result.add_argument("--threads", type=int, default=2)
    result.add_argument("--warm-up", type=int, default=3, help="steps before the first sample")
    return result


def prepare(options):
    """Sets what must be set before a model is made."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    torch.set_flush_denormal(True)


def autocast(options):
    """The context in which products are computed in the precision asked for."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bfloat16")


def laid_out(value, options):
    """A model or its pictures in the layout asked for."""
    if options.layout != "nhwc":
        return value
    if isinstance(value, torch.Tensor):
        return value.contiguous(memory_format=torch.channels_last)
    return value.to(memory_format=torch.channels_last)


def compiled(function, options):
    return torch.compile(function) if options.mode == "compile" else function


def peak_memory():
    """The most memory this process has had resident, in bytes."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def sample(step, steps):
    step()  # wakes the threads and fills the caches after the pause
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        step()
        times.append(time.perf_counter() - start)
    return {"milliseconds": statistics.median(times) * 1e3, "peakMemoryBytes": peak_memory()}


def serve(step, options):
    """Warms `step` up, then takes a sample for each line on standard input."""
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):  # what libraries print is no answer
        for _ in range(options.warm_up):
            step()
        print(json.dumps({"program": f"PyTorch {torch.__version__}"}), file=answers, flush=True)
        for line in sys.stdin:
            print(json.dumps(sample(step, int(line))), file=answers, flush=True)
