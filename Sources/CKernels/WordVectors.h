// What the templates of word vectors are called with.

#pragma once

#include "apus_word_vectors.h"

/// A segment with its working memory: the words that stay, and how far their windows reach.
struct word_job {
  const struct apus_word_model *model;
  const struct apus_word_segment *segment;
  int32_t *kept;
  uint8_t *before, *after;
  float *rows;  // WORD_SCRATCH_ROWS of `width`
};

enum {
  /// A hidden vector and its change for each word of a window, and a gradient.
  WORD_SCRATCH_ROWS = 2 * (2 * APUS_WORD_WINDOW) + 1,
};
