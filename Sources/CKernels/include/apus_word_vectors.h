// Training of word vectors, and products of vectors with queries.
//
// A word has an input and an output row side by side, so that one place in memory holds all of it:
// `rows: [words][2][width]`, `width` a multiple of 16; numbers past the vectors' size are 0 and
// stay so. Several threads may train on the same rows without locks (Hogwild): an update may get
// lost, and then two runs differ.
//
// References: Mikolov, Sutskever, Chen, Corrado, Dean (2013), "Distributed representations of words
// and phrases and their compositionality", arXiv:1310.4546; Recht, Ré, Wright, Niu (2011),
// "Hogwild", arXiv:1106.5730; Ji, Satish, Li, Dubey (2016), "Parallelizing word2vec in shared and
// distributed memory" (negatives shared by a window), arXiv:1604.04661; Kingma, Ba (2015), "Adam",
// arXiv:1412.6980.

#pragma once

#include "apus_types.h"

#pragma clang assume_nonnull begin

enum {
  /// The most words on each side of a centre.
  APUS_WORD_WINDOW = 64,
  /// The most negative words of a pair.
  APUS_WORD_NEGATIVES = 64,
};

/// What a prediction is scored with.
typedef enum __attribute__((enum_extensibility(closed))) apus_word_objective : uint32_t {
  /// The true word against drawn ones, each a yes or no.
  APUS_NEGATIVE_SAMPLING = 0,
  /// The way through a binary tree, each turn a yes or no.
  APUS_HIERARCHICAL_SOFTMAX = 1,
  /// The softmax of the true word and words drawn uniformly, with biases, trained by Adam.
  APUS_SAMPLED_SOFTMAX = 2,
} apus_word_objective;

/// What is trained and how.
struct apus_word_model {
  float *rows;
  int64_t words, width;
  apus_word_objective objective;
  /// Whether the mean of a window predicts its centre; else each word of it meets the centre.
  bool is_cbow;
  /// `P(word stays in the text) · (2³² − 1)` for each word.
  const uint32_t *keep;
  /// Alias table (Vose 1991) of the negatives' distribution: the share of slot `i` that is `i`
  /// itself in the upper half, the other word in the lower. For negative sampling alone.
  const uint64_t *_Nullable sampler;
  /// Hierarchical softmax: the inner nodes from the root to word `i` are
  /// `path_nodes[path_starts[i] ..< path_starts[i + 1]]`, each an output row; the codes say which
  /// child, 0 or 1.
  const int64_t *_Nullable path_starts;
  const int32_t *_Nullable path_nodes;
  const uint8_t *_Nullable path_codes;
  /// `1 ... APUS_WORD_WINDOW`; where `shrinks`, each centre's is drawn from `1 ... window`.
  int32_t window;
  bool shrinks;
  /// Negative words of a pair, or words drawn beside the true one, `1 ... APUS_WORD_NEGATIVES`.
  int32_t negatives;
  /// Skip-gram with negative sampling: so many centres in a row share negatives.
  int32_t sharing;
  /// Sampled softmax: Adam's means and mean squares of all rows, `[words][2][2][width]`, and the
  /// words' biases with theirs, `[words][3]`.
  float *_Nullable moments, *_Nullable biases;
  /// Sampled softmax: whether a word's input row is its output row too.
  bool shares_rows;
};

/// A piece of text: numbers of words, −1 after each sentence.
struct apus_word_segment {
  const int32_t *ids;
  int64_t count;
  float learning_rate;
  uint64_t seed;
  /// Sampled softmax: steps of Adam before these.
  int64_t steps;
};

/// The loss of some of the pairs that were trained, in nats, before their update.
struct apus_word_loss {
  double sum;
  int64_t pairs;
};

/// Adam's `β₁`, `β₂` and `ε`, as Keras has them.
#define APUS_WORD_ADAM_MEAN 0.9f
#define APUS_WORD_ADAM_SQUARE 0.999f
#define APUS_WORD_ADAM_EPSILON 1e-7f

/// Working memory of `apus_train_words` for segments of `count` numbers, aligned to 64.
size_t apus_train_words_scratch_bytes(int64_t count, int64_t width);

/// Trains on a segment, its sentences cut at its ends; one segment and one seed on one thread give
/// the same bits.
struct apus_word_loss apus_train_words(
    const struct apus_word_model *model, const struct apus_word_segment *segment, void *scratch);

/// `products[r · queries_count + q] = rows[r] · queries[q]` for rows and queries of `width` floats,
/// a multiple of 16; `queries_count` is `1 ... 8`. `products` has room for 16 floats more.
void apus_word_products(
    const float *rows, int64_t count, int64_t width, const float *queries, int queries_count,
    float *products);

#pragma clang assume_nonnull end
