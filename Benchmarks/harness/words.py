"""Texts for the cases about words, and what vectors of both sides know."""

import gzip
import json
import lzma
import re
import statistics
import subprocess
import sys
import tempfile
import zlib
from dataclasses import replace
from pathlib import Path

from .cases import TEXT, WORD2VEC, Quality
from .environment import PEERS
from .machine import BenchmarkError
from .sides import ending

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
# Of WordSim-353 its two halves, of which the whole consists.
PAIRS = ("EN-MEN-TR-3k", "EN-RG-65", "EN-SIMLEX-999", "EN-WS-353-REL", "EN-WS-353-SIM")

TRAINING_LIMIT = 6 * 3600  # seconds that a side of a case about quality may train


class LeftOut(Exception):
    """Why a case is not run, in a sentence."""


class Texts:
    """The text that --text names, as tokens with a sentence a line; made once."""

    def __init__(self, options):
        self.options = options
        self.folder = None

    def tokens(self):
        if not self.options.text:
            raise LeftOut("left out: name a text (plain, .gz, .xz) with --text or APUS_WORDS_TEXT")
        if not self.folder:
            folder = tempfile.TemporaryDirectory()
            print("  preparing the text", file=sys.stderr)
            path = Path(folder.name) / "tokens.txt"
            try:
                with opened(self.options.text) as text, open(path, "w") as tokens:
                    for line in text:
                        if words := WORD.findall(line.lower()):
                            tokens.write(" ".join(words) + "\n")
            except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
                reason = getattr(error, "strerror", None) or error
                raise BenchmarkError(f"cannot prepare {self.options.text}: {reason}")
            self.folder = folder  # the text is whole
        return str(self.path)

    @property
    def path(self):
        return Path(self.folder.name) / "tokens.txt"

    def filled(self, case):
        """The case with its placeholders replaced."""
        if isinstance(case, Quality):
            return case
        values = {TEXT: self.tokens, WORD2VEC: self.original}
        changes = {name: tuple(values[word]() if word in values else word
                               for word in getattr(case, name))
                   for name in ("arguments", "peer_arguments") if hasattr(case, name)}
        return replace(case, **changes)

    def original(self):
        if not self.options.word2vec:
            raise LeftOut("left out: name word2vec.c with --word2vec or APUS_WORD2VEC_C")
        return self.options.word2vec

    def questions(self):
        """The file with analogies and those with pairs."""
        if not self.options.evaluation:
            raise LeftOut("left out: name a folder with questions-words.txt and EN-*.txt with "
                          "--evaluation or APUS_WORDS_EVALUATION")
        folder = Path(self.options.evaluation)
        return str(folder / "questions-words.txt"), [str(folder / f"{name}.txt") for name in PAIRS]

    def close(self):
        if self.folder:
            self.folder.cleanup()


def opened(path):
    kinds = {".xz": lzma.open, ".gz": gzip.open}
    return kinds.get(Path(path).suffix, open)(path, "rt", encoding="utf8", errors="replace")


def quality(case, texts, python, options):
    """Analogies and mean rank correlation of both sides, for each seed."""
    text, (questions, pairs) = texts.tokens(), texts.questions()
    ours, theirs = [], []
    for seed in range(1, case.seeds + 1):
        ours.append(apus_scores(case, seed, text, questions, pairs, options))
        theirs.append(output_of(
            [python, PEERS / "words.py", text, "--model", case.model, "--epochs", case.epochs,
             "--threads", options.threads, "--seed", seed, "--evaluate", questions,
             "--similarities", *pairs]))
        print(f"  seed {seed}: Apus {points(ours[-1])}, gensim {points(theirs[-1])}",
              file=sys.stderr)
    rows = [row(case, title, *(statistics.mean(map(value, side)) for side in (ours, theirs)))
            for title, value in (("analogies", analogies), ("mean rank correlation", correlation))]
    return {"case": case.name, "peer": theirs[0]["program"], "ours": ours, "theirs": theirs,
            "rows": rows}


def row(case, title, ours, theirs):
    return {"title": f"{case.title}, {case.epochs} epochs, {title}", "unit": "%",
            "ours": ours, "theirs": theirs, "variant": "gensim, less its points",
            "ratio": ours - theirs, "target": case.target, "isMet": ours - theirs >= case.target}


def apus_scores(case, seed, text, questions, pairs, options):
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        trained = output_of(
            [options.apus, "train", "words", text, "--tokens", "blanks", "--model", case.model,
             "--epochs", case.epochs, "--seed", seed, "--threads", options.threads,
             "--output", run, "--quiet", "--json"])
        scores = output_of(
            [options.apus, "evaluate", run, "--analogies", questions, "--similarities", *pairs,
             "--json"])
    similarities = {path: score["spearman"] for path, score in scores["similarities"].items()}
    return trained | {"analogies": scores["analogies"]["total"]["accuracy"],
                      "similarities": similarities}


def output_of(command):
    words = list(map(str, command))
    try:
        result = subprocess.run(words, capture_output=True, text=True, timeout=TRAINING_LIMIT)
    except OSError as error:
        raise BenchmarkError(f"cannot run {words[0]}: {error.strerror}; try make build")
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"{' '.join(words)} took more than {TRAINING_LIMIT} s")
    if result.returncode != 0:
        reason = (result.stderr.strip().splitlines() or [ending(result.returncode)])[-1]
        raise BenchmarkError(f"{' '.join(words)} failed: {reason}")
    try:
        return json.loads(result.stdout)
    except ValueError:
        raise BenchmarkError(f"{' '.join(words)} did not print JSON: {result.stdout[:200]}")


def analogies(scores):
    return 100 * scores["analogies"]


def correlation(scores):
    return 100 * statistics.mean(scores["similarities"].values())


def points(scores):
    return f"{analogies(scores):.2f} / {correlation(scores):.2f}"
