// Word vectors with negative sampling: skip-gram and CBOW.

#pragma once

#include "WordWindows.h"

// MARK: Skip-gram, negative sampling

/// The negatives of the next centres, fetched while the centres before are trained.
struct word_negatives {
  int32_t words[APUS_WORD_NEGATIVES * 2], next[APUS_WORD_NEGATIVES * 2];
  int32_t count;
};

INLINE void draw_negatives(
    const struct word_job *job, struct word_negatives *negatives, struct word_random *random) {
  for (int32_t j = 0; j < negatives->count; j++) {
    negatives->words[j] = negatives->next[j];
    negatives->next[j] = sampled_word(job->model, random);
    fetch_row(output_row(job, negatives->next[j]), job->model->width);
  }
}

/// The rates of a block whose negatives `first ..< first + count` hold the centre itself: those
/// pairs are left out.
INLINE const float *masked_rates(
    struct word_patterns *patterns, const int32_t *words, int32_t centre, int64_t skipped,
    int64_t targets, int64_t rows) {
  bool is_masked = false;
  for (int64_t j = skipped; j < targets; j++) {
    if (words[j] != centre) continue;
    if (!is_masked) memcpy(patterns->masked, patterns->rates, sizeof patterns->masked);
    is_masked = true;
    for (int64_t r = 0; r < rows; r++) patterns->masked[r * targets + j] = 0;
  }
  return is_masked ? patterns->masked : patterns->rates;
}

/// The words around each centre against the centre and the negatives that a few centres share.
static void skip_gram_negatives(
    const struct word_job *job, int64_t count, struct word_random *random,
    struct apus_word_loss *loss) {
  const struct apus_word_model *model = job->model;
  int64_t targets = model->negatives + 1;
  int64_t leading = targets < WORD_TARGETS ? targets : WORD_TARGETS;
  struct word_patterns patterns;
  start_patterns(&patterns, leading, job->segment->learning_rate);
  struct word_negatives negatives = {.count = model->negatives};
  draw_negatives(job, &negatives, random);
  float *rows[WORD_ROWS + 1], *outputs[1 + APUS_WORD_NEGATIVES];
  int32_t words[1 + APUS_WORD_NEGATIVES];
  for (int64_t place = 0; place < count; place++) {
    fetch_ahead(job, place, count);
    if (place % model->sharing == 0) {
      draw_negatives(job, &negatives, random);
      for (int32_t j = 0; j < model->negatives; j++) {
        words[j + 1] = negatives.words[j];
        outputs[j + 1] = output_row(job, negatives.words[j]);
      }
    }
    int32_t centre = job->kept[place];
    words[0] = centre;
    outputs[0] = output_row(job, centre);
    int64_t n = gather_window(job, place, rows);
    if (n == 0) continue;
    struct word_block block = new_block(job, rows, rows, n, place, loss);
    if (block.loss_scale > 0) loss->pairs += n;
    for (int64_t begin = 0; begin < targets; begin += leading) {
      int64_t size = targets - begin < leading ? targets - begin : leading;
      block.targets = outputs + begin;
      block.labels = begin == 0 ? patterns.first : patterns.none;
      block.rates =
          masked_rates(&patterns, words + begin, centre, begin == 0 ? 1 : 0, size, n);
      block_steps[size](&block);
    }
  }
}

// MARK: CBOW, negative sampling

/// How many negatives four centres share: 8 stand for 5, each pair weighted.
INLINE int32_t shared_negatives(int32_t negatives) { return (8 * negatives + 4) / 5; }

/// Each mean against its centre.
INLINE void train_true_words(
    const struct word_job *job, const struct word_centres *centres,
    const struct word_patterns *patterns, int64_t measured, struct apus_word_loss *loss) {
  for (int64_t k = 0; k < centres->count; k++) {
    float *output = output_row(job, job->kept[centres->places[k]]);
    struct word_block block =
        new_block(job, &centres->means[k], &centres->changes[k], 1, measured, loss);
    block.targets = &output;
    block.labels = patterns->first;
    block.rates = patterns->rates;
    block_steps[1](&block);
  }
}

/// All means against negatives they share; those that are a centre's own word are left out for it.
INLINE void train_shared_negatives(
    const struct word_job *job, const struct word_centres *centres,
    const struct word_negatives *negatives, struct word_patterns *patterns, int64_t measured,
    struct apus_word_loss *loss) {
  float weight = (float)job->model->negatives / (float)negatives->count;
  float rate = job->segment->learning_rate * weight;
  struct word_block block =
      new_block(job, centres->means, centres->changes, centres->count, measured, loss);
  block.labels = patterns->none;
  block.rates = patterns->masked;
  for (int32_t begin = 0; begin < negatives->count; begin += WORD_TARGETS) {
    int32_t size = negatives->count - begin < WORD_TARGETS ? negatives->count - begin
                                                           : WORD_TARGETS;
    float *outputs[WORD_TARGETS];
    for (int32_t j = 0; j < size; j++) {
      int32_t word = negatives->words[begin + j];
      outputs[j] = output_row(job, word);
      for (int64_t k = 0; k < centres->count; k++) {
        bool is_own = job->kept[centres->places[k]] == word;
        patterns->masked[k * size + j] = is_own ? 0 : rate;
      }
    }
    block.targets = outputs;
    block_steps[size](&block);
  }
}

static void cbow_negatives(
    const struct word_job *job, int64_t count, struct word_random *random,
    struct apus_word_loss *loss) {
  struct word_patterns patterns;
  start_patterns(&patterns, 1, job->segment->learning_rate);
  fill(patterns.masked, 0);
  struct word_negatives negatives = {.count = shared_negatives(job->model->negatives)};
  draw_negatives(job, &negatives, random);
  struct word_centres centres = new_centres(job, WORD_CENTRES, true);
  int64_t blocks = 0;
  for (int64_t place = 0; place < count; blocks++) {
    draw_negatives(job, &negatives, random);
    place = take_centres(job, &centres, place, count);
    if (loss_scale(job, blocks) > 0) loss->pairs += centres.count;
    train_true_words(job, &centres, &patterns, blocks, loss);
    train_shared_negatives(job, &centres, &negatives, &patterns, blocks, loss);
    for (int64_t k = 0; k < centres.count; k++) {
      add_to_window(job, centres.places[k], centres.changes[k]);
    }
  }
}
