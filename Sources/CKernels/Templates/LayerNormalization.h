// Layer normalization, a row at a time; a row is read again from the cache for each sum.

#pragma once

#include "../LayerNormalization.h"
#include "Vector.h"

/// The mean of a row, and `Σ (x − mean)²` in `squares`.
INLINE double moments_of_row(const float *x, int64_t columns, double *squares) {
  vd sum = 0, deviations = 0;
  FOR_VECTORS(columns, c, n, { sum += to_double(load_up_to(x + c, n)); });
  double mean = sum_of_doubles(sum) / (double)columns;
  FOR_VECTORS(columns, c, n, {
    vd deviation = to_double(load_up_to(x + c, n)) - mean;
    if (n < W) {
      for (int64_t k = n; k < W; k++) deviation[k] = 0;
    }
    deviations += deviation * deviation;
  });
  *squares = sum_of_doubles(deviations);
  return mean;
}

INLINE vf gamma_at(const float *gamma, int64_t c, int64_t n) {
  return gamma ? load_up_to(gamma + c, n) : splat(1);
}

static void layer_normalization(const struct layer_normalization *job, struct range rows) {
  int64_t columns = job->columns;
  for (int64_t r = rows.begin; r < rows.end; r++) {
    const float *x = job->x + r * columns;
    float *y = job->y + r * columns;
    double squares, middle = moments_of_row(x, columns, &squares);
    float mean = (float)middle;
    float rstd = (float)(1 / sqrt(squares / (double)columns + (double)job->epsilon));
    if (job->mean) job->mean[r] = mean;
    if (job->rstd) job->rstd[r] = rstd;
    FOR_VECTORS(columns, c, n, {
      vf scaled = (load_up_to(x + c, n) - mean) * rstd;
      vf shift = job->beta ? load_up_to(job->beta + c, n) : splat(0);
      store_up_to(y + c, fused(scaled, gamma_at(job->gamma, c, n), shift), n);
    });
  }
}

/// `dx` of one row.
INLINE void gradient_row(const struct layer_normalization_gradient *job, int64_t r) {
  int64_t columns = job->columns;
  const float *x = job->x + r * columns, *dy = job->dy + r * columns;
  float mean = job->mean[r], rstd = job->rstd[r];
  vd sum = 0, products = 0;
  FOR_VECTORS(columns, c, n, {
    vf g = load_up_to(dy + c, n) * gamma_at(job->gamma, c, n);
    vf scaled = (load_up_to(x + c, n) - mean) * rstd;
    sum += to_double(g);
    products += to_double(g * scaled);  // g is 0 past the end
  });
  float first = (float)(sum_of_doubles(sum) / (double)columns);
  float second = (float)(sum_of_doubles(products) / (double)columns);
  FOR_VECTORS(columns, c, n, {
    vf g = load_up_to(dy + c, n) * gamma_at(job->gamma, c, n);
    vf scaled = (load_up_to(x + c, n) - mean) * rstd;
    store_up_to(job->dx + r * columns + c, (g - first - scaled * second) * rstd, n);
  });
}

/// Adds one row to the sums of a block.
INLINE void add_row_sums(
    const struct layer_normalization_gradient *job, int64_t r, struct layer_sums sums) {
  int64_t columns = job->columns;
  const float *x = job->x + r * columns, *dy = job->dy + r * columns;
  float mean = job->mean[r], rstd = job->rstd[r];
  FOR_VECTORS(columns, c, n, {
    vf g = load_up_to(dy + c, n);
    vf scaled = (load_up_to(x + c, n) - mean) * rstd;
    store(sums.gamma_block + c, fused(g, scaled, load(sums.gamma_block + c)));
    store(sums.beta_block + c, load(sums.beta_block + c) + g);
  });
}

static void layer_normalization_gradient(
    const struct layer_normalization_gradient *job, struct range rows, struct layer_sums sums) {
  const int64_t block = 64;  // rows summed in float32
  int64_t columns = job->columns, padded = (columns + 15) / 16 * 16;
  if (job->has_sums) memset(sums.dgamma, 0, (size_t)padded * 2 * sizeof(double));
  for (int64_t begin = rows.begin; begin < rows.end; begin += block) {
    int64_t end = rows.end - begin < block ? rows.end : begin + block;
    if (job->has_sums) memset(sums.gamma_block, 0, (size_t)padded * 2 * sizeof(float));
    for (int64_t r = begin; r < end; r++) {
      if (job->has_sums) add_row_sums(job, r, sums);  // before `dx`, which may be `dy`
      if (job->dx) gradient_row(job, r);
    }
    for (int64_t c = 0; job->has_sums && c < columns; c++) {
      sums.dgamma[c] += (double)sums.gamma_block[c];
      sums.dbeta[c] += (double)sums.beta_block[c];
    }
  }
}
