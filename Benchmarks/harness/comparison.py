"""One case from its first to its last sample: what was found, and rows for the table."""

import statistics
import sys

from .machine import BenchmarkError
from .sampling import interleaved, is_clean, summary
from .sides import Apus, PyTorch


def arguments_of(case, *more):
    """What `apus benchmark` is told."""
    precision = ("--precision", case.precision) if case.precision else ()
    return [*case.arguments, *precision, *more, "--samples", str(case.steps)]


def compare(case, search, options):
    """Apus beside PyTorch's best variant."""
    apus = Apus(arguments_of(case), options)
    apus.sample()  # fails now rather than after PyTorch's minutes
    ranking = search.ranking(case)
    best = ranking[0][0]
    print(f"  {options.samples} samples of Apus and of PyTorch {best} in turn", file=sys.stderr)
    torch = PyTorch(case, best, search.python, options)
    try:
        samples = interleaved([apus, torch], options)
    finally:
        torch.close()
    ours, theirs = (summary(side.name, samples[side], options) for side in (apus, torch))
    speed = theirs["milliseconds"] / ours["milliseconds"]
    paired = paired_ratio(samples[torch], samples[apus], options)
    memory = ours["peakMemoryBytes"] / theirs["peakMemoryBytes"]
    rows = [{"title": case.title, "unit": "ms", "ours": ours["milliseconds"],
             "theirs": theirs["milliseconds"], "variant": str(best), "ratio": speed,
             "paired": paired, "target": case.target,
             "isMet": min(speed, paired) >= case.target}]
    if case.memory_target is not None:
        rows.append({"title": "its peak memory", "unit": "MiB",
                     "ours": ours["peakMemoryBytes"] / 2**20,
                     "theirs": theirs["peakMemoryBytes"] / 2**20, "variant": str(best),
                     "ratio": memory, "target": case.memory_target, "isAtMost": True,
                     "isMet": memory <= case.memory_target})
    return {
        "case": case.name, "command": apus.command, "peer": torch.program,
        "results": [ours, theirs], "speedRatio": speed, "pairedSpeedRatio": paired,
        "memoryRatio": memory, "rows": rows,
        "variants": [variant._asdict() | sample for variant, sample in ranking],
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
