"""The search for the best variants of a case's peer."""

import itertools
import shutil
import sys

from .machine import FOREIGN_SHARE, BenchmarkError, PeerError
from .sampling import measured
from .sides import Peer, Variant

CLOSE = 1.5  # a variant that took so many times the best one's time may be the best after all
FAR = 2  # one that took more cannot
CONTENDERS = 3  # measured beside Apus at most; three processes fit the memory


def variants(case, precisions):
    """Every variant of a case."""
    return [Variant(*words) for words in itertools.product(
        case.modes, case.layouts, precisions, [False, True])]


def contenders(ranking):
    """The fastest variant and those too close to it for a short run to tell."""
    least = ranking[0][1]["milliseconds"]
    close = [variant for variant, sample in ranking if sample["milliseconds"] <= CLOSE * least]
    return close[:CONTENDERS]


class Search:
    """Finds variants; a variant that an earlier case tried too is not tried again."""

    def __init__(self, python, options):
        self.python, self.options = python, options
        self.known = {}  # a sample, or the error that there was

    def ranking(self, case, precisions):
        """The variants with what a short run of each gave, fastest first, and why others failed."""
        found, failed = [], []
        for variant in variants(case, precisions):
            least = min((sample["milliseconds"] for _, sample in found), default=None)
            sample = self.trial(case, variant, least)
            if isinstance(sample, PeerError):
                failed.append({"variant": str(variant), "reason": sample.reason})
            else:
                found.append((variant, sample))
        if not found:
            reasons = "; ".join(dict.fromkeys(variant["reason"] for variant in failed))
            raise BenchmarkError(f"no variant of {case.program} ran: {reasons}")
        return sorted(found, key=lambda pair: pair[1]["milliseconds"]), failed

    def trial(self, case, variant, least):
        """The fastest of a few samples, or why there is none."""
        key = case.peer, case.peer_arguments, variant
        if key not in self.known:
            try:
                self.known[key] = self.short_run(case, variant, least)
            except PeerError as error:
                print(f"  {error}; left out", file=sys.stderr)
                self.known[key] = error
        return self.known[key]

    def short_run(self, case, variant, least):
        """The fastest of three samples, of one where that is far from the `least` so far."""
        if variant.mode != "eager" and not shutil.which("g++"):
            raise PeerError(f"{case.program} {variant}", "there is no g++ to compile with")
        side = Peer(case, variant, self.python, self.options)
        try:
            samples = [measured(side, self.options)]
            if not is_far(samples[0], least):
                samples += [measured(side, self.options) for _ in range(2)]
        finally:
            side.close()
        fastest = min(samples, key=lambda sample: sample["milliseconds"])
        print(f"  {side.name:44} {fastest['milliseconds']:9.2f} ms", file=sys.stderr)
        return fastest


def is_far(sample, least):
    """Whether an undisturbed sample took too long for its variant to be the best."""
    disturbed = sample["foreignShare"] > FOREIGN_SHARE
    return least is not None and not disturbed and sample["milliseconds"] > FAR * least
