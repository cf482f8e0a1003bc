"""What is measured: each case with both sides' programs and the ratio that Apus is to reach."""

from dataclasses import dataclass, replace
from pathlib import Path

MODELS = Path(__file__).resolve().parent.parent / "models"


@dataclass(frozen=True)
class Case:
    """A comparison with a peer: PyTorch unless another is named."""

    name: str
    title: str
    arguments: tuple  # of `apus benchmark`
    peer: str  # a program of peers/
    peer_arguments: tuple = ()
    target: float = 1.0  # Apus' speed over the peer's; None where it is only told
    program: str = "PyTorch"  # the peer's name
    threads: int = None  # of each side, where the case sets them
    precision: str = "float32"  # of Apus; None where its command has no such option
    peer_precisions: tuple = ("float32",)
    steps: int = 4  # a sample of either side is the median of so many
    modes: tuple = ("eager", "compile")  # with layouts and precisions; none: a peer of one variant
    layouts: tuple = ("nchw", "nhwc")
    memory_target: float = None  # Apus' peak memory over the peer's, where that is measured too
    samples: int = None  # of each side, where they take long


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


@dataclass(frozen=True)
class Scaling:
    """The speed of two threads over that of one, of Apus alone."""

    name: str
    title: str
    arguments: tuple
    target: float
    precision: str = None
    steps: int = 3


@dataclass(frozen=True)
class Bound:
    """The time of Apus alone, in milliseconds."""

    name: str
    title: str
    arguments: tuple
    target: float  # the most it may take
    precision: str = None
    steps: int = 9


@dataclass(frozen=True)
class Quality:
    """What word vectors of both sides know, in points of a hundred: means over seeds."""

    name: str
    title: str
    model: str
    epochs: int = 5
    seeds: int = 3
    target: float = -0.5  # Apus' points less the peer's


# Placeholders that Benchmarks/run fills: --text as tokens, --evaluation, --word2vec.
TEXT, WORD2VEC = "{text}", "{word2vec}"

BFLOAT16 = {"precision": "bfloat16", "peer_precisions": ("bfloat16",)}
MOBILENET = ("--side", "56", "--batch-size", "128")
SMALL = ("--side", "28", "--channels", "1", "--batch-size", "128")
XCEPTION = ("--batch-size", "16")
LSTM = ("--batch-size", "160", "--tokens", "300")
VILAR = ("simulate", "vilar", "--until", "200", "--points", "201")
VILAR_LAWS = ("simulate", str(MODELS / "vilar-laws.txt"), *VILAR[2:])
REBOP = {"peer": "vilar.py", "program": "rebop", "precision": None, "modes": (), "threads": 1}
TOGGLE = ("solve", "toggle-switch", "--until", "10")
SCIPY = {"peer": "toggle.py", "program": "SciPy", "precision": None, "modes": (), "threads": 1}
WORDS = ("words", TEXT, "--tokens", "blanks")
GENSIM = {"peer": "words.py", "program": "gensim", "precision": None, "modes": (), "steps": 1,
          "samples": 3}
ORIGINAL = GENSIM | {"peer": "word2vec_c.py", "program": "word2vec.c"}

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
    Case("vilar", "Vilar oscillator to 200, 64 paths", (*VILAR, "--paths", "64"),
         peer_arguments=("--paths", "16", "--per", "64"), target=20, steps=3, **REBOP),
    Case("vilar-single", "the same, one path", (*VILAR, "--paths", "1"),
         peer_arguments=("--paths", "4", "--per", "1"), target=3.5, steps=5, **REBOP),
    Case("vilar-laws", "the same, 64 paths, rates as formulas", (*VILAR_LAWS, "--paths", "64"),
         peer_arguments=("--paths", "16", "--per", "64"), target=5, steps=3, **REBOP),
    Scaling("vilar-threads", "the same, 512 paths, two threads over one",
            (*VILAR, "--paths", "512"), 1.8),
    Case("toggle", "toggle switch to 10, error below 1e-8", TOGGLE, target=200, steps=1, **SCIPY),
    Case("toggle-grid", "the same on 102,400 states", (*TOGGLE, "--method", "full-grid",
         "--grid", "320"), target=20, steps=1, **SCIPY),
    Case("words-skip-gram", "skip-gram, negative sampling, an epoch", WORDS,
         peer_arguments=(TEXT,), target=7, memory_target=0.7, **GENSIM),
    Case("words-cbow", "CBOW, negative sampling, an epoch", (*WORDS, "--model", "cbow"),
         peer_arguments=(TEXT, "--model", "cbow"), target=4, memory_target=0.7, **GENSIM),
    Case("words-original", "skip-gram, negative sampling, an epoch", WORDS,
         peer_arguments=(TEXT, "--source", WORD2VEC), target=15, **ORIGINAL),
    Case("words-keras", "CBOW, sampled softmax, Adam, an epoch", (*WORDS, "--preset", "keras"),
         peer_arguments=(TEXT,), target=20,
         **GENSIM | {"peer": "words_keras.py", "program": "PyTorch"}),
    Scaling("words-threads", "skip-gram, an epoch, two threads over one", WORDS, 1.4, steps=1),
    Quality("words-skip-gram-quality", "skip-gram", "skip-gram"),
    Quality("words-cbow-quality", "CBOW", "cbow"),
    Bound("neighbours", "10 nearest of 1 M x 300, one query", ("neighbours",), 60),
    Bound("neighbours-64", "the same, 64 queries", ("neighbours", "--queries", "64"), 400),
)

# Beside PyTorch with weights as constants where they are: an option that is off, so no target.
FROZEN = ("mobilenet-forward", "mobilenet-single", "xception", "xception-bf16", "xception-step")
CASES += tuple(
    replace(case, name=f"{case.name}-frozen", title=f"{case.title}; frozen", modes=("frozen",),
            target=None)
    for case in CASES if case.name in FROZEN)
