// Word vectors: the rows of a window, and blocks of centres.

#pragma once

#include "WordBlock.h"
#include "WordRandom.h"

/// How far ahead rows are fetched into the cache, in words.
enum { WORD_AHEAD = 10 };

INLINE float *input_row(const struct word_job *job, int32_t word) {
  return job->model->rows + 2 * (int64_t)word * job->model->width;
}

INLINE float *output_row(const struct word_job *job, int32_t word) {
  return input_row(job, word) + (job->model->shares_rows ? 0 : job->model->width);
}

INLINE void fetch_row(const float *row, int64_t width) {
  for (int64_t c = 0; c < width; c += 16) __builtin_prefetch(row + c, 1, 3);
}

INLINE void fetch_ahead(const struct word_job *job, int64_t place, int64_t count) {
  if (place + WORD_AHEAD < count) {
    fetch_row(input_row(job, job->kept[place + WORD_AHEAD]), 2 * job->model->width);
  }
}

/// The input rows around a centre; gives how many.
INLINE int64_t gather_window(const struct word_job *job, int64_t centre, float **rows) {
  int64_t count = 0;
  for (int64_t k = centre - job->before[centre]; k <= centre + job->after[centre]; k++) {
    rows[count] = input_row(job, job->kept[k]);
    count += k != centre;
  }
  return count;
}

/// Labels and rates of a block whose first target is the true one, then of one without it.
struct word_patterns {
  float first[WORD_PRODUCTS], none[WORD_PRODUCTS], rates[WORD_PRODUCTS], masked[WORD_PRODUCTS];
};

INLINE void fill(float *values, float value) {
  for (int64_t k = 0; k < WORD_PRODUCTS; k++) values[k] = value;
}

INLINE void start_patterns(struct word_patterns *patterns, int64_t targets, float rate) {
  fill(patterns->none, 0);
  fill(patterns->first, 0);
  fill(patterns->rates, rate);
  for (int64_t k = 0; k < WORD_PRODUCTS; k += targets) patterns->first[k] = 1;
}

/// Whether the loss is summed at this centre: one in 64 tells enough and costs little.
INLINE bool is_measured(int64_t place) { return place % 64 == 0; }

INLINE float loss_scale(const struct word_job *job, int64_t place) {
  float rate = job->segment->learning_rate;
  return is_measured(place) && rate > 0 ? 1 / rate : 0;
}

/// A block of pairs that all count alike.
INLINE struct word_block new_block(
    const struct word_job *job, float *const *from, float *const *to, int64_t count,
    int64_t place, struct apus_word_loss *loss) {
  return (struct word_block){
      .from = (const float *const *)from,
      .to = to,
      .count = count,
      .width = job->model->width,
      .loss_scale = loss_scale(job, place),
      .loss = &loss->sum,
  };
}

enum {
  /// Centres of a block, for negative sampling and for sampled softmax.
  WORD_CENTRES = 4,
  WORD_SOFTMAX_CENTRES = 8,
};

/// The sum of the input rows around a centre, or their mean; gives how many there are.
INLINE int64_t window_total(
    const struct word_job *job, int64_t centre, bool is_mean, float *total) {
  float *rows[WORD_ROWS + 1];
  int64_t count = gather_window(job, centre, rows);
  float share = is_mean && count > 0 ? 1 / (float)count : 1;
  for (int64_t c = 0; c < job->model->width; c += W) {
    vf sum = splat(0);
    for (int64_t r = 0; r < count; r++) sum += load(rows[r] + c);
    store(total + c, sum * share);
  }
  return count;
}

/// Adds a change to every input row around a centre.
INLINE void add_to_window(const struct word_job *job, int64_t centre, const float *change) {
  float *rows[WORD_ROWS + 1];
  int64_t count = gather_window(job, centre, rows);
  for (int64_t r = 0; r < count; r++) {
    for (int64_t c = 0; c < job->model->width; c += W) {
      store(rows[r] + c, load(rows[r] + c) + load(change + c));
    }
  }
}

/// A few centres with the means or sums of their windows and the changes of these.
struct word_centres {
  float *means[WORD_SOFTMAX_CENTRES], *changes[WORD_SOFTMAX_CENTRES];
  int64_t places[WORD_SOFTMAX_CENTRES];
  int64_t count, most;
  bool is_mean;
};

/// Takes the next centres that have a window; gives where to go on.
INLINE int64_t take_centres(
    const struct word_job *job, struct word_centres *centres, int64_t place, int64_t count) {
  centres->count = 0;
  for (; centres->count < centres->most && place < count; place++) {
    fetch_ahead(job, place, count);
    if (job->before[place] + job->after[place] == 0) continue;
    window_total(job, place, centres->is_mean, centres->means[centres->count]);
    memset(centres->changes[centres->count], 0, (size_t)job->model->width * sizeof(float));
    centres->places[centres->count++] = place;
  }
  return place;
}

INLINE struct word_centres new_centres(const struct word_job *job, int64_t most, bool is_mean) {
  struct word_centres centres = {.most = most, .is_mean = is_mean};
  for (int64_t k = 0; k < most; k++) {
    centres.means[k] = job->rows + 2 * k * job->model->width;
    centres.changes[k] = centres.means[k] + job->model->width;
  }
  return centres;
}
