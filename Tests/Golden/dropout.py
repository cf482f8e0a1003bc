"""Makes dropout.safetensors: the dropout family by the formulas of Keras and PyTorch, in NumPy.

The random numbers are Philox4x32-10, written out here: key (seed, step) = (7, 0), stream 0, one word
an element, `u = (word >> 8) * 2**-24`; an element is kept where `u >= rate`. Normal numbers come from
pairs of them by Box and Muller. All in float64.

    input/<case>   what goes in, in eighths, so that float32 holds it exactly
    output/<case>  what the layer gives in training
    kernel         of the Dense layer of `dropConnect`

    .venv/bin/python Tests/Golden/dropout.py
"""

from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

MASK32 = 0xFFFFFFFF
SEED, STEP, STREAM, RATE = 7, 0, 0, 0.25


def block(index):
    c = [index, STEP & MASK32, STREAM, STEP >> 32]
    k0, k1 = SEED & MASK32, SEED >> 32
    for _ in range(10):
        first, second = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(second >> 32) ^ c[1] ^ k0, second & MASK32, (first >> 32) ^ c[3] ^ k1,
             first & MASK32]
        k0, k1 = (k0 + 0x9E3779B9) & MASK32, (k1 + 0xBB67AE85) & MASK32
    return c


def uniform(shape):
    count = int(np.prod(shape))
    words = [word for index in range((count + 3) // 4) for word in block(index)]
    return (np.array(words[:count], dtype=np.uint64) >> np.uint64(8)).reshape(shape) * 2.0**-24


def normal(shape):
    count = int(np.prod(shape))
    u = uniform((count + count % 2,)).reshape(-1, 2)
    radius, angle = np.sqrt(-2 * np.log(1 - u[:, 0])), 2 * np.pi * u[:, 1]
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    return pairs.reshape(-1)[:count].reshape(shape)


def inverted(x, noise_shape):
    return x * (uniform(noise_shape) >= RATE) / (1 - RATE)


def gaussian(x):
    return x * (1 + np.sqrt(RATE / (1 - RATE)) * normal(x.shape))


def alpha(x):
    low = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946
    a = ((1 - RATE) * (1 + RATE * low**2)) ** -0.5
    b = -a * low * RATE
    return a * np.where(uniform(x.shape) >= RATE, x, low) + b


def values(*shape):
    count = int(np.prod(shape))
    return ((np.arange(count) * 7 % 33 - 16) / 8).reshape(shape)


def main():
    flat, sequence, picture = values(6, 5), values(3, 4, 5), values(2, 3, 2, 5)
    kernel = values(5, 4)
    cases = {
        "dropout": (flat, inverted(flat, flat.shape)),
        "noiseShape": (sequence, inverted(sequence, (1, 4, 1))),
        "spatial1D": (sequence, inverted(sequence, (3, 1, 5))),
        "spatial2D": (picture, inverted(picture, (2, 1, 1, 5))),
        "variational": (sequence, inverted(sequence, (3, 1, 5))),
        "depthByExample": (flat, inverted(flat, (6, 1))),
        "depthByBatch": (flat, inverted(flat, (1, 1))),
        "gaussian": (flat, gaussian(flat)),
        "alpha": (flat, alpha(flat)),
        "dropConnect": (flat, flat @ inverted(kernel, kernel.shape)),
    }
    results = {"kernel": kernel}
    for name, (given, expected) in cases.items():
        results["input/" + name], results["output/" + name] = given.copy(), expected
    path = Path(__file__).with_name("dropout.safetensors")
    save_file(results, path)
    print(path.name, path.stat().st_size, "bytes, NumPy", np.__version__)


if __name__ == "__main__":
    main()
