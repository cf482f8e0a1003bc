"""What is measured: each case with both sides' programs and the ratio that Apus is to reach."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A comparison with PyTorch."""

    name: str
    title: str
    arguments: tuple  # of `apus benchmark`
    peer: str  # a program of peers/
    peer_arguments: tuple = ()
    target: float = 1.0  # Apus' speed over PyTorch's
    precision: str = "float32"  # of Apus; None where its command has no such option
    peer_precisions: tuple = ("float32",)
    steps: int = 4  # a sample of either side is the median of so many
    modes: tuple = ("eager", "compile")
    layouts: tuple = ("nchw", "nhwc")
    memory_target: float = None  # Apus' peak memory over PyTorch's, where that is measured too


@dataclass(frozen=True)
class Sweep:
    """The time of an example as the batch grows, of Apus alone."""

    name: str
    title: str
    arguments: tuple
    batches: tuple
    first: int  # the batch from which on the target holds
    target: float  # the most time an example may take, over the least
    precision: str = "float32"
    steps: int = 3


BFLOAT16 = {"precision": "bfloat16", "peer_precisions": ("bfloat16",)}
MOBILENET = ("--side", "56", "--batch-size", "128")
SMALL = ("--side", "28", "--channels", "1", "--batch-size", "128")
XCEPTION = ("--batch-size", "16")
LSTM = ("--batch-size", "160", "--tokens", "300")

CASES = (
    Case("mobilenet", "MobileNet 56x56x3 b128 step, fp32", ("step", "fashion", *MOBILENET),
         "mobilenet.py", MOBILENET, 1.7, memory_target=0.6),
    Case("mobilenet-bf16", "the same, bf16; PyTorch of any precision",
         ("step", "fashion", *MOBILENET), "mobilenet.py", MOBILENET, 2.6,
         precision="bfloat16", peer_precisions=("float32", "bfloat16")),
    Case("mobilenet-28", "MobileNet 28x28x1 b128 step, fp32", ("step", "fashion", *SMALL),
         "mobilenet.py", SMALL, 2.4, steps=8),
    Case("mobilenet-forward", "MobileNet 56x56x3 b128 forward, fp32",
         ("forward", "fashion", *MOBILENET), "mobilenet.py", ("--task", "forward", *MOBILENET),
         1.5),
    Case("mobilenet-single", "MobileNet 56x56x3 b1 forward, fp32",
         ("forward", "fashion", "--side", "56", "--batch-size", "1"), "mobilenet.py",
         ("--task", "forward", "--side", "56", "--batch-size", "1"), 3.0, steps=50),
    Case("xception", "Xception 299x299 b16 forward, fp32", ("forward", "xception", *XCEPTION),
         "xception.py", ("--task", "forward", *XCEPTION), 1.05, steps=2),
    Case("xception-bf16", "the same, bf16", ("forward", "xception", *XCEPTION), "xception.py",
         ("--task", "forward", *XCEPTION), 1.05, steps=2, **BFLOAT16),
    Case("xception-step", "Xception, blocks 13-14 trained, step, fp32",
         ("step", "xception", *XCEPTION), "xception.py", ("--task", "step", *XCEPTION), 1.1,
         steps=2),
    Case("wgan", "WGAN one-sided-penalty outer step", ("step", "wgan"), "wgan.py", (), 1.8,
         precision=None, steps=50, layouts=("rows",)),
    Case("bilstm", "two BiLSTMs, 300 tokens, forward + backward, fp32", ("step", "bilstm", *LSTM),
         "bilstm.py", LSTM, 1.1, steps=2, modes=("eager",), layouts=("time-first", "batch-first")),
    Case("bilstm-bf16", "the same, bf16", ("step", "bilstm", *LSTM), "bilstm.py", LSTM, 1.4,
         steps=2, modes=("eager",), layouts=("time-first", "batch-first"), **BFLOAT16),
    Sweep("batches", "MobileNet step, ms per image from batch 32 up", ("step", "fashion"),
          (8, 16, 32, 64, 128, 256, 512), first=32, target=1.3),
)
