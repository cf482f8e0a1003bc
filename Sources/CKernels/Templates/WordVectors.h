// Training of word vectors over a segment: subsampling, windows, and a model's walk over them.

#pragma once

#include "WordNegatives.h"
#include "WordSoftmax.h"
#include "WordTree.h"

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
  bool is_cbow = job->model->is_cbow;
  switch (job->model->objective) {
    case APUS_NEGATIVE_SAMPLING:
      if (is_cbow) {
        cbow_negatives(job, count, &random, &loss);
      } else {
        skip_gram_negatives(job, count, &random, &loss);
      }
      break;
    case APUS_HIERARCHICAL_SOFTMAX:
      if (is_cbow) {
        cbow_hierarchical(job, count, &loss);
      } else {
        skip_gram_hierarchical(job, count, &loss);
      }
      break;
    case APUS_SAMPLED_SOFTMAX:
      if (is_cbow) {
        cbow_softmax(job, count, &random, &loss);
      } else {
        skip_gram_softmax(job, count, &random, &loss);
      }
      break;
  }
  return loss;
}
