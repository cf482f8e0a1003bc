"""Golden numbers for the cases of `Sources/ApusCases`: outputs and derivatives by PyTorch in float64.

Each case is written here a second time, with PyTorch's own functions; its operands come from the same
small generator (`CaseGenerator.swift`). For every case the file holds its outputs `NAME:output0`, ...
and, where PyTorch differentiates, `NAME:gradient0`, ...: the derivative of sum(output * direction) for
each operand.

    .venv/bin/python Tests/Golden/operations.py
"""

import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

torch.set_default_dtype(torch.float64)
MASK = (1 << 64) - 1


# The generator and the operands -------------------------------------------------------------------


class Generator:
    """SplitMix64, its state begun as the FNV-1a hash of a key."""

    def __init__(self, key):
        self.state = 0xCBF29CE484222325
        for byte in key.encode():
            self.state = ((self.state ^ byte) * 0x100000001B3) & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        word = self.state
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
        return word ^ (word >> 31)

    def unit(self):
        return (self.next() >> 11) * 2.0**-53

    def number(self, lower, upper, apart=()):
        number = lower + (upper - lower) * self.unit()
        for point in apart:
            if abs(number - point) < 0.05:
                number = point + 0.05 if number >= point else point - 0.05
        return float(np.float32(number))

    def permutation(self, count):
        positions = list(range(count))
        for last in range(count - 1, 0, -1):
            other = self.next() % (last + 1)
            positions[last], positions[other] = positions[other], positions[last]
        return positions


def real(shape, lower=-2, upper=2, apart=()):
    return shape, lambda g, n: [g.number(lower, upper, apart) for _ in range(n)], torch.float64


def spaced(shape, lower=-2, upper=2):
    def draw(g, n):
        return [
            float(np.float32(lower + (upper - lower) * ((p + 0.5) / n))) for p in g.permutation(n)
        ]

    return shape, draw, torch.float64


def integers(shape, below, dtype=torch.int64):
    return shape, lambda g, n: [math.floor(g.unit() * below) for _ in range(n)], dtype


def truth(shape):
    return integers(shape, 2, torch.bool)


def listed(shape, numbers, dtype=torch.float64):
    return shape, lambda g, n: numbers, dtype


def key(seed, step):
    return listed((2,), [seed, step], torch.int64)


CASES = {}


def case(name, operands, function):
    assert name not in CASES, name
    CASES[name] = (operands, function)


def operand(name, index, spec):
    shape, draw, dtype = spec
    count = math.prod(shape)
    numbers = draw(Generator(f"{name}#{index}"), count)
    return torch.tensor(numbers, dtype=dtype).reshape(shape)


# Functions of one and two numbers -----------------------------------------------------------------


def unary(name, lower, upper, function, apart=()):
    case(name, [real((5, 13), lower, upper, apart)], function)


WHOLE = (-3, -2, -1, 0, 1, 2, 3)
unary("negate", -3, 3, lambda x: -x)
unary("exponential", -3, 3, torch.exp)
unary("exponential/wide", -80, 3, torch.exp)
unary("logarithm", 0.1, 4, torch.log)
unary("log1p", -0.9, 4, torch.log1p)
unary("log1p/small", -1e-4, 1e-4, torch.log1p)
unary("expm1", -3, 3, torch.expm1)
unary("expm1/small", -1e-4, 1e-4, torch.expm1)
unary("squareRoot", 0.1, 4, torch.sqrt)
unary("reciprocalSquareRoot", 0.1, 4, torch.rsqrt)
unary("tanh", -4, 4, torch.tanh)
unary("tanh/small", -1e-3, 1e-3, torch.tanh)
unary("sigmoid", -6, 6, torch.sigmoid)
unary("errorFunction", -3, 3, torch.erf)
unary("square", -3, 3, torch.square)
unary("reciprocal", 0.3, 3, torch.reciprocal)
unary("sine", -4, 4, torch.sin)
unary("cosine", -4, 4, torch.cos)
unary("softplus", -6, 6, lambda x: torch.logaddexp(x, torch.zeros_like(x)))
unary("softplus/wide", -60, 60, lambda x: torch.logaddexp(x, torch.zeros_like(x)))
unary("gelu", -3, 3, F.gelu)
unary("gelu/approximate", -3, 3, lambda x: F.gelu(x, approximate="tanh"))
unary("swish", -4, 4, F.silu)
case("tanh/scalar", [real(())], torch.tanh)
case("tanh/empty", [real((0, 3))], torch.tanh)
case("tanh/many", [real((3, 1031), -4, 4)], torch.tanh)
unary("absolute", -3, 3, torch.abs, (0,))
unary("sign", -3, 3, torch.sign, (0,))
unary("floor", -3, 3, torch.floor, WHOLE)
unary("leakyReLU", -3, 3, lambda x: F.leaky_relu(x, 0.2), (0,))
unary("elu", -3, 3, lambda x: F.elu(x, 0.7), (0,))
unary("selu", -3, 3, F.selu, (0,))
unary("clip", -3, 3, lambda x: F.hardtanh(x, -1, 2), (-1, 2))
unary("relu", -3, 3, F.relu, (0,))
unary("relu6", -3, 9, F.relu6, (0, 6))
unary("relu6/squared", -3, 9, lambda x: F.relu6(x) ** 2, (0, 6))
case("clip/atBounds", [listed((5,), [-2, -1, 0, 2, 3])], lambda x: F.hardtanh(x, -1, 2))
unary("cast/toInteger", -3, 3, lambda x: x.to(torch.int32), WHOLE)
case("cast/fromInteger", [integers((5, 13), 100)], lambda x: x.double())
case("cast/fromTruth", [truth((5, 13))], lambda x: x.double())
case("cast/toTruth", [integers((5, 13), 3)], lambda x: x != 0)
unary("stopGradient", -3, 3, lambda x: x.detach() * x)

