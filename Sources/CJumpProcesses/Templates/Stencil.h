// A step of a chain on a whole grid, whose rates are products of tables.
//
// Inflows of a row are added in registers, so that what comes out is written once.

#pragma once

#include "Vector.h"

/// How many inflows of a row are added in one go; further ones are added one by one.
enum { STENCIL_RUNS = 4 };

/// What a row's states are computed from; run `r` begins at state `first[r]` of the row.
struct stencil_row {
  const double *here, *exits;
  double *out, *sum;
  double identity, scale, weight;
  /// A run without a table has NULL there.
  const double *from[STENCIL_RUNS], *table[STENCIL_RUNS];
  double factor[STENCIL_RUNS];
  int64_t first[STENCIL_RUNS], last[STENCIL_RUNS];
};

/// Neighbouring doubles anywhere in memory.
typedef double vd_anywhere __attribute__((ext_vector_type(LANES), aligned(8)));

INLINE vd loaded(const double *from) { return *(const vd_anywhere *)from; }
INLINE void store(vd values, double *into) { *(vd_anywhere *)into = values; }

/// The states `low ..< high`, into each of which all `runs` flow; gives the first that is left for
/// single steps.
INLINE int64_t stencil_inside(
    const struct stencil_row *row, int runs, int tabled, bool adds, int64_t low, int64_t high) {
  const vd identity = (vd)row->identity, scale = (vd)row->scale, weight = (vd)row->weight;
  const double *here = row->here, *exits = row->exits;
  double *out = row->out, *sum = row->sum;
  const double *from[STENCIL_RUNS], *table[STENCIL_RUNS];
  vd factor[STENCIL_RUNS];
  for (int r = 0; r < runs; r++) {
    from[r] = row->from[r] - row->first[r];
    if (r < tabled) table[r] = row->table[r] - row->first[r];
    factor[r] = (vd)row->factor[r];
  }
  int64_t i = low;
  for (; i + LANES <= high; i += LANES) {
    vd value = (identity - scale * loaded(exits + i)) * loaded(here + i);
#pragma clang loop unroll(full)
    for (int r = 0; r < runs; r++) {
      const vd rate = r < tabled ? factor[r] * loaded(table[r] + i) : factor[r];
      value = fused(rate, loaded(from[r] + i), value);
    }
    store(value, out + i);
    if (adds) store(fused(weight, value, loaded(sum + i)), sum + i);
  }
  return i;
}

/// The states `low ..< high` one by one, with the runs that flow into each.
INLINE void stencil_edge(const struct stencil_row *row, int runs, int64_t low, int64_t high) {
  for (int64_t i = low; i < high; i++) {
    double value = (row->identity - row->scale * row->exits[i]) * row->here[i];
    for (int r = 0; r < runs; r++) {
      if (i < row->first[r] || i >= row->last[r]) continue;
      const int64_t place = i - row->first[r];
      const double rate = row->factor[r] * (row->table[r] ? row->table[r][place] : 1);
      value += rate * row->from[r][place];
    }
    row->out[i] = value;
    if (row->weight != 0) row->sum[i] += row->weight * value;
  }
}

/// `runs` and `tabled`, how many of them have a table, are known when this is compiled.
INLINE void stencil_states(const struct stencil_row *row, int runs, int tabled, int64_t count) {
  int64_t low = 0, high = count;
  for (int r = 0; r < runs; r++) {
    if (row->first[r] > low) low = row->first[r];
    if (row->last[r] < high) high = row->last[r];
  }
  if (low > high) low = high = count;
  stencil_edge(row, runs, 0, low);
  const int64_t left = row->weight != 0 ? stencil_inside(row, runs, tabled, true, low, high)
                                        : stencil_inside(row, runs, tabled, false, low, high);
  stencil_edge(row, runs, left, count);
}

/// A loop of its own for each number of runs and of those with a table.
static void stencil_row_states(const struct stencil_row *row, int runs, int tabled, int64_t count) {
#define STATES(R, T) case (R) * 8 + (T): return stencil_states(row, R, T, count)
  switch (runs * 8 + tabled) {
    STATES(0, 0);
    STATES(1, 0); STATES(1, 1);
    STATES(2, 0); STATES(2, 1); STATES(2, 2);
    STATES(3, 0); STATES(3, 1); STATES(3, 2); STATES(3, 3);
    STATES(4, 0); STATES(4, 1); STATES(4, 2); STATES(4, 3); STATES(4, 4);
  }
#undef STATES
}

/// One row of one product.
static void stencil_product(
    const apus_stencil *stencil, int64_t number, const double *x, double *y, double identity,
    double scale, double weight, double *sum) {
  const int64_t count = stencil->row_length;
  const int64_t begin = number * count, first = stencil->run_begin[number];
  const int64_t runs = stencil->run_begin[number + 1] - first;
  const int together = (int)(runs < STENCIL_RUNS ? runs : STENCIL_RUNS);
  struct stencil_row row = {
      .here = x + begin, .exits = stencil->exits + begin, .out = y + begin,
      .sum = weight != 0 ? sum + begin : NULL, .identity = identity, .scale = scale,
      .weight = runs > STENCIL_RUNS ? 0 : weight};
  int tabled = 0;
  for (int r = 0; r < together; r++) {
    const apus_stencil_run run = stencil->runs[first + r];
    row.from[r] = x + run.source;
    row.table[r] = run.table < 0 ? NULL : stencil->tables + run.table;
    tabled += run.table >= 0;
    row.factor[r] = scale * run.scale;
    row.first[r] = run.target - begin;
    row.last[r] = run.target - begin + run.count;
  }
  stencil_row_states(&row, together, tabled, count);
  if (runs <= STENCIL_RUNS) return;
  for (int64_t r = first + STENCIL_RUNS; r < first + runs; r++) {
    const apus_stencil_run run = stencil->runs[r];
    const double factor = scale * run.scale;
    const double *from = x + run.source;
    const double *table = run.table < 0 ? NULL : stencil->tables + run.table;
    double *restrict into = y + run.target;
    for (int64_t i = 0; i < run.count; i++) into[i] += factor * (table ? table[i] : 1) * from[i];
  }
  if (weight == 0) return;
  for (int64_t i = 0; i < count; i++) row.sum[i] += weight * row.out[i];
}

/// Each product follows the one before at a distance of `reach` rows, so that what it reads is still
/// in the caches. Two arrays are enough: the row that product `k + 1` writes is one that product `k`
/// has read for the last time.
///
/// Reference: Wonnacott (2002), "Achieving scalable locality with time skewing", Int. J. Parallel
/// Program. 30.
static void stencil_apply(
    const apus_stencil *stencil, double *x, double *y, double identity, double scale,
    int32_t products, const double *weights, double *sum) {
  double *const arrays[2] = {x, y};
  const int64_t steps = stencil->rows + (products - 1) * stencil->reach;
  for (int64_t step = 0; step < steps; step++) {
    for (int32_t k = 0; k < products; k++) {
      const int64_t row = step - k * stencil->reach;
      if (row < 0) break;
      if (row >= stencil->rows) continue;
      stencil_product(
          stencil, row, arrays[k % 2], arrays[(k + 1) % 2], identity, scale, weights[k], sum);
    }
  }
}
