"""Everything measured as JSON, and one table for people."""

import datetime
import json

from . import machine


class Report:
    """What was found so far; written after each case, so that nothing is lost."""

    def __init__(self, folder, options):
        folder.mkdir(parents=True, exist_ok=True)
        date = datetime.datetime.now().astimezone().isoformat(timespec="seconds")
        self.path = folder / (date[:19].replace(":", "-") + ".json")
        self.contents = {
            "date": date, "machine": machine.description(), "threads": options.threads,
            "realTime": options.real_time, "samples": options.samples, "cases": [],
        }

    def add(self, result):
        self.contents["cases"].append(result)
        self.path.write_text(json.dumps(self.contents, indent=2) + "\n")

    @property
    def rows(self):
        return [row for case in self.contents["cases"] for row in case.get("rows", [])]

    @property
    def failures(self):
        return [case for case in self.contents["cases"] if "failure" in case]

    def table(self):
        contents = self.contents
        peers = {case["peer"] for case in contents["cases"] if "peer" in case}
        lines = [
            "; ".join([contents["machine"]["processor"], *sorted(peers),
                       f"{contents['threads']} threads",
                       f"medians of {contents['samples']} samples in turn"]), "",
            f"{'':50} {'Apus':>9} {'peer':>9}     {'ratio':>6} {'paired':>6} {'target':>7}  met  peer",
        ]
        lines += [line(row) for row in self.rows]
        lines += [f"{case['case']}: {case['failure']}" for case in self.failures]
        if not all(result["isQuiet"] for case in contents["cases"]
                   for result in case.get("results", [])):
            lines.append("Other programs were busy during some samples of some cases.")
        return "\n".join(lines)


def line(row):
    digits = 1 if row["ours"] >= 10 else 3
    sign = "<=" if row.get("isAtMost") else ">="
    met = "yes" if row["isMet"] else "no"
    paired = f"{row['paired']:6.2f}" if "paired" in row else " " * 6
    return (f"{row['title']:50} {row['ours']:9.{digits}f} {row['theirs']:9.{digits}f} "
            f"{row['unit']:3} {row['ratio']:6.2f} {paired} {sign} {row['target']:4.2f}  {met:3}"
            f"  {row['variant']}")