M = (5, 13)
case("add", [real(M), real(M)], torch.add)
case("add/integers", [integers(M, 9), integers(M, 9)], torch.add)
case("add/twice", [real(M)], lambda a: a + a)
case("subtract", [real(M), real(M)], torch.sub)
case("multiply", [real(M), real(M)], torch.mul)
case("multiply/twice", [real(M)], lambda a: a * a)
case("divide", [real(M), real(M, 0.4, 3)], torch.div)
case("power", [real(M, 0.3, 3), real(M)], torch.pow)
case("power/ofZero", [listed((4,), [0, 0, 2, 3]), listed((4,), [2, 3, 0, 1])], torch.pow)
case("maximum", [spaced(M), spaced(M, -1.99, 2.01)], torch.maximum)
case("minimum", [spaced(M), spaced(M, -1.99, 2.01)], torch.minimum)
case("broadcast", [real((3, 1))], lambda a: a.expand(2, 3, 4))
case("broadcast/scalar", [real(())], lambda a: a.expand(3, 5))
case("broadcast/ones", [real((1, 1))], lambda a: a.expand(1, 1, 1))
case("broadcast/toEmpty", [real((1, 3))], lambda a: a.expand(0, 3))
case("add/bias", [real((2, 3, 17)), real((17,))], torch.add)
case("add/outer", [real((3, 1, 5)), real((4, 1))], torch.add)
case("subtract/fromScalar", [real(()), real((2, 3))], torch.sub)
case("multiply/rows", [real((2, 3, 4)), real((2, 1, 4))], torch.mul)
case("divide/columns", [real((2, 3)), real((2, 1), 0.4, 3)], torch.div)
case("multiply/number", [real(M)], lambda a: 2.5 * a * 0.3)
case("subtract/number", [real(M)], lambda a: 1 - (a - 0.25))
case("divide/number", [real(M, 0.4, 3)], lambda a: 2 / a / 3)
case("power/cube", [real(M)], lambda a: a**3)
case("power/root", [real(M, 0.2, 3)], lambda a: a**0.5)
case("power/inverse", [real(M, 0.3, 3)], lambda a: a**-1)

for relation, function in {
    "equal": torch.eq,
    "notEqual": torch.ne,
    "less": torch.lt,
    "lessOrEqual": torch.le,
    "greater": torch.gt,
    "greaterOrEqual": torch.ge,
}.items():
    case(f"comparison/{relation}", [integers(M, 3), integers(M, 3)], function)
case("comparison/integers", [integers(M, 3), integers(M, 3)], torch.le)
case("comparison/number", [real(M)], lambda a: a > 0.5)
case("select", [truth(M), real(M), real(M)], torch.where)
case("select/broadcast", [truth((3, 1)), real((3, 4)), real(())], torch.where)
case("logicalAnd", [truth(M), truth(M)], torch.logical_and)
case("logicalOr", [truth(M), truth(M)], torch.logical_or)
case("logicalNot", [truth(M)], torch.logical_not)

# Elements moved -----------------------------------------------------------------------------------

case("reshape", [real((2, 3, 4))], lambda x: x.reshape(4, 6) ** 2)
case("reshape/flattened", [real((2, 3, 4))], lambda x: x.flatten(1) ** 2)
case("transpose", [real((3, 5))], lambda x: x.T)
case("transpose/middle", [real((2, 3, 4, 5))], lambda x: x.permute(0, 2, 1, 3))
case("transpose/rotated", [real((2, 3, 4))], lambda x: x.permute(2, 0, 1))
case("transpose/pictures", [real((2, 3, 5, 4))], lambda x: x.permute(0, 3, 1, 2))
case("reverse", [real((3, 4, 5))], lambda x: x.flip(0, 2))
case("slice", [real((4, 5, 6))], lambda x: x[1:3, 0:5, 2:6])
case("slice/steps", [real((7, 6, 5))], lambda x: x[1:7:2, 0:6:3, 0:4])
case("slice/stepOverEnd", [real((5, 3))], lambda x: x[1::3])
case("slice/empty", [real((4, 3))], lambda x: x[2:2])
case("pad", [real((3, 4))], lambda x: F.pad(x, (0, 3, 1, 2), value=-0.5))
case("pad/pictures", [real((2, 3, 3, 5))], lambda x: F.pad(x, (0, 0, 0, 1, 0, 1)))
case("split", [real((3, 7))], lambda x: x.split([2, 4, 1], 1))
case("split/equal", [real((6, 2))], lambda x: x.split(2, 0))
case("split/oneUsed", [real((6, 2))], lambda x: x.split(2, 0)[1] ** 2)
case("concatenate", [real((2, 3)), real((4, 3))], lambda *x: torch.cat(x, 0))
case(
    "concatenate/last",
    [real((2, 3, 2)), real((2, 3, 5)), real((2, 3, 1))],
    lambda *x: torch.cat(x, -1),
)
case("concatenate/withEmpty", [real((2, 3)), real((2, 0))], lambda *x: torch.cat(x, 1))
case("concatenate/twice", [real((2, 3))], lambda x: torch.cat([x, x], 0) ** 2)
case("concatenate/stacked", [real((2, 3)), real((2, 3))], lambda *x: torch.stack(x, 1))


