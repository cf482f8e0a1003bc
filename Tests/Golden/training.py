"""Makes training.safetensors: learning rates and optimizer steps, as PyTorch computes them.

Schedules, as `schedule/<name>`, one learning rate for each step, float64:
    one_cycle          OneCycleLR(max_lr 0.4, 100 steps, pct_start 0.3), its defaults else
    one_cycle_other    OneCycleLR(max_lr 0.01, 37 steps, pct_start 0.25, div_factor 10,
                       final_div_factor 100)
    cosine             CosineAnnealingLR(0.1, T_max 50, eta_min 0.001), 51 values
    step               StepLR(0.1, step_size 7, gamma 0.5), 30 values

Optimizers, as `optimizer/<name>`: a parameter w, started at (1, -2, 3, 0.5), after each of 10 steps on
the loss sum(c (w - t)^2) / 2 with c = (1, 10, 0.1, 3) and t = (0, 1, -1, 0.25), float64:
    sgd                learning rate 0.05
    momentum           the same, momentum 0.9
    nesterov           the same by Nesterov's rule
    adam               learning rate 0.1, epsilon 1e-12: so small that its place does not matter
    adamw              the same with decoupled weight decay 0.1
    adam_keras         Keras' formula with epsilon 0.3, so large that its place matters, written out
                       here because PyTorch's epsilon has another place
    clipped_norm       sgd, the gradient scaled to a norm of at most 2
    clipped_value      sgd, the gradient brought into -2...2
    average            an average of sgd's w: a += (w - a)(1 - d), d = min(0.7, (1 + t) / (10 + t))
"""

from pathlib import Path

import numpy
import torch
from safetensors.numpy import save_file

START = (1.0, -2.0, 3.0, 0.5)
CURVATURE = torch.tensor((1.0, 10.0, 0.1, 3.0), dtype=torch.float64)
TARGET = torch.tensor((0.0, 1.0, -1.0, 0.25), dtype=torch.float64)


def rates(count, learning_rate, make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=learning_rate)
    schedule, values = make(optimizer), []
    for _ in range(count):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(values) < count:
            schedule.step()
    return numpy.array(values)


def steps(make, clip=lambda w: None):
    w = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    optimizer, values = make([w]), []
    for _ in range(10):
        optimizer.zero_grad()
        (CURVATURE * (w - TARGET) ** 2).sum().div(2).backward()
        clip(w)
        optimizer.step()
        values.append(w.detach().numpy().copy())
    return numpy.array(values)


def keras_adam(learning_rate, epsilon):
    w, c, target = numpy.array(START), CURVATURE.numpy(), TARGET.numpy()
    m, v, values = numpy.zeros(4), numpy.zeros(4), []
    for t in range(1, 11):
        g = c * (w - target)
        alpha = learning_rate * numpy.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        m += (g - m) * (1 - 0.9)
        v += (g**2 - v) * (1 - 0.999)
        w = w - m * alpha / (numpy.sqrt(v) + epsilon)
        values.append(w)
    return numpy.array(values)


def average(values):
    a, averages = numpy.array(START), []
    for t, w in enumerate(values, 1):
        a = a + (w - a) * (1 - min(0.7, (1 + t) / (10 + t)))
        averages.append(a)
    return numpy.array(averages)


def main():
    schedule = torch.optim.lr_scheduler
    sgd = steps(lambda p: torch.optim.SGD(p, 0.05))
    results = {
        "schedule/one_cycle": rates(
            100, 1, lambda o: schedule.OneCycleLR(o, 0.4, total_steps=100)),
        "schedule/one_cycle_other": rates(
            37, 1, lambda o: schedule.OneCycleLR(
                o, 0.01, total_steps=37, pct_start=0.25, div_factor=10, final_div_factor=100)),
        "schedule/cosine": rates(
            51, 0.1, lambda o: schedule.CosineAnnealingLR(o, 50, eta_min=0.001)),
        "schedule/step": rates(30, 0.1, lambda o: schedule.StepLR(o, 7, gamma=0.5)),
        "optimizer/sgd": sgd,
        "optimizer/momentum": steps(lambda p: torch.optim.SGD(p, 0.05, momentum=0.9)),
        "optimizer/nesterov": steps(
            lambda p: torch.optim.SGD(p, 0.05, momentum=0.9, nesterov=True)),
        "optimizer/adam": steps(lambda p: torch.optim.Adam(p, 0.1, eps=1e-12)),
        "optimizer/adamw": steps(
            lambda p: torch.optim.AdamW(p, 0.1, eps=1e-12, weight_decay=0.1)),
        "optimizer/adam_keras": keras_adam(0.1, 0.3),
        "optimizer/clipped_norm": steps(
            lambda p: torch.optim.SGD(p, 0.05),
            lambda w: torch.nn.utils.clip_grad_norm_([w], 2)),
        "optimizer/clipped_value": steps(
            lambda p: torch.optim.SGD(p, 0.05),
            lambda w: torch.nn.utils.clip_grad_value_([w], 2)),
        "optimizer/average": average(sgd),
    }
    path = Path(__file__).with_name("training.safetensors")
    save_file(results, path)
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
