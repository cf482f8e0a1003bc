"""gensim's word2vec: the time of an epoch, or with --evaluate what its vectors know.

A step is a training of --epochs epochs, without gensim's pass for the vocabulary. The text has
tokens with blanks between them, a sentence a line; it is read as gensim reads it fastest, by
`corpus_file`. See serving.py.
"""

import argparse
import json
import time

import gensim
from gensim.models import Word2Vec

import serving


def new_model(options, seed=1):
    model = Word2Vec(
        vector_size=100, window=5, negative=5, min_count=5, sample=1e-3,
        sg=int(options.model == "skip-gram"), workers=options.threads, seed=seed,
        epochs=options.epochs)
    model.build_vocab(corpus_file=options.text)
    return model


def train(model, options):
    start = time.perf_counter()
    model.train(
        corpus_file=options.text, total_words=model.corpus_total_words,
        total_examples=model.corpus_count, epochs=options.epochs)
    return time.perf_counter() - start


def evaluate(options):
    model = new_model(options, options.seed)
    seconds = train(model, options)
    pairs = {path: float(model.wv.evaluate_word_pairs(path, delimiter=None)[1][0])
             for path in options.similarities}
    print(json.dumps({
        "program": f"gensim {gensim.__version__}", "seed": options.seed, "seconds": seconds,
        "wordsPerSecond": model.corpus_total_words * options.epochs / seconds,
        "analogies": model.wv.evaluate_word_analogies(options.evaluate)[0],
        "similarities": pairs, "peakMemoryBytes": serving.peak_memory(),
    }))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text")
    parser.add_argument("--model", choices=["skip-gram", "cbow"], default="skip-gram")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--evaluate", metavar="QUESTIONS")
    parser.add_argument("--similarities", nargs="*", default=[], metavar="PAIRS")
    options = parser.parse_args()
    if options.evaluate:
        return evaluate(options)
    model = new_model(options)
    serving.serve(
        lambda: train(model, options), f"gensim {gensim.__version__}", warm_up=0, wakes=False)


if __name__ == "__main__":
    main()
