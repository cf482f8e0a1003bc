"""PyTorch's forward and backward pass of two bidirectional LSTM layers, hidden size 128.

The layout is the order of the axes: time first or batch first. There is no compiled variant, for
torch.compile leaves an LSTM as it is. See serving.py.
"""

import torch
from torch import nn

import torch_peer as peer


def training_pass(options):
    """A function that does forward and backward, down to the inputs."""
    batch_first = options.layout == "batch-first"
    model = nn.LSTM(options.size, options.size, 2, bidirectional=True, batch_first=batch_first)
    outer = (options.batch_size, options.tokens) if batch_first else (
        options.tokens, options.batch_size)
    inputs = torch.randn(*outer, options.size, requires_grad=True)
    slopes = torch.randn(*outer, 2 * options.size)

    def step():
        model.zero_grad(set_to_none=True)
        inputs.grad = None
        with peer.autocast(options):
            outputs, _ = model(inputs)
        outputs.backward(slopes.to(outputs.dtype))

    return step


def main():
    parser = peer.parser(__doc__, layouts=("time-first", "batch-first"), modes=("eager",))
    parser.add_argument("--batch-size", type=int, default=160)
    parser.add_argument("--tokens", type=int, default=300)
    parser.add_argument("--size", type=int, default=128, help="of the inputs and of each state")
    options = parser.parse_args()
    peer.prepare(options)
    peer.serve(training_pass(options), options)


if __name__ == "__main__":
    main()
