// The loops of batch normalization over `[rows, channels]`.
//
// Rows are walked in order, so memory is read as a stream; coefficients and sums of a vector of
// channels are loaded once for `GROUP` rows. Sums are kept in float32 for a block of rows, which
// stays in the cache, and then added in float64.

#pragma once

#include "../BatchNormalization.h"
#include "Vector.h"

enum { GROUP = 4 };

/// Rows of a block: few enough to stay in the cache, enough to amortize its end.
INLINE int64_t block_rows(int64_t channels) {
  int64_t rows = 8192 / (channels > 0 ? channels : 1) / GROUP * GROUP;
  return rows < 16 ? 16 : rows > 256 ? 256 : rows;
}

/// `sum[c] += Σ x` over `rows ≤ GROUP` rows.
INLINE void add_rows(const float *x, int64_t channels, int64_t rows, float *sum) {
  FOR_VECTORS(channels, c, n, {
    vf total = load(sum + c);
    for (int64_t r = 0; r < rows; r++) total += load_up_to(x + r * channels + c, n);
    store(sum + c, total);
  });
}

/// `sum[c] += Σ (x − centre)` and `squares[c] += Σ (x − centre)²` over `rows ≤ GROUP` rows.
INLINE void add_deviations(
    const float *x, int64_t channels, int64_t rows, const float *centre, float *sum,
    float *squares) {
  FOR_VECTORS(channels, c, n, {
    vf s = load(sum + c), q = load(squares + c), middle = load(centre + c);
    for (int64_t r = 0; r < rows; r++) {
      vf deviation = load_up_to(x + r * channels + c, n) - middle;
      s += deviation;
      q = fused(deviation, deviation, q);
    }
    store(sum + c, s);
    store(squares + c, q);
  });
}

/// Merges a block of `more` rows into the moments of `count` rows before it.
///
/// The block's `sum` and `squares` are of deviations from `centre`, its mean up to rounding; Chan's
/// formula then corrects for that rounding and joins the two.
INLINE void merge_block(
    struct channel_sums moments, int64_t channels, const float *centre, const float *sum,
    const float *squares, double count, double more) {
  for (int64_t c = 0; c < channels; c++) {
    double offset = (double)sum[c] / more;
    double mean = (double)centre[c] + offset;
    double spread = (double)squares[c] - offset * (double)sum[c];
    double delta = mean - moments.first[c];
    moments.first[c] += delta * (more / (count + more));
    moments.second[c] += spread + delta * delta * (count * more / (count + more));
  }
}

/// Mean (`first`) and sum of squared deviations (`second`) of each channel over `rows`.
///
/// `work` holds the block's centre and sums; each block is read twice, the second time from the
/// cache.
static void channel_moments(
    const float *x, int64_t channels, struct range rows, struct channel_sums moments) {
  int64_t padded = (channels + 15) / 16 * 16, block = block_rows(channels);
  float *centre = moments.work, *sum = centre + padded, *squares = sum + padded;
  memset(moments.first, 0, (size_t)padded * sizeof(double));
  memset(moments.second, 0, (size_t)padded * sizeof(double));
  for (int64_t begin = rows.begin; begin < rows.end; begin += block) {
    int64_t count = rows.end - begin < block ? rows.end - begin : block, r;
    const float *first = x + begin * channels;
    memset(centre, 0, (size_t)padded * 3 * sizeof(float));
    for (r = 0; r + GROUP <= count; r += GROUP) {
      add_rows(first + r * channels, channels, GROUP, centre);
    }
    if (r < count) add_rows(first + r * channels, channels, count - r, centre);
    for (int64_t c = 0; c < channels; c++) centre[c] /= (float)count;
    for (r = 0; r + GROUP <= count; r += GROUP) {
      add_deviations(first + r * channels, channels, GROUP, centre, sum, squares);
    }
    if (r < count) {
      add_deviations(first + r * channels, channels, count - r, centre, sum, squares);
    }
    double before = (double)(begin - rows.begin);
    merge_block(moments, channels, centre, sum, squares, before, (double)count);
  }
}

/// Scales, shifts and clamps `rows ≤ GROUP` rows from `first` on.
INLINE void affine_rows(
    const struct channel_affine *affine, int64_t first, int64_t rows, bool floats, bool halves) {
  int64_t channels = affine->channels, start = first * channels;
  vf low = splat(affine->low), high = splat(affine->high);
  FOR_VECTORS(channels, c, n, {
    vf scale = load_up_to(affine->scale + c, n), shift = load_up_to(affine->shift + c, n);
    for (int64_t r = 0; r < rows; r++) {
      int64_t index = start + r * channels + c;
      vf y = clamp(fused(load_up_to(affine->x + index, n), scale, shift), low, high);
      if (floats) store_up_to(affine->y + index, y, n);
      if (halves) store_bfloat16_up_to(affine->y_bfloat16 + index, y, n);
    }
  });
}

