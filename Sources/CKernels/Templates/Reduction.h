// The loops of reductions.

#pragma once

#include "../Reduction.h"
#include "Functions.h"

INLINE vf maximum_or_nan(vf a, vf b) { return a != a ? a : larger(a, b); }

INLINE vf minimum_or_nan(vf a, vf b) { return a != a ? a : smaller(a, b); }

INLINE vf join(apus_reduction kind, vf a, vf b) {
  switch (kind) {
    case APUS_MAXIMUM: return maximum_or_nan(a, b);
    case APUS_MINIMUM: return minimum_or_nan(a, b);
    case APUS_PRODUCT: return a * b;
    default: return a + b;
  }
}

INLINE vf identity(apus_reduction kind) { return splat((float)reduction_identity(kind)); }

/// All lanes and the `count % W` elements at `rest`, joined in order in float64.
INLINE double join_lanes(apus_reduction kind, vf v, const float *rest, int64_t count) {
  double total = reduction_identity(kind);
  for (int k = 0; k < W; k++) total = reduction_join(kind, total, (double)v[k]);
  for (int64_t k = 0; k < count; k++) {
    total = reduction_join(kind, total, (double)rest[k]);
  }
  return total;
}

/// A contiguous run, in four vectors side by side.
INLINE double extreme_of_run(apus_reduction kind, const float *x, int64_t count) {
  vf t0 = identity(kind), t1 = t0, t2 = t0, t3 = t0;
  int64_t k = 0;
  for (; k + 4 * W <= count; k += 4 * W) {
    t0 = join(kind, t0, load(x + k));
    t1 = join(kind, t1, load(x + k + W));
    t2 = join(kind, t2, load(x + k + 2 * W));
    t3 = join(kind, t3, load(x + k + 3 * W));
  }
  for (; k + W <= count; k += W) t0 = join(kind, t0, load(x + k));
  vf all = join(kind, join(kind, t0, t1), join(kind, t2, t3));
  return join_lanes(kind, all, x + k, count - k);
}

/// The sum of a run: in float32 over 16 numbers a lane, beyond that in float64.
static double sum_run(const float *x, int64_t count) {
  const int64_t block = 64 * W;
  vd total = 0;
  int64_t k = 0;
  for (; k + block <= count; k += block) {
    vf t0 = splat(0), t1 = t0, t2 = t0, t3 = t0;
    for (int64_t j = k; j < k + block; j += 4 * W) {
      t0 += load(x + j);
      t1 += load(x + j + W);
      t2 += load(x + j + 2 * W);
      t3 += load(x + j + 3 * W);
    }
    total += to_double((t0 + t1) + (t2 + t3));
  }
  for (; k + W <= count; k += W) total += to_double(load(x + k));
  if (k < count) total += to_double(load_first(x + k, count - k));
  return sum_of_doubles(total);
}

/// The product of a run, in float64: it easily leaves the range of float32 on the way.
static double multiply_run(const float *x, int64_t count) {
  double total = 1;
  for (int64_t k = 0; k < count; k++) total *= (double)x[k];
  return total;
}

/// A contiguous run.
static double reduce_run(apus_reduction kind, const float *x, int64_t count) {
  switch (kind) {
    case APUS_MAXIMUM: return extreme_of_run(APUS_MAXIMUM, x, count);
    case APUS_MINIMUM: return extreme_of_run(APUS_MINIMUM, x, count);
    case APUS_PRODUCT: return multiply_run(x, count);
    default: return sum_run(x, count);
  }
}

/// `rows` rows, at most `APUS_SHORT_REDUCTION`, of one vector of columns.
INLINE vf reduce_column(
    apus_reduction kind, const float *x, int64_t rows, int64_t inner, int64_t n) {
  vf t0 = identity(kind), t1 = t0, t2 = t0, t3 = t0;
  int64_t r = 0;
  for (; r + 4 <= rows; r += 4) {
    t0 = join(kind, t0, load_up_to(x + r * inner, n));
    t1 = join(kind, t1, load_up_to(x + (r + 1) * inner, n));
    t2 = join(kind, t2, load_up_to(x + (r + 2) * inner, n));
    t3 = join(kind, t3, load_up_to(x + (r + 3) * inner, n));
  }
  for (; r < rows; r++) t0 = join(kind, t0, load_up_to(x + r * inner, n));
  return join(kind, join(kind, t0, t1), join(kind, t2, t3));
}

