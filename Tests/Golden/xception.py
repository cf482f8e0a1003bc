"""Makes xception.safetensors: what Xception gives for two pictures, as PyTorch computes it.

The network is Keras' (`keras.applications.Xception`), written here with PyTorch's functions; weights
and pictures are not stored, for both sides make them from the formula below. All in float64.

Numbers. `unit(name, count)` is a list of numbers in -1 ... 1 that depend on a name: SplitMix64, its
state begun as the FNV-1a hash of the name (as in `operations.py`); each draw is the upper 24 bits of
the next word, minus 2^23, times 2^-23, which is exact in float32. Arrays are filled row by row.

    kernel                 unit * sqrt(g / fan_in), the factor rounded to float32, then the product;
                           g is 6, for depthwise kernels 3; fan_in = height * width * inputs, for
                           depthwise kernels 9
    gamma, moving_variance 1 + unit / 2
    beta, moving_mean      unit / 4
    bias                   unit
    pictures               unit("pictures")

Results, in float32: `features` [2, 2048], the means of the last block over the picture, and
`logits` [2, 10].

    .venv/bin/python Tests/Golden/xception.py
"""

import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

torch.set_default_dtype(torch.float64)
MASK = (1 << 64) - 1
PICTURES = (2, 75, 71, 3)


def unit(name, count):
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    words = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    words += np.uint64(state)
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)
    draws = (words >> np.uint64(40)).astype(np.int64) - (1 << 23)
    return draws.astype(np.float32) * np.float32(2.0**-23)


def weights(name, shape):
    numbers = unit(name, int(np.prod(shape))).reshape(shape)
    kind = name.split("/")[-1]
    if kind.endswith("kernel"):
        depthwise = kind == "depthwise_kernel"
        inputs = 9 if depthwise else int(np.prod(shape[:-1]))
        numbers = numbers * np.float32(((3 if depthwise else 6) / inputs) ** 0.5)
    elif kind in ("gamma", "moving_variance"):
        numbers = np.float32(1) + numbers / np.float32(2)
    elif kind in ("beta", "moving_mean"):
        numbers = numbers / np.float32(4)
    return torch.from_numpy(numbers.astype(np.float64))


def same(x, window, stride, value):
    """TensorFlow's padding, the odd row and column at the bottom and right."""
    pads = []
    for extent in (x.shape[3], x.shape[2]):
        total = max(0, (-(-extent // stride) - 1) * stride + window - extent)
        pads += [total // 2, total - total // 2]
    return F.pad(x, pads, value=value)


def conv(x, name, filters, kernel, stride=1):
    w = weights(f"{name}/kernel", (kernel, kernel, x.shape[1], filters))
    return F.conv2d(x, w.permute(3, 2, 0, 1), stride=stride)


def norm(x, name):
    gamma, beta, mean, variance = (
        weights(f"{name}/{part}", (x.shape[1],)).reshape(1, -1, 1, 1)
        for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    return (x - mean) / (variance + 1e-3).sqrt() * gamma + beta


def separable(x, name, filters):
    channels = x.shape[1]
    depthwise = weights(f"{name}/depthwise_kernel", (3, 3, channels, 1))
    pointwise = weights(f"{name}/pointwise_kernel", (1, 1, channels, filters))
    x = F.conv2d(same(x, 3, 1, 0), depthwise.permute(2, 3, 0, 1), groups=channels)
    return norm(F.conv2d(x, pointwise.permute(3, 2, 0, 1)), f"{name}_bn")


def features(x):
    x = F.relu(norm(conv(x, "block1_conv1", 32, 3, 2), "block1_conv1_bn"))
    x = F.relu(norm(conv(x, "block1_conv2", 64, 3), "block1_conv2_bn"))
    narrowing = {2: (128, 128, ""), 3: (256, 256, "_1"), 4: (728, 728, "_2"), 13: (728, 1024, "_3")}
    for block in range(2, 14):
        kept = x
        if block in narrowing:
            first, second, suffix = narrowing[block]
            kept = norm(conv(x, f"conv2d{suffix}", second, 1, 2), f"batch_normalization{suffix}")
            x = separable(x if block == 2 else F.relu(x), f"block{block}_sepconv1", first)
            x = separable(F.relu(x), f"block{block}_sepconv2", second)
            x = F.max_pool2d(same(x, 3, 2, -torch.inf), 3, 2)
        else:
            for number in (1, 2, 3):
                x = separable(F.relu(x), f"block{block}_sepconv{number}", 728)
        x = x + kept
    x = F.relu(separable(x, "block14_sepconv1", 1536))
    x = F.relu(separable(x, "block14_sepconv2", 2048))
    return x.mean((2, 3))


def main():
    pictures = unit("pictures", int(np.prod(PICTURES))).astype(np.float64).reshape(PICTURES)
    means = features(torch.from_numpy(pictures).permute(0, 3, 1, 2))
    logits = means @ weights("predictions/kernel", (2048, 10)) + weights("predictions/bias", (10,))
    results = {"features": means, "logits": logits}
    file = pathlib.Path(__file__).with_name("xception.safetensors")
    save_file({k: v.numpy().astype(np.float32) for k, v in results.items()}, file)
    for name, values in results.items():
        print(name, tuple(values.shape), values.abs().mean().item(), values.abs().max().item())


if __name__ == "__main__":
    main()
