"""The Keras formulation of word2vec in PyTorch: CBOW with sampled softmax, by Adam.

The sum of a fixed window of ten words meets its centre and 16 words drawn uniformly for it; softmax
with biases over those 17; rows that a batch does not use are left alone (SparseAdam). The windows
are made with NumPy beforehand and not timed. A step is a pass over the first --words words of the
text; its time is given for the whole text. See serving.py.
"""

import argparse
import collections

import numpy
import torch
from torch import nn

import serving

WINDOW, DRAWN, SIZE, SUBSAMPLE = 5, 16, 100, 1e-5


class Words(nn.Module):
    def __init__(self, count):
        super().__init__()
        self.inputs = nn.Embedding(count + 1, SIZE, sparse=True, padding_idx=count)
        self.outputs = nn.Embedding(count, SIZE, sparse=True)
        self.biases = nn.Embedding(count, 1, sparse=True)
        for table in self.inputs, self.outputs:
            nn.init.uniform_(table.weight, -0.05, 0.05)
        nn.init.zeros_(self.biases.weight)
        with torch.no_grad():
            self.inputs.weight[count] = 0

    def forward(self, contexts, candidates):
        hidden = self.inputs(contexts).sum(1)
        scores = torch.bmm(self.outputs(candidates), hidden.unsqueeze(2)).squeeze(2)
        return scores + self.biases(candidates).squeeze(2)


def encoded(path):
    """Counts of the words that come five times and more, and the sentences as their numbers."""
    with open(path) as file:
        sentences = [line.split() for line in file]
    counts = collections.Counter(word for sentence in sentences for word in sentence)
    words = [word for word, count in counts.most_common() if count >= 5]
    places = {word: place for place, word in enumerate(words)}
    total = sum(map(len, sentences))
    return numpy.array([counts[word] for word in words]), places, sentences, total


def windows(counts, places, sentences, limit, random):
    """Contexts `[centres][10]` and centres of the first `limit` tokens, after subsampling."""
    shares = counts / counts.sum()
    keep = numpy.minimum(1, (numpy.sqrt(shares / SUBSAMPLE) + 1) * SUBSAMPLE / shares)
    contexts, centres, seen = [], [], 0
    for sentence in sentences:
        if seen >= limit:
            break
        seen += len(sentence)
        ids = numpy.array([places[word] for word in sentence if word in places], dtype=int)
        ids = ids[random.random(len(ids)) < keep[ids]]
        if len(ids) < 2:
            continue
        padded = numpy.pad(ids, WINDOW, constant_values=len(counts))
        view = numpy.lib.stride_tricks.sliding_window_view(padded, 2 * WINDOW + 1)
        contexts.append(numpy.delete(view, WINDOW, axis=1))
        centres.append(ids)
    return numpy.concatenate(contexts), numpy.concatenate(centres), seen


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text")
    parser.add_argument("--words", type=int, default=500_000)
    parser.add_argument("--batch-size", type=int, default=1024)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    counts, places, sentences, total = encoded(options.text)
    contexts, centres, seen = windows(
        counts, places, sentences, options.words, numpy.random.default_rng(1))
    del sentences
    model = Words(len(counts))
    optimizer = torch.optim.SparseAdam(model.parameters(), lr=1e-3, eps=1e-7)
    contexts, centres = torch.from_numpy(contexts), torch.from_numpy(centres)
    target = torch.zeros(options.batch_size, dtype=torch.long)

    def step():
        order = torch.randperm(len(centres))
        for batch in order.split(options.batch_size):
            drawn = torch.randint(len(counts), (len(batch), DRAWN))
            candidates = torch.cat([centres[batch].unsqueeze(1), drawn], dim=1)
            loss = nn.functional.cross_entropy(
                model(contexts[batch], candidates), target[:len(batch)])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    serving.serve(
        step, f"PyTorch {torch.__version__}", warm_up=0, scale=total / seen, wakes=False)


if __name__ == "__main__":
    main()
