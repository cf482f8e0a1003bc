"""Samples of all sides in turn, with a watch on what other programs do meanwhile."""

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
    """Turns, each with a sample of every side: at most twice as many where some are disturbed."""
    turns = []
    while len(turns) < 2 * options.samples:
        turns.append({side: measured(side, options) for side in sides})
        clean = sum(map(is_clean, turns))
        if clean >= options.samples:
            break
        if clean == 0 and len(turns) >= options.samples:
            break  # the machine is never quiet: more of the same would not help
    return turns


def disturbance(turn):
    """The most of the machine that other programs took during a sample of a turn."""
    return max(sample["foreignShare"] for sample in turn.values())


def is_clean(turn):
    return disturbance(turn) <= FOREIGN_SHARE


def counted(turns, options):
    """The clean turns, where too few are the least disturbed: the same ones for every side."""
    clean = [turn for turn in turns if is_clean(turn)]
    return clean if len(clean) >= options.samples else sorted(
        turns, key=disturbance)[:options.samples]


def summary(name, side, turns, options):
    """The median of a side's samples in the turns that count."""
    clean = sum(map(is_clean, turns))
    return {
        "name": name,
        "milliseconds": statistics.median(
            turn[side]["milliseconds"] for turn in counted(turns, options)),
        "peakMemoryBytes": max(turn[side]["peakMemoryBytes"] for turn in turns),
        "cleanSamples": clean,
        "isQuiet": clean >= options.samples,
        "samples": [turn[side] for turn in turns],
    }


def paired_ratio(theirs, ours, turns, options):
    """The median of the ratios of two sides' samples of one turn.

    A machine that changes its pace for seconds meets both of a turn alike, but not both medians.
    """
    return statistics.median(turn[theirs]["milliseconds"] / turn[ours]["milliseconds"]
                             for turn in counted(turns, options))
