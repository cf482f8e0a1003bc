// Training of word vectors over a segment: subsampling, windows, and a model's walk over them.

#pragma once

#include "WordBlock.h"
#include "WordRandom.h"

/// How far ahead rows are fetched into the cache, in words.
enum { WORD_AHEAD = 10 };

INLINE float *input_row(const struct word_job *job, int32_t word) {
  return job->model->rows + 2 * (int64_t)word * job->model->width;
}

INLINE float *output_row(const struct word_job *job, int32_t word) {
  return input_row(job, word) + job->model->width;
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

enum { WORD_CENTRES = 4 };

/// The mean of the input rows around a centre; gives how many there are.
INLINE int64_t window_mean(const struct word_job *job, int64_t centre, float *mean) {
  float *rows[WORD_ROWS + 1];
  int64_t count = gather_window(job, centre, rows);
  float share = count > 0 ? 1 / (float)count : 0;
  for (int64_t c = 0; c < job->model->width; c += W) {
    vf sum = splat(0);
    for (int64_t r = 0; r < count; r++) sum += load(rows[r] + c);
    store(mean + c, sum * share);
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

/// How many negatives four centres share: 8 stand for 5, each pair weighted.
INLINE int32_t shared_negatives(int32_t negatives) { return (8 * negatives + 4) / 5; }

/// A few centres with the means of their windows and the changes of these.
struct word_centres {
  float *means[WORD_CENTRES], *changes[WORD_CENTRES];
  int64_t places[WORD_CENTRES];
  int64_t count;
};

/// Takes the next centres that have a window; gives where to go on.
INLINE int64_t take_centres(
    const struct word_job *job, struct word_centres *centres, int64_t place, int64_t count) {
  centres->count = 0;
  for (; centres->count < WORD_CENTRES && place < count; place++) {
    fetch_ahead(job, place, count);
    if (job->before[place] + job->after[place] == 0) continue;
    window_mean(job, place, centres->means[centres->count]);
    memset(centres->changes[centres->count], 0, (size_t)job->model->width * sizeof(float));
    centres->places[centres->count++] = place;
  }
  return place;
}

INLINE void start_centres(const struct word_job *job, struct word_centres *centres) {
  for (int k = 0; k < WORD_CENTRES; k++) {
    centres->means[k] = job->rows + 2 * k * job->model->width;
    centres->changes[k] = centres->means[k] + job->model->width;
  }
}

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
  struct word_centres centres;
  start_centres(job, &centres);
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

// MARK: Hierarchical softmax

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
    if (window_mean(job, place, mean) == 0) continue;
    memset(change, 0, (size_t)job->model->width * sizeof(float));
    struct word_block block = new_block(job, &mean, &change, 1, place, loss);
    if (block.loss_scale > 0) loss->pairs += 1;
    train_path(job, &block, &patterns, job->kept[place]);
    add_to_window(job, place, change);
  }
}

// MARK: Segments

/// Sets the windows of a sentence, the words `first ..< end` that stayed.
INLINE void set_windows(
    const struct word_job *job, int64_t first, int64_t end, struct word_random *random) {
  int32_t window = job->model->window;
  for (int64_t k = first; k < end; k++) {
    int64_t reach = window;
    if (job->model->shrinks) reach = 1 + (int64_t)random_below(random, (uint32_t)window);
    job->before[k] = (uint8_t)(k - first < reach ? k - first : reach);
    job->after[k] = (uint8_t)(end - 1 - k < reach ? end - 1 - k : reach);
  }
}

/// Drops frequent words at random; gives how many stay.
INLINE int64_t subsample(const struct word_job *job, struct word_random *random) {
  int64_t count = 0, first = 0;
  for (int64_t k = 0; k < job->segment->count; k++) {
    int32_t word = job->segment->ids[k];
    if (word >= 0) {
      job->kept[count] = word;
      count += random_bits_of(random) <= job->model->keep[word];
    } else {
      set_windows(job, first, count, random);
      first = count;
    }
  }
  set_windows(job, first, count, random);
  return count;
}

static struct apus_word_loss train_words(const struct word_job *job) {
  struct word_random random = new_word_random(job->segment->seed);
  struct apus_word_loss loss = {0, 0};
  int64_t count = subsample(job, &random);
  if (job->model->sampler) {
    if (job->model->is_cbow) {
      cbow_negatives(job, count, &random, &loss);
    } else {
      skip_gram_negatives(job, count, &random, &loss);
    }
  } else if (job->model->is_cbow) {
    cbow_hierarchical(job, count, &loss);
  } else {
    skip_gram_hierarchical(job, count, &loss);
  }
  return loss;
}
