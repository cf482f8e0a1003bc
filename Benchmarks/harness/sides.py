"""The sides of a comparison.

Each has `sample()`, which gives milliseconds and peakMemoryBytes, and `processor_seconds()`, what
it has used so far.
"""

import json
import os
import select
import signal
import subprocess
import tempfile
from typing import NamedTuple

from .environment import PEERS, compiler_cache
from .machine import BenchmarkError, PeerError, raise_priority, take_real_time

# glibc gives large blocks back to the system after each use, and gets them again page by page.
TUNED_ALLOCATOR = {
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
    "MALLOC_MMAP_THRESHOLD_": "4000000000",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}

ANSWER_LIMIT = 3600  # seconds that a sample may take, or a peer that compiles and warms up


def ending(code):
    """How a program ended that left no message."""
    if code >= 0:
        return f"it ended with code {code} and said nothing"
    return f"it was ended by signal {-code} ({signal.strsignal(-code)})"


class Apus:
    """The apus program, run once a sample."""

    name = "Apus"

    def __init__(self, arguments, options, threads=None):
        self.threads = str(threads or options.threads)
        self.environment = os.environ | {"OMP_NUM_THREADS": self.threads}
        self.command = [options.apus, "benchmark", *arguments, "--threads", self.threads, "--json"]
        self.prepare = take_real_time if options.real_time else raise_priority

    def sample(self):
        try:
            result = subprocess.run(self.command, capture_output=True, text=True,
                                    timeout=ANSWER_LIMIT, env=self.environment,
                                    preexec_fn=self.prepare)
        except OSError as error:
            raise BenchmarkError(f"cannot run {self.command[0]}: {error.strerror}; try make build")
        except subprocess.TimeoutExpired:
            raise BenchmarkError(f"{' '.join(self.command)} took more than {ANSWER_LIMIT} s")
        command = " ".join(self.command)
        if result.returncode != 0:
            lines = [line for line in result.stderr.splitlines()
                     if line.strip() and not line.startswith("Note:")]
            reason = (lines or [ending(result.returncode)])[0]
            raise BenchmarkError(f"{command} failed: {reason}")
        try:
            return json.loads(result.stdout)
        except ValueError:
            raise BenchmarkError(f"{command} did not print one JSON object: {result.stdout[:200]}")

    def processor_seconds(self):
        times = os.times()
        return times.children_user + times.children_system

    def close(self):
        pass


class Variant(NamedTuple):
    """How a peer is set up."""

    mode: str
    layout: str
    precision: str
    tuned: bool

    def __str__(self):
        words = [self.mode, self.layout.upper() if self.layout.startswith("n") else self.layout]
        words += ["bf16"] if self.precision == "bfloat16" else []
        return ", ".join(words + (["tuned malloc"] if self.tuned else []))


class Peer:
    """A program of peers/ in one variant, kept running between samples."""

    def __init__(self, case, variant, python, options):
        self.name = f"{case.program} {variant}" if variant else case.program
        self.variant = variant
        self.steps = case.steps
        threads = str(case.threads or options.threads)
        self.command = [python, str(PEERS / case.peer), *case.peer_arguments, "--threads", threads]
        if variant:
            self.command += ["--mode", variant.mode, "--layout", variant.layout]
            self.command += ["--precision", variant.precision]
        environment = os.environ | {
            "OMP_NUM_THREADS": threads,
            "PYTHONDONTWRITEBYTECODE": "1",
            "TORCHINDUCTOR_CACHE_DIR": str(compiler_cache()),
        }
        self.errors = tempfile.TemporaryFile("w+")
        try:
            self.process = subprocess.Popen(
                self.command,
                env=environment | (TUNED_ALLOCATOR if variant and variant.tuned else {}),
                text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                preexec_fn=take_real_time if options.real_time else raise_priority)
        except OSError as error:
            self.errors.close()
            raise PeerError(self.name, f"cannot run {python}: {error.strerror}")
        try:
            self.program = self.answer()["program"]
        except BaseException:
            self.close()
            raise

    def answer(self):
        # Every answer is one line and read whole, so nothing is left in the file's buffer.
        if not select.select([self.process.stdout], [], [], ANSWER_LIMIT)[0]:
            self.process.kill()
            raise PeerError(self.name, f"it took more than {ANSWER_LIMIT} s")
        line = self.process.stdout.readline()
        try:
            return json.loads(line)
        except ValueError:
            self.process.kill()
            self.process.wait()
            self.errors.seek(0)
            lines = self.errors.read().strip().splitlines()
            raise PeerError(self.name, (lines or [ending(self.process.returncode)])[-1])

    def sample(self):
        try:
            self.process.stdin.write(f"{self.steps}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended; why stands where its errors are
        return self.answer()

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        # Its own time and that of programs it ran and waited for.
        return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()
