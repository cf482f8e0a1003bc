"""PyTorch's training step or forward pass of MobileNet v1 (alpha 1.0, 10 classes).

Layers, padding and settings are those of Keras, as Apus has them. See serving.py.
"""

import torch
import torch.nn.functional as F
from torch import nn

import torch_peer as peer

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


def pictures(options):
    shape = options.batch_size, options.channels, options.side, options.side
    return peer.laid_out(torch.randn(shape), options)


def training_step(options):
    """A function that does one whole step: forward, backward, Adam."""
    model = peer.laid_out(MobileNet(options.channels).train(), options)
    images, labels = pictures(options), torch.randint(0, 10, (options.batch_size,))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

    def loss_of(images, labels):
        with peer.autocast(options):
            return F.cross_entropy(model(images).float(), labels)

    loss_of = peer.compiled(loss_of, options)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss_of(images, labels).backward()
        optimizer.step()

    return step


def forward_pass(options):
    """A function that gives the logits of a batch."""
    model = peer.laid_out(MobileNet(options.channels).eval(), options)
    images, model = pictures(options), peer.compiled(model, options)

    @torch.inference_mode()
    def step():
        with peer.autocast(options):
            model(images)

    return step


def main():
    parser = peer.parser(__doc__)
    parser.add_argument("--task", choices=["step", "forward"], default="step")
    parser.add_argument("--side", type=int, default=56)
    parser.add_argument("--channels", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=128)
    options = parser.parse_args()
    peer.prepare(options)
    peer.serve((training_step if options.task == "step" else forward_pass)(options), options)


if __name__ == "__main__":
    main()
