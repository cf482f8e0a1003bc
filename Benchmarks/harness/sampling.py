"""Samples of both sides in turn, with a watch on what other programs do meanwhile."""

import os
import statistics

from .machine import FOREIGN_SHARE, busy_and_total, wait_until_quiet


def measured(side, options):
    """One sample, with the share of the machine that other programs took meanwhile."""
    wait_until_quiet(options.patience)
    ticks_a_second = os.sysconf("SC_CLK_TCK")
    busy, total = busy_and_total()
    own = side.processor_seconds()
    result = side.sample()
    own = (side.processor_seconds() - own) * ticks_a_second
    busy, total = (now - then for now, then in zip(busy_and_total(), (busy, total)))
    return result | {"foreignShare": max(0.0, busy - own) / max(total, 1)}


def interleaved(sides, options):
    """For each side samples taken in turn; disturbed ones again, up to twice as many."""
    samples = {side: [] for side in sides}
    clean = {side: 0 for side in sides}
    for turn in range(2 * options.samples):
        for side in sides:
            samples[side].append(measured(side, options))
            clean[side] += samples[side][-1]["foreignShare"] <= FOREIGN_SHARE
        if min(clean.values()) >= options.samples:
            break
        if turn + 1 >= options.samples and max(clean.values()) == 0:
            break  # the machine is never quiet: more of the same would not help
    return samples


def is_clean(sample):
    """Whether other programs took little of the machine meanwhile."""
    return sample["foreignShare"] <= FOREIGN_SHARE


def summary(name, samples, options):
    """The median of a side's clean samples, of all where too few are clean."""
    clean = [sample for sample in samples if is_clean(sample)]
    used = clean if len(clean) >= options.samples else samples
    return {
        "name": name,
        "milliseconds": statistics.median(sample["milliseconds"] for sample in used),
        "peakMemoryBytes": max(sample["peakMemoryBytes"] for sample in samples),
        "cleanSamples": len(clean),
        "isQuiet": len(clean) >= options.samples,
        "samples": samples,
    }
