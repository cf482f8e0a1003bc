"""SciPy's expm_multiply on the master equation of a genetic toggle switch, to --time on one thread.

Both amounts go from 0 to --size - 1; all probability begins at nothing of either. See serving.py.

Reference: Gardner, Cantor, Collins (2000), "Construction of a genetic toggle switch in Escherichia
coli", Nature 403; Al-Mohy, Higham (2011), "Computing the action of the matrix exponential", SIAM J.
Sci. Comput. 33.
"""

import argparse

import numpy as np
import scipy
import scipy.sparse
import scipy.sparse.linalg

import serving

MAKING, LOSS, EXPONENT, HALF = 50.0, 1.0, 2.5, 10.0


def generator(size):
    """The matrix `A` of `dp/dt = A p`; what would leave the grid does not happen."""
    state = np.arange(size * size)
    u, v = state // size, state % size
    jumps = (
        (u < size - 1, state + size, MAKING / (1 + (v / HALF) ** EXPONENT)),
        (v < size - 1, state + 1, MAKING / (1 + (u / HALF) ** EXPONENT)),
        (u > 0, state - size, LOSS * u.astype(float)),
        (v > 0, state - 1, LOSS * v.astype(float)),
    )
    rows, columns, values = [], [], []
    for mask, target, rate in jumps:
        rows += [target[mask], state[mask]]
        columns += [state[mask], state[mask]]
        values += [rate[mask], -rate[mask]]
    entries = (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns)))
    return scipy.sparse.csr_matrix(entries, shape=(size * size, size * size))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--time", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=1, choices=[1])
    options = parser.parse_args()
    matrix = generator(options.size) * options.time
    start = np.zeros(options.size * options.size)
    start[0] = 1

    def step():
        scipy.sparse.linalg.expm_multiply(matrix, start)

    serving.serve(step, f"SciPy {scipy.__version__}", 0)


if __name__ == "__main__":
    main()
