// Reductions: rows of the result are divided among threads where there are enough, else the reduced
// axis is, and each part leaves partial results in float64 that are then joined in order.

#include "KernelTable.h"
#include "Reduction.h"
#include "Threads.h"

struct reduction {
  apus_reduction kind;
  const float *x;
  int64_t outer, extent, inner;
  float *y;
  double *scratch;
  int threads;
};

static float finish(const struct reduction *r, double total) {
  return (float)(r->kind == APUS_MEAN ? total / (double)r->extent : total);
}

static bool splits_extent(int64_t outer, int64_t extent, int threads) {
  return threads > 1 && outer < threads && extent >= 64 * threads;
}

static double *totals_of(const struct reduction *r, int part, int64_t each) {
  return r->scratch + part * ((each + 15) / 16 * 16);
}

size_t apus_reduce_scratch_bytes(
    apus_reduction kind, int64_t outer, int64_t extent, int64_t inner, int threads) {
  (void)kind;
  int64_t parts = threads < 1 ? 1 : threads, each = outer * inner;
  if (!splits_extent(outer, extent, threads)) {
    if (inner == 1 || (extent > 0 && extent <= APUS_SHORT_REDUCTION)) return 0;
    if (parts > outer) parts = outer;
    each = inner;
  }
  return (size_t)(parts * ((each + 15) / 16 * 16)) * sizeof(double);
}

/// Reduces `rows` of the middle axis of matrix `o` into `totals: [inner]`.
static void reduce_into(
    const struct reduction *r, int64_t o, struct range rows, double *totals) {
  const float *x = r->x + (o * r->extent + rows.begin) * r->inner;
  int64_t count = rows.end - rows.begin;
  if (r->inner == 1) {
    *totals = kernels()->reduce_run(r->kind, x, count);
    return;
  }
  for (int64_t i = 0; i < r->inner; i++) totals[i] = reduction_identity(r->kind);
  kernels()->reduce_rows(r->kind, x, count, r->inner, totals);
}

/// A range of the outer axis.
static void reduce_outer(void *context, int part, int parts) {
  const struct reduction *r = context;
  struct range range = apus_range(r->outer, part, parts), all = {0, r->extent};
  double one, *totals = r->inner == 1 ? &one : totals_of(r, part, r->inner);
  for (int64_t o = range.begin; o < range.end; o++) {
    float *y = r->y + o * r->inner;
    if (r->inner > 1 && r->extent > 0 && r->extent <= APUS_SHORT_REDUCTION) {
      float factor = r->kind == APUS_MEAN ? 1 / (float)r->extent : 1;
      kernels()->reduce_short(
          r->kind, r->x + o * r->extent * r->inner, r->extent, r->inner, factor, y);
      continue;
    }
    reduce_into(r, o, all, totals);
    for (int64_t i = 0; i < r->inner; i++) y[i] = finish(r, totals[i]);
  }
}

/// A range of the reduced axis.
static void reduce_part(void *context, int part, int parts) {
  const struct reduction *r = context;
  struct range rows = apus_range(r->extent, part, parts);
  double *totals = totals_of(r, part, r->outer * r->inner);
  for (int64_t o = 0; o < r->outer; o++) reduce_into(r, o, rows, totals + o * r->inner);
}

void apus_reduce(
    apus_reduction kind, const float *x, int64_t outer, int64_t extent, int64_t inner, float *y,
    void *scratch, int threads) {
  if (outer <= 0 || inner <= 0) return;
  struct reduction r = {kind, x, outer, extent, inner, y, scratch, threads};
  double cost = (double)outer * (double)extent * (double)inner;
  if (!splits_extent(outer, extent, threads)) {
    apus_parallel(apus_part_count(threads, outer, cost), reduce_outer, &r);
    return;
  }
  int parts = apus_part_count(threads, extent, cost);
  apus_parallel(parts, reduce_part, &r);
  for (int64_t i = 0; i < outer * inner; i++) {
    double total = totals_of(&r, 0, outer * inner)[i];
    for (int part = 1; part < parts; part++) {
      total = reduction_join(kind, total, totals_of(&r, part, outer * inner)[i]);
    }
    y[i] = finish(&r, total);
  }
}

// Arguments of extrema.

struct argument {
  const float *x;
  int64_t extent, inner;
  int64_t *y;
  bool smallest;
};

static void argument_range(const void *context, struct range outer) {
  const struct argument *a = context;
  for (int64_t o = outer.begin; o < outer.end; o++) {
    kernels()->argument_of_extreme(
        a->x + o * a->extent * a->inner, a->extent, a->inner, a->smallest, a->y + o * a->inner);
  }
}

static void find_argument(
    const float *x, int64_t outer, int64_t extent, int64_t inner, int64_t *y, bool smallest,
    int threads) {
  struct argument argument = {x, extent, inner, y, smallest};
  double cost = (double)outer * (double)extent * (double)inner;
  apus_parallel_ranges(threads, outer, cost, argument_range, &argument);
}

void apus_argument_of_maximum(
    const float *x, int64_t outer, int64_t extent, int64_t inner, int64_t *y, int threads) {
  find_argument(x, outer, extent, inner, y, false, threads);
}

void apus_argument_of_minimum(
    const float *x, int64_t outer, int64_t extent, int64_t inner, int64_t *y, int threads) {
  find_argument(x, outer, extent, inner, y, true, threads);
}
