"""Makes wgan.safetensors: three outer steps of a small Wasserstein GAN with the one-sided penalty.

The critic is 20-16-8-1, the generator 4-8-16-20 (ReLU between, sigmoid at its end), batch 12, five
steps of the critic and one of the generator in an outer step, learning rate 0.01. All in float64.

    start/<name>, end/<name>   weights by Apus' names, kernels [inputs, outputs]
    real                       [15, 12, 20]: a batch for each step of the critic
    noise, shares              [15, 12, 4] and [15, 12]: for each step of the critic
    generator_noise            [3, 12, 4]
    critic_losses, generator_losses, slopes (the least and largest slope in each critic's step)

Adam is Keras' formula, written out because PyTorch's epsilon has another place.
"""

from pathlib import Path

import numpy
import torch
from safetensors.numpy import save_file

CRITIC, GENERATOR = (20, 16, 8, 1), (4, 8, 16, 20)
BATCH, CRITIC_STEPS, OUTER_STEPS = 12, 5, 3


class Network:
    def __init__(self, name, sizes, scale):
        self.parameters = {}
        for k, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
            layer = name + "/dense" + (f"_{k}" if k else "")
            kernel = torch.randn(inputs, outputs, dtype=torch.float64) * scale / inputs**0.5
            bias = torch.randn(outputs, dtype=torch.float64) * 0.1
            self.parameters[layer + "/kernel"] = kernel.float().double().requires_grad_()
            self.parameters[layer + "/bias"] = bias.float().double().requires_grad_()
        self.moments = {k: (torch.zeros_like(p), torch.zeros_like(p))
                        for k, p in self.parameters.items()}
        self.count = 0

    def __call__(self, x):
        pairs = list(self.parameters.values())
        for k in range(0, len(pairs), 2):
            x = x @ pairs[k] + pairs[k + 1]
            x = torch.relu(x) if k + 2 < len(pairs) else x
        return x

    def lower(self, loss, rate=0.01, mean_decay=0.5, square_decay=0.999, epsilon=1e-7):
        slopes = torch.autograd.grad(loss, list(self.parameters.values()))
        self.count += 1
        rate *= (1 - square_decay**self.count) ** 0.5 / (1 - mean_decay**self.count)
        with torch.no_grad():
            for (name, parameter), slope in zip(self.parameters.items(), slopes):
                mean, square = self.moments[name]
                mean += (slope - mean) * (1 - mean_decay)
                square += (slope**2 - square) * (1 - square_decay)
                parameter -= mean * rate / (square.sqrt() + epsilon)

    def weights(self, prefix):
        return {f"{prefix}/{name}": parameter.detach().float().numpy().copy()
                for name, parameter in self.parameters.items()}


def uniform(*shape, lower=0.0):
    return (torch.rand(*shape) * (1 - lower) + lower).double()


def main():
    torch.manual_seed(3)
    critic, generator = Network("critic", CRITIC, 1.6), Network("generator", GENERATOR, 1.5)
    results = critic.weights("start") | generator.weights("start")
    steps = CRITIC_STEPS * OUTER_STEPS
    real = uniform(steps, BATCH, CRITIC[0])
    noise, shares = uniform(steps, BATCH, GENERATOR[0], lower=-1), uniform(steps, BATCH)
    generator_noise = uniform(OUTER_STEPS, BATCH, GENERATOR[0], lower=-1)
    critic_losses, generator_losses, slopes = [], [], []
    for step in range(steps):
        fake = torch.sigmoid(generator(noise[step])).detach()
        share = shares[step][:, None]
        mixed = (share * real[step] + (1 - share) * fake).requires_grad_()
        slope, = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
        slope = slope.norm(2, 1)
        loss = critic(real[step]).mean() - critic(fake).mean()
        loss = loss + 10 * torch.relu(slope - 1).mean()
        critic.lower(loss)
        critic_losses.append(loss.item())
        slopes.append((slope.min().item(), slope.max().item()))
        if (step + 1) % CRITIC_STEPS == 0:
            loss = critic(torch.sigmoid(generator(generator_noise[step // CRITIC_STEPS]))).mean()
            generator.lower(loss)
            generator_losses.append(loss.item())
    results |= critic.weights("end") | generator.weights("end")
    for name, value in {"real": real, "noise": noise, "shares": shares,
                        "generator_noise": generator_noise}.items():
        results[name] = value.float().numpy()
    for name, value in {"critic_losses": critic_losses, "generator_losses": generator_losses,
                        "slopes": slopes}.items():
        results[name] = numpy.array(value)
    print(numpy.array(slopes), critic_losses, generator_losses, sep="\n")
    path = Path(__file__).with_name("wgan.safetensors")
    save_file(results, path)
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
