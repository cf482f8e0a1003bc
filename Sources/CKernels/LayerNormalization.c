// Layer normalization: dividing rows among threads, joining the sums over rows.

#include "LayerNormalization.h"

#include "KernelTable.h"

static double cost_of(int64_t rows, int64_t columns) {
  return 4 * (double)rows * (double)columns;
}

static void forward_range(const void *context, struct range rows) {
  kernels()->layer_normalization((const struct layer_normalization *)context, rows);
}

void apus_layer_normalization(
    const float *x, int64_t rows, int64_t columns, const float *gamma, const float *beta,
    float epsilon, float *y, float *mean, float *rstd, int threads) {
  struct layer_normalization job = {x, rows, columns, gamma, beta, epsilon, y, mean, rstd};
  apus_parallel_ranges(threads, rows, cost_of(rows, columns), forward_range, &job);
}

static int64_t pad(int64_t columns) { return (columns + 15) / 16 * 16; }

size_t apus_layer_normalization_backward_scratch_bytes(
    int64_t rows, int64_t columns, int threads) {
  (void)rows;
  size_t sums = 2 * (sizeof(double) + sizeof(float));
  return (size_t)(threads > 1 ? threads : 1) * (size_t)pad(columns) * sums;
}

struct backward_job {
  const struct layer_normalization_gradient *gradient;
  void *scratch;
};

static struct layer_sums sums_of(void *scratch, int64_t columns, int part) {
  int64_t padded = pad(columns);
  double *first = (double *)scratch + part * 3 * padded;  // two of float64, two of float32
  float *blocks = (float *)(first + 2 * padded);
  return (struct layer_sums){first, first + padded, blocks, blocks + padded};
}

static void backward_part(void *context, int part, int parts) {
  const struct backward_job *job = context;
  const struct layer_normalization_gradient *gradient = job->gradient;
  struct layer_sums sums = sums_of(job->scratch, gradient->columns, part);
  kernels()->layer_normalization_gradient(
      gradient, apus_range(gradient->rows, part, parts), sums);
}

void apus_layer_normalization_backward(
    const float *x, const float *dy, int64_t rows, int64_t columns, const float *gamma,
    const float *mean, const float *rstd, float *dx, float *dgamma, float *dbeta, void *scratch,
    int threads) {
  bool has_sums = dgamma || dbeta;
  struct layer_normalization_gradient gradient = {
      x, dy, rows, columns, gamma, mean, rstd, dx, has_sums};
  struct backward_job job = {&gradient, scratch};
  int parts = apus_part_count(threads, rows, 2 * cost_of(rows, columns));
  apus_parallel(parts, backward_part, &job);
  for (int64_t c = 0; has_sums && c < columns; c++) {
    double gamma_sum = 0, beta_sum = 0;
    for (int part = 0; part < parts; part++) {
      gamma_sum += sums_of(scratch, columns, part).dgamma[c];
      beta_sum += sums_of(scratch, columns, part).dbeta[c];
    }
    if (dgamma) dgamma[c] = (float)gamma_sum;
    if (dbeta) dbeta[c] = (float)beta_sum;
  }
}
