"""Makes quality.safetensors: what NumPy finds of how like two sets of features are."""

import os

import numpy as np
from safetensors.numpy import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
NEIGHBORS = 3


def frechet(first, second):
    """The distance by the eigenvalues of the product of the covariances, which is not symmetric."""
    shift = first.mean(0) - second.mean(0)
    a, b = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    values = np.linalg.eigvals(a @ b).real
    root = np.sqrt(np.maximum(values, 0)).sum()
    return shift @ shift + np.trace(a) + np.trace(b) - 2 * root


def distances(first, second):
    return np.sqrt(((first[:, None] - second[None]) ** 2).sum(-1))


def share_within(points, others):
    """The share of `others` in the manifold of `points`."""
    own = distances(points, points)
    np.fill_diagonal(own, np.inf)
    reaches = np.sort(own, 1)[:, NEIGHBORS - 1]
    return (distances(others, points) <= reaches).any(1).mean()


def case(tensors, name, real, generated):
    real, generated = real.astype(np.float32), generated.astype(np.float32)
    tensors[f"{name}/real"], tensors[f"{name}/generated"] = real, generated
    a, b = real.astype(np.float64), generated.astype(np.float64)
    tensors[f"{name}/expected"] = np.array(
        [frechet(a, b), share_within(a, b), share_within(b, a)])


def main():
    random = np.random.default_rng(4)
    tensors = {}
    mixing = random.normal(size=(6, 6))
    real = random.normal(size=(90, 6)) @ mixing + 3
    case(tensors, "shifted", real, random.normal(size=(70, 6)) @ mixing * 0.8 + 3.7)
    case(tensors, "collapsed", real, real[:1] + random.normal(size=(40, 6)) * 0.01)
    case(tensors, "apart", real, random.normal(size=(50, 6)) * 0.5 - 20)
    case(tensors, "fewer than features", random.normal(size=(9, 12)), random.normal(size=(8, 12)))
    save_file(tensors, os.path.join(HERE, "quality.safetensors"))


if __name__ == "__main__":
    main()
