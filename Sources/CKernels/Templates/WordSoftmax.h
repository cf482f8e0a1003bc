// Word vectors with sampled softmax: the true word and words drawn uniformly, with biases, by Adam.
//
// Only rows that a block touches are updated, their moments too (lazy Adam); all gradients of a
// block are taken at the values before it.

#pragma once

#include "WordWindows.h"

enum {
  /// Scores of a hidden vector: the true word's, then those of the drawn ones; whole vectors.
  WORD_SCORES = (1 + APUS_WORD_NEGATIVES + 15) / 16 * 16,
};

/// What a block of hidden vectors is trained with.
struct word_softmax {
  const struct word_job *job;
  float **hidden, **changes;
  const int32_t *words;  // the true word of each hidden vector
  int64_t count;
  int32_t drawn[APUS_WORD_NEGATIVES], next[APUS_WORD_NEGATIVES];
  /// Scores in use, rounded up to whole vectors.
  int64_t scored;
  /// `α·√(1 − β₂ᵗ)/(1 − β₁ᵗ)`.
  float rate;
  float scores[WORD_ROWS][WORD_SCORES];
  float *gradient;
};

INLINE float *moments_of(const struct word_job *job, const float *row) {
  return job->model->moments + 2 * (row - job->model->rows);
}

/// A step of Adam; `gradient` points to where the loss falls.
INLINE void adam_row(
    const struct word_job *job, float *row, const float *gradient, float rate) {
  int64_t width = job->model->width;
  float *means = moments_of(job, row), *squares = means + width;
  for (int64_t c = 0; c < width; c += W) {
    vf g = load(gradient + c), m = load(means + c), v = load(squares + c);
    m = fused(g - m, splat(1 - APUS_WORD_ADAM_MEAN), m);
    v = fused(g * g - v, splat(1 - APUS_WORD_ADAM_SQUARE), v);
    store(means + c, m);
    store(squares + c, v);
    vf step = rate * m / (__builtin_elementwise_sqrt(v) + APUS_WORD_ADAM_EPSILON);
    store(row + c, load(row + c) + step);
  }
}

INLINE void adam_bias(const struct word_job *job, int32_t word, float gradient, float rate) {
  float *bias = job->model->biases + 3 * (int64_t)word;
  bias[1] += (gradient - bias[1]) * (1 - APUS_WORD_ADAM_MEAN);
  bias[2] += (gradient * gradient - bias[2]) * (1 - APUS_WORD_ADAM_SQUARE);
  bias[0] += rate * bias[1] / (__builtin_sqrtf(bias[2]) + APUS_WORD_ADAM_EPSILON);
}

INLINE void fetch_with_moments(const struct word_job *job, const float *row) {
  fetch_row(row, job->model->width);
  fetch_row(moments_of(job, row), 2 * job->model->width);
}

INLINE void draw_words(struct word_softmax *block, struct word_random *random) {
  const struct word_job *job = block->job;
  for (int32_t j = 0; j < job->model->negatives; j++) {
    block->drawn[j] = block->next[j];
    block->next[j] = (int32_t)random_below(random, (uint32_t)job->model->words);
    fetch_with_moments(job, output_row(job, block->next[j]));
  }
}

INLINE float score_bias(const struct word_job *job, int32_t word) {
  return job->model->biases[3 * (int64_t)word];
}

