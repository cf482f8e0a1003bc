"""Makes twin.safetensors: 20 training steps of a small MobileNet, as PyTorch computes them.

The twin test builds the same network from the same weights, gives it the same batches, and must
get the same losses and running statistics. Weights and batches are not stored: both sides make
them from the generator below, in integers and exact float32 steps, so they agree to the bit.

Generator. A 32-bit linear congruential generator: `state = 1664525 state + 1013904223 mod 2^32`.
A draw advances the state, then uses the new one; below, `draw` is that state.

Network. MobileNet v1 as Keras builds it: alpha 0.25, input 32x32x3, 10 classes, no dropout.
At stride 2 one row and column of zeros is added at the bottom and right, then 'valid'; at stride 1
'same'. Batch normalization: epsilon 1e-3, momentum 0.99. ReLU6. Global average pooling, then
`conv_preds`, a 1x1 convolution with bias. Loss: mean softmax cross-entropy.

Weights. One generator, state 10, in forward order (conv1, conv_dw_1, conv_pw_1, ..., conv_pw_13,
conv_preds); for each layer its kernel, then gamma and beta of its batch normalization, or the bias
of conv_preds; each in row-major order. With `unit` = ((draw >> 8) - 2^23) * 2^-23, which is exact
in float32, and one rounding to float32 in each formula:
    kernel    unit * sqrt(6 / fan_in), in Keras' shape: [height, width, in, out], depthwise
              [height, width, channels, 1]; fan_in = height * width * in, 9 for depthwise;
              6 / fan_in and its root are rounded to float32; conv_preds: unit / 128
    gamma     1 + unit / 4
    beta      2.25 + unit / 2
    bias      unit / 8
Moving means start at 0, moving variances at 1.

Why so: with beta 0 a difference in the last bit grows to some percent within five steps, in any
program, because inputs near the corners of ReLU6 fall to the other side. With most inputs between
the corners, and this seed, weights moved at random by 3e-6 of their size still give losses within
1e-5 and statistics within 2e-5, so the comparison is meaningful for all 20 steps.

Batches. One generator, state 2, with these draws in this order:
 1. patterns[class, row, column, channel], 10x4x4x3, row-major: draw >> 25
 2. for each of the 20 batches its pixels [example, row, column, channel], 16x32x32x3, row-major:
    patterns[label of example, row / 8, column / 8, channel] + (draw >> 25)
The label of example e (0...15) in batch b (0...19) is (e + 7 b) mod 10.
The network's input is (pixel - 128) / 128.

Training. SGD without momentum, learning rate 1/64, one step a batch.

Results, computed in float64 (float32 where named so):
    losses                        [20] before each step
    losses_float32                [20] the same by PyTorch in float32
    <name>_bn/moving_mean         [channels] after the last step, and
    <name>_bn/moving_variance     [channels], from the biased variance of the batch, as Keras does
    conv1/kernel, conv_preds/kernel, conv_preds/bias    after the last step, in Keras' shapes
Means lie near zero: compare statistics relative to the largest of their layer.
To check the generator:
    check/labels                  [20, 16] int32
    check/pixels                  [32] uint8, the first
    check/pixel_sum               int64, over all batches
    check/weights                 [32] float32, the first of conv1/kernel
    check/weight_sum              float64, over all learned weights
"""

from pathlib import Path

import numpy
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

STEPS, BATCH, SIDE, CLASSES = 20, 16, 32, 10
LEARNING_RATE = 1 / 64
# Channels in and out, and stride, of the 13 separable blocks at alpha 0.25.
BLOCKS = [(8, 16, 1), (16, 32, 2), (32, 32, 1), (32, 64, 2), (64, 64, 1), (64, 128, 2)]
BLOCKS += [(128, 128, 1)] * 5 + [(128, 256, 2), (256, 256, 1)]


class Generator:
    def __init__(self, state):
        self.state = state

    def draws(self, count):
        """The next `count` draws as an int64 array."""
        values = numpy.empty(count, numpy.int64)
        for index in range(count):
            self.state = (1664525 * self.state + 1013904223) % 2**32
            values[index] = self.state
        return values


def layers():
    """Name and Keras' kernel shape of every layer, in forward order."""
    yield "conv1", (3, 3, 3, 8)
    for number, (inputs, outputs, _) in enumerate(BLOCKS, 1):
        yield f"conv_dw_{number}", (3, 3, inputs, 1)
        yield f"conv_pw_{number}", (1, 1, inputs, outputs)
    yield "conv_preds", (1, 1, 256, CLASSES)


def initial_weights():
    """The weights in Keras' shapes, float32, by name."""
    generator, weights = Generator(10), {}

    def units(*shape):
        draws = generator.draws(numpy.prod(shape))
        return (((draws >> 8) - 2**23) * 2.0**-23).astype(numpy.float32).reshape(shape)

    for name, shape in layers():
        height, width, inputs, outputs = shape
        depthwise = "_dw_" in name
        fan_in = height * width * (1 if depthwise else inputs)
        limit = numpy.sqrt(numpy.float32(6) / numpy.float32(fan_in))
        if name == "conv_preds":
            weights["conv_preds/kernel"] = units(*shape) / numpy.float32(128)
            weights["conv_preds/bias"] = units(outputs) / numpy.float32(8)
            continue
        channels = inputs if depthwise else outputs
        weights[f"{name}/kernel"] = units(*shape) * limit
        weights[f"{name}_bn/gamma"] = 1 + units(channels) / 4
        weights[f"{name}_bn/beta"] = numpy.float32(2.25) + units(channels) / 2
    assert all(values.dtype == numpy.float32 for values in weights.values())
    return weights


