"""PyTorch's outer step of the Fashion-MNIST GAN with the one-sided gradient penalty.

Critic 784-128-32-1, generator 10-32-128-784 (ReLU, sigmoid at its end), Adam(1e-4, 0.5). An outer
step is five steps of the critic and one of the generator. The compiled variant has the penalty's
gradient written by hand, for torch.compile cannot differentiate twice. See serving.py.

With --train IMAGES.npy (uint8 [count, 28, 28]) it trains instead, and writes 10,000 pictures that
`apus evaluate` scores as it does those of a run of fashion-gan.
"""

import itertools
import json

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import torch_peer as peer

CRITIC_STEPS = 5


def network(sizes, *last):
    layers = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        layer = nn.Linear(inputs, outputs)
        nn.init.uniform_(layer.weight, -0.05, 0.05)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1], *last)


class Game:
    def __init__(self, options):
        self.batch = options.batch_size
        self.critic = network((784, 128, 32, 1))
        self.generator = network((10, 32, 128, 784), nn.Sigmoid())
        slope = self.slope_by_hand if options.mode == "compile" else self.slope
        self.critic_loss = peer.compiled(lambda *values: self.loss(slope, *values), options)
        self.critic_optimizer, self.generator_optimizer = (
            torch.optim.Adam(net.parameters(), 1e-4, (0.5, 0.999), fused=True)
            for net in (self.critic, self.generator))
        self.batches = itertools.cycle(torch.rand(CRITIC_STEPS, self.batch, 784))

    def learn_from(self, images):
        """Takes the batches of real pictures from `images`, in a new order in each epoch."""
        pictures = torch.from_numpy(images).reshape(len(images), 784).float() / 255
        self.batches = (
            pictures[rows]
            for _ in itertools.count()
            for rows in torch.randperm(len(pictures)).split(self.batch)
            if len(rows) == self.batch)

    def noise(self, count=None):
        return torch.rand(count or self.batch, 10) * 2 - 1

    def samples(self, count):
        with torch.no_grad():
            pictures = self.generator(self.noise(count))
        return (pictures * 255).round().byte().reshape(count, 28, 28).numpy()

    def slope(self, x):
        x.requires_grad_(True)
        return torch.autograd.grad(self.critic(x).sum(), x, create_graph=True)[0]

    def slope_by_hand(self, x):
        first, second, third = self.critic[0], self.critic[2], self.critic[4]
        values = first(x)
        mask = (values > 0).float()
        values = second(F.relu(values))
        return ((third.weight * (values > 0).float()) @ second.weight * mask) @ first.weight

    def loss(self, slope, real, noise, share):
        with torch.no_grad():
            fake = self.generator(noise)
        norm = slope(share * real + (1 - share) * fake).norm(2, 1)
        distance = self.critic(real).mean() - self.critic(fake).mean()
        return distance + 10 * F.relu(norm - 1).mean()

    def step(self):
        for _ in range(CRITIC_STEPS):
            self.critic_optimizer.zero_grad(set_to_none=True)
            share = torch.rand(self.batch, 1)
            self.critic_loss(next(self.batches), self.noise(), share).backward()
            self.critic_optimizer.step()
        self.generator_optimizer.zero_grad(set_to_none=True)
        self.critic(self.generator(self.noise())).mean().backward()
        self.generator_optimizer.step()


def train(options):
    torch.manual_seed(options.seed)
    game = Game(options)
    game.learn_from(np.load(options.train))
    for _ in range(options.steps):
        game.step()
    np.save(options.samples, game.samples(10_000))
    print(json.dumps({"steps": options.steps, "seed": options.seed, "samples": options.samples}))


def main():
    parser = peer.parser(__doc__, layouts=("rows",), modes=("eager", "compile"))
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--train", metavar="IMAGES.npy", help="train on these, then sample")
    parser.add_argument("--steps", type=int, default=20_000, help="outer steps of --train")
    parser.add_argument("--seed", type=int, default=0, help="of --train")
    parser.add_argument("--samples", default="samples.npy", help="where --train writes pictures")
    options = parser.parse_args()
    peer.prepare(options)
    if options.train:
        return train(options)
    peer.serve(Game(options).step, options)


if __name__ == "__main__":
    main()