/// `scores[r] = hidden[r] · output + bias`, of the true word first.
INLINE void score_words(struct word_softmax *block) {
  const struct word_job *job = block->job;
  int32_t drawn = job->model->negatives;
  float products[WORD_PRODUCTS];
  for (int64_t r = 0; r < block->count; r++) {
    const float *row = output_row(job, block->words[r]);
    row_products((const float *const *)&block->hidden[r], &row, job->model->width, 1, 1, products);
    block->scores[r][0] = products[0] + score_bias(job, block->words[r]);
    for (int64_t j = 1 + drawn; j < block->scored; j++) block->scores[r][j] = -1e30f;
  }
  for (int32_t begin = 0; begin < drawn; begin += WORD_TARGETS) {
    int32_t size = drawn - begin < WORD_TARGETS ? drawn - begin : WORD_TARGETS;
    const float *rows[WORD_TARGETS];
    for (int32_t j = 0; j < WORD_TARGETS; j++) {
      rows[j] = output_row(job, block->drawn[begin + (j < size ? j : 0)]);
    }
    block_products(
        (const float *const *)block->hidden, block->count, rows, job->model->width, WORD_TARGETS,
        products);
    for (int64_t r = 0; r < block->count; r++) {
      for (int32_t j = 0; j < size; j++) {
        block->scores[r][1 + begin + j] =
            products[r * WORD_TARGETS + j] + score_bias(job, block->drawn[begin + j]);
      }
    }
  }
}

/// Turns scores into what each is to grow by, `[is the true word] − p`; gives `−log p` of the true
/// word.
INLINE float softmax_errors(float *scores, int64_t scored) {
  vf most = load(scores);
  for (int64_t j = W; j < scored; j += W) most = larger(most, load(scores + j));
  float top = maximum_of_lanes(most), first = scores[0];
  vf total = splat(0);
  for (int64_t j = 0; j < scored; j += W) {
    vf share = exponential(load(scores + j) - top);
    total += share;
    store(scores + j, share);
  }
  float sum = sum_of_lanes(total), inverse = 1 / sum;
  for (int64_t j = 0; j < scored; j += W) {
    store(scores + j, -inverse * load(scores + j));
  }
  scores[0] += 1;
  float lanes[W];
  store(lanes, logarithm(splat(sum)));
  return top + lanes[0] - first;
}

/// `changes[r] = Σ_j errors[r, j] · output[j]`.
INLINE void change_hidden(const struct word_softmax *block) {
  const struct word_job *job = block->job;
  const float *rows[1 + APUS_WORD_NEGATIVES];
  for (int32_t j = 0; j < job->model->negatives; j++) {
    rows[1 + j] = output_row(job, block->drawn[j]);
  }
  for (int64_t r = 0; r < block->count; r++) {
    rows[0] = output_row(job, block->words[r]);
    const float *errors = block->scores[r];
    for (int64_t c = 0; c < job->model->width; c += W) {
      vf sum = splat(0);
      for (int32_t j = 0; j <= job->model->negatives; j++) {
        sum = fused(splat(errors[j]), load(rows[j] + c), sum);
      }
      store(block->changes[r] + c, sum);
    }
  }
}

/// A step for the output row and the bias of a word that is score `j` of some hidden vectors.
INLINE void train_output(
    const struct word_softmax *block, int32_t word, int32_t j, int64_t first, int64_t end) {
  const struct word_job *job = block->job;
  float error = 0;
  for (int64_t r = first; r < end; r++) error += block->scores[r][j];
  for (int64_t c = 0; c < job->model->width; c += W) {
    vf sum = splat(0);
    for (int64_t r = first; r < end; r++) {
      sum = fused(splat(block->scores[r][j]), load(block->hidden[r] + c), sum);
    }
    store(block->gradient + c, sum);
  }
  adam_row(job, output_row(job, word), block->gradient, block->rate);
  adam_bias(job, word, error, block->rate);
}

/// Scores, errors, changes of the hidden vectors, and a step for all outputs.
INLINE void train_softmax(struct word_softmax *block, bool is_measured, struct apus_word_loss *loss) {
  score_words(block);
  for (int64_t r = 0; r < block->count; r++) {
    float one = softmax_errors(block->scores[r], block->scored);
    if (is_measured) loss->sum += (double)one;
  }
  if (is_measured) loss->pairs += block->count;
  change_hidden(block);
  for (int64_t first = 0, end; first < block->count; first = end) {
    for (end = first + 1; end < block->count && block->words[end] == block->words[first];) end++;
    train_output(block, block->words[first], 0, first, end);
  }
  for (int32_t j = 0; j < block->job->model->negatives; j++) {
    train_output(block, block->drawn[j], 1 + j, 0, block->count);
  }
}

