"""PyTorch's training step of MobileNet v1 (alpha 1.0, 10 classes), as Apus measures itself.

It stays alive so that its samples can be taken in turn with another program's. When it has
compiled and warmed up it prints one JSON line that describes it; then, for each line on standard
input with a number of steps, it runs them and prints one JSON line:

    {"milliseconds": median of the steps, "peakMemoryBytes": VmHWM so far, "loss": of the last step}
"""

import argparse
import json
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

# Channels out and stride of the 13 separable blocks.
BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)]
BLOCKS += [(512, 1)] * 5 + [(1024, 2), (1024, 1)]


class ConvolutionBlock(nn.Module):
    """Convolution, batch normalization and ReLU6, padded as Keras does."""

    def __init__(self, inputs, outputs, side, stride, groups=1):
        super().__init__()
        self.stride = stride
        padding = side // 2 if stride == 1 else 0
        self.convolution = nn.Conv2d(inputs, outputs, side, stride, padding, groups=groups,
                                     bias=False)
        self.normalization = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.01)

    def forward(self, x):
        if self.stride == 2:
            # Small pictures reach 1x1 early; there the zeros go all around.
            x = F.pad(x, (0, 1, 0, 1) if x.shape[2] > 1 else (1, 1, 1, 1))
        return F.relu6(self.normalization(self.convolution(x)), inplace=True)


class MobileNet(nn.Module):
    def __init__(self, channels, classes=10):
        super().__init__()
        blocks, inputs = [ConvolutionBlock(channels, 32, 3, 2)], 32
        for outputs, stride in BLOCKS:
            blocks.append(ConvolutionBlock(inputs, inputs, 3, stride, groups=inputs))
            blocks.append(ConvolutionBlock(inputs, outputs, 1, 1))
            inputs = outputs
        self.features = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(1e-3)
        self.classifier = nn.Linear(inputs, classes)

    def forward(self, x):
        return self.classifier(self.dropout(self.features(x).mean((2, 3))))


def training_step(options):
    """A function that does one whole step (forward, backward, Adam) and gives the loss."""
    model = MobileNet(options.channels).train()
    images = torch.randn(options.batch_size, options.channels, options.side, options.side)
    labels = torch.randint(0, 10, (options.batch_size,))
    if options.layout == "nhwc":
        model = model.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    bfloat16 = options.precision == "bfloat16"

    def loss_of(images, labels):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
            return F.cross_entropy(model(images).float(), labels)

    if options.mode == "compile":
        loss_of = torch.compile(loss_of)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(images, labels)
        loss.backward()
        optimizer.step()
        return loss

    return step


def peak_memory():
    """The most memory this process has had resident, in bytes."""
    with open("/proc/self/status") as status:
        line = next(line for line in status if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def sample(step, steps):
    step()  # wakes the threads and fills the caches after the pause
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        loss = step()
        times.append(time.perf_counter() - start)
    return {"milliseconds": statistics.median(times) * 1e3, "peakMemoryBytes": peak_memory(),
            "loss": loss.item()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mode", choices=["eager", "compile"], default="eager")
    parser.add_argument("--layout", choices=["nchw", "nhwc"], default="nchw")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--side", type=int, default=56)
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--warm-up", type=int, default=3, help="steps before the first sample")
    options = parser.parse_args()

    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    torch.set_flush_denormal(True)
    step = training_step(options)
    for _ in range(options.warm_up):
        step()
    print(json.dumps({"program": f"PyTorch {torch.__version__}"}), flush=True)
    for line in sys.stdin:
        print(json.dumps(sample(step, int(line))), flush=True)


if __name__ == "__main__":
    main()