INLINE void reduce_short_of(
    apus_reduction kind, const float *x, int64_t rows, int64_t inner, float factor, float *y) {
  FOR_VECTORS(inner, c, n, {
    store_up_to(y + c, reduce_column(kind, x + c, rows, inner, n) * factor, n);
  });
}

/// Products of a few rows, in float64.
static void multiply_short(const float *x, int64_t rows, int64_t inner, float *y) {
  for (int64_t c = 0; c < inner; c++) {
    double total = 1;
    for (int64_t r = 0; r < rows; r++) total *= (double)x[r * inner + c];
    y[c] = (float)total;
  }
}

/// `y[c] = factor · reduction of x[:, c]` for at most `APUS_SHORT_REDUCTION` rows.
static void reduce_short(
    apus_reduction kind, const float *x, int64_t rows, int64_t inner, float factor, float *y) {
  switch (kind) {
    case APUS_MAXIMUM: reduce_short_of(APUS_MAXIMUM, x, rows, inner, 1, y); break;
    case APUS_MINIMUM: reduce_short_of(APUS_MINIMUM, x, rows, inner, 1, y); break;
    case APUS_PRODUCT: multiply_short(x, rows, inner, y); break;
    default: reduce_short_of(APUS_SUM, x, rows, inner, factor, y);
  }
}

INLINE void reduce_rows_of(
    apus_reduction kind, const float *x, int64_t rows, int64_t inner, double *totals) {
  const int64_t block = 64;  // 16 numbers a lane and sum in float32, then float64
  for (int64_t r = 0; r < rows; r += block) {
    int64_t count = rows - r < block ? rows - r : block;
    FOR_VECTORS(inner, c, n, {
      vf part = reduce_column(kind, x + r * inner + c, count, inner, n);
      for (int64_t k = 0; k < n; k++) {
        totals[c + k] = reduction_join(kind, totals[c + k], (double)part[k]);
      }
    });
  }
}

/// Joins `rows` rows to `totals: [inner]`, block by block.
static void reduce_rows(
    apus_reduction kind, const float *x, int64_t rows, int64_t inner, double *totals) {
  switch (kind) {
    case APUS_MAXIMUM: reduce_rows_of(APUS_MAXIMUM, x, rows, inner, totals); break;
    case APUS_MINIMUM: reduce_rows_of(APUS_MINIMUM, x, rows, inner, totals); break;
    case APUS_PRODUCT:
      for (int64_t r = 0; r < rows; r++) {
        for (int64_t c = 0; c < inner; c++) totals[c] *= (double)x[r * inner + c];
      }
      break;
    default: reduce_rows_of(APUS_SUM, x, rows, inner, totals);
  }
}

typedef int64_t vl __attribute__((ext_vector_type(W)));

/// The first place of the extreme in a contiguous run: its value first, then where it is.
static int64_t argument_in_run(const float *x, int64_t extent, bool smallest) {
  float extreme = (float)reduce_run(smallest ? APUS_MINIMUM : APUS_MAXIMUM, x, extent);
  bool is_nan = extreme != extreme;
  for (int64_t k = 0; k < extent; k++) {
    if (is_nan ? x[k] != x[k] : x[k] == extreme) return k;
  }
  return 0;
}

/// `y[c]` = the first row where `x[:, c]` is largest or smallest, or NaN.
static void argument_of_extreme(
    const float *x, int64_t extent, int64_t inner, bool smallest, int64_t *y) {
  if (inner == 1) {
    *y = argument_in_run(x, extent, smallest);
    return;
  }
  FOR_VECTORS(inner, c, n, {
    vf best = extent > 0 ? load_up_to(x + c, n) : splat(0);
    vl place = 0;
    for (int64_t r = 1; r < extent; r++) {
      vf v = load_up_to(x + r * inner + c, n);
      vi better = (smallest ? v < best : v > best) | (v != v);
      better &= best == best;
      best = better ? v : best;
      place = __builtin_convertvector(better, vl) ? (vl)r : place;
    }
    memcpy(y + c, &place, (size_t)n * sizeof *y);
  });
}
