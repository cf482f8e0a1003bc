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
  const double *from[STENCIL_RUNS], *table[STENCIL_RUNS];
  double factor[STENCIL_RUNS];
  int64_t first[STENCIL_RUNS], last[STENCIL_RUNS];
};

/// The states `low ..< high`, into each of which all `runs` flow.
///
/// `adds` is known when this is compiled: a masked load of a sum that is not there would be slow.
INLINE void stencil_inside(
    const struct stencil_row *row, int runs, bool adds, int64_t low, int64_t high) {
  const double identity = row->identity, scale = row->scale, weight = row->weight;
  const double *here = row->here, *exits = row->exits;
  double *out = row->out, *sum = row->sum;
  const double *from[STENCIL_RUNS], *table[STENCIL_RUNS];
  double factor[STENCIL_RUNS];
  for (int r = 0; r < runs; r++) {
    from[r] = row->from[r] - row->first[r];
    table[r] = row->table[r] - row->first[r];
    factor[r] = row->factor[r];
  }
#pragma clang loop vectorize(assume_safety)
  for (int64_t i = low; i < high; i++) {
    double value = (identity - scale * exits[i]) * here[i];
#pragma clang loop unroll(full)
    for (int r = 0; r < runs; r++) value += factor[r] * table[r][i] * from[r][i];
    out[i] = value;
    if (adds) sum[i] += weight * value;
  }
}

/// The states `low ..< high` one by one, with the runs that flow into each.
INLINE void stencil_edge(const struct stencil_row *row, int runs, int64_t low, int64_t high) {
  for (int64_t i = low; i < high; i++) {
    double value = (row->identity - row->scale * row->exits[i]) * row->here[i];
    for (int r = 0; r < runs; r++) {
      if (i < row->first[r] || i >= row->last[r]) continue;
      const int64_t place = i - row->first[r];
      value += row->factor[r] * row->table[r][place] * row->from[r][place];
    }
    row->out[i] = value;
    if (row->weight != 0) row->sum[i] += row->weight * value;
  }
}

INLINE void stencil_states(const struct stencil_row *row, int runs, int64_t count) {
  int64_t low = 0, high = count;
  for (int r = 0; r < runs; r++) {
    if (row->first[r] > low) low = row->first[r];
    if (row->last[r] < high) high = row->last[r];
  }
  if (low > high) low = high = count;
  stencil_edge(row, runs, 0, low);
  if (row->weight != 0)
    stencil_inside(row, runs, true, low, high);
  else
    stencil_inside(row, runs, false, low, high);
  stencil_edge(row, runs, high, count);
}

static void stencil_apply(
    const apus_stencil *stencil, const double *x, double *y, double identity, double scale,
    double weight, double *sum) {
  const int64_t count = stencil->row_length;
  for (int64_t number = 0; number < stencil->rows; number++) {
    const int64_t begin = number * count, first = stencil->run_begin[number];
    const int64_t runs = stencil->run_begin[number + 1] - first;
    const int together = (int)(runs < STENCIL_RUNS ? runs : STENCIL_RUNS);
    struct stencil_row row = {
        .here = x + begin, .exits = stencil->exits + begin, .out = y + begin,
        .sum = weight != 0 ? sum + begin : NULL, .identity = identity, .scale = scale,
        .weight = runs > STENCIL_RUNS ? 0 : weight};
    for (int r = 0; r < together; r++) {
      const apus_stencil_run run = stencil->runs[first + r];
      row.from[r] = x + run.source;
      row.table[r] = stencil->tables + run.table;
      row.factor[r] = scale * run.scale;
      row.first[r] = run.target - begin;
      row.last[r] = run.target - begin + run.count;
    }
    switch (together) {
      case 0: stencil_states(&row, 0, count); break;
      case 1: stencil_states(&row, 1, count); break;
      case 2: stencil_states(&row, 2, count); break;
      case 3: stencil_states(&row, 3, count); break;
      default: stencil_states(&row, 4, count); break;
    }
    if (runs <= STENCIL_RUNS) continue;
    for (int64_t r = first + STENCIL_RUNS; r < first + runs; r++) {
      const apus_stencil_run run = stencil->runs[r];
      const double factor = scale * run.scale;
      const double *from = x + run.source, *table = stencil->tables + run.table;
      double *restrict into = y + run.target;
      for (int64_t i = 0; i < run.count; i++) into[i] += factor * table[i] * from[i];
    }
    if (weight == 0) continue;
    for (int64_t i = 0; i < count; i++) row.sum[i] += weight * row.out[i];
  }
}
