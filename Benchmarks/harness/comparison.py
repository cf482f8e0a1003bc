"""One case from its first to its last sample: what was found, and rows for the table."""

import sys
from argparse import Namespace
from contextlib import ExitStack

from .machine import BenchmarkError, PeerError
from .sampling import interleaved, paired_ratio, summary
from .sides import Apus, Peer
from .variants import contenders


def arguments_of(case, *more):
    """What `apus benchmark` is told."""
    precision = ("--precision", case.precision) if case.precision else ()
    return [*case.arguments, *precision, *more, "--samples", str(case.steps)]


def compare(case, search, options):
    """Apus beside the peer's best variant."""
    if case.samples:
        options = Namespace(**vars(options) | {"samples": case.samples})
    apus = Apus(arguments_of(case), options, case.threads)
    first = apus.sample()  # fails now rather than after the peer's minutes
    chosen, found = chosen_variants(case, first, search)
    with ExitStack() as stack:
        peers = started(case, chosen, search, options, found["failedVariants"], stack)
        turns, peers = turns_of(case, apus, peers, options, found["failedVariants"])
    ours = summary(apus.name, apus, turns, options)
    summaries = {peer: summary(peer.name, peer, turns, options) for peer in peers}
    best = min(peers, key=lambda peer: summaries[peer]["milliseconds"])
    paired = paired_ratio(best, apus, turns, options)
    return {
        "case": case.name, "command": apus.command, "peer": best.program,
        "peerCommand": best.command, "threads": int(apus.threads),
        "results": [ours, *summaries.values()], **found,
        "rows": rows_of(case, ours, summaries[best], str(best.variant or case.program), paired,
                        bool(found["failedVariants"])),
    }


def started(case, chosen, search, options, failed, stack):
    """The peers that start, until the `stack` ends; others are added to the `failed` ones."""
    peers = []
    for variant in chosen:
        try:
            peers.append(Peer(case, variant, search.python, options))
            stack.callback(peers[-1].close)
        except PeerError as error:
            failure = error
            failed.append(failed_variant(case, variant, error))
    if not peers:
        raise failure
    return peers


def turns_of(case, apus, peers, options, failed):
    """Turns of Apus and of the peers, and which these are: one that fails is added to the `failed`
    ones, and the turns begin anew without it, so that all of them have the same sides."""
    while True:
        names = " and of ".join(peer.name for peer in peers)
        print(f"  {options.samples} samples of Apus and of {names} in turn", file=sys.stderr)
        try:
            return interleaved([apus, *peers], options), peers
        except PeerError as error:
            print(f"  {error}", file=sys.stderr)
            failed += [failed_variant(case, peer.variant, error)
                       for peer in peers if peer.name == error.name]
            peers = [peer for peer in peers if peer.name != error.name]
            if not peers:
                raise


def failed_variant(case, variant, error):
    return {"variant": str(variant or case.program), "reason": error.reason}


def chosen_variants(case, first, search):
    """The variants to measure, and what is to be told of the choice.

    Where Apus falls back to another precision than it is asked for, peers may use that, too.
    """
    if not case.modes:
        return [None], {"variants": [], "failedVariants": [], "notes": []}
    ran = first.get("precision", case.precision)
    precisions, notes = list(case.peer_precisions), []
    if case.precision not in (None, ran):
        precisions += [ran] if ran not in precisions else []
        notes.append(f"Apus computes in {ran} here, not in {case.precision}; so may {case.program}")
    ranking, failed = search.ranking(case, precisions)
    tried = [variant._asdict() | sample for variant, sample in ranking]
    return contenders(ranking), {"variants": tried, "failedVariants": failed, "notes": notes}


def rows_of(case, ours, theirs, variant, paired, misses_variants):
    """What the table says of a comparison; a variant that did not run may be the best one."""
    speed = theirs["milliseconds"] / ours["milliseconds"]
    rows = [{"title": case.title, "unit": "ms", "ours": ours["milliseconds"],
             "theirs": theirs["milliseconds"], "variant": variant, "ratio": speed,
             "paired": paired, "target": case.target,
             "isMet": case.target is None or min(speed, paired) >= case.target,
             "missesVariants": misses_variants}]
    if case.memory_target is not None:
        memory = ours["peakMemoryBytes"] / theirs["peakMemoryBytes"]
        rows.append({"title": "its peak memory", "unit": "MiB",
                     "ours": ours["peakMemoryBytes"] / 2**20,
                     "theirs": theirs["peakMemoryBytes"] / 2**20, "variant": variant,
                     "ratio": memory, "target": case.memory_target, "isAtMost": True,
                     "isMet": memory <= case.memory_target})
    return rows


def sweep(case, options):
    """Apus alone with batches of each size in turn."""
    sides = {Apus(arguments_of(case, "--batch-size", str(batch)), options): batch
             for batch in case.batches}
    turns = interleaved(list(sides), options)
    results = [summary(f"batch {batch}", side, turns, options) | {"batchSize": batch}
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
    turns = interleaved([one, two], options)
    results = [summary(f"{threads} thread{'s' * (threads > 1)}", side, turns, options)
               for threads, side in ((1, one), (2, two))]
    theirs, ours = (result["milliseconds"] for result in results)
    paired = paired_ratio(one, two, turns, options)
    row = {"title": case.title, "unit": "ms", "ours": ours, "theirs": theirs,
           "variant": "Apus, one thread", "ratio": theirs / ours, "paired": paired,
           "target": case.target, "isMet": min(theirs / ours, paired) >= case.target}
    return {"case": case.name, "command": two.command, "results": results, "rows": [row]}


def bound(case, options):
    """Apus alone beside a time that it may take."""
    side = Apus(arguments_of(case), options)
    result = summary(side.name, side, interleaved([side], options), options)
    ratio = result["milliseconds"] / case.target
    row = {"title": case.title, "unit": "ms", "ours": result["milliseconds"],
           "theirs": case.target, "variant": "the bound", "ratio": ratio, "target": 1,
           "isAtMost": True, "isMet": ratio <= 1}
    return {"case": case.name, "command": side.command, "results": [result], "rows": [row]}