def scatter_add(count):
    def function(indices, updates):
        rows = updates.reshape(indices.numel(), *updates.shape[indices.dim() :])
        table = torch.zeros(count, *rows.shape[1:])
        return table.index_add(0, indices.reshape(-1), rows)

    return function


def take(table, indices):
    return table[indices]


case("gather", [real((4, 5)), integers((9,), 4)], take)
case("gather/sentences", [real((6, 3, 2)), integers((2, 5), 6)], lambda t, i: t[i] ** 2)
case("gather/numbers", [real((7,)), integers((3, 4), 7)], take)
case("gather/one", [real((4, 5)), integers((), 4)], take)
case("scatterAdd", [integers((9,), 4), real((9, 5))], lambda i, u: scatter_add(4)(i, u) ** 2)
case("scatterAdd/sentences", [integers((2, 5), 6), real((2, 5, 3))], scatter_add(6))
case("oneHot", [integers((2, 3), 5)], lambda i: F.one_hot(i, 5).double())
case(
    "oneHot/outside",
    [listed((4,), [-1, 0, 3, 4], torch.int64)],
    lambda i: torch.stack([i == k for k in range(4)], -1).double(),
)

# Reductions ---------------------------------------------------------------------------------------


def product_over(x, axes, keeps):
    for axis in reversed(axes):
        x = x.prod(axis, keepdim=keeps)
    return x


REDUCTIONS = {
    "sum": lambda x, axes, keeps: x.sum(axes, keepdim=keeps),
    "mean": lambda x, axes, keeps: x.mean(axes, keepdim=keeps),
    "maximum": lambda x, axes, keeps: x.amax(axes, keepdim=keeps),
    "minimum": lambda x, axes, keeps: x.amin(axes, keepdim=keeps),
    "product": product_over,
}
PATTERNS = {
    "all": ((0, 1, 2), False),
    "first": ((0,), False),
    "middle": ((1,), True),
    "last": ((2,), False),
    "outer": ((0, 2), True),
    "leading": ((0, 1), False),
    "trailing": ((1, 2), False),
}
for kind, function in REDUCTIONS.items():
    for pattern, (axes, keeps) in PATTERNS.items():
        case(
            f"reduction/{kind}/{pattern}",
            [spaced((3, 4, 5))],
            lambda x, function=function, axes=axes, keeps=keeps: function(x, axes, keeps),
        )
case("reduction/sum/pictures", [real((3, 5, 5, 19))], lambda x: (x**2).sum((0, 1, 2)))
case("reduction/mean/pictures", [real((3, 5, 5, 19))], lambda x: (x**2).mean((1, 2)))
case("reduction/sum/many", [real((2100,))], torch.sum)
case("reduction/sum/empty", [real((0, 3))], lambda x: x.sum(0))
case("reduction/product/empty", [real((0, 3))], lambda x: x.prod(0))
case("reduction/sum/integers", [integers((3, 4), 50)], lambda x: x.sum(1))
case(
    "reduction/product/zeros",
    [listed((3, 3), [1, 0, 3, 0, 2, 0, 1, 2, 3])],
    lambda x: x.prod(1),
)
TIES = listed((2, 4), [1, 3, 3, 0, 2, 2, 2, 2])
case("reduction/maximum/ties", [TIES], lambda x: x.amax(1))
case("argMax/first", [spaced((4, 5))], lambda x: x.argmax(0))
case("argMax/last", [spaced((2, 3, 7))], lambda x: x.argmax(-1))
case("argMax/ties", [TIES], lambda x: torch.from_numpy(np.argmax(x.detach().numpy(), 1)))
case("logSumExp", [real((3, 7), -5, 5)], lambda x: x.logsumexp(-1))
case("logSumExp/large", [real((3, 7), 900, 1000)], lambda x: x.logsumexp(0, keepdim=True))
case("variance", [real((3, 4, 5))], lambda x: x.var((0, 1), correction=0))
case("norm", [real((3, 7))], lambda x: torch.linalg.vector_norm(x, dim=1))
case(
    "norm/ofZero", [listed((2, 2), [0, 0, 3, 4])], lambda x: torch.linalg.vector_norm(x, dim=1)
)

