"""Everything measured as JSON, and one table for people."""

import datetime
import json
import subprocess

from . import machine
from .environment import BENCHMARKS
from .machine import BenchmarkError


class Report:
    """What was found so far.

    Written before the first case, so that a place that cannot be written is told at once, and after
    each.
    """

    def __init__(self, folder, options):
        date = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        self.path = folder / (date[:19].replace(":", "-") + ".json")
        self.contents = {
            "date": date, "commit": commit(), "machine": machine.description(),
            "apus": machine.doctor(options.apus), "threads": options.threads,
            "realTime": options.real_time, "samples": options.samples, "cases": [],
        }
        self.write()

    def add(self, result):
        self.contents["cases"].append(result)
        self.write()

    def write(self):
        """Replaces the file, so that what it had stays where there is no room for more."""
        unfinished = self.path.with_suffix(".unfinished")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(json.dumps(self.contents, indent=2) + "\n")
            unfinished.replace(self.path)
        except OSError as error:
            if unfinished.is_file():
                unfinished.unlink()
            raise BenchmarkError(f"cannot write {self.path}: {error.strerror}")

    @property
    def rows(self):
        return [row for case in self.contents["cases"] for row in case.get("rows", [])]

    @property
    def failed_cases(self):
        return [case for case in self.contents["cases"] if "failure" in case]

    @property
    def is_complete(self):
        """Whether every case that was not left out ran, with every variant of its peer."""
        return not self.failed_cases and not any(
            case.get("failedVariants") for case in self.contents["cases"])

    def heading(self):
        contents = self.contents
        peers = {case["peer"] for case in contents["cases"] if "peer" in case}
        return "; ".join([
            contents["machine"]["processor"], contents["machine"]["instructions"],
            *sorted(peers), f"{contents['threads']} threads where a case sets none",
            f"medians of {contents['samples']} samples in turn where a case sets none",
            contents["date"][:10]])

    def table(self):
        contents = self.contents
        lines = [
            self.heading(), "",
            f"{'':50} {'Apus':>9} {'peer':>9}     {'ratio':>6} {'paired':>6} {'target':>7}"
            "  met   peer",
        ]
        lines += [line(row) for row in self.rows]
        lines += [f"{case['case']}: {case['failure']}" for case in self.failed_cases]
        for case in contents["cases"]:
            lines += [f"{case['case']}: {note}" for note in case.get("notes", [])]
            lines += failed_variants(case)
            lines += [f"{case['case']}: {case['leftOut']}"] if "leftOut" in case else []
        if not all(result["isQuiet"] for case in contents["cases"]
                   for result in case.get("results", [])):
            lines.append("Other programs were busy during some samples of some cases.")
        return "\n".join(lines)


def failed_variants(case):
    """A line for each reason why variants of a case's peer did not run."""
    variants = {}
    for variant in case.get("failedVariants", []):
        variants.setdefault(variant["reason"], []).append(variant["variant"])
    return [f"{case['case']}: did not run: {'; '.join(names)}: {reason}"
            for reason, names in variants.items()]


def commit():
    """The commit of this clone, `-dirty` behind it where files differ; none outside a clone."""
    try:
        result = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"],
            cwd=BENCHMARKS, capture_output=True, text=True)
    except OSError:
        return None
    return result.stdout.strip() or None


def line(row):
    digits = 1 if row["ours"] >= 10 else 3
    sign = "<=" if row.get("isAtMost") else ">="
    met = "no" if not row["isMet"] else "yes?" if row.get("missesVariants") else "yes"
    target = f"{sign} {row['target']:4.2f}  {met:4}" if row["target"] is not None else f"{'':13}"
    paired = f"{row['paired']:6.2f}" if "paired" in row else " " * 6
    return (f"{row['title']:50} {row['ours']:9.{digits}f} {row['theirs']:9.{digits}f} "
            f"{row['unit']:3} {row['ratio']:6.2f} {paired} {target}  {row['variant']}")