INLINE void affine_range(
    const struct channel_affine *affine, struct range rows, bool floats, bool halves) {
  int64_t r = rows.begin;
  for (; r + GROUP <= rows.end; r += GROUP) affine_rows(affine, r, GROUP, floats, halves);
  if (r < rows.end) affine_rows(affine, r, rows.end - r, floats, halves);
}

static void channel_affine(const struct channel_affine *affine, struct range rows) {
  if (affine->y && affine->y_bfloat16) {
    affine_range(affine, rows, true, true);
  } else if (affine->y) {
    affine_range(affine, rows, true, false);
  } else {
    affine_range(affine, rows, false, true);
  }
}

/// The gradient behind the clamp: `dy` where `low < x · scale + shift < high`, else 0.
INLINE vf behind_clamp(vf x, vf dy, vf scale, vf shift, vf low, vf high) {
  vf z = fused(x, scale, shift);
  return ((z > low) & (z < high)) ? dy : splat(0);
}

/// `sum[c] += Σ dz` and `products[c] += Σ dz·(x − mean)` over `rows ≤ GROUP` rows.
INLINE void add_gradients(
    const struct normalization_gradient *g, int64_t first, int64_t rows, bool clamps, float *sum,
    float *products) {
  int64_t channels = g->channels, start = first * channels;
  vf low = splat(g->low), high = splat(g->high);
  FOR_VECTORS(channels, c, n, {
    vf s = load(sum + c), p = load(products + c), mean = load_up_to(g->mean + c, n);
    vf scale = load(g->scale + c), shift = load(g->shift + c);
    for (int64_t r = 0; r < rows; r++) {
      int64_t index = start + r * channels + c;
      vf x = load_up_to(g->x + index, n), dz = load_up_to(g->dy + index, n);
      if (clamps) dz = behind_clamp(x, dz, scale, shift, low, high);
      s += dz;
      p = fused(dz, x - mean, p);
    }
    store(sum + c, s);
    store(products + c, p);
  });
}

INLINE void sum_gradients(
    const struct normalization_gradient *g, struct range rows, struct channel_sums sums,
    bool clamps) {
  int64_t padded = (g->channels + 15) / 16 * 16, block = block_rows(g->channels);
  float *sum = sums.work, *products = sum + padded;
  for (int64_t begin = rows.begin; begin < rows.end; begin += block) {
    int64_t end = rows.end - begin < block ? rows.end : begin + block, r = begin;
    memset(sum, 0, (size_t)padded * 2 * sizeof(float));
    for (; r + GROUP <= end; r += GROUP) add_gradients(g, r, GROUP, clamps, sum, products);
    if (r < end) add_gradients(g, r, end - r, clamps, sum, products);
    for (int64_t c = 0; c < g->channels; c++) {
      sums.first[c] += (double)sum[c];
      sums.second[c] += (double)products[c];
    }
  }
}

/// `Σ dz` (`first`) and `Σ dz·(x − mean)` (`second`) of each channel over `rows`.
static void normalization_sums(
    const struct normalization_gradient *g, struct range rows, struct channel_sums sums) {
  memset(sums.first, 0, (size_t)g->channels * sizeof(double));
  memset(sums.second, 0, (size_t)g->channels * sizeof(double));
  if (g->clamps) {
    sum_gradients(g, rows, sums, true);
  } else {
    sum_gradients(g, rows, sums, false);
  }
}

/// `dx = a·dz + b·(x − mean) + c` for `rows ≤ GROUP` rows.
INLINE void step_rows(
    const struct normalization_gradient *g, const struct normalization_step *step, int64_t first,
    int64_t rows, bool clamps) {
  int64_t channels = g->channels, start = first * channels;
  vf low = splat(g->low), high = splat(g->high);
  FOR_VECTORS(channels, c, n, {
    vf mean = load_up_to(g->mean + c, n), scale = load(g->scale + c), shift = load(g->shift + c);
    vf ka = load(step->a + c), kb = load(step->b + c), kc = load(step->c + c);
    for (int64_t r = 0; r < rows; r++) {
      int64_t index = start + r * channels + c;
      vf x = load_up_to(g->x + index, n), dz = load_up_to(g->dy + index, n);
      if (clamps) dz = behind_clamp(x, dz, scale, shift, low, high);
      store_up_to(step->dx + index, fused(ka, dz, fused(kb, x - mean, kc)), n);
    }
  });
}

INLINE void step_range(
    const struct normalization_gradient *g, const struct normalization_step *step,
    struct range rows, bool clamps) {
  int64_t r = rows.begin;
  for (; r + GROUP <= rows.end; r += GROUP) step_rows(g, step, r, GROUP, clamps);
  if (r < rows.end) step_rows(g, step, r, rows.end - r, clamps);
}

static void normalization_step(
    const struct normalization_gradient *g, const struct normalization_step *step,
    struct range rows) {
  if (g->clamps) {
    step_range(g, step, rows, true);
  } else {
    step_range(g, step, rows, false);
  }
}
