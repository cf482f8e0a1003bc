// Softmax, its logarithm and cross-entropy: dividing rows among threads.

#include "Softmax.h"

#include "KernelTable.h"

/// A float's worth of `exp` is about eight additions.
static double cost_of(int64_t rows, int64_t columns) {
  return 8 * (double)rows * (double)columns;
}

/// Defines a body for `apus_parallel_ranges` that calls one entry of the table.
#define DEFINE_BODY(name, type)                                     \
  static void name##_range(const void *context, struct range rows) { \
    kernels()->name((const struct type *)context, rows);         \
  }

DEFINE_BODY(softmax, softmax)
DEFINE_BODY(log_softmax, softmax)
DEFINE_BODY(softmax_gradient, softmax)
DEFINE_BODY(log_softmax_gradient, softmax)
DEFINE_BODY(cross_entropy, cross_entropy)
DEFINE_BODY(cross_entropy_gradient, cross_entropy)

void apus_softmax(const float *x, int64_t rows, int64_t columns, float *y, int threads) {
  struct softmax job = {columns, x, NULL, y};
  apus_parallel_ranges(threads, rows, cost_of(rows, columns), softmax_range, &job);
}

void apus_log_softmax(const float *x, int64_t rows, int64_t columns, float *y, int threads) {
  struct softmax job = {columns, x, NULL, y};
  apus_parallel_ranges(threads, rows, cost_of(rows, columns), log_softmax_range, &job);
}

void apus_softmax_gradient(
    const float *y, const float *dy, int64_t rows, int64_t columns, float *dx, int threads) {
  struct softmax job = {columns, y, dy, dx};
  apus_parallel_ranges(threads, rows, cost_of(rows, columns), softmax_gradient_range, &job);
}

void apus_log_softmax_gradient(
    const float *y, const float *dy, int64_t rows, int64_t columns, float *dx, int threads) {
  struct softmax job = {columns, y, dy, dx};
  apus_parallel_ranges(threads, rows, cost_of(rows, columns), log_softmax_gradient_range, &job);
}

void apus_cross_entropy(
    const float *logits, const void *labels, apus_type label_type, int64_t rows, int64_t columns,
    float smoothing, float *loss, int threads) {
  struct cross_entropy job = {columns, logits, labels, label_type, NULL, smoothing, NULL, loss};
  apus_parallel_ranges(threads, rows, cost_of(rows, columns), cross_entropy_range, &job);
}

void apus_cross_entropy_gradient(
    const float *logits, const void *labels, apus_type label_type, const float *dloss,
    int64_t rows, int64_t columns, float smoothing, float *dlogits, int threads) {
  struct cross_entropy job = {columns, logits, labels,  label_type,
                              NULL,    smoothing, dloss, dlogits};
  apus_parallel_ranges(threads, rows, cost_of(rows, columns), cross_entropy_gradient_range, &job);
}

void apus_cross_entropy_dense(
    const float *logits, const float *labels, int64_t rows, int64_t columns, float smoothing,
    float *loss, int threads) {
  struct cross_entropy job = {columns, logits, NULL, APUS_FLOAT32, labels, smoothing, NULL, loss};
  apus_parallel_ranges(threads, rows, cost_of(rows, columns), cross_entropy_range, &job);
}

void apus_cross_entropy_dense_gradient(
    const float *logits, const float *labels, const float *dloss, int64_t rows, int64_t columns,
    float smoothing, float *dlogits, int threads) {
  struct cross_entropy job = {columns, logits,    NULL,  APUS_FLOAT32,
                              labels,  smoothing, dloss, dlogits};
  apus_parallel_ranges(threads, rows, cost_of(rows, columns), cross_entropy_gradient_range, &job);
}