# Products -----------------------------------------------------------------------------------------


def product(name, left, right, first=False, second=False):
    def function(a, b):
        return torch.matmul(a.mT if first else a, b.mT if second else b)

    case(f"matrixProduct{name}", [real(left), real(right)], function)


product("", (5, 7), (7, 3))
product("/transposedFirst", (7, 5), (7, 3), first=True)
product("/transposedSecond", (5, 7), (3, 7), second=True)
product("/transposedBoth", (7, 5), (3, 7), first=True, second=True)
product("/batch", (2, 3, 4, 5), (2, 3, 5, 6))
product("/batchTransposed", (3, 5, 4), (3, 6, 5), first=True, second=True)
product("/batchBroadcast", (3, 1, 4, 5), (2, 5, 6))
product("/oneMatrix", (2, 3, 4), (4, 5))
product("/oneMatrixTransposed", (2, 3, 4), (5, 4), second=True)
product("/row", (1, 9), (9, 4))
product("/column", (4, 9), (9, 1))
product("/outer", (4, 1), (1, 6))
product("/empty", (4, 0), (0, 6))
product("/wide", (37, 65), (65, 33))

# Convolutions: NHWC and HWIO here, NCHW and OIHW in PyTorch ---------------------------------------


def same(extent, window, stride, dilation):
    """TensorFlow's padding of one axis, before and after."""
    total = max(0, (-(-extent // stride) - 1) * stride + (window - 1) * dilation + 1 - extent)
    return total // 2, total - total // 2


def convolve(x, w, strides=(1, 1), dilations=(1, 1), padding="valid", groups=1):
    if padding == "same":
        (top, bottom), (left, right) = (
            same(x.shape[1 + a], w.shape[a], strides[a], dilations[a]) for a in range(2)
        )
    else:
        top, bottom, left, right = (0, 0, 0, 0) if padding == "valid" else padding
    pictures = F.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom))
    result = F.conv2d(
        pictures, w.permute(3, 2, 0, 1), stride=strides, dilation=dilations, groups=groups
    )
    return result.permute(0, 2, 3, 1)


def convolution(name, x, w, **settings):
    case(f"convolution2D/{name}", [real(x), real(w)], lambda x, w: convolve(x, w, **settings))


TWO = (2, 2)
UNEVEN = (0, 2, 1, 0)
convolution("plain", (2, 5, 6, 3), (3, 3, 3, 4), padding="same")
convolution("valid", (2, 5, 6, 3), (3, 2, 3, 4))
convolution("strided", (1, 6, 7, 3), (3, 3, 3, 4), strides=TWO, padding="same")
convolution("stridedValid", (2, 8, 6, 2), (3, 3, 2, 3), strides=(3, 2))
convolution("dilated", (1, 7, 8, 2), (3, 3, 2, 3), dilations=TWO)
convolution(
    "stridedDilated",
    (2, 9, 8, 3),
    (3, 2, 3, 5),
    strides=(2, 1),
    dilations=(1, 3),
    padding="same",
)
convolution("unevenPadding", (2, 5, 6, 3), (3, 3, 3, 4), padding=UNEVEN)
convolution("unevenStrided", (2, 5, 6, 3), (3, 3, 3, 4), strides=TWO, padding=UNEVEN)
convolution("onePixel", (3, 1, 1, 8), (3, 3, 8, 7), padding="same")
convolution("pointwise", (2, 3, 4, 17), (1, 1, 17, 9))
convolution("pointwiseStrided", (2, 5, 5, 3), (1, 1, 3, 4), strides=TWO)
convolution("oneChannel", (2, 6, 5, 1), (3, 3, 1, 1), padding="same")
convolution("row", (1, 4, 9, 3), (1, 5, 3, 2), padding="same")
convolution("wholePicture", (2, 4, 3, 3), (4, 3, 3, 5))
convolution("evenFilter", (1, 5, 5, 2), (2, 4, 2, 3), padding="same")
convolution("firstLayer", (2, 9, 9, 3), (3, 3, 3, 32), strides=TWO, padding="same")
convolution("vectors", (1, 6, 6, 32), (3, 3, 32, 16), padding="same")
convolution("emptyBatch", (0, 5, 5, 3), (3, 3, 3, 4))
convolution("groups", (2, 5, 5, 4), (3, 3, 2, 6), padding="same", groups=2)
convolution(
    "groupsStrided",
    (1, 7, 6, 6),
    (3, 2, 2, 9),
    strides=TWO,
    dilations=TWO,
    padding="same",
    groups=3,
)
convolution("depthwise", (2, 6, 7, 5), (3, 3, 1, 5), padding="same", groups=5)
convolution("depthwiseVectors", (2, 7, 7, 48), (3, 3, 1, 48), padding="same", groups=48)
convolution(
    "depthwiseStrided", (2, 7, 6, 33), (3, 3, 1, 33), strides=TWO, padding="same", groups=33
)
convolution(
    "depthwiseUneven", (2, 6, 6, 16), (3, 3, 1, 16), strides=TWO, padding=(0, 1, 0, 1), groups=16
)
convolution(
    "depthwiseDilated", (1, 7, 7, 8), (3, 3, 1, 8), dilations=TWO, padding="same", groups=8
)
convolution("depthwiseWide", (1, 7, 7, 8), (5, 5, 1, 8), padding="same", groups=8)
convolution("depthwiseOnePixel", (3, 1, 1, 20), (3, 3, 1, 20), padding="same", groups=20)
case(
    "convolution2D/normalized",
    [real((2, 5, 6, 3)), real((3, 3, 3, 17)), real((17,), 0.5, 1.5), real((17,), 0, 4)],
    lambda x, w, scale, shift: F.relu6(
        convolve(x, w, strides=(2, 2), padding="same") * scale + shift
    ),
)
case(
    "convolution2D/residual",
    [real((2, 4, 4, 9)), real((1, 1, 9, 9)), real((9,)), real((2, 4, 4, 9))],
    lambda x, w, bias, other: F.relu(convolve(x, w) + bias + other),
)
case(
    "convolution2D/activated",
    [real((2, 6, 7, 19)), real((3, 3, 19, 1)), real((19,), 0.5, 1.5), real((19,))],
    lambda x, w, scale, shift: F.relu(
        convolve(x.clamp(-0.5, 1), w.permute(0, 1, 3, 2), padding="same", groups=19) * scale + shift
    ),
)
case(
    "convolution2D/multiplier",
    [real((2, 5, 5, 3)), real((3, 3, 3, 2))],
    lambda x, w: convolve(x, w.reshape(3, 3, 1, 6), strides=TWO, padding="same", groups=3),
)

HARD = dict(strides=(2, 1), dilations=(1, 3), padding=(1, 1, 0, 1), groups=2)


def adjoint(function, shape, direction):
    """The derivative of <function(z), direction> at any z of a linear function."""
    z = torch.zeros(shape, requires_grad=True)
    return torch.autograd.grad(function(z), z, direction, create_graph=True)[0]


case(
    "convolution2DInputGradient",
    [real((2, 4, 4, 6)), real((3, 2, 2, 6))],
    lambda g, w: adjoint(lambda x: convolve(x, w, **HARD), (2, 7, 6, 4), g),
)
case(
    "convolution2DFilterGradient",
    [real((2, 7, 6, 4)), real((2, 4, 4, 6))],
    lambda x, g: adjoint(lambda w: convolve(x, w, **HARD), (3, 2, 2, 6), g),
)


def transposed(x, w, strides, padding=0, output_padding=0):
    """PyTorch's own transposed convolution; the filter is [KH, KW, O, I]."""
    result = F.conv_transpose2d(
        x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), None, strides, padding, output_padding
    )
    return result.permute(0, 2, 3, 1)


