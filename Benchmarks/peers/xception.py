"""PyTorch's forward pass of Xception, or the training step of its last blocks, on 299x299 pictures.

Layers and settings are those of Keras. The step trains blocks 13 and 14 and a classifier of ten
classes with Adam; the blocks before them are frozen. See serving.py.
"""

import torch
import torch.nn.functional as F
from torch import nn

import torch_peer as peer


def convolution(inputs, outputs, side, stride=1, padding=0, groups=1):
    return nn.Conv2d(inputs, outputs, side, stride, padding, groups=groups, bias=False)


def normalization(channels):
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class SeparableConvolution(nn.Sequential):
    def __init__(self, inputs, outputs):
        super().__init__(convolution(inputs, inputs, 3, padding=1, groups=inputs),
                         convolution(inputs, outputs, 1), normalization(outputs))


class Block(nn.Module):
    """Separable convolutions with a way around them; with stride 2 both halve the picture."""

    def __init__(self, inputs, outputs, halves, activates_first=True):
        super().__init__()
        self.halves, self.activates_first = halves, activates_first
        pairs = zip((inputs, *outputs), outputs)
        self.convolutions = nn.ModuleList(SeparableConvolution(*pair) for pair in pairs)
        if halves:
            self.shortcut = nn.Sequential(convolution(inputs, outputs[-1], 1, 2),
                                          normalization(outputs[-1]))

    def forward(self, x):
        around = self.shortcut(x) if self.halves else x
        for index, separable in enumerate(self.convolutions):
            x = separable(F.relu(x) if index or self.activates_first else x)
        return around + (F.max_pool2d(x, 3, 2, 1) if self.halves else x)


class Xception(nn.Module):
    def __init__(self, classes=10):
        super().__init__()
        self.trunk = nn.Sequential(
            convolution(3, 32, 3, 2), normalization(32), nn.ReLU(),
            convolution(32, 64, 3), normalization(64), nn.ReLU(),
            Block(64, (128, 128), True, activates_first=False), Block(128, (256, 256), True),
            Block(256, (728, 728), True), *(Block(728, (728,) * 3, False) for _ in range(8)))
        self.head = nn.Sequential(Block(728, (728, 1024), True), SeparableConvolution(1024, 1536),
                                  nn.ReLU(), SeparableConvolution(1536, 2048), nn.ReLU())
        self.classifier = nn.Linear(2048, classes)

    def features(self, x):
        return self.head(x).mean((2, 3))


def pictures(options):
    shape = options.batch_size, 3, options.side, options.side
    return peer.laid_out(torch.randn(shape), options)


def forward_pass(options):
    """A function that gives the features of a batch."""
    model = peer.laid_out(Xception().eval(), options)
    images = pictures(options)

    def features(images):
        with peer.autocast(options):
            return model.features(model.trunk(images))

    features = peer.compiled(features, options)

    @torch.inference_mode()
    def step():
        features(images)

    return step


def training_step(options):
    """A function that does one step of fine-tuning: forward, backward through the head, Adam."""
    model = peer.laid_out(Xception().eval(), options)
    images, labels = pictures(options), torch.randint(0, 10, (options.batch_size,))
    model.requires_grad_(False)
    for part in model.head, model.classifier:
        part.requires_grad_(True).train()
    trained = [*model.head.parameters(), *model.classifier.parameters()]
    optimizer = torch.optim.Adam(trained, lr=1e-4, fused=True)

    def trunk(images):
        with peer.autocast(options):
            return model.trunk(images)

    def loss_of(values, labels):
        with peer.autocast(options):
            return F.cross_entropy(model.classifier(model.features(values)).float(), labels)

    trunk, loss_of = peer.compiled(trunk, options), peer.compiled(loss_of, options)

    def step():
        with torch.no_grad():
            values = trunk(images)
        optimizer.zero_grad(set_to_none=True)
        loss_of(values, labels).backward()
        optimizer.step()

    return step


def main():
    parser = peer.parser(__doc__)
    parser.add_argument("--task", choices=["step", "forward"], default="forward")
    parser.add_argument("--side", type=int, default=299)
    parser.add_argument("--batch-size", type=int, default=16)
    options = parser.parse_args()
    peer.prepare(options)
    peer.serve((training_step if options.task == "step" else forward_pass)(options), options)


if __name__ == "__main__":
    main()