/// `α·√(1 − β₂ᵗ)/(1 − β₁ᵗ)` at the start of a segment; it changes little within one.
INLINE float adam_rate(const struct word_job *job) {
  float step = (float)(job->segment->steps + 1), lanes[W];
  vf powers = splat(0);
  powers[0] = step * __builtin_logf(APUS_WORD_ADAM_MEAN);
  powers[1] = step * __builtin_logf(APUS_WORD_ADAM_SQUARE);
  store(lanes, 1 - exponential(powers));
  return job->segment->learning_rate * __builtin_sqrtf(lanes[1]) / lanes[0];
}

INLINE void start_softmax(
    struct word_softmax *block, const struct word_job *job, struct word_random *random) {
  block->job = job;
  block->rate = adam_rate(job);
  block->scored = (1 + job->model->negatives + 15) / 16 * 16;
  block->gradient = job->rows + (WORD_SCRATCH_ROWS - 1) * job->model->width;
  for (int32_t j = 0; j < job->model->negatives; j++) block->next[j] = 0;
  draw_words(block, random);
}

/// The sums of the windows of eight centres against each centre and words that all share.
static void cbow_softmax(
    const struct word_job *job, int64_t count, struct word_random *random,
    struct apus_word_loss *loss) {
  struct word_softmax block;
  start_softmax(&block, job, random);
  struct word_centres centres = new_centres(job, WORD_SOFTMAX_CENTRES, false);
  int32_t words[WORD_SOFTMAX_CENTRES];
  block.hidden = centres.means;
  block.changes = centres.changes;
  block.words = words;
  int64_t blocks = 0;
  for (int64_t place = 0; place < count; blocks++) {
    draw_words(&block, random);
    place = take_centres(job, &centres, place, count);
    for (int64_t k = 0; k < centres.count; k++) words[k] = job->kept[centres.places[k]];
    block.count = centres.count;
    if (block.count == 0) continue;
    train_softmax(&block, is_measured(blocks), loss);
    for (int64_t k = 0; k < centres.count; k++) {
      float *rows[WORD_ROWS + 1];
      int64_t n = gather_window(job, centres.places[k], rows);
      for (int64_t r = 0; r < n; r++) adam_row(job, rows[r], centres.changes[k], block.rate);
    }
  }
}

/// Each word around a centre against the centre and words that the window shares.
static void skip_gram_softmax(
    const struct word_job *job, int64_t count, struct word_random *random,
    struct apus_word_loss *loss) {
  struct word_softmax block;
  start_softmax(&block, job, random);
  float *rows[WORD_ROWS + 1], *hidden[WORD_ROWS], *changes[WORD_ROWS];
  int32_t words[WORD_ROWS];
  for (int64_t r = 0; r < WORD_ROWS; r++) {
    hidden[r] = job->rows + 2 * r * job->model->width;
    changes[r] = hidden[r] + job->model->width;
  }
  block.hidden = hidden;
  block.changes = changes;
  block.words = words;
  for (int64_t place = 0; place < count; place++) {
    fetch_ahead(job, place, count);
    draw_words(&block, random);
    block.count = gather_window(job, place, rows);
    if (block.count == 0) continue;
    for (int64_t r = 0; r < block.count; r++) {
      memcpy(hidden[r], rows[r], (size_t)job->model->width * sizeof(float));
      words[r] = job->kept[place];
    }
    train_softmax(&block, is_measured(place), loss);
    for (int64_t r = 0; r < block.count; r++) adam_row(job, rows[r], changes[r], block.rate);
  }
}