case(
    "transposedConvolution2D/same",
    [real((2, 3, 4, 5)), real((3, 3, 4, 5))],
    lambda x, w: transposed(x, w, TWO)[:, :6, :8],  # TensorFlow pads below and right
)
case(
    "transposedConvolution2D/valid",
    [real((2, 3, 4, 3)), real((2, 3, 4, 3))],
    lambda x, w: torch.cat(  # Keras fills up to a multiple of the stride
        [transposed(x, w, (3, 1)), torch.zeros(2, 1, 6, 4)], 1
    ),
)
case(
    "transposedConvolution2D/sized",
    [real((1, 3, 3, 2)), real((3, 3, 3, 2))],
    lambda x, w: transposed(x, w, TWO, padding=1, output_padding=1),
)

# Pooling ------------------------------------------------------------------------------------------


def maximum_pool(x, window, strides, padding):
    top, bottom, left, right = padding
    pictures = F.pad(x.permute(0, 3, 1, 2), (left, right, top, bottom), value=-math.inf)
    return F.max_pool2d(pictures, window, strides).permute(0, 2, 3, 1)


def average_pool(x, window, strides, padding, counts):
    top, bottom, left, right = padding
    pad = lambda y: F.pad(y.permute(0, 3, 1, 2), (left, right, top, bottom))
    area = window[0] * window[1]
    sums = F.avg_pool2d(pad(x), window, strides) * area
    inside = F.avg_pool2d(pad(torch.ones_like(x)), window, strides) * area
    return (sums / (area if counts else inside)).permute(0, 2, 3, 1)


NONE, ONE = (0, 0, 0, 0), (1, 1, 1, 1)


def pooling(name, shape, window, stride, padding, counts=None):
    window, strides = (window, window), (stride, stride)
    if counts is None:
        function = lambda x: maximum_pool(x, window, strides, padding)
    else:
        function = lambda x: average_pool(x, window, strides, padding, counts)
    case(f"pooling2D/{name}", [spaced(shape)], function)


