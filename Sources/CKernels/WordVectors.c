// Word vectors: laying out working memory.

#include "WordVectors.h"

#include "CKernels.h"
#include "KernelTable.h"

static size_t padded(size_t bytes) { return (bytes + 63) / 64 * 64; }

size_t apus_train_words_scratch_bytes(int64_t count, int64_t width) {
  size_t kept = padded((size_t)count * sizeof(int32_t)), reach = padded((size_t)count);
  return kept + 2 * reach + WORD_SCRATCH_ROWS * (size_t)width * sizeof(float);
}

struct apus_word_loss apus_train_words(
    const struct apus_word_model *model, const struct apus_word_segment *segment, void *scratch) {
  size_t kept = padded((size_t)segment->count * sizeof(int32_t));
  size_t reach = padded((size_t)segment->count);
  char *memory = scratch;
  struct word_job job = {
      model,
      segment,
      (int32_t *)memory,
      (uint8_t *)(memory + kept),
      (uint8_t *)(memory + kept + reach),
      (float *)(memory + kept + 2 * reach),
  };
  return kernels()->train_words(&job);
}

void apus_word_products(
    const float *rows, int64_t count, int64_t width, const float *queries, int queries_count,
    float *products) {
  kernels()->word_products(rows, count, width, queries, queries_count, products);
}
