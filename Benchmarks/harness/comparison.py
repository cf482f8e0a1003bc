"""One case from its first to its last sample: what was found, and rows for the table."""

import statistics
import sys
from argparse import Namespace

from .machine import BenchmarkError
from .sampling import interleaved, is_clean, summary
from .sides import Apus, Peer


def arguments_of(case, *more):
    """What `apus benchmark` is told."""
    precision = ("--precision", case.precision) if case.precision else ()
    return [*case.arguments, *precision, *more, "--samples", str(case.steps)]


def compare(case, search, options):
    """Apus beside the peer's best variant."""
    if case.samples:
        options = Namespace(**vars(options) | {"samples": case.samples})
    apus = Apus(arguments_of(case), options, case.threads)
    apus.sample()  # fails now rather than after the peer's minutes
    ranking = search.ranking(case)
    best = ranking[0][0]
    peer = Peer(case, best, search.python, options)
    print(f"  {options.samples} samples of Apus and of {peer.name} in turn", file=sys.stderr)
    try:
        samples = interleaved([apus, peer], options)
    finally:
        peer.close()
    ours, theirs = (summary(side.name, samples[side], options) for side in (apus, peer))
    speed = theirs["milliseconds"] / ours["milliseconds"]
    paired = paired_ratio(samples[peer], samples[apus], options)
    memory = ours["peakMemoryBytes"] / theirs["peakMemoryBytes"]
    variant = str(best or case.program)
    rows = [{"title": case.title, "unit": "ms", "ours": ours["milliseconds"],
             "theirs": theirs["milliseconds"], "variant": variant, "ratio": speed,
             "paired": paired, "target": case.target,
             "isMet": min(speed, paired) >= case.target}]
    if case.memory_target is not None:
        rows.append({"title": "its peak memory", "unit": "MiB",
                     "ours": ours["peakMemoryBytes"] / 2**20,
                     "theirs": theirs["peakMemoryBytes"] / 2**20, "variant": variant,
                     "ratio": memory, "target": case.memory_target, "isAtMost": True,
                     "isMet": memory <= case.memory_target})
    return {
        "case": case.name, "command": apus.command, "peer": peer.program,
        "results": [ours, theirs], "speedRatio": speed, "pairedSpeedRatio": paired,
        "memoryRatio": memory, "rows": rows,
        "variants": [variant._asdict() | sample for variant, sample in ranking if variant],
    }


def paired_ratio(slower, faster, options):
    """The median of the ratios of neighbouring clean samples, of all where too few are clean.

    A machine that changes its pace for seconds meets both of a pair alike, but not both medians.
    """
    pairs = list(zip(slower, faster))
    clean = [pair for pair in pairs if all(map(is_clean, pair))]
    used = clean if len(clean) >= options.samples else pairs
    return statistics.median(one["milliseconds"] / other["milliseconds"] for one, other in used)


def sweep(case, options):
    """Apus alone with batches of each size in turn."""
    sides = {Apus(arguments_of(case, "--batch-size", str(batch)), options): batch
             for batch in case.batches}
    samples = interleaved(list(sides), options)
    results = [summary(f"batch {batch}", samples[side], options) | {"batchSize": batch}
               for side, batch in sides.items()]
    for result in results:
        result["millisecondsPerImage"] = result["milliseconds"] / result["batchSize"]
    least = min(result["millisecondsPerImage"] for result in results)
    counted = [result for result in results if result["batchSize"] >= case.first]
    if not counted:
        raise BenchmarkError(f"{case.name} has no batch of {case.first} or more")
    worst = max(result["millisecondsPerImage"] for result in counted)
    row = {"title": case.title, "unit": "ms", "ours": worst, "theirs": least,
           "variant": "Apus' own best", "ratio": worst / least, "target": case.target,
           "isAtMost": True, "isMet": worst <= case.target * least}
    return {"case": case.name, "command": next(iter(sides)).command, "results": results,
            "rows": [row]}


def scaling(case, options):
    """Apus alone with one thread and with two in turn."""
    one, two = (Apus(arguments_of(case), options, threads) for threads in (1, 2))
    samples = interleaved([one, two], options)
    results = [summary(f"{threads} thread{'s' * (threads > 1)}", samples[side], options)
               for threads, side in ((1, one), (2, two))]
    theirs, ours = (result["milliseconds"] for result in results)
    paired = paired_ratio(samples[one], samples[two], options)
    row = {"title": case.title, "unit": "ms", "ours": ours, "theirs": theirs,
           "variant": "Apus, one thread", "ratio": theirs / ours, "paired": paired,
           "target": case.target, "isMet": min(theirs / ours, paired) >= case.target}
    return {"case": case.name, "command": two.command, "results": results, "rows": [row]}


def bound(case, options):
    """Apus alone beside a time that it may take."""
    side = Apus(arguments_of(case), options)
    result = summary(side.name, interleaved([side], options)[side], options)
    ratio = result["milliseconds"] / case.target
    row = {"title": case.title, "unit": "ms", "ours": result["milliseconds"],
           "theirs": case.target, "variant": "the bound", "ratio": ratio, "target": 1,
           "isAtMost": True, "isMet": ratio <= 1}
    return {"case": case.name, "command": side.command, "results": [result], "rows": [row]}