pooling("maximum", (2, 4, 6, 3), 2, 2, NONE)
pooling("maximumRemainder", (1, 5, 7, 2), 2, 2, NONE)
pooling("maximumOverlapping", (2, 7, 7, 3), 3, 2, ONE)
pooling("maximumPadded", (1, 5, 6, 5), 3, 1, ONE)
pooling("average", (2, 4, 6, 3), 2, 2, NONE, counts=False)
pooling("averageUneven", (2, 6, 6, 3), 3, 2, (0, 1, 1, 0), counts=False)
pooling("averageCounting", (2, 6, 6, 3), 3, 2, ONE, counts=True)
pooling("averageWhole", (2, 4, 4, 17), 4, 4, NONE, counts=False)
case(
    "pooling2D/maximumSame",
    [spaced((1, 5, 6, 2))],
    lambda x: maximum_pool(x, (3, 2), TWO, (*same(5, 3, 2, 1), *same(6, 2, 2, 1))),
)
case(
    "pooling2D/averageSame",
    [real((1, 5, 6, 2))],
    lambda x: average_pool(x, (3, 2), TWO, (*same(5, 3, 2, 1), *same(6, 2, 2, 1)), False),
)
case(
    "pooling2D/maximumTies",
    [integers((1, 6, 6, 2), 2, torch.float64)],
    lambda x: maximum_pool(x, (3, 3), TWO, NONE),
)


def maximum_pool_gradient(x, g):
    z = x.detach().clone().requires_grad_()
    pooled = maximum_pool(z, (3, 3), TWO, ONE)
    return torch.autograd.grad(pooled, z, g, create_graph=True)[0]


case(
    "pooling2DGradient/maximum",
    [spaced((1, 5, 5, 3)), real((1, 3, 3, 3))],
    maximum_pool_gradient,
)

# Normalization, softmax, cross-entropy ------------------------------------------------------------


def batch_norm(x, gamma, beta, epsilon):
    axes = tuple(range(x.dim() - 1))
    flat = x.reshape(-1, x.shape[-1])
    y = F.batch_norm(flat, None, None, gamma, beta, training=True, eps=epsilon)
    return y.reshape(x.shape), x.mean(axes), x.var(axes, correction=0)


def batch_case(name, shape, epsilon):
    channels = (shape[-1],)
    case(
        f"batchNormalization/{name}",
        [real(shape), real(channels, 0.5, 1.5), real(channels)],
        lambda x, gamma, beta: batch_norm(x, gamma, beta, epsilon),
    )


batch_case("rows", (6, 5), 1e-3)
batch_case("pictures", (2, 3, 4, 5), 1e-3)
batch_case("vectors", (3, 4, 4, 32), 1e-5)
case(
    "batchNormalization/valueOnly",
    [real((2, 3, 3, 17)), real((17,), 0.5, 1.5), real((17,))],
    lambda *x: batch_norm(*x, 1e-3)[0],
)
case(
    "batchNormalization/clipped",
    [real((2, 3, 3, 17)), real((17,), 1, 3), real((17,), 0, 4)],
    lambda *x: F.relu6(batch_norm(*x, 1e-3)[0]),
)
case(
    "batchNormalization/inference",
    [real((2, 3, 3, 5)), real((5,), 0.5, 1.5), real((5,)), real((5,)), real((5,), 0.3, 2)],
    lambda x, gamma, beta, mean, variance: (x - mean) / (variance + 1e-3).sqrt() * gamma + beta,
)


def batch_norm_gradient(x, gamma, mean, variance, dy):
    """The formulas of Ioffe and Szegedy with the statistics as operands."""
    axes = (0, 1, 2)
    count = x.shape[0] * x.shape[1] * x.shape[2]
    deviation = (variance + 1e-3) ** -0.5
    normalized = (x - mean) * deviation
    beta, scale = dy.sum(axes), (dy * normalized).sum(axes)
    return gamma * deviation / count * (count * dy - beta - normalized * scale), scale, beta


case(
    "batchNormalizationGradient",
    [
        real((2, 3, 4, 5)),
        real((5,), 0.5, 1.5),
        real((5,)),
        real((5,), 0.3, 2),
        real((2, 3, 4, 5)),
    ],
    batch_norm_gradient,
)


def layer_norm(x, gamma, beta):
    return F.layer_norm(x, x.shape[-1:], gamma, beta, 1e-5)


case("layerNormalization/rows", [real((4, 6)), real((6,), 0.5, 1.5), real((6,))], layer_norm)
case(
    "layerNormalization/sentences",
    [real((2, 3, 19)), real((19,), 0.5, 1.5), real((19,))],
    layer_norm,
)
case(
    "layerNormalization/shared",
    [real((4, 6)), real((6,), 0.5, 1.5)],
    lambda x, gamma: layer_norm(x, gamma, gamma),
)
case("softmax", [real((3, 7), -4, 4)], lambda x: x.softmax(-1))
case("softmax/large", [real((3, 7), 90, 110)], lambda x: x.softmax(-1))
case("softmax/deep", [real((2, 3, 5))], lambda x: x.softmax(-1))
case("logSoftmax", [real((3, 7), -4, 4)], lambda x: x.log_softmax(-1))
case("logSoftmax/large", [real((3, 7), -500, 500)], lambda x: x.log_softmax(-1))


