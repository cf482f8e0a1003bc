"""Loads Apus' files of word vectors with gensim, as its documentation says, and says what it got.

    gensim_files.py FOLDER WORD

FOLDER holds `vectors.txt`, `vectors.bin` and `vectors.glove`. Prints one JSON object: for each file
its words, and the three words nearest to WORD with their cosines. Writes the vectors of the first
back as gensim does: `gensim.txt` and `gensim.bin`.
"""

import json
import pathlib
import sys

from gensim.models import KeyedVectors

FILES = {
    "vectors.txt": {},
    "vectors.bin": {"binary": True},
    "vectors.glove": {"no_header": True},
}


def main():
    folder, word = pathlib.Path(sys.argv[1]), sys.argv[2]
    found = {}
    for name, options in FILES.items():
        vectors = KeyedVectors.load_word2vec_format(str(folder / name), **options)
        near = vectors.most_similar(word, topn=3)
        found[name] = {
            "words": vectors.index_to_key,
            "near": [[other, float(cosine)] for other, cosine in near],
        }
        if name == "vectors.txt":
            vectors.save_word2vec_format(str(folder / "gensim.txt"))
            vectors.save_word2vec_format(str(folder / "gensim.bin"), binary=True)
    json.dump(found, sys.stdout)


main()
