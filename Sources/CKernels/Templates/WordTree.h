// Word vectors with hierarchical softmax: the way to a word, each turn a yes or no.

#pragma once

#include "WordWindows.h"

/// Rows against the inner nodes on the way to a word.
INLINE void train_path(
    const struct word_job *job, struct word_block *block, struct word_patterns *patterns,
    int32_t word) {
  const struct apus_word_model *model = job->model;
  int64_t end = model->path_starts[word + 1];
  for (int64_t begin = model->path_starts[word]; begin < end; begin += WORD_TARGETS) {
    int64_t size = end - begin < WORD_TARGETS ? end - begin : WORD_TARGETS;
    float *nodes[WORD_TARGETS];
    for (int64_t j = 0; j < size; j++) {
      nodes[j] = output_row(job, model->path_nodes[begin + j]);
      float label = model->path_codes[begin + j] ? 0 : 1;
      for (int64_t r = 0; r < block->count; r++) patterns->masked[r * size + j] = label;
    }
    block->targets = nodes;
    block->labels = patterns->masked;
    block->rates = patterns->rates;
    block_steps[size](block);
  }
}

static void skip_gram_hierarchical(
    const struct word_job *job, int64_t count, struct apus_word_loss *loss) {
  struct word_patterns patterns;
  start_patterns(&patterns, 1, job->segment->learning_rate);
  fill(patterns.masked, 0);
  float *rows[WORD_ROWS + 1];
  for (int64_t place = 0; place < count; place++) {
    fetch_ahead(job, place, count);
    int64_t n = gather_window(job, place, rows);
    if (n == 0) continue;
    struct word_block block = new_block(job, rows, rows, n, place, loss);
    if (block.loss_scale > 0) loss->pairs += n;
    train_path(job, &block, &patterns, job->kept[place]);
  }
}

static void cbow_hierarchical(
    const struct word_job *job, int64_t count, struct apus_word_loss *loss) {
  struct word_patterns patterns;
  start_patterns(&patterns, 1, job->segment->learning_rate);
  fill(patterns.masked, 0);
  float *mean = job->rows, *change = mean + job->model->width;
  for (int64_t place = 0; place < count; place++) {
    fetch_ahead(job, place, count);
    if (window_total(job, place, true, mean) == 0) continue;
    memset(change, 0, (size_t)job->model->width * sizeof(float));
    struct word_block block = new_block(job, &mean, &change, 1, place, loss);
    if (block.loss_scale > 0) loss->pairs += 1;
    train_path(job, &block, &patterns, job->kept[place]);
    add_to_window(job, place, change);
  }
}