def entropy(name, logits, labels, smoothing=0.0):
    def function(x, t):
        rows = x.reshape(-1, x.shape[-1])
        if not t.is_floating_point():
            loss = F.cross_entropy(
                rows, t.reshape(-1), reduction="none", label_smoothing=smoothing
            )
            return loss.reshape(t.shape)
        return F.cross_entropy(rows, t, reduction="none", label_smoothing=smoothing)

    case(f"softmaxCrossEntropy/{name}", [real(logits, -4, 4), labels], function)


entropy("indices", (5, 10), integers((5,), 10))
entropy("smoothed", (5, 10), integers((5,), 10), smoothing=0.1)
entropy("dense", (5, 7), real((5, 7), 0, 0.5))
entropy("denseSmoothed", (5, 7), real((5, 7), 0, 0.5), smoothing=0.2)
entropy("sentences", (2, 3, 7), integers((2, 3), 7))


def entropy_gradient(x, t, g):
    target = F.one_hot(t, 7) * 0.9 + 0.1 / 7
    return (x.softmax(-1) - target) * g[:, None]


case(
    "softmaxCrossEntropyGradient",
    [real((5, 7), -4, 4), integers((5,), 7), real((5,))],
    entropy_gradient,
)

# Random numbers -----------------------------------------------------------------------------------


def philox(key, counter):
    """Philox4x32-10 on Python integers (Salmon et al. 2011)."""
    low = 0xFFFFFFFF
    (k0, k1), (c0, c1, c2, c3) = key, counter
    for _ in range(10):
        first, second = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (
            (second >> 32) ^ c1 ^ k0,
            second & low,
            (first >> 32) ^ c3 ^ k1,
            first & low,
        )
        k0, k1 = (k0 + 0x9E3779B9) & low, (k1 + 0xBB67AE85) & low
    return c0, c1, c2, c3


# The paper's known answer for zeros.
assert philox((0, 0), (0, 0, 0, 0)) == (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)