def batches():
    """Pixels [step, example, row, column, channel] and labels [step, example]."""
    generator = Generator(2)
    patterns = (generator.draws(CLASSES * 4 * 4 * 3) >> 25).reshape(CLASSES, 4, 4, 3)
    pixels = numpy.empty((STEPS, BATCH, SIDE, SIDE, 3), numpy.uint8)
    labels = numpy.empty((STEPS, BATCH), numpy.int64)
    for step in range(STEPS):
        labels[step] = (numpy.arange(BATCH) + 7 * step) % CLASSES
        pattern = patterns[labels[step]].repeat(SIDE // 4, axis=1).repeat(SIDE // 4, axis=2)
        noise = generator.draws(BATCH * SIDE * SIDE * 3) >> 25
        pixels[step] = pattern + noise.reshape(pattern.shape)
    return pixels, labels


class Network:
    """MobileNet over tensors in PyTorch's layout (NCHW, OIHW)."""

    def __init__(self, weights, dtype):
        self.learned, self.statistics = {}, {}
        for name, values in weights.items():
            if name.endswith("/kernel"):
                # A depthwise kernel [h, w, channels, 1] becomes [channels, 1, h, w].
                values = values.transpose((2, 3, 0, 1) if "_dw_" in name else (3, 2, 0, 1))
            values = torch.tensor(values.copy(), dtype=dtype)
            self.learned[name] = values.requires_grad_()
            if name.endswith("/gamma"):
                layer = name.removesuffix("/gamma")
                self.statistics[f"{layer}/moving_mean"] = torch.zeros_like(values)
                self.statistics[f"{layer}/moving_variance"] = torch.ones_like(values)

    def normalized(self, name, x):
        """`x` normalized over its batch and ReLU6; moves the running statistics."""
        # PyTorch would move its running variance by the unbiased variance, so it keeps none.
        variance, mean = torch.var_mean(x.detach(), (0, 2, 3), correction=0)
        for kind, value in ("mean", mean), ("variance", variance):
            moving = self.statistics[f"{name}_bn/moving_{kind}"]
            moving.mul_(0.99).add_(0.01 * value)
        gamma, beta = self.learned[f"{name}_bn/gamma"], self.learned[f"{name}_bn/beta"]
        x = F.batch_norm(x, None, None, gamma, beta, training=True, eps=1e-3)
        return F.relu6(x)

    def convolved(self, name, x, stride, groups=1):
        kernel = self.learned[f"{name}/kernel"]
        if stride == 2:
            x = F.pad(x, (0, 1, 0, 1))
        padding = kernel.shape[2] // 2 if stride == 1 else 0
        return self.normalized(name, F.conv2d(x, kernel, None, stride, padding, groups=groups))

    def logits(self, x):
        x = self.convolved("conv1", x, 2)
        for number, (inputs, _, stride) in enumerate(BLOCKS, 1):
            x = self.convolved(f"conv_dw_{number}", x, stride, groups=inputs)
            x = self.convolved(f"conv_pw_{number}", x, 1)
        x = x.mean((2, 3), keepdim=True)
        x = F.conv2d(x, self.learned["conv_preds/kernel"], self.learned["conv_preds/bias"])
        return x.flatten(1)


def train(weights, pixels, labels, dtype):
    """The network after training, and the loss before each step."""
    network, losses = Network(weights, dtype), []
    for step in range(STEPS):
        x = (torch.tensor(pixels[step]).to(dtype) - 128) / 128
        loss = F.cross_entropy(network.logits(x.permute(0, 3, 1, 2)), torch.tensor(labels[step]))
        losses.append(loss.item())
        learned = list(network.learned.values())
        gradients = torch.autograd.grad(loss, learned)
        with torch.no_grad():
            for values, gradient in zip(learned, gradients):
                values -= LEARNING_RATE * gradient
    return network, numpy.array(losses)


def largest_difference(values, references):
    return max(abs((value.double() - references[name]) / references[name].abs().max()).max().item()
               for name, value in values.items())


def main():
    torch.set_num_threads(1)
    weights = initial_weights()
    pixels, labels = batches()
    network, losses = train(weights, pixels, labels, torch.float64)
    network32, losses32 = train(weights, pixels, labels, torch.float32)
    print("losses", " ".join(f"{loss:.4f}" for loss in losses))
    print("float32 differs at most by: losses (relative)", abs(losses32 / losses - 1).max())
    print("  statistics (relative to a layer's largest)",
          largest_difference(network32.statistics, network.statistics))

    def learned(name):
        values = network.learned[name].detach()
        return (values.permute(2, 3, 1, 0) if values.ndim == 4 else values).numpy()

    results = {
        "losses": losses,
        "losses_float32": losses32.astype(numpy.float32),
        "conv1/kernel": learned("conv1/kernel"),
        "conv_preds/kernel": learned("conv_preds/kernel"),
        "conv_preds/bias": learned("conv_preds/bias"),
        "check/labels": labels.astype(numpy.int32),
        "check/pixels": pixels.ravel()[:32],
        "check/pixel_sum": numpy.array(pixels.sum(dtype=numpy.int64)),
        "check/weights": weights["conv1/kernel"].ravel()[:32],
        "check/weight_sum": numpy.array(sum(w.sum(dtype=float) for w in weights.values())),
    }
    results |= {name: values.numpy() for name, values in network.statistics.items()}
    # `save_file` writes the memory as it lies: transposed views have to be copied first.
    results = {name: numpy.ascontiguousarray(values) if values.ndim else values
               for name, values in results.items()}
    path = Path(__file__).with_name("twin.safetensors")
    save_file(results, path)
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
