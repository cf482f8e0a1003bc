"""Mikolov's word2vec.c at -O3 -march=native: the time of an epoch, without its pass for the words.

--source names word2vec.c (github.com/tmikolov/word2vec). It is compiled with gcc. See serving.py.
"""

import argparse
import subprocess
import tempfile
from pathlib import Path

import serving


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text")
    parser.add_argument("--source", required=True)
    parser.add_argument("--model", choices=["skip-gram", "cbow"], default="skip-gram")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        program, words = Path(folder) / "word2vec", Path(folder) / "words"
        subprocess.run(
            ["gcc", "-O3", "-march=native", "-funroll-loops", "-w", options.source, "-o", program,
             "-lm", "-pthread"], check=True)
        command = [
            program, "-train", options.text, "-min-count", "5", "-debug", "0", "-size", "100",
            "-window", "5", "-negative", "5", "-hs", "0", "-sample", "1e-3", "-iter", "1",
            "-cbow", str(int(options.model == "cbow")), "-binary", "1",
            "-threads", str(options.threads)]

        def run(*options):
            # What it prints is not for the harness, which reads this program's output.
            subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL)

        # Without an output it counts the words and stops.
        run("-save-vocab", words)

        def step():
            run("-read-vocab", words, "-output", Path(folder) / "vectors")

        serving.serve(
            step, "word2vec.c", warm_up=0, wakes=False, memory=serving.peak_memory_of_children)


if __name__ == "__main__":
    main()
