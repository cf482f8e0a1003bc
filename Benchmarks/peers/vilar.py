"""rebop's paths of the Vilar oscillator to time 200 with 201 points, on one thread.

A step is --paths paths, each with a seed of its own; its time is given for --per of them. The model
is put together at run time. See serving.py.

Reference: Vilar et al. (2002), "Mechanisms of noise-resistance in genetic oscillators", PNAS 99.
"""

import argparse
import itertools

import rebop

import serving

REACTIONS = (
    (50.0, ["Da"], ["Da", "Ma"]), (500.0, ["Dap"], ["Dap", "Ma"]),
    (50.0, ["Ma"], ["Ma", "A"]), (10.0, ["Ma"], []),
    (1.0, ["Da", "A"], ["Dap"]), (50.0, ["Dap"], ["Da", "A"]),
    (0.01, ["Dr"], ["Dr", "Mr"]), (50.0, ["Drp"], ["Drp", "Mr"]),
    (5.0, ["Mr"], ["Mr", "R"]), (0.5, ["Mr"], []),
    (1.0, ["Dr", "A"], ["Drp"]), (100.0, ["Drp"], ["Dr", "A"]),
    (2.0, ["A", "R"], ["C"]), (1.0, ["C"], ["R"]),
    (1.0, ["A"], []), (0.2, ["R"], []),
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--paths", type=int, default=16)
    parser.add_argument("--per", type=int, default=16)
    parser.add_argument("--threads", type=int, default=1, choices=[1])
    options = parser.parse_args()
    model = rebop.Gillespie()
    for rate, consumed, produced in REACTIONS:
        model.add_reaction(rate, consumed, produced)
    seeds = itertools.count()

    def step():
        for _ in range(options.paths):
            model.run({"Da": 1, "Dr": 1}, tmax=200, nb_steps=200, rng=next(seeds))

    serving.serve(step, f"rebop {rebop.__version__}", 1, scale=options.per / options.paths)


if __name__ == "__main__":
    main()
