"""The search for the best variant of a case's peer."""

import itertools
import shutil
import sys

from .machine import BenchmarkError
from .sampling import measured
from .sides import Peer, Variant


def variants(case):
    """Every variant of a case that this machine can run."""
    modes = [mode for mode in case.modes if mode != "compile" or shutil.which("g++")]
    return [Variant(*words) for words in itertools.product(
        modes, case.layouts, case.peer_precisions, [False, True])]


class Search:
    """Finds variants; a variant that an earlier case ran too is not tried again."""

    def __init__(self, python, options):
        self.python, self.options = python, options
        self.known = {}
        if not shutil.which("g++"):
            print("No g++: PyTorch's compiled variants are left out.", file=sys.stderr)

    def ranking(self, case):
        """The variants with what a short run of each gave, fastest first."""
        if not case.modes:
            return [(None, {})]
        found = []
        for variant in variants(case):
            sample = self.trial(case, variant)
            if sample:
                found.append((variant, sample))
        if not found:
            raise BenchmarkError(f"no variant of {case.program} ran")
        return sorted(found, key=lambda pair: pair[1]["milliseconds"])

    def trial(self, case, variant):
        """The fastest of three samples; None where the variant fails."""
        key = case.peer, case.peer_arguments, variant
        if key not in self.known:
            self.known[key] = self.short_run(case, variant)
        return self.known[key]

    def short_run(self, case, variant):
        side = None
        try:
            side = Peer(case, variant, self.python, self.options)
            samples = [measured(side, self.options) for _ in range(3)]
        except BenchmarkError as error:
            print(f"  {error}; left out", file=sys.stderr)
            return None
        finally:
            if side:
                side.close()
        fastest = min(samples, key=lambda sample: sample["milliseconds"])
        print(f"  {side.name:44} {fastest['milliseconds']:9.2f} ms", file=sys.stderr)
        return fastest