def uniforms(key, stream, shape):
    seed, step = (int(number) & MASK for number in key)
    count = math.prod(shape)
    numbers = []
    for block in range(-(-count // 4)):
        words = philox(
            (seed & 0xFFFFFFFF, seed >> 32), (block, step & 0xFFFFFFFF, stream, step >> 32)
        )
        numbers += [(word >> 8) * 2.0**-24 for word in words]
    return numbers


def uniform_tensor(key, stream, shape):
    count = math.prod(shape)
    return torch.tensor(uniforms(key, stream, shape)[:count]).reshape(shape)


def drop(x, key, rate, stream):
    return x * (uniform_tensor(key, stream, x.shape) >= rate) / (1 - rate)


def normals(key, stream, shape):
    u = uniforms(key, stream, shape)
    numbers = []
    for first, second in zip(u[::2], u[1::2]):
        radius = math.sqrt(-2 * math.log(1 - first))
        angle = 2 * math.pi * second
        numbers += [radius * math.cos(angle), radius * math.sin(angle)]
    return torch.tensor(numbers[: math.prod(shape)]).reshape(shape)


case("dropout", [real(M), key(7, 3)], lambda x, k: drop(x, k, 0.5, 0))
case(
    "dropout/deep",
    [real((3, 5, 7)), key(0x123456789, 0x200000005)],
    lambda x, k: drop(x, k, 0.1, 12) ** 2,
)
case("randomUniform", [key(11, 1)], lambda k: -1 + 4 * uniform_tensor(k, 2, (3, 7)))
case("randomUniform/negativeSeed", [key(-5, 9)], lambda k: uniform_tensor(k, 0, (9,)))
case("randomNormal", [key(11, 1)], lambda k: 0.5 + 2 * normals(k, 3, (3, 7)))


# Sequences ----------------------------------------------------------------------------------------


def torch_lstm(inputs, units, weights):
    """PyTorch's LSTM with weights as Keras has them: the kernels transposed, one bias of two."""
    module = torch.nn.LSTM(inputs, units, batch_first=True)
    kernel, recurrent, bias = weights
    parameters = {"weight_ih_l0": kernel.T, "weight_hh_l0": recurrent.T, "bias_ih_l0": bias}
    parameters["bias_hh_l0"] = torch.zeros_like(bias)
    return lambda x, state: torch.func.functional_call(module, parameters, (x, state))


def lstm_sequence(run, x, hidden, cell, length, backward):
    """One sequence: its first `length` steps alone, zeros behind, turned round where backward."""
    units, steps = hidden.shape[-1], x.shape[0]
    state = hidden.reshape(1, 1, units), cell.reshape(1, 1, units)
    if length == 0:
        return torch.zeros(steps, units), hidden, cell
    part = x[:length].flip(0) if backward else x[:length]
    values, (hidden, cell) = run(part.unsqueeze(0), state)
    values = values[0].flip(0) if backward else values[0]
    return F.pad(values, (0, 0, 0, steps - length)), hidden.reshape(-1), cell.reshape(-1)


def lstm(directions):
    def function(x, *operands):
        count = 3 * len(directions)
        hidden, cell = operands[count : count + 2]
        units = hidden.shape[-1]
        lengths = operands[count + 2].tolist() if len(operands) > count + 2 else [x.shape[1]] * len(x)
        results = []
        for d, backward in enumerate(directions):
            run = torch_lstm(x.shape[2], units, operands[3 * d : 3 * d + 3])
            parts = [
                lstm_sequence(run, x[b], hidden[d, b], cell[d, b], length, backward)
                for b, length in enumerate(lengths)
            ]
            results.append([torch.stack(values) for values in zip(*parts)])
        values, hidden, cell = zip(*results)
        return torch.cat(values, -1), torch.stack(hidden), torch.stack(cell)

    return function


def lstm_every_output(x, kernel, recurrent, bias, hidden, cell, lengths):
    """Step by step, with the cells and gates that PyTorch's LSTM does not give."""
    h, c, values, cells, gates = hidden[0], cell[0], [], [], []
    for t in range(x.shape[1]):
        i, f, g, o = (x[:, t] @ kernel + h @ recurrent + bias).chunk(4, 1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        valid = (lengths > t).unsqueeze(1)
        c = torch.where(valid, f * c + i * g, c)
        h = torch.where(valid, o * c.tanh(), h)
        values.append(torch.where(valid, h, 0))
        cells.append(c)
        gates.append(torch.where(valid, torch.cat([i, f, g, o], 1), 0))
    kept = torch.stack(cells).unsqueeze(0), torch.stack(gates).unsqueeze(0)
    return torch.stack(values, 1), h.unsqueeze(0), c.unsqueeze(0), *kept


def lstm_operands(batch, steps, features, units, directions=1):
    weights = [real((features, 4 * units), -1, 1), real((units, 4 * units), -1, 1), real((4 * units,))]
    state = real((directions, batch, units), -1, 1)
    return [real((batch, steps, features)), *weights * directions, state, state]


def lengths(numbers):
    return listed((len(numbers),), numbers, torch.int64)


FORWARD, BACKWARD, BOTH = (False,), (True,), (False, True)
case("lstm/forward", lstm_operands(2, 4, 3, 5), lstm(FORWARD))
case("lstm/backward", lstm_operands(3, 3, 4, 2), lstm(BACKWARD))
case("lstm/both", lstm_operands(3, 3, 2, 3, 2), lstm(BOTH))
case("lstm/one", lstm_operands(1, 1, 1, 1), lstm(FORWARD))
case("lstm/wide", lstm_operands(5, 2, 9, 17, 2), lstm(BOTH))
case("lstm/vectors", lstm_operands(16, 3, 16, 16), lstm(FORWARD))
case("lstm/lengths", [*lstm_operands(4, 4, 3, 3), lengths([4, 0, 2, 1])], lstm(FORWARD))
case("lstm/lengthsBackward", [*lstm_operands(4, 4, 3, 3), lengths([3, 4, 0, 1])], lstm(BACKWARD))
case("lstm/lengthsBoth", [*lstm_operands(5, 3, 2, 9, 2), lengths([2, 3, 1, 3, 0])], lstm(BOTH))
case("lstm/everyOutput", [*lstm_operands(3, 3, 2, 3), lengths([2, 3, 0])], lstm_every_output)


# The file -----------------------------------------------------------------------------------------


def evaluate(name):
    """The outputs of a case and the derivatives along its directions."""
    specs, function = CASES[name]
    operands = [operand(name, index, spec) for index, spec in enumerate(specs)]
    reals = [x.requires_grad_() for x in operands if x.is_floating_point()]
    outputs = function(*operands)
    outputs = [outputs] if torch.is_tensor(outputs) else list(outputs)
    values = {f"{name}:output{k}": y.detach().double() for k, y in enumerate(outputs)}
    total = torch.zeros(())
    for index, output in enumerate(outputs):
        generator = Generator(f"{name}#direction{index}")
        numbers = [generator.number(-1, 1) for _ in range(output.numel())]
        if output.requires_grad:
            total = total + (output * torch.tensor(numbers).reshape(output.shape)).sum()
    if total.requires_grad:
        gradients = torch.autograd.grad(total, reals, allow_unused=True, materialize_grads=True)
        places = [k for k, x in enumerate(operands) if x.is_floating_point()]
        values |= {f"{name}:gradient{k}": g for k, g in zip(places, gradients)}
    return {key: np.array(value.numpy(), order="C") for key, value in values.items()}


if __name__ == "__main__":
    path = pathlib.Path(__file__).with_suffix(".safetensors")
    tensors = {}
    for name in CASES:
        tensors |= evaluate(name)
    save_file(tensors, path)
    print(f"{path.name}: {len(CASES)} cases, {path.stat().st_size} bytes")
