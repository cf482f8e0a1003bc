"""What PyTorch's peers do alike: their arguments, threads, layouts and precisions."""

import argparse

import torch

import serving


def parser(description, layouts=("nchw", "nhwc"), modes=("eager", "compile", "frozen")):
    """The arguments of every such peer; a peer adds its own.

    "frozen" is "compile" with weights as constants where no gradients are taken: normalization goes
    into the convolutions, and weights are laid out once. PyTorch's option for it is off by itself.
    """
    result = argparse.ArgumentParser(description=description.splitlines()[0])
    result.add_argument("--mode", choices=modes, default=modes[0])
    result.add_argument("--layout", choices=layouts, default=layouts[0])
    result.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    result.add_argument("--threads", type=int, default=2)
    result.add_argument("--warm-up", type=int, default=3, help="steps before the first sample")
    return result


def prepare(options):
    """Sets what must be set before a model is made."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    torch.set_flush_denormal(True)


def autocast(options):
    """The context in which products are computed in the precision asked for."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.precision == "bfloat16")


def laid_out(value, options):
    """A model or its pictures in the layout asked for."""
    if options.layout != "nhwc":
        return value
    if isinstance(value, torch.Tensor):
        return value.contiguous(memory_format=torch.channels_last)
    return value.to(memory_format=torch.channels_last)


def compiled(function, options):
    if options.mode == "eager":
        return function
    from torch._inductor import config  # not at the top: eager peers should not hold it

    config.freezing = options.mode == "frozen"
    return torch.compile(function)


def serve(step, options):
    """Answers Benchmarks/run; see serving.py."""
    serving.serve(step, f"PyTorch {torch.__version__}", options.warm_up)
